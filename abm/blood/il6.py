"""IL-6 in the blood, in units of its half-maximal effect: by S1PR1 and STAT3 it brings suppressor cells, which make more of it.

A primary tumor keeps it up, too (Yang 2025, 10.3892/or.2025.8963, ref 92), and inflammatory stellate cells do. What it does is
`cells.suppressor.il6_gain`.
"""

from typing import ClassVar

from ..cells.stellate import inflammation
from ..target import Target
from ..units import Number, Parameters, PerHour, parameter
from .level import Level
from .primary import kept_up

_YANG = "Yang 2025, 10.3892/or.2025.8963, ref 92"


class IL6Parameters(Parameters):
    """How much IL-6 suppressor cells and stellate cells make, and how it goes."""

    il6_supply: Number = parameter(
        0.1,
        low=0.02,
        high=0.5,
        mark="assumed",
        source=f"{_YANG} (direction): half-maximal in a liver with 10 suppressor cells per mm2",
        description="IL-6, in units of its half-maximal effect, that one suppressor cell per mm2 keeps up",
    )
    il6_stellate_supply: Number = parameter(
        0.05,
        low=0.01,
        high=0.3,
        mark="assumed",
        source="Öhlund 2017, 10.1084/jem.20162024: IL-6 of inflammatory fibroblasts (direction)",
        description="IL-6, in units of its half-maximal effect, that one wholly inflammatory stellate cell per mm2 keeps up",
    )
    il6_decay: PerHour = parameter(
        "0.3 /h",
        low="0.1 /h",
        high="1 /h",
        mark="assumed",
        source="hours in serum",
        description="clearance of IL-6",
    )


class IL6(Level):
    name = "il6"
    words = "IL-6"
    Parameters = IL6Parameters
    molecules: ClassVar = {"il6": Target("antibody to the receptor of IL-6 (tocilizumab)", _YANG, "unverified")}
    given: ClassVar = {"il6": Target("IL-6", _YANG, "assumed")}

    @classmethod
    def advance(cls, blood, liver):
        p = liver.config.blood
        supply = p.il6_supply * liver.suppressor.count / liver.standard_area_mm2
        supply += p.il6_stellate_supply * float(inflammation(liver.stellate).sum()) / liver.standard_area_mm2
        supply += kept_up(blood, p.primary_il6) + liver.given(cls.name)
        if supply > 0.0 or blood[cls.name] > 0.0:
            blood.relax(cls.name, supply, p.il6_decay, liver.dt_hours)
