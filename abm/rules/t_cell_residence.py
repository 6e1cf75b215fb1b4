"""T-cell residence: engaged CD8 T cells become resident memory cells, which stay in the tissue and live long.

Many CD8 T cells of tumors are of this kind: they know the tumor, and kill once PD-1 is blocked (Damei 2023,
10.3389/fimmu.2023.1205984). In human liver such cells stay for years (Cells 2020, 9:2457, PMC7696520). They search the tissue as
others do (`migration`), kill and divide at a target, and are exhausted by PD-L1; macrophages mostly spare them
(`t_cell_elimination`). So what is left of a tumor meets them, though it is too little to call T cells out of the blood.
"""

import numpy as np

from ..cells import cd8
from ..kernels.random import uniform_each
from ..liver import Liver
from ..tissue.sites import INTERSTITIUM
from ..units import PerHour, parameter
from .rule import Rule, RuleParameters


class TCellResidence(Rule):
    name = "t_cell_residence"
    reads = ()
    writes = ("cd8",)

    class Parameters(RuleParameters):
        rate: PerHour = parameter(
            "0 /d",
            low="0 /d",
            high="0.3 /d",
            mark="assumed",
            source="none by default; 0.02 /d where it is on, so that a third to a half of those that know a growing tumor are resident",
            description="rate at which a CD8 T cell that is engaged in the tissue becomes resident",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        cells = liver.cd8
        if cells.count == 0 or self.parameters.rate == 0.0:
            return
        plain = cells.plain
        slots = np.flatnonzero(
            cells.in_state(cd8.ENGAGED) & (plain["layer"] == INTERSTITIUM) & (plain["resident"] == 0)
        )
        draws = uniform_each(liver.key(self.name), liver.step_number, plain["uid"][slots], 0)
        plain["resident"][slots[draws < -np.expm1(-self.parameters.rate * liver.dt_hours)]] = 1
