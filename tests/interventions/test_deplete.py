"""Depletion: how many are taken, how they come back, and that nobody else's chance is touched."""

import numpy as np
import pytest

from abm import load_config
from abm.config import ConfigError
from abm.config.schema import SHIPPED
from abm.interventions.deplete import Deplete
from tests.worlds import assert_chance, assert_resumes, assert_sound, compiled_only, later, liver, sized


def number(model, name):
    return model.populations[name].count


@pytest.mark.parametrize("name", [one.name for one in SHIPPED.species if one.depleted])
def test_a_dose_takes_its_fraction(name):
    density = {"cells": {name: {"density": "100 /mm^2"}}}
    model = liver(
        mm=1.0, **density, interventions=[{"deplete": name, "fraction": 0.7, "start": "1 h", "recovery": None}]
    )
    before = later(model, 1.0).populations[name].count
    assert_chance(number(later(model, model.dt_hours), name), before, 0.3)
    assert_sound(model)
    assert number(later(model, 1.0), name) == number(model, name), "without recovery nobody comes back"


@pytest.mark.parametrize("name", [level.name for level in SHIPPED.levels if level.depleted and level.normal == 1.0])
def test_a_level_in_the_blood_falls_by_its_fraction_and_comes_back(name):
    dose = {"deplete": name, "fraction": 0.9, "start": "-1 h", "away": "10 h", "recovery": "6 h"}
    model = liver(mm=0.3, interventions=[dose])
    assert model.blood[name] == pytest.approx(0.1), "from the first moment"
    assert later(model, 9.0).blood[name] == pytest.approx(0.1)
    left = later(model, 7.0).blood[name]  # the mean over the step that ends 6 h after its return began
    assert left == pytest.approx(1.0 - 0.9 * 0.5 ** ((6.0 - 0.5 * model.dt_hours) / 6.0), rel=1e-3)
    assert later(model, 80.0).blood[name] == pytest.approx(1.0, abs=1e-3)
    usual = liver(mm=0.3, interventions=[{"deplete": name}])
    assert later(usual, 1.0).blood[name] == pytest.approx(0.03)


def test_a_primary_tumor_is_resected_for_good():
    model = liver(
        mm=0.3,
        begin="-2 h",
        blood={"primary_volume": "100 mm^3"},
        interventions=[{"deplete": "primary", "start": "0 h"}],
    )
    assert model.blood.primary == 100.0 and later(model, 1.0).blood.primary > 100.0
    assert later(model, 2.0).blood.primary == 0.0 == later(model, 48.0).blood.primary


@pytest.mark.parametrize("name", [one.name for one in SHIPPED.species if one.stays and one.depleted])
def test_residents_come_back_as_the_missing_share_falls(name):
    model = liver(
        mm=1.0, step="1 h", interventions=[{"deplete": name, "fraction": 0.9, "away": "0 h", "recovery": "12 h"}]
    )
    whole = number(model, name)
    for _ in range(6):
        later(model, 8.0)
        missing = whole - number(model, name)
        assert_chance(missing, whole, 0.9 * 0.5 ** ((model.hours - model.dt_hours) / 12.0))
    assert_sound(model)
    assert number(later(model, 240.0), name) == whole


def test_kupffer_cells_stay_away_for_days():
    """Clodronate: hardly any after two days, when tumor cells are given; half of them after six."""
    model = liver(mm=1.0, step="1 h", interventions=[{"deplete": "kupffer"}])
    whole = number(model, "kupffer")
    missing = {
        day: whole - number(later(model, 24.0 * (day - day_before)), "kupffer")
        for day_before, day in ((0, 2), (2, 4), (4, 6), (6, 14))
    }
    assert_chance(missing[2], whole, 0.95)
    assert missing[4] == missing[2]
    assert_chance(missing[6], whole, 0.95 * 0.5 ** (47 / 48))  # the last step began 1 h before
    assert missing[14] < 0.06 * whole


