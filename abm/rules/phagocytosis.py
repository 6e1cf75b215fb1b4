"""Phagocytosis: Kupffer cells engulf tumor cells that touch them.

Kupffer cells remove at least a third of the arrested tumor cells within 6 h (Matsumura 2014,
10.3892/ijo.2014.2662), most of them near the portal tracts (Bouwens 1986, 10.1002/hep.1840060430). How readily they
do it is a balance of eat-me signals (calreticulin) and don't-eat-me signals (CD47, CD24, PD-L1; Yang 2025,
10.3892/or.2025.8963, ref 110). By their Fc receptors they also eliminate what they only sampled, if an antibody is on it
(Gul 2014, 10.1172/JCI66776). A Kupffer cell digests for hours and holds few cells at once.
"""

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from ..blood.opsonin import opsonised
from ..cells import kupffer
from ..cells.tumor import CIRCULATING, TUMOR
from ..kernels.jit import jit
from ..kernels.random import happens, hash64
from ..kernels.sites import touching
from ..ledger import cause, event
from ..ledger.ledger import lose
from ..liver import Liver
from ..target import Target
from ..tissue.sites import LUMEN, TISSUE
from ..units import Fraction, Hours, Number, PerHour, parameter
from .net_trapping import net_between
from .rule import Rule, RuleParameters
from .surroundings import beside_tumor, marked

_BALANCE = "CD47 blockade triples phagocytosis (Willingham 2012, 10.1073/pnas.1121623109): (1 + 5)/(1 + 5 - 4)"


class Phagocytosis(Rule):
    name = "phagocytosis"
    reads = ("kupffer", "tumor", "nets", "blood")
    writes = ("kupffer", "tumor")
    events: ClassVar = {"phagocytosed": ("kupffer",)}
    inhibited = ("rate",)
    inhibitor = Target("gadolinium chloride", "Husztik 1980, Br J Exp Pathol 61:624", "unverified")

    class Parameters(RuleParameters):
        rate: PerHour = parameter(
            "0.25 /h",
            low="0.05 /h",
            high="0.5 /h",
            mark="derived",
            source="Matsumura 2014, 10.3892/ijo.2014.2662: -ln(1 - 0.33/0.74)/6 h = 0.098 /h; more, as contact is not there from the start",
            description="engulfment of a touching tumor cell of the reference line, mean over all Kupffer cells",
        )
        handling_time: Hours = parameter(
            "4 h",
            low="1 h",
            high="24 h",
            mark="unverified",
            source="phagosome maturation of a whole tumor cell",
            description="time to digest one tumor cell",
        )
        through_wall: Fraction = parameter(
            0.6,
            low=0,
            high=1,
            mark="assumed",
            source="Kupffer cells reach through the fenestrae; metastases of rats are found with macrophages at their rim (Heuff "
            "1993, 10.1007/BF01517045)",
            description="engulfment of a tumor cell behind the wall beside it, relative to one right behind its own",
        )
        net_shield: Fraction = parameter(
            0.8,
            low=0,
            high=0.95,
            mark="assumed",
            source="no measure is known; as from NK cells: Teijeira 2020, 10.1016/j.immuni.2020.03.001",
            description="protection by a full net around the tumor cell, or where the Kupffer cell stands",
        )
        capacity: Annotated[int, Field(ge=0, le=100)] = parameter(
            2,
            low=1,
            high=3,
            mark="unverified",
            source="1-3 tumor cells inside one Kupffer cell",
            description="tumor cells that one Kupffer cell can hold at once",
        )
        cd47_weight: Number = parameter(
            4.0,
            low=2,
            high=8,
            mark="derived",
            source=_BALANCE,
            description="weight of CD47 against one unit of eat-me signal",
        )
        cd24_weight: Number = parameter(
            0.5,
            low=0,
            high=2,
            mark="assumed",
            source=_BALANCE,
            description="weight of CD24 against one unit of eat-me signal",
        )
        pdl1_weight: Number = parameter(
            0.5,
            low=0,
            high=2,
            mark="assumed",
            source=_BALANCE,
            description="weight of PD-L1 against one unit of eat-me signal",
        )
        opsonin: Number = parameter(
            10.0,
            low=5,
            high=60,
            mark="assumed",
            source="Gul 2014, 10.1172/JCI66776: sampled without an antibody, rapidly engulfed with it",
            description="what an antibody that covers the whole cell adds to its engulfment, relative to the reference line",
        )

    parameters: Parameters

    def apply(self, liver: Liver) -> None:
        p = self.parameters
        if liver.kupffer.count == 0:
            return
        digest(liver.kupffer.used, np.float32(liver.hours), np.float32(p.handling_time))
        if liver.tumor.count == 0:
            return
        touching_prey = marked(liver.kupffer, beside_tumor(liver))
        order = liver.kupffer.order(liver.key(self.name), liver.step_number, touching_prey)
        engulf(
            liver.kupffer.rows,
            liver.tumor.table,
            liver.sites,
            liver.ledger.book(order.size),
            liver.minutes,
            liver.key(self.name),
            liver.step_number,
            order,
            liver.dt_hours,
            np.float32(liver.hours),
            p.rate,
            np.float32(p.handling_time),
            p.capacity,
            p.through_wall,
            p.net_shield,
            liver.nets,
            1.0 + p.cd47_weight + p.cd24_weight + p.pdl1_weight,
            p.cd47_weight * liver.left("cd47"),
            p.cd24_weight * liver.left("cd24"),
            p.pdl1_weight * liver.left("pdl1"),
            p.opsonin * opsonised(liver),
        )


