import functools
import os
import subprocess
import sys
import time

import numpy as np
import pytest
import scipy.sparse
import scipy.sparse.linalg

from abm.kernels.sites import COLUMN_OFFSET, ROW_OFFSET
from abm.tissue.anatomy import grow
from abm.tissue.flow import (
    STAGNANT_RESIDENCE_S,
    Flow,
    downstream,
    flux,
    mix_downstream,
)
from abm.tissue.mesh import STEP_LENGTH
from abm.tissue.parameters import TissueParameters
from abm.tissue.sites import CENTRAL_VEIN, PARENCHYMA, PORTAL_TRACT, SINUSOID
from abm.tissue.thinning import reached


@functools.cache
def anatomy(edges="periodic", size="1 mm", seed=1):
    return grow(TissueParameters(width=size, height=size, edges=edges), seed)


def new_flow(**where):
    return Flow(anatomy(**where), 234.0)


def neighbours(tissue, i, j):
    """(number, row, column) of the neighbours inside the domain."""
    rows, columns = tissue.shape
    for m in range(8):
        a, b = i + ROW_OFFSET[m], j + COLUMN_OFFSET[m]
        if tissue.periodic:
            yield m, a % rows, b % columns
        elif 0 <= a < rows and 0 <= b < columns:
            yield m, a, b


def reference_pressure(tissue, carries):
    """The same balance assembled in the obvious way and solved by SciPy."""
    places = np.argwhere(carries)
    number = {tuple(place): k for k, place in enumerate(places)}
    matrix = scipy.sparse.lil_matrix((len(places), len(places)))
    inflow = np.zeros(len(places))
    for k, (i, j) in enumerate(places):
        for m, a, b in neighbours(tissue, i, j):
            conductance = 1 / STEP_LENGTH[m]
            if (a, b) in number:
                matrix[k, number[a, b]] = -conductance
            elif tissue.kind[a, b] == PORTAL_TRACT:
                inflow[k] += conductance
            elif tissue.kind[a, b] != CENTRAL_VEIN:
                continue
            matrix[k, k] += conductance
    return scipy.sparse.linalg.spsolve(matrix.tocsr(), inflow)


@pytest.mark.parametrize("edges", ["periodic", "closed"])
@pytest.mark.parametrize("blocked", [0.0, 0.05, 0.3])
def test_pressure_against_scipy(edges, blocked):
    tissue, flow = anatomy(edges), new_flow(edges=edges)
    random = np.random.default_rng(1)
    flow.update((tissue.kind == SINUSOID) & (random.random(tissue.shape) >= blocked))
    carries = flow.carries == 1
    np.testing.assert_allclose(flow.pressure[carries], reference_pressure(tissue, carries), atol=1.01e-6)
    assert flow.pressure.min() >= 0 and flow.pressure.max() <= 1


@pytest.mark.parametrize("edges", ["periodic", "closed"])
@pytest.mark.parametrize("blocked", [0.0, 0.3, 0.6])
def test_what_carries_blood_is_connected_with_both_sides(edges, blocked):
    tissue, flow = anatomy(edges), new_flow(edges=edges)
    is_open = (tissue.kind == SINUSOID) & (np.random.default_rng(3).random(tissue.shape) >= blocked)
    flow.update(is_open)
    fed, drained = (reached(tissue.kind, is_open, side, tissue.periodic) for side in (PORTAL_TRACT, CENTRAL_VEIN))
    assert np.array_equal(flow.carries == 1, fed & drained)
    assert (flow.pressure[fed & ~drained] == 1.0).all() and (flow.pressure[is_open & ~fed] == 0.0).all()


def flows(flow, i, j):
    """(blood that leaves the site, kind of the neighbour it goes to) for every neighbour."""
    tissue = flow.anatomy
    for m, a, b in neighbours(tissue, i, j):
        amount, _, _ = flux(flow.pressure, tissue.kind, flow.carries, i, j, m, tissue.periodic)
        yield amount, tissue.kind[a, b]


@pytest.mark.parametrize("edges", ["periodic", "closed"])
def test_what_flows_into_a_site_flows_out_of_it(edges):
    flow = new_flow(edges=edges)
    leaving = [list(flows(flow, i, j)) for i, j in np.argwhere(flow.carries)]
    assert max(abs(sum(amount for amount, _ in site)) for site in leaving) <= 2e-5
    entering = -sum(amount for site in leaving for amount, kind in site if kind == PORTAL_TRACT)
    draining = sum(amount for site in leaving for amount, kind in site if kind == CENTRAL_VEIN)
    assert flow.inflow == pytest.approx(entering, rel=1e-9)
    assert draining == pytest.approx(entering, rel=1e-3)