@pytest.mark.parametrize("hours", [0.0, 3.0, 5.0, 9.0, 14.0, 30.0])
def test_repeated_doses_each_with_its_lag(hours):
    course = Deplete(deplete="kupffer", fraction=0.8, start="0 h", every="4 h", stop="12 h", away="5 h", recovery="6 h")
    alone = [
        1.0 if hours - dose < 5.0 else 0.5 ** ((hours - dose - 5.0) / 6.0) for dose in (0.0, 4.0, 8.0) if dose <= hours
    ]
    assert course.left("kupffer", hours) == pytest.approx(np.prod([1.0 - 0.8 * gone for gone in alone]))


@pytest.mark.parametrize("hours", [0.0, 3.0, 5.0, 9.0, 14.0, 30.0, 400.0])
def test_a_later_dose_takes_its_fraction_of_those_that_are_left(hours):
    course = Deplete(deplete="kupffer", fraction=0.5, start="0 h", every="4 h", stop="12 h", away="5 h", recovery="6 h")
    each = [
        Deplete(deplete="kupffer", fraction=0.5, start=f"{dose} h", away="5 h", recovery="6 h") for dose in (0, 4, 8)
    ]
    assert course.left("kupffer", hours) == pytest.approx(np.prod([dose.left("kupffer", hours) for dose in each]))
    assert course.left("neutrophil", hours) == 1.0


def test_doses_of_cells_and_of_their_supply_agree():
    twice = [{"deplete": "natural_killer", "fraction": 0.5, "every": "2 h", "stop": "3 h", "recovery": "1000 d"}]
    model = liver(mm=1.0, step="1 h", interventions=twice)
    whole = number(model, "natural_killer")
    later(model, 4.0)
    assert model.left("natural_killer") == pytest.approx(0.25, rel=1e-3)
    assert_chance(number(model, "natural_killer"), whole, 0.25)


def test_those_that_are_away_stay_away_beyond_the_stop():
    course = Deplete(deplete="kupffer", start="0 h", stop="1 d", away="4 d", recovery="1 d")
    assert course.strength(95.0) == 1.0 and course.strength(120.0) == pytest.approx(0.5)


def test_who_comes_back_is_like_those_before_and_is_somebody_else():
    model = liver(
        mm=0.6, step="1 h", interventions=[{"deplete": "kupffer", "fraction": 1, "away": "0 h", "recovery": "1 h"}]
    )
    before = model.kupffer.alive_rows()
    later(model, 100.0)
    after = model.kupffer.alive_rows()
    order = np.lexsort((before.column, before.row)), np.lexsort((after.column, after.row))
    for column in ("row", "column", "zone", "activity", "state"):
        np.testing.assert_array_equal(before[column][order[0]], after[column][order[1]])
    assert not set(before.uid) & set(after.uid) and np.unique(after.uid).size == after.size


def test_those_that_left_their_home_are_not_doubled():
    model = liver(
        mm=0.6, step="1 h", interventions=[{"deplete": "kupffer", "fraction": 0.5, "away": "0 h", "recovery": "1 h"}]
    )
    whole = number(model, "kupffer")
    later(model, 1.0)
    free = np.argwhere((model.sites.kind == 1) & (model.sites.population[0] == 0))
    for slot, (row, column) in zip(np.flatnonzero(model.kupffer.rows.alive), free, strict=False):
        cell = model.kupffer.rows[slot]
        model.sites.population[0, cell.row, cell.column], model.sites.occupant[0, cell.row, cell.column] = 0, -1
        cell.row, cell.column = row, column
        model.sites.population[0, row, column], model.sites.occupant[0, row, column] = model.kupffer.code, slot
    later(model, 60.0)
    assert number(model, "kupffer") <= whole
    assert_sound(model)


def test_two_depletions_of_one_population_add_up():
    both = [
        {"deplete": "kupffer", "fraction": 0.5, "recovery": None},
        {"deplete": "kupffer", "fraction": 0.5, "recovery": None},
    ]
    model = liver(mm=1.0, interventions=both)
    whole = number(model, "kupffer")
    assert_chance(number(later(model, model.dt_hours), "kupffer"), whole, 0.25)
    assert model.left("kupffer") == 0.25


