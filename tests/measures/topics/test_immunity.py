"""The infiltrate of nodules where every cell was placed by hand."""

import math

import numpy as np
import pytest

from abm.cells.cd8 import ENGAGED, PATROLLING, SEARCHING
from abm.cells.macrophage import INTERMEDIATE, M1, M2, MONOCYTE
from abm.measures.look import Share
from abm.measures.topics.immunity import (
    cd8_foxp3_ratio,
    exhausted_share,
    infiltrate,
    margin_core_ratio,
    monocyte_derived_share,
    pdl1_score,
    polarised_share,
    specific_share,
)
from abm.tissue.pieces import from_edge
from abm.tissue.sites import LUMEN, SINUSOID, TISSUE
from tests.worlds import liver, put, sinusoids

from .worlds import look, put_tumors


def disc(rows, columns, row, column, radius):
    return [
        (i % rows, j % columns)
        for i in range(row - radius, row + radius + 1)
        for j in range(column - radius, column + radius + 1)
        if (i - row) ** 2 + (j - column) ** 2 <= radius**2
    ]


def naive(inside, periodic):
    """Distances from the edge by looking at all pairs; nothing is enclosed."""
    rows, columns = inside.shape
    distance = np.full(inside.shape, np.inf)
    for of in (True, False):
        here, there = np.argwhere(inside == of), np.argwhere(inside != of)
        apart = np.abs(here[:, None] - there[None])
        if periodic:
            apart = np.minimum(apart, (rows, columns) - apart)
        distance[inside == of] = np.sqrt((apart**2).sum(axis=-1)).min(axis=1)
    return np.where(inside, 0.5 - distance, distance - 0.5)


@pytest.mark.parametrize("periodic", [True, False])
def test_distances_are_those_of_all_pairs(periodic):
    inside = np.zeros((17, 22), bool)
    for place in disc(17, 22, 1, 20, 4):
        inside[place] = True
    inside[9, 8:10] = True
    np.testing.assert_allclose(from_edge(inside, 10.0, periodic), 10 * naive(inside, periodic))


def test_what_a_nodule_encloses_is_inside():
    inside = np.zeros((20, 20), bool)
    inside[4:13, 4:13] = True
    whole = from_edge(inside, 10.0, True)
    inside[8, 7:9] = False
    np.testing.assert_array_equal(from_edge(inside, 10.0, True), whole)
    assert whole[8, 8] == -45 and whole[8, 3] == 5 and whole[8, 12] == -5
    assert np.isposinf(from_edge(np.zeros((4, 4), bool), 10.0, True)).all()
    assert np.isneginf(from_edge(np.ones((4, 4), bool), 10.0, False)).all()


@pytest.fixture
def grown():
    """A nodule with a radius of eight sites around (20, 20), and a single tumor cell; nobody else."""
    model = liver(empty=True)
    put_tumors(model, disc(*model.shape, 20, 20, 8))
    put(model, "tumor", 45, 45, layer=TISSUE)
    return model


def far_from_the_nodule(model):
    inside = (model.sites.population[TISSUE] == model.tumor.code) & (np.arange(model.shape[0]) < 40)[:, None]
    return 10 * naive(inside, True)


def test_density_by_bands(grown):
    for column in (20, 21, 26, 29, 30, 33, 49):  # 85, 75, 25, -5, -15, -45 and far
        put(grown, "cd8", 20, column, state=SEARCHING)
    run, mm2, distance = look(grown), 1e-4, far_from_the_nodule(grown)

    def count_in(nearest, farthest):
        return int(((distance >= nearest) & (distance < farthest)).sum())

    bands = {(-1000, 0): 3, (-50, 50): 4, (0, 50): 3, (-1000, -50): 2, (100, 1000): 1, (0, 5): 0, (5, 15): 1}
    for (nearest, farthest), cells in bands.items():
        there = infiltrate(run, population="cd8", nearest=f"{nearest} um", farthest=f"{farthest} um")
        sites = count_in(nearest, farthest)
        assert (math.isnan(there) and sites == 0) or there == pytest.approx(cells / (sites * mm2)), (nearest, farthest)
    assert infiltrate(run, population="cd8") == infiltrate(run, population="cd8", nearest="0 um", farthest="50 um")
    assert infiltrate(run, population="cd8", states="patrolling") == 0
    assert math.isnan(infiltrate(run, population="cd8", min_cells=300))
    margin, core = 4 / count_in(-50, 50), 2 / count_in(-1000, -50)
    assert margin_core_ratio(run, population="cd8") == pytest.approx(margin / core)
    assert math.isnan(margin_core_ratio(run, population="cd8", width="200 um")), "the nodule has no such core"
    assert math.isnan(margin_core_ratio(run, population="natural_killer"))


