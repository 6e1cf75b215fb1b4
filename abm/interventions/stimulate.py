"""Stimulate: something in the blood drives the liver: endotoxin, the injury of surgery, poly(IC), G-CSF, exosomes.

Endotoxin and ischemia-reperfusion fill the sinusoids with neutrophils that cast nets (Cools-Lartigue 2013,
10.1172/JCI67484; Tohme 2016, 10.1158/0008-5472.CAN-15-1591); poly(IC) activates NK cells (Cohen 1990, Cancer Res
50:1834); G-CSF fills the pool of neutrophils; tumor exosomes educate Kupffer cells (Costa-Silva 2015,
10.1038/ncb3169). Levels are in units of the half-maximal effect; what they do is said by the rules that read them.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ..units import Hours, Number, Positive, parameter
from .intervention import Course, Target

_FALL = "half-life in the blood"

SIGNALS = {
    "lps": Target(
        "endotoxin; cecal ligation and puncture",
        "Cools-Lartigue 2013, 10.1172/JCI67484",
        "checked",
        {
            "half_life": parameter(
                "12 h",
                low="3 h",
                high="48 h",
                mark="assumed",
                source="response to a single dose of endotoxin",
                description=_FALL,
            )
        },
    ),
    "surgery": Target(
        "ischemia and reperfusion of the liver",
        "Tohme 2016, 10.1158/0008-5472.CAN-15-1591",
        "unverified",
        {
            "half_life": parameter(
                "24 h",
                low="6 h",
                high="72 h",
                mark="assumed",
                source="inflammation subsides within days",
                description=_FALL,
            )
        },
    ),
    "poly_ic": Target(
        "poly(IC)",
        "Cohen 1990, Cancer Res 50:1834",
        "checked",
        {
            "half_life": parameter(
                "24 h",
                low="12 h",
                high="72 h",
                mark="assumed",
                source="NK activity peaks after a day",
                description=_FALL,
            )
        },
    ),
    "g_csf": Target("filgrastim", "Yang 2025, 10.3892/or.2025.8963, refs 75, 79", "unverified"),
    "exosomes": Target(
        "tumor exosomes, every other day",
        "Costa-Silva 2015, 10.1038/ncb3169",
        "checked",
        {
            "half_life": parameter(
                "0.25 h",
                low="0.03 h",
                high="2 h",
                mark="unverified",
                source="Takahashi 2013, 10.1016/j.jbiotec.2013.03.013",
                description=_FALL,
            )
        },
    ),
}
LEVELS = {"lps": "lps", "surgery": "injury", "poly_ic": "poly_ic", "g_csf": "g_csf", "exosomes": "exosomes"}
"""The level in the blood that each raises."""


class Stimulate(Course):
    kind: ClassVar[str] = "stimulate"
    targets: ClassVar = SIGNALS

    stimulate: Literal["lps", "surgery", "poly_ic", "g_csf", "exosomes"] = Field(description="the signal")
    level: Annotated[Number, Field(gt=0, le=1e6)] = Field(
        default=1.0, description="level of a dose, in units of the half-maximal effect"
    )
    half_life: Annotated[Hours, Positive] | None = Field(
        default=None, description=f"{_FALL}; null: constant from start to stop"
    )

    def given(self, name, hours):
        return self.level * self.strength(hours) if name == LEVELS[self.stimulate] else 0.0