def test_velocities_are_those_of_the_liver():
    flow = Flow(grow(TissueParameters(), 1), 234.0)
    sinusoid = flow.anatomy.kind == SINUSOID
    speed = flow.speed_um_per_s[sinusoid]
    assert np.median(speed) == pytest.approx(234.0, rel=1e-3)
    # Koo 1975: one standard deviation of the logarithm reaches from 126 to 434 um/s.
    assert np.percentile(speed, 16) == pytest.approx(126, rel=0.2)
    assert np.percentile(speed, 84) == pytest.approx(434, rel=0.2)
    assert np.all(np.isfinite(speed)) and speed.max() < 5000
    # Sinusoids converge, so blood hurries towards the vein (MacPhee 1995, 10.1152/ajpgi.1995.269.5.G692).
    medians = [np.median(speed[flow.anatomy.zone[sinusoid] == zone]) for zone in (1, 2, 3)]
    assert medians[0] < medians[1] < medians[2]
    assert flow.inflow_cumulative[-1] == pytest.approx(1.0) and np.all(np.diff(flow.inflow_cumulative) >= 0)


@pytest.mark.parametrize("edges", ["periodic", "closed"])
@pytest.mark.parametrize("blocked", [0.0, 0.3])
def test_where_blood_comes_from_and_goes_to(edges, blocked):
    tissue, flow = anatomy(edges), new_flow(edges=edges)
    flow.update((tissue.kind == SINUSOID) & (np.random.default_rng(3).random(tissue.shape) >= blocked))
    expected = np.zeros((2, *tissue.shape), np.uint8)
    for i, j in np.argwhere(flow.carries):
        for m, _, _ in neighbours(tissue, i, j):
            amount, _, _ = flux(flow.pressure, tissue.kind, flow.carries, i, j, m, tissue.periodic)
            expected[:, i, j] |= np.uint8(1 << m) * np.array([amount < 0, amount > 0], np.uint8)
    assert np.array_equal(flow.entering, expected[0]) and np.array_equal(flow.leaving, expected[1])


def test_blocking_slows_and_unblocking_restores():
    tissue, flow = anatomy(), new_flow()
    before, open_inflow = flow.pressure.copy(), flow.inflow
    lattice = flow.pressure
    sinusoid = tissue.kind == SINUSOID
    fastest = np.unravel_index(np.argmax(flow.speed_um_per_s), tissue.shape)
    perfused = sinusoid.copy()
    perfused[fastest] = False
    flow.update(perfused)
    assert flow.inflow < open_inflow
    assert flow.speed_um_per_s[fastest] == 0 and flow.carries[fastest] == 0
    assert flow.pressure[fastest] == before[fastest]
    flow.update(sinusoid)
    assert flow.pressure is lattice and np.array_equal(flow.pressure, before)


def test_the_flow_depends_on_what_is_open_only():
    random = np.random.default_rng(3)
    tissue = anatomy()
    perfused = (tissue.kind == SINUSOID) & (random.random(tissue.shape) > 0.1)
    direct, later = new_flow(), new_flow()
    later.update((tissue.kind == SINUSOID) & (random.random(tissue.shape) > 0.4))
    for flow in (direct, later):
        flow.update(perfused)
    for name in ("pressure", "speed_um_per_s", "residence_s", "carries", "inflow_cumulative", "entering", "leaving"):
        assert np.array_equal(getattr(direct, name), getattr(later, name))


@pytest.mark.parametrize("barrier", [PORTAL_TRACT, CENTRAL_VEIN])
def test_sites_cut_off_from_one_side_stand_still(barrier):
    tissue, flow = anatomy(), new_flow()
    distance = tissue.portal_distance_um if barrier == PORTAL_TRACT else tissue.central_distance_um
    perfused = (tissue.kind == SINUSOID) & (distance > 1.5 * tissue.spacing_um)
    flow.update(perfused)
    assert flow.carries.sum() == 0 and flow.inflow == 0
    assert not flow.entering.any() and not flow.leaving.any()
    assert np.all(flow.speed_um_per_s == 0) and np.all(flow.residence_s[perfused] == STAGNANT_RESIDENCE_S)
    assert np.all(flow.pressure[perfused] == (0 if barrier == PORTAL_TRACT else 1))
    flow.update(np.zeros(tissue.shape, np.bool_))
    assert np.all(np.isfinite(flow.pressure))


def test_downstream_goes_with_the_blood():
    tissue, flow = anatomy(), new_flow()
    i, j = next(  # a site where the blood divides
        (i, j)
        for i, j in np.argwhere(flow.carries)
        if sum(flux(flow.pressure, tissue.kind, flow.carries, i, j, m, True)[0] > 0.003 for m in range(8)) >= 2
    )
    leaving = {}
    for m, a, b in neighbours(tissue, i, j):
        amount, _, _ = flux(flow.pressure, tissue.kind, flow.carries, i, j, m, True)
        if amount > 0:
            leaving[a, b] = amount
    total, n = sum(leaving.values()), 4000
    counts = dict.fromkeys(leaving, 0)
    for k in range(n):
        row, column, length, found = downstream(flow.pressure, tissue.kind, flow.carries, i, j, True, (k + 0.5) / n)
        assert found and length in STEP_LENGTH
        counts[row, column] += 1
    for place, amount in leaving.items():
        assert counts[place] / n == pytest.approx(amount / total, abs=1 / n)


