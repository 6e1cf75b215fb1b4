"""Macrophage phagocytosis: macrophages in the tissue engulf tumor cells that they touch, the less the further they are M2.

They weigh the same eat-me and don't-eat-me signals as Kupffer cells (Willingham 2012, 10.1073/pnas.1121623109; Yang 2025,
10.3892/or.2025.8963, refs 70, 110), and digest one cell after the other.
"""

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from ..blood.opsonin import opsonised
from ..cells import macrophage
from ..cells.tumor import TUMOR
from ..kernels.jit import jit
from ..kernels.random import happens, hash64
from ..kernels.sites import touching
from ..ledger import cause, event
from ..ledger.ledger import lose
from ..liver import Liver
from ..target import Target
from ..tissue.sites import TISSUE
from ..units import Hours, Number, PerHour, parameter
from .phagocytosis import finish_meals, palatability
from .rule import Rule, RuleParameters
from .surroundings import beside_tumor, marked


class MacrophagePhagocytosis(Rule):
    name = "macrophage_phagocytosis"
    reads = ("macrophage", "tumor", "blood")
    writes = ("macrophage", "tumor")
    events: ClassVar = {"phagocytosed": ("macrophage",)}
    inhibited = ("rate",)
    inhibitor = Target("cytochalasin", "general: without actin nothing is engulfed", "assumed")

    class Parameters(RuleParameters):
        rate: PerHour = parameter(
            "0.02 /h",
            low="0.005 /h",
            high="0.2 /h",
            mark="assumed",
            source="far less than Kupffer cells (0.25 /h): with 0.1 /h the first macrophages to come clear whole colonies, while foci of "
            "mice with and without CCR2 are as many on day 10 (10.1002/ijc.21371)",
            description="engulfment of a touching tumor cell of the reference line by a wholly M1 macrophage",
        )
        handling_time: Hours = parameter(
            "4 h",
            low="1 h",
            high="24 h",
            mark="unverified",
            source="phagosome maturation of a whole tumor cell, as of Kupffer cells",
            description="time to digest one tumor cell",
        )
        capacity: Annotated[int, Field(ge=0, le=100)] = parameter(
            2,
            low=1,
            high=3,
            mark="unverified",
            source="as of Kupffer cells",
            description="tumor cells that one macrophage can hold at once",
        )
        opsonin: Number = parameter(
            10.0,
            low=5,
            high=60,
            mark="assumed",
            source="Gul 2014, 10.1172/JCI66776, as of Kupffer cells",
            description="what an antibody that covers the whole cell adds to its engulfment, relative to the reference line",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        p, cells, tumor = self.parameters, liver.macrophage, liver.tumor
        if cells.count == 0:
            return
        digest_meals(cells.used, np.float32(liver.hours), np.float32(p.handling_time))
        if tumor.count == 0 or p.rate == 0.0:
            return
        key, step = liver.key(self.name), liver.step_number
        order = cells.order(key, step, marked(cells, beside_tumor(liver)))
        weights = liver.config.rules.phagocytosis
        engulf_in_tissue(
            cells.rows,
            tumor.table,
            liver.sites,
            liver.ledger.book(order.size),
            liver.minutes,
            key,
            step,
            order,
            liver.dt_hours,
            p.rate,
            np.float32(p.handling_time),
            p.capacity,
            1.0 + weights.cd47_weight + weights.cd24_weight + weights.pdl1_weight,
            weights.cd47_weight * liver.left("cd47"),
            weights.cd24_weight * liver.left("cd24"),
            weights.pdl1_weight * liver.left("pdl1"),
            p.opsonin * opsonised(liver),
        )


@jit(counted=False)
def digest_meals(cells, now_h, handling_h):
    """The meals of every macrophage end, one after the other."""
    for i in range(cells.size):
        if cells[i].alive != 0:
            finish_meals(cells[i], now_h, handling_h)


@jit(counted=False)
def engulf_in_tissue(
    cells,
    tumor,
    sites,
    book,
    minutes,
    key,
    step,
    order,
    hours,
    rate,
    handling_h,
    capacity,
    reference,
    cd47_weight,
    cd24_weight,
    pdl1_weight,
    opsonin,
):
    """Each macrophage of `order` (slots) that has left the vessels and has room tries one tumor cell in the tissue that it touches."""
    for slot in order:
        eater = cells[slot]
        if eater.state == macrophage.MONOCYTE or eater.load >= capacity:
            continue
        turn = np.int64(hash64(key, eater.uid, step, 1) % np.uint64(9))
        prey = touching(sites, TUMOR, TISSUE, eater.row, eater.column, turn)
        if prey < 0:
            continue
        hazard = (
            rate
            * 0.5
            * (1.0 - np.float64(eater.polarisation))
            * (palatability(tumor.rows[prey], reference, cd47_weight, cd24_weight, pdl1_weight) + opsonin)
        )
        if happens(key, step, eater.uid, 2, hazard, hours):
            lose(tumor, sites, book, minutes, event.PHAGOCYTOSED, cause.MACROPHAGE, prey)
            if eater.load == 0:
                eater.digested_h = np.float32(minutes / 60.0) + handling_h
            eater.load += np.uint8(1)
