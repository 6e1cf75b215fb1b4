"""Embolise: particles close the arterial vessels of nodules for some days, and the sinusoids stay open.

Grown metastases live on arterial blood and the liver on portal blood (Breedis 1954, Am J Pathol 30:969), so that what is closed by way of
the artery starves them first. Vessels open again as the particles go. What hypoxia does follows from the oxygen that is left.
"""

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from ..units import Hours, Positive, parameter
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

    def apply(self, liver, stream):
        end = self.start + self.lasting
        if liver.is_due(self.start):
            zone, until = self.zone(liver), np.float32(end - liver.config.begins)
            liver.occlusion[zone] = np.maximum(liver.occlusion[zone], until)
            liver.update_exchange()
        elif liver.hours >= end > liver.hours - liver.dt_hours:
            liver.update_exchange()
