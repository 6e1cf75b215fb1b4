"""Blood flow through the sinusoids: pressure, velocity, residence time, and which way blood and cells go.

Portal tracts are held at pressure 1 and central veins at 0. In between, the flow from a site to one of its eight
neighbours is the difference in pressure divided by their distance: all sinusoids resist alike, and yet the currents
of such a plexus come out very uneven (Karschau 2020, doi:10.1371/journal.pcbi.1007965).
The scale of the velocities is set once: in the open network their median is the measured red-cell velocity. A
blocked sinusoid therefore slows its own blood and diverts it to its neighbours, under constant pressure.

The pressure (see `mesh`) is rounded to 1e-6, and everything else follows from the rounded values.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from ..kernels.jit import jit
from ..kernels.sites import COLUMN_OFFSET, LOWEST, ROW_OFFSET, shifted, ways_along
from .anatomy import Anatomy
from .mesh import PRESSURE_STEP, STEP_LENGTH, Mesh, mesh_of, solve
from .sites import CAVITY, CENTRAL_VEIN, PARENCHYMA, PORTAL_TRACT, SINUSOID

STAGNANT_RESIDENCE_S = 600.0
"""The longest residence time (s) at a sinusoid site; also that of blood that does not flow."""
_STILL = 3 * PRESSURE_STEP  # differences in pressure up to this one are rounding, not flow
_PORTAL, _CENTRAL = 1, 2
_MIXED = 255  # in place of how many neighbours a site waits for: it has had its turn


class Network(NamedTuple):
    """Which of the n sinusoid sites touch each other.

    places: int64 [n], row * columns + column, rising; pairs: int32 [m, 2], which of them touch; sides: uint8 [n], of the
    bits 1 and 2, whether one touches a portal tract and a central vein.
    """

    places: np.ndarray
    pairs: np.ndarray
    sides: np.ndarray


class Flow:
    """The blood flow of an anatomy; `update` solves it again when other sinusoid sites are open.

    Lattices [row, column] that keep their identity over updates: `pressure` (float64; 1 portal, 0 central; at blocked
    sites that of the open network), `speed_um_per_s` and `residence_s` (float32: velocity of the blood, and the time
    it takes past a site), `passing` (float32: the blood that passes a site, relative to the mean of the open network),
    `carries` (uint8: 1 where a sinusoid site is open towards both portal and central side), `ways` (uint8: bit k is set
    where the neighbour in direction k is a vessel), `entering` and `leaving` (uint8: bit k is set where blood comes from the
    neighbour in direction k, and goes to it; 0 where `carries` is).
    Lists: `inlets` (int32 [n, 2], those of the anatomy), `inflow_cumulative` (float64 [n]: share of the blood that
    enters at this inlet or an earlier one; all 0 when nothing flows). `inflow` is all the blood that enters, in the unit
    of `flux`.
    """

    def __init__(self, anatomy: Anatomy, sinusoid_velocity: float):
        """The flow of the unobstructed network, in which the median velocity is `sinusoid_velocity` (um/s)."""
        self.anatomy = anatomy
        self.inlets = anatomy.inlets
        self.sinusoid_velocity = sinusoid_velocity
        self.pressure = np.zeros(anatomy.shape)
        self.speed_um_per_s = np.zeros(anatomy.shape, np.float32)
        self.residence_s = np.zeros(anatomy.shape, np.float32)
        self.passing = np.zeros(anatomy.shape, np.float32)
        self.carries = np.zeros(anatomy.shape, np.uint8)
        self.ways = ways_along((anatomy.kind != PARENCHYMA).astype(np.uint8), 1, anatomy.periodic)
        self.entering = np.zeros(anatomy.shape, np.uint8)
        self.leaving = np.zeros(anatomy.shape, np.uint8)
        self._network = _network(anatomy.kind, anatomy.periodic)
        self._mesh = Mesh(*mesh_of(anatomy.kind, self._network.places, anatomy.periodic))
        self._um_per_s = self._usual = 1.0
        self._open_pressure = (anatomy.kind == PORTAL_TRACT).astype(np.float64)
        self.update(anatomy.kind == SINUSOID)
        self._open_pressure = self.pressure.copy()
        self._um_per_s = sinusoid_velocity / float(np.median(self.speed_um_per_s[self.carries == 1]))
        self._usual = float(np.mean(self.passing[self.carries == 1], dtype=np.float64))
        self._follow_pressure()

    def update(self, perfused: np.ndarray) -> None:
        """Solve the flow through the `perfused` sinusoid sites (bool or uint8 lattice).

        Open sites that are cut off from the veins take the portal pressure, those cut off from the portal side 0.
        Blocked sites take that of the unobstructed network, so that a cell that comes loose finds its way.
        """
        self.pressure[...] = self._open_pressure
        _connect(self._network, np.asarray(perfused, np.bool_), self.carries, self.pressure)
        solve(self._mesh, self.carries, self.pressure)
        self._follow_pressure()

    def _follow_pressure(self) -> None:
        anatomy = self.anatomy
        _velocities(
            self.ways,
            self.pressure,
            anatomy.kind,
            self.carries,
            anatomy.radius_um,
            anatomy.periodic,
            anatomy.spacing_um,
            self._um_per_s,
            self._usual,
            self.speed_um_per_s,
            self.residence_s,
            self.passing,
            self.entering,
            self.leaving,
        )
        cumulative = _inflow(self.pressure, anatomy.kind, self.carries, anatomy.inlets, anatomy.periodic)
        self.inflow = float(cumulative[-1])
        self.inflow_cumulative = cumulative / self.inflow if self.inflow > 0.0 else cumulative


def _network(kind: np.ndarray, periodic: bool) -> Network:
    """The `Network` of a lattice of kinds."""
    places = np.flatnonzero(kind == SINUSOID)
    number = np.full(kind.shape, -1, np.int32)
    number.ravel()[places] = np.arange(places.size)  # a view
    ways = ways_along(kind, SINUSOID, periodic)
    touching_pairs = []
    for m in range(4):  # the other four are the same ones from the other end
        there = np.roll(number, (-ROW_OFFSET[m], -COLUMN_OFFSET[m]), (0, 1))
        touching = (number >= 0) & (ways >> m & 1 == 1)
        touching_pairs.append(np.stack((number[touching], there[touching]), axis=1))
    pairs = np.concatenate(touching_pairs)
    portal, central = (ways_along(kind, side, periodic) != 0 for side in (PORTAL_TRACT, CENTRAL_VEIN))
    sides = np.where(portal, _PORTAL, 0) + np.where(central, _CENTRAL, 0)
    return Network(places, pairs[np.argsort(pairs[:, 0], kind="stable")], sides.ravel()[places].astype(np.uint8))


@jit(inline=True, counted=False)
def both(row, column):
    """Row and column as one number, from which they are had again without a division."""
    return row << 32 | column


@jit(inline=True, counted=False)
def row_of(number):
    """The row in what `both` returns."""
    return number >> 32


@jit(inline=True, counted=False)
def column_of(number):
    """The column in what `both` returns."""
    return number & 0xFFFFFFFF


@jit
def _connect(network, perfused, carries, pressure):
    """Set `carries` where a perfused sinusoid site is connected through others with portal tracts and with central
    veins, and the `pressure` of the perfused sites to 1 if they are connected with the portal side at all, else to 0."""
    places, pairs, sides = network.places, network.pairs, network.sides
    n = places.size
    perfused, carries, pressure = perfused.ravel(), carries.ravel(), pressure.ravel()
    is_open, reached = np.empty(n, np.bool_), np.zeros(n, np.uint8)
    group = np.empty(n, np.int32)  # of connected sites: each points to another one of its group, one to itself
    for k in range(n):
        group[k], is_open[k] = k, perfused[places[k]]
    for e in range(pairs.shape[0]):
        if is_open[pairs[e, 0]] and is_open[pairs[e, 1]]:
            group[_head(group, pairs[e, 0])] = _head(group, pairs[e, 1])
    for k in range(n):
        if sides[k] != 0 and is_open[k]:
            reached[_head(group, k)] |= sides[k]
    for k in range(n):
        carries[places[k]] = 0
        if is_open[k]:
            sides_reached = reached[_head(group, k)]
            carries[places[k]] = sides_reached == _PORTAL | _CENTRAL
            pressure[places[k]] = 1.0 if sides_reached & _PORTAL else 0.0


@jit(counted=False)
def _head(group, k):
    """The site that stands for the whole group of `k`; the ways to it are shortened."""
    while group[k] != k:
        group[k] = group[group[k]]
        k = group[k]
    return k


@jit(inline=True, counted=False)
def flux(pressure, kind, open_sites, i, j, m, periodic):
    """Blood that leaves sinusoid site (i, j) towards its neighbour number `m` (negative: that comes from there).

    In units of the flow through one straight step under the whole portal-central difference. Also returns the
    neighbour's row and column (-1 beyond a closed edge).
    """
    a = shifted(i, ROW_OFFSET[m], kind.shape[0], periodic)
    b = shifted(j, COLUMN_OFFSET[m], kind.shape[1], periodic)
    if a < 0 or b < 0 or kind[a, b] == PARENCHYMA or kind[a, b] == CAVITY:
        return 0.0, a, b
    if kind[a, b] == SINUSOID and open_sites[a, b] == 0:
        return 0.0, a, b
    drop = pressure[i, j] - pressure[a, b]
    if abs(drop) <= _STILL:
        return 0.0, a, b
    return drop / STEP_LENGTH[m], a, b


@jit(counted=False)
def _velocities(
    ways,
    pressure,
    kind,
    carries,
    radius_um,
    periodic,
    spacing_um,
    um_per_s,
    usual,
    speed,
    residence,
    passing,
    entering,
    leaving,
):
    """Fill `speed` (um/s), `residence` (s) and `passing`: flow through a site by its cross-section, path through it by
    speed, flow through it by the `usual` one; and `entering` and `leaving`, where the blood comes from and goes to."""
    for i in range(kind.shape[0]):
        for j in range(kind.shape[1]):
            speed[i, j] = passing[i, j] = 0.0
            residence[i, j] = STAGNANT_RESIDENCE_S if kind[i, j] == SINUSOID else 0.0
            entering[i, j] = leaving[i, j] = 0
            if carries[i, j] == 0:
                continue
            through, path = 0.0, 0.0
            left: Any = np.int64(ways[i, j])
            while left != 0:
                m = LOWEST[left]
                left &= left - 1
                flow, _, _ = flux(pressure, kind, carries, i, j, m, periodic)
                if flow < 0.0:
                    entering[i, j] |= np.uint8(1 << m)
                elif flow > 0.0:
                    leaving[i, j] |= np.uint8(1 << m)
                # Half of what enters and leaves is what passes; each step belongs half to the site.
                through += 0.5 * abs(flow)
                path += 0.5 * abs(flow) * STEP_LENGTH[m] * spacing_um
            if through > 0.0:
                passing[i, j] = np.float32(through / usual)
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


@jit
def mix_downstream(
    entering, leaving, pressure, kind, residence_s, periodic, portal, surroundings, exchange_per_s, blood
):
    """Carry a concentration with the blood, once along the flow; fills the lattice `blood` (float32).

    Blood enters with the concentration `portal`, mixes where sinusoids join, in proportion to their flow, and on its
    way past a site relaxes towards `surroundings` (float32 lattice) with the rate `exchange_per_s`. Sites without
    flow take the concentration of their surroundings.

    A site has its turn when all have had theirs from which blood comes to it, and then, if it can be, the next one
    downstream: what is looked at stays at hand.
    """
    rows, columns = kind.shape
    waiting = np.zeros((rows, columns), np.uint8)  # for so many sites
    for i in range(rows):
        for j in range(columns):
            blood[i, j] = np.float32(portal) if kind[i, j] == PORTAL_TRACT else surroundings[i, j]
            left: Any = np.int64(entering[i, j])
            while left != 0:
                m = LOWEST[left]
                left &= left - 1
                a, b = shifted(i, ROW_OFFSET[m], rows, periodic), shifted(j, COLUMN_OFFSET[m], columns, periodic)
                waiting[i, j] += kind[a, b] == SINUSOID
    ready = np.empty(rows * columns, np.int64)
    for row in range(rows):
        for column in range(columns):
            if waiting[row, column] != 0 or entering[row, column] | leaving[row, column] == 0:
                continue
            ready[0], size = both(row, column), 1
            while size > 0:
                size -= 1
                i, j = row_of(ready[size]), column_of(ready[size])
                waiting[i, j] = _MIXED
                amount, inflow = 0.0, 0.0
                left = np.int64(entering[i, j] | leaving[i, j])
                while left != 0:
                    m = LOWEST[left]
                    left &= left - 1
                    a, b = shifted(i, ROW_OFFSET[m], rows, periodic), shifted(j, COLUMN_OFFSET[m], columns, periodic)
                    if entering[i, j] >> m & 1:
                        flow = (pressure[a, b] - pressure[i, j]) / STEP_LENGTH[m]
                        inflow += flow
                        amount += flow * np.float64(blood[a, b])
                    elif kind[a, b] == SINUSOID:
                        waiting[a, b] -= 1
                        if waiting[a, b] == 0:
                            ready[size] = both(a, b)
                            size += 1
                if inflow > 0.0:
                    outside = np.float64(surroundings[i, j])
                    kept = math.exp(-exchange_per_s * np.float64(residence_s[i, j]))
                    blood[i, j] = np.float32(outside + (amount / inflow - outside) * kept)
