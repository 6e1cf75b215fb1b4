"""Geometric multigrid for  (rate + s(x)) c - D lap(c) = b(x)  on a lattice of square sites.

The finest level has the isotropic nine-point Laplacian, the tensor form X + Y + h²/6 X Y of the second differences
X and Y along the columns and the rows (Patra and Karttunen 2006, doi:10.1002/num.20129): symmetric and conservative
with zero-flux and with periodic edges, with an error h²/12 lap(lap(c)) that favours no direction. All its
off-diagonal elements have one sign, so that the exact solution for non-negative b is non-negative.

Any size is halved by joining neighbours two by two, down to a single site, where the equation is solved exactly. An
odd row or column left over stays a narrower block, so that coarse levels are finite volumes on a tensor grid (with
five points wherever widths are unequal). Residuals are averaged over the volume and corrections interpolated linearly.
Sinks are averaged with the weights of that interpolation: the coarse grid then has at least the absorption that its
corrections meet on the fine one (the Galerkin product, lumped), and they do not overshoot where perfused and unperfused
tissue meet. With plain averages the cycles may diverge there.

The smoother is Jacobi with two steps whose lengths are the Chebyshev points of the rough part of the spectrum. It costs
as much as one red-black Gauss-Seidel sweep and smooths better, needs no colours with nine points, prefers no
direction, and its inner loops are contiguous.

A level's arrays are stretches of flat arrays (`levels` says where), so one compiled function walks all levels.
"""

from typing import NamedTuple

import numpy as np

from abm.kernels.jit import jit

BEFORE, AFTER, SHARE, LEAN, OWN_WEIGHT, NEXT_WEIGHT = 0, 1, 2, 3, 4, 5
"""Rows of an axis table: couplings to the previous and next block (1/s), a block's share of its parent's volume, how
far the interpolation leans from the parent to the parent's neighbour on this block's side, and the weights that the
block's sink has in the averages of the parent and of that neighbour."""

ROWS, COLUMNS, FIRST_SITE, FIRST_ROW, FIRST_COLUMN = 0, 1, 2, 3, 4
"""Columns of `levels`: the level's shape, and where its sites (of coarse levels), rows and columns start in the flat
arrays."""

CORNER, SHORT, LONG = 0, 1, 2
"""Columns of `smoothing`: weight (s) of the product XY, and the two step lengths of the smoother."""

_ROUGH_SPECTRUM = {9: (0.6, 1.6), 5: (0.5, 2.0)}
"""Eigenvalues of the Laplacian over its diagonal that a twice coarser grid cannot represent, by points of stencil."""

_VANISHING = np.float32(1e-30)  # below this a level is zero: no work with denormal numbers
_MAGNITUDE = np.int32(0x7FFFFFFF)


class Grid(NamedTuple):
    """The levels of one lattice, their coefficients, and room to work; kernels take it as one argument.

    The finest level's values, right side and sink are arrays of their own; those of the coarse levels lie one after the
    other in `corrections`, `residuals` and `sinks`.
    """

    levels: np.ndarray  # int64 [levels, 5]
    row_tables: np.ndarray  # float32, the axis tables of all levels one after the other
    column_tables: np.ndarray
    smoothing: np.ndarray  # float32 [levels, 3]
    corrections: np.ndarray  # float32 [sites of all coarse levels]
    residuals: np.ndarray  # likewise, 1/s
    sinks: np.ndarray  # likewise, 1/s
    buffers: np.ndarray  # float32 [4, longest side + 2], scratch
    totals: np.ndarray  # float64 [2, columns], scratch


def build(shape: tuple[int, int], coupling: float, periodic: bool) -> Grid:
    """The grid of a lattice of `shape`; `coupling` is the diffusion coefficient over the squared spacing, 1/s."""
    axes = [_widths(size) for size in shape]
    depth = max(len(axis) for axis in axes)
    axes = [axis + [axis[-1]] * (depth - len(axis)) for axis in axes]
    tables = [[_axis_table(axis, k, coupling, periodic).ravel() for k in range(depth)] for axis in axes]
    levels = np.zeros((depth, 5), np.int64)
    levels[:, ROWS], levels[:, COLUMNS] = ([width.size for width in axis] for axis in axes)
    sites = levels[:, ROWS] * levels[:, COLUMNS]
    levels[2:, FIRST_SITE] = np.cumsum(sites[1:-1])
    levels[1:, FIRST_ROW] = np.cumsum(levels[:-1, ROWS])
    levels[1:, FIRST_COLUMN] = np.cumsum(levels[:-1, COLUMNS])
    return Grid(
        levels,
        *(np.concatenate(table) for table in tables),
        smoothing=np.array([_smoothing(*widths, coupling) for widths in zip(*axes, strict=True)], np.float32),
        corrections=np.zeros(np.sum(sites[1:]), np.float32),
        residuals=np.zeros(np.sum(sites[1:]), np.float32),
        sinks=np.zeros(np.sum(sites[1:]), np.float32),
        buffers=np.zeros((4, max(shape) + 2), np.float32),
        totals=np.zeros((2, shape[1]), np.float64),
    )


