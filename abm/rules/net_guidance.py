"""Net guidance: the DNA of neutrophil nets draws tumor cells that have the receptor CCDC25.

NET-DNA is a lure, not only a trap: by CCDC25, which signals through ILK and beta-parvin, tumor cells adhere to it and move
towards it, and without CCDC25 nets no longer bring metastases (Yang 2020, 10.1038/s41586-020-2394-6). Beside a net held cells
turn adherent and adherent cells cross the wall faster (that happens in `extravasation`); within reach of one adherent and
extravasated cells creep towards it. What DNase leaves of a net has no DNA and draws nobody; what sticks to the proteins
of a net stands in `arrest` and `net_trapping`.
"""

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from ..cells.tumor import ADHERENT, EXTRAVASATED, HELD, TUMOR
from ..fields.multigrid import is_zero
from ..kernels.jit import jit
from ..kernels.random import draw_each, happens, hash64, uniform, unit
from ..kernels.sites import COLUMN_OFFSET, ROW_OFFSET, count_touching, length_of, move, neighbour, reach_within, shifted
from ..ledger import cause, event
from ..ledger.ledger import enter
from ..liver import Liver
from ..tissue.sites import LUMEN, SINUSOID, TISSUE
from ..units import Fraction, Micrometers, MicrometersPerMinute, Number, PerHour, parameter
from .growth import net_beside
from .migration import can_creep_to
from .rule import Rule, RuleParameters

_YANG = "Yang 2020, 10.1038/s41586-020-2394-6"
_CREEPS = 1  # number of the first draw for creeping; 0 is that for binding
_TURNS = 1 << 10  # of the first for the direction that is tried first
_PLACES = 1 << 20  # of the first for nets that are equally near


