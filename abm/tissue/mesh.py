"""The pressure in a network of sinusoids: a sparse symmetric system, solved by elimination.

Sinusoids are chains with few links, so eliminating the sites with the fewest neighbours first leaves almost nothing to
fill in. The order, and what it links, are worked out once, for the open network (`Mesh`); a solution with some sites
blocked then takes 50 ns per site, less than a warm-started iteration, and depends on nothing but which sites are open.
"""

from typing import NamedTuple

import numpy as np

from ..kernels.jit import jit
from ..kernels.sites import COLUMN_OFFSET, DIAGONAL, ROW_OFFSET, shifted
from .sites import CENTRAL_VEIN, PORTAL_TRACT, SINUSOID

PRESSURE_STEP = 1e-6
"""Pressures are multiples of this share of the portal-central difference."""
STEP_LENGTH = np.array([1.0, DIAGONAL] * 4)
"""Distance to each of the eight neighbours, in sites."""
_ROOM = 12  # links that a site's list holds before it must move to a larger place


class Mesh(NamedTuple):
    """The open network of sinusoid sites in the order in which the solution eliminates them; n sites.

    places: int64 [n], row * columns + column; start: int64 [n + 1] and linked: int32, the later sites (by number in this
    order, rising) that a site is linked with when its turn comes: `linked[start[k]:start[k + 1]]`; conductance: float64,
    of each link, 0 for those that only arise on the way; between: int64, for every two links of a site (first the first
    one with each later one, and so on) the link between their ends; from_portal, to_central: float64 [n], conductance.
    """

    places: np.ndarray
    start: np.ndarray
    linked: np.ndarray
    conductance: np.ndarray
    between: np.ndarray
    from_portal: np.ndarray
    to_central: np.ndarray


