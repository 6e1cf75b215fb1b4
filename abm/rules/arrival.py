"""Arrival: tumor cells come with the portal blood and enter the sinusoids at the portal tracts.

The liver is the first capillary bed behind the gut, so the portal vein brings it whatever a colorectal tumor sheds
(Chambers 2002, 10.1038/nrc865). An injection into the spleen or a mesenteric vein is one dose within minutes; a
tumor that sheds is a dose spread over weeks. Cells arrive covered by platelets (`platelet_cloak`), one by one or, some of
them, in clusters, whose cells are each the founder of its own clone (Aceto 2014, 10.1016/j.cell.2014.07.013). Those that shunts of a
cirrhotic liver carry past the sinusoids never arrive.
"""

from bisect import bisect_left
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from ..cells.line import cell_of_line, draw_founder, draw_size, drawn_log
from ..cells.settle import rounded_count
from ..cells.tumor import CIRCULATING
from ..kernels.flows import ENTERED
from ..kernels.jit import jit
from ..kernels.random import hash64, stream_key, uniform
from ..kernels.tables import born
from ..ledger import cause, event
from ..ledger.ledger import enter
from ..liver import Liver
from ..tissue.parameters import SLAB_OF_DENSITIES
from ..tissue.sites import LUMEN
from ..units import (
    Fraction,
    Grams,
    GramsPerCubicCentimeter,
    Hours,
    Moment,
    Number,
    Parameters,
    PerSquareMillimeter,
    Positive,
    parameter,
    written,
)
from .platelet_cloak import full_cover
from .rule import Rule, RuleParameters

_BOLUS_H, _SOON_H = 1.0, 24.0


def is_injected(config) -> bool:
    """Whether the tumor cells of a config come as an injection brings them: all at once, within a day of time 0."""
    arrival = config.rules.arrival
    doses = arrival.doses
    wanted = arrival.enabled and any((arrival.per_liver, arrival.per_area))
    return wanted and len(doses) == 1 and doses[0].over <= _BOLUS_H and doses[0].start <= _SOON_H


class Dose(Parameters):
    """A part of the inoculum that arrives evenly over a time."""

    start: Annotated[Moment, Field(ge=0)] = Field(
        default=written("0 h"), description="when the first cells of this dose arrive"
    )
    over: Hours = Field(default=written("5 min"), description="how long the dose takes to arrive")
    share: Number = Field(default=1.0, description="weight of this dose among all doses")


