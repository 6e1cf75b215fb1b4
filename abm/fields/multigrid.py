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

A level's arrays are stretches of flat arrays (`levels` says where), so one compiled function walks all levels. On a
large lattice memory is slower than arithmetic: the finest level is walked twice in a cycle, and all that is done to a
row is done while it is at hand.
"""

from typing import NamedTuple

import numpy as np

from ..kernels.jit import jit
from ..kernels.memory import zeros

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
_APART = 80  # numbers between scratch rows: writing to one must not hold up reading another at the same place of a page


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
    buffers: np.ndarray  # float32 [7, longest side + 2 and more], scratch
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
    heights, widths = axes
    return Grid(
        levels,
        row_tables=np.concatenate(tables[0]),
        column_tables=np.concatenate(tables[1]),
        smoothing=np.array(
            [_smoothing(height, width, coupling) for height, width in zip(heights, widths, strict=True)], np.float32
        ),
        corrections=zeros(int(np.sum(sites[1:]))),
        residuals=zeros(int(np.sum(sites[1:]))),
        sinks=zeros(int(np.sum(sites[1:]))),
        buffers=zeros((7, -(-(max(shape) + 2) // 16) * 16 + _APART)),
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


@jit(inline=True)
def largest_bits(most, row):
    """The larger of `most` and the magnitudes in a row, all as the bits of float32: ordered alike, NaN above all, and
    integers need no fast-math to vectorise."""
    bits = row.view(np.int32)
    for j in range(bits.size):
        most = max(most, bits[j] & _MAGNITUDE)
    return most


@jit
def number_of(bits):
    """The float32 that has these bits (int32), as float64."""
    one = np.empty(1, np.int32)
    one[0] = bits
    return np.float64(one.view(np.float32)[0])


@jit
def largest(array):
    """The largest magnitude in a float32 lattice; NaN and infinity count as the largest of all."""
    most = np.int32(0)
    for i in range(array.shape[0]):
        most = largest_bits(most, array[i])
    return number_of(most)


@jit(inline=True)
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


@jit(inline=True)
def relax_row(here, b, sink, rate, columns, vertical, corner, length, flux, mixed, before_it):
    """One Jacobi step of a row, in place; `before_it` becomes the row as it was."""
    west, east = columns[BEFORE], columns[AFTER]
    sideways = np.float32(1.0) - corner * vertical
    for j in range(here.size):
        side = west[j] * (mixed[j] - mixed[j + 1]) + east[j] * (mixed[j + 2] - mixed[j + 1])
        value = here[j]
        own = rate + sink[j]
        residual = (b[j] - own * value) + (flux[j] + side)
        before_it[j] = value
        here[j] = value + length * residual / (own + (vertical + sideways * (west[j] + east[j])))


@jit(inline=True)
def residual_row(c, b, sink, rate, rows, columns, corner, i, buffers, residual):
    """residual = b - (rate + sink) c + D lap(c) in row `i`."""
    n, m = c.shape
    here, b_i, sink_i, flux, mixed = c[i], b[i], sink[i], buffers[0], buffers[1]
    above = c[i - 1] if i > 0 else c[n - 1]
    below = c[i + 1] if i + 1 < n else c[0]
    flux_along_columns(above, here, below, rows[BEFORE, i], rows[AFTER, i], corner, flux, mixed)
    west, east = columns[BEFORE], columns[AFTER]
    for j in range(m):
        side = west[j] * (mixed[j] - mixed[j + 1]) + east[j] * (mixed[j + 2] - mixed[j + 1])
        residual[j] = (b_i[j] - (rate + sink_i[j]) * here[j]) + (flux[j] + side)


@jit(inline=True)
def average_rows(first, first_weight, second, second_weight, columns, coarse):
    """A coarse row: the weighted sum of two rows in which each pair of columns is averaged over its volume."""
    m, share = first.size, columns[SHARE]
    for j in range(m // 2):
        a = share[2 * j] * first[2 * j] + share[2 * j + 1] * first[2 * j + 1]
        b = share[2 * j] * second[2 * j] + share[2 * j + 1] * second[2 * j + 1]
        coarse[j] = first_weight * a + second_weight * b
    if m % 2:
        last = m - 1
        coarse[m // 2] = first_weight * share[last] * first[last] + second_weight * share[last] * second[last]


@jit(inline=True)
def add_interpolated_row(coarse, rows, columns, i, line, fine):
    """Add the correction `coarse`, interpolated linearly between the centres of its blocks, to row `i` of `fine`."""
    height, width = coarse.shape
    m, lean, here = fine.shape[1], columns[LEAN], fine[i]
    near, far, weight = coarse[i // 2], coarse[next_parent(i, height)], rows[LEAN, i]
    for j in range(width):
        line[j + 1] = near[j] + weight * (far[j] - near[j])
    line[0] = line[width]
    line[width + 1] = line[1]
    for j in range(m // 2):
        here[2 * j] += line[j + 1] + lean[2 * j] * (line[j] - line[j + 1])
        here[2 * j + 1] += line[j + 1] + lean[2 * j + 1] * (line[j + 2] - line[j + 1])
    if m % 2:
        here[m - 1] += line[width] + lean[m - 1] * (line[width - 1] - line[width])


@jit(inline=True, counted=False)
def copy_line(to, line, size):
    """As `to[:size] = line`, for which numba would compile the words of its errors, for seconds."""
    for j in range(size):
        to[j] = line[j]


@jit
def relax(c, b, sink, rate, rows, columns, corner, length, buffers):
    """One Jacobi step of the given length, in place: c += length (b - (rate + sink) c + D lap(c)) / diagonal."""
    n, m = c.shape
    flux, mixed, first, above = buffers[0], buffers[1], buffers[2], buffers[3]
    copy_line(first, c[0], m)
    copy_line(above, c[n - 1], m)
    for i in range(n):
        below = c[i + 1] if i + 1 < n else first[:m]
        before, after = rows[BEFORE, i], rows[AFTER, i]
        flux_along_columns(above, c[i], below, before, after, corner, flux, mixed)
        relax_row(c[i], b[i], sink[i], rate, columns, before + after, corner, length, flux, mixed, above)


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


@jit(counted=False)
def next_parent(k, parents):
    """The neighbour, on the side of block `k`, of the block's parent `k // 2`; around the edge where there is none."""
    if k % 2 == 0:
        return k // 2 - 1 if k > 1 else parents - 1
    return k // 2 + 1 if k // 2 + 1 < parents else 0


