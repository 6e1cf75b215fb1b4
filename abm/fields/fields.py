"""The diffusing fields of the liver: TNF-alpha, TGF-beta, CXCL1/IL-8, VEGF, lactate (and oxygen, in `oxygen`).

A signal is given in units of its half-maximal effect; it diffuses, decays, and is washed out by the blood of perfused
sinusoids, which is what keeps it local. Lactate is in mM and is exchanged with the blood in the same way.

A field is solved at its own `interval`: what relaxes within minutes under cells that change over hours need not be
solved at every step of theirs. In between it stays as it is.
"""

import math
from collections.abc import Callable
from functools import cached_property
from typing import Annotated, ClassVar

import numpy as np

from ..kernels.memory import zeros
from ..tissue.sites import PARENCHYMA
from ..units import Hours, Millimolar, Parameters, PerHour, PerSecond, Positive, SquareMicrometersPerSecond, parameter
from .multigrid import is_zero
from .solver import DiffusionSolver, decay_length_um, own_site_level

SMALLEST_DECAY_LENGTH = 1.0
"""In sites. How much there is of a field, and its mean squared distance from the cell that secretes it, are right at any
decay length; the level at single sites around that cell is within a tenth from a decay length of one site on."""
LARGEST_DECAY_LENGTH = 1e5
"""In um: a signal that reaches farther than any liver is no signal."""
MOST_PERFUSED = 0.6
"""The share of sites that exchange with the blood in the liver with most vessels: no parameters within their plausible
ranges grow one that has more."""

REST = np.float32(1e-6)
"""Excess over the level at rest, below which it is set to rest."""

_INTERVAL = "how often the field is solved again; rounded to whole time steps, at least one"
_WASHOUT = "exchange-limited; 0.02 /s in a quarter of the sites gives ranges of 60-100 um"


class SignalParameters(Parameters):
    """Transport of one field; each field's class below gives its own numbers."""

    given_as_level: ClassVar[bool] = True
    """Whether what cells secrete of it is given as the level that one keeps at its own site."""

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
        """What takes the field away, per second, where a share `perfused` of the sites exchanges with the blood."""
        return self.decay / 3600.0 + self.washout * perfused

    def misfit(self, site_um: float) -> str:
        """Why a lattice of such sites cannot show this field, and what would be right; nothing when it can."""
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


class TumorNecrosisFactor(SignalParameters):
    """TNF-alpha."""

    diffusion: Annotated[SquareMicrometersPerSecond, Positive] = parameter(
        "20 um^2/s",
        low="10 um^2/s",
        high="60 um^2/s",
        mark="checked",
        source="1200 um2/min in published tissue models; free trimer about 70",
        description="diffusion coefficient in tissue",
    )
    decay: PerHour = parameter(
        "0.12 /h",
        low="0.03 /h",
        high="2 /h",
        mark="checked",
        source="0.002 /min in published tissue models",
        description="rate of decay in the tissue",
    )
    interval: Hours = parameter(
        "10 min",
        low="1 min",
        high="30 min",
        mark="assumed",
        source="numerical; induced within an hour (Khatib 1999)",
        description=_INTERVAL,
    )


class TransformingGrowthFactor(SignalParameters):
    """Active TGF-beta."""

    diffusion: Annotated[SquareMicrometersPerSecond, Positive] = parameter(
        "26 um^2/s",
        low="10 um^2/s",
        high="60 um^2/s",
        mark="unverified",
        source="25 kDa; Murphy 2012, 10.1007/s11538-011-9712-y",
        description="diffusion coefficient in tissue",
    )
    decay: PerHour = parameter(
        "0.35 /h",
        low="0.1 /h",
        high="15 /h",
        mark="unverified",
        source="active form minutes in plasma (Wakefield 1990), hours in tissue",
        description="decay rate of the active form",
    )
    interval: Hours = parameter(
        "30 min",
        low="1 min",
        high="1 h",
        mark="assumed",
        source="numerical; cells turn it on over days",
        description=_INTERVAL,
    )


class Chemokine(SignalParameters):
    """CXCL1 and IL-8, the ligands of CXCR2."""

    diffusion: Annotated[SquareMicrometersPerSecond, Positive] = parameter(
        "50 um^2/s",
        low="20 um^2/s",
        high="150 um^2/s",
        mark="unverified",
        source="8 kDa, slowed by glycosaminoglycans",
        description="diffusion coefficient in tissue",
    )
    decay: PerHour = parameter(
        "0.7 /h",
        low="0.2 /h",
        high="3 /h",
        mark="unverified",
        source="range of 50-150 um",
        description="rate of decay in the tissue",
    )
    interval: Hours = parameter(
        "30 min",
        low="1 min",
        high="1 h",
        mark="assumed",
        source="numerical; made by tumor cells, which change over hours",
        description=_INTERVAL,
    )


class VascularEndothelialGrowthFactor(SignalParameters):
    """VEGF."""

    diffusion: Annotated[SquareMicrometersPerSecond, Positive] = parameter(
        "10 um^2/s",
        low="10 um^2/s",
        high="100 um^2/s",
        mark="checked",
        source="published angiogenesis models: 10 and 70 um2/s",
        description="diffusion coefficient in tissue",
    )
    decay: PerHour = parameter(
        "0.94 /h",
        low="0.2 /h",
        high="1 /h",
        mark="checked",
        source="published angiogenesis models: 0.9375 /h",
        description="rate of decay in the tissue",
    )
    interval: Hours = parameter(
        "30 min",
        low="1 min",
        high="2 h",
        mark="assumed",
        source="numerical; follows oxygen, which is solved each hour",
        description=_INTERVAL,
    )


