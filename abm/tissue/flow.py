"""Blood flow through the sinusoids: pressure, velocity, residence time, and which way blood and cells go.

Portal tracts are held at pressure 1 and central veins at 0. In between, the flow from a site to one of its eight
neighbours is the difference in pressure divided by their distance: all sinusoids resist alike, and yet the currents
of such a plexus come out very uneven (Karschau 2020, doi:10.1371/journal.pcbi.1007965).
The scale of the velocities is set once: in the open network their median is the measured red-cell velocity. A
blocked sinusoid therefore slows its own blood and diverts it to its neighbours, under constant pressure.

The pressure is the solution of a sparse symmetric system. Sinusoids are chains with few links, so eliminating the
sites with the fewest neighbours first leaves almost nothing to fill in: the direct solution costs 0.2 us per site,
less than a warm-started iteration, and depends on nothing but which sites are open. It enters the state rounded to
1e-6, and everything else follows from the rounded values.
"""

import math

import numpy as np

from ..kernels.jit import jit
from ..kernels.sites import COLUMN_OFFSET, ROW_OFFSET, shifted
from .anatomy import Anatomy, reached
from .sites import CENTRAL_VEIN, PARENCHYMA, PORTAL_TRACT, SINUSOID

PRESSURE_STEP = 1e-6
"""Pressures are multiples of this share of the portal-central difference."""

STAGNANT_RESIDENCE_S = 600.0
"""Residence time (s) of a sinusoid site at most: blood that stands still counts as standing so long."""

STEP_LENGTH = np.array([1.0, math.sqrt(2.0)] * 4)
"""Distance to each of the eight neighbours, in sites."""

_STILL = 3 * PRESSURE_STEP  # differences in pressure up to this one are rounding, not flow
_ROOM = 12  # links that a site's list holds before it must move to a larger place


class Flow:
    """The blood flow of an anatomy; `update` solves it again when other sinusoid sites are open.

    Lattices [row, column] that keep their identity over updates: `pressure` (float64; 1 portal, 0 central; at blocked
    sites that of the open network), `speed_um_per_s` and `residence_s` (float32: velocity of the blood, and the time
    it takes past a site), `carries` (uint8: 1 where a sinusoid site is open towards both portal and central side).
    Lists: `inlets` (int32 [n, 2], those of the anatomy), `inflow_cumulative` (float64 [n]: share of the blood that
    enters at this inlet or an earlier one; all 0 when nothing flows), `upstream_first` (int32: row * columns + column
    of the sites that carry blood, by falling pressure). `inflow` is all the blood that enters, in the unit of `flux`.
    """

    def __init__(self, anatomy: Anatomy, sinusoid_velocity: float):
        """The flow of the unobstructed network, in which the median velocity is `sinusoid_velocity` (um/s)."""
        self.anatomy = anatomy
        self.inlets = anatomy.inlets
        self.sinusoid_velocity = sinusoid_velocity
        self.pressure = np.zeros(anatomy.shape)
        self.speed_um_per_s = np.zeros(anatomy.shape, np.float32)
        self.residence_s = np.zeros(anatomy.shape, np.float32)
        self.carries = np.zeros(anatomy.shape, np.uint8)
        self._um_per_s = 1.0
        self._open_pressure = (anatomy.kind == PORTAL_TRACT).astype(np.float64)
        self.update(anatomy.kind == SINUSOID)
        self._open_pressure = self.pressure.copy()
        self._um_per_s = sinusoid_velocity / float(np.median(self.speed_um_per_s[self.carries == 1]))
        self._follow_pressure()

    def update(self, perfused: np.ndarray) -> None:
        """Solve the flow through the `perfused` sinusoid sites (bool or uint8 lattice).

        Open sites that are cut off from the veins take the portal pressure, those cut off from the portal side 0.
        Blocked sites take that of the unobstructed network, so that a cell that comes loose finds its way.
        """
        kind, periodic = self.anatomy.kind, self.anatomy.periodic
        passable = (kind == SINUSOID) & np.asarray(perfused, np.bool_)
        fed, drained = reached(kind, passable, PORTAL_TRACT, periodic), reached(kind, passable, CENTRAL_VEIN, periodic)
        self.carries[...] = fed & drained
        self.pressure[...] = np.where(passable, fed, self._open_pressure)
        _solve(kind, np.flatnonzero(self.carries), periodic, self.pressure)
        self._follow_pressure()

    def _follow_pressure(self) -> None:
        anatomy = self.anatomy
        _velocities(
            self.pressure, anatomy.kind, self.carries, anatomy.radius_um, anatomy.periodic,
            anatomy.spacing_um, self._um_per_s, self.speed_um_per_s, self.residence_s,
        )
        cumulative = _inflow(self.pressure, anatomy.kind, self.carries, anatomy.inlets, anatomy.periodic)
        self.inflow = float(cumulative[-1])
        self.inflow_cumulative = cumulative / self.inflow if self.inflow > 0.0 else cumulative
        places = np.flatnonzero(self.carries)
        self.upstream_first = places[np.argsort(-self.pressure.ravel()[places], kind="stable")].astype(np.int32)