def _widths(size: int) -> list[np.ndarray]:
    """Widths of the blocks of every level of one axis, in sites."""
    widths = [np.ones(size)]
    while widths[-1].size > 1:
        widths.append(np.add.reduceat(widths[-1], np.arange(0, widths[-1].size, 2)))
    return widths


def _axis_table(axis: list[np.ndarray], k: int, coupling: float, periodic: bool) -> np.ndarray:
    """The axis table of level `k`, float32 [6, size]."""
    width = axis[k]
    centre = np.cumsum(width) - width / 2
    table = np.zeros((6, width.size))
    distance = (width + np.roll(width, 1)) / 2  # between a block and the one before
    table[BEFORE] = coupling / (width * distance)
    table[AFTER] = coupling / (width * np.roll(distance, -1))
    if not periodic or width.size == 1:
        table[BEFORE, 0] = table[AFTER, -1] = 0.0
    if k + 1 < len(axis):
        parent = np.arange(width.size) // 2 if axis[k + 1].size < width.size else np.arange(width.size)
        coarse = axis[k + 1]
        coarse_centre = np.cumsum(coarse) - coarse / 2
        coarse_distance = (coarse + np.roll(coarse, 1)) / 2
        offset = centre - coarse_centre[parent]
        neighbour = (parent + np.where(np.arange(width.size) % 2, 1, -1)) % coarse.size
        table[SHARE] = width / coarse[parent]
        to_neighbour = np.where(offset < 0, coarse_distance[parent], np.roll(coarse_distance, -1)[parent])
        lean = np.abs(offset) / to_neighbour
        table[LEAN] = np.minimum(lean, 0.25 * coarse[neighbour] / coarse[parent])  # hardly towards a narrow block
        if not periodic:
            table[LEAN, parent == 0] *= offset[parent == 0] > 0
            table[LEAN, parent == coarse.size - 1] *= offset[parent == coarse.size - 1] < 0
        table[OWN_WEIGHT] = (1 - table[LEAN]) * width / coarse[parent]
        table[NEXT_WEIGHT] = table[LEAN] * width / coarse[neighbour]
    return table.astype(np.float32)


def _smoothing(row_widths: np.ndarray, column_widths: np.ndarray, coupling: float) -> tuple[float, float, float]:
    """Weight (s) of the product of the second differences, and the two step lengths of the smoother."""
    width = row_widths[0]
    uniform = np.all(row_widths == width) and np.all(column_widths == width)
    low, high = _ROUGH_SPECTRUM[9 if uniform else 5]
    middle, reach = (high + low) / 2, (high - low) / 2 * np.cos(np.pi / 4)
    return (width**2 / (6 * coupling) if uniform else 0.0), 1 / (middle + reach), 1 / (middle - reach)


def restrict_sink(sink: np.ndarray, grid: Grid) -> None:
    """Fill the coarse sinks with weighted averages of `sink` (1/s)."""
    for k in range(len(grid.levels) - 1):
        coarse = level_of(grid.sinks, grid.levels, k + 1)
        average_sink(sink, *axes_of(grid, k), grid.buffers[0], coarse)
        sink = coarse


def largest_correction(grid: Grid) -> float:
    """The largest magnitude that the last cycle's coarse correction had."""
    return largest(level_of(grid.corrections, grid.levels, 1))


def largest(array: np.ndarray) -> float:
    """The largest magnitude in a float32 lattice; NaN and infinity count as the largest of all."""
    return float(np.int32(largest_bits(array.view(np.int32))).view(np.float32))


@jit
def largest_bits(bits):
    """The largest of float32 magnitudes, as bits: ordered alike, and integers need no fast-math to vectorise."""
    result = np.int32(0)
    for i in range(bits.shape[0]):
        for j in range(bits.shape[1]):
            result = max(result, bits[i, j] & _MAGNITUDE)
    return result


@jit
def flux_along_columns(above, here, below, before, after, corner, flux, mixed):
    """What flows into each site of a row from the rows above and below, and c + XY's weight times it, with a rim.

    The differences of `mixed` along the row, times the couplings, are then the rest of D lap(c). Differences are taken
    before they are multiplied, so that a uniform field has exactly no flux.
    """
    m = here.size
    for j in range(m):
        inflow = before * (above[j] - here[j]) + after * (below[j] - here[j])
        flux[j] = inflow
        mixed[j + 1] = here[j] + corner * inflow
    mixed[0] = mixed[m]  # around the edge; without effect where the edge is closed, as its coupling is zero
    mixed[m + 1] = mixed[1]


