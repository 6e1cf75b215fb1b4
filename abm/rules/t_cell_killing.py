"""T-cell killing: CD8 T cells kill the tumor cells that they recognise, by hits that add up.

One lymphocyte alone seldom kills: each contact damages, the damage is mended within the hour, and several that hit the same cell kill it
together (Weigelin 2021, 10.1038/s41467-021-25282-3). A CD8 T cell that knows the tumor meets its target in `migration`, where it
recognises it by antigen and MHC class I or passes by; it stays until the target is dead, or for some hours. PD-L1 of the target,
TGF-beta, suppressive cells and IL-10 (`immune_suppression`), and the tolerance of the liver hold killers back, Th1 cells help them
(`t_cell_help`), and PD-L1 has exhausted some of them (`t_cell_exhaustion`).
"""

from typing import Annotated, ClassVar, NamedTuple

import numpy as np
from pydantic import Field

from ..cells import cd8
from ..cells.tumor import TUMOR
from ..kernels.contact import NOBODY, still_touched
from ..kernels.jit import jit
from ..kernels.random import happens, uniform
from ..ledger import cause, event
from ..ledger.ledger import lose
from ..liver import Liver
from ..target import Target
from ..tissue.sites import INTERSTITIUM
from ..units import Fraction, Hours, PerHour, parameter
from .rule import Rule, RuleParameters
from .supply import poisson

_BREART = "Breart 2008, 10.1172/JCI34388"
_WEIGELIN = "Weigelin 2021, 10.1038/s41467-021-25282-3"


_LEAVES = 1000
"""Number of the draw for whether a cell leaves its target, behind those for its hits."""


class Hits(NamedTuple):
    """The rate of sublethal hits of an engaged, rested, unhindered cell (1/h) and what modulates it.

    pd1 : share of the rate that saturating PD-L1 of the target takes; half_pdl1 : the PD-L1 that takes half of that
    """

    rate: float
    needed: int
    leave: float
    tgf_beta: float
    tolerance: float
    pd1: float
    half_pdl1: float


