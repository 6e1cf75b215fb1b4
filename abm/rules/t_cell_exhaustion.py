"""T-cell exhaustion: PD-L1 on the tumor cells that they are engaged with, and on M2 macrophages beside them, wears CD8 T cells out.

Cells that meet their antigen for days and weeks lose their function, those that are not yet fixed in that regain it
when PD-1 is blocked (Yang 2025, 10.3892/or.2025.8963, refs 25, 30).
"""

import numpy as np

from ..cells import cd8, macrophage
from ..cells.macrophage import MACROPHAGE
from ..cells.tumor import TUMOR
from ..kernels.contact import NOBODY, still_touched
from ..kernels.jit import jit
from ..kernels.sites import neighbour
from ..liver import Liver
from ..target import Target
from ..tissue.sites import INTERSTITIUM
from ..units import Fraction, Number, PerHour, parameter
from .rule import Rule, RuleParameters


class TCellExhaustion(Rule):
    name = "t_cell_exhaustion"
    reads = ("tumor", "macrophage")
    writes = ("cd8",)
    inhibited = ("rate",)
    inhibitor = Target("inhibitor of CHSY1", "Yang 2025, 10.3892/or.2025.8963, ref 30", "unverified")

    class Parameters(RuleParameters):
        rate: PerHour = parameter(
            "0.2 /d",
            low="0.07 /d",
            high="0.5 /d",
            mark="unverified",
            source="exhaustion sets in within days to weeks of contact: 5 d",
            description="rate of exhaustion in contact with saturating PD-L1",
        )
        macrophage_pdl1: Number = parameter(
            0.5,
            low=0,
            high=3,
            mark="assumed",
            source="macrophages of metastases show PD-L1 (Yang 2025, 10.3892/or.2025.8963, ref 30; direction)",
            description="PD-L1 of an M2 macrophage beside the T cell, in units of that of the reference line",
        )
        recovery: PerHour = parameter(
            "0.3 /d",
            low="0.1 /d",
            high="1 /d",
            mark="assumed",
            source="responses to PD-1 blockade within a week or two",
            description="rate at which exhaustion falls while PD-1 is blocked in full",
        )
        fixed_above: Fraction = parameter(
            0.7,
            low=0.5,
            high=0.9,
            mark="assumed",
            source="plastic before fixed dysfunction",
            description="exhaustion from which a cell does not recover",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        p = self.parameters
        if liver.cd8.count == 0:
            return
        left = liver.left("pd1") * liver.left("pdl1")
        wear_out(
            liver.cd8.used,
            liver.tumor.rows,
            liver.macrophage.rows.state,
            liver.sites,
            p.rate * left * liver.dt_hours,
            liver.config.cells.cd8.half_pdl1,
            p.macrophage_pdl1 if liver.macrophage.count else 0.0,
            p.recovery * (1.0 - liver.left("pd1")) * liver.dt_hours,
            p.fixed_above,
        )


@jit(counted=False)
def touching_m2(sites, states, row, column):
    """How many M2 macrophages are touched from a site; `states`: of all macrophages [slot]."""
    found = 0
    for k in range(9):
        r, c = neighbour(sites, row, column, k)
        if r >= 0 and sites.population[INTERSTITIUM, r, c] == MACROPHAGE:
            found += states[sites.occupant[INTERSTITIUM, r, c]] == macrophage.M2
    return found


@jit(counted=False)
def wear_out(cells, tumor, macrophages, sites, hazard, half_pdl1, macrophage_pdl1, recovery, fixed_above):
    """Exhaustion relaxes towards 1 in contact with PD-L1, and towards 0 while PD-1 is blocked, unless it is fixed (hazards per step).
    `macrophages`: their states [slot]."""
    for i in range(cells.size):
        cell = cells[i]
        if cell.alive == 0:
            continue
        exhaustion = np.float64(cell.exhaustion)
        if cell.state == cd8.ENGAGED and hazard > 0.0:
            prey = still_touched(sites, TUMOR, tumor.uid, cell.row, cell.column, cell.target)
            if prey != NOBODY:
                pdl1 = np.float64(tumor[prey].pdl1)
                if macrophage_pdl1 > 0.0:
                    pdl1 += macrophage_pdl1 * touching_m2(sites, macrophages, cell.row, cell.column)
                exhaustion = 1.0 - (1.0 - exhaustion) * np.exp(-hazard * pdl1 / (pdl1 + half_pdl1))
        if recovery > 0.0 and exhaustion < fixed_above:
            exhaustion *= np.exp(-recovery)
        cell.exhaustion = np.float32(exhaustion)
