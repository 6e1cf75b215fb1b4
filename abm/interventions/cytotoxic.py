"""Cytotoxic: a drug of which only its strength and half-life are known hits tumor cells that cycle, and spares those that rest.

Who is hit, and dies a day or two later, says `drug_killing`; the rate falls from each dose with one half-life (one
compartment). How much a course kills has to be fitted to responses, such as the 37 % of liver metastases that answer mFOLFOX6
alone (Tang 2020, 10.1200/JCO.20.00174). Drugs as patients get them are given by `therapy`.
"""

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from ..rules.drug_killing import strike
from ..rules.treatment_damage import TreatmentDamage
from ..units import Hours, PerHour, Positive, parameter
from .intervention import Course


class Cytotoxic(Course):
    kind: ClassVar[str] = "cytotoxic"
    needs: ClassVar[str] = TreatmentDamage.name

    cytotoxic: str = Field(min_length=1, max_length=60, description="name of the drug")
    rate: PerHour = parameter(
        "0.05 /h",
        low="0.005 /h",
        high="0.5 /h",
        mark="assumed",
        source="to be fitted to the response of the line",
        description="rate at which cycling tumor cells are hit at the peak of a dose",
    )
    half_life: Annotated[Hours, Positive] | None = parameter(
        "12 h",
        low="0.2 h",
        high="48 h",
        mark="assumed",
        source="minutes for 5-FU to days for bound platinum",
        description="half-life of the drug's effect; null: constant from start to stop",
    )

    def apply(self, liver, stream):
        rate = self.rate * liver.mean(self.strength)
        if rate > 0.0 and liver.tumor.count:
            cells = liver.tumor.used.size
            strike(liver, liver.key(stream), np.full(cells, rate), np.zeros(cells))
