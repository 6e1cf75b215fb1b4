"""The systemic levels: a small table, one equation per column, read by rules and boundary terms.

neutrophils: size of the blood pool relative to normal; it follows G-CSF (Yang 2025, 10.3892/or.2025.8963, refs 75, 79).
g_csf: in units of its half-maximal effect, made by the tumor cells of the whole liver.
lps (portal endotoxin), exosomes (of the tumor), injury (of surgery), poly_ic: in units of their half-maximal effects,
as much as is given from outside.
"""

from collections.abc import Callable

import numpy as np

from ..units import Hours, Number, Parameters, PerHour, parameter

GIVEN = ("lps", "exosomes", "injury", "poly_ic")
"""The levels that only interventions raise."""
LEVELS = np.dtype([(name, "f8") for name in ("neutrophils", "g_csf", *GIVEN)])


class BloodParameters(Parameters):
    """Equations of the systemic levels."""

    g_csf_decay: PerHour = parameter(
        "0.2 /h",
        low="0.15 /h",
        high="0.35 /h",
        mark="unverified",
        source="half-life 2-4 h (filgrastim)",
        description="clearance of G-CSF",
    )
    g_csf_burden: Number = parameter(
        1000.0,
        low=100,
        high=10000,
        mark="assumed",
        source="neutrophilia at advanced burden",
        description="tumor cells per mm2 of a 10 um slab that keep G-CSF at its half-maximal effect",
    )
    mobilisation: Number = parameter(
        4.0,
        low=1,
        high=20,
        mark="assumed",
        source="neutrophils rise 5-20 fold after strong stimuli",
        description="additional blood pool at saturating G-CSF, relative to normal",
    )
    pool_time: Hours = parameter(
        "12 h",
        low="4 h",
        high="48 h",
        mark="assumed",
        source="release from the marrow within a day",
        description="time constant with which the pool follows G-CSF",
    )


class Blood:
    """The systemic levels of one liver; `levels` is the one-row table that a checkpoint saves."""

    def __init__(self, parameters: BloodParameters):
        self.parameters = parameters
        self.levels = np.zeros(1, LEVELS)
        self.levels["neutrophils"] = 1.0

    def receive(self, given: Callable[[str], float]) -> None:
        """Set what comes from outside only; `given(name)` says how much, on average over a step."""
        for name in GIVEN:
            self.levels[name] = given(name)

    def advance(self, hours: float, tumor_per_mm2: float, given: Callable[[str], float], g_csf_left: float) -> None:
        """One step: every level relaxes exactly towards what feeds it on average; a fraction `g_csf_left` of the effect
        of G-CSF is left."""
        p = self.parameters
        self.receive(given)
        supply = tumor_per_mm2 / p.g_csf_burden if p.g_csf_burden > 0 else 0.0
        g_csf = self._relax("g_csf", supply + given("g_csf"), p.g_csf_decay, hours) * g_csf_left
        self._relax("neutrophils", 1.0 + p.mobilisation * g_csf / (1.0 + g_csf), 1.0 / max(p.pool_time, 1e-3), hours)

    def _relax(self, name: str, target: float, rate: float, hours: float) -> float:
        """Let a level relax; returns its mean on the way."""
        off, exponent = float(self.levels[name][0]) - target, rate * hours
        self.levels[name] = target + off * np.exp(-exponent)
        return target + off * (-np.expm1(-exponent) / exponent if exponent > 0.0 else 1.0)

    @property
    def neutrophils(self) -> float:
        return float(self.levels["neutrophils"][0])

    @property
    def g_csf(self) -> float:
        return float(self.levels["g_csf"][0])

    @property
    def lps(self) -> float:
        return float(self.levels["lps"][0])

    @property
    def exosomes(self) -> float:
        return float(self.levels["exosomes"][0])

    @property
    def injury(self) -> float:
        return float(self.levels["injury"][0])

    @property
    def poly_ic(self) -> float:
        return float(self.levels["poly_ic"][0])

    def __repr__(self) -> str:
        return "<blood: " + ", ".join(f"{name} {self.levels[name][0]:.3g}" for name in LEVELS.names) + ">"
