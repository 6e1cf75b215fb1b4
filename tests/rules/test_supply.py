"""Supply: Poisson numbers, and free sites with equal chance."""

import numpy as np
import pytest
from scipy.stats import chisquare

from abm.cells.population import KUPFFER
from abm.kernels.random import stream_key, uniform
from abm.rules.supply import choose, entry_sites, poisson
from abm.tissue.sites import LUMEN
from tests.worlds import compiled_only, liver, sinusoids

KEY = stream_key(5, "supply")


def naive_poisson(key, step, uid, mean):
    """How many exponential waits fit into `mean`."""
    waits = -np.log1p(-np.array([uniform(key, step, uid, n) for n in range(200)]))
    return int((np.cumsum(waits) < mean).sum())


@pytest.mark.parametrize("mean", [0.0, 0.3, 4.0, 60.0])
def test_poisson_counts_exponential_waits(mean):
    for uid in range(20):
        assert poisson(KEY, 3, np.uint64(uid), mean) == naive_poisson(KEY, 3, np.uint64(uid), mean)


@compiled_only
@pytest.mark.parametrize("mean", [0.05, 3.0, 40.0])
def test_poisson_has_the_mean_and_variance_of_its_name(mean):
    draws = np.array([poisson(KEY, step, np.uint64(9), mean) for step in range(8000)])
    assert draws.mean() == pytest.approx(mean, abs=3.3 * np.sqrt(mean / draws.size))
    variance_of_variance = (mean + 2 * mean**2) / draws.size
    assert draws.var() == pytest.approx(mean, abs=3.3 * np.sqrt(variance_of_variance))


@pytest.fixture(scope="module")
def model():
    return liver()


@compiled_only
def test_every_free_site_has_the_same_chance(model):
    candidates = sinusoids(model)[:40]
    counts = np.zeros(model.shape, int)
    for step in range(1000):
        for row, column in choose(KEY, step, model.sites, candidates, 5):
            counts[row, column] += 1
    seen = counts[candidates[:, 0], candidates[:, 1]]
    assert seen.sum() == counts.sum() == 5000
    assert chisquare(seen).pvalue > 1e-3


def test_nobody_comes_where_somebody_stands(model):
    taken = np.argwhere(model.sites.population[LUMEN] == KUPFFER)
    free = sinusoids(model)[:1]
    chosen = choose(KEY, 0, model.sites, np.concatenate((taken[:3], free)), 10)
    assert len(chosen) >= 8  # each looks sixteen times for the one free site of four
    assert (chosen == free[0]).all()
    assert choose(KEY, 0, model.sites, taken, 10).shape == (0, 2)
    assert choose(KEY, 0, model.sites, free, 0).shape == (0, 2)


def test_nobody_comes_where_no_blood_flows():
    model = liver()
    assert len(entry_sites(model, KEY, 20.0)) > 5
    assert len(entry_sites(model, KEY, 0.0)) == 0
    model.sites.perfused[:] = 0
    model.update_flow()
    assert len(entry_sites(model, KEY, 20.0)) == 0
