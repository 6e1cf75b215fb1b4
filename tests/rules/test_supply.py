"""Supply: Poisson numbers, and free sites with equal chance."""

import numba
import numpy as np
import pytest
from scipy.stats import chisquare

from abm.cells.kupffer import KUPFFER
from abm.config.schema import SHIPPED
from abm.kernels.flows import ENTERED, INFUSED
from abm.kernels.random import hash64, stream_key, uniform
from abm.kernels.tables import columns_of
from abm.kernels.traffic import Residents
from abm.rules.leukocyte_entry import called_sites
from abm.rules.supply import choose, enter_from_blood, entry_sites, poisson
from abm.tissue.sites import LUMEN
from abm.units import value_at
from tests.worlds import assert_sound, compiled_only, liver, sinusoids

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


def stale(population):
    """Fill the free rows of a table with what dead cells may have left."""
    population.reserve(200)
    for name in population.rows.dtype.names:
        if name != "alive":
            population.rows[name][population.rows.alive == 0] = 7


@pytest.mark.parametrize(("name", "product"), SHIPPED.infused().values(), ids=SHIPPED.infused())
def test_newcomers_are_what_is_declared_of_them_and_nothing_else(name, product):
    model = liver()
    model.step_number = 30
    cells = model.populations[name]
    like = cells.species.newcomer
    like = like._replace(drawn=(*like.drawn, *product.drawn))
    stale(cells)
    old = set(cells.alive_rows().uid)
    places = np.concatenate((np.argwhere(model.sites.population[LUMEN] == KUPFFER)[:1], sinusoids(model)[:150]))
    enter_from_blood(model, name, KEY, places, INFUSED, "infused", product.drawn)
    new = cells.alive_rows()
    new = new[[uid not in old for uid in new.uid]]
    assert_sound(model)
    assert cells.flows[INFUSED] == len(places) - 1 == new.size
    assert {tuple(place) for place in places[1:]} == set(zip(new.row, new.column, strict=True)), "one place was taken"
    columns = np.uint64(model.shape[1])
    for n, (row, column) in enumerate(places[1:].astype(np.uint64), start=1):
        uid = hash64(stream_key(0, f"{name}/infused"), row * columns + column, 30, n)
        cell = new[new.uid == uid]
        assert (cell.row, cell.column) == (row, column)
        for drawn in like.drawn:
            draw = uniform(KEY, 30, uid, drawn.number)
            chance = value_at(model.config, drawn.chance) if drawn.chance else 0.0
            assert cell[drawn.column] == (int(8 * draw) if drawn.choices else draw < chance)
    assert set(new.state) == {cells.number_of(like.state or cells.states[0])} and set(new.layer) == {LUMEN}
    if like.dated:
        assert set(new[like.dated]) == {np.float32(model.hours)}
    told = {"alive", "state", "layer", "row", "column", "uid", like.dated, *(drawn.column for drawn in like.drawn)}
    for column in set(new.dtype.names) - told:
        assert not new[column].any(), f"a dead cell left its {column}"


def test_nobody_at_all_comes_to_no_place():
    model = liver()
    before = model.neutrophil.used.tobytes()
    enter_from_blood(model, "neutrophil", KEY, np.empty((0, 2), np.int64), ENTERED)
    assert model.neutrophil.used.tobytes() == before


def test_columns_of_all_populations_are_of_one_type():
    """So that kernels over them are compiled once."""
    model = liver()
    kinds = {str(numba.typeof(columns_of(model.populations[name].rows, Residents))) for name in model.populations}
    assert len(kinds) == 1


@compiled_only
@pytest.mark.parametrize("entries", [0.002, 0.05])
def test_rare_ones_come_as_often_and_where_they_come_by_looking_at_every_site(entries):
    model = liver(mm=0.6)
    places = model.sinusoids.astype(np.uint64)
    rng = np.random.default_rng(4)
    signal = (3 * rng.random(model.shape)).astype(np.float32)
    passing = model.flow.passing
    model.sites.perfused.ravel()[places[::7]] = 0
    level = np.float64(signal.ravel()[places])
    chance = entries * np.float64(passing.ravel()[places]) * level / (1 + level)
    chance[::7] = 0.0
    counts = np.zeros(model.shape)
    steps = 4000
    for step in range(steps):
        found = called_sites(places, model.sites.perfused, passing, float(passing.max()), signal, KEY, step, entries)
        np.add.at(counts, (found[:, 0], found[:, 1]), 1)
    seen = counts.ravel()[places]
    assert seen.sum() == counts.sum() and not seen[::7].any()
    assert seen.sum() == pytest.approx(steps * chance.sum(), abs=3.3 * np.sqrt(steps * chance.sum()))
    groups = np.digitize(chance[chance > 0], np.quantile(chance[chance > 0], np.linspace(0, 1, 9)[1:-1]))
    observed, expected = (np.bincount(groups, weights=w[chance > 0]) for w in (seen, chance))
    assert chisquare(observed, expected * observed.sum() / expected.sum()).pvalue > 1e-3
