"""Passage: blood carries tumor cells through the sinusoids, from the portal tracts to the central veins.

The whole passage takes about a second or two (234 um/s over 300 um; Koo 1975), far below a time step, so it is
walked to its end within one: at every branch the cell goes with the blood, at every site it may be held (see
`holding` for what stops it), the more the longer it lingers there: near the portal tracts blood is
slow and stops a fifth of the time (MacPhee 1995). What reaches a central vein has passed through. Kupffer cells and
marginated leukocytes line the wall and are passed by; held tumor cells and dense nets block the way. Of a cluster the
first cell finds the way for all (see `clusters`).
"""

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from ..cells.tumor import CIRCULATING, TUMOR
from ..kernels.jit import jit
from ..kernels.random import uniform
from ..ledger import cause, event
from ..ledger.ledger import lose
from ..liver import Liver
from ..tissue.flow import downstream
from ..tissue.sites import CENTRAL_VEIN, LUMEN
from ..units import Fraction, Number, parameter
from .clusters import hold, led, next_follower, set_down, width
from .holding import held_by, holding
from .rule import Rule, RuleParameters

_SLOWNESS = (0.2, 5.0)  # limits of the time past a site, relative to that at the median velocity: loops stand still
_LONGEST_WALK = 5_000  # sites; a guard against a cell that circles in a stagnant corner


class Passage(Rule):
    name = "passage"
    reads = ("flow", "kupffer", "nets")
    writes = ("tumor",)
    events: ClassVar = {"passed": (), "held": ("size", "wall", "kupffer", "net", "plug")}

    class Parameters(RuleParameters):
        lingering: Annotated[Number, Field(le=5)] = parameter(
            1.0,
            low=0,
            high=1.5,
            mark="derived",
            source="MacPhee 1995, 10.1152/ajpgi.1995.269.5.G692: flow stops 19 % of the time in zone 1, 2 % in zone 3",
            description="power of the time that blood takes past a site with which the chance of being held there grows",
        )
        unfolding: Fraction = parameter(
            0.5,
            low=0,
            high=1,
            mark="assumed",
            source="Au 2016, 10.1073/pnas.1524448113: above 90 % of clusters of up to 20 cells pass 5-10 um as chains; "
            "others take them for too wide",
            description="how far a cluster unfolds in transit: 0, held as a ball of all its cells; 1, held as the widest of them",
        )

    parameters: Parameters

    def prepare(self, liver: Liver) -> None:
        """How strongly each site holds by the time that blood takes past it in the open network; mean 1 along the flow."""
        flow = liver.flow
        slowness = np.clip(liver.config.tissue.sinusoid_velocity / np.maximum(flow.speed_um_per_s, 1e-3), *_SLOWNESS)
        weight = slowness.astype(np.float64) ** self.parameters.lingering
        passing = flow.passing.astype(np.float64)
        self.lingering = (weight * (passing.sum() / np.maximum((weight * passing).sum(), 1e-30))).astype(np.float32)

    def apply(self, liver: Liver) -> None:
        tumor = liver.tumor
        circulating = tumor.in_state(CIRCULATING)
        if not circulating.any():
            return
        order = tumor.order(liver.key(self.name), liver.step_number, circulating)
        unblocked = liver.sites.perfused & (liver.sites.population[LUMEN] != TUMOR)
        leading, followers = led(order, tumor.rows.cluster, self.parameters.unfolding)
        # nothing is carried to a site that has come free again before the flow is solved: its pressure is not of this flow
        carrying = liver.flow.carries & unblocked
        carry(
            tumor.table,
            liver.sites,
            liver.ledger.book(order.size),
            liver.minutes,
            liver.key(self.name),
            liver.step_number,
            leading,
            followers,
            liver.flow.pressure,
            carrying,
            liver.open_pressure,
            unblocked,
            liver.anatomy.radius_um,
            liver.sticky_nets(),
            holding(liver),
            liver.spacing_um,
            self.lingering,
        )


@jit(counted=False)
def carry(
    tumor,
    sites,
    book,
    minutes,
    key,
    step,
    order,
    followers,
    pressure,
    carrying,
    open_pressure,
    unblocked,
    radius_um,
    nets,
    holding,
    spacing_um,
    lingering,
):
    """Walk every circulating cell of `order` (slots), with its `followers`, until it is held or has passed through. Who is held
    blocks the way of those who come after it, so that it does not matter how many come in one step.

    pressure, open_pressure: float64 [row, column], of the last solution and of the unobstructed network; unblocked:
    uint8, sites open now; carrying: uint8, those of them that were open at the last solution, too (both are changed);
    radius_um: float32 lumen radius per site; nets: float32 amount of net per site;
    holding: how strongly each thing holds (`holding.Holding`); lingering: float32, by how much longer than on average blood
    stays at each site.
    """
    for slot in order:
        cell = tumor.rows[slot]
        if cell.state != CIRCULATING:
            continue
        draw = 0
        reason = cause.NONE
        passed = False
        row, column = cell.row, cell.column
        free_row, free_column = -1, -1
        diameter_um = width(tumor.rows, slot, followers)
        # way, in sites, since the last trial: where somebody lines the wall it is tried at the next free site
        untried = np.float64(lingering[row, column])
        for _ in range(_LONGEST_WALK):
            if sites.population[LUMEN, row, column] == 0:
                free_row, free_column = row, column
                reason = held_by(
                    holding,
                    sites,
                    nets,
                    radius_um[row, column],
                    diameter_um,
                    row,
                    column,
                    untried * spacing_um,
                    uniform(key, step, cell.uid, draw),
                )
                draw += 1
                untried = np.float64(0.0)
                if reason != cause.NONE:
                    break
            turn = uniform(key, step, cell.uid, draw)
            draw += 1
            to_row, to_column, length, found = downstream(
                pressure, sites.kind, carrying, row, column, sites.periodic, turn
            )
            if not found:  # where a cell has just come loose the flow is not solved yet: as in the open network
                to_row, to_column, length, found = downstream(
                    open_pressure, sites.kind, unblocked, row, column, sites.periodic, turn
                )
            if not found:
                break
            row, column = to_row, to_column
            untried += length * np.float64(lingering[row, column])
            if sites.kind[row, column] == CENTRAL_VEIN:
                passed = True
                break
        if passed:
            if cell.cluster != 0:
                n = next_follower(tumor.rows, followers, cell.cluster, 0)
                while n < followers.slots.size:
                    other = followers.slots[n]
                    n = next_follower(tumor.rows, followers, cell.cluster, n + 1)
                    tumor.rows[other].row, tumor.rows[other].column = row, column
                    lose(tumor, sites, book, minutes, event.PASSED, cause.NONE, other)
            cell.row, cell.column = row, column
            lose(tumor, sites, book, minutes, event.PASSED, cause.NONE, slot)
            continue
        if free_row < 0:  # no way on and nowhere to stand: it stays in the blood where it was
            continue
        if reason == cause.NONE:
            reason = cause.PLUG
        hold(tumor, sites, book, minutes, slot, free_row, free_column, reason, unblocked, carrying)
        if cell.cluster != 0:
            set_down(tumor, sites, book, minutes, slot, followers, open_pressure, unblocked, carrying)
