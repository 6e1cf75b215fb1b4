"""The primary tumor in the bowel, in mm3: it grows, until it is resected, and educates the liver through the blood.

It keeps up exosomes (Costa-Silva 2015, 10.1038/ncb3169), G-CSF, TIMP-1, IL-6 and portal CXCL1 (Yang 2025, 10.3892/or.2025.8963, refs 75,
79, 80, 89, 92) in proportion to its volume, which follows Gompertz's law. By default there is none.
"""

import math
from typing import Annotated, ClassVar

from ..target import TAKEN, Target
from ..units import CubicMillimeters, Hours, Number, Parameters, Positive, parameter
from .level import Blood, GivenLevel, Level

_STANDARD_MM3 = 100.0
"""The volume for which it is said what a primary tumor keeps up."""


class PrimaryTumorParameters(Parameters):
    """The primary tumor: how large it is, how it grows, and what it keeps up in the blood."""

    primary_volume: CubicMillimeters = parameter(
        "0 mm^3",
        low="0 mm^3",
        high="1000 mm^3",
        mark="assumed",
        source="none by default; orthotopic tumors of mice have 20 to 500 mm3 when metastases are looked for",
        description="volume of the primary tumor when the run begins",
    )
    primary_most: Annotated[CubicMillimeters, Positive] = parameter(
        "1000 mm^3",
        low="200 mm^3",
        high="3000 mm^3",
        mark="assumed",
        source="mice are killed before tumors are larger",
        description="volume that it would reach in the end",
    )
    primary_time: Annotated[Hours, Positive] = parameter(
        "14 d",
        low="5 d",
        high="60 d",
        mark="assumed",
        source="from 20 to 500 mm3 within a month, as orthotopic tumors of mice",
        description="time constant with which its growth slows down (Gompertz)",
    )
    primary_exosomes: Number = parameter(
        1.0,
        low=0.1,
        high=10,
        mark="assumed",
        source="Costa-Silva 2015, 10.1038/ncb3169: exosomes of tumor-bearing mice educate as injected ones do (direction)",
        description="exosomes in the blood that 100 mm3 of it keep up, in units of their half-maximal effect",
    )
    primary_g_csf: Number = parameter(
        0.3,
        low=0.03,
        high=3,
        mark="assumed",
        source="neutrophils of the blood rise as tumors of mice grow (direction)",
        description="G-CSF in the blood that 100 mm3 of it keep up, in units of its half-maximal effect",
    )
    primary_timp1: Number = parameter(
        0.0,
        low=0,
        high=3,
        mark="assumed",
        source="none by default; 0.3 is a guess: Seubert 2015, 10.1002/hep.27378 (direction)",
        description="TIMP-1 in the blood that 100 mm3 of it keep up, in units of its half-maximal effect",
    )
    primary_il6: Number = parameter(
        0.0,
        low=0,
        high=3,
        mark="assumed",
        source="none by default; 0.3 is a guess: Yang 2025, 10.3892/or.2025.8963, ref 92 (direction)",
        description="IL-6 in the blood that 100 mm3 of it keep up, in units of its half-maximal effect",
    )
    primary_cxcl1: Number = parameter(
        0.0,
        low=0,
        high=3,
        mark="assumed",
        source="none by default; 0.3 is a guess: Wang 2017, 10.1158/0008-5472.CAN-16-3199 (direction)",
        description="CXCL1 in the portal blood that 100 mm3 of it keep up, in units of its half-maximal effect",
    )


class PrimaryTumor(Level):
    name = "primary"
    words = "primary tumor (mm3)"
    Parameters = PrimaryTumorParameters
    depleted = Target(
        "resection of the primary tumor",
        "general: surgery; what it kept up in the blood goes with it",
        "assumed",
        {
            "fraction": parameter(
                1.0, low=0.9, high=1, mark="assumed", source="nothing is left behind", description=TAKEN
            )
        },
    )

    @classmethod
    def begin(cls, blood, liver):
        if volume := liver.config.blood.primary_volume:
            blood[cls.name] = volume * liver.left(cls.name, liver.hours)

    @classmethod
    def advance(cls, blood, liver):
        p = liver.config.blood
        if p.primary_volume == 0.0:
            return
        age = liver.hours + liver.dt_hours - liver.config.begins
        logarithm = math.log(p.primary_volume / p.primary_most) * math.exp(-age / p.primary_time)
        blood[cls.name] = p.primary_most * math.exp(logarithm) * liver.left(cls.name, liver.hours + liver.dt_hours)


def kept_up(blood: Blood, amount: float) -> float:
    """What the primary tumor keeps up in the blood of something of which 100 mm3 keep up the `amount`."""
    return amount * blood["primary"] / _STANDARD_MM3


class KeptUp(GivenLevel):
    """A level that a primary tumor keeps up, and that may be given; `kept_up_by` is the parameter with what 100 mm3 keep up."""

    kept_up_by: ClassVar[str]

    @classmethod
    def begin(cls, blood, liver):
        super().begin(blood, liver)
        blood[cls.name] += kept_up(blood, getattr(liver.config.blood, cls.kept_up_by))

    @classmethod
    def advance(cls, blood, liver):
        super().advance(blood, liver)
        blood[cls.name] += kept_up(blood, getattr(liver.config.blood, cls.kept_up_by))

    @classmethod
    def saturation(cls, liver) -> float:
        """Its effect, x / (1 + x): the mean over the present step."""
        return liver.saturation(cls.name, more=kept_up(liver.blood, getattr(liver.config.blood, cls.kept_up_by)))
