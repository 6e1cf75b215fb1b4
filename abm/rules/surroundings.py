"""Surroundings: where tumor cells are near, as rules skip the cells that have none nearby; and whom activated stellate cells touch."""

import numpy as np

from ..cells import stellate
from ..cells.stellate import STELLATE
from ..cells.tumor import CIRCULATING, TUMOR
from ..kernels.jit import jit
from ..kernels.sites import add_around, neighbour, reach_within, shifted
from ..kernels.tables import columns_of
from ..tissue.sites import LUMEN, TISSUE
from .immune_suppression import Suppressors, suppress


def beside_tumor(liver) -> np.ndarray:
    """How many settled tumor cells stand at each site and its eight neighbours, in both layers (uint8 lattice)."""
    counts = np.zeros(liver.shape, np.uint8)
    count_beside(counts, liver.tumor.used, liver.periodic)
    return counts


@jit(counted=False)
def count_beside(counts, tumor, periodic):
    """Add one to `counts` at every site that touches a settled tumor cell, for each of these."""
    for i in range(tumor.size):
        cell = tumor[i]
        if cell.alive != 0 and cell.state != CIRCULATING:
            add_around(counts, cell.row, cell.column, periodic)


@jit(counted=False)
def is_surrounded(sites, row, column, surrounded):
    """Whether at least `surrounded` of the eight neighbours hold a tumor cell, in whichever layer."""
    others = 0
    for k in range(8):
        r, c = neighbour(sites, row, column, k)
        if r < 0 or (sites.population[TISSUE, r, c] != TUMOR and sites.population[LUMEN, r, c] != TUMOR):
            others += 1
            if others > 8 - surrounded:
                return False
    return True


def marked(population, marks: np.ndarray) -> np.ndarray:
    """Which rows of a population are alive and stand where `marks` is not zero (bool, as long as `used`)."""
    rows = population.plain
    among = np.empty(rows.size, np.bool_)
    find_marked(rows["alive"], rows["row"], rows["column"], marks, among)
    return among


@jit(counted=False)
def find_marked(alive, row, column, marks, among):
    """Fill `among` with whether each row is alive and stands on a marked site."""
    for i in range(alive.size):
        among[i] = alive[i] != 0 and marks[row[i], column[i]] != 0


def within(liver, population, among: np.ndarray, reach: float) -> np.ndarray:
    """Which sites lie within `reach` (um) of the rows `among` (bool, as long as `used`) of a population (bool lattice)."""
    near = np.zeros(liver.shape, np.float32)
    cells = columns_of(population.rows, Suppressors)._replace(alive=among.view(np.uint8), state=among.view(np.uint8))
    suppress(cells, 0b10, np.float32(0.0), near, reach / liver.spacing_um, liver.periodic)
    return near != 0


def tumor_around(liver, layer: int, reach: float) -> np.ndarray:
    """For each block of the lattice, how many tumor cells of a layer stand in it and the eight blocks around (int64).

    Blocks are at least `reach` sites wide: where there are too few, there are too few within reach.
    """
    size = max(int(reach), 1)
    blocks = np.zeros([max(sites // size, 1) for sites in liver.shape], np.int64)
    count_around(blocks, liver.tumor.used, liver.sites, layer)
    return blocks


@jit(inline=True, counted=False)
def block_of(blocks, sites, row, column):
    """Row and column of the block in which a site lies."""
    rows, columns = sites.kind.shape
    return row * blocks.shape[0] // rows, column * blocks.shape[1] // columns


@jit
def count_around(blocks, tumor, sites, layer):
    """Add every settled tumor cell of a layer to its block and the eight around, to each once."""
    own = np.zeros(blocks.shape, np.int64)
    for i in range(tumor.size):
        cell = tumor[i]
        if cell.alive != 0 and cell.layer == layer and cell.state != CIRCULATING:
            row, column = block_of(blocks, sites, cell.row, cell.column)
            own[row, column] += 1
    top, bottom = reach_within(1, blocks.shape[0], sites.periodic)
    left, right = reach_within(1, blocks.shape[1], sites.periodic)
    for row in range(blocks.shape[0]):
        for column in range(blocks.shape[1]):
            for dr in range(top, bottom + 1):
                for dc in range(left, right + 1):
                    r = shifted(row, dr, blocks.shape[0], sites.periodic)
                    c = shifted(column, dc, blocks.shape[1], sites.periodic)
                    if own[row, column] != 0 and r >= 0 and c >= 0:
                        blocks[r, c] += own[row, column]


@jit(counted=False)
def beside_activated(stellate_cells, sites, row, column):
    """Whether an activated stellate cell is touched from a site."""
    for k in range(9):
        r, c = neighbour(sites, row, column, k)
        if r >= 0 and sites.population[TISSUE, r, c] == STELLATE:
            if stellate_cells[sites.occupant[TISSUE, r, c]].state == stellate.ACTIVATED:
                return True
    return False
