"""Stimulate: something in the blood drives the liver: endotoxin, injury, resection, poly(IC), G-CSF, IL-6, TIMP-1, exosomes, an antibody.

Endotoxin and ischemia-reperfusion fill the sinusoids with neutrophils that cast nets (Cools-Lartigue 2013,
10.1172/JCI67484; Tohme 2016, 10.1158/0008-5472.CAN-15-1591); poly(IC) activates NK cells (Cohen 1990, Cancer Res
50:1834); G-CSF fills the pool of neutrophils; tumor exosomes educate Kupffer cells (Costa-Silva 2015,
10.1038/ncb3169); an antibody to tumor cells marks them for Fc receptors (Gul 2014, 10.1172/JCI66776). Levels are in units
of the half-maximal effect; what they do is said by the rules that read them.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from ..target import HALF_LIFE_IN_BLOOD
from ..units import Hours, Number, Positive
from .intervention import Course


class Stimulate(Course):
    kind: ClassVar[str] = "stimulate"
    levels: ClassVar[Mapping[str, str]] = {}
    """The level in the blood that each signal raises."""

    stimulate: str = Field(description="the signal")
    level: Annotated[Number, Field(gt=0, le=1e6)] = Field(
        default=1.0, description="level of a dose, in units of the half-maximal effect"
    )
    half_life: Annotated[Hours, Positive] | None = Field(
        default=None, description=f"{HALF_LIFE_IN_BLOOD}; null: constant from start to stop"
    )

    @classmethod
    def for_registry(cls, registry):
        given = registry.given()
        made = cls._choosing({means: target for means, (_, target) in given.items()})
        made.levels = {means: level for means, (level, _) in given.items()}
        return made

    def given(self, name, hours):
        return self.level * self.strength(hours) if name == self.levels[self.stimulate] else 0.0
