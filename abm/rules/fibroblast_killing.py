"""Fibroblast killing: drugs against FAP kill activated stellate cells.

Fibroblasts of tumors carry fibroblast activation protein (FAP) and resting stellate cells do not, so that antibodies with a toxin,
vaccines and CAR-T cells against it reach the former alone (Yang 2025, 10.3892/or.2025.8963, section 4). Without them nobody lays new
matrix, which keeps drugs and T cells out, and nobody secretes what they give to tumor cells. Which drug does it is an act of the drug, by
what reaches the cell (`drug_penetration`). Those that die do not come back; others may be activated.
"""

import numpy as np

from ..cells.stellate import ACTIVATED
from ..kernels.flows import DIED
from ..kernels.random import uniform_each
from ..liver import Liver
from ..pharmacology.drug import Removes
from .rule import Rule


class FibroblastKilling(Rule):
    name = "fibroblast_killing"
    reads = ("drugs",)
    writes = ("stellate",)

    def apply(self, liver: Liver) -> None:
        removing, stellate = liver.drugs.acting_by(Removes), liver.stellate
        if not removing or stellate.count == 0:
            return
        cells = stellate.plain
        hazard = np.zeros(cells.size)
        for each in removing:
            level = liver.drugs.level_at(each, cells["row"], cells["column"])
            hazard += each.act.rate * each.act.at(level)
        draws = uniform_each(liver.key(self.name), liver.step_number, cells["uid"], 0)
        is_activated = (cells["alive"] != 0) & (cells["state"] == ACTIVATED)
        dying = np.flatnonzero(is_activated & (draws < -np.expm1(-hazard * liver.dt_hours)))
        stellate.remove(liver.sites, dying, DIED)
