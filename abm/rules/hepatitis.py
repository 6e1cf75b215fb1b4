"""Hepatitis: where PD-1 or CTLA-4 is blocked, activated CD8 T cells take hepatocytes, which grow again within days.

The liver makes T cells tolerant, less so without these checkpoints. Of patients with melanoma 1 % had hepatitis of grade 3 or more under
an antibody to PD-1, 2 % under one to CTLA-4, and 8 % under both (Larkin 2015, 10.1056/NEJMoa1504030). Activated are those outside of
the vessels that have divided or killed: so there are few without a tumor that T cells know, and most hepatitis is seen around it. Which
of them know a hepatocyte is not told apart.
"""

from typing import Annotated, NamedTuple

import numpy as np

from ..kernels.jit import jit
from ..kernels.random import happens
from ..kernels.sites import neighbour
from ..kernels.tables import columns_of
from ..liver import Liver
from ..target import Target
from ..tissue.sites import INTERSTITIUM, PARENCHYMA, TISSUE
from ..units import Fraction, Hours, PerHour, Positive, parameter
from .rule import Rule, RuleParameters

_LARKIN = "Larkin 2015, 10.1056/NEJMoa1504030, by a review in CMAJ"


class Activated(NamedTuple):
    """The columns that tell which T cells are activated, and where they stand [slot]."""

    alive: np.ndarray
    layer: np.ndarray
    row: np.ndarray
    column: np.ndarray
    uid: np.ndarray
    kills: np.ndarray
    divisions: np.ndarray


class Hepatitis(Rule):
    name = "hepatitis"
    reads = ("cd8", "hepatitis")
    writes = ("hepatocytes", "hepatitis")
    inhibited = ("rate",)
    inhibitor = Target(
        "corticosteroid (prednisolone)", "general: hepatitis of checkpoint antibodies is treated with it", "assumed"
    )

    class Parameters(RuleParameters):
        rate: PerHour = parameter(
            "0 /h",
            low="0 /h",
            high="0.03 /h",
            mark="assumed",
            source="none by default. 0.003 /h where it is on: a T cell kills 4 cells a day (Weigelin 2021, 10.1038/s41467-021-25282-3), of "
            "about six hepatocytes that it touches, and one in ten knows hepatocytes",
            description="loss of a hepatocyte for each activated CD8 T cell that touches it, where both checkpoints are blocked in full",
        )
        by_pd1: Fraction = parameter(
            0.125,
            low=0.05,
            high=0.3,
            mark="derived",
            source=f"{_LARKIN}: 1 % of patients in place of 8 %",
            description="share of that rate where PD-1 alone is blocked in full, or PD-L1",
        )
        by_ctla4: Fraction = parameter(
            0.25,
            low=0.1,
            high=0.5,
            mark="derived",
            source=f"{_LARKIN}: 2 % of patients in place of 8 %",
            description="share of that rate where CTLA-4 alone is blocked in full",
        )
        regrowth: Annotated[Hours, Positive] = parameter(
            "10 d",
            low="5 d",
            high="30 d",
            mark="assumed",
            source="hepatocytes divide within days where some are lost",
            description="mean time until a hepatocyte has grown again",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        p, lost = self.parameters, liver.hepatitis
        rate = p.rate * self.intolerance(liver)
        if rate == 0.0 and not lost.any():
            return
        key, step = liver.key(self.name), liver.step_number
        regrow(liver.sites, liver.hepatocytes, liver.ablated, lost, key, step, liver.dt_hours / p.regrowth)
        if rate > 0.0:
            cells = columns_of(liver.cd8.used, Activated)
            take(cells, liver.sites, liver.hepatocytes, lost, key, step, liver.dt_hours, rate)

    def intolerance(self, liver: Liver) -> float:
        """How far the blockade of checkpoints takes the tolerance of the liver: 0 without, 1 of both in full."""
        p = self.parameters
        pd1, ctla4 = 1.0 - liver.left("pd1") * liver.left("pdl1"), 1.0 - liver.left("ctla4")
        return p.by_pd1 * pd1 + p.by_ctla4 * ctla4 + (1.0 - p.by_pd1 - p.by_ctla4) * pd1 * ctla4


@jit
def regrow(sites, hepatocytes, ablated, lost, key, step, hazard):
    """Hepatocytes that were `lost` (float32 lattice: 1) grow again with the probability 1 - exp(-hazard); not where another cell has
    taken the place, or the tissue is dead or gone: there they are lost for good, and not counted any more."""
    for place in np.flatnonzero(lost):
        row, column = place // lost.shape[1], place % lost.shape[1]
        dead = sites.kind[row, column] != PARENCHYMA or ablated[row, column] != 0
        if dead or sites.population[TISSUE, row, column] != 0:
            lost[row, column] = np.float32(0.0)
        elif happens(key, step, np.uint64(place), 0, hazard, 1.0):
            hepatocytes[row, column], lost[row, column] = 1, np.float32(0.0)


@jit
def take(cells, sites, hepatocytes, lost, key, step, hours, rate):
    """Activated T cells in the interstitium take each hepatocyte at their site and the eight around at the `rate` (1/h)."""
    for slot in range(cells.alive.size):
        if cells.alive[slot] == 0 or cells.layer[slot] != INTERSTITIUM:
            continue
        if cells.kills[slot] == 0 and cells.divisions[slot] == 0:
            continue
        for k in range(9):
            row, column = neighbour(sites, cells.row[slot], cells.column[slot], k)
            if row < 0 or sites.kind[row, column] != PARENCHYMA or hepatocytes[row, column] == 0:
                continue
            if happens(key, step, cells.uid[slot], k + 1, rate, hours):
                hepatocytes[row, column], lost[row, column] = 0, np.float32(1.0)
