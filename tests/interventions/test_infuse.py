"""Infusion: how many come, when, where, and that they then live as the others."""

import numpy as np
import pytest

from abm.config.schema import SHIPPED, compose
from tests.worlds import assert_chance, assert_resumes, assert_sound, later, liver


def infused(name, mm=1.0, rules=(), **keys):
    return liver(
        *rules, mm=mm, cells={name: {"density": "0 /mm^2"}}, interventions=[{"infuse": name, "start": "1 h", **keys}]
    )


@pytest.mark.parametrize("name", SHIPPED.infused())
def test_as_many_come_as_are_given_within_the_time(name):
    model = infused(name, per_area="80 /mm^2", over="30 min")
    cells = model.populations[name]
    assert later(model, 1.0).populations[name].count == 0
    assert 0 < later(model, 0.25).populations[name].count < 70
    assert later(model, 0.5).populations[name].count == 80
    assert_sound(model)
    rows = cells.alive_rows()
    assert np.unique(rows.uid).size == 80
    assert (model.anatomy.zone[rows.row, rows.column] == 1).all(), "near the portal tracts"


def test_per_liver_is_spread_over_the_whole_liver():
    model = infused("neutrophil", per_liver="5e6")
    expected = 5e6 * 1.06 * 1e-5 / 1.3
    assert later(model, 1.5).neutrophil.count == pytest.approx(expected, abs=1.0)


def test_doses_are_repeated_until_the_stop():
    model = infused("neutrophil", per_area="20 /mm^2", every="2 h", stop="5 h", over="5 min")
    counts = [later(model, 1.0).neutrophil.count for _ in range(8)]
    assert counts == [0, 20, 20, 40, 40, 40, 40, 40]


def test_killers_are_as_frequent_as_in_the_host():
    model = infused("natural_killer", per_area="400 /mm^2")
    rows = later(model, 1.5).natural_killer.alive_rows()
    assert_chance(int(rows.killer.sum()), rows.size, model.config.cells.natural_killer.killer_fraction)


def test_they_die_as_others_do():
    model = infused("neutrophil", per_area="200 /mm^2", over="5 min", rules=("neutrophil_recruitment",))
    start = later(model, 1.25).neutrophil.count
    assert 0.35 < later(model, 7.5).neutrophil.count / start < 0.65


def test_the_same_seed_brings_the_same_cells_at_another_dose_more_of_them():
    def uids(density):
        return set(later(infused("neutrophil", mm=0.5, per_area=density), 1.5).neutrophil.alive_rows().uid.tolist())

    assert uids("40 /mm^2") == uids("40 /mm^2")
    assert len(uids("80 /mm^2")) == 2 * len(uids("40 /mm^2"))


@pytest.mark.parametrize("keys", [{}, {"per_area": "5 /mm^2", "per_liver": 5}])
def test_the_number_is_given_once(keys):
    with pytest.raises(ValueError, match="or per_liver, one of them"):
        compose().model_validate({"interventions": [{"infuse": "neutrophil", **keys}]})


def test_resumes_in_the_middle_of_an_infusion():
    assert_resumes(
        lambda: infused("neutrophil", 0.5, ("neutrophil_recruitment",), per_area="80 /mm^2", over="2 h"), 2.0, 1.5
    )
