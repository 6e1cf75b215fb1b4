"""Vessels thinned to one site, and what blood cannot reach taken away."""

import numpy as np

from ..kernels.jit import jit
from ..kernels.sites import COLUMN_OFFSET, ROW_OFFSET, shifted
from .noise import uniforms
from .sites import CENTRAL_VEIN, PARENCHYMA, PORTAL_TRACT, SINUSOID


def thin(kind: np.ndarray, periodic: bool, key: np.uint64) -> None:
    """Thin the sinusoids to one site: sites that nothing hangs on are removed in random order until none is left.

    Such a site is simple: without it the vessels around it still form one piece and enclose the same plates
    (Hilditch crossing number 1 for eight-connected vessels). Dead ends vanish from their tips; loops stay.
    """
    places = np.flatnonzero(kind == SINUSOID)
    order = np.argsort(uniforms(key, 0, kind.size)[places], kind="stable")
    _remove_simple(kind, places[order], periodic)


@jit
def _remove_simple(kind, places, periodic):
    """Remove simple sinusoid sites, visiting `places` (row * columns + column) in order until none is left."""
    columns = kind.shape[1]
    removed = 1
    while removed > 0:
        removed = 0
        for place in places:
            i, j = place // columns, place % columns
            if kind[i, j] == SINUSOID and _is_simple(kind, i, j, periodic):
                kind[i, j] = PARENCHYMA
                removed += 1


@jit
def _is_simple(kind, row, column, periodic):
    """Whether removing this site leaves its vessel neighbours in one piece, or it has none."""
    vessels = 0
    ring = 0  # bit k: neighbour k is a vessel
    for k in range(8):
        i = shifted(row, ROW_OFFSET[k], kind.shape[0], periodic)
        j = shifted(column, COLUMN_OFFSET[k], kind.shape[1], periodic)
        if i >= 0 and j >= 0 and kind[i, j] != PARENCHYMA:
            ring |= 1 << k
            vessels += 1
    crossings = 0
    for k in range(0, 8, 2):
        if not ring >> k & 1 and (ring >> (k + 1) & 1 or ring >> ((k + 2) % 8) & 1):
            crossings += 1
    return crossings == 1 or vessels == 0


def keep_perfusable(kind: np.ndarray, periodic: bool) -> None:
    """Turn into parenchyma what blood from a portal tract, or on its way to a central vein, cannot reach."""
    sinusoid = kind == SINUSOID
    fed = reached(kind, sinusoid, PORTAL_TRACT, periodic)
    drained = reached(kind, sinusoid, CENTRAL_VEIN, periodic)
    kind[sinusoid & ~(fed & drained)] = PARENCHYMA


@jit
def reached(kind, passable, source, periodic):
    """The `passable` (bool lattice) sinusoid sites that are connected with a site of kind `source`, bool lattice."""
    rows, columns = kind.shape
    seen = np.zeros((rows, columns), np.bool_)
    stack = np.empty(rows * columns, np.int32)
    size = 0
    for i in range(rows):
        for j in range(columns):
            if kind[i, j] == source:
                stack[size] = i * columns + j
                size += 1
    while size > 0:
        size -= 1
        i, j = stack[size] // columns, stack[size] % columns
        for k in range(8):
            a, b = shifted(i, ROW_OFFSET[k], rows, periodic), shifted(j, COLUMN_OFFSET[k], columns, periodic)
            if a >= 0 and b >= 0 and kind[a, b] == SINUSOID and passable[a, b] and not seen[a, b]:
                seen[a, b] = True
                stack[size] = a * columns + b
                size += 1
    return seen