@jit
def relax(c, b, sink, rate, rows, columns, corner, length, buffers):
    """One Jacobi step of the given length, in place: c += length (b - (rate + sink) c + D lap(c)) / diagonal."""
    n, m = c.shape
    flux, mixed, first, above = buffers[0], buffers[1], buffers[2], buffers[3]
    west, east = columns[BEFORE], columns[AFTER]
    for j in range(m):
        first[j] = c[0, j]
        above[j] = c[n - 1, j]
    for i in range(n):
        here, b_i, sink_i = c[i], b[i], sink[i]
        below = c[i + 1] if i + 1 < n else first[:m]
        before, after = rows[BEFORE, i], rows[AFTER, i]
        flux_along_columns(above, here, below, before, after, corner, flux, mixed)
        vertical = before + after
        sideways = np.float32(1.0) - corner * vertical
        for j in range(m):
            above[j] = here[j]
        for j in range(m):
            side = west[j] * (mixed[j] - mixed[j + 1]) + east[j] * (mixed[j + 2] - mixed[j + 1])
            own = rate + sink_i[j]
            residual = (b_i[j] - own * here[j]) + (flux[j] + side)
            here[j] += length * residual / (own + (vertical + sideways * (west[j] + east[j])))


@jit
def relax_from_zero(c, b, sink, rate, rows, columns, corner, length):
    """One Jacobi step of the given length that starts from zero."""
    n, m = c.shape
    west, east = columns[BEFORE], columns[AFTER]
    for i in range(n):
        vertical = rows[BEFORE, i] + rows[AFTER, i]
        sideways = np.float32(1.0) - corner * vertical
        for j in range(m):
            c[i, j] = length * b[i, j] / ((rate + sink[i, j]) + (vertical + sideways * (west[j] + east[j])))


