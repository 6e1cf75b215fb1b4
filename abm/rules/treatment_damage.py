"""Treatment damage: tumor cells that a drug or radiation has hit die when their time has come.

They die by apoptosis or in a division that fails, a day or more after the hit, so that a nodule shrinks for days after a treatment
(Eriksson 2010, 10.1007/s13277-010-0042-8). Who hits them says how long they have: `drug_killing`, `irradiate`. Where this rule is off
what was hit lives on, and divides no more.
"""

from typing import ClassVar

import numpy as np

from ..kernels.jit import jit
from ..ledger import cause, event
from ..ledger.ledger import lose
from ..liver import Liver
from .rule import Rule


class TreatmentDamage(Rule):
    name = "treatment_damage"
    reads = ("tumor",)
    writes = ("tumor",)
    events: ClassVar = {"died": ("therapy",)}

    def apply(self, liver: Liver) -> None:
        tumor = liver.tumor
        if tumor.count and tumor.used.doomed_h.any():
            run_out(tumor.table, liver.sites, liver.ledger.book(tumor.count), liver.minutes, liver.dt_hours)


@jit
def run_out(tumor, sites, book, minutes, hours):
    """The time of every tumor cell that was hit goes down by `hours`; at none it dies, of therapy."""
    for slot in range(tumor.rows.size):
        cell = tumor.rows[slot]
        if cell.alive == 0 or cell.doomed_h <= np.float32(0.0):
            continue
        cell.doomed_h = max(cell.doomed_h - np.float32(hours), np.float32(0.0))
        if cell.doomed_h == np.float32(0.0):
            lose(tumor, sites, book, minutes, event.DIED, cause.THERAPY, slot)
