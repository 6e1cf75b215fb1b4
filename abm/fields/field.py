"""What a diffusing field is, and the two kinds of it: signals and metabolites (oxygen, in `oxygen`, is one of its own).

A signal is given in units of its half-maximal effect; it diffuses, decays, and is washed out by the blood of perfused
sinusoids, which is what keeps it local. A metabolite is given as a concentration, and is exchanged with the blood in the
same way.

A field is solved at its own `interval`: what relaxes within minutes under cells that change over hours need not be
solved at every step of theirs. In between it stays as it is.
"""

import math
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Annotated, Any, ClassVar

import numpy as np

from ..kernels.memory import zeros
from ..target import Target
from ..tissue.sites import PARENCHYMA
from ..units import Hours, Parameters, PerHour, PerSecond, Positive, SquareMicrometersPerSecond, parameter
from .multigrid import is_zero
from .solver import DiffusionSolver, decay_length_um, own_site_level

SMALLEST_DECAY_LENGTH = 1.0
"""In sites. The total amount of a field and its mean squared distance from the secreting cell are exact at any decay length;
from this decay length on, the levels at the sites around that cell are right to within a tenth."""
LARGEST_DECAY_LENGTH = 1e5
"""In um; a signal that reaches farther would be uniform in any liver."""
MOST_PERFUSED = 0.6
"""The largest share of sites that exchange with the blood in any liver with plausible parameters."""

REST = np.float32(1e-6)
"""An excess over the level at rest that is smaller than this is set to zero."""

INTERVAL = "how often the field is solved again; rounded to whole time steps, at least one"
"""The meaning of the parameter `interval` of every field."""
_WASHOUT = "exchange-limited; 0.02 /s in a quarter of the sites gives ranges of 60-100 um"


class SignalParameters(Parameters):
    """Transport of one field; each field's class below gives its own numbers."""

    given_as_level: ClassVar[bool] = True
    """Whether secretion is given as the level that one cell keeps at its own site, rather than as a rate."""

    diffusion: Annotated[SquareMicrometersPerSecond, Positive]
    decay: PerHour
    interval: Hours
    washout: PerSecond = parameter(
        "0.02 /s",
        low="0.005 /s",
        high="0.1 /s",
        mark="assumed",
        source=_WASHOUT,
        description="rate at which blood carries the field away from a perfused sinusoid site",
    )

    def sink(self, perfused: float) -> float:
        """The mean rate of loss (1/s) when the share `perfused` of the sites exchanges with the blood."""
        return self.decay / 3600.0 + self.washout * perfused

    def misfit(self, site_um: float) -> str:
        """Why a lattice of sites of this size cannot resolve the field, and how to mend it; "" when it can."""
        sink = self.sink(MOST_PERFUSED)
        length, least = decay_length_um(self.diffusion, sink), SMALLEST_DECAY_LENGTH * site_um
        values = f"diffusion {self.diffusion:g} um^2/s, decay {self.decay:g} /h and washout {self.washout:g} /s"
        if length < least:
            decay, washout = self.decay / 3600.0, self.washout * MOST_PERFUSED
            left = self.diffusion / least**2 - min(decay, washout)
            lower = (
                "both others"
                if left <= 0
                else f"washout to at most {_rounded(left / MOST_PERFUSED, math.floor)} /s"
                if washout > decay
                else f"decay to at most {_rounded(left * 3600.0, math.floor)} /h"
            )
            return (
                f"with {values} the field falls by a factor e within {length:.2g} um, which sites of {site_um:g} um cannot show; "
                f"raise diffusion to at least {_rounded(sink * least**2, math.ceil)} um^2/s, or lower {lower}"
            )
        if self.given_as_level and length > LARGEST_DECAY_LENGTH:
            reach = "nothing takes the field away" if sink == 0 else f"the field reaches {length / 1000.0:.3g} mm"
            return (
                f"with {values} {reach}, so that no secreting cell keeps a level of its own; "
                "raise washout or decay, such as washout 0.02 /s"
            )
        return ""


class Field:
    """A field on the lattice: its declaration, in the class, and its state.

    name, words : as in configs, and in legends
    unit : of its values; "K" is the level of the half-maximal effect
    ink : its colour on white
    Parameters : its group in the config, under `fields`
    receptors : its receptors that can be blocked separately
    molecules : its molecules that can be blocked
    rank : fields are advanced in the order of their ranks

    values : float32 [row, column]
    excess : the array that a checkpoint keeps
    every : the number of steps of the cells per `advance`
    at_rest : whether it is everywhere at its level at rest

    Where a method takes a liver, that is an `abm.liver.Liver`.
    """

    name: ClassVar[str]
    words: ClassVar[str]
    unit: ClassVar[str]
    ink: ClassVar[str] = ""
    Parameters: ClassVar[type[Parameters]]
    receptors: ClassVar[tuple[str, ...]] = ()
    molecules: ClassVar[Mapping[str, Target]] = {}
    synonyms: ClassVar[str] = ""
    """Other names that people write for it, in lower case, separated by spaces."""
    rank: ClassVar[int] = 0

    at_rest = False
    secreted = False

    def __init__(
        self,
        values: np.ndarray,
        parameters: Any,
        *,
        spacing_um: float,
        periodic: bool,
        step_s: float,
        exchange: np.ndarray,
    ):
        """values : the lattice that it fills; exchange : the sites (bool lattice) that exchange with the blood."""
        self.values = values
        self.parameters = parameters
        self.every = steps_of(parameters.interval, step_s)

    @property
    def excess(self) -> np.ndarray:
        """The state: the values themselves."""
        return self.values

    @property
    def least(self) -> float:
        """The lowest level that it can have."""
        return 0.0

    @property
    def most(self) -> float:
        """The highest level that it can have."""
        return math.inf

    def is_due(self, step_number: int) -> bool:
        """Whether it is solved at the end of this step: whenever a multiple of its interval has passed."""
        return (step_number + 1) % self.every == 0

    def is_felt(self, liver: Any) -> bool:
        """Whether anybody can feel it; if not, it is left as it is."""
        return True

    def begin(self, liver: Any) -> None:
        """Bring it to the state that it has in the given liver before the first step."""

    def set_perfusion(self, exchange: np.ndarray) -> None:
        """Take over how well each site exchanges with the blood: bool, or float32 from 0 to 1, [row, column]."""

    def advance(self, liver: Any) -> None:
        """One interval, in the liver as it is now."""
        raise NotImplementedError(f"the field '{self.name}' has no advance(self, liver)")

    def load(self, values: np.ndarray) -> None:
        """Take over the `excess` of a checkpoint."""
        self.values[:] = values

    def __repr__(self) -> str:
        return f"<{self.name}: mean {self.values.mean():.3g}, max {self.values.max():.3g} {self.unit}>"


