"""Migration: NK cells patrol the sinusoids, neutrophils crawl up the chemokine, tumor cells creep through the tissue.

NK cells and neutrophils crawl inside the sinusoids with some persistence (Geissmann 2005,
10.1371/journal.pbio.0030113; McDonald 2010, 10.1126/science.1195491) and pass over the cells that line the wall; they
look around after every site and stop at a tumor cell. Mesenchymal tumor cells creep along the space of Disse,
epithelial ones and those in a nest stay (Yang 2025, 10.3892/or.2025.8963, ref 7).
"""

import numpy as np

from ..cells import natural_killer, neutrophil
from ..cells.population import NATURAL_KILLER, NEUTROPHIL, TUMOR
from ..cells.tumor import EXTRAVASATED
from ..kernels.jit import jit
from ..kernels.random import hash64, uniform
from ..kernels.sites import count_touching, lift, neighbour, place, touches_any, touching
from ..record import cause, event
from ..record.ledger import enter
from ..tissue.sites import LUMEN, PARENCHYMA, SINUSOID, TISSUE
from ..units import Fraction, Hours, MicrometersPerMinute, parameter
from .rule import Rule, RuleParameters

_MOST_HOPS = 3  # sites occupied by others that one move may pass over
_TURNS = np.array([0, 1, -1, 2, -2, 3, -3, 4])
_DIAGONAL = 1.4142135623730951


class Migration(Rule):
    name = "migration"
    reads = ("tumor", "cxcl1", "hepatocytes")
    writes = ("natural_killer", "neutrophil", "tumor")
    events = ("encountered",)

    class Parameters(RuleParameters):
        nk_speed: MicrometersPerMinute = parameter(
            "5 um/min", low="3 um/min", high="10 um/min", mark="checked",
            source="Ichise 2022, 10.7554/eLife.76269 (lung capillaries)",
            description="path speed of a patrolling NK cell")
        nk_persistence: Hours = parameter(
            "0.2 h", low="0.1 h", high="0.5 h", mark="derived", source="PMC9250760: 12 min for CD8 T cells in liver",
            description="persistence time of the direction of an NK cell")
        neutrophil_speed: MicrometersPerMinute = parameter(
            "10 um/min", low="5 um/min", high="15 um/min", mark="unverified",
            source="McDonald 2010, 10.1126/science.1195491",
            description="path speed of a crawling neutrophil")
        neutrophil_persistence: Hours = parameter(
            "0.1 h", low="0.03 h", high="0.3 h", mark="assumed", source="intravital tracks",
            description="persistence time of the direction of a neutrophil")
        chemotaxis: Fraction = parameter(
            0.8, low=0.2, high=1, mark="assumed",
            source="McDonald 2010, 10.1126/science.1195491: crawling up the gradient",
            description="chance that a neutrophil in saturating CXCL1 follows the gradient at a move")
        tumor_speed: MicrometersPerMinute = parameter(
            "0.2 um/min", low="0.05 um/min", high="1 um/min", mark="unverified",
            source="intravital carcinoma 0.1-1 um/min",
            description="path speed of a fully mesenchymal tumor cell in the tissue; an epithelial one stays")
        cohesion: Fraction = parameter(
            0.9, low=0.5, high=1, mark="assumed", source="cell-cell adhesion in a colony; Yang 2025, 10.3892/or.2025.8963, refs 7, 8",
            description="how far contact with another tumor cell holds a fully mesenchymal one back; epithelial ones stay")

    parameters: Parameters

    def apply(self, liver) -> None:
        p = self.parameters
        key, step = liver.key(self.name), liver.step_number
        minutes = liver.dt_minutes
        cells = liver.natural_killer
        if cells.count:
            patrol(
                cells.rows, liver.tumor.rows, liver.sites, liver.ledger.book(cells.count), liver.minutes, key, step,
                cells.order(key, step), p.nk_speed * minutes,
                liver.spacing_um, p.nk_speed * p.nk_persistence * 60.0,
            )
        cells = liver.neutrophil
        if cells.count:
            crawl(
                cells.rows, liver.sites, key, step, cells.order(key, step), p.neutrophil_speed * minutes,
                liver.spacing_um, p.neutrophil_speed * p.neutrophil_persistence * 60.0, liver.signal("cxcl1"),
                p.chemotaxis,
            )
        cells = liver.tumor
        if cells.count and p.tumor_speed > 0.0:
            creep(
                cells.rows, liver.sites, key, step, cells.order(key, step), p.tumor_speed * minutes, liver.spacing_um,
                liver.hepatocytes, 1.0 - p.cohesion,
            )


