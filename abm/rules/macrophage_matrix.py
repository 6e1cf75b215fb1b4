"""Macrophage matrix: M2 macrophages build matrix where they stand.

Macrophages of colorectal tumors lay and cross-link collagen (Afik 2016, 10.1084/jem.20151193; Yang 2025, 10.3892/or.2025.8963,
ref 49). It supports tumor cells and hinders T cells as that of stellate cells does, and decays with it (`stellate_activation`).
"""

import numpy as np

from ..cells import macrophage
from ..kernels.jit import jit
from ..liver import Liver
from ..target import Target
from ..tissue.sites import CENTRAL_VEIN, PORTAL_TRACT
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
            "0.01 /h",
            low="0.002 /h",
            high="0.03 /h",
            mark="assumed",
            source="a third of what an activated stellate cell lays at its site: Afik 2016, 10.1084/jem.20151193 (direction)",
            description="rate at which a wholly M2 macrophage fills its site with matrix",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        if liver.macrophage.count:
            lay(liver.macrophage.used, liver.sites, liver.ecm, self.parameters.rate * liver.dt_hours)


@jit(counted=False)
def lay(cells, sites, ecm, hazard):
    """Every M2 macrophage fills a part of what is missing to 1 in the matrix (float32 lattice) at its site."""
    for i in range(cells.size):
        cell = cells[i]
        if cell.alive == 0 or cell.state != macrophage.M2:
            continue
        kind = sites.kind[cell.row, cell.column]
        if kind != PORTAL_TRACT and kind != CENTRAL_VEIN:
            laid = np.float32(-np.expm1(-hazard * np.float64(cell.polarisation)))
            ecm[cell.row, cell.column] += laid * (np.float32(1.0) - ecm[cell.row, cell.column])
