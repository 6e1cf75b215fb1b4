import numpy as np
import pytest

from abm.kernels.random import stream_key
from abm.tissue.lobules import OUTSIDE, lay_out

DOMAINS = [
    (200, 200, 30.0, True),
    (100, 120, 30.0, True),
    (300, 300, 50.0, True),
    (96, 250, 30.0, True),
    (200, 200, 30.0, False),
    (64, 64, 30.0, False),
    (150, 90, 20.0, False),
]


def area(corners):
    following = np.roll(corners, -1, axis=0)
    return abs(np.sum(corners[:, 0] * following[:, 1] - corners[:, 1] * following[:, 0])) / 2


@pytest.mark.parametrize("rows, columns, radius, periodic", DOMAINS)
@pytest.mark.parametrize("seed", [0, 1])
def test_lobules_tile_the_domain(rows, columns, radius, periodic, seed):
    lobules = lay_out(rows, columns, radius, 0.1 * radius, periodic, stream_key(seed, "lobules"))
    assert sum(area(lobule.corners) for lobule in lobules) == pytest.approx(rows * columns)
    for lobule in lobules:
        assert 0 <= lobule.centre[0] < rows and 0 <= lobule.centre[1] < columns
        assert periodic == (OUTSIDE not in lobule.neighbours) or not periodic


@pytest.mark.parametrize("rows, columns, radius", [domain[:3] for domain in DOMAINS if domain[3]])
def test_periodic_lobules_are_hexagons_of_the_wanted_size(rows, columns, radius):
    lobules = lay_out(rows, columns, radius, 0.1 * radius, True, stream_key(3, "lobules"))
    assert np.mean([len(lobule.corners) for lobule in lobules]) == pytest.approx(6.0, abs=0.35)
    distances = np.concatenate([np.hypot(*lobule.corners.T) for lobule in lobules])
    assert distances.mean() == pytest.approx(radius, rel=0.12)
    # Each side is shared: lobule a has as many sides with b as b has with a.
    shared = [(a, b) for a, lobule in enumerate(lobules) for b in lobule.neighbours]
    assert sorted(shared) == sorted((b, a) for a, b in shared)


def test_a_large_domain_gets_the_exact_size():
    lobules = lay_out(1000, 1000, 30.0, 3.0, True, stream_key(0, "lobules"))
    distances = np.concatenate([np.hypot(*lobule.corners.T) for lobule in lobules])
    assert distances.mean() == pytest.approx(30.0, rel=0.01)


def test_without_jitter_all_lobules_are_alike():
    lobules = lay_out(200, 200, 30.0, 0.0, True, stream_key(0, "lobules"))
    areas = [area(lobule.corners) for lobule in lobules]
    assert max(areas) == pytest.approx(min(areas))


def test_the_pattern_differs_between_seeds_but_not_between_calls():
    def centres(seed):
        return np.array([lobule.centre for lobule in lay_out(200, 200, 30.0, 3.0, True, stream_key(seed, "lobules"))])

    assert np.array_equal(centres(1), centres(1))
    assert not np.array_equal(centres(1), centres(2))
