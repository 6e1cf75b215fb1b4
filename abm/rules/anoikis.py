"""Anoikis: tumor cells that are attached to nothing die.

Most cells that a tumor sheds die in the blood, within hours: those in patients whose primary was just removed have a half-life
of 1 to 2.4 h (Meng 2004, 10.1158/1078-0432.CCR-04-1110). Mesenchymal cells and those with traits of stem cells live without a
hold (Mani 2008, Cell 133:704), and those of a cluster have each other (Aceto 2014, Cell 158:1110). Held cells are stopped, not
bound: firm adhesion ends it.
"""

from typing import ClassVar

import numpy as np

from ..cells.line import stemness_of
from ..cells.tumor import CIRCULATING, HELD
from ..kernels.jit import jit
from ..kernels.random import happens
from ..ledger import cause, event
from ..ledger.ledger import lose
from ..liver import Liver
from ..units import PerHour, parameter
from .growth import is_alone
from .rule import Rule, RuleParameters


class Anoikis(Rule):
    name = "anoikis"
    reads = ("tumor",)
    writes = ("tumor",)
    events: ClassVar = {"died": ("anoikis",)}

    class Parameters(RuleParameters):
        rate: PerHour = parameter(
            "0 /h",
            low="0 /h",
            high="1 /h",
            mark="derived",
            source="Meng 2004, 10.1158/1078-0432.CCR-04-1110: half-life 1-2.4 h in blood; ln2/2.4 h = 0.3 /h, if anoikis is all of it",
            description="rate at which an epithelial tumor cell without stemness dies that is bound to nothing",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        rate = self.parameters.rate
        if rate == 0.0 or liver.tumor.count == 0:
            return
        adrift = liver.tumor.in_state(CIRCULATING) | liver.tumor.in_state(HELD)
        if not adrift.any():
            return
        order = liver.tumor.order(liver.key(self.name), liver.step_number, adrift)
        die_adrift(
            liver.tumor.table,
            liver.sites,
            liver.ledger.book(order.size),
            liver.minutes,
            liver.key(self.name),
            liver.step_number,
            order,
            liver.dt_hours,
            rate,
            liver.config.cells.tumor.stemness,
        )


@jit
def die_adrift(tumor, sites, book, minutes, key, step, order, hours, rate, stemness):
    """Death of the circulating and held cells in the slots `order` (int64) that touch no other tumor cell; `stemness` is that of
    the line. Whose neighbour dies in the same step is alone in its turn."""
    for slot in order:
        cell = tumor.rows[slot]
        if cell.state == HELD and not is_alone(sites, cell.row, cell.column):
            continue
        hazard = rate * (1.0 - np.float64(cell.emt)) * (1.0 - stemness_of(cell.emt, stemness))
        if happens(key, step, cell.uid, 0, hazard, hours):
            lose(tumor, sites, book, minutes, event.DIED, cause.ANOIKIS, slot)
