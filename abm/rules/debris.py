"""Debris: what is left of a tumor cell that was killed or died in the tissue lies there until it is cleared.

Macrophages clear it within hours to days (Poon 2014, 10.1038/nri3607); dendritic cells find its antigen in it
(`antigen_presentation`). The blood takes along what dies in it.
"""

from typing import Annotated

import numpy as np

from ..kernels.jit import jit
from ..kernels.relax import decay
from ..ledger import cause, event
from ..liver import Liver
from ..units import Hours, Positive, parameter
from .rule import Rule, RuleParameters

_LEFT_BEHIND = (event.KILLED, event.DIED)
_TAKEN_ALONG = (cause.SHEAR, cause.ANOIKIS, cause.RESECTION, cause.ABLATION)
"""Deaths that leave nothing here: the blood takes it along, the surgeon does; what an ablation leaves `ablate` says."""
_FAINT = np.float32(1e-4)
"""Debris of so little of a cell is nothing."""


class DebrisOfCells(Rule):
    name = "debris"
    reads = ("tumor", "dendritic")
    writes = ("debris",)

    class Parameters(RuleParameters):
        half_life: Annotated[Hours, Positive] = parameter(
            "12 h",
            low="6 h",
            high="48 h",
            mark="assumed",
            source="Poon 2014, 10.1038/nri3607: dead cells are cleared within hours to days (general)",
            description="half-life of the debris of a dead tumor cell",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        if liver.dendritic.count == 0 and liver.config.cells.dendritic.density == 0.0:
            return  # nobody looks for it
        decay(liver.debris, np.float32(0.5 ** (liver.dt_hours / self.parameters.half_life)), _FAINT)
        lie(liver.debris, liver.ledger.entries, liver.minutes)


@jit(counted=False)
def lie(debris, entries, minutes):
    """Each cell that was lost in this step, the last of the `entries`, adds one to the debris (float32 lattice) where it was."""
    for n in range(entries.size - 1, -1, -1):
        entry = entries[n]
        if entry.time_min < minutes:
            break
        if entry.event in _LEFT_BEHIND and entry.cause not in _TAKEN_ALONG:
            debris[entry.row, entry.column] += np.float32(1.0)
