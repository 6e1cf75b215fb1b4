"""Infect: an oncolytic virus is given, and infects tumor cells beside the vessels that carry blood.

From there it spreads by contact and bursts them: see the rule `viral_spread`. In mice with metastases of CT-26 in the liver a herpes
virus inhibits these, and brings T cells and NK cells (Zhang 2019, 10.3892/ol.2018.9720); in patients viruses given by the blood or the
hepatic artery were safe, and seldom shrank anything.
"""

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field
from scipy import ndimage

from ..kernels.jit import jit
from ..kernels.random import uniform
from ..rules.viral_spread import ViralSpread, infect_cell, is_infectible
from ..units import Number
from .intervention import Course

_TOUCHED = np.ones((3, 3))


class Infect(Course):
    kind: ClassVar[str] = "infect"
    needs: ClassVar[str] = ViralSpread.name

    infect: Annotated[Number, Field(gt=0, le=100)] = Field(
        description="infections per tumor cell that touches a vessel, on average, at a dose: 0.05 infects 5 % of them"
    )

    def _repeats(self) -> None:
        """Doses may be repeated: each infects its share of those that are not infected yet."""

    def apply(self, liver, stream):
        doses = self.due(liver)
        if doses == 0 or liver.tumor.count == 0:
            return
        carrying = liver.perfused_sinusoids() | (liver.vessels > 0.0)
        reached = ndimage.binary_dilation(carrying, _TOUCHED)
        chance = -np.expm1(-self.infect * doses)
        virus = liver.rules[self.needs].virus(liver)
        inoculate(liver.tumor.used, reached, liver.key(stream), liver.step_number, chance, virus)


@jit(counted=False)
def inoculate(tumor, reached, key, step, chance, virus):
    """A virus comes with the blood: each tumor cell at the sites `reached` (bool lattice) is infected with the `chance`."""
    for i in range(tumor.size):
        cell = tumor[i]
        if is_infectible(cell) and reached[cell.row, cell.column] and uniform(key, step, cell.uid, 0) < chance:
            infect_cell(cell, 0.0, virus)