class Diffusing(Field):
    """A field that cells secrete: it diffuses, decays, and is washed out towards a level at rest.

    source: float32, what is secreted at each site per second. The state is the excess over rest.
    """

    def __init__(
        self,
        values: np.ndarray,
        parameters: SignalParameters,
        *,
        spacing_um: float,
        periodic: bool,
        step_s: float,
        exchange: np.ndarray,
    ):
        super().__init__(values, parameters, spacing_um=spacing_um, periodic=periodic, step_s=step_s, exchange=exchange)
        self.rest = np.float32(self.level_at_rest)
        self._excess = values if self.rest == 0.0 else zeros(values.shape)
        self.values[:] = self.rest
        self.source = zeros(values.shape)
        self.at_rest = True
        self._new_perfusion: np.ndarray | None = None
        self._spacing_um = spacing_um
        self._mean_sink = parameters.sink(float(exchange.mean()))
        self._solver = DiffusionSolver(
            values.shape,
            spacing_um=spacing_um,
            periodic=periodic,
            diffusion_um2_per_s=parameters.diffusion,
            step_s=step_s * self.every,
        )
        self.set_perfusion(exchange)

    @property
    def level_at_rest(self) -> float:
        """The level without any source."""
        return 0.0

    @property
    def excess(self) -> np.ndarray:
        return self._excess

    @property
    def least(self) -> float:
        return float(self.rest)

    def rate_for(self, amount: float) -> float:
        """The secretion per second and site of one cell that secretes `amount`, as the config gives it."""
        raise NotImplementedError

    def set_perfusion(self, exchange: np.ndarray) -> None:
        """Take over how well each site exchanges with the blood, from the next step that needs it; the lattice must stay as
        it is until then."""
        self._new_perfusion = exchange

    def sink(self, perfusion: np.ndarray) -> np.ndarray:
        """The rate of loss at each site (float32, 1/s) under this exchange with the blood."""
        sink = np.multiply(perfusion, np.float32(self.parameters.washout), dtype=np.float32)
        sink += np.float32(self.parameters.decay / 3600.0)
        return sink

    def advance(self, liver: Any = None) -> None:
        """One interval under `source`; a field at rest without source is left alone."""
        if self.at_rest and not self.secreted:
            return
        if self._new_perfusion is not None:
            self._solver.set_sink(self.sink(self._new_perfusion))
            self._new_perfusion = None
        self.cycles = self._solver.advance(self.excess, self.source, least=float(REST))
        self.at_rest = is_zero(self.excess)
        self._publish()

    def load(self, values: np.ndarray) -> None:
        self.excess[:] = values
        self.at_rest = is_zero(self.excess)
        self._publish()

    def _publish(self) -> None:
        if self.excess is not self.values:
            np.add(self.excess, self.rest, out=self.values)


class Signal(Diffusing):
    """A field in units of its half-maximal effect; what a cell secretes is given as the level that it keeps at its own
    site."""

    unit = "K"

    def rate_for(self, amount: float) -> float:
        """The secretion by which one steady cell keeps the level `amount` at its own site in open tissue."""
        return amount / self._own_site

    @cached_property
    def _own_site(self) -> float:
        return own_site_level(self.parameters.diffusion, self._mean_sink, self._spacing_um)


class Metabolite(Diffusing):
    """A concentration; what a cell makes of it is given as a rate per hour."""

    unit = "mM"
    rank = 1

    def rate_for(self, amount: float) -> float:
        return amount / 3600.0


def _rounded(value: float, direction: Callable[[float], int]) -> str:
    """Two digits of a positive number, rounded up or down."""
    digit = 10.0 ** (math.floor(math.log10(value)) - 1)
    return f"{float(f'{direction(value / digit) * digit:.2g}'):g}"


def steps_of(interval_h: float, step_s: float) -> int:
    """How many steps of the cells an interval takes, at least one."""
    return max(1, round(interval_h * 3600.0 / step_s))


def exchanging(kind: np.ndarray, perfused: np.ndarray) -> np.ndarray:
    """Sites (bool lattice) that exchange with the blood: perfused sinusoids, and the larger vessels always."""
    return (kind != PARENCHYMA) & (perfused != 0)