def test_of_killers_and_regulators_those_within_nodules_count(grown):
    assert math.isnan(cd8_foxp3_ratio(look(grown)))
    for column in (18, 20, 22, 24, 45):
        put(grown, "cd8", 20, column, state=SEARCHING)
    for column, state in ((19, 1), (21, 2), (46, 1), (47, 1)):
        put(grown, "treg", 20, column, state=state)
    assert cd8_foxp3_ratio(look(grown)) == pytest.approx(4 / 2)
    assert math.isnan(cd8_foxp3_ratio(look(grown), min_cells=300))


def test_t_cells_that_know_and_that_are_exhausted(grown):
    vessels = sinusoids(grown)[:3]
    for (row, column), state, specific in zip(vessels, (PATROLLING, PATROLLING, ENGAGED), (0, 1, 1), strict=True):
        put(grown, "cd8", row, column, layer=LUMEN, state=state, specific=specific, exhaustion=0.9)
    for column, exhaustion, specific in ((22, 0.0, 0), (23, 0.6, 1), (24, 0.4, 1), (25, 0.8, 1)):
        put(grown, "cd8", 20, column, state=SEARCHING, exhaustion=exhaustion, specific=specific)
    run = look(grown)
    assert grown.sites.kind[tuple(vessels[0])] == SINUSOID
    assert specific_share(run) == Share(3, 4)
    assert specific_share(run, compartment="lumen") == Share(2, 3)
    assert specific_share(run, compartment="any") == Share(5, 7)
    assert exhausted_share(run) == Share(2, 4)
    assert exhausted_share(run, above=0.3, specific=True) == Share(3, 3)
    assert exhausted_share(run, compartment="lumen") == Share(3, 3)
    assert exhausted_share(look(liver(empty=True))) == Share(0, 0)


def put_macrophages(model):
    """Around the nodule, whose radius is eight sites around the column 20: inside, 5, 25 and 65 um from it, and in a vessel."""
    for column, state in ((20, M2), (22, M2), (24, M1), (29, M2), (31, INTERMEDIATE), (35, M1)):
        put(model, "macrophage", 20, column, state=state)
    vessel = next(place for place in sinusoids(model) if look(model).from_edge(4)[tuple(place)] < 0)
    put(model, "macrophage", *vessel, state=MONOCYTE)


def test_macrophages_that_have_turned(grown):
    assert polarised_share(look(grown)) == Share(0, 0) and math.isnan(polarised_share(look(grown)).fraction)
    put_macrophages(grown)
    run = look(grown)
    assert polarised_share(run) == Share(3, 6), "the monocyte in the vessel does not count"
    assert polarised_share(run, states=("m1", "intermediate")) == Share(3, 6)
    assert polarised_share(run, region="inside") == Share(2, 3)
    assert polarised_share(run, region="around") == Share(1, 2)
    assert polarised_share(run, region="near") == Share(3, 5)
    assert polarised_share(run, region="far") == Share(0, 1)
    assert polarised_share(run, region="far", within="20 um", states="m1") == Share(1, 2)
    assert polarised_share(run, region="inside", min_cells=300) == Share(0, 0), "there is no such nodule"
    assert polarised_share(run, region="far", min_cells=300) == Share(3, 6)


def test_macrophages_within_nodules_that_came_as_monocytes(grown):
    assert monocyte_derived_share(look(grown)) == Share(0, 0)
    vessels = [tuple(place) for place in sinusoids(grown)]
    distance = look(grown).from_edge(4)
    inside = [place for place in vessels if distance[place] < 0]
    outside = [place for place in vessels if distance[place] > 0]
    for place in (*inside[:2], *outside[:3]):
        put(grown, "kupffer", *place)
    assert monocyte_derived_share(look(grown)) == Share(0, 2)
    for column, state in ((20, M2), (22, M1), (24, INTERMEDIATE), (29, M2)):
        put(grown, "macrophage", 20, column, state=state)
    put(grown, "macrophage", *inside[2], state=MONOCYTE)
    assert monocyte_derived_share(look(grown)) == Share(3, 5)
    assert monocyte_derived_share(look(grown), min_cells=300) == Share(0, 0)


def test_pdl1_is_scored_by_cells(grown):
    grown.tumor.rows.pdl1[:10] = 2.5
    cells = grown.tumor.count
    run = look(grown)
    assert pdl1_score(run) == Share(10, cells)
    assert pdl1_score(run, above=2.5) == Share(0, cells)
    assert pdl1_score(run, above=0.5, states="held") == Share(0, 0)