class Lactate(SignalParameters):
    """Lactate, in mM; hepatocytes and blood take up what tumor cells release."""

    given_as_level: ClassVar[bool] = False

    diffusion: Annotated[SquareMicrometersPerSecond, Positive] = parameter(
        "700 um^2/s",
        low="200 um^2/s",
        high="1000 um^2/s",
        mark="unverified",
        source="water 1000 um2/s, tissue less",
        description="diffusion coefficient in tissue",
    )
    decay: PerHour = parameter(
        "0 /h",
        low="0 /h",
        high="1 /h",
        mark="assumed",
        source="leaves with the blood",
        description="rate of decay in the tissue",
    )
    blood: Millimolar = parameter(
        "1 mM",
        low="0.5 mM",
        high="2 mM",
        mark="unverified",
        source="resting plasma lactate",
        description="level in blood, and in tissue at rest",
    )
    interval: Hours = parameter(
        "30 min",
        low="1 min",
        high="2 h",
        mark="assumed",
        source="numerical; follows growth, over days",
        description=_INTERVAL,
    )


class Field:
    """One field on the lattice.

    values: float32 [row, column] in `unit`; source: float32, what is secreted there per second; rest: the level
    without any source; every: how many steps of the cells one `advance` takes. The state is the excess over rest.
    """

    def __init__(
        self,
        name: str,
        unit: str,
        values: np.ndarray,
        parameters: SignalParameters,
        *,
        spacing_um: float,
        periodic: bool,
        step_s: float,
        rest: float = 0.0,
        perfused_fraction: float,
    ):
        self.name = name
        self.unit = unit
        self.values = values
        self.parameters = parameters
        self.rest = np.float32(rest)
        self.excess = values if rest == 0.0 else zeros(values.shape)
        self.values[:] = self.rest
        self.source = zeros(values.shape)
        self.at_rest = True
        self.secreted = False
        self._new_perfusion: np.ndarray | None = None
        self.every = steps_of(parameters.interval, step_s)
        self._spacing_um = spacing_um
        self._mean_sink = parameters.sink(perfused_fraction)
        self._solver = DiffusionSolver(
            values.shape,
            spacing_um=spacing_um,
            periodic=periodic,
            diffusion_um2_per_s=parameters.diffusion,
            step_s=step_s * self.every,
        )

    def rate_for(self, level: float) -> float:
        """The secretion (per second and site) by which one steady cell keeps `level` at its own site in open tissue."""
        return level / self._own_site

    @cached_property
    def _own_site(self) -> float:
        return own_site_level(self.parameters.diffusion, self._mean_sink, self._spacing_um)

    def set_perfusion(self, perfused: np.ndarray) -> None:
        """Take over which sites exchange with the blood (uint8 or bool lattice), from the next step that needs it; the
        lattice must stay as it is until then."""
        self._new_perfusion = np.asarray(perfused, np.bool_)

    def _take_over_perfusion(self) -> None:
        sink = np.multiply(self._new_perfusion, np.float32(self.parameters.washout), dtype=np.float32)
        sink += np.float32(self.parameters.decay / 3600.0)
        self._solver.set_sink(sink)
        self._new_perfusion = None

    def advance(self) -> int:
        """One interval under `source`; a field at rest without source is left alone. Returns the number of cycles."""
        if self.at_rest and not self.secreted:
            return 0
        if self._new_perfusion is not None:
            self._take_over_perfusion()
        cycles = self._solver.advance(self.excess, self.source, least=REST)
        self.at_rest = is_zero(self.excess)
        self._publish()
        return cycles

    def load(self, excess: np.ndarray) -> None:
        """Take over the excess of a checkpoint."""
        self.excess[:] = excess
        self.at_rest = is_zero(self.excess)
        self._publish()

    def _publish(self) -> None:
        if self.excess is not self.values:
            np.add(self.excess, self.rest, out=self.values)

    def __repr__(self) -> str:
        return f"<{self.name}: mean {self.values.mean():.3g}, max {self.values.max():.3g} {self.unit}>"


def _rounded(value: float, direction: Callable[[float], int]) -> str:
    """Two digits of a positive number, rounded up or down."""
    digit = 10.0 ** (math.floor(math.log10(value)) - 1)
    return f"{float(f'{direction(value / digit) * digit:.2g}'):g}"


def steps_of(interval_h: float, step_s: float) -> int:
    """How many steps of the cells an interval takes, at least one."""
    return max(1, round(interval_h * 3600.0 / step_s))


def is_due(field, step_number: int) -> bool:
    """Whether a field (oxygen too) is solved at the end of this step: whenever a multiple of its interval has passed."""
    return (step_number + 1) % field.every == 0


def exchanging(kind: np.ndarray, perfused: np.ndarray) -> np.ndarray:
    """Sites (bool lattice) that exchange with the blood: perfused sinusoids, and the larger vessels always."""
    return (kind != PARENCHYMA) & (perfused != 0)
