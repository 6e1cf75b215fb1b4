"""T-cell elimination: macrophages that came as monocytes kill the activated CD8 T cells that touch them, by FasL.

So metastases of the liver take T cells from the whole body, and immunotherapy fails with them (Yu 2021, 10.1038/s41591-020-1131-x).
Whether they have turned to M2 does not matter: where T cells are engaged, IFN-gamma keeps macrophages from it. What the liver removes
is lost to the blood only in so far as the T cells die here. Resident memory cells (`t_cell_residence`) are mostly spared: they stay
for years in livers, which are full of macrophages.
"""

from typing import NamedTuple

import numpy as np

from ..cells import cd8
from ..cells.macrophage import MACROPHAGE
from ..kernels.flows import KILLED
from ..kernels.jit import jit
from ..kernels.random import could_happen, does_happen, draw_each
from ..kernels.sites import count_touching, lift
from ..kernels.tables import HIGH, columns_of, release
from ..liver import Liver
from ..target import Target
from ..tissue.sites import INTERSTITIUM
from ..units import Fraction, PerHour, parameter
from .rule import Rule, RuleParameters


class Eliminated(NamedTuple):
    """The columns of T cells that may die [slot]."""

    alive: np.ndarray
    state: np.ndarray
    layer: np.ndarray
    row: np.ndarray
    column: np.ndarray
    uid: np.ndarray
    resident: np.ndarray


class TCellElimination(Rule):
    name = "t_cell_elimination"
    reads = ("macrophage",)
    writes = ("cd8",)
    inhibited = ("rate",)
    inhibitor = Target("Fas-Fc (asunercept)", "general: it binds FasL", "assumed")

    class Parameters(RuleParameters):
        rate: PerHour = parameter(
            "0.02 /h",
            low="0.01 /h",
            high="0.2 /h",
            mark="assumed",
            source="Yu 2021, 10.1038/s41591-020-1131-x (direction): activated CD8 T cells undergo apoptosis after they met FasL+ "
            "macrophages derived from monocytes",
            description="death of a CD8 T cell that is engaged or has just killed, for each macrophage in the tissue that it touches",
        )
        of_residents: Fraction = parameter(
            0.1,
            low=0,
            high=1,
            mark="assumed",
            source="at the full rate resident memory cells would be gone within days, but in human liver they stay for years (Cells 2020, "
            "9:2457, PMC7696520)",
            description="how readily resident memory cells die of it, relative to others",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        cells = liver.cd8
        if cells.count == 0 or liver.macrophage.count == 0:
            return
        eliminate(
            columns_of(cells.rows, Eliminated),
            cells.book,
            liver.sites,
            liver.key(self.name),
            liver.step_number,
            self.parameters.rate * liver.left("fasl") * liver.dt_hours,
            self.parameters.of_residents,
        )


@jit
def eliminate(cells, book, sites, key, step, hazard, of_residents):
    """Each activated T cell dies with the probability 1 - exp(-n*hazard) when it touches n macrophages outside of the vessels, by its
    number 0; a resident one at the share `of_residents` of that hazard."""
    dying = draw_each(key, step, cells.uid[: book[HIGH]], 0)
    for slot in range(dying.size):
        if cells.alive[slot] == 0 or (cells.state[slot] != cd8.ENGAGED and cells.state[slot] != cd8.HANDLING):
            continue
        if could_happen(dying[slot], 9.0 * hazard):
            touched = count_touching(sites, MACROPHAGE, INTERSTITIUM, cells.row[slot], cells.column[slot])
            share = of_residents if cells.resident[slot] != 0 else 1.0
            if touched != 0 and does_happen(dying[slot], touched * hazard * share):
                lift(sites, cells.layer[slot], cells.row[slot], cells.column[slot])
                release(cells.alive, book, slot, KILLED)
