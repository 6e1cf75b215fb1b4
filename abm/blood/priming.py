"""Priming: mature dendritic cells that reach the lymph nodes, or a vaccine, in units of those that prime half of the most.

A vaccine primes whatever the tumor shows; that T cells then recognise it takes antigen and MHC class I, as ever.
"""

from typing import Annotated, ClassVar

from ..target import HALF_LIFE_IN_BLOOD, Target
from ..units import Fraction, Hours, Number, Parameters, Positive, parameter
from .level import Level

_YANG = "Yang 2025, 10.3892/or.2025.8963, section 4"


class PrimingParameters(Parameters):
    """How the lymph nodes answer to dendritic cells."""

    priming_half: Annotated[Number, Positive] = parameter(
        0.5,
        low=0.1,
        high=3,
        mark="assumed",
        source="a few mature dendritic cells per mm2 of liver are a strong answer",
        description="mature dendritic cells per mm2 of a 10 um slab, full of antigen that T cells can know, that within the time of "
        "expansion prime half of the most",
    )
    expansion: Annotated[Hours, Positive] = parameter(
        "5 d",
        low="3 d",
        high="7 d",
        mark="unverified",
        source="clonal expansion takes some days",
        description="time constant of priming in the node, and of the expansion that follows",
    )
    ctla4_brake: Fraction = parameter(
        0.7,
        low=0.3,
        high=0.95,
        mark="assumed",
        source=f"{_YANG}: CTLA-4 takes costimulation from T cells (direction)",
        description="share of the priming that CTLA-4 prevents",
    )


class Priming(Level):
    name = "priming"
    words = "priming by dendritic cells"
    Parameters = PrimingParameters
    given: ClassVar = {
        "vaccine": Target(
            "vaccine against the tumor",
            "Rodriguez 2018, 10.1186/s40425-018-0405-z: dendritic cells with lysate of the own tumor, after resection",
            "checked",
            {
                "half_life": parameter(
                    "2 d",
                    low="1 d",
                    high="7 d",
                    mark="assumed",
                    source="dendritic cells that present antigen live for days in the node",
                    description=HALF_LIFE_IN_BLOOD,
                )
            },
        )
    }
    molecules: ClassVar = {"ctla4": Target("antibody to CTLA-4 (ipilimumab)", _YANG, "unverified")}

    @classmethod
    def advance(cls, blood, liver):
        blood.means[cls.name] = blood.relax(
            cls.name, liver.given(cls.name), 1.0 / liver.config.blood.expansion, liver.dt_hours
        )

    @staticmethod
    def arrive(blood, liver, antigen: float) -> None:
        """Mature dendritic cells with so much antigen that T cells can know (one that is full carries 1) reach the node."""
        blood["priming"] += antigen / liver.standard_area_mm2 / liver.config.blood.priming_half