@jit
def _solve(kind, places, periodic, pressure):
    """Set the `pressure` of the sinusoid sites that carry blood; `places` are their row * columns + column."""
    rows, columns = kind.shape
    n = places.size
    number = np.full((rows, columns), -1, np.int32)
    start = np.empty(n, np.int64)
    for k in range(n):
        number[places[k] // columns, places[k] % columns] = k
        start[k] = k * _ROOM

    # One balance per site: diagonal * pressure = inflow + sum of weight * pressure over the linked sites.
    diagonal = np.zeros(n)
    inflow = np.zeros(n)
    degree = np.zeros(n, np.int32)
    linked = np.empty(2 * n * _ROOM, np.int32)
    weight = np.empty(2 * n * _ROOM)
    for k in range(n):
        i, j = places[k] // columns, places[k] % columns
        for m in range(8):
            a, b = shifted(i, ROW_OFFSET[m], rows, periodic), shifted(j, COLUMN_OFFSET[m], columns, periodic)
            if a < 0 or b < 0 or kind[a, b] == PARENCHYMA or (kind[a, b] == SINUSOID and number[a, b] < 0):
                continue
            g = 1.0 / STEP_LENGTH[m]
            diagonal[k] += g
            if kind[a, b] == SINUSOID:
                linked[start[k] + degree[k]] = number[a, b]
                weight[start[k] + degree[k]] = g
                degree[k] += 1
            elif kind[a, b] == PORTAL_TRACT:
                inflow[k] += g

    solution = _eliminate(diagonal, inflow, start, degree, linked, weight)
    for k in range(n):
        pressure[places[k] // columns, places[k] % columns] = np.rint(solution[k] / PRESSURE_STEP) * PRESSURE_STEP


@jit
def _eliminate(diagonal, inflow, start, degree, linked, weight):
    """Solve diagonal[k] * x[k] - sum of weight * x over the links of k = inflow[k], float64 [n]; destroys its input.

    The links of k are `linked[start[k]:start[k] + degree[k]]`, with room for _ROOM of them. Sites are eliminated
    by rising degree; each one's neighbours are then linked with one another, as resistors in a star become a mesh.
    """
    n = diagonal.size
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
                share = weight[e] / diagonal[k]
                diagonal[a] -= share * weight[e]
                inflow[a] += share * inflow[k]
                # Room for the new links of a, which loses the one to k.
                needed = degree[a] + degree[k]
                if needed > room[a]:
                    if end + 2 * needed > linked.size:
                        linked, weight = _enlarge(linked, weight, 2 * (end + needed))
                    for f in range(degree[a]):
                        linked[end + f] = linked[start[a] + f]
                        weight[end + f] = weight[start[a] + f]
                    start[a], room[a] = end, 2 * needed
                    end += 2 * needed
                for f in range(start[a], start[a] + degree[a]):
                    position[linked[f]] = f
                f = position[k]
                degree[a] -= 1
                moved = start[a] + degree[a]
                linked[f], weight[f] = linked[moved], weight[moved]
                position[linked[f]] = f
                position[k] = -1
                for g in range(first, last):
                    b = linked[g]
                    if b == a:
                        continue
                    f = position[b]
                    if f < 0:
                        f = start[a] + degree[a]
                        degree[a] += 1
                        linked[f], weight[f] = b, 0.0
                        position[b] = f
                    weight[f] += share * weight[g]
                for f in range(start[a], start[a] + degree[a]):
                    position[linked[f]] = -1
                if degree[a] <= limit and not stacked[a]:
                    stack[size] = a
                    stacked[a] = True
                    size += 1
        limit += 1
    x = np.empty(n)
    for place in range(n - 1, -1, -1):
        k = order[place]
        s = inflow[k]
        for e in range(start[k], start[k] + degree[k]):
            s += weight[e] * x[linked[e]]
        x[k] = s / diagonal[k]
    return x


@jit
def _enlarge(linked, weight, size):
    """Copies of both lists with room for `size` links."""
    more_linked, more_weight = np.empty(size, np.int32), np.empty(size)
    for e in range(linked.size):
        more_linked[e] = linked[e]
        more_weight[e] = weight[e]
    return more_linked, more_weight


@jit(inline=True, counted=False)
def flux(pressure, kind, open_sites, i, j, m, periodic):
    """Blood that leaves sinusoid site (i, j) towards its neighbour number `m` (negative: that comes from there).

    In units of the flow through one straight step under the whole portal-central difference. Also returns the
    neighbour's row and column (-1 beyond a closed edge).
    """
    a = shifted(i, ROW_OFFSET[m], kind.shape[0], periodic)
    b = shifted(j, COLUMN_OFFSET[m], kind.shape[1], periodic)
    if a < 0 or b < 0 or kind[a, b] == PARENCHYMA or (kind[a, b] == SINUSOID and open_sites[a, b] == 0):
        return 0.0, a, b
    drop = pressure[i, j] - pressure[a, b]
    if abs(drop) <= _STILL:
        return 0.0, a, b
    return drop / STEP_LENGTH[m], a, b


@jit(counted=False)
def _velocities(pressure, kind, carries, radius_um, periodic, spacing_um, um_per_s, speed, residence):
    """Fill `speed` (um/s) and `residence` (s): flow through a site by its cross-section, path through it by speed."""
    for i in range(kind.shape[0]):
        for j in range(kind.shape[1]):
            speed[i, j] = 0.0
            residence[i, j] = STAGNANT_RESIDENCE_S if kind[i, j] == SINUSOID else 0.0
            if carries[i, j] == 0:
                continue
            through, path = 0.0, 0.0
            for m in range(8):
                flow, _, _ = flux(pressure, kind, carries, i, j, m, periodic)
                # Half of what enters and leaves is what passes; each step belongs half to the site.
                through += 0.5 * abs(flow)
                path += 0.5 * abs(flow) * STEP_LENGTH[m] * spacing_um
            if through > 0.0:
                velocity = um_per_s * through / (np.float64(radius_um[i, j]) ** 2)
                speed[i, j] = np.float32(velocity)
                residence[i, j] = np.float32(min(path / through / velocity, STAGNANT_RESIDENCE_S))


@jit
def _inflow(pressure, kind, carries, inlets, periodic):
    """Running sum over the inlets of the blood that enters there, float64 [n]."""
    cumulative = np.zeros(inlets.shape[0])
    total = 0.0
    for n in range(inlets.shape[0]):
        i, j = inlets[n, 0], inlets[n, 1]
        if carries[i, j]:
            for m in range(8):
                flow, a, b = flux(pressure, kind, carries, i, j, m, periodic)
                if flow < 0.0 and kind[a, b] == PORTAL_TRACT:
                    total -= flow
        cumulative[n] = total
    return cumulative


@jit(counted=False)
def downstream(pressure, kind, open_sites, row, column, periodic, u):
    """Where blood goes from a sinusoid site: (row, column, length in sites, found).

    One of the neighbours downstream (sinusoid sites that are open, or a central vein), each with a probability
    proportional to the blood that flows there; `u` is uniform in [0, 1). Not found: no blood leaves this site.
    """
    total = 0.0
    for m in range(8):
        flow, _, _ = flux(pressure, kind, open_sites, row, column, m, periodic)
        total += max(flow, 0.0)
    if total == 0.0:
        return row, column, 0.0, False
    target = u * total
    to_row, to_column, length = row, column, 0.0
    for m in range(8):
        flow, a, b = flux(pressure, kind, open_sites, row, column, m, periodic)
        if flow > 0.0:
            to_row, to_column, length = a, b, STEP_LENGTH[m]
            target -= flow
            if target < 0.0:
                break
    return to_row, to_column, length, True


@jit(counted=False)
def mix_downstream(upstream_first, pressure, kind, carries, residence_s, periodic, portal, surroundings,
                   exchange_per_s, blood):
    """Carry a concentration with the blood, once along the flow; fills the lattice `blood` (float32).

    Blood enters with the concentration `portal`, mixes where sinusoids join, in proportion to their flow, and on its
    way past a site relaxes towards `surroundings` (float32 lattice) with the rate `exchange_per_s`. Sites without
    flow take the concentration of their surroundings.
    """
    rows, columns = kind.shape
    for i in range(rows):
        for j in range(columns):
            blood[i, j] = np.float32(portal) if kind[i, j] == PORTAL_TRACT else surroundings[i, j]
    for place in upstream_first:
        i, j = place // columns, place % columns
        entering, amount = 0.0, 0.0
        for m in range(8):
            flow, a, b = flux(pressure, kind, carries, i, j, m, periodic)
            if flow < 0.0:
                entering -= flow
                amount -= flow * np.float64(blood[a, b])
        if entering > 0.0:
            outside = np.float64(surroundings[i, j])
            kept = math.exp(-exchange_per_s * np.float64(residence_s[i, j]))
            blood[i, j] = np.float32(outside + (amount / entering - outside) * kept)
