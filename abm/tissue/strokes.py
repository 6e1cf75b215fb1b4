"""Vessels drawn into a lattice of kinds: lines, borders of lobules, and cross-sections."""

import math

import numpy as np

from ..kernels.jit import jit
from .noise import noise_at
from .sites import PARENCHYMA, PORTAL_TRACT, SINUSOID


@jit
def wrap(i, n, periodic):
    """Row or column `i`, however far out, on a lattice of `n`; -1 when it lies beyond a closed edge."""
    if periodic:
        return i % n
    return i if 0 <= i < n else -1


@jit
def nearest_site(x):
    """The row or column whose middle is nearest to the position `x`, in sites."""
    return math.floor(x + 0.5)


@jit
def _mark(kind, row, column, code, periodic):
    """Turn the parenchyma at (row, column) into `code`."""
    i = wrap(row, kind.shape[0], periodic)
    j = wrap(column, kind.shape[1], periodic)
    if i >= 0 and j >= 0 and kind[i, j] == PARENCHYMA:
        kind[i, j] = code


@jit
def draw_line(kind, row0, column0, row1, column1, code, periodic):
    """A vessel one site wide from one position to another, both included."""
    i0, j0, i1, j1 = nearest_site(row0), nearest_site(column0), nearest_site(row1), nearest_site(column1)
    steps = max(abs(i1 - i0), abs(j1 - j0), 1)
    for k in range(steps + 1):
        t = k / steps
        _mark(kind, nearest_site(i0 + t * (i1 - i0)), nearest_site(j0 + t * (j1 - j0)), code, periodic)


@jit
def draw_sinusoid(kind, row0, column0, row1, column1, periodic):
    """A sinusoid from one position to another, both included."""
    draw_line(kind, row0, column0, row1, column1, np.int64(SINUSOID), periodic)


@jit
def draw_blob(kind, row, column, radius, lobes, turn, code, periodic):
    """A vessel cut across: a disc of `radius` with as many shallow `lobes`, turned by `turn` (radians); at least a site."""
    a = wrap(nearest_site(row), kind.shape[0], periodic)
    b = wrap(nearest_site(column), kind.shape[1], periodic)
    if a >= 0 and b >= 0:
        kind[a, b] = code
    reach = math.ceil(1.3 * radius) + 1
    for i in range(math.floor(row) - reach, math.floor(row) + reach + 1):
        for j in range(math.floor(column) - reach, math.floor(column) + reach + 1):
            down, across = i - row, j - column
            limit = radius * (1.0 + 0.18 * math.cos(lobes * (math.atan2(down, across) - turn)))
            a = wrap(i, kind.shape[0], periodic)
            b = wrap(j, kind.shape[1], periodic)
            if a >= 0 and b >= 0 and down * down + across * across <= limit * limit:
                kind[a, b] = code


@jit
def draw_border(kind, row, column, down, across, reach, swing, noise, periodic):
    """One border of a lobule from (row, column) on by (down, across), at most `swing` sites off the straight line."""
    length = math.sqrt(down * down + across * across)
    steps = max(2, math.ceil(length))
    previous_row, previous_column = row, column
    if not periodic:
        previous_row = min(row, kind.shape[0] - 1.0)
        previous_column = min(column, kind.shape[1] - 1.0)
    for k in range(1, steps + 1):
        t = k / steps
        aside = swing * 4.0 * t * (1.0 - t) * noise_at(noise, row + t * down, column + t * across, kind.shape) / length
        next_row, next_column = row + t * down - aside * across, column + t * across + aside * down
        if not periodic:  # the outermost half site of a closed domain rounds outwards
            next_row = min(next_row, kind.shape[0] - 1.0)
            next_column = min(next_column, kind.shape[1] - 1.0)
        code = PORTAL_TRACT if t <= reach or t > 1.0 - reach else SINUSOID
        draw_line(kind, previous_row, previous_column, next_row, next_column, code, periodic)
        previous_row, previous_column = next_row, next_column


@jit
def touches(border, row, column, periodic):
    """Whether this position lies beyond a closed edge, or on or beside a site of `border` (bool lattice)."""
    i, j = nearest_site(row), nearest_site(column)
    if wrap(i, border.shape[0], periodic) < 0 or wrap(j, border.shape[1], periodic) < 0:
        return True
    for a in range(i - 1, i + 2):
        for b in range(j - 1, j + 2):
            y = wrap(a, border.shape[0], periodic)
            x = wrap(b, border.shape[1], periodic)
            if y >= 0 and x >= 0 and border[y, x]:
                return True
    return False