@jit
def next_lumen_site(sites, row, column, heading, side):
    """The next sinusoid site from a site, as straight on as the vessel allows; cells on the way are passed over, at
    most three. `side`, 1 or -1, is the one looked to first where the vessel turns. Returns row, column, direction and
    length (in sites); when there is no free site, row and column are -1, and the direction is the way back."""
    r, c, direction, length = row, column, heading, 0.0
    for hops in range(_MOST_HOPS + 1):
        on_row, on_column, on_direction = -1, -1, direction
        for turn in _TURNS:
            if hops > 0 and turn == 4:
                continue
            trial = (direction + side * turn) % 8
            a, b = neighbour(sites, r, c, trial)
            if a >= 0 and sites.kind[a, b] == SINUSOID and sites.population[LUMEN, a, b] != TUMOR:
                on_row, on_column, on_direction = a, b, trial
                break
        if on_row < 0:
            break
        r, c, direction = on_row, on_column, on_direction
        length += _DIAGONAL if direction % 2 == 1 else 1.0
        if sites.population[LUMEN, r, c] == 0:
            return r, c, direction, length
    return -1, -1, (heading + 4) % 8, 1.0


@jit
def move(sites, code, layer, cell, slot, row, column):
    """Shift a cell (a table row) to a free site of its layer."""
    lift(sites, layer, cell.row, cell.column)
    cell.row = row
    cell.column = column
    place(sites, code, layer, row, column, slot)


@jit
def met_tumor(sites, tumor, row, column, turn, ignored):
    """Slot of a tumor cell touching a lumen site, in the lumen first, then through the wall; not the cell `ignored`."""
    if not touches_any(sites, TUMOR, row, column):
        return -1
    for layer in (LUMEN, TISSUE):
        slot = touching(sites, TUMOR, layer, row, column, turn)
        if slot >= 0 and tumor[slot].uid == ignored:
            slot = -1
            for k in range(9):
                r, c = neighbour(sites, row, column, (turn + k) % 9)
                if r >= 0 and sites.population[layer, r, c] == TUMOR:
                    if tumor[sites.occupant[layer, r, c]].uid != ignored:
                        slot = sites.occupant[layer, r, c]
                        break
        if slot >= 0:
            return slot
    return -1


@jit
def side_first(bits):
    """1 or -1, by the lowest of 64 random bits."""
    return 1 if bits & np.uint64(1) else -1


@jit
def next_heading(bits, direction, length_um, memory_um):
    """The heading after a move of `length_um` in `direction`: the same, or a random one when the cell has forgotten it
    on the way, of which it walks `memory_um` on average before it does. By the upper 53 of 64 random bits."""
    forget = -np.expm1(-length_um / memory_um) if memory_um > 0.0 else 1.0
    draw = np.float64(bits >> np.uint64(11)) / 2.0**53
    return np.int64(draw / forget * 8.0) if draw < forget else direction


@jit
def patrol(nk, tumor, sites, book, now, key, step, order, path_um, spacing_um, memory_um):
    """Patrolling NK cells of `order` (slots) walk `path_um` of sinusoid, stopping at the first tumor cell."""
    for slot in order:
        cell = nk[slot]
        if cell.state != natural_killer.PATROLLING:
            continue
        left = path_um
        n = 0
        while True:
            heading = np.int64(cell.heading)
            prey = met_tumor(sites, tumor, cell.row, cell.column, heading, cell.target)
            if prey >= 0:
                cell.state = natural_killer.IN_CONTACT
                cell.target = tumor[prey].uid
                enter(book, now, event.ENCOUNTERED, cause.NONE, tumor[prey], sites.zone[tumor[prey].row, tumor[prey].column])
                break
            if left <= 0.0:
                break
            bits = hash64(key, cell.uid, step, n)
            row, column, direction, length = next_lumen_site(sites, cell.row, cell.column, heading, side_first(bits))
            length *= spacing_um
            if left < length and uniform(key, step, cell.uid, n + 1) * length >= left:
                break
            left -= length
            n += 2
            cell.heading = next_heading(bits, direction, length, memory_um)
            if row >= 0:
                move(sites, NATURAL_KILLER, LUMEN, cell, slot, row, column)