class Arrival(Rule):
    name = "arrival"
    reads = ("flow",)
    writes = ("tumor",)
    events: ClassVar = {"arrived": ("founder",)}

    class Parameters(RuleParameters):
        per_liver: Annotated[Number, Field(le=1e12)] | None = Field(
            default=None, description="cells that reach the whole liver, as papers give it (5e5); or give per_area"
        )
        per_area: PerSquareMillimeter | None = Field(
            default=None, description="cells that reach each mm2 of a 10 um slab; or give per_liver"
        )
        enrichment: Annotated[Number, Field(gt=0, le=1e6)] = Field(
            default=1.0, description="multiplies the density that the inoculum implies, to see more cells per slab"
        )
        founder_enrichment: Annotated[Number, Field(gt=0, le=1e9)] = Field(
            default=1.0,
            description="multiplies the odds that a cell is one of those that can found a metastasis; numbers per liver undo it",
        )
        doses: tuple[Dose, ...] = Field(default=(Dose(),), description="when the cells arrive", min_length=1)
        cluster_share: Fraction = parameter(
            0.0,
            low=0,
            high=0.05,
            mark="unverified",
            source="Aceto 2014, 10.1016/j.cell.2014.07.013: 2-5 % of circulating tumor cell events are clusters",
            description="share of clusters among arrivals, of which a cluster is one; the number of cells that arrive stays",
        )
        cluster_cells: Annotated[Number, Field(ge=2, le=20)] = parameter(
            4.0,
            low=2,
            high=20,
            mark="assumed",
            source="up to 20 cells studied by Au 2016, 10.1073/pnas.1524448113",
            description="mean number of cells of a cluster, of at least two; geometric",
        )
        largest_cluster: Annotated[int, Field(ge=2, le=100)] = parameter(
            20,
            low=2,
            high=50,
            mark="assumed",
            source="Au 2016, 10.1073/pnas.1524448113: clusters of up to 20 cells pass capillaries",
            description="most cells of a cluster",
        )
        liver_mass: Annotated[Grams, Positive] = parameter(
            "1.3 g",
            low="0.8 g",
            high="2000 g",
            mark="unverified",
            source="mouse 1.0-1.6 g, rat 10 g, human 1500 g",
            description="mass of the whole liver, to convert per_liver into a density",
        )
        liver_density: GramsPerCubicCentimeter = parameter(
            "1.06 g/cm^3",
            low="1.04 g/cm^3",
            high="1.08 g/cm^3",
            mark="checked",
            source="as used for Bouwens 1986, 10.1002/hep.1840060430",
            description="density of liver, to convert per_liver into a density",
        )

        @model_validator(mode="after")
        def _one_inoculum(self):
            if self.per_liver is not None and self.per_area is not None:
                raise PydanticCustomError("inoculum", "give either per_liver or per_area, not both")
            return self

        def density_of(self, per_liver: float, slab_um: float) -> float:
            """Cells per mm2 of a slab of the given thickness, when so many are spread over the whole liver."""
            slab_grams = slab_um * 1e-6 * self.liver_density  # of 1 mm2: 1e-3 mm3 per um, 1e-3 cm3 per mm3
            return per_liver * slab_grams / self.liver_mass

        def per_mm2(self, slab_um: float) -> float:
            """Tumor cells that arrive per mm2 of a slab of the given thickness, enrichment included."""
            if self.per_liver is not None:
                return self.density_of(self.per_liver, slab_um) * self.enrichment
            return (self.per_area or 0.0) * (slab_um / SLAB_OF_DENSITIES) * self.enrichment

        def founders_among(self, share: float) -> float:
            """The share of founders among the simulated cells of a line that has the given one."""
            return share * self.founder_enrichment / (1.0 + share * (self.founder_enrichment - 1.0))

        def weight_of_founders(self, share: float) -> float:
            """How many of the animal's founders each simulated one stands for."""
            return (1.0 + share * (self.founder_enrichment - 1.0)) / self.founder_enrichment

        def weight_of_others(self, share: float) -> float:
            """How many of the animal's cells that found nothing each simulated one stands for."""
            return 1.0 + share * (self.founder_enrichment - 1.0)

    parameters: Parameters

    def prepare(self, liver: Liver) -> None:
        """Give every cell of the inoculum its step of arrival (addressed by its number, so not part of the state)."""
        p = self.parameters
        key = stream_key(liver.seed, "arrival/when")
        tissue = liver.config.tissue
        count = rounded_count(p.per_mm2(tissue.slab_thickness) * liver.area_mm2 * (1.0 - tissue.shunted), key)
        shares = np.cumsum([dose.share for dose in p.doses])
        if count == 0 or shares[-1] == 0:
            self._steps = self._numbers = self._first = np.empty(0, np.int64)
            return
        draws = np.array([[uniform(key, 1, np.uint64(k), n) for n in range(2)] for k in range(count)])
        dose = np.searchsorted(shares / shares[-1], draws[:, 0], side="right")
        start = np.array([dose.start for dose in p.doses])[dose]
        over = np.array([dose.over for dose in p.doses])[dose]
        steps = np.floor((start + over * draws[:, 1]) / liver.dt_hours + 1e-9).astype(np.int64)
        self._first = self.clusters(count, key)
        steps = np.where(self._first < 0, steps, steps[self._first])
        self._numbers = np.argsort(steps, kind="stable")
        self._steps = steps[self._numbers]

    def clusters(self, count: int, key: np.uint64) -> np.ndarray:
        """The number of the first cell of the cluster in which each of so many cells comes; -1 for a single one: int64 [count].

        Cells that come together have numbers in a row.
        """
        p = self.parameters
        first = np.full(count, -1)
        another = (p.cluster_cells - 2.0) / (p.cluster_cells - 1.0)  # the chance that a cluster has one more cell
        k = 0
        while k < count and p.cluster_share > 0.0:
            cells = 1
            if uniform(key, 1, np.uint64(k), 2) < p.cluster_share:
                cells = 2
                if another > 0.0:
                    cells += int(np.log1p(-uniform(key, 1, np.uint64(k), 3)) / np.log(another))
                cells = min(cells, p.largest_cluster, count - k)
            if cells > 1:
                first[k : k + cells] = k
            k += cells
        return first

    def apply(self, liver: Liver) -> None:
        arriving = self._numbers[
            bisect_left(self._steps, liver.step_number) : bisect_left(self._steps, liver.step_number + 1)
        ]
        if arriving.size == 0 or liver.flow.inflow == 0.0:  # where no blood enters, no cell does
            return
        liver.tumor.reserve(arriving.size)
        line, now = liver.config.cells.tumor, liver.minutes / 60.0
        like = cell_of_line(
            liver.tumor,
            line,
            state=CIRCULATING,
            layer=LUMEN,
            arrived_h=now,
            settled_h=now,
            platelets=full_cover(liver),
        )
        enter_the_liver(
            liver.tumor.table,
            like,
            liver.sites,
            liver.ledger.book(arriving.size),
            liver.minutes,
            liver.key(self.name),
            stream_key(0, "arrival"),
            arriving,
            self._first,
            liver.flow.inlets,
            liver.flow.inflow_cumulative,
            line.diameter_log_sd,
            self.parameters.founders_among(line.founder_share),
            line.vigour_log_sd,
            line.hardiness_log_sd,
            line.drug_tolerance_log_sd,
        )


