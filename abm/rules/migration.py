"""Migration: NK cells patrol the sinusoids, neutrophils crawl up the chemokine, tumor cells creep through the tissue.

NK cells and neutrophils crawl inside the sinusoids with some persistence (Geissmann 2005,
10.1371/journal.pbio.0030113; McDonald 2010, 10.1126/science.1195491) and pass over the cells that line the wall; they
look around after every site and stop at a tumor cell. NK cells turn back where tumor cells surround a sinusoid: patients
have a few of them within metastases and many around (Donadon 2017, 10.1007/s11605-017-3446-6). Where that is switched on, they
follow IFN-gamma by CXCR3, as T cells do (Yang 2025, 10.3892/or.2025.8963, ref 104). Where nothing calls them, they are equally
often on every stretch of sinusoid, though sinusoids run together towards the central veins. Mesenchymal tumor cells creep along the
space of Disse, epithelial ones and those in a nest stay (Yang 2025, ref 7).
"""

import math
from typing import Any, ClassVar

import numpy as np

from ..cells.population import Population
from ..cells.species import Walk
from ..cells.tumor import EXTRAVASATED, TUMOR
from ..kernels.contact import EVERYBODY, Sought, nobody_of
from ..kernels.jit import jit
from ..kernels.random import draw_each, hash64, uniform, unit
from ..kernels.sites import count_touching, length_of, move, neighbour
from ..kernels.tables import Rows, columns_of
from ..kernels.walk import (
    NO_HINDRANCE,
    NO_LURE,
    STAYS,
    Hindrance,
    Lure,
    Pace,
    Walkers,
    walk,
)
from ..ledger import cause, event
from ..ledger.ledger import enter
from ..liver import Liver
from ..target import Target
from ..tissue.sites import PARENCHYMA, SINUSOID, TISSUE
from ..units import Fraction, Hours, MicrometersPerMinute, parameter, value_at
from .rule import Rule, RuleParameters
from .surroundings import beside_tumor


