"""Immune suppression: suppressive cells nearby, IL-10, and lack of glutamine keep T cells and NK cells from killing.

Myeloid-derived suppressor cells, regulatory T cells and N2 neutrophils hold back what touches them and what is near, several
together more than one (Yang 2025, 10.3892/or.2025.8963, refs 45, 74, 83); IL-10 of macrophages does so from farther off (ref 53), and
so do tumor cells that take up the glutamine around them (ref 106).
Who suppresses, a population declares; what is left of killing, `t_cell_killing` and `nk_killing` read off the layer `suppression`.
"""

from typing import Annotated, NamedTuple

import numpy as np

from ..fields.multigrid import is_zero
from ..kernels.jit import jit
from ..kernels.sites import add_around, reach_within, shifted
from ..kernels.tables import columns_of
from ..liver import Liver
from ..units import Fraction, Micrometers, Millimolar, Positive, parameter, value_at
from .rule import Rule, RuleParameters


class Suppressors(NamedTuple):
    """The columns of cells that suppress [slot]."""

    alive: np.ndarray
    state: np.ndarray
    row: np.ndarray
    column: np.ndarray


class ImmuneSuppression(Rule):
    name = "immune_suppression"
    reads = ("suppressor", "neutrophil", "il10", "glutamine")
    writes = ("suppression",)

    class Parameters(RuleParameters):
        radius: Micrometers = parameter(
            "20 um",
            low="10 um",
            high="50 um",
            mark="assumed",
            source="by contact, arginase and adenosine: one or two cells away",
            description="how near a suppressive cell takes from lymphocytes what they kill",
        )
        il10_inhibition: Fraction = parameter(
            0.3,
            low=0.2,
            high=0.9,
            mark="assumed",
            source="Yang 2025, 10.3892/or.2025.8963, ref 53 (direction); on top of what the cells that secrete it take",
            description="share of the killing of T cells and NK cells that saturating IL-10 takes",
        )
        glutamine_half: Annotated[Millimolar, Positive] = parameter(
            "0.2 mM",
            low="0.1 mM",
            high="0.4 mM",
            mark="assumed",
            source="Yang 2025, 10.3892/or.2025.8963, ref 106 (direction)",
            description="glutamine at which T cells and NK cells kill half as much as where there is plenty; in normal blood as usual",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        if not is_zero(liver.suppression):
            liver.suppression[:] = 0.0
        if not liver.fields["il10"].at_rest:
            level = liver.signal("il10")
            liver.suppression[:] = np.float32(self.parameters.il10_inhibition) * level / (1 + level)
        glutamine = liver.fields["glutamine"]
        if not glutamine.at_rest:
            half, plenty = np.float32(self.parameters.glutamine_half), np.float32(glutamine.most)
            liver.suppression[:] += lost_to_starvation(glutamine.values, plenty, half) * (1 - liver.suppression)
        for cells in liver.populations.values():
            species = cells.species
            taken = value_at(liver.config, species.suppresses) if species.suppresses and cells.count else 0.0
            if taken > 0.0:
                states = sum(1 << cells.number_of(state) for state in species.suppressing or species.state_names)
                radius_um = self.parameters.radius
                if species.suppresses_within:
                    radius_um = value_at(liver.config, species.suppresses_within)
                suppress(
                    columns_of(cells.rows, Suppressors),
                    states,
                    np.float32(1.0 - min(taken, 1.0)),
                    liver.suppression,
                    radius_um / liver.spacing_um,
                    liver.periodic,
                )


def lost_to_starvation(level: np.ndarray, rest: np.float32, half: np.float32) -> np.ndarray:
    """Share of the killing that is lost at these levels of glutamine (float32), of that at the level `rest`, where killing goes with
    x / (half + x)."""
    return half * (rest - level) / (rest * (half + level))


@jit(counted=False)
def suppress(cells, states, left, suppression, radius, periodic):
    """Every living cell in one of the `states` (a bit for each) leaves the share `left` (float32) of the killing that is left so far
    within `radius` (in sites), of which 1 - `suppression` (float32 lattice) is."""
    rows, columns = suppression.shape
    top, bottom = reach_within(np.int64(radius), rows, periodic)
    from_left, to_right = reach_within(np.int64(radius), columns, periodic)
    one = np.float32(1.0)
    for slot in range(cells.alive.size):
        if cells.alive[slot] == 0 or (states >> np.int64(cells.state[slot])) & 1 == 0:
            continue
        for dr in range(top, bottom + 1):
            r = shifted(cells.row[slot], dr, rows, periodic)
            if r < 0:
                continue
            for dc in range(from_left, to_right + 1):
                if dr * dr + dc * dc > radius * radius:
                    continue
                c = shifted(cells.column[slot], dc, columns, periodic)
                if c >= 0:
                    suppression[r, c] = one - (one - suppression[r, c]) * left


NO_GUARDS = np.zeros((0, 0), np.uint8)
"""Where there are no suppressor cells."""


def guards_of(liver: Liver) -> np.ndarray:
    """How many suppressor cells are touched from each site (uint8 lattice); empty where there are none."""
    cells = liver.suppressor
    if cells.count == 0:
        return NO_GUARDS
    guards = np.zeros(liver.shape, np.uint8)
    count_guards(cells.used, guards, liver.periodic)
    return guards


@jit(counted=False)
def count_guards(cells, guards, periodic):
    """Count every living suppressor cell at all sites that touch it."""
    for i in range(cells.size):
        if cells[i].alive != 0:
            add_around(guards, cells[i].row, cells[i].column, periodic)
