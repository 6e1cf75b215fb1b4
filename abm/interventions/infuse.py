"""Infuse: leukocytes are given with the portal blood, into the hepatic artery, or into a vein: a donor's, or made to kill (CAR-T, CIK).

With the portal blood they lodge in the sinusoids near the portal tracts (zone 1), as co-inoculated neutrophils do that restore the
adhesion of tumor cells in depleted mice (Spicer 2012, 10.1158/0008-5472.CAN-11-2393); by the artery, by which CAR-T cells were given
to patients with metastases (Katz 2015, 10.1158/1078-0432.CCR-14-1421), there and beside the new vessels of colonies; by a vein anywhere
in the sinusoids. From then on they live as the others do. IL-2 that is given with them (`stimulate: il2`) keeps T cells.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from scipy import ndimage

from ..cells.settle import choose_sites, rounded_count, site_hashes
from ..cells.species import Product
from ..kernels.flows import INFUSED
from ..kernels.random import stream_key
from ..rules.supply import enter_from_blood
from ..tissue.sites import LUMEN
from ..units import Fraction, Hours, Number, PerSquareMillimeter, parameter, written
from .intervention import Course

_FIRST_ZONE = 1


class Infuse(Course):
    kind: ClassVar[str] = "infuse"

    cells: ClassVar[Mapping[str, tuple[str, Product]]] = {}
    """What can be infused: its population, and what the cells are."""

    infuse: str = Field(description="the population, or a product of its cells")
    per_area: PerSquareMillimeter | None = Field(
        default=None, description="cells of a dose that lodge per mm2 of a 10 um slab; or give per_liver or per_patient"
    )
    per_liver: Annotated[Number, Field(le=1e12)] | None = Field(
        default=None, description="cells of a dose that lodge in the whole liver; or give per_area or per_patient"
    )
    per_patient: Annotated[Number, Field(le=1e12)] | None = Field(
        default=None,
        description="cells of a dose that are given, of which a share lodges in the liver; or give per_area or per_liver",
    )
    route: Literal["portal_vein", "hepatic_artery", "vein"] = Field(
        default="portal_vein",
        description="where they lodge: near the portal tracts; there and beside the new vessels of colonies; anywhere in the sinusoids",
    )
    first_pass: Fraction = parameter(
        0.45,
        low=0.3,
        high=0.9,
        mark="checked",
        source="Basse 1992, Cancer Immunol Immunother 34:221 (abstract): 40-50 % of activated killer cells that are given into the portal "
        "vein remain in the liver for at least 24 h; by the artery not known",
        description="share of the cells given to a patient that lodges in the liver by the portal vein or the hepatic artery",
    )
    from_vein: Fraction = parameter(
        0.1,
        low=0.01,
        high=0.48,
        mark="assumed",
        source="between 1-5 % of activated killer cells by sight (Basse 1992, Cancer Immunol Immunother 34:221) and 48 % of the indium of "
        "human T cells (Lotze 1980, J Immunol 125:1487), of which some has come off the cells",
        description="share of the cells given to a patient that lodges in the liver by a vein",
    )
    over: Hours = Field(default=written("10 min"), description="how long a dose takes")

    @model_validator(mode="after")
    def _one_number(self):
        if sum(given is not None for given in (self.per_area, self.per_liver, self.per_patient)) != 1:
            raise PydanticCustomError(
                "infusion", "give per_area (such as 50 /mm^2), per_liver or per_patient (such as 1e10), one of them"
            )
        return self

    @classmethod
    def for_registry(cls, registry):
        infused = registry.infused()
        made = cls._choosing({name: product.target for name, (_, product) in infused.items()})
        made.cells = infused
        return made

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
        free = (liver.sites.population[LUMEN, row, column] == 0) & self._reached(liver)[row, column]
        inlets = (row * liver.shape[1] + column)[free]
        chosen = choose_sites(inlets, min(count, inlets.size), stream_key(liver.seed, f"{stream}/{step}"))
        entries = np.stack(np.divmod(chosen, liver.shape[1]), axis=1)
        name, product = self.cells[self.infuse]
        enter_from_blood(liver, name, key, entries, INFUSED, "infused", product.drawn)

    def _reached(self, liver) -> np.ndarray:
        """Where they can lodge, if blood flows there and nobody stands in the lumen (bool lattice)."""
        if self.route == "vein":
            return np.ones(liver.shape, np.bool_)
        near_inlets = liver.anatomy.zone == _FIRST_ZONE
        if self.route == "portal_vein":
            return near_inlets
        return near_inlets | ndimage.binary_dilation(liver.vessels > 0.0, np.ones((3, 3)))

    @property
    def _in_liver(self) -> float:
        """How many cells of a dose lodge in the whole liver, where they are not given by area."""
        if self.per_patient is None:
            return self.per_liver or 0.0
        return self.per_patient * (self.from_vein if self.route == "vein" else self.first_pass)

    def _arriving(self, liver, stream: str, dose: int) -> int:
        """How many cells of a dose come in the present step."""
        key = stream_key(liver.seed, stream)
        if self.per_area is not None:
            expected = self.per_area * liver.standard_area_mm2
        else:
            thickness = liver.config.tissue.slab_thickness
            expected = liver.config.rules.arrival.density_of(self._in_liver, thickness) * liver.area_mm2
        numbers = np.arange(1, rounded_count(expected, key) + 1)
        share = (site_hashes(key, numbers) >> np.uint64(11)) / 2.0**53
        start = self.start + dose * (self.every or 0.0)
        return int(np.count_nonzero(np.floor((start + self.over * share) / liver.dt_hours + 1e-9) == liver.step_number))
