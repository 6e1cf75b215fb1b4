"""The systemic levels: a small table, one equation per column, read by rules and boundary terms.

neutrophils: size of the blood pool relative to normal; it follows G-CSF (Yang 2025, 10.3892/or.2025.8963, refs 75, 79).
g_csf: in units of its half-maximal effect, made by the tumor cells of the whole liver.
lps: portal endotoxin, in units of its half-maximal effect. exosomes: tumor exosomes, in units of theirs.
"""

import numpy as np

from ..units import Hours, Number, Parameters, PerHour, parameter

LEVELS = np.dtype([("neutrophils", "f8"), ("g_csf", "f8"), ("lps", "f8"), ("exosomes", "f8")])


class BloodParameters(Parameters):
    """Equations of the systemic levels."""

    g_csf_decay: PerHour = parameter(
        "0.2 /h", low="0.15 /h", high="0.35 /h", mark="unverified",
        source="half-life 2-4 h (filgrastim)", description="clearance of G-CSF")
    g_csf_burden: Number = parameter(
        1000.0, low=100, high=10000, mark="assumed", source="neutrophilia at advanced burden",
        description="tumor cells per mm2 of liver slab that keep G-CSF at its half-maximal effect")
    mobilisation: Number = parameter(
        4.0, low=1, high=20, mark="assumed", source="neutrophils rise 5-20 fold after strong stimuli",
        description="additional blood pool at saturating G-CSF, relative to normal")
    pool_time: Hours = parameter(
        "12 h", low="4 h", high="48 h", mark="assumed", source="release from the marrow within a day",
        description="time constant with which the pool follows G-CSF")
    lps: Number = parameter(
        0.0, low=0, high=10, mark="assumed",
        source="0 in health; sepsis or gut leak above 1", description="portal LPS, constant supply")
    exosomes: Number = parameter(
        0.0, low=0, high=10, mark="assumed", source="Costa-Silva 2015, 10.1038/ncb3169: education every other day",
        description="level that the supply of tumor exosomes keeps in the blood while it lasts")
    exosomes_until: Hours = parameter(
        "21 d", low="7 d", high="28 d", mark="unverified",
        source="Costa-Silva 2015, 10.1038/ncb3169: three weeks of education",
        description="when the supply of exosomes ends")
    exosome_half_life: Hours = parameter(
        "0.25 h", low="0.03 h", high="2 h", mark="unverified", source="Takahashi 2013, 10.1016/j.jbiotec.2013.03.013",
        description="half-life of exosomes in the blood")


class Blood:
    """The systemic levels of one liver; `levels` is the one-row table that a checkpoint saves."""

    def __init__(self, parameters: BloodParameters):
        self.parameters = parameters
        self.levels = np.zeros(1, LEVELS)
        self.levels["neutrophils"] = 1.0
        self.levels["lps"] = parameters.lps
        self.levels["exosomes"] = parameters.exosomes

    def advance(self, hours: float, now_h: float, tumor_per_mm2: float) -> None:
        """One step: every level relaxes exactly towards what feeds it now."""
        p = self.parameters
        supply = tumor_per_mm2 / p.g_csf_burden if p.g_csf_burden > 0 else 0.0
        self._relax("g_csf", supply, p.g_csf_decay, hours)
        g_csf = self.g_csf
        self._relax("neutrophils", 1.0 + p.mobilisation * g_csf / (1.0 + g_csf), 1.0 / max(p.pool_time, 1e-3), hours)
        supplied = p.exosomes if now_h < p.exosomes_until else 0.0
        self._relax("exosomes", supplied, np.log(2.0) / max(p.exosome_half_life, 1e-3), hours)
        if self.exosomes < 1e-9:
            self.levels["exosomes"] = 0.0

    def _relax(self, name: str, target: float, rate: float, hours: float) -> None:
        level = float(self.levels[name][0])
        self.levels[name] = target + (level - target) * np.exp(-rate * hours)

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

    def __repr__(self) -> str:
        return "<blood: " + ", ".join(f"{name} {self.levels[name][0]:.3g}" for name in LEVELS.names) + ">"
