"""Indices against those of Ishigami's function, which are known."""

import math

import numpy as np
import pytest
from SALib.sample import morris, sobol
from SALib.test_functions import Ishigami

from abm.comparison.sensitivity import rank_correlation, sensitivity

NAMES = ["x1", "x2", "x3"]
PROBLEM = {"num_vars": 3, "names": NAMES, "bounds": [[-math.pi, math.pi]] * 3}
FIRST, TOTAL = (0.3139, 0.4424, 0.0), (0.5576, 0.4424, 0.2437)  # Saltelli 2000, with a = 7, b = 0.1


@pytest.mark.parametrize("second_order", [False, True])
def test_sobol_finds_the_known_indices(second_order):
    points = sobol.sample(PROBLEM, 1024, calc_second_order=second_order, seed=1)
    found = sensitivity("sobol", NAMES, points, Ishigami.evaluate(points)[:, None])
    assert (found.blocks, found.of) == (1024, 1024) and math.isnan(found.noise)
    for index, first, total in zip(found.indices, FIRST, TOTAL, strict=True):
        assert index.first[1] <= first <= index.first[2] and index.total[1] <= total <= index.total[2]
        assert index.first[0] == pytest.approx(first, abs=0.06) and index.total[0] == pytest.approx(total, abs=0.06)


def test_morris_of_a_plane_is_exact():
    points = morris.sample(PROBLEM, 10, num_levels=4, seed=2)
    found = sensitivity("morris", NAMES, points, (points @ [1.0, -2.0, 0.0])[:, None])
    effects = [index.first[0] for index in found.indices]
    assert effects == pytest.approx([2 * math.pi, 4 * math.pi, 0.0])  # over the whole range
    assert [index.total[0] for index in found.indices] == pytest.approx([0.0] * 3, abs=1e-9)


def test_effects_that_do_not_vary_have_no_interval():
    points = morris.sample(PROBLEM, 4, num_levels=4, seed=2)
    found = sensitivity("morris", NAMES, points, (points @ [1.0, -2.0, 0.0])[:, None])
    assert all(np.isnan(index.first[1:]).all() for index in found.indices)
    bent = sensitivity("morris", NAMES, points, (np.exp(points) @ [1.0, -2.0, 0.0])[:, None])
    assert bent.indices[0].first[1] < bent.indices[0].first[0] < bent.indices[0].first[2]


def test_blocks_with_a_failed_point_are_left_out():
    points = sobol.sample(PROBLEM, 16, calc_second_order=False, seed=1)
    values = Ishigami.evaluate(points)[:, None]
    spoilt = values.copy()
    spoilt[7] = np.nan
    found = sensitivity("sobol", NAMES, points, spoilt)
    assert (found.blocks, found.of) == (15, 16)
    rest = np.r_[0:5, 10:80]
    assert found.indices == sensitivity("sobol", NAMES, points[rest], values[rest]).indices


def test_replicates_are_averaged_and_their_noise_is_told():
    points = sobol.sample(PROBLEM, 64, calc_second_order=False, seed=1)
    value = Ishigami.evaluate(points)
    noise = np.random.default_rng(1).normal(0, value.std(), (value.size, 4))
    found = sensitivity("sobol", NAMES, points, value[:, None] + noise)
    assert found.noise == pytest.approx((1 / 4) / (1 + 1 / 4), abs=0.04)
    missing = value[:, None] + noise
    missing[3, 2] = np.nan
    assert sensitivity("sobol", NAMES, points, missing).blocks == 64


def test_what_has_no_indices():
    points = sobol.sample(PROBLEM, 8, calc_second_order=False, seed=1)
    assert sensitivity("sobol", NAMES, points, np.ones((40, 1))) is None
    assert sensitivity("sobol", NAMES, points, np.full((40, 1), np.nan)) is None
    with pytest.raises(ValueError, match="the 39 points of the sweep are no sobol design"):
        sensitivity("sobol", NAMES, points[1:], np.ones((39, 1)))
    with pytest.raises(ValueError, match="no morris design"):
        sensitivity("morris", NAMES, points, np.ones((40, 1)))


def test_rank_correlation():
    x = np.arange(30.0)
    found = rank_correlation(x, np.exp(x))
    assert found.value == pytest.approx(1.0) and found.low > 0.99
    generator = np.random.default_rng(3)
    held = [
        one.low <= 0 <= one.high
        for one in (rank_correlation(generator.random(20), generator.random(20)) for _ in range(300))
    ]
    assert 0.92 <= np.mean(held) <= 0.99
    assert math.isnan(rank_correlation(np.ones(9), x[:9]).value)
    y = generator.random(30)
    usual, sure = (rank_correlation(x, y, level) for level in (0.95, 0.9996))
    assert sure.low < usual.low < usual.high < sure.high
