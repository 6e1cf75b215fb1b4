"""Fibroblast growth: activated stellate cells divide and creep into the rim of tumor nodules, where a capsule forms.

Tumor cells in the space of Disse activate stellate cells, which multiply and lay matrix (Yang 2025, 10.3892/or.2025.8963, ref 117); a
rim of it parts the tumor cells of desmoplastic metastases from the hepatocytes (Galjart 2019, 10.1007/s10456-019-09661-5). The rim are the
space of Disse, and the plates that have lost their hepatocytes, near tumor cells. A lineage ends after some divisions; cells do not die
here. The matrix that they lay stands in `stellate_activation`.
"""

from typing import Annotated

import numpy as np
from pydantic import Field

from ..cells import stellate
from ..cells.stellate import STELLATE
from ..cells.tumor import TUMOR
from ..kernels.flows import BORN
from ..kernels.jit import jit
from ..kernels.random import could_happen, does_happen, happens, hash64, stream_key
from ..kernels.sites import length_of, move, neighbour, place, reach_within, shifted
from ..kernels.tables import born
from ..liver import Liver
from ..target import Target
from ..tissue.sites import PARENCHYMA, SINUSOID, TISSUE
from ..units import Micrometers, MicrometersPerMinute, PerHour, parameter
from .rule import Rule, RuleParameters
from .surroundings import block_of, tumor_around


class FibroblastGrowth(Rule):
    name = "fibroblast_growth"
    reads = ("tumor", "hepatocytes")
    writes = ("stellate",)
    inhibited = ("rate", "speed")
    inhibitor = Target(
        "inhibitor of the PDGF receptor (imatinib)", "general: PDGF makes stellate cells divide", "assumed"
    )

    class Parameters(RuleParameters):
        rate: PerHour = parameter(
            "0 /h",
            low="0 /h",
            high="0.05 /h",
            mark="assumed",
            source="none by default; 0.02 /h (0.005 to 0.05) is a guess",
            description="rate at which an activated stellate cell divides where there is room in the rim beside it",
        )
        most: Annotated[int, Field(ge=0, le=8)] = parameter(
            3,
            low=1,
            high=5,
            mark="assumed",
            source="a guess: one stellate cell becomes eight at most",
            description="divisions of a lineage",
        )
        rim: Annotated[Micrometers, Field(le=1000)] = parameter(
            "60 um",
            low="20 um",
            high="150 um",
            mark="assumed",
            source="fibrous capsules of metastases",
            description="thickness of the rim: how far from tumor cells it reaches",
        )
        speed: MicrometersPerMinute = parameter(
            "0 um/min",
            low="0 um/min",
            high="0.5 um/min",
            mark="assumed",
            source="none by default; 0.1 um/min is a guess, half of the speed of a mesenchymal tumor cell",
            description="path speed at which an activated stellate cell of the rim creeps towards the tumor cells",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        p, cells = self.parameters, liver.stellate
        if (p.rate == 0.0 and p.speed == 0.0) or liver.tumor.count == 0:
            return
        key, step = liver.key(self.name), liver.step_number
        order = cells.order(key, step, cells.in_state(stellate.ACTIVATED))
        if order.size == 0:
            return
        reach = p.rim / liver.spacing_um
        cells.reserve(order.size)
        spread(
            cells.table,
            liver.sites,
            liver.hepatocytes,
            tumor_around(liver, TISSUE, reach + 2.0),  # a neighbour of a cell can be in the rim when the cell is not
            key,
            step,
            order,
            liver.dt_hours,
            p.rate,
            np.uint8(p.most),
            p.speed * 60.0 / liver.spacing_um,
            reach,
            stream_key(0, "stellate/daughter"),
        )


@jit(counted=False)
def to_tumor(sites, row, column, reach):
    """The square of the distance (in sites) from a site to the nearest tumor cell in the tissue, if that is at most `reach`; infinite
    if there is none."""
    rows, columns = sites.kind.shape
    top, bottom = reach_within(np.int64(reach), rows, sites.periodic)
    left, right = reach_within(np.int64(reach), columns, sites.periodic)
    nearest = np.inf
    for dr in range(top, bottom + 1):
        r = shifted(row, dr, rows, sites.periodic)
        if r < 0:
            continue
        for dc in range(left, right + 1):
            square = np.float64(dr * dr + dc * dc)
            if square > reach * reach or square >= nearest:
                continue
            c = shifted(column, dc, columns, sites.periodic)
            if c >= 0 and sites.population[TISSUE, r, c] == TUMOR:
                nearest = square
    return nearest


@jit(counted=False)
def way_in(sites, hepatocytes, row, column, reach, turn):
    """Towards which free neighbour in the rim, of Disse or of a plate without hepatocyte, the tumor is nearest, looked for from direction
    `turn` on, and the square of that distance; -1 and infinite if there is none."""
    found, nearest = -1, np.inf
    for k in range(8):
        direction = (turn + k) % 8
        r, c = neighbour(sites, row, column, direction)
        if r < 0 or sites.population[TISSUE, r, c] != 0:
            continue
        kind = sites.kind[r, c]
        if kind == SINUSOID or (kind == PARENCHYMA and hepatocytes[r, c] == 0):
            square = to_tumor(sites, r, c, reach)
            if square < nearest:
                found, nearest = direction, square
    return found, nearest


@jit
def spread(table, sites, hepatocytes, around, key, step, order, hours, rate, most, sites_per_hour, reach, identity):
    """The stellate cells of `order` (slots) divide at `rate` (1/h), if there is room for the daughter in the rim, and creep in it towards
    the tumor. `around` (`tumor_around`) says who need not look for it."""
    for slot in order:
        cell = table.rows[slot]
        if around[block_of(around, sites, cell.row, cell.column)] == 0:
            continue
        turn = np.int64(hash64(key, cell.uid, step, 1) % np.uint64(8))
        if cell.divisions < most and happens(key, step, cell.uid, 0, rate, hours):
            direction, _ = way_in(sites, hepatocytes, cell.row, cell.column, reach, turn)
            if direction >= 0:
                row, column = neighbour(sites, cell.row, cell.column, direction)
                cell.divisions += np.uint8(1)
                taken = born(table, cell, BORN)
                daughter = table.rows[taken]
                daughter.uid = hash64(identity, cell.uid, cell.divisions, 0)
                daughter.row, daughter.column = row, column
                place(sites, STELLATE, TISSUE, row, column, taken)
        creeping = hash64(key, cell.uid, step, 2)
        if could_happen(creeping, sites_per_hour * hours):
            direction, square = way_in(sites, hepatocytes, cell.row, cell.column, reach, turn)
            if direction >= 0 and square < to_tumor(sites, cell.row, cell.column, reach + 2.0):
                if does_happen(creeping, sites_per_hour / length_of(direction) * hours):
                    row, column = neighbour(sites, cell.row, cell.column, direction)
                    move(sites, STELLATE, TISSUE, cell, slot, row, column)
