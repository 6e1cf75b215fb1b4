"""Leukocyte crossing: leukocytes leave the sinusoids for the interstitium where tumor cells are, and come back later.

The wall of the sinusoids has fenestrae and no basement membrane; lymphocytes touch through it what lies behind (Guidotti 2015,
10.1016/j.cell.2015.03.021), and cross it by VCAM-1 and ICAM-1 where chemokine calls. T cells that find nothing return to the blood,
but for resident memory cells; monocytes stay, as macrophages.
"""

from typing import NamedTuple

import numpy as np

from ..cells.species import Crossing
from ..kernels.flows import CROSSED, RECROSSED
from ..kernels.jit import jit
from ..kernels.random import could_happen, does_happen, draw_each, hash64
from ..kernels.sites import lift, neighbour, place
from ..kernels.tables import HIGH, columns_of, tally
from ..liver import Liver
from ..target import Target
from ..tissue.sites import CAVITY, CENTRAL_VEIN, INTERSTITIUM, LUMEN, SINUSOID
from ..units import Hours, Number, PerHour, parameter
from .rule import Rule, RuleParameters
from .surroundings import beside_tumor

_MOST = 6.0
"""The largest gain of the hazard of crossing: wall (`basal`, VCAM-1, ICAM-1; at most 1 each) times what calls (at most 1 each)."""


class Crossers(NamedTuple):
    """The columns of cells that cross the wall [slot]."""

    alive: np.ndarray
    state: np.ndarray
    layer: np.ndarray
    row: np.ndarray
    column: np.ndarray
    uid: np.ndarray