class Migration(Rule):
    name = "migration"
    reads = ("tumor", "cxcl1", "ifn_gamma", "ccl2", "ecm", "hepatocytes")
    writes = (
        "natural_killer",
        "neutrophil",
        "cd8",
        "cd4",
        "treg",
        "dendritic",
        "macrophage",
        "suppressor",
        "inkt",
        "tumor",
    )
    events: ClassVar = {"encountered": ("cd8",)}
    inhibited = ("tumor_speed",)
    inhibitor = Target("tumor cells that cannot move", "Ritsma 2012, 10.1126/scitranslmed.3004394", "unverified")

    class Parameters(RuleParameters):
        nk_speed: MicrometersPerMinute = parameter(
            "5 um/min",
            low="3 um/min",
            high="10 um/min",
            mark="checked",
            source="Ichise 2022, 10.7554/eLife.76269 (lung capillaries)",
            description="path speed of a patrolling NK cell",
        )
        nk_persistence: Hours = parameter(
            "0.2 h",
            low="0.1 h",
            high="0.5 h",
            mark="derived",
            source="PMC9250760: 12 min for CD8 T cells in liver",
            description="persistence time of the direction of an NK cell",
        )
        nk_exclusion: Fraction = parameter(
            0.9,
            low=0,
            high=0.98,
            mark="assumed",
            source="Donadon 2017, 10.1007/s11605-017-3446-6: 0.2 to 5 NK cells per mm2 within metastases, 4 to 27 in the liver",
            description="chance that an NK cell turns back before a stretch of sinusoid that tumor cells surround and squeeze",
        )
        nk_chemotaxis: Fraction = parameter(
            0.0,
            low=0,
            high=1,
            mark="assumed",
            source="none by default; Yang 2025, 10.3892/or.2025.8963, ref 104 (direction); 0.6 is that of T cells",
            description="chance that an NK cell in saturating chemokine follows the gradient at a move",
        )
        t_cell_patrol_speed: MicrometersPerMinute = parameter(
            "8 um/min",
            low="4 um/min",
            high="12 um/min",
            mark="unverified",
            source="Guidotti 2015, 10.1016/j.cell.2015.03.021; McNamara 2017",
            description="path speed of a T cell in the sinusoids",
        )
        t_cell_speed: MicrometersPerMinute = parameter(
            "5 um/min",
            low="2 um/min",
            high="10 um/min",
            mark="unverified",
            source="intravital and slice imaging of tumors; a published model takes 4",
            description="path speed of a T cell in loose tissue",
        )
        t_cell_persistence: Hours = parameter(
            "0.2 h",
            low="0.15 h",
            high="0.25 h",
            mark="checked",
            source="PMC9250760: 12 min for CD8 T cells in liver",
            description="persistence time of the direction of a T cell",
        )
        t_cell_chemotaxis: Fraction = parameter(
            0.6,
            low=0.2,
            high=1,
            mark="assumed",
            source="as for neutrophils, and less",
            description="chance that a T cell in saturating chemokine follows the gradient at a move",
        )
        t_cell_hindrance: Fraction = parameter(
            0.8,
            low=0.4,
            high=0.95,
            mark="assumed",
            source="Salmon 2012, 10.1172/JCI45817: poor motility in dense matrix (direction)",
            description="share of the speed of a T cell, and of its density, that full matrix takes",
        )
        t_cell_crowding: Fraction = parameter(
            0.5,
            low=0.2,
            high=0.9,
            mark="assumed",
            source="Salmon 2012, 10.1172/JCI45817: fewer T cells in tumor islets than in the stroma (direction)",
            description="share of the speed of a T cell, and of its density, that tumor cells at the sites take",
        )
        dendritic_speed: MicrometersPerMinute = parameter(
            "3 um/min",
            low="1 um/min",
            high="8 um/min",
            mark="unverified",
            source="intravital imaging of dendritic cells in tissues",
            description="path speed of an immature dendritic cell in loose tissue",
        )
        neutrophil_speed: MicrometersPerMinute = parameter(
            "10 um/min",
            low="5 um/min",
            high="15 um/min",
            mark="unverified",
            source="McDonald 2010, 10.1126/science.1195491",
            description="path speed of a crawling neutrophil",
        )
        neutrophil_persistence: Hours = parameter(
            "0.1 h",
            low="0.03 h",
            high="0.3 h",
            mark="assumed",
            source="intravital tracks",
            description="persistence time of the direction of a neutrophil",
        )
        chemotaxis: Fraction = parameter(
            0.8,
            low=0.2,
            high=1,
            mark="assumed",
            source="McDonald 2010, 10.1126/science.1195491: crawling up the gradient",
            description="chance that a neutrophil in saturating CXCL1 follows the gradient at a move",
        )
        tumor_speed: MicrometersPerMinute = parameter(
            "0.2 um/min",
            low="0.05 um/min",
            high="1 um/min",
            mark="unverified",
            source="intravital carcinoma 0.1-1 um/min",
            description="path speed of a fully mesenchymal tumor cell in the tissue; an epithelial one stays",
        )
        cohesion: Fraction = parameter(
            0.9,
            low=0.5,
            high=1,
            mark="assumed",
            source="cell-cell adhesion in a colony; Yang 2025, 10.3892/or.2025.8963, refs 7, 8",
            description="how far contact with another tumor cell holds a fully mesenchymal one back; epithelial ones stay",
        )

    parameters: Parameters

    def prepare(self, liver: Liver) -> None:
        """How far each population walks in a step."""
        self.paces = {}
        for name, population in liver.populations.items():
            for walks in population.species.walks:
                self.paces[name, walks] = pace_of(population, walks, liver)

    def apply(self, liver: Liver) -> None:
        beside = beside_tumor(liver)
        orders: dict[str, np.ndarray] = {}
        for (name, walks), pace in self.paces.items():
            cells = liver.populations[name]
            if cells.count:
                if name not in orders:
                    orders[name] = cells.order(liver.key(self.name), liver.step_number)
                self.let_walk(liver, cells, orders[name], walks, pace, beside)
        p = self.parameters
        cells = liver.tumor
        if cells.count and p.tumor_speed > 0.0:
            key, step = liver.key(self.name), liver.step_number
            path_um = p.tumor_speed * liver.dt_minutes
            moving = getting_on(cells.used, key, step, path_um, liver.spacing_um)
            creep(
                cells.rows,
                liver.sites,
                key,
                step,
                cells.order(key, step, moving),
                path_um,
                liver.spacing_um,
                liver.hepatocytes,
                1.0 - p.cohesion,
            )

    def let_walk(
        self,
        liver: Liver,
        cells: Population,
        order: np.ndarray,
        walks: Walk,
        pace: Pace,
        beside: np.ndarray,
    ) -> None:
        """The cells of one population walk in `order` (slots); `beside`: how many tumor cells are touched from each site (uint8
        lattice)."""
        tumor, rows = liver.tumor, cells.rows
        key, step = liver.key(self.name), liver.step_number
        lure = NO_LURE
        if walks.up is not None and value_at(liver.config, walks.chemotaxis) > 0.0:
            left = liver.left(walks.receptor) if walks.receptor else 1.0
            lure = Lure(liver.signal(walks.up), value_at(liver.config, walks.chemotaxis) * left)
        ignored = nobody_of(rows.size) if walks.contact is None else rows.target
        if walks.knowing:
            ignored = np.where(np.any([rows[way.column] != 0 for way in walks.knowing], axis=0), rows.target, EVERYBODY)
        exclusion = value_at(liver.config, walks.exclusion) if walks.exclusion else 0.0
        sought = Sought(TUMOR, beside, tumor.rows.uid, ignored, walks.contact is not None, exclusion)
        columns, layer = columns_of(rows, Walkers), cells.species.layer_of(walks)
        ground = liver.ground(layer)._replace(hindrance=hindrance_of(walks, liver))
        met = walk(columns, cells.code, liver.sites, layer, ground, pace, lure, sought, key, step, order)
        if walks.touching is not None:
            touch(rows[walks.touching], order, met)
        if walks.contact is not None and (met >= 0).any():
            book, contact = liver.ledger.book(order.size), cells.number_of(walks.contact)
            by = cause.NAMES.index(cells.name) if cells.name in cause.NAMES else cause.NONE
            meet(
                rows.uid,
                rows.state,
                rows.target,
                contact,
                tumor.rows,
                liver.sites.zone,
                book,
                liver.minutes,
                order,
                met,
                by,
                key,
                chances_to_recognise(walks, rows, liver.config),
            )


