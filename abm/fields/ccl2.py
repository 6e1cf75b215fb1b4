"""CCL2: secreted by tumor cells, activated stellate cells, and macrophages that a tumor has turned; it calls monocytes by CCR2.

It brings monocytes and monocytic suppressor cells out of the blood, and turns macrophages (Yang 2025, 10.3892/or.2025.8963, refs 56-59,
85-87). Under an antibody to it more of it is made, as in mice with MC38 in the liver, which an antibody to CCL2 does not help and the loss
of CCR2 does (Zhao 2013, 10.1002/hep.26094): `blood.ccl2_production`. Where nobody follows it, it is not worked out.
"""

from typing import Annotated, ClassVar

import numpy as np

from ..target import Target
from ..units import Hours, PerHour, Positive, SquareMicrometersPerSecond, parameter, value_at
from .field import INTERVAL, Signal, SignalParameters


class CCL2Parameters(SignalParameters):
    """CCL2."""

    diffusion: Annotated[SquareMicrometersPerSecond, Positive] = parameter(
        "60 um^2/s",
        low="20 um^2/s",
        high="150 um^2/s",
        mark="unverified",
        source="8.7 kDa, much of it bound to the matrix",
        description="diffusion coefficient in tissue",
    )
    decay: PerHour = parameter(
        "0.6 /h",
        low="0.2 /h",
        high="4 /h",
        mark="unverified",
        source="half-life of an hour, by proteases and by those that take it up",
        description="rate of decay in the tissue",
    )
    interval: Hours = parameter(
        "30 min",
        low="1 min",
        high="6 h",
        mark="assumed",
        source="numerical; whom it calls lives for days",
        description=INTERVAL,
    )


class CCL2(Signal):
    """CCL2."""

    name = "ccl2"
    words = "CCL2"
    ink = "#b5791e"
    Parameters = CCL2Parameters
    receptors = ("ccr2",)
    molecules: ClassVar = {
        "ccl2": Target("antibody to CCL2 (carlumab)", "Yang 2025, 10.3892/or.2025.8963, refs 56-58", "unverified"),
        "ccr2": Target("CCR2 antagonist", "Yang 2025, 10.3892/or.2025.8963, ref 59", "unverified"),
    }
    synonyms = "mcp1"

    def is_felt(self, liver):
        """Whether anybody follows it who is there, or whom it brings."""
        return any(self._leads(population, liver.config) for population in liver.populations.values())

    def _leads(self, population, config) -> bool:
        """Whether cells of a population walk or cross the wall up it, or are brought by it."""
        crosses, supply = population.species.crosses, population.species.supply
        ways = [walk.up for walk in population.species.walks] + ([crosses.up] if crosses is not None else [])
        if population.count and self.name in ways:
            return True
        if supply is None:
            return False
        brought = [supply.density] if supply.up == self.name else []
        brought += [called.rate for called in supply.called if called.up == self.name]
        return any(value_at(config, key) > 0.0 for key in brought)

    def advance(self, liver=None):
        """As other signals, but for how much more of it is made under an antibody."""
        production = 1.0 if liver is None else liver.blood["ccl2_production"]
        if self.secreted and production != 1.0:
            self.source *= np.float32(production)
        super().advance(liver)