@jit
def uphill(sites, field, row, column):
    """Direction of the neighbouring sinusoid site with the highest level, if above that of the site; else -1."""
    best = field[row, column]
    direction = -1
    for k in range(8):
        r, c = neighbour(sites, row, column, k)
        if r >= 0 and sites.kind[r, c] == SINUSOID and field[r, c] > best:
            best = field[r, c]
            direction = k
    return direction


@jit
def crawl(cells, sites, key, step, order, path_um, spacing_um, memory_um, cxcl1, chemotaxis):
    """Neutrophils of `order` (slots) crawl `path_um` of sinusoid, up the chemokine where there is some, and stay with
    the first tumor cell they touch."""
    for slot in order:
        cell = cells[slot]
        if cell.state == neutrophil.NETTING:
            continue
        left = path_um
        n = 0
        while True:
            touches = touches_any(sites, TUMOR, cell.row, cell.column)
            cell.bridging = 1 if touches else 0
            if touches or left <= 0.0:
                break
            heading = np.int64(cell.heading)
            level = np.float64(cxcl1[cell.row, cell.column])
            if level > 0.0 and uniform(key, step, cell.uid, n + 2) < chemotaxis * level / (1.0 + level):
                better = uphill(sites, cxcl1, cell.row, cell.column)
                heading = better if better >= 0 else heading
            bits = hash64(key, cell.uid, step, n)
            row, column, direction, length = next_lumen_site(sites, cell.row, cell.column, heading, side_first(bits))
            length *= spacing_um
            if left < length and uniform(key, step, cell.uid, n + 1) * length >= left:
                break
            left -= length
            n += 3
            cell.heading = next_heading(bits, direction, length, memory_um)
            if row >= 0:
                move(sites, NEUTROPHIL, LUMEN, cell, slot, row, column)


@jit
def can_creep_to(sites, hepatocytes, row, column):
    """Whether a tumor cell in the tissue finds room at a site: in Disse, or in a plate whose hepatocyte is gone."""
    if row < 0 or sites.population[TISSUE, row, column] != 0:
        return False
    kind = sites.kind[row, column]
    return kind == SINUSOID or (kind == PARENCHYMA and hepatocytes[row, column] == 0)


@jit
def way_on(sites, hepatocytes, row, column, draw):
    """Direction of one of the neighbouring sites with room, each equally likely by `draw` in [0, 1); -1 without any."""
    ways = 0
    for k in range(8):
        r, c = neighbour(sites, row, column, k)
        if can_creep_to(sites, hepatocytes, r, c):
            ways += 1
    chosen = np.int64(draw * ways)
    for k in range(8):
        r, c = neighbour(sites, row, column, k)
        if can_creep_to(sites, hepatocytes, r, c):
            if chosen == 0:
                return k
            chosen -= 1
    return -1


@jit
def creep(tumor, sites, key, step, order, path_um, spacing_um, hepatocytes, looseness):
    """Extravasated cells of `order` (slots) creep along the space of Disse and where hepatocytes are gone already; a
    nest holds its cells together, mesenchymal ones less (`looseness` of their free reach)."""
    for slot in order:
        cell = tumor[slot]
        if cell.state != EXTRAVASATED:
            continue
        left = path_um * np.float64(cell.emt)
        if count_touching(sites, TUMOR, TISSUE, cell.row, cell.column) > 1:
            left *= np.float64(cell.emt) * looseness
        n = 0
        while left > 0.0:
            direction = way_on(sites, hepatocytes, cell.row, cell.column, uniform(key, step, cell.uid, n))
            if direction < 0:
                break
            length = spacing_um * (_DIAGONAL if direction % 2 == 1 else 1.0)
            if left < length and uniform(key, step, cell.uid, n + 1) * length >= left:
                break
            left -= length
            n += 2
            row, column = neighbour(sites, cell.row, cell.column, direction)
            move(sites, TUMOR, TISSUE, cell, slot, row, column)
