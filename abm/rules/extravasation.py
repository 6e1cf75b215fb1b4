"""Extravasation: an adherent tumor cell passes the endothelium into the space of Disse.

Two ways are published and both are here as presets of the cell line: within an hour or a few (HT-29, CC531; Haier
2003, J Gastrointest Surg 7:507), or after days of growth inside the vessel while the endothelium retracts (CC531s;
Mook 2003, 10.1053/jhep.2003.50297). Proteases of Kupffer cells and neutrophils help, matrix hinders, mesenchymal
cells are faster (Yang 2025, 10.3892/or.2025.8963, ref 117); neutrophils open the way (Spiegel 2016,
10.1158/2159-8290.CD-15-1157), and nets draw those that sense their DNA (see `net_guidance`). A capillarised wall, and what lies behind
it in the space of Disse, is harder to pass.
"""

from typing import ClassVar

import numpy as np

from ..cells.endothelium import RETRACTED
from ..cells.kupffer import KUPFFER
from ..cells.neutrophil import NEUTROPHIL
from ..cells.tumor import ADHERENT, EXTRAVASATED, TUMOR
from ..kernels.flows import CROSSED
from ..kernels.jit import jit
from ..kernels.random import happens, hash64
from ..kernels.sites import count_touching, lift, neighbour, place
from ..kernels.tables import tally
from ..ledger import cause, event
from ..ledger.ledger import enter
from ..liver import Liver
from ..target import Target
from ..tissue.plates import displace_hepatocyte
from ..tissue.sites import LUMEN, PARENCHYMA, TISSUE
from ..units import Fraction, Hours, Number, parameter
from .growth import net_beside
from .net_guidance import crossing_gain
from .rule import Rule, RuleParameters