def chances_to_recognise(walks: Walk, rows: Rows, config) -> np.ndarray:
    """The chance of each of the cells (float64, by slot) that it recognises a tumor cell that it meets, by the best of its ways."""
    if not walks.knowing:
        return np.ones(rows.size)
    ways = [(rows[way.column] != 0, math.prod(value_at(config, shown) for shown in way.shown)) for way in walks.knowing]
    return np.max([np.where(has, chance, 0.0) for has, chance in ways], axis=0)


def hindrance_of(walks: Walk, liver: Liver) -> Hindrance:
    """What hinders those who walk so: matrix and tumor cells."""
    if not walks.hindrance and not walks.crowding:
        return NO_HINDRANCE
    by_matrix = value_at(liver.config, walks.hindrance) if walks.hindrance else 0.0
    by_cells = value_at(liver.config, walks.crowding) if walks.crowding else 0.0
    return Hindrance(liver.ecm, liver.sites.population[TISSUE], TUMOR, by_matrix, by_cells)


def pace_of(cells: Population, walks: Walk, liver: Liver) -> Pace:
    """How far the cells of a population walk in a step."""
    speed, persistence = value_at(liver.config, walks.speed), value_at(liver.config, walks.persistence)
    states = sum(1 << cells.number_of(state) for state in walks.states or cells.states)
    return Pace(states, speed * liver.dt_minutes, speed * persistence * 60.0, liver.spacing_um)


