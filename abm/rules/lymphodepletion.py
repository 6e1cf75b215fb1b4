"""Lymphodepletion: cytotoxic drugs kill the CD8 T cells that divide.

A week after a dose of platinum hardly any T cell of the blood divides, and soon after that more do than before (McCoy 2012,
10.1038/bjc.2012.362). Here those are hit that divide in the tissue (`t_cell_division`), by the hazards of the drugs (`drug_killing`):
platinum hits all of them, what is built into new DNA those that copy theirs. Resting T cells, and those in the blood, are spared.
"""

import numpy as np

from ..kernels.flows import DIED
from ..kernels.random import uniform_each
from ..liver import Liver
from ..units import Fraction, Number, parameter
from .drug_killing import hazards_at
from .rule import Rule, RuleParameters
from .t_cell_division import dividing


class Lymphodepletion(Rule):
    name = "lymphodepletion"
    reads = ("drugs",)
    writes = ("cd8",)

    class Parameters(RuleParameters):
        sensitivity: Number = parameter(
            3.0,
            low=1,
            high=10,
            mark="derived",
            source="McCoy 2012, 10.1038/bjc.2012.362: dividing T cells are almost entirely gone 8 d after platinum and another drug. "
            "A cycle of mFOLFOX6 hits a cell 0.29 times by platinum and 1.29 times by 5-FU; thrice the former and half of the latter "
            "leave exp(-2.8) = 6 %",
            description="how readily a T cell that divides is hit, relative to a tumor cell",
        )
        synthesis: Fraction = parameter(
            0.5,
            low=0.3,
            high=0.7,
            mark="assumed",
            source="6 of 12 h; that of tumor cells takes 10 to 24 h",
            description="share of its cycle in which a T cell copies its DNA",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        cells, division = liver.cd8, liver.rules.get("t_cell_division")
        if not liver.drugs.drugs or cells.count == 0 or division is None or not liver.drugs.killing():
            return
        slots = np.flatnonzero(dividing(cells, division.parameters.most))
        rows = cells.plain[slots]
        cycling, synthesis = hazards_at(liver, rows["row"], rows["column"], self.parameters.sensitivity)
        hazard = (
            (cycling + self.parameters.synthesis * synthesis)
            * (1.0 - rows["exhaustion"].astype(float))
            * liver.dt_hours
        )
        dies = uniform_each(liver.key(self.name), liver.step_number, rows["uid"], 0) < -np.expm1(-hazard)
        cells.remove(liver.sites, slots[dies], DIED)
