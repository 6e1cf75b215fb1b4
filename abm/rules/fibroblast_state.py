"""Fibroblast state: TGF-beta makes myofibroblasts of activated stellate cells, which are inflammatory at first; TNF-alpha keeps them so.

Myofibroblasts beside a tumor lay the matrix, inflammatory fibroblasts farther off secrete IL-6 and chemokines (Öhlund 2017,
10.1084/jem.20162024); TGF-beta turns these into those against IL-1 (Biffi 2019, 10.1158/2159-8290.CD-18-0710), for which TNF-alpha stands
here. Matrix (`stellate_activation`), EMT (`emt`), IL-6 of the blood and the chemokines read how inflammatory each cell is; where nothing
turns, all are myofibroblasts.
"""

import numpy as np

from ..cells import stellate
from ..kernels.jit import jit
from ..kernels.sites import neighbour
from ..liver import Liver
from ..target import Target
from ..units import PerHour, parameter
from .rule import Rule, RuleParameters


class FibroblastState(Rule):
    name = "fibroblast_state"
    reads = ("tgf_beta", "tnf")
    writes = ("stellate",)
    inhibited = ("rate",)
    inhibitor = Target("inhibitor of the TGF-beta receptor", "Biffi 2019, 10.1158/2159-8290.CD-18-0710", "unverified")

    class Parameters(RuleParameters):
        rate: PerHour = parameter(
            "0 /h",
            low="0 /h",
            high="0.042 /h",
            mark="assumed",
            source="none by default; 0.014 /h, in 72 h (24 to 120 h), is a guess",
            description="rate at which an activated stellate cell follows TGF-beta and TNF-alpha",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        rate, cells = self.parameters.rate, liver.stellate.plain
        if rate == 0.0 or liver.stellate.count == 0:
            return
        here = cells["row"], cells["column"]
        tgf_beta, tnf = (liver.signal(name)[here].astype(np.float64) for name in ("tgf_beta", "tnf"))
        aim = 1.0 - tgf_beta / (1.0 + tgf_beta) / (1.0 + tnf)
        turned = aim + (cells["inflammatory"] - aim) * np.exp(-rate * liver.dt_hours)
        cells["inflammatory"] = np.where(cells["state"] == stellate.ACTIVATED, turned, 1.0)


NOWHERE = np.zeros((0, 0), np.float32)
"""Where there are no inflammatory stellate cells."""


def beside_inflammatory(liver: Liver) -> np.ndarray:
    """How inflammatory the most inflammatory activated stellate cell is that is touched from each site (float32 lattice); empty where
    there are none."""
    if not stellate.inflammation(liver.stellate).any():
        return NOWHERE
    beside = np.zeros(liver.shape, np.float32)
    mark_beside(beside, liver.stellate.used, liver.sites)
    return beside


@jit(counted=False)
def mark_beside(beside, stellate_cells, sites):
    """Raise `beside` at every site that touches an activated stellate cell to how inflammatory that is."""
    for i in range(stellate_cells.size):
        cell = stellate_cells[i]
        if cell.alive == 0 or cell.state != stellate.ACTIVATED:
            continue
        for k in range(9):
            r, c = neighbour(sites, cell.row, cell.column, k)
            if r >= 0:
                beside[r, c] = max(beside[r, c], cell.inflammatory)
