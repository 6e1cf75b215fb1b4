"""T-cell division: CD8 T cells that are at their target divide, some times, and less the more they are exhausted.

Daughters inherit what their mother knows and how exhausted she is, so that a lineage can tire that outlives its cells; a
blockade of PD-1 acts on it (Yang 2025, 10.3892/or.2025.8963, section 4). After some divisions a lineage ends.
"""

from typing import Annotated

import numpy as np
from pydantic import Field

from ..cells import cd8
from ..cells.population import Population
from ..kernels.flows import BORN
from ..kernels.jit import jit
from ..kernels.random import happens, hash64, stream_key
from ..kernels.sites import place
from ..kernels.tables import born
from ..liver import Liver
from ..target import Target
from ..tissue.sites import INTERSTITIUM
from ..units import Hours, parameter
from .leukocyte_crossing import room_behind
from .rule import Rule, RuleParameters


class TCellDivision(Rule):
    name = "t_cell_division"
    reads = ()
    writes = ("cd8",)
    inhibited = ("time",)
    inhibitor = Target("mycophenolate", "general: lymphocytes that lack purines do not divide", "assumed")

    class Parameters(RuleParameters):
        time: Hours = parameter(
            "12 h",
            low="8 h",
            high="24 h",
            mark="unverified",
            source="effector CD8 T cells divide two to three times a day at the peak of a response, slower in a tumor",
            description="mean time between two divisions of an engaged CD8 T cell that nothing exhausts",
        )
        most: Annotated[int, Field(ge=0, le=30)] = parameter(
            5,
            low=2,
            high=8,
            mark="unverified",
            source="effector cells in a tissue divide a few times and die",
            description="divisions of a lineage in the tissue",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        p, cells = self.parameters, liver.cd8
        if cells.count == 0 or p.most == 0:
            return
        key, step = liver.key(self.name), liver.step_number
        order = cells.order(key, step, dividing(cells, p.most))
        if order.size == 0:
            return
        cells.reserve(order.size)
        multiply(
            cells.table,
            liver.sites,
            key,
            step,
            order,
            liver.dt_hours,
            1.0 / max(p.time, 1e-3),
            stream_key(0, "cd8/daughter"),
        )


def dividing(cells: Population, most: int) -> np.ndarray:
    """Which CD8 T cells are about to divide (bool, by slot): those at their target whose lineage has divided less often than `most`."""
    return (cells.in_state(cd8.ENGAGED) | cells.in_state(cd8.HANDLING)) & (cells.plain["divisions"] < most)


@jit(counted=False)
def multiply(table, sites, key, step, order, hours, rate, identity):
    """The CD8 T cells of `order` (slots) divide at `rate` (1/h) times their rest of freshness, if there is room in the interstitium
    beside them; the daughter searches."""
    for slot in order:
        mother = table.rows[slot]
        if not happens(key, step, mother.uid, 0, rate * (1.0 - np.float64(mother.exhaustion)), hours):
            continue
        turn = np.int64(hash64(key, mother.uid, step, 1) % np.uint64(8))
        row, column = room_behind(sites, mother.row, mother.column, turn)
        if row < 0:
            continue
        mother.divisions += np.uint8(1)
        taken = born(table, mother, BORN)
        daughter = table.rows[taken]
        daughter.uid = hash64(identity, mother.uid, mother.divisions, 0)
        daughter.state, daughter.layer = np.uint8(cd8.SEARCHING), INTERSTITIUM
        daughter.row, daughter.column = row, column
        daughter.kills = 0
        place(sites, cd8.CD8, INTERSTITIUM, row, column, taken)