@jit
def enter_the_liver(
    tumor,
    like,
    sites,
    book,
    minutes,
    key,
    identity,
    numbers,
    first,
    inlets,
    inflow_cumulative,
    diameter_log_sd,
    founder_share,
    vigour_log_sd,
    hardiness_log_sd,
    drug_tolerance_log_sd,
):
    """The cells of the inoculum with the given `numbers` arrive, `like` one row but for size, inherited traits, and whether they can
    found a metastasis, at inlets chosen in proportion to the blood that enters there, those of a cluster at one.

    first: int64, by number that of the first cell of its cluster, or -1 (see `Arrival.clusters`);
    inlets: int32 [n, 2]; inflow_cumulative: float64 [n], rising to 1. They are not in the occupancy lattice: blood
    carries them past everybody until something holds them.
    """
    for k in numbers:
        cell = tumor.rows[born(tumor, like[0], ENTERED)]
        uid = hash64(identity, np.uint64(k), 0, 0)
        leader = uid
        if first[k] >= 0:
            leader = cell.cluster = hash64(identity, np.uint64(first[k]), 0, 0)
        inlet = min(np.searchsorted(inflow_cumulative, uniform(key, 0, leader, 0), side="right"), inlets.shape[0] - 1)
        cell.row = inlets[inlet, 0]
        cell.column = inlets[inlet, 1]
        cell.uid = uid
        cell.clone = k
        draw_size(cell, key, diameter_log_sd)
        cell.vigour = drawn_log(vigour_log_sd, key, 0, uid, 3)
        cell.hardiness = drawn_log(hardiness_log_sd, key, 0, uid, 6)
        cell.drug_tolerance = drawn_log(drug_tolerance_log_sd, key, 0, uid, 8)
        kind = cause.NONE
        if founder_share < 1.0 and draw_founder(cell, key, founder_share):
            kind = cause.FOUNDER
        enter(book, minutes, event.ARRIVED, kind, cell, sites.zone[cell.row, cell.column])
