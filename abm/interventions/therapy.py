"""Therapy: a regimen of drugs, cycle by cycle, as it is given to patients: FOLFOX4 (de Gramont 2000, 10.1200/JCO.2000.18.16.2938).

The regimens that come with the simulator, and a user's own, say which drug is given on which day; the drugs, how long they stay and
what they do. How much of each is in the patient, and what it leaves of its targets, is kept with the liver
(`abm.pharmacology`).
"""

from typing import Annotated, ClassVar

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from ..pharmacology.dosing import Limits, Pause, Prescription
from ..units import Fraction, Moment, Positive, written
from .intervention import Conditional


class Therapy(Conditional):
    kind: ClassVar[str] = "therapy"

    therapy: str = Field(
        min_length=1,
        description="the regimen: one that comes with the simulator, a file of your own, or one under `regimens`",
    )
    start: Moment = Field(default=written("0 h"), description="when the first cycle begins; negative: before time 0")
    cycles: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        default=None, description="how many cycles; by default as the regimen says"
    )
    stop: Moment | None = Field(default=None, description="when it ends: the last dose begins before")
    pause: Pause | None = Field(default=None, description="holidays between cycles")
    dose: Annotated[Fraction, Positive] = Field(default=1.0, description="share of each dose that is given")
    limits: Limits | None = Field(
        default=None, description="what is done when neutrophils are few; null: as the regimen says"
    )

    @model_validator(mode="after")
    def _in_order(self):
        if self.stop is not None and self.stop <= self.start:
            raise PydanticCustomError("schedule", "stop must be later than start")
        return self

    @property
    def begins(self):
        return self.start

    @property
    def prescription(self) -> Prescription:
        """What is given by it."""
        return Prescription(
            self.therapy, self.start, self.cycles, self.stop, self.pause, self.dose, self.limits, self.when is not None
        )