class TCellKilling(Rule):
    name = "t_cell_killing"
    reads = ("cd8", "tumor", "tgf_beta", "suppression", "help")
    writes = ("cd8", "tumor")
    events: ClassVar = {"killed": ("cd8",)}
    inhibited = ("hit_rate",)
    inhibitor = Target("tacrolimus", "general: T cells that are not activated do not kill", "assumed")

    class Parameters(RuleParameters):
        hit_rate: PerHour = parameter(
            "1.5 /h",
            low="0.5 /h",
            high="6 /h",
            mark="derived",
            source=f"{_WEIGELIN}: 4 kills per day and cell; 3 hits in 2 h",
            description="sublethal hits of an engaged cell that nothing holds back",
        )
        hits_needed: Annotated[int, Field(ge=1, le=100)] = parameter(
            3,
            low=2,
            high=10,
            mark="unverified",
            source=_WEIGELIN,
            description="sublethal hits at a time that kill a tumor cell",
        )
        repair: Hours = parameter(
            "1 h",
            low="0.5 h",
            high="3 h",
            mark="unverified",
            source=_WEIGELIN,
            description="half-life of a sublethal hit",
        )
        handling_time: Hours = parameter(
            "2 h",
            low="0.5 h",
            high="6 h",
            mark="unverified",
            source=f"{_BREART}: a kill takes hours",
            description="time after a kill before the next target",
        )
        patience: Hours = parameter(
            "6 h",
            low="1 h",
            high="24 h",
            mark="unverified",
            source=f"{_BREART}: contacts of hours",
            description="mean time that a cell stays with a target that it recognises and does not kill",
        )
        tgf_beta_inhibition: Fraction = parameter(
            0.7,
            low=0.2,
            high=0.95,
            mark="assumed",
            source="Tauriello 2018, 10.1038/nature25492 (direction): TGF-beta keeps T cells from killing",
            description="share of its hits that saturating TGF-beta takes",
        )
        pd1_inhibition: Fraction = parameter(
            0.6,
            low=0.2,
            high=0.9,
            mark="assumed",
            source="Yang 2025, 10.3892/or.2025.8963, ref 25: PD-L1 inhibits the activation of T cells (direction)",
            description="share of its hits that saturating PD-L1 of the target takes from a T cell at once, by PD-1",
        )
        tolerance: Fraction = parameter(
            0.3,
            low=0,
            high=0.9,
            mark="assumed",
            source="the liver is a tolerogenic organ (direction)",
            description="share of its hits that the liver takes from a T cell",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        p = self.parameters
        tumor, cells = liver.tumor, liver.cd8
        if cells.count == 0 and not tumor.plain["hits"].any():
            return
        key, step = liver.key(self.name), liver.step_number
        mend(tumor.used, key, step, liver.dt_hours * np.log(2.0) / max(p.repair, 1e-3))
        become_free(cells.used, liver.hours)
        order = cells.order(key, step, cells.in_state(cd8.ENGAGED))
        if order.size == 0:
            return
        strike(
            cells.rows,
            tumor.table,
            liver.sites,
            liver.ledger.book(order.size),
            liver.minutes,
            key,
            step,
            order,
            liver.dt_hours,
            p.handling_time,
            liver.signal("tgf_beta"),
            liver.suppression,
            liver.help,
            Hits(
                rate=p.hit_rate,
                needed=p.hits_needed,
                leave=1.0 / max(p.patience, 1e-3),
                tgf_beta=p.tgf_beta_inhibition,
                tolerance=p.tolerance,
                pd1=p.pd1_inhibition * liver.left("pd1") * liver.left("pdl1"),
                half_pdl1=liver.config.cells.cd8.half_pdl1,
            ),
        )


@jit(counted=False)
def mend(tumor, key, step, hazard):
    """Each hit of each tumor cell is mended with the probability 1 - exp(-hazard)."""
    mended = -np.expm1(-hazard)
    for i in range(tumor.size):
        cell = tumor[i]
        if cell.alive == 0 or cell.hits == 0:
            continue
        for n in range(cell.hits):
            if uniform(key, step, cell.uid, n) < mended:
                cell.hits -= np.uint8(1)


@jit(counted=False)
def become_free(cells, now_h):
    """Those that are done with their last kill walk on."""
    for i in range(cells.size):
        cell = cells[i]
        if cell.alive != 0 and cell.state == cd8.HANDLING and cell.busy_h <= np.float32(now_h):
            walk_on(cell)


@jit(inline=True, counted=False)
def walk_on(cell):
    """A cell that is done with its target patrols or searches again."""
    cell.state = cd8.SEARCHING if cell.layer == INTERSTITIUM else cd8.PATROLLING


@jit(counted=False)
def strike(
    cells, tumor, sites, book, minutes, key, step, order, hours, handling_h, tgf_beta, suppression, helped, hits
):
    """The CD8 T cells of `order` (slots), all engaged, hit their targets, as often as chance has it in the step, kill those that have
    taken enough, or leave."""
    for slot in order:
        cell = cells[slot]
        prey = still_touched(sites, TUMOR, tumor.rows.uid, cell.row, cell.column, cell.target)
        if prey == NOBODY:
            walk_on(cell)
            continue
        level = np.float64(tgf_beta[cell.row, cell.column])
        pdl1 = np.float64(tumor.rows[prey].pdl1)
        rate = (
            hits.rate
            * (1.0 - np.float64(cell.exhaustion))
            * (1.0 - hits.tolerance)
            * (1.0 - hits.tgf_beta * level / (1.0 + level))
            * (1.0 - hits.pd1 * pdl1 / (pdl1 + hits.half_pdl1))
            * (1.0 - np.float64(suppression[cell.row, cell.column]))
            * (1.0 + np.float64(helped[cell.row, cell.column]))
        )
        taken = np.int64(tumor.rows[prey].hits) + poisson(key, step, cell.uid, rate * hours)
        if taken >= hits.needed:
            lose(tumor, sites, book, minutes, event.KILLED, cause.CD8, prey)
            cell.state = cd8.HANDLING
            cell.busy_h = np.float32(minutes / 60.0 + handling_h)
            cell.kills += 1
            continue
        tumor.rows[prey].hits = np.uint8(taken)
        if happens(key, step, cell.uid, _LEAVES, hits.leave, hours):
            walk_on(cell)
