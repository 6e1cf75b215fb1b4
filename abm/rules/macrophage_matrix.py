"""Macrophage matrix: M2 macrophages build matrix around them.

Macrophages of colorectal tumors lay and cross-link collagen (Afik 2016, 10.1084/jem.20151193; Yang 2025, 10.3892/or.2025.8963,
ref 49). It supports tumor cells and hinders T cells as that of stellate cells does, and decays with it (`stellate_activation`).
"""

import numpy as np

from ..cells import macrophage
from ..kernels.jit import jit
from ..kernels.sites import neighbour
from ..liver import Liver
from ..target import Target
from ..tissue.sites import PARENCHYMA, SINUSOID
from ..units import PerHour, parameter
from .rule import Rule, RuleParameters


class MacrophageMatrix(Rule):
    name = "macrophage_matrix"
    reads = ("macrophage",)
    writes = ("ecm",)
    inhibited = ("rate",)
    inhibitor = Target("inhibitor of lysyl oxidases", "general: collagen that is not cross-linked is lost", "assumed")

    class Parameters(RuleParameters):
        rate: PerHour = parameter(
            "0.03 /h",
            low="0.005 /h",
            high="0.1 /h",
            mark="assumed",
            source="as an activated stellate cell; Afik 2016, 10.1084/jem.20151193: macrophages build collagen of colorectal tumors",
            description="rate at which a wholly M2 macrophage fills its site with matrix, and those around it at half of it",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        if liver.macrophage.count:
            lay(liver.macrophage.used, liver.sites, liver.ecm, self.parameters.rate * liver.dt_hours)


@jit(counted=False)
def lay(cells, sites, ecm, hazard):
    """Every M2 macrophage fills a part of what is missing to 1 in the matrix (float32 lattice) at its site, half of it around."""
    for i in range(cells.size):
        cell = cells[i]
        if cell.alive == 0 or cell.state != macrophage.M2:
            continue
        laid = np.float32(-np.expm1(-hazard * np.float64(cell.polarisation)))
        half = np.float32(-np.expm1(-0.5 * hazard * np.float64(cell.polarisation)))
        for k in range(9):
            r, c = neighbour(sites, cell.row, cell.column, k)
            if r >= 0 and sites.kind[r, c] in (SINUSOID, PARENCHYMA):
                ecm[r, c] += (laid if k == 8 else half) * (np.float32(1.0) - ecm[r, c])