def test_downstream_finds_nothing_where_blood_stands():
    tissue, flow = anatomy(), new_flow()
    flow.update((tissue.kind == SINUSOID) & (tissue.portal_distance_um > 1.5 * tissue.spacing_um))
    row, column = np.argwhere(tissue.kind == SINUSOID)[0]
    assert downstream(flow.pressure, tissue.kind, flow.carries, row, column, True, 0.5) == (row, column, 0.0, False)


def test_flow_favours_no_direction_of_the_lattice():
    through = np.zeros(4)
    for seed in range(6):
        flow = Flow(grow(TissueParameters(), seed), 234.0)
        open_sites = flow.carries == 1
        for k, (down, across) in enumerate(((0, 1), (1, 1), (1, 0), (-1, 1))):
            there = np.roll(flow.pressure, (-down, -across), (0, 1))
            both = open_sites & np.roll(open_sites, (-down, -across), (0, 1))
            through[k] += np.abs(flow.pressure - there)[both].sum()
    assert through[0] / through[2] == pytest.approx(1.0, abs=0.06)
    assert through[1] / through[3] == pytest.approx(1.0, abs=0.06)


def mix(flow, portal, surroundings, rate):
    blood = np.empty(flow.anatomy.shape, np.float32)
    mix_downstream(
        flow.entering,
        flow.leaving,
        flow.pressure,
        flow.anatomy.kind,
        flow.residence_s,
        flow.anatomy.periodic,
        portal,
        np.full(flow.anatomy.shape, surroundings, np.float32),
        rate,
        blood,
    )
    return blood


def test_blood_without_exchange_keeps_what_it_brought():
    flow = new_flow()
    blood = mix(flow, 62.0, 5.0, 0.0)
    np.testing.assert_allclose(blood[flow.carries == 1], 62.0, rtol=1e-5)
    assert np.all(blood[flow.anatomy.kind == PARENCHYMA] == 5.0)


@pytest.mark.parametrize("edges", ["periodic", "closed"])
@pytest.mark.parametrize("blocked", [0.0, 0.3])
def test_blood_mixes_in_proportion_to_what_flows_in(edges, blocked):
    tissue, flow = anatomy(edges), new_flow(edges=edges)
    flow.update((tissue.kind == SINUSOID) & (np.random.default_rng(3).random(tissue.shape) >= blocked))
    found = mix(flow, 62.0, 5.0, 0.3)
    blood = np.where(tissue.kind == PORTAL_TRACT, np.float32(62.0), np.float32(5.0))
    carrying = np.argwhere(flow.carries)
    for i, j in carrying[np.argsort(-flow.pressure[flow.carries == 1], kind="stable")]:  # upstream first
        entering = [
            (-flux(flow.pressure, tissue.kind, flow.carries, i, j, m, tissue.periodic)[0], blood[a, b])
            for m, a, b in neighbours(tissue, i, j)
        ]
        inflow = sum(amount for amount, _ in entering if amount > 0)
        if inflow > 0:
            mixed = sum(amount * level for amount, level in entering if amount > 0) / inflow
            blood[i, j] = 5.0 + (mixed - 5.0) * np.exp(-0.3 * flow.residence_s[i, j])
    np.testing.assert_allclose(found, blood, rtol=1e-5)


def test_blood_relaxes_towards_the_tissue_on_its_way():
    flow = new_flow()
    blood = mix(flow, 62.0, 5.0, 1.0)
    carries = flow.carries == 1
    assert blood[carries].min() >= 5.0 and blood[carries].max() <= 62.0
    medians = [np.median(blood[carries & (flow.anatomy.zone == zone)]) for zone in (1, 2, 3)]
    assert medians[0] > medians[1] > medians[2]


TINY = """
import hashlib
import numpy as np
from abm.tissue.anatomy import grow
from abm.tissue.parameters import TissueParameters
from abm.tissue.flow import Flow
from abm.tissue.measure import walk
with np.errstate(over="ignore"):
    anatomy = grow(TissueParameters(width="320 um", height="300 um"), 5)
    flow = Flow(anatomy, 234.0)
    lattices = anatomy.kind, anatomy.zone, anatomy.inlets, np.rint(flow.pressure * 1e5), walk(flow, 20, 1).last
digests = [hashlib.sha1(np.ascontiguousarray(lattice).tobytes()).hexdigest() for lattice in lattices]
"""


def test_interpreted_kernels_give_the_same_tissue():
    compiled = {}
    exec(TINY, compiled)
    interpreted = subprocess.run(
        [sys.executable, "-c", TINY + "print(*digests)"],
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
        check=True,
        capture_output=True,
        text=True,
    )
    assert interpreted.stdout.split() == compiled["digests"]


def test_a_new_solution_is_fast_enough():
    tissue = grow(TissueParameters(), 1)
    flow = Flow(tissue, 234.0)
    start = time.process_time()
    for _ in range(5):
        flow.update(tissue.kind == SINUSOID)
    assert (time.process_time() - start) / 5 < 0.05