class NetGuidance(Rule):
    name = "net_guidance"
    reads = ("nets", "tumor", "hepatocytes")
    writes = ("tumor",)
    events: ClassVar = {"adherent": ("net",)}

    class Parameters(RuleParameters):
        bond: PerHour = parameter(
            "2 /h",
            low="0 /h",
            high="3 /h",
            mark="assumed",
            source=f"{_YANG}: adhesion to NET-DNA by CCDC25 (direction)",
            description="rate at which a held cell beside the DNA of a full net turns adherent, by the CCDC25 of the reference line",
        )
        crossing_gain: Number = parameter(
            5.0,
            low=0,
            high=10,
            mark="assumed",
            source=f"{_YANG}: motility and invasion towards NET-DNA by CCDC25 (direction)",
            description="gain of crossing the wall beside the DNA of a full net, by the CCDC25 of the reference line",
        )
        reach: Annotated[Micrometers, Field(le=1000)] = parameter(
            "50 um",
            low="20 um",
            high="100 um",
            mark="assumed",
            source=f"{_YANG}: NET-DNA as a chemotactic factor",
            description="distance from which a tumor cell creeps towards a net",
        )
        speed: MicrometersPerMinute = parameter(
            "0.3 um/min",
            low="0.05 um/min",
            high="1 um/min",
            mark="unverified",
            source=f"intravital carcinoma 0.1-1 um/min; {_YANG}: faster with NET-DNA",
            description="path speed towards a net, by the CCDC25 of the reference line",
        )
        sensed_above: Fraction = parameter(
            0.1,
            low=0.02,
            high=0.5,
            mark="assumed",
            source="the DNA that is left after three half-lives of a net",
            description="amount of net from which on its DNA is a lure",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        p = self.parameters
        tumor, nets = liver.tumor, liver.nets
        sensing = ccdc25(liver)
        if tumor.count == 0 or sensing == 0.0 or is_zero(nets):
            return
        key, step = liver.key(self.name), liver.step_number
        bind(
            tumor.used,
            liver.sites,
            liver.ledger.book(tumor.count),
            liver.minutes,
            key,
            step,
            liver.dt_hours,
            nets,
            p.bond * sensing,
        )
        path_um = p.speed * sensing * liver.dt_minutes
        moving = getting_there(tumor.used, key, step, path_um, liver.spacing_um)
        if moving.any():
            creep_to_nets(
                tumor.rows,
                liver.sites,
                key,
                step,
                tumor.order(key, step, moving),
                path_um,
                liver.spacing_um,
                liver.hepatocytes,
                nets,
                np.float32(p.sensed_above),
                p.reach / liver.spacing_um,
            )


def ccdc25(liver: Liver) -> float:
    """How well the tumor cells sense NET-DNA, relative to the reference line."""
    return liver.config.cells.tumor.ccdc25 * liver.left("ccdc25")


def crossing_gain(liver: Liver) -> float:
    """The gain of crossing the wall beside the DNA of a full net, in this liver now."""
    guidance = liver.rules.get("net_guidance")
    return guidance.parameters.crossing_gain * ccdc25(liver) if guidance is not None else 0.0


@jit(counted=False)
def bind(tumor, sites, book, minutes, key, step, hours, nets, rate):
    """Held cells beside a net turn adherent, at `rate` (1/h) beside a full one (nets: float32 [row, column])."""
    for i in range(tumor.size):
        cell = tumor[i]
        if cell.alive == 0 or cell.state != HELD:
            continue
        amount = np.float64(net_beside(sites, nets, cell.row, cell.column))
        if amount > 0.0 and happens(key, step, cell.uid, 0, rate * amount, hours):
            cell.state = ADHERENT
            enter(book, minutes, event.ADHERENT, cause.NET, cell, sites.zone[cell.row, cell.column])


@jit
def getting_there(tumor, key, step, path_um, spacing_um):
    """Which rows (bool) are adherent or extravasated cells that get as far as the next site in this step, if a net draws
    them."""
    draws = draw_each(key, step, tumor.uid, _CREEPS)
    moving = np.empty(tumor.size, np.bool_)
    for i in range(tumor.size):
        can = tumor[i].alive != 0 and (tumor[i].state == ADHERENT or tumor[i].state == EXTRAVASATED)
        moving[i] = can and unit(draws[i]) * spacing_um < path_um
    return moving


@jit(counted=False)
def nearest_net(sites, nets, key, step, uid, row, column, radius, faint):
    """Offset (rows, columns) to the nearest site within `radius` (sites) with a net above `faint`, any of those as near; (0, 0)
    if there is none."""
    rows, columns = nets.shape
    reach = np.int64(np.floor(radius))
    top, bottom = reach_within(reach, rows, sites.periodic)
    left, right = reach_within(reach, columns, sites.periodic)
    nearest, lot, down, across = radius * radius + 1e-9, np.uint64(0), 0, 0
    for dr in range(top, bottom + 1):
        for dc in range(left, right + 1):
            distance = np.float64(dr * dr + dc * dc)
            if distance > nearest:
                continue
            r, c = shifted(row, dr, rows, sites.periodic), shifted(column, dc, columns, sites.periodic)
            if r < 0 or c < 0 or nets[r, c] <= faint:
                continue
            drawn = hash64(key, uid, step, _PLACES + r * columns + c)
            if distance < nearest or drawn > lot:
                nearest, lot, down, across = distance, drawn, dr, dc
    return down, across


@jit(counted=False)
def way_to_net(sites, hepatocytes, layer, row, column, down, across, turn):
    """Direction of the neighbouring site with room that is nearest to the place at an offset, if nearer than here, else -1;
    looked for from direction `turn` on."""
    best, way = down * down + across * across, -1
    for n in range(8):
        k = (turn + n) % 8
        distance = (down - ROW_OFFSET[k]) ** 2 + (across - COLUMN_OFFSET[k]) ** 2
        if distance >= best:
            continue
        r, c = neighbour(sites, row, column, k)
        if layer == TISSUE:
            room = can_creep_to(sites, hepatocytes, r, c)
        else:
            room = r >= 0 and sites.kind[r, c] == SINUSOID and sites.population[LUMEN, r, c] == 0
        if room:
            best, way = distance, k
    return way


@jit(counted=False)
def creep_to_nets(tumor, sites, key, step, order, path_um, spacing_um, hepatocytes, nets, faint, radius):
    """Cells of `order` (slots, those that are `getting_there`) creep to the nearest net until they are beside it; those in a
    nest stay with it."""
    for slot in order:
        cell = tumor[slot]
        left, n = path_um, _CREEPS
        while left > 0.0 and count_touching(sites, TUMOR, cell.layer, cell.row, cell.column) <= 1:
            down, across = nearest_net(sites, nets, key, step, cell.uid, cell.row, cell.column, radius, faint)
            if abs(down) <= 1 and abs(across) <= 1:
                break
            turn = np.int64(hash64(key, cell.uid, step, _TURNS + n) % np.uint64(8))
            direction = way_to_net(sites, hepatocytes, cell.layer, cell.row, cell.column, down, across, turn)
            if direction < 0:
                break
            length = spacing_um * length_of(direction)
            if left < length and uniform(key, step, cell.uid, n) * length >= left:
                break
            left -= length
            n += 1
            row, column = neighbour(sites, cell.row, cell.column, direction)
            move(sites, TUMOR, cell.layer, cell, slot, row, column)
