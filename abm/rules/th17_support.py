"""Th17 support: Th17 cells drive the tumor cells that they touch towards a mesenchymal state, and call neutrophils.

By TWEAK, which is enriched where colorectal cancer spreads (Yang 2025, 10.3892/or.2025.8963, ref 35), and by IL-17, under which what they
touch secretes CXCL1 (refs 34, 36, 37). That IL-17 and IL-22 also let tumor cells grow is left out.
"""

import numpy as np

from ..cells import cd4
from ..cells.tumor import TUMOR
from ..kernels.jit import jit
from ..kernels.sites import neighbour
from ..liver import Liver
from ..target import Target
from ..tissue.sites import TISSUE
from ..units import PerHour, parameter
from .rule import Rule, RuleParameters


class Th17Support(Rule):
    name = "th17_support"
    reads = ("cd4", "tumor")
    writes = ("cd4", "tumor")
    inhibited = ("tweak",)
    inhibitor = Target(
        "inhibitor of Fn14, the receptor of TWEAK", "Yang 2025, 10.3892/or.2025.8963, ref 35", "unverified"
    )

    class Parameters(RuleParameters):
        tweak: PerHour = parameter(
            "0.02 /h",
            low="0.005 /h",
            high="0.05 /h",
            mark="assumed",
            source="Yang 2025, 10.3892/or.2025.8963, ref 35 (direction)",
            description="rate towards mesenchymal of a tumor cell that a Th17 cell touches, for each that does",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        if liver.cd4.in_state(cd4.TH17).any():
            hazard = self.parameters.tweak * liver.left("tweak") * liver.dt_hours
            support(liver.cd4.used, liver.tumor.rows, liver.sites, np.exp(-hazard), np.float32(liver.left("il17")))


@jit(counted=False)
def support(cells, tumor, sites, left, il17):
    """Each Th17 cell leaves `left` of what is missing to the mesenchymal state in every tumor cell that it touches in the tissue; its
    IL-17 acts as far as it is not blocked (`il17`) while there is one."""
    for i in range(cells.size):
        cell = cells[i]
        if cell.alive == 0 or cell.state != cd4.TH17:
            continue
        cell.il17 = np.float32(0.0)
        for k in range(9):
            r, c = neighbour(sites, cell.row, cell.column, k)
            if r >= 0 and sites.population[TISSUE, r, c] == TUMOR:
                prey = tumor[sites.occupant[TISSUE, r, c]]
                prey.emt = np.float32(1.0 - (1.0 - np.float64(prey.emt)) * left)
                cell.il17 = il17
