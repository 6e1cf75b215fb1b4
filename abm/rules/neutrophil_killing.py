"""Neutrophil killing: N1 neutrophils kill tumor cells that they touch.

Where TGF-beta is blocked, neutrophils of a tumor are N1 and kill by reactive oxygen, and depleting them lets it grow; where it is not they
are N2 and do not (Fridlender 2009, 10.1016/j.ccr.2009.06.017). By default they kill none.
"""

from typing import ClassVar

import numpy as np

from ..cells.neutrophil import N1
from ..cells.tumor import TUMOR
from ..kernels.jit import jit
from ..kernels.random import happens, hash64
from ..kernels.sites import touching
from ..ledger import cause, event
from ..ledger.ledger import lose
from ..liver import Liver
from ..target import Target
from ..tissue.sites import LUMEN, TISSUE
from ..units import PerHour, parameter
from .rule import Rule, RuleParameters
from .surroundings import beside_tumor, marked


class NeutrophilKilling(Rule):
    name = "neutrophil_killing"
    reads = ("neutrophil", "tumor")
    writes = ("tumor",)
    events: ClassVar = {"killed": ("neutrophil",)}
    inhibited = ("rate",)
    inhibitor = Target("scavenger of reactive oxygen (apocynin)", "general: they kill by it", "assumed")

    class Parameters(RuleParameters):
        rate: PerHour = parameter(
            "0 /h",
            low="0 /h",
            high="0.3 /h",
            mark="assumed",
            source="none by default; 0.005 /h halves the burden of mice: Fridlender 2009, 10.1016/j.ccr.2009.06.017 (direction)",
            description="kill hazard of an N1 neutrophil in contact with a tumor cell",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        cells, tumor, rate = liver.neutrophil, liver.tumor, self.parameters.rate
        if rate == 0.0 or cells.count == 0 or tumor.count == 0:
            return
        key, step = liver.key(self.name), liver.step_number
        order = cells.order(key, step, cells.in_state(N1) & marked(cells, beside_tumor(liver)))
        strike_touched(
            cells.rows,
            tumor.table,
            liver.sites,
            liver.ledger.book(order.size),
            liver.minutes,
            key,
            step,
            order,
            rate * liver.dt_hours,
        )


@jit(counted=False)
def strike_touched(cells, tumor, sites, book, minutes, key, step, order, hazard):
    """Each neutrophil of `order` (slots) kills one tumor cell that it touches, behind the wall or else in the vessel, with the
    probability 1 - exp(-hazard)."""
    for slot in order:
        cell = cells[slot]
        if not happens(key, step, cell.uid, 0, hazard, 1.0):
            continue
        turn = np.int64(hash64(key, cell.uid, step, 1) % np.uint64(9))
        prey = touching(sites, TUMOR, TISSUE, cell.row, cell.column, turn)
        if prey < 0:
            prey = touching(sites, TUMOR, LUMEN, cell.row, cell.column, turn)
        if prey >= 0:
            lose(tumor, sites, book, minutes, event.KILLED, cause.NEUTROPHIL, prey)