@jit
def mesh_of(kind, places, periodic):
    """The parts of the `Mesh` of the sinusoid sites `places` (row * columns + column)."""
    rows, columns = kind.shape
    n = places.size
    number = np.full((rows, columns), -1, np.int32)
    for k in range(n):
        number[places[k] // columns, places[k] % columns] = k
    degree = np.zeros(n, np.int32)
    linked = np.empty(2 * n * _ROOM, np.int32)
    for k in range(n):
        for m in range(8):
            a, b = _beside(places[k], m, rows, columns, periodic)
            if a >= 0 and kind[a, b] == SINUSOID:
                linked[k * _ROOM + degree[k]] = number[a, b]
                degree[k] += 1
    order, start, linked, between = _number_links(*_eliminate(np.arange(n) * _ROOM, degree, linked))

    from_portal, to_central, conductance = np.zeros(n), np.zeros(n), np.zeros(linked.size)
    for k in range(n):
        number[places[order[k]] // columns, places[order[k]] % columns] = k
    for k in range(n):
        for m in range(8):
            a, b = _beside(places[order[k]], m, rows, columns, periodic)
            g = 1.0 / STEP_LENGTH[m]
            if a >= 0 and kind[a, b] == PORTAL_TRACT:
                from_portal[k] += g
            elif a >= 0 and kind[a, b] == CENTRAL_VEIN:
                to_central[k] += g
            elif a >= 0 and kind[a, b] == SINUSOID:
                for e in range(start[k], start[k + 1]):
                    if linked[e] == number[a, b]:
                        conductance[e] += g
    return places[order], start, linked, conductance, between, from_portal, to_central


@jit(counted=False)
def _beside(place, m, rows, columns, periodic):
    """Row and column of the neighbour number `m` of a place; (-1, -1) beyond a closed edge."""
    a = shifted(place // columns, ROW_OFFSET[m], rows, periodic)
    b = shifted(place % columns, COLUMN_OFFSET[m], columns, periodic)
    return (a, b) if a >= 0 and b >= 0 else (-1, -1)


@jit
def _eliminate(start, degree, linked):
    """In which order sites are eliminated, and which later sites each one is linked with then.

    The links of site k are `linked[start[k]:start[k] + degree[k]]`, with room for _ROOM of them; destroys its input.
    Sites go by rising degree; each one's neighbours are then linked with one another. Returns the order (int32), and
    `start`, `degree` and `linked` as they are when each has its turn.
    """
    n = start.size
    room = np.full(n, _ROOM, np.int32)
    end = n * _ROOM
    order = np.empty(n, np.int32)
    waiting = np.empty(n, np.int32)
    for k in range(n):
        waiting[k] = k
    position = np.full(n, -1, np.int64)
    gone = np.zeros(n, np.bool_)
    stack = np.empty(n, np.int32)
    stacked = np.zeros(n, np.bool_)
    eliminated, limit, left = 0, 1, n
    while left > 0:
        size, remaining = 0, 0
        for w in range(left):
            k = waiting[w]
            if not gone[k]:
                waiting[remaining] = k
                remaining += 1
                if degree[k] <= limit:
                    stack[size] = k
                    stacked[k] = True
                    size += 1
        left = remaining
        while size > 0:
            size -= 1
            k = stack[size]
            stacked[k] = False
            if degree[k] > limit:
                continue
            gone[k] = True
            order[eliminated] = k
            eliminated += 1
            first, last = start[k], start[k] + degree[k]
            for e in range(first, last):
                a = linked[e]
                # Room for the new links of a, which loses the one to k.
                needed = degree[a] + degree[k]
                if needed > room[a]:
                    if end + 2 * needed > linked.size:
                        more = np.empty(2 * (end + needed), np.int32)
                        for held in range(
                            linked.size
                        ):  # for a slice numba would compile the words of its errors, for seconds
                            more[held] = linked[held]
                        linked = more
                    for f in range(degree[a]):
                        linked[end + f] = linked[start[a] + f]
                    start[a], room[a] = end, 2 * needed
                    end += 2 * needed
                for f in range(start[a], start[a] + degree[a]):
                    position[linked[f]] = f
                f = position[k]
                degree[a] -= 1
                linked[f] = linked[start[a] + degree[a]]
                position[k] = -1
                position[a] = 0  # nobody is linked with itself
                for g in range(first, last):
                    b = linked[g]
                    if position[b] < 0:
                        linked[start[a] + degree[a]] = b
                        degree[a] += 1
                        position[b] = 0
                position[a] = -1
                for f in range(start[a], start[a] + degree[a]):
                    position[linked[f]] = -1
                if degree[a] <= limit and not stacked[a]:
                    stack[size] = a
                    stacked[a] = True
                    size += 1
        limit += 1
    return order, start, degree, linked


@jit
def _number_links(order, start, degree, linked):
    """What `_eliminate` returns, by numbers in the order: the order, `start` and `linked` of the `Mesh`, and `between`."""
    n = order.size
    number = np.empty(n, np.int32)
    for k in range(n):
        number[order[k]] = k
    first = np.zeros(n + 1, np.int64)
    pairs = 0
    for k in range(n):
        links = degree[order[k]]
        first[k + 1] = first[k] + links
        pairs += links * (links - 1) // 2
    later = np.empty(first[n], np.int32)
    for k in range(n):
        old = start[order[k]]
        for e in range(degree[order[k]]):  # one after the other to its place: they are few
            place = first[k] + e
            while place > first[k] and later[place - 1] > number[linked[old + e]]:
                later[place] = later[place - 1]
                place -= 1
            later[place] = number[linked[old + e]]
    between = np.empty(pairs, np.int64)
    position = np.full(n, -1, np.int64)
    pair = 0
    for k in range(n):
        for e in range(first[k], first[k + 1]):
            for f in range(first[later[e]], first[later[e] + 1]):
                position[later[f]] = f
            for f in range(e + 1, first[k + 1]):
                between[pair] = position[later[f]]
                pair += 1
    return order, first, later, between


@jit
def solve(mesh, carries, pressure):
    """Set the `pressure` of the sites that carry blood.

    One balance per site: diagonal * pressure = inflow + sum of weight * pressure over the linked sites. When a site is
    eliminated, its neighbours are linked with one another, as resistors in a star become a mesh.
    """
    n = mesh.places.size
    carries, pressure = carries.ravel(), pressure.ravel()
    diagonal, inflow, weight = mesh.from_portal + mesh.to_central, mesh.from_portal.copy(), np.zeros(mesh.linked.size)
    for k in range(n):
        if carries[mesh.places[k]] != 0:
            for e in range(mesh.start[k], mesh.start[k + 1]):
                a = mesh.linked[e]
                if carries[mesh.places[a]] != 0:
                    weight[e] = mesh.conductance[e]
                    diagonal[k] += weight[e]
                    diagonal[a] += weight[e]
    pair = 0
    for k in range(n):
        last = mesh.start[k + 1]
        for e in range(mesh.start[k], last):
            if weight[e] == 0.0:
                pair += last - e - 1
                continue
            a, share = mesh.linked[e], weight[e] / diagonal[k]
            diagonal[a] -= share * weight[e]
            inflow[a] += share * inflow[k]
            for f in range(e + 1, last):
                weight[mesh.between[pair]] += share * weight[f]
                pair += 1
    solution = np.zeros(n)
    for k in range(n - 1, -1, -1):
        if carries[mesh.places[k]] != 0:
            s = inflow[k]
            for e in range(mesh.start[k], mesh.start[k + 1]):
                s += weight[e] * solution[mesh.linked[e]]
            solution[k] = s / diagonal[k]
            pressure[mesh.places[k]] = np.rint(solution[k] / PRESSURE_STEP) * PRESSURE_STEP
