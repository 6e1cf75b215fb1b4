"""Where residents are when the experiment begins: how many, in which zones, one per site, by chance of the seed."""

import itertools

import numpy as np
import pytest
from scipy import stats

from abm.cells import POPULATIONS
from abm.cells.population import Population
from abm.cells.settle import choose_sites, identities, rounded_count, site_hashes
from abm.kernels.random import stream_key
from abm.kernels.sites import Sites
from abm.tissue.sites import PARENCHYMA, SINUSOID
from tests.worlds import assert_in_place, lattice

AGENTS = {
    agent.species.name: agent
    for agent in POPULATIONS
    if any(agent.species.settles_in(layer) for layer in agent.species.stands)
}
MM2 = 1.0


def striped_tissue() -> Sites:
    """1 mm2 in which every third row is a sinusoid, and the zones are three blocks of columns."""
    kind = np.full((100, 100), PARENCHYMA, np.uint8)
    kind[::3] = SINUSOID
    sites = lattice(*kind.shape, kind)
    sites.zone[:] = np.repeat([1, 2, 3], [40, 30, 30])
    return sites


def settled(name: str, seed: int = 1, changed=None, sites: Sites | None = None) -> tuple[Population, Sites]:
    sites = sites if sites is not None else striped_tissue()
    population = Population(AGENTS[name])
    population.species.settle(population, sites, AGENTS[name].species.parameters(**(changed or {})), MM2, seed)
    return population, sites


def identity_at_site(population: Population) -> dict:
    rows = population.alive_rows()
    return dict(zip(zip(rows.row.tolist(), rows.column.tolist(), strict=True), rows.uid.tolist(), strict=True))


@pytest.mark.parametrize("name", AGENTS)
def test_there_are_as_many_as_the_density_says_each_alone_on_a_sinusoid_site(name):
    population, sites = settled(name)
    species = population.species
    layer, density = species.stands[0], species.parameters().density
    rows = population.alive_rows()
    assert abs(population.count - density * MM2) < 1
    assert len(identity_at_site(population)) == population.count
    assert (sites.kind[rows.row, rows.column] == SINUSOID).all()
    assert (rows.layer == layer).all() and (rows.state == 0).all()
    assert np.array_equal(sites.occupant[layer, rows.row, rows.column], np.arange(population.count))
    assert np.count_nonzero(sites.population == population.code) == population.count
    assert_in_place(sites, population)


@pytest.mark.parametrize("name", AGENTS)
def test_places_depend_on_the_seed_and_identities_on_the_place_only(name):
    crowded = {"density": "900 /mm^2"}
    one, other, again = (identity_at_site(settled(name, seed, crowded)[0]) for seed in (1, 2, 1))
    assert one == again
    assert set(one) != set(other)
    shared = set(one) & set(other)
    assert shared and all(one[site] == other[site] for site in shared)


def test_all_residents_find_room_beside_each_other():
    sites = striped_tissue()
    populations = [settled(name, sites=sites)[0] for name in AGENTS]
    assert np.count_nonzero(sites.population) == sum(population.count for population in populations)
    uids = np.concatenate([population.alive_rows().uid for population in populations])
    assert np.unique(uids).size == uids.size


def test_kupffer_cells_are_denser_near_the_portal_tracts():
    population, sites = settled("kupffer")
    rows = population.alive_rows()
    assert np.array_equal(rows.zone, sites.zone[rows.row, rows.column])
    shares = np.bincount(rows.zone, minlength=4)[1:] / population.count
    sinusoids = np.bincount(sites.zone[sites.kind == SINUSOID], minlength=4)[1:]
    expected = np.array([0.43, 0.28, 0.29]) * sinusoids
    assert shares == pytest.approx(expected / expected.sum(), abs=1 / population.count)


def test_kupffer_cells_phagocytose_on_average_once_and_less_in_the_centre():
    rows = settled("kupffer", changed={"density": "900 /mm^2"})[0].alive_rows()
    eating = rows.activity > 0
    assert stats.binomtest(int(eating.sum()), rows.size, 0.64).pvalue > 0.01
    assert rows.activity.mean() == pytest.approx(1.0, abs=0.08)
    by_zone = [np.unique(rows.activity[eating & (rows.zone == zone)]) for zone in (1, 2, 3)]
    assert [levels.size for levels in by_zone] == [1, 1, 1]
    assert by_zone[2][0] / by_zone[0][0] == pytest.approx(0.6, rel=1e-6)
    assert by_zone[1][0] / by_zone[0][0] == pytest.approx(0.8, rel=1e-6)


def test_a_fraction_of_the_natural_killer_cells_kills_and_they_head_everywhere():
    rows = settled("natural_killer", changed={"density": "1200 /mm^2"})[0].alive_rows()
    assert stats.binomtest(int(rows.killer.sum()), rows.size, 0.6).pvalue > 0.01
    assert set(rows.killer.tolist()) == {0, 1}
    headings = np.bincount(rows.heading, minlength=8)
    assert headings.size == 8 and stats.chisquare(headings).pvalue > 0.01


@pytest.mark.parametrize("name", AGENTS)
def test_a_liver_without_them_has_none(name):
    population, sites = settled(name, changed={"density": "0 /mm^2"})
    assert population.count == 0 and not sites.population.any()


def test_more_cells_than_sites_are_refused():
    with pytest.raises(ValueError, match=r"do not fit on \d+ free sites; make them fewer"):
        settled("neutrophil", changed={"density": "4000 /mm^2"})


def test_every_subset_of_sites_is_equally_likely():
    candidates = np.array([3, 8, 11, 90])
    found = dict.fromkeys(itertools.combinations(candidates.tolist(), 2), 0)
    for seed in range(3000):
        found[tuple(choose_sites(candidates, 2, stream_key(seed, "settle")).tolist())] += 1
    assert stats.chisquare(list(found.values())).pvalue > 0.01


def test_all_or_none_of_the_sites():
    candidates = np.array([3, 8, 11])
    assert choose_sites(candidates, 3, stream_key(1, "x")).tolist() == [3, 8, 11]
    assert choose_sites(candidates, 0, stream_key(1, "x")).size == 0


@pytest.mark.parametrize("expected", [0.0, 0.3, 2.75, 7.0])
def test_a_count_is_right_on_average(expected):
    counts = np.array([rounded_count(expected, stream_key(seed, "count")) for seed in range(2000)])
    assert set(counts.tolist()) <= {int(expected), int(expected) + 1}
    part = expected - int(expected)
    if part == 0:
        assert (counts == int(expected)).all()
    else:
        assert stats.binomtest(int((counts > expected).sum()), counts.size, part).pvalue > 0.01


def test_identities_are_not_the_hashes_that_chose_the_sites():
    sites, key = np.arange(1000), stream_key(0, "initial/kupffer")
    uids = identities(key, sites)
    assert np.unique(uids).size == 1000
    assert not np.isin(uids, site_hashes(key, sites)).any()
    assert np.array_equal(identities(key, sites[500:]), uids[500:])
