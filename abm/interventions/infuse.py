"""Infuse: neutrophils or NK cells are given with the portal blood.

They lodge in the sinusoids near the portal tracts (zone 1), as co-inoculated neutrophils do that restore the adhesion
of tumor cells in depleted mice (Spicer 2012, 10.1158/0008-5472.CAN-11-2393), and from then on live as the others do.
"""

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from ..cells.settle import choose_sites, rounded_count, site_hashes
from ..kernels.flows import INFUSED
from ..kernels.random import stream_key
from ..rules.supply import enter_from_blood
from ..tissue.sites import LUMEN
from ..units import Hours, Number, PerSquareMillimeter, written
from .intervention import Course

_FIRST_ZONE = 1


class Infuse(Course):
    kind: ClassVar[str] = "infuse"

    infuse: str = Field(description="the population")
    per_area: PerSquareMillimeter | None = Field(
        default=None, description="cells of a dose per mm2 of a 10 um slab; or give per_liver"
    )
    per_liver: Annotated[Number, Field(le=1e12)] | None = Field(
        default=None, description="cells of a dose that lodge in the whole liver; or give per_area"
    )
    over: Hours = Field(default=written("10 min"), description="how long a dose takes")

    @model_validator(mode="after")
    def _one_number(self):
        if (self.per_area is None) == (self.per_liver is None):
            raise PydanticCustomError("infusion", "give per_area (such as 50 /mm^2) or per_liver, one of them")
        return self

    @classmethod
    def for_registry(cls, registry):
        return cls._choosing(registry.infused())

    def _repeats(self) -> None:
        """Doses are repeated whatever becomes of the cells."""

    def apply(self, liver, stream):
        last = self.doses(liver.hours + liver.dt_hours)
        first = max(self.doses(liver.hours - self.over - liver.dt_hours) - 1, 0)
        count = sum(self._arriving(liver, f"{stream}/{dose}", dose) for dose in range(first, last))
        if count == 0:
            return
        key, step = liver.key(stream), liver.step_number
        row, column = liver.perfused_sites.T
        free = (liver.sites.population[LUMEN, row, column] == 0) & (liver.anatomy.zone[row, column] == _FIRST_ZONE)
        near_inlets = (row * liver.shape[1] + column)[free]
        chosen = choose_sites(near_inlets, min(count, near_inlets.size), stream_key(liver.seed, f"{stream}/{step}"))
        entries = np.stack(np.divmod(chosen, liver.shape[1]), axis=1)
        enter_from_blood(liver, self.infuse, key, entries, INFUSED, "infused")

    def _arriving(self, liver, stream: str, dose: int) -> int:
        """How many cells of a dose come in the present step."""
        key = stream_key(liver.seed, stream)
        if self.per_area is not None:
            expected = self.per_area * liver.standard_area_mm2
        else:
            thickness = liver.config.tissue.slab_thickness
            expected = liver.config.rules.arrival.density_of(self.per_liver, thickness) * liver.area_mm2
        numbers = np.arange(1, rounded_count(expected, key) + 1)
        share = (site_hashes(key, numbers) >> np.uint64(11)) / 2.0**53
        start = self.start + dose * (self.every or 0.0)
        return int(np.count_nonzero(np.floor((start + self.over * share) / liver.dt_hours + 1e-9) == liver.step_number))
