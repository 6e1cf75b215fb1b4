"""Matrix cleavage: elastase of neutrophils and metalloproteases of Kupffer cells take the matrix away around them.

Both secrete proteases that open the matrix in the space of Disse for tumor cells (Yang 2025, 10.3892/or.2025.8963, ref 117). What they do
to the wall stands in `extravasation`; the slow turnover of all matrix, in `stellate_activation`, goes on beside it.
"""

from typing import NamedTuple

import numpy as np

from ..fields.multigrid import is_zero
from ..kernels.jit import jit
from ..kernels.sites import neighbour
from ..kernels.tables import columns_of
from ..liver import Liver
from ..target import Target
from ..units import PerHour, parameter
from .rule import Rule, RuleParameters

_YANG = "Yang 2025, 10.3892/or.2025.8963, ref 117"


class Cleavers(NamedTuple):
    """The columns of cells that cleave matrix [slot]."""

    alive: np.ndarray
    row: np.ndarray
    column: np.ndarray


class MatrixCleavage(Rule):
    name = "matrix_cleavage"
    reads = ("neutrophil", "kupffer")
    writes = ("ecm",)
    inhibited = ("neutrophil_rate", "kupffer_rate")
    inhibitor = Target("inhibitor of metalloproteases and elastase", f"{_YANG} (direction)", "assumed")

    class Parameters(RuleParameters):
        neutrophil_rate: PerHour = parameter(
            "0 /h",
            low="0 /h",
            high="0.2 /h",
            mark="assumed",
            source=f"none by default; 0.05 /h is a guess: {_YANG} (direction)",
            description="rate at which a neutrophil cleaves the matrix of its site by elastase, and that around it at half of it",
        )
        kupffer_rate: PerHour = parameter(
            "0 /h",
            low="0 /h",
            high="0.1 /h",
            mark="assumed",
            source=f"none by default; 0.02 /h is a guess: {_YANG} (direction)",
            description="rate at which a Kupffer cell cleaves the matrix of its site by metalloproteases, and that around it at half of it",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        p = self.parameters
        for cells, rate, protease in (
            (liver.neutrophil, p.neutrophil_rate, "elastase"),
            (liver.kupffer, p.kupffer_rate, "mmp"),
        ):
            hazard = rate * liver.left(protease) * liver.dt_hours
            if hazard > 0.0 and cells.count and not is_zero(liver.ecm):
                left = np.float32(np.exp(-hazard)), np.float32(np.exp(-0.5 * hazard))
                cleave(columns_of(cells.rows, Cleavers), liver.sites, liver.ecm, *left)


@jit(counted=False)
def cleave(cells, sites, ecm, left, left_around):
    """Every living cell leaves the share `left` of the matrix (float32 lattice) at its site, `left_around` at the eight around."""
    for slot in range(cells.alive.size):
        if cells.alive[slot] == 0:
            continue
        for k in range(9):
            r, c = neighbour(sites, cells.row[slot], cells.column[slot], k)
            if r >= 0:
                ecm[r, c] *= left if k == 8 else left_around