class Extravasation(Rule):
    name = "extravasation"
    reads = ("tumor", "kupffer", "neutrophil", "ecm", "nets")
    writes = ("tumor", "endothelium", "hepatocytes")
    events: ClassVar = {"extravasated": ()}
    inhibited = ("rapid_half_time", "intravascular_half_time")
    inhibitor = Target("inhibitor of metalloproteases", "Yang 2025, 10.3892/or.2025.8963, ref 117 (MMPs)", "assumed")

    class Parameters(RuleParameters):
        rapid_half_time: Hours = parameter(
            "1 h",
            low="0.5 h",
            high="72 h",
            mark="assumed",
            source="Haier 2003, J Gastrointest Surg 7:507: rapid migration into the parenchyma",
            description="half-time of an adherent, fully mesenchymal cell of a rapid line",
        )
        intravascular_half_time: Hours = parameter(
            "96 h",
            low="48 h",
            high="120 h",
            mark="checked",
            source="Mook 2003, 10.1053/jhep.2003.50297: intravascular for 4 d",
            description="half-time of an adherent, fully mesenchymal cell of an intravascular line",
        )
        protease_gain: Number = parameter(
            0.5,
            low=0,
            high=2,
            mark="assumed",
            source="Yang 2025, 10.3892/or.2025.8963, ref 117: MMPs, elastase",
            description="gain by metalloproteases of a touching Kupffer cell, or by elastase of a touching neutrophil",
        )
        matrix_hindrance: Fraction = parameter(
            0.5,
            low=0,
            high=0.9,
            mark="assumed",
            source="Yang 2025, 10.3892/or.2025.8963, ref 117",
            description="loss at full matrix",
        )
        capillary_hindrance: Fraction = parameter(
            0.8,
            low=0.3,
            high=0.95,
            mark="assumed",
            source="Schaffner 1963, Gastroenterology 44:239 (direction): a basement membrane, and no fenestrae",
            description="loss at a wholly capillarised wall",
        )
        epithelial_speed: Fraction = parameter(
            0.2,
            low=0.05,
            high=1,
            mark="assumed",
            source="Yang 2025, 10.3892/or.2025.8963, refs 6, 7",
            description="speed of a fully epithelial cell relative to a mesenchymal one",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        p = self.parameters
        tumor = liver.tumor
        adherent = tumor.in_state(ADHERENT)
        if not adherent.any():
            return
        rapid = liver.config.cells.tumor.extravasation == "rapid"
        half_time = p.rapid_half_time if rapid else p.intravascular_half_time
        wall = liver.config.cells.endothelium
        order = tumor.order(liver.key(self.name), liver.step_number, adherent)
        cross(
            tumor.table,
            liver.endothelium.rows,
            liver.sites,
            liver.ledger.book(order.size),
            liver.minutes,
            liver.key(self.name),
            liver.step_number,
            order,
            liver.dt_hours,
            np.log(2.0) / max(half_time, 1e-3) * (1.0 - p.capillary_hindrance * wall.capillarisation),
            p.protease_gain * liver.left("mmp"),
            p.protease_gain * liver.left("elastase"),
            p.matrix_hindrance,
            p.epithelial_speed,
            liver.ecm,
            liver.hepatocytes,
            liver.nets,
            crossing_gain(liver),
        )


@jit(counted=False)
def free_tissue_site(sites, row, column, turn):
    """A free place behind the wall of a sinusoid site: its space of Disse, else a neighbouring plate site, looked for
    from direction `turn` on; (-1, -1) if there is none."""
    if sites.population[TISSUE, row, column] == 0:
        return row, column
    for k in range(8):
        r, c = neighbour(sites, row, column, (turn + k) % 8)
        if r >= 0 and sites.kind[r, c] == PARENCHYMA and sites.population[TISSUE, r, c] == 0:
            return r, c
    return -1, -1


@jit(counted=False)
def cross(
    tumor,
    wall,
    sites,
    book,
    minutes,
    key,
    step,
    order,
    hours,
    rate,
    kupffer_gain,
    neutrophil_gain,
    matrix_hindrance,
    epithelial_speed,
    ecm,
    hepatocytes,
    nets,
    net_gain,
):
    """Adherent cells of `order` (slots) cross the wall where there is room, `1 + net_gain` times as fast beside a full net; a
    plate site loses its hepatocyte."""
    for slot in order:
        cell = tumor.rows[slot]
        if cell.state != ADHERENT:
            continue
        proteases = kupffer_gain if count_touching(sites, KUPFFER, LUMEN, cell.row, cell.column) > 0 else 0.0
        if count_touching(sites, NEUTROPHIL, LUMEN, cell.row, cell.column) > 0:
            proteases = max(proteases, neutrophil_gain)
        gain = 1.0 + proteases
        if net_gain > 0.0:
            gain *= 1.0 + net_gain * np.float64(net_beside(sites, nets, cell.row, cell.column))
        hazard = (
            rate
            * gain
            * (1.0 - matrix_hindrance * np.float64(ecm[cell.row, cell.column]))
            * (epithelial_speed + (1.0 - epithelial_speed) * np.float64(cell.emt))
        )
        if not happens(key, step, cell.uid, 0, hazard, hours):
            continue
        row, column = free_tissue_site(
            sites, cell.row, cell.column, np.int64(hash64(key, cell.uid, step, 1) % np.uint64(8))
        )
        if row < 0:
            continue
        segment = wall[sites.endothelium[cell.row, cell.column]]
        segment.retraction = np.float32(1.0)
        segment.state = RETRACTED
        lift(sites, LUMEN, cell.row, cell.column)
        cell.row, cell.column = row, column
        cell.layer = TISSUE
        cell.state = EXTRAVASATED
        cell.net = np.float32(0.0)
        place(sites, TUMOR, TISSUE, row, column, slot)
        displace_hepatocyte(sites, hepatocytes, row, column)
        tally(tumor.book, CROSSED)
        enter(book, minutes, event.EXTRAVASATED, cause.NONE, cell, sites.zone[row, column])