@jit(inline=True)
def average_sink_row(fine, own, following, width, line):
    """What a row of fine sinks gives to each of the `width` blocks of `line`: own children, and the nearest of others."""
    m = fine.size
    line[:width] = np.float32(0.0)
    for ends in ((0, min(3, m)), (max(3, 2 * width - 3), m)):  # the outermost blocks, and what goes around the edge
        for j in range(ends[0], ends[1]):
            line[j // 2] += own[j] * fine[j]
            line[next_parent(j, width)] += following[j] * fine[j]
    for k in range(1, width - 1):
        first = 2 * k
        line[k] = (
            (following[first - 1] * fine[first - 1] + own[first] * fine[first]) + own[first + 1] * fine[first + 1]
        ) + following[first + 2] * fine[first + 2]


@jit(counted=False)
def average_sink(fine, rows, columns, line, coarse):
    """coarse = average of the fine sinks, weighted as corrections are interpolated."""
    height, width = coarse.shape
    coarse[:] = np.float32(0.0)
    for i in range(fine.shape[0]):
        average_sink_row(fine[i], columns[OWN_WEIGHT], columns[NEXT_WEIGHT], width, line)
        own, other = i // 2, next_parent(i, height)
        for j in range(width):
            coarse[own, j] += rows[OWN_WEIGHT, i] * line[j]
            coarse[other, j] += rows[NEXT_WEIGHT, i] * line[j]


@jit
def restrict_sink(sink, grid):
    """Fill the coarse sinks with weighted averages of `sink` (float32 lattice, 1/s)."""
    fine = sink
    for k in range(grid.levels.shape[0] - 1):
        rows, columns = axes_of(grid, k)
        coarse = level_of(grid.sinks, grid.levels, k + 1)
        average_sink(fine, rows, columns, grid.buffers[0], coarse)
        fine = coarse


@jit(counted=False)
def restrict_residual(c, b, sink, rate, rows, columns, corner, buffers, coarse):
    """coarse = volume average of b - (rate + sink) c + D lap(c)."""
    n, m = c.shape
    even, odd = buffers[2, :m], buffers[3, :m]
    for i in range(0, n - 1, 2):
        residual_row(c, b, sink, rate, rows, columns, corner, i, buffers, even)
        residual_row(c, b, sink, rate, rows, columns, corner, i + 1, buffers, odd)
        average_rows(even, rows[SHARE, i], odd, rows[SHARE, i + 1], columns, coarse[i // 2])
    if n % 2:
        residual_row(c, b, sink, rate, rows, columns, corner, n - 1, buffers, even)
        average_rows(even, rows[SHARE, n - 1], even, np.float32(0.0), columns, coarse[n // 2])


@jit(counted=False)
def add_interpolated(coarse, rows, columns, buffers, fine):
    """fine += coarse, interpolated linearly between the centres of the coarse blocks."""
    for i in range(fine.shape[0]):
        add_interpolated_row(coarse, rows, columns, i, buffers[0], fine)


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
def equation_of(grid, k):
    """Correction, right side and sink of the coarse level `k`."""
    levels = grid.levels
    return level_of(grid.corrections, levels, k), level_of(grid.residuals, levels, k), level_of(grid.sinks, levels, k)


@jit
def descend(c, b, sink, rate, grid, source, fresh):
    """The finest level's way down, in one walk: the long smoothing step, and what it leaves, restricted to level 1.

    When `fresh`, the right side is made on the way: b = rate c + source, its column sums in `grid.totals[0]`. Returns
    the largest magnitude of `c` before.
    """
    n, m = c.shape
    rows, columns = axes_of(grid, 0)
    corner, length = grid.smoothing[0, CORNER], grid.smoothing[0, LONG]
    buffers, given, coarse = grid.buffers, grid.totals[0], level_of(grid.residuals, grid.levels, 1)
    flux, mixed, first, above = buffers[0], buffers[1], buffers[2], buffers[3]
    even, odd, second = buffers[4, :m], buffers[5, :m], buffers[6, :m]
    copy_line(first, c[0], m)
    copy_line(above, c[n - 1], m)
    most = np.int32(0)
    if fresh:
        given[:] = 0.0
    for i in range(n):
        here, b_i = c[i], b[i]
        if fresh:
            most = largest_bits(most, here)
            source_i = source[i]
            for j in range(m):
                b_i[j] = rate * here[j] + source_i[j]
                given[j] += np.float64(b_i[j])
        below = c[i + 1] if i + 1 < n else first[:m]
        before, after = rows[BEFORE, i], rows[AFTER, i]
        flux_along_columns(above, here, below, before, after, corner, flux, mixed)
        relax_row(here, b_i, sink[i], rate, columns, before + after, corner, length, flux, mixed, above)
        k = i - 1  # the last row whose neighbours are both smooth; row 0, below the last, waits
        if k == 1:
            residual_row(c, b, sink, rate, rows, columns, corner, k, buffers, second)
        elif k > 1:
            residual_row(c, b, sink, rate, rows, columns, corner, k, buffers, odd if k % 2 else even)
            if k % 2:
                average_rows(even, rows[SHARE, k - 1], odd, rows[SHARE, k], columns, coarse[k // 2])
    residual_row(c, b, sink, rate, rows, columns, corner, n - 1, buffers, even if n % 2 else odd)
    if n % 2:
        average_rows(even, rows[SHARE, n - 1], even, np.float32(0.0), columns, coarse[n // 2])
    else:
        average_rows(even, rows[SHARE, n - 2], odd, rows[SHARE, n - 1], columns, coarse[n // 2 - 1])
    residual_row(c, b, sink, rate, rows, columns, corner, 0, buffers, even)
    average_rows(even, rows[SHARE, 0], second, rows[SHARE, 1], columns, coarse[0])
    return number_of(most)


@jit
def ascend(c, b, sink, rate, grid):
    """The finest level's way up, in one walk: the correction of level 1, then the short smoothing step.

    What the sinks take from what is not negative goes to `grid.totals[1]`, by columns. Returns the largest magnitude
    of `c` afterwards.
    """
    n, m = c.shape
    rows, columns = axes_of(grid, 0)
    corner, length = grid.smoothing[0, CORNER], grid.smoothing[0, SHORT]
    buffers, taken, coarse = grid.buffers, grid.totals[1], level_of(grid.corrections, grid.levels, 1)
    flux, mixed, first, above, line = buffers[0], buffers[1], buffers[2], buffers[3], buffers[4]
    add_interpolated_row(coarse, rows, columns, n - 1, line, c)
    add_interpolated_row(coarse, rows, columns, 0, line, c)
    copy_line(first, c[0], m)
    copy_line(above, c[n - 1], m)
    taken[:] = 0.0
    most = np.int32(0)
    for i in range(n):
        if i + 1 < n - 1:
            add_interpolated_row(coarse, rows, columns, i + 1, line, c)
        here, sink_i = c[i], sink[i]
        below = c[i + 1] if i + 1 < n else first[:m]
        before, after = rows[BEFORE, i], rows[AFTER, i]
        flux_along_columns(above, here, below, before, after, corner, flux, mixed)
        relax_row(here, b[i], sink_i, rate, columns, before + after, corner, length, flux, mixed, above)
        most = largest_bits(most, here)
        for j in range(m):
            value = here[j] if here[j] > _VANISHING else np.float32(0.0)
            taken[j] += np.float64((rate + sink_i[j]) * value)
    return number_of(most)


@jit
def correct(rate, grid):
    """Fill the corrections of level 1 from its residuals, by the rest of a V-cycle: every level smoothed twice on the
    way down, beginning from zero, and twice on the way up."""
    levels, smoothing, buffers = grid.levels, grid.smoothing, grid.buffers
    depth = levels.shape[0]
    for k in range(1, depth - 1):
        rows, columns = axes_of(grid, k)
        corner = smoothing[k, CORNER]
        c, b, sink = equation_of(grid, k)
        relax_from_zero(c, b, sink, rate, rows, columns, corner, smoothing[k, SHORT])
        relax(c, b, sink, rate, rows, columns, corner, smoothing[k, LONG], buffers)
        restrict_residual(c, b, sink, rate, rows, columns, corner, buffers, level_of(grid.residuals, levels, k + 1))
    c, b, sink = equation_of(grid, depth - 1)
    c[0, 0] = b[0, 0] / (rate + sink[0, 0])
    for k in range(depth - 2, 0, -1):
        rows, columns = axes_of(grid, k)
        corner = smoothing[k, CORNER]
        c, b, sink = equation_of(grid, k)
        add_interpolated(level_of(grid.corrections, levels, k + 1), rows, columns, buffers, c)
        relax(c, b, sink, rate, rows, columns, corner, smoothing[k, LONG], buffers)
        relax(c, b, sink, rate, rows, columns, corner, smoothing[k, SHORT], buffers)


@jit
def v_cycle(c, b, sink, rate, grid):
    """One V-cycle that improves `c` (in place) as the solution of (rate + sink) c - D lap(c) = b.

    The long smoothing step comes before and the short one after the coarse correction; coarse levels take both, twice.
    """
    descend(c, b, sink, rate, grid, b, False)
    correct(rate, grid)
    ascend(c, b, sink, rate, grid)


@jit
def solve(c, source, sink, rate, grid, b, error_left, tolerance, most_cycles):
    """V-cycles until the error, about `error_left` of the last coarse correction, is within `tolerance` of the largest
    value; `b` is room for the right side, rate c + source. Returns their number, 0 if `most_cycles` were too few."""
    guess = 0.0
    for cycle in range(1, most_cycles + 1):
        before = descend(c, b, sink, rate, grid, source, cycle == 1)
        if cycle == 1 and rate > 0.0:
            guess = before
        correct(rate, grid)
        peak = ascend(c, b, sink, rate, grid)
        error = error_left * largest(level_of(grid.corrections, grid.levels, 1))
        if error <= tolerance * max(guess, peak) and peak < np.inf:
            return cycle
    return 0


@jit(counted=False)
def balance(c, grid, least):
    """Remove what is negative and scale `c`, as `solve` leaves it, so that sum((rate + sink) c) = sum(b): nothing is
    lost or made. Then set what is below `least` to zero.

    The scale differs from one by about the tolerance of the solution.
    """
    given, taken = grid.totals[0], grid.totals[1]
    all_given, all_taken = 0.0, 0.0
    for j in range(c.shape[1]):
        all_given += given[j]
        all_taken += taken[j]
    scale = np.float32(all_given / all_taken) if all_taken > 0.0 else np.float32(1.0)
    for i in range(c.shape[0]):
        here = c[i]
        for j in range(here.size):
            value = scale * (here[j] if here[j] > _VANISHING else np.float32(0.0))
            here[j] = np.float32(0.0) if value < least else value


@jit(counted=False)
def is_zero(array):
    """Whether every element of a float32 lattice is zero; ends at the first row that is not."""
    i = 0
    while i < array.shape[0] and largest_bits(np.int32(0), array[i]) == 0:
        i += 1
    return i == array.shape[0]