@jit
def average_columns(fine, columns, weight, coarse):
    """Add `weight` times the volume average of each pair of columns of a row to `coarse`."""
    share = columns[SHARE]
    for j in range(fine.size // 2):
        coarse[j] += weight * (share[2 * j] * fine[2 * j] + share[2 * j + 1] * fine[2 * j + 1])
    if fine.size % 2:
        coarse[coarse.size - 1] += weight * share[fine.size - 1] * fine[fine.size - 1]


@jit
def next_parent(k, parents):
    """The neighbour, on the side of block `k`, of the block's parent `k // 2`; around the edge where there is none."""
    if k % 2 == 0:
        return k // 2 - 1 if k > 1 else parents - 1
    return k // 2 + 1 if k // 2 + 1 < parents else 0


@jit
def average_sink(fine, rows, columns, line, coarse):
    """coarse = average of the fine sinks, weighted as corrections are interpolated."""
    height, width = coarse.shape
    coarse[:] = np.float32(0.0)
    for i in range(fine.shape[0]):
        line[:width] = np.float32(0.0)
        for j in range(fine.shape[1]):
            line[j // 2] += columns[OWN_WEIGHT, j] * fine[i, j]
            line[next_parent(j, width)] += columns[NEXT_WEIGHT, j] * fine[i, j]
        own, other = i // 2, next_parent(i, height)
        for j in range(width):
            coarse[own, j] += rows[OWN_WEIGHT, i] * line[j]
            coarse[other, j] += rows[NEXT_WEIGHT, i] * line[j]


@jit
def restrict_residual(c, b, sink, rate, rows, columns, corner, buffers, coarse):
    """coarse = volume average of b - (rate + sink) c + D lap(c)."""
    n, m = c.shape
    flux, mixed, residual = buffers[0], buffers[1], buffers[2, :m]
    west, east = columns[BEFORE], columns[AFTER]
    coarse[:] = np.float32(0.0)
    for i in range(n):
        here, b_i, sink_i = c[i], b[i], sink[i]
        above = c[i - 1] if i > 0 else c[n - 1]
        below = c[i + 1] if i + 1 < n else c[0]
        flux_along_columns(above, here, below, rows[BEFORE, i], rows[AFTER, i], corner, flux, mixed)
        for j in range(m):
            side = west[j] * (mixed[j] - mixed[j + 1]) + east[j] * (mixed[j + 2] - mixed[j + 1])
            residual[j] = (b_i[j] - (rate + sink_i[j]) * here[j]) + (flux[j] + side)
        average_columns(residual, columns, rows[SHARE, i], coarse[i // 2])


@jit
def add_interpolated(coarse, rows, columns, buffers, fine):
    """fine += coarse, interpolated linearly between the centres of the coarse blocks."""
    n, m = fine.shape
    height, width = coarse.shape
    line, lean = buffers[0], columns[LEAN]
    for i in range(n):
        own, other, weight = i // 2, next_parent(i, height), rows[LEAN, i]
        for j in range(width):
            line[j + 1] = coarse[own, j] + weight * (coarse[other, j] - coarse[own, j])
        line[0] = line[width]
        line[width + 1] = line[1]
        for j in range(m // 2):
            fine[i, 2 * j] += line[j + 1] + lean[2 * j] * (line[j] - line[j + 1])
            fine[i, 2 * j + 1] += line[j + 1] + lean[2 * j + 1] * (line[j + 2] - line[j + 1])
        if m % 2:
            fine[i, m - 1] += line[width] + lean[m - 1] * (line[width - 1] - line[width])


@jit
def level_of(flat, levels, k):
    """The coarse level `k` in a flat array of all coarse levels."""
    n, m, start = levels[k, ROWS], levels[k, COLUMNS], levels[k, FIRST_SITE]
    return flat[start : start + n * m].reshape(n, m)


@jit
def axes_of(grid, k):
    """The axis tables of the rows and of the columns of level `k`."""
    n, m = grid.levels[k, ROWS], grid.levels[k, COLUMNS]
    row, column = 6 * grid.levels[k, FIRST_ROW], 6 * grid.levels[k, FIRST_COLUMN]
    return grid.row_tables[row : row + 6 * n].reshape(6, n), grid.column_tables[column : column + 6 * m].reshape(6, m)


@jit
def v_cycle(c, b, sink, rate, grid):
    """One V-cycle that improves `c` (in place) as the solution of (rate + sink) c - D lap(c) = b.

    The long smoothing step comes before and the short one after the coarse correction; coarse levels take both, twice.
    """
    levels, smoothing, buffers = grid.levels, grid.smoothing, grid.buffers
    depth = levels.shape[0]
    c_k, b_k, sink_k = c, b, sink
    for k in range(depth - 1):
        rows, columns = axes_of(grid, k)
        corner = smoothing[k, CORNER]
        if k > 0:
            relax_from_zero(c_k, b_k, sink_k, rate, rows, columns, corner, smoothing[k, SHORT])
        relax(c_k, b_k, sink_k, rate, rows, columns, corner, smoothing[k, LONG], buffers)
        b_next = level_of(grid.residuals, levels, k + 1)
        restrict_residual(c_k, b_k, sink_k, rate, rows, columns, corner, buffers, b_next)
        c_k, b_k, sink_k = level_of(grid.corrections, levels, k + 1), b_next, level_of(grid.sinks, levels, k + 1)
    c_k[0, 0] = b_k[0, 0] / (rate + sink_k[0, 0])
    for k in range(depth - 2, -1, -1):
        rows, columns = axes_of(grid, k)
        correction = c_k
        if k > 0:
            c_k, b_k = level_of(grid.corrections, levels, k), level_of(grid.residuals, levels, k)
            sink_k = level_of(grid.sinks, levels, k)
        else:
            c_k, b_k, sink_k = c, b, sink
        add_interpolated(correction, rows, columns, buffers, c_k)
        for step in range(LONG if k > 0 else SHORT, CORNER, -1):
            relax(c_k, b_k, sink_k, rate, rows, columns, smoothing[k, CORNER], smoothing[k, step], buffers)


@jit
def balance(c, b, sink, rate, totals):
    """Remove what is negative and scale `c` so that sum((rate + sink) c) = sum(b): nothing is lost or made.

    The scale differs from one by about the tolerance of the solution. `totals` is float64 scratch [2, columns].
    """
    n, m = c.shape
    given, taken = totals[0], totals[1]
    totals[:] = 0.0
    for i in range(n):
        for j in range(m):
            value = c[i, j] if c[i, j] > _VANISHING else np.float32(0.0)
            c[i, j] = value
            given[j] += np.float64(b[i, j])
            taken[j] += np.float64((rate + sink[i, j]) * value)
    all_given, all_taken = 0.0, 0.0
    for j in range(m):
        all_given += given[j]
        all_taken += taken[j]
    scale = np.float32(all_given / all_taken) if all_taken > 0.0 else np.float32(1.0)
    for i in range(n):
        for j in range(m):
            c[i, j] *= scale


@jit
def is_zero(array):
    """Whether every element of a two-dimensional array is zero."""
    for i in range(array.shape[0]):
        for j in range(array.shape[1]):
            if array[i, j] != 0:
                return False
    return True


@jit
def right_side(c, source, rate, b):
    """b = rate c + source."""
    for i in range(c.shape[0]):
        for j in range(c.shape[1]):
            b[i, j] = rate * c[i, j] + source[i, j]