def test_stop_brings_all_back_at_once_where_nothing_else_does():
    model = liver(mm=0.6, interventions=[{"deplete": "stellate", "fraction": 1, "recovery": None, "stop": "1 h"}])
    whole = number(model, "stellate")
    assert number(later(model, 1.0), "stellate") == 0
    assert number(later(model, 0.25), "stellate") == whole


@compiled_only
@pytest.mark.parametrize(("name", "rule"), [("natural_killer", "nk_killing"), ("neutrophil", "neutrophil_recruitment")])
def test_the_supply_from_the_blood_is_held_down(name, rule):
    turnover = {"natural_killer": {"residence": "10 h"}, "neutrophil": {"half_life": "7 h"}}[name]
    model = liver(
        rule,
        mm=1.0,
        step="30 min",
        cells={name: {"density": "60 /mm^2", **turnover}},
        interventions=[{"deplete": name, "fraction": 0.9, "recovery": None, "start": "0 h"}],
    )
    later(model, 60.0)
    afterwards = []
    for _ in range(sized(30, 3)):
        afterwards.append(number(later(model, 10.0), name))
    assert 0.06 < np.mean(afterwards) / 60.0 < 0.14, "a tenth of the supply keeps a tenth of the cells"


@compiled_only
def test_neutrophils_that_chemokine_draws_are_held_down_too():
    def drawn(interventions):
        model = liver(
            "neutrophil_recruitment",
            mm=0.5,
            cells={"neutrophil": {"density": "0 /mm^2"}},
            interventions=interventions,
            parameters={"neutrophil_recruitment": {"entry_rate": "0.02 /h"}},
        )
        model.fields["cxcl1"].values[:] = 2.0
        model.fields["cxcl1"].at_rest = False
        model.rules["neutrophil_recruitment"].apply(model)
        return number(model, "neutrophil")

    assert drawn([{"deplete": "neutrophil", "fraction": 1}]) == 0 < drawn([])


def test_the_same_cells_arrive_in_both_arms():
    def arm(interventions):
        model = liver(
            "arrival", parameters={"arrival": {"per_area": "60 /mm^2"}}, begin="-2 h", interventions=interventions
        )
        return later(model, 3.0).tumor.alive_rows()

    control, depleted = arm([]), arm([{"deplete": "kupffer", "start": "-2 h"}])
    np.testing.assert_array_equal(control, depleted)
    assert control.size > 5


def test_more_is_taken_from_the_same_cells_at_a_higher_fraction():
    def survivors(fraction):
        model = liver(mm=0.6, interventions=[{"deplete": "kupffer", "fraction": fraction, "recovery": None}])
        return set(later(model, model.dt_hours).kupffer.alive_rows().uid.tolist())

    assert survivors(0.8) < survivors(0.4)


@pytest.mark.parametrize("name", ["kupffer", "neutrophil"])
def test_resumes_in_the_middle_of_a_course(name):
    def make():
        return liver(
            "neutrophil_recruitment",
            mm=0.5,
            step="30 min",
            interventions=[
                {"deplete": name, "start": "-5 h", "every": "10 h", "away": "0 h", "recovery": "8 h", "fraction": 0.6}
            ],
        )

    assert_resumes(make, 12.0, 12.0)


def test_errors(tmp_path):
    (tmp_path / "my.yaml").write_text(
        "interventions:\n  - {deplete: kupfer}\n  - deplete: neutrophil\n    recovery: 0 d\n"
    )
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path / "my.yaml")
    first, second = caught.value.problems
    assert (first.line, first.path) == (2, "interventions[0].deplete") and "did you mean 'kupffer'?" in str(first)
    assert (second.line, second.path) == (4, "interventions[1].recovery") and "more than 0" in second.message
