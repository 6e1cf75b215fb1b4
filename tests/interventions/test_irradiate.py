"""Radiation: survival of a fraction by dose and oxygen, delayed death, a field that stays, and leukocytes that die at once."""

import numpy as np
import pytest

from abm.cells.tumor import CIRCULATING, DORMANT, EXTRAVASATED
from abm.config import ConfigError
from abm.config.describe import resolved_yaml
from abm.config.loading import load_text
from abm.fields.oxygen import Oxygen
from abm.interventions.irradiate import LYMPHOCYTES, MACROPHAGES, Irradiate
from abm.kernels.flows import DESTROYED
from abm.model import LiverModel
from abm.tissue.pieces import from_edge
from tests.worlds import (
    LIVELY,
    after,
    assert_chance,
    assert_resumes,
    assert_sound,
    later,
    liver,
    put,
    put_disc,
    sinusoids,
)


def irradiated(*rules, state=EXTRAVASATED, mm=0.8, step="5 min", keys=None, **entry):
    """Tumor cells in the tissue of every sinusoid, under radiation of the whole tissue."""
    entry = {"irradiate": "tissue", "start": "1 h", "fractions": 1} | entry
    model = liver(*rules, mm=mm, empty=True, step=step, interventions=[entry], **(keys or {}))
    for row, column in sinusoids(model, 1):
        put(model, "tumor", int(row), int(column), layer=1, state=state)
    return model


def doomed(model):
    return int((model.tumor.alive_rows().doomed_h > 0).sum())


@pytest.mark.parametrize("step", ["2.5 min", "5 min", "10 min"])
@pytest.mark.parametrize("dose", [1.0, 2.0, 4.0])
def test_a_fraction_leaves_the_share_of_the_linear_quadratic_form(dose, step):
    model = irradiated(dose=f"{dose:g} Gy", step=step)
    before = model.tumor.count
    later(model, 1.0)
    assert doomed(model) == 0
    after(model, 1)
    assert_chance(before - doomed(model), before, np.exp(-0.25 * dose - 0.025 * dose**2))
    assert model.tumor.count == before, "nobody dies at once"


def test_fractions_multiply():
    model = irradiated(dose="2 Gy", fractions=3, every="6 h")
    before = model.tumor.count
    later(model, 14.0)
    assert_chance(before - doomed(model), before, np.exp(-0.25 * 2 - 0.025 * 4) ** 3)
    near = irradiated(dose="2 Gy", fractions=3, every="1 min")  # all in one step
    later(near, 2.0)
    assert_chance(before - doomed(near), before, np.exp(-0.25 * 2 - 0.025 * 4) ** 3)


@pytest.mark.parametrize(("oxygen", "acting"), [(40.0, 1.0), (8.0, 1.0), (4.0, 2 / 3), (0.0, 1 / 3)])
def test_without_oxygen_a_smaller_dose_acts(oxygen, acting):
    model = irradiated(dose="4 Gy")
    model.fields["oxygen"].values[:] = oxygen
    before = model.tumor.count
    later(model, 1.0)
    model.fields["oxygen"].values[:] = oxygen
    after(model, 1)
    assert_chance(before - doomed(model), before, np.exp(-0.25 * 4 * acting - 0.025 * (4 * acting) ** 2))
    assert isinstance(model.fields["oxygen"], Oxygen)


@pytest.mark.parametrize(("state", "spared"), [(DORMANT, False), (CIRCULATING, True)])
def test_resting_cells_are_hit_and_those_that_pass_by_are_not(state, spared):
    model = irradiated(dose="100 Gy", state=state)
    before = model.tumor.count
    assert doomed(later(model, 1.1)) == (0 if spared else before)


def test_who_is_hit_dies_days_later_without_drugs_and_divides_no_more():
    model = irradiated("treatment_damage", "growth", dose="100 Gy", keys={"cells": {"tumor": {"autonomy": 1}}})
    model.tumor.used.cycle[:] = 0.9
    before = model.tumor.count
    later(model, 13.0)
    assert model.ledger.total("divided") < 0.1 * before and model.ledger.total("died", "therapy") == 0
    divided = model.ledger.total("divided")
    later(model, 24.0)
    assert 0.3 * before < model.ledger.total("died", "therapy") < 0.7 * before
    later(model, 26.0)
    assert model.tumor.count == 0 and model.ledger.total("divided") == divided
    assert_sound(model)