@jit(counted=False)
def touch(touching, order, met):
    """Enter into the column `touching` whether the cells of `order` (slots) have met somebody; those that walk at all."""
    for n in range(order.size):
        if met[n] != STAYS:
            touching[order[n]] = met[n] >= 0


@jit(inline=True, counted=False)
def recognises(key, cell, prey, chance):
    """Whether a cell recognises a tumor cell (uids), of which it does the share `chance`: always or never, for one pair."""
    return chance >= 1.0 or unit(hash64(key, cell, np.int64(prey >> np.uint64(1)), 0)) < chance


@jit(counted=False)
def meet(uid, state, target, contact, tumor, zone, book, minutes, order, met, by, key, chances):
    """The cells of `order` (slots) that have met a tumor cell (the slots `met`) remember it as their target (columns uid, state and
    target). Those that recognise it, each with its chance (`chances`, float64), are now in the state `contact` with it; the
    ledger enters the encounter, by the cause `by`."""
    for n in range(order.size):
        if met[n] >= 0:
            prey = tumor[met[n]]
            target[order[n]] = prey.uid
            if recognises(key, uid[order[n]], prey.uid, chances[order[n]]):
                state[order[n]] = contact
                enter(book, minutes, event.ENCOUNTERED, by, prey, zone[prey.row, prey.column])


@jit(counted=False)
def can_creep_to(sites, hepatocytes, row, column):
    """Whether a tumor cell in the tissue finds room at a site: in Disse, or in a plate whose hepatocyte is gone."""
    if row < 0 or sites.population[TISSUE, row, column] != 0:
        return False
    kind = sites.kind[row, column]
    return kind == SINUSOID or (kind == PARENCHYMA and hepatocytes[row, column] == 0)


@jit(counted=False)
def way_to_creep(sites, hepatocytes, row, column, draw):
    """Direction of one of the neighbouring sites with room, each equally likely by `draw` in [0, 1); -1 without any."""
    ways = 0
    for k in range(8):
        r, c = neighbour(sites, row, column, k)
        if can_creep_to(sites, hepatocytes, r, c):
            ways += 1
    chosen: Any = np.int64(draw * ways)
    for k in range(8):
        r, c = neighbour(sites, row, column, k)
        if can_creep_to(sites, hepatocytes, r, c):
            if chosen == 0:
                return k
            chosen -= 1
    return -1


@jit
def getting_on(tumor, key, step, path_um, spacing_um):
    """Which rows (bool) are extravasated cells that get as far as the next site in this step, if nothing holds them:
    hardly any of them do, and the others need not look around."""
    draws = draw_each(key, step, tumor.uid, 1)
    moving = np.empty(tumor.size, np.bool_)
    for i in range(tumor.size):
        reach = path_um * np.float64(tumor[i].emt)
        far_enough = reach >= spacing_um or unit(draws[i]) * spacing_um < reach
        moving[i] = far_enough and tumor[i].alive != 0 and tumor[i].state == EXTRAVASATED
    return moving


@jit(counted=False)
def creep(tumor, sites, key, step, order, path_um, spacing_um, hepatocytes, looseness):
    """Extravasated cells of `order` (slots, those that are `getting_on`) creep along the space of Disse and where
    hepatocytes are gone already; a nest holds its cells together, mesenchymal ones less (`looseness` of their free
    reach)."""
    for slot in order:
        cell = tumor[slot]
        left = path_um * np.float64(cell.emt)
        if count_touching(sites, TUMOR, TISSUE, cell.row, cell.column) > 1:
            left *= np.float64(cell.emt) * looseness
        n = 0
        while left > 0.0:
            direction = way_to_creep(sites, hepatocytes, cell.row, cell.column, uniform(key, step, cell.uid, n))
            if direction < 0:
                break
            length = spacing_um * length_of(direction)
            if left < length and uniform(key, step, cell.uid, n + 1) * length >= left:
                break
            left -= length
            n += 2
            row, column = neighbour(sites, cell.row, cell.column, direction)
            move(sites, TUMOR, TISSUE, cell, slot, row, column)
