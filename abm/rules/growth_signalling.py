"""Growth signalling: tumor cells cycle and live by the signal of EGFR, HER2 or BRAF, until a drug takes it away.

Wild-type cells depend on EGFR, those with amplified HER2 on HER2, and those with BRAF V600E, which stands below both, on BRAF. Mutated RAS
signals by itself, and no drug against what stands above it helps (Karapetis 2008, 10.1056/NEJMoa0804385). A cell whose BRAF is blocked
alone gets its signal back through EGFR, which an antibody to that prevents (Prahallad 2012, 10.1038/nature10868). Without the signal
cells cycle more slowly and die more often.
"""

from typing import ClassVar

import numpy as np

from ..cells.genotype import genes_of
from ..cells.tumor import ADHERENT, EXTRAVASATED
from ..kernels.jit import jit
from ..kernels.random import happens
from ..ledger import cause, event
from ..ledger.ledger import lose
from ..liver import Liver
from ..units import Fraction, PerHour, parameter
from .rule import Rule, RuleParameters

SIGNALLING = np.zeros(0, np.float32)
"""What `restraint` says where no signal is taken away."""


class GrowthSignalling(Rule):
    name = "growth_signalling"
    reads = ("tumor", "drugs")
    writes = ("tumor",)
    events: ClassVar = {"died": ("therapy",)}

    class Parameters(RuleParameters):
        dependence: Fraction = parameter(
            0.3,
            low=0.05,
            high=0.95,
            mark="assumed",
            source="Karapetis 2008, 10.1056/NEJMoa0804385: to be calibrated on cetuximab alone",
            description="share of the speed of the cycle that a cell loses without its signal",
        )
        death_rate: PerHour = parameter(
            "0.0022 /h",
            low="0 /h",
            high="0.006 /h",
            mark="assumed",
            source="Karapetis 2008, 10.1056/NEJMoa0804385: to be calibrated on cetuximab alone",
            description="rate at which cells that depend on it wholly die without their signal, times the pace of the line; others "
            "in proportion to their dependence",
        )
        feedback: Fraction = parameter(
            0.9,
            low=0.5,
            high=1,
            mark="assumed",
            source="Prahallad 2012, 10.1038/nature10868; a BRAF inhibitor alone helps one patient in twenty",
            description="share of the signal that EGFR gives back to a cell whose BRAF alone is blocked",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        if self.parameters.death_rate == 0.0 or liver.tumor.count == 0:
            return
        lost = self.lost(liver)
        if lost.size:
            starve(
                liver.tumor.table,
                liver.sites,
                liver.ledger.book(lost.size),
                liver.minutes,
                liver.key(self.name),
                liver.step_number,
                liver.dt_hours,
                lost,
                self.parameters.dependence * self.parameters.death_rate * liver.config.cells.tumor.pace,
            )

    def lost(self, liver: Liver) -> np.ndarray:
        """The share of its signal that each tumor cell has lost (float32, by slot); empty where none has lost any."""
        genes = genes_of(liver.config)
        if "ras" in genes or all(liver.left(molecule) == 1.0 for molecule in ("egfr", "her2", "braf")):
            return SIGNALLING
        cells = liver.tumor.used

        def bound(molecule: str) -> np.ndarray:
            return 1.0 - liver.left_at(molecule, cells.row, cells.column)

        if "braf" in genes:
            lost = bound("braf") * (1.0 - self.parameters.feedback * (1.0 - bound("egfr")))
        elif "her2" in genes:
            lost = bound("her2")
        else:
            lost = bound("egfr")
        return np.where(cells.ras == 0, lost, 0.0).astype(np.float32)


def restraint(liver: Liver) -> np.ndarray:
    """The share of the speed of its cycle that each tumor cell has lost with its signal (float32, by slot); empty for none."""
    signalling = liver.rules.get(GrowthSignalling.name)
    if signalling is None:
        return SIGNALLING
    return signalling.lost(liver) * np.float32(signalling.parameters.dependence)


@jit
def starve(tumor, sites, book, minutes, key, step, hours, lost, rate):
    """Settled tumor cells that are not dormant die at `rate` (1/h) times the share of their signal that is `lost` (by slot)."""
    for slot in range(lost.size):
        cell = tumor.rows[slot]
        if cell.alive != 0 and (cell.state == ADHERENT or cell.state == EXTRAVASATED):
            if happens(key, step, cell.uid, 0, rate * np.float64(lost[slot]), hours):
                lose(tumor, sites, book, minutes, event.DIED, cause.THERAPY, slot)
