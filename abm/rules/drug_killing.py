"""Drug killing: cytotoxic drugs hit tumor cells that cycle, and these die a day or two later (`treatment_damage`).

A drug that is built into new DNA (5-FU, SN-38) hits cells while they copy theirs, platinum any cell that cycles (Longley 2003,
10.1038/nrc1074; Kelland 2007, 10.1038/nrc2167). Resting cells are spared:
dormant ones, and those that wait for room. As copying takes every tumor the same time, those that cycle slowly are hit less.
Stem-like cells are shielded, and lineages differ in what they tolerate (Kreso 2013, 10.1126/science.1227670): the first doses take the
sensitive ones. A drug whose damage is told by mismatch repair hits cells less that have lost it (`spared` of the drug). What is hit divides
no more, and dies with a delay, so that a nodule shrinks for days after a dose. Several drugs add up their hazards, each with what reaches
the cell (`drug_penetration`).
"""

from collections.abc import Collection
from typing import Annotated

import numpy as np
from pydantic import Field

from ..cells.genotype import genes_of
from ..cells.line import stemness_of
from ..cells.tumor import ADHERENT, EXTRAVASATED
from ..kernels.jit import jit
from ..kernels.random import happens, uniform
from ..liver import Liver
from ..units import Fraction, Hours, Number, Positive, parameter
from .growth_signalling import restraint
from .rule import Rule, RuleParameters


class DrugKilling(Rule):
    name = "drug_killing"
    reads = ("tumor", "drugs")
    writes = ("tumor",)

    class Parameters(RuleParameters):
        sensitivity: Number = parameter(
            1.0,
            low=0.1,
            high=10,
            mark="assumed",
            source="1 is the median tumor; patients differ",
            description="how readily the cells of this tumor are hit, relative to those of others",
        )
        synthesis_begins: Fraction = parameter(
            0.4,
            low=0.3,
            high=0.5,
            mark="assumed",
            source="G1 takes about the first two fifths of a cycle",
            description="progress of the cycle at which a cell begins to copy its DNA",
        )
        synthesis_time: Annotated[Hours, Positive] = parameter(
            "14 h",
            low="10 h",
            high="24 h",
            mark="checked",
            source="between 10 h, the median of many tissues and tumors and nearly the same in all (Rew and Wilson 2000, Eur J Surg Oncol, "
            "PMID 10873364), and 14.0 to 23.9 h, mean 18.7, in eight colorectal carcinomas (Yousuf 1991, J Surg Res 51:457)",
            description="how long a cell copies its DNA, however slowly it cycles; at most until it divides",
        )
        shield: Fraction = parameter(
            0.7,
            low=0,
            high=1,
            mark="assumed",
            source="Yang 2025, 10.3892/or.2025.8963: stem-like cells resist chemotherapy (direction)",
            description="share of the hazard that full stemness takes",
        )
        delay: Annotated[Hours, Positive] = parameter(
            "36 h",
            low="12 h",
            high="72 h",
            mark="assumed",
            source="apoptosis and mitotic death after damage to DNA take one to three days",
            description="mean time from the hit to the death of a cell",
        )
        delay_spread: Annotated[Number, Field(ge=0, lt=1)] = parameter(
            0.66,
            low=0.3,
            high=0.9,
            mark="assumed",
            source="from 12 to 60 h",
            description="half-width of the uniform spread of that time, as a share of it",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        if liver.tumor.count and liver.drugs.killing():
            cells = liver.tumor.used
            genes = genes_of(liver.config)
            strike(
                liver,
                liver.key(self.name),
                *hazards_at(liver, cells.row, cells.column, self.parameters.sensitivity, genes),
            )


def strike(liver: Liver, key: np.uint64, cycling: np.ndarray, synthesis: np.ndarray) -> None:
    """Hit tumor cells that cycle, and besides those that copy their DNA, at these rates (1/h, float64 by slot)."""
    p = liver.config.rules.drug_killing
    hit(
        liver.tumor.table,
        key,
        liver.step_number,
        liver.dt_hours,
        cycling,
        synthesis,
        p.synthesis_begins,
        progress_within(liver, p.synthesis_time),
        p.shield,
        liver.config.cells.tumor.stemness,
        p.delay,
        p.delay_spread,
    )


def hazards_at(
    liver: Liver, row: np.ndarray, column: np.ndarray, sensitivity: float, genes: Collection[str] = ()
) -> np.ndarray:
    """The rates (1/h) at which all drugs together hit cells of this sensitivity, with these genes mutated, at sites (two integer
    arrays): float64 [2, sites], of those that cycle, and how much more of those that copy their DNA."""
    hazards = np.zeros((2, row.size))
    for acting, times in liver.drugs.killing():
        level = liver.drugs.level_at(acting, row, column)
        rate = sensitivity * acting.act.rate * times * acting.act.falls_on(genes)
        hazards[int(acting.act.target == "synthesis")] += rate * acting.act.at(level)
    return hazards


def progress_within(liver: Liver, hours: float) -> np.ndarray:
    """The progress of its cycle that each tumor cell makes in so many hours with room and oxygen (float64, by slot)."""
    growth, cells = liver.rules.get("growth"), liver.tumor.used
    if growth is None:
        return np.full(cells.size, np.inf)
    progress = hours * growth.cycles_per_hour(liver) * np.exp(cells.vigour, dtype=float)
    slowed = restraint(liver)
    return progress * (1.0 - slowed) if slowed.size else progress


@jit
def hit(tumor, key, step, hours, cycling, synthesis, begins, copying, shield, stemness, delay, spread):
    """Tumor cells that cycle are hit at rates (1/h, by slot) `cycling`, and while they copy their DNA at `synthesis` besides: from the
    progress `begins` of the cycle on, for `copying` (by slot). Those that were hit before are doomed already."""
    for slot in range(cycling.size):
        cell = tumor.rows[slot]
        if cell.alive == 0 or cell.doomed_h > np.float32(0.0):
            continue
        if (cell.state != ADHERENT and cell.state != EXTRAVASATED) or cell.cycle >= np.float32(1.0):
            continue
        hazard = cycling[slot]
        if begins <= cell.cycle < begins + copying[slot]:
            hazard += synthesis[slot]
        if cell.drug_tolerance != np.float32(0.0):
            hazard *= np.exp(-np.float64(cell.drug_tolerance))
        hazard *= 1.0 - shield * stemness_of(cell.emt, stemness)
        if happens(key, step, cell.uid, 0, hazard, hours):
            late = 1.0 + spread * (2.0 * uniform(key, step, cell.uid, 1) - 1.0)
            cell.doomed_h = np.float32(delay * late)
