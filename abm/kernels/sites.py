"""Neighbourhoods and occupancy: who stands where, who touches whom.

`Sites` bundles the lattices that nearly every kernel looks at. All are indexed [row, column], the two occupancy
lattices [layer, row, column]. A neighbourhood is the eight sites around one, numbered 0-7; 8 is the site itself.
"""

from typing import NamedTuple

import numpy as np

from .jit import jit

ROW_OFFSET = np.array([-1, -1, 0, 1, 1, 1, 0, -1, 0])
COLUMN_OFFSET = np.array([0, 1, 1, 1, 0, -1, -1, -1, 0])
"""Clockwise from straight up, so that neighbouring numbers are neighbouring directions; number 8 is the site itself."""

LOWEST = np.array([0] + [(bits & -bits).bit_length() - 1 for bits in range(1, 256)])
"""The lowest direction of those whose bits are set: to go through a few of eight, take it, then `bits &= bits - 1`."""

DIAGONAL = 1.4142135623730951
"""How far, in sites, a neighbour in an odd direction is."""


class Sites(NamedTuple):
    """The lattices of one liver, as kernels see them.

    kind, zone, perfused: uint8 [row, column]; occupant: int32 slot of the cell, or -1, [layer, row, column];
    population: uint8 code of that cell's population, 0 for nobody; endothelium: int32 slot of the LSEC, or -1.
    """

    kind: np.ndarray
    zone: np.ndarray
    perfused: np.ndarray
    occupant: np.ndarray
    population: np.ndarray
    endothelium: np.ndarray
    periodic: bool


@jit(inline=True, counted=False)
def reach_within(reach, size, periodic):
    """The first and last offset along an axis of `size` sites that look at everything within `reach` once: around a
    periodic axis that is shorter than the reach, each site from its nearer side."""
    if periodic and 2 * reach + 1 > size:
        return -((size - 1) // 2), size // 2
    return -min(reach, size - 1), min(reach, size - 1)


@jit(inline=True, counted=False)
def shifted(index, offset, size, periodic):
    """`index + offset` within `size`, wrapped when periodic, else -1 beyond the edge. No offset is larger than `size`:
    those of a reach are from `reach_within`."""
    moved = index + offset
    if moved < 0:
        return moved + size if periodic else -1
    if moved >= size:
        return moved - size if periodic else -1
    return moved


@jit(inline=True, counted=False)
def neighbour(sites, row, column, direction):
    """Row and column of the neighbour in `direction` (0-8); (-1, -1) beyond a closed edge."""
    rows, columns = sites.kind.shape
    r = shifted(row, ROW_OFFSET[direction], rows, sites.periodic)
    c = shifted(column, COLUMN_OFFSET[direction], columns, sites.periodic)
    if r < 0 or c < 0:
        return -1, -1
    return r, c


@jit(inline=True, counted=False)
def length_of(direction):
    """How far, in sites, the neighbour in a direction is."""
    return DIAGONAL if direction & 1 else 1.0


@jit(counted=False)
def touching(sites, code, layer, row, column, turn):
    """Slot of a cell of population `code` in `layer` at the site or its eight neighbours, looked for from direction
    `turn` on so that no side is favoured; -1 if there is none."""
    if not is_touched(sites, code, layer, row, column):
        return -1
    for k in range(9):
        r, c = neighbour(sites, row, column, (turn + k) % 9)
        if r >= 0 and sites.population[layer, r, c] == code:
            return sites.occupant[layer, r, c]
    return -1


@jit(inline=True, counted=False)
def count_touching(sites, code, layer, row, column):
    """How many cells of population `code` in `layer` stand at the site or its eight neighbours."""
    rows, columns = sites.kind.shape
    found = 0
    if 0 < row < rows - 1 and 0 < column < columns - 1:  # away from the edges nothing wraps: four times quicker
        for r in range(row - 1, row + 2):
            for c in range(column - 1, column + 2):
                found += sites.population[layer, r, c] == code
        return found
    for k in range(9):
        r, c = neighbour(sites, row, column, k)
        if r >= 0 and sites.population[layer, r, c] == code:
            found += 1
    return found


@jit(counted=False)
def is_touched(sites, code, layer, row, column):
    """Whether a cell of population `code` in `layer` stands at the site or its eight neighbours."""
    return count_touching(sites, code, layer, row, column) > 0


@jit(inline=True, counted=False)
def add_around(counts, row, column, periodic):
    """Add one to `counts` (uint8 [row, column]) at a site and its eight neighbours."""
    rows, columns = counts.shape
    if 0 < row < rows - 1 and 0 < column < columns - 1:  # away from the edges nothing wraps
        for r in range(row - 1, row + 2):
            for c in range(column - 1, column + 2):
                counts[r, c] += 1
        return
    for k in range(9):
        r, c = shifted(row, ROW_OFFSET[k], rows, periodic), shifted(column, COLUMN_OFFSET[k], columns, periodic)
        if r >= 0 and c >= 0:
            counts[r, c] += 1


@jit
def ways_along(kind, which, periodic):
    """Which neighbours of each site are `which` in `kind` (uint8 lattice): uint8 [row, column], bit k stands for direction k."""
    rows, columns = kind.shape
    ways = np.zeros((rows, columns), np.uint8)
    for row in range(rows):
        for column in range(columns):
            for k in range(8):
                r, c = shifted(row, ROW_OFFSET[k], rows, periodic), shifted(column, COLUMN_OFFSET[k], columns, periodic)
                if r >= 0 and c >= 0 and kind[r, c] == which:
                    ways[row, column] |= np.uint8(1 << k)
    return ways


@jit(inline=True, counted=False)
def place(sites, code, layer, row, column, slot):
    """Put a cell where nobody stands; False (and nothing done) if somebody does."""
    if sites.population[layer, row, column] != 0:
        return False
    sites.population[layer, row, column] = code
    sites.occupant[layer, row, column] = slot
    return True


@jit(inline=True, counted=False)
def lift(sites, layer, row, column):
    """Take the cell of a site away."""
    sites.population[layer, row, column] = 0
    sites.occupant[layer, row, column] = -1


@jit(inline=True, counted=False)
def move(sites, code, layer, cell, slot, row, column):
    """Shift a cell (the row `slot` of its table) to a free site of its layer."""
    lift(sites, layer, cell.row, cell.column)
    cell.row = row
    cell.column = column
    place(sites, code, layer, row, column, slot)


@jit(counted=False)
def offset_between(start, end, size, periodic):
    """Signed distance from `start` to `end`, the shorter way round when periodic."""
    distance = end - start
    if periodic:
        if distance > size // 2:
            distance -= size
        elif distance < -(size // 2):
            distance += size
    return distance
