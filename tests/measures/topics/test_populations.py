"""Densities near and far, and TNF-secreting Kupffer cells, in livers where every cell was placed by hand."""

import math

import numpy as np
import pytest
from pydantic import ValidationError

from abm.kernels.flows import NAMES
from abm.measures.look import Share
from abm.measures.topics.populations import (
    flow,
    population_cells,
    population_density,
    population_ratio,
    tnf_secreting,
    tnf_secreting_share,
    tnf_secretion,
)
from tests.worlds import liver, put

from .worlds import look, put_tumors


@pytest.fixture
def around():
    """A nodule of 2 x 2 cells at (10, 10); neutrophils on it, 2 and 3 sites from its edge, and far away."""
    model = liver(empty=True)
    put_tumors(model, [(10, 10), (10, 11), (11, 10), (11, 11)])
    put(model, "tumor", 40, 40, layer=1)  # no nodule
    for column, state in ((10, 0), (13, 1), (14, 1), (30, 2), (31, 0)):
        put(model, "neutrophil", 10, column, state=state)
    return model


def sites_near(model, within):
    """Sites within so many sites of the nodule, by the naive way."""
    rows, columns = model.shape
    found = 0
    for row in range(rows):
        for column in range(columns):
            distance = min(
                math.hypot(min(abs(row - r), rows - abs(row - r)), min(abs(column - c), columns - abs(column - c)))
                for r in (10, 11)
                for c in (10, 11)
            )
            found += distance <= within
    return found


def test_density_by_region(around):
    run, mm2 = look(around), 1e-4
    all_sites, near = around.sites.kind.size, sites_near(around, 2)

    def density(**where):
        return population_density(run, population="neutrophil", within="20 um", **where)

    assert density() == pytest.approx(5 / (all_sites * mm2))
    assert density(region="inside") == pytest.approx(1 / (4 * mm2))
    assert density(region="around") == pytest.approx(1 / ((near - 4) * mm2))
    assert density(region="near") == pytest.approx(2 / (near * mm2))
    assert density(region="far") == pytest.approx(3 / ((all_sites - near) * mm2))
    assert density(region="far", states="netting") == pytest.approx(1 / ((all_sites - near) * mm2))
    assert math.isnan(density(region="inside", min_cells=5))
    ratio = population_ratio(run, population="neutrophil", within="20 um")
    assert ratio == pytest.approx((2 / near) / (3 / (all_sites - near)))


def test_a_ratio_to_nothing_is_not_a_number(around):
    run = look(around)
    assert math.isnan(population_ratio(run, population="natural_killer"))
    assert math.isnan(population_ratio(look(liver(empty=True)), population="neutrophil"))


def test_counts(around):
    run = look(around)
    assert population_cells(run, population="neutrophil") == 5
    assert population_cells(run, population="neutrophil", states=["n2", "netting"]) == 3
    assert population_cells(run, population="endothelium") == pytest.approx(around.endothelium.count / 6)
    assert population_cells(run, population="kupffer") == 0


def test_states_are_those_of_the_population(around):
    with pytest.raises(ValidationError, match="'patrolling' is no state of these cells; there is resting, engulfing"):
        population_cells(look(around), population="kupffer", states="patrolling")


def test_kupffer_cells_that_secrete_tnf():
    model = liver(empty=True)
    put(model, "tumor", 10, 10, layer=1)
    for column, tnf in ((11, 0.6), (13, 0.1), (30, 0.3), (31, 0.0)):
        put(model, "kupffer", 10, column, tnf=tnf, state=1)  # whatever else they do
    run = look(model)
    assert tnf_secreting_share(run) == Share(2, 4)
    assert tnf_secreting_share(run, above=0.09) == Share(3, 4)
    assert tnf_secreting_share(run, within="30 um") == Share(1, 2)
    assert tnf_secreting(run) == 2
    assert tnf_secreting(run, within="10 um") == 1
    assert tnf_secretion(run) == pytest.approx(0.25)
    assert tnf_secretion(run, within="30 um") == pytest.approx(0.35)
    assert math.isnan(tnf_secretion(run, within="30 um", states="held"))
    assert tnf_secreting_share(run, within="30 um", states="held") == Share(0, 0)
    assert np.isnan(tnf_secreting_share(run, within="30 um", states="held").fraction)


def test_how_many_came_and_went_by_one_way():
    model = liver(empty=True)
    for column in (10, 20):
        put(model, "neutrophil", 10, column)
    model.neutrophil.flows[NAMES.index("left")] += 3
    run = look(model)
    assert flow(run, population="neutrophil", way="left") == 3
    assert flow(run, population="kupffer", way="left") == 0
    with pytest.raises(ValidationError, match="way"):
        flow(run, population="neutrophil", way="vanished")
