"""The walks over the finest level give what their steps give one after the other, bit for bit."""

import numpy as np
import pytest

from abm.fields import multigrid
from abm.fields.multigrid import AFTER, BEFORE, CORNER, LEAN, LONG, NEXT_WEIGHT, OWN_WEIGHT, SHARE, SHORT

SHAPES = [(4, 4), (4, 9), (12, 8), (33, 20), (64, 64), (7, 130)]
RATE = np.float32(1 / 600)


def residual(c, b, sink, rows, columns, corner):
    """b - (rate + sink) c + D lap(c) with whole lattices, in the order of operations of the kernels; and the diagonal."""
    before, after = rows[BEFORE][:, None], rows[AFTER][:, None]
    flux = before * (np.roll(c, 1, 0) - c) + after * (np.roll(c, -1, 0) - c)
    mixed = c + corner * flux
    side = columns[BEFORE] * (np.roll(mixed, 1, 1) - mixed) + columns[AFTER] * (np.roll(mixed, -1, 1) - mixed)
    own = RATE + sink
    vertical = before + after
    diagonal = own + (vertical + (np.float32(1) - corner * vertical) * (columns[BEFORE] + columns[AFTER]))
    return (b - own * c) + (flux + side), diagonal


def relaxed(c, b, sink, rows, columns, corner, length):
    left, diagonal = residual(c, b, sink, rows, columns, corner)
    return c + length * left / diagonal


def restricted(left, rows, columns):
    """Volume averages of pairs of columns, then of rows."""
    pairs = columns[SHARE] * left
    if pairs.shape[1] % 2:
        pairs = np.pad(pairs, ((0, 0), (0, 1)))
    by_row = rows[SHARE][:, None] * (pairs[:, ::2] + pairs[:, 1::2])
    if by_row.shape[0] % 2:
        by_row = np.pad(by_row, ((0, 1), (0, 0)))
    return by_row[::2] + by_row[1::2]