class LeukocyteCrossing(Rule):
    name = "leukocyte_crossing"
    reads = ("tumor", "endothelium", "ifn_gamma", "ccl2", "tgf_beta", "il10")
    writes = ("cd8", "cd4", "treg", "dendritic", "macrophage", "suppressor")
    inhibited = ("rate",)
    inhibitor = Target("antibody to VLA-4 (natalizumab)", "Guidotti 2015, 10.1016/j.cell.2015.03.021", "unverified")

    class Parameters(RuleParameters):
        rate: PerHour = parameter(
            "0.5 /h",
            low="0.1 /h",
            high="3 /h",
            mark="assumed",
            source="arrested lymphocytes cross within hours; no figure for the liver was found",
            description="hazard of crossing where one signal calls in full, at one unit of what the wall offers",
        )
        basal: Number = parameter(
            0.2,
            low=0.05,
            high=1,
            mark="assumed",
            source="Guidotti 2015, 10.1016/j.cell.2015.03.021: fenestrae let through without activation",
            description="what a resting wall offers, relative to full VCAM-1 or ICAM-1",
        )
        stay: Hours = parameter(
            "24 h",
            low="6 h",
            high="96 h",
            mark="assumed",
            source="T cells without antigen leave a tissue within a day or two",
            description="mean time until a cell that searches in vain returns to a sinusoid",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        p = self.parameters
        beside = None
        for name, cells in liver.populations.items():
            crossing = cells.species.crosses
            if crossing is None or cells.count == 0:
                continue
            beside = beside_tumor(liver) if beside is None else beside
            searching, resident = np.uint8(cells.number_of(crossing.searching)), cells.species.resident
            returning = liver.dt_hours / max(p.stay, 1e-3) if crossing.returns else 0.0
            cross_wall(
                columns_of(cells.rows, Crossers),
                cells.book,
                cells.code,
                liver.sites,
                liver.endothelium.rows,
                call_of(liver, crossing),
                beside,
                liver.key(f"{self.name}/{name}"),
                liver.step_number,
                np.uint8(cells.number_of(crossing.patrolling)),
                searching,
                np.uint8(cells.number_of(crossing.otherwise)) if crossing.otherwise else searching,
                getattr(cells.rows, crossing.marked or "alive"),
                getattr(cells.rows, resident.column if resident else "alive"),
                p.rate * liver.dt_hours,
                p.basal,
                liver.left("vcam1"),
                liver.left("icam1"),
                returning,
                0.0 if resident else returning,
            )


def call_of(liver: Liver, crossing: Crossing) -> np.ndarray:
    """What calls cells out of the vessels, of all signals that do (float32 lattice, half-maximal at 1)."""
    first, *more = crossing.signals
    level = liver.signal(first)
    for name in more:
        if not liver.fields[name].at_rest:
            level = level + liver.signal(name)
    return level


@jit(counted=False)
def room_behind(sites, row, column, turn):
    """A free place in the interstitium at a sinusoid site, else beside it, looked for from direction `turn` on; (-1, -1) if
    there is none."""
    if sites.population[INTERSTITIUM, row, column] == 0:
        return row, column
    for k in range(8):
        r, c = neighbour(sites, row, column, (turn + k) % 8)
        if r >= 0 and sites.kind[r, c] not in (CENTRAL_VEIN, CAVITY) and sites.population[INTERSTITIUM, r, c] == 0:
            return r, c
    return -1, -1


@jit(counted=False)
def room_in_vessel(sites, row, column, turn):
    """A free place in a perfused sinusoid at a site or beside it, looked for from direction `turn` on; (-1, -1) if there is none."""
    for k in range(9):
        r, c = neighbour(sites, row, column, 8 if k == 0 else (turn + k - 1) % 8)
        if r >= 0 and sites.kind[r, c] == SINUSOID and sites.perfused[r, c] != 0 and sites.population[LUMEN, r, c] == 0:
            return r, c
    return -1, -1


@jit
def cross_wall(
    cells,
    book,
    code,
    sites,
    wall,
    signal,
    beside,
    key,
    step,
    patrolling,
    searching,
    otherwise,
    marked,
    stays,
    hazard,
    basal,
    vcam1_left,
    icam1_left,
    return_hazard,
    return_hazard_of_residents,
):
    """Patrolling cells cross where the wall lets them and tumor or `signal` (float32 lattice, half-maximal at 1) calls, and are then
    `searching`, but for those not `marked` (uint8 [slot]), which are in the state `otherwise`; from both they return where there is a
    sinusoid, those that stay (uint8 [slot]) at a hazard of their own. `beside`: how many tumor cells are touched from each site (uint8
    lattice). Hazards per step."""
    draws = draw_each(key, step, cells.uid[: book[HIGH]], 0)
    for slot in range(draws.size):
        if cells.alive[slot] == 0:
            continue
        row, column = cells.row[slot], cells.column[slot]
        state = cells.state[slot]
        if state == patrolling:
            if not could_happen(draws[slot], hazard * _MOST):
                continue
            level = np.float64(signal[row, column])
            call = level / (1.0 + level) + (1.0 if beside[row, column] != 0 else 0.0)
            if call == 0.0:
                continue
            segment = wall[sites.endothelium[row, column]]
            offer = min(basal, 1.0) + vcam1_left * np.float64(segment.vcam1) + icam1_left * np.float64(segment.icam1)
            if not does_happen(draws[slot], hazard * offer * call):
                continue
            to_layer, to_state = INTERSTITIUM, searching if marked[slot] != 0 else otherwise
            r, c = room_behind(sites, row, column, np.int64(hash64(key, cells.uid[slot], step, 1) % np.uint64(8)))
        elif state in (searching, otherwise):
            if not does_happen(draws[slot], return_hazard if stays[slot] == 0 else return_hazard_of_residents):
                continue
            to_layer, to_state = LUMEN, patrolling
            r, c = room_in_vessel(sites, row, column, np.int64(hash64(key, cells.uid[slot], step, 1) % np.uint64(8)))
        else:
            continue
        if r < 0:
            continue
        lift(sites, cells.layer[slot], row, column)
        place(sites, code, to_layer, r, c, slot)
        cells.row[slot], cells.column[slot] = r, c
        cells.layer[slot], cells.state[slot] = to_layer, to_state
        tally(book, CROSSED if to_layer == INTERSTITIUM else RECROSSED)