def test_the_field_is_planned_once_and_nothing_outside_of_it_is_touched():
    entry = {"irradiate": "all", "start": "1 h", "dose": "3 Gy", "every": "30 h", "margin": "50 um"}
    model = liver("treatment_damage", mm=1.2, edges="closed", interventions=[entry])
    put_disc(model, (60, 60), 15)
    field = from_edge(model.tumor_sites(), 10.0, False) <= 50.0
    put_disc(model, (20, 20), 2)  # too small to be seen
    counts = {name: population.count for name, population in model.populations.items()}
    before = {name: population.alive_rows().copy() for name, population in model.populations.items()}
    later(model, 1.1)
    np.testing.assert_array_equal(model.radiation_fields > 0, field)
    for name in LYMPHOCYTES + MACROPHAGES:
        population = model.populations[name]
        outside = lambda rows: rows[~field[rows.row, rows.column]]  # noqa: E731
        assert outside(population.alive_rows()).tobytes() == outside(before[name]).tobytes()
        assert population.flows[DESTROYED] == counts[name] - population.count
    later(model, 130.0)
    np.testing.assert_array_equal(model.radiation_fields > 0, field)
    rows = model.tumor.alive_rows()
    assert (rows.doomed_h[~field[rows.row, rows.column]] == 0).all()
    inside = int(field[rows.row, rows.column].sum())
    hit = int((from_edge(np.hypot(*(np.indices(model.shape) - 60)) < 15, 10.0, False) < 0).sum())
    assert inside < hit * 0.1, "all three fractions got them"


def test_two_courses_keep_their_own_fields():
    entries = [
        {"irradiate": "all", "start": "1 h", "fractions": 1, "margin": "50 um"},
        {"irradiate": "tissue", "within": {"x": "0.1 mm", "y": "0.1 mm", "radius": "80 um"}, "start": "1 h"},
    ]
    model = liver(mm=0.6, edges="closed", interventions=entries)
    put_disc(model, (30, 30), 10)
    later(model, 1.1)
    assert set(np.unique(model.radiation_fields)) == {0.0, 1.0, 2.0}
    assert (model.radiation_fields[47:52, 8:12] == 2.0).all(), "y counts from below"


@pytest.mark.parametrize(("name", "alpha"), [("natural_killer", 0.7), ("kupffer", 0.3)])
def test_lymphocytes_and_macrophages_die_at_once(name, alpha):
    density = {name: {"density": "600 /mm^2"}}
    entry = {"irradiate": "tissue", "start": "1 h", "dose": "2 Gy", "fractions": 1}
    model = liver(mm=1.0, cells=density, interventions=[entry])
    before = model.populations[name].count
    later(model, 1.1)
    assert_chance(model.populations[name].count, before, np.exp(-alpha * 2))
    assert_sound(model)


def test_of_one_dose_more_die_where_oxygen_is_and_more_of_a_larger_one():
    """The levers of dose, fractions and oxygen, by the formula that the draws follow."""
    oxic, hypoxic = np.array([40.0]), np.array([0.5])
    small, large = Irradiate(irradiate="all", dose="5 Gy"), Irradiate(irradiate="all", dose="15 Gy")
    assert small.survival(oxic) > 10 * large.survival(oxic)
    assert large.survival(hypoxic) > 100 * large.survival(oxic)
    assert small.moments == [0.0, 48.0, 96.0]


def test_resumes_between_fractions():
    def make():
        entries = [
            {"implant": 1, "cells": 150, "at": "middle"},
            {"irradiate": "all", "start": "1 h", "dose": "2 Gy", "every": "2 h"},
        ]
        return LiverModel(tissue={"width": "0.6 mm", "height": "0.6 mm"}, rules=LIVELY, interventions=entries)

    assert_resumes(make, 0.5, 1.0)
    assert_resumes(make, 2.0, 4.0)


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"irradiate": "tissue", "margin": "1 mm"}, "write irradiate: all or largest"),
        ({"irradiate": "all", "dose": "15 mg"}, "such as '2 Gy'|e.g. '2 Gy'"),
        ({"irradiate": "all", "fractions": 0}, "greater than or equal to 1|at least 1"),
        ({"irradiate": "liver"}, "'tissue'"),
    ],
)
def test_mistakes_are_told(entry, says):
    with pytest.raises(ConfigError, match=says):
        LiverModel("quickstart", interventions=[entry])


def test_radiation_of_the_whole_tissue_is_read_again_from_a_config_in_full():
    config = load_text("interventions: [{irradiate: tissue, dose: 2 Gy}]")
    assert load_text(resolved_yaml(config)) == config