@jit(inline=True, counted=False)
def finish_meals(cell, now_h, handling_h):
    """The meals of a cell end one after the other."""
    while cell.load > 0 and cell.digested_h <= now_h:
        cell.load -= 1
        if cell.load > 0:
            cell.digested_h += handling_h


@jit(counted=False)
def digest(kupffer_cells, now_h, handling_h):
    """Meals end; a cell with an empty stomach rests again."""
    for i in range(kupffer_cells.size):
        cell = kupffer_cells[i]
        if cell.alive == 0 or cell.load == 0:
            continue
        finish_meals(cell, now_h, handling_h)
        if cell.load == 0 and cell.state == kupffer.ENGULFING:
            cell.state = kupffer.RESTING


@jit(counted=False)
def palatability(cell, reference, cd47_weight, cd24_weight, pdl1_weight):
    """Eat-me over all signals, relative to the `reference` line (the sum of all unblocked weights: all levels 1)."""
    eat = np.float64(cell.calreticulin)
    spare = (
        cd47_weight * np.float64(cell.cd47) + cd24_weight * np.float64(cell.cd24) + pdl1_weight * np.float64(cell.pdl1)
    )
    return 0.0 if eat == 0.0 else eat / (eat + spare) * reference


@jit(counted=False)
def engulf(
    kupffer_cells,
    tumor,
    sites,
    book,
    minutes,
    key,
    step,
    order,
    hours,
    now_h,
    rate,
    handling_h,
    capacity,
    through_wall,
    net_shield,
    nets,
    reference,
    cd47_weight,
    cd24_weight,
    pdl1_weight,
    opsonin,
):
    """Each Kupffer cell of `order` (slots) with room tries one tumor cell it touches: in the lumen around it, else in the
    space of Disse right behind its wall, else beside that."""
    for slot in order:
        eater = kupffer_cells[slot]
        if eater.activity == np.float32(0.0) or eater.load >= capacity:
            continue
        turn = np.int64(hash64(key, eater.uid, step, 1) % np.uint64(9))
        prey = touching(sites, TUMOR, LUMEN, eater.row, eater.column, turn)
        wall = 1.0
        if prey < 0 and sites.population[TISSUE, eater.row, eater.column] == TUMOR:
            prey = sites.occupant[TISSUE, eater.row, eater.column]
        elif prey < 0 and through_wall > 0.0:
            prey = touching(sites, TUMOR, TISSUE, eater.row, eater.column, turn)
            wall = through_wall
        if prey < 0 or tumor.rows[prey].state == CIRCULATING:
            continue
        hazard = (
            rate
            * wall
            * (1.0 - net_shield * net_between(nets, tumor.rows[prey], eater))
            * np.float64(eater.activity)
            * (1.0 - np.float64(eater.reprogramming))
            * (palatability(tumor.rows[prey], reference, cd47_weight, cd24_weight, pdl1_weight) + opsonin)
        )
        if happens(key, step, eater.uid, 2, hazard, hours):
            lose(tumor, sites, book, minutes, event.PHAGOCYTOSED, cause.KUPFFER, prey)
            if eater.load == 0:
                eater.digested_h = now_h + handling_h
            eater.load += 1
            if eater.state != kupffer.REPROGRAMMED:
                eater.state = kupffer.ENGULFING
