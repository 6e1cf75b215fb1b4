"""Cytotoxic: a drug kills tumor cells that cycle, and spares those that rest.

Adherent and extravasated cells, which cycle, die at `rate` times the drug's level, which falls from each dose with one
half-life (one compartment); dormant ones and those in the blood are spared. How much a course kills has to be fitted
to responses, such as the 37 % of liver metastases that answer mFOLFOX6 alone (Tang 2020, 10.1200/JCO.20.00174).
"""

from typing import Annotated, ClassVar

from pydantic import Field

from ..cells.tumor import ADHERENT, EXTRAVASATED
from ..kernels.jit import jit
from ..kernels.random import happens
from ..ledger import cause, event
from ..ledger.ledger import lose
from ..units import Hours, PerHour, Positive, parameter
from .intervention import Course


class Cytotoxic(Course):
    kind: ClassVar[str] = "cytotoxic"

    cytotoxic: str = Field(min_length=1, max_length=60, description="name of the drug")
    rate: PerHour = parameter(
        "0.05 /h",
        low="0.005 /h",
        high="0.5 /h",
        mark="assumed",
        source="to be fitted to the response of the line",
        description="death rate of cycling tumor cells at the peak of a dose",
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
            kill_cycling(
                liver.tumor.table,
                liver.sites,
                liver.ledger.book(liver.tumor.count),
                liver.minutes,
                liver.key(stream),
                liver.step_number,
                rate,
                liver.dt_hours,
            )


@jit
def kill_cycling(tumor, sites, book, minutes, key, step, rate, hours):
    """Tumor cells that cycle die at `rate` (1/h), of therapy."""
    for slot in range(tumor.rows.size):
        cell = tumor.rows[slot]
        if cell.alive != 0 and (cell.state == ADHERENT or cell.state == EXTRAVASATED):
            if happens(key, step, cell.uid, 0, rate, hours):
                lose(tumor, sites, book, minutes, event.DIED, cause.THERAPY, slot)