def interpolated(coarse, rows, columns, shape):
    i, j = np.arange(shape[0]), np.arange(shape[1])
    far_row = (i // 2 + np.where(i % 2, 1, -1)) % coarse.shape[0]
    far_column = (j // 2 + np.where(j % 2, 1, -1)) % coarse.shape[1]
    line = coarse[i // 2] + rows[LEAN][:, None] * (coarse[far_row] - coarse[i // 2])
    return line[:, j // 2] + columns[LEAN] * (line[:, far_column] - line[:, j // 2])


@pytest.fixture(params=[True, False], ids=["periodic", "closed"])
def periodic(request):
    return request.param


@pytest.fixture(params=SHAPES, ids=lambda shape: f"{shape[0]}x{shape[1]}")
def problem(request, periodic):
    """Grid, values, source and sink of a lattice."""
    shape = request.param
    random = np.random.default_rng(sum(shape))
    grid = multigrid.build(shape, 0.2, periodic)
    sink = np.where(random.random(shape) < 0.3, 0.02, 1e-5).astype(np.float32)
    multigrid.restrict_sink(sink, grid)
    return grid, random.random(shape, np.float32), random.random(shape, np.float32) * np.float32(0.01), sink


def test_sinks_are_averaged_as_corrections_are_interpolated(problem):
    grid, _, _, sink = problem
    for k in range(len(grid.levels) - 1):
        rows, columns = multigrid.axes_of(grid, k)
        coarse = multigrid.level_of(grid.sinks, grid.levels, k + 1)
        height, width = coarse.shape
        expected = np.zeros_like(coarse)
        for i in range(sink.shape[0]):
            line = np.zeros(width, np.float32)
            for j in range(sink.shape[1]):
                line[j // 2] += columns[OWN_WEIGHT, j] * sink[i, j]
                line[multigrid.next_parent(j, width)] += columns[NEXT_WEIGHT, j] * sink[i, j]
            expected[i // 2] += rows[OWN_WEIGHT, i] * line
            expected[multigrid.next_parent(i, height)] += rows[NEXT_WEIGHT, i] * line
        assert coarse.tobytes() == expected.tobytes()
        sink = coarse


def test_the_way_down_smooths_then_restricts(problem):
    grid, c, source, sink = problem
    rows, columns = multigrid.axes_of(grid, 0)
    b = RATE * c + source
    smooth = relaxed(c, b, sink, rows, columns, grid.smoothing[0, CORNER], grid.smoothing[0, LONG])
    left, _ = residual(smooth, b, sink, rows, columns, grid.smoothing[0, CORNER])
    largest = np.abs(c).max()
    made = np.empty_like(b)
    assert multigrid.descend(c, made, sink, RATE, grid, source, True) == largest
    assert made.tobytes() == b.tobytes() and c.tobytes() == smooth.tobytes()
    coarse = multigrid.level_of(grid.residuals, grid.levels, 1)
    if c.shape[1] % 2:  # there the kernel multiplies the two weights first
        np.testing.assert_allclose(coarse, restricted(left, rows, columns), rtol=1e-6)
    else:
        np.testing.assert_array_equal(coarse, restricted(left, rows, columns))
    np.testing.assert_allclose(grid.totals[0], b.sum(axis=0, dtype=np.float64), rtol=1e-12)


def test_the_way_up_corrects_then_smooths(problem):
    grid, c, b, sink = problem
    rows, columns = multigrid.axes_of(grid, 0)
    coarse = multigrid.level_of(grid.corrections, grid.levels, 1)
    coarse[:] = np.random.default_rng(2).random(coarse.shape, np.float32)
    corrected = c + interpolated(coarse, rows, columns, c.shape)
    smooth = relaxed(corrected, b, sink, rows, columns, grid.smoothing[0, CORNER], grid.smoothing[0, SHORT])
    largest = multigrid.ascend(c, b, sink, RATE, grid)
    assert c.tobytes() == smooth.tobytes() and largest == np.abs(smooth).max()
    taken = ((RATE + sink) * np.maximum(smooth, 0)).sum(axis=0, dtype=np.float64)
    np.testing.assert_allclose(grid.totals[1], taken, rtol=1e-12)


def test_coarse_levels_smooth_and_restrict_likewise(problem):
    grid, c, b, sink = problem
    rows, columns = multigrid.axes_of(grid, 0)
    corner, length = grid.smoothing[0, CORNER], grid.smoothing[0, LONG]
    walked, coarse = c.copy(), np.zeros((-(-c.shape[0] // 2), -(-c.shape[1] // 2)), np.float32)
    multigrid.descend(walked, b, sink, RATE, grid, b, False)
    multigrid.relax(c, b, sink, RATE, rows, columns, corner, length, grid.buffers)
    multigrid.restrict_residual(c, b, sink, RATE, rows, columns, corner, grid.buffers, coarse)
    assert c.tobytes() == walked.tobytes()
    assert coarse.tobytes() == multigrid.level_of(grid.residuals, grid.levels, 1).tobytes()


def test_balance_removes_what_is_below_the_least():
    grid = multigrid.build((4, 4), 0.2, True)
    grid.totals[0], grid.totals[1] = 3.0, 2.0
    c = np.full((4, 4), 2e-6, np.float32)
    c[0, :3] = -1.0, 1e-31, 5e-7
    multigrid.balance(c, grid, np.float32(1e-6))
    assert c[0].tolist() == [0, 0, 0, np.float32(1.5) * np.float32(2e-6)] and (c[1:] > 0).all()


@pytest.mark.parametrize("place", [(0, 0), (2, 4), None])
def test_is_zero(place):
    array = np.zeros((3, 5), np.float32)
    if place is not None:
        array[place] = np.nan
    assert multigrid.is_zero(array) == (place is None)


def test_nan_is_the_largest_of_all():
    array = np.array([[1.0, -np.inf], [0.0, np.nan]], np.float32)
    assert np.isnan(multigrid.largest(array)) and multigrid.largest(array[:1].copy()) == np.inf
