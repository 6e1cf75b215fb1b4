"""What a systemic level is: a number that the circulation carries past every site, with an equation of its own."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from ..kernels.tables import columns_in
from ..target import Target
from ..units import Parameters


class Level:
    """A level in the blood, declared: what it is called, how it changes, and how it is given in the laboratory.

    name, words : as in configs and tables ("g_csf"), and in sentences
    normal : the level of a healthy host
    Parameters : what it adds to the group `blood` of the config, if anything
    molecules : those of its molecules that can be blocked
    given : what `stimulate` calls the means to raise it -> how that is done; none: it cannot be given
    depleted : how it is depleted in the laboratory, which its equation asks of `liver.left`; None: it cannot be

    Where a method takes a liver, that is an `abm.liver.Liver`.
    """

    name: ClassVar[str]
    words: ClassVar[str]
    normal: ClassVar[float] = 0.0
    Parameters: ClassVar[type[Parameters] | None] = None
    molecules: ClassVar[Mapping[str, Target]] = {}
    given: ClassVar[Mapping[str, Target]] = {}
    depleted: ClassVar[Target | None] = None

    @classmethod
    def begin(cls, blood: "Blood", liver: Any) -> None:
        """Bring it to its level before the first step; by default it is as in a healthy host."""

    @classmethod
    def advance(cls, blood: "Blood", liver: Any) -> None:
        """One step."""
        raise NotImplementedError(f"the level '{cls.name}' has no advance(cls, blood, liver)")


class GivenLevel(Level):
    """A level that nothing makes: it is what interventions give."""

    @classmethod
    def begin(cls, blood, liver):
        blood[cls.name] = liver.given(cls.name, liver.hours)

    @classmethod
    def advance(cls, blood, liver):
        blood[cls.name] = liver.given(cls.name)


class Blood:
    """The systemic levels of one liver; `levels` is the one-row table that a checkpoint saves.

    `means` holds what a level was on average in the present step, for those levels that relax.
    """

    def __init__(self, levels: tuple[type[Level], ...]):
        self.declared = levels
        self.levels = np.zeros(1, np.dtype([(level.name, "f8") for level in levels]))
        self.means: dict[str, float] = {}
        for level in levels:
            self[level.name] = level.normal

    def __getitem__(self, name: str) -> float:
        return float(self.levels[name][0])

    def __setitem__(self, name: str, value: float) -> None:
        self.levels[name] = value

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name in ("levels", "declared") or name not in columns_in(self.levels.dtype):
            raise AttributeError(f"the blood carries no '{name}'")
        return self[name]

    def begin(self, liver: Any) -> None:
        """Bring all levels to what they are before the first step, those that drive others first."""
        for level in reversed(self.declared):
            level.begin(self, liver)

    def advance(self, liver: Any) -> None:
        """One step of all levels, those that drive others first."""
        for level in reversed(self.declared):
            level.advance(self, liver)

    def relax(self, name: str, target: float, rate: float, hours: float) -> float:
        """Let a level relax exactly towards `target` at `rate` (1/h); returns its mean on the way."""
        off, exponent = self[name] - target, rate * hours
        self[name] = target + off * np.exp(-exponent)
        return target + off * (-np.expm1(-exponent) / exponent if exponent > 0.0 else 1.0)

    def __repr__(self) -> str:
        return "<blood: " + ", ".join(f"{level.name} {self[level.name]:.3g}" for level in self.declared) + ">"
