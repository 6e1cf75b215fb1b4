"""Embolise: particles close the arterial vessels of nodules for some days, and the sinusoids stay open; they may be loaded with a drug.

Grown metastases live on arterial blood and the liver on portal blood (Breedis 1954, Am J Pathol 30:969), so that what is closed by way of
the artery starves them first. Vessels open again as the particles go. What hypoxia does follows from the oxygen that is left. Beads that
bring irinotecan (Fiorentini 2012, Anticancer Res 32:1387) keep it where they lie: it acts there alone, at a higher level than from the
blood.
"""

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from ..pharmacology.dosing import DoseOf
from ..units import Hours, Number, Positive, misfit, parameter
from .operation import Operation


class Embolise(Operation):
    kind: ClassVar[str] = "embolise"

    embolise: Literal["tissue", "all", "largest"] = Field(
        description="whose vessels: those of the whole tissue, or of nodules that are seen, with the margin"
    )
    lasting: Annotated[Hours, Positive] = parameter(
        "10 d",
        low="3 d",
        high="30 d",
        mark="assumed",
        source="gelatine dissolves in two to four weeks, vessels around it open earlier",
        description="time until the vessels are open again",
    )
    drug: str | None = Field(default=None, min_length=1, description="what they are loaded with; null: nothing")
    dose: DoseOf | None = Field(default=None, description="how much of it, in mg, mg/kg or mg/m^2")
    times: Annotated[Number, Positive] = parameter(
        10,
        low=3,
        high=100,
        mark="assumed",
        source="no measure is known; a guess",
        description="level of that drug where they lie, relative to what the same dose would bring from the blood",
    )

    @model_validator(mode="after")
    def _loaded(self):
        if (self.drug is None) != (self.dose is None):
            raise misfit(self, "what emboli are loaded with needs both the drug and its dose", "drug")
        return self

    def apply(self, liver, stream):
        end = self.start + self.lasting
        if liver.is_due(self.start):
            zone, until = self.zone(liver), np.float32(end - liver.config.begins)
            liver.occlusion[zone] = np.maximum(liver.occlusion[zone], until)
            liver.update_exchange()
            if self.drug is not None:
                number = list(liver.interventions).index(stream)
                liver.drugs.lay(number, zone, liver.hours + liver.dt_hours - self.start)
        elif liver.hours >= end > liver.hours - liver.dt_hours:
            liver.update_exchange()
