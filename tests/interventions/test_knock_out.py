"""Knock-out: missing from the first moment to the last."""

import pytest

from abm.config.schema import SHIPPED, compose
from tests.worlds import assert_resumes, assert_sound, later, liver


@pytest.mark.parametrize("name", [one.name for one in SHIPPED.species if one.depleted])
def test_a_population_is_missing_and_stays_so(name):
    model = liver("nk_killing", "neutrophil_recruitment", mm=0.5, step="1 h", interventions=[{"knock_out": name}])
    others = {other: population.count for other, population in liver(mm=0.5).populations.items() if other != name}
    assert model.populations[name].count == 0
    assert {other: population.count for other, population in model.populations.items() if other != name} == others
    assert_sound(model)
    assert later(model, 72.0).populations[name].count == 0
    assert_sound(model)


@pytest.mark.parametrize("name", [level.name for level in SHIPPED.levels if level.depleted])
def test_a_level_in_the_blood_is_missing_and_stays_so(name):
    model = liver(mm=0.3, step="1 h", interventions=[{"knock_out": name}])
    assert model.blood[name] == 0.0
    assert later(model, 48.0).blood[name] == 0.0


@pytest.mark.parametrize("hours", [-100.0, 0.0, 1e6])
def test_a_molecule_is_missing_at_all_times(hours):
    model = liver(mm=0.3, interventions=[{"knock_out": "e_selectin"}])
    assert model.left("e_selectin", hours) == 0.0 and model.left("vcam1", hours) == 1.0


def test_what_a_rule_does_is_missing_from_the_first_step():
    model = liver("phagocytosis", mm=0.3, interventions=[{"knock_out": "phagocytosis"}])
    model.step()
    assert model.rules["phagocytosis"].parameters.rate == 0.0


def test_it_begins_no_earlier_than_the_run():
    assert liver(mm=0.3, interventions=[{"knock_out": "tnf"}]).first_step == 0
    early = liver(mm=0.3, interventions=[{"knock_out": "kupffer"}, {"block": "tnf", "start": "-1 d"}])
    assert early.first_step == -288 and early.kupffer.count == 0


def test_it_has_no_schedule():
    with pytest.raises(ValueError, match="start"):
        compose().model_validate({"interventions": [{"knock_out": "kupffer", "start": "1 d"}]})


def test_resumes():
    assert_resumes(lambda: liver("neutrophil_recruitment", mm=0.3, interventions=[{"knock_out": "kupffer"}]), 1.0, 1.0)
