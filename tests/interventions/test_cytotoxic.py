"""Chemotherapy: cycling cells are hit at the rate times the level and die later, others are spared, and the books say why."""

import numpy as np
import pytest

from abm.cells.tumor import ADHERENT, CIRCULATING, DORMANT, EXTRAVASATED, HELD
from tests.worlds import assert_chance, assert_resumes, assert_sound, later, liver, put, sinusoids, without


def treated(state=EXTRAVASATED, layer=1, step="5 min", **keys):
    model = without(
        liver("treatment_damage", mm=0.6, step=step, interventions=[{"cytotoxic": "oxaliplatin", **keys}]),
        "stellate",
        "kupffer",
        "natural_killer",
        "neutrophil",
    )
    for row, column in sinusoids(model, layer):
        put(model, "tumor", int(row), int(column), state=state, layer=layer)
    return model


def hits(model):
    """How many are hit."""
    return int((model.tumor.used.doomed_h > 0).sum())


@pytest.mark.parametrize("step", ["5 min", "30 min"])
def test_who_is_not_hit_is_as_of_one_compartment(step):
    model = treated(step=step, rate="0.4 /h", half_life="3 h", start="1 h")
    before = model.tumor.count
    assert hits(later(model, 1.0)) == 0
    later(model, 8.0)
    levels = 0.5 ** (np.arange(0.0, 8.0 - 1e-9, model.dt_hours) / 3.0)
    assert_chance(before - hits(model), before, np.exp(-0.4 * levels.sum() * model.dt_hours))
    assert model.tumor.count == before
    later(model, 64.0)
    assert model.ledger.total("died", "therapy") == before - model.tumor.count > 0
    assert_sound(model)


@pytest.mark.parametrize(
    ("state", "layer", "are_hit"),
    [(ADHERENT, 0, True), (EXTRAVASATED, 1, True), (DORMANT, 1, False), (HELD, 0, False), (CIRCULATING, 0, False)],
)
def test_only_cycling_cells_are_hit(state, layer, are_hit):
    model = treated(state, layer, rate="100 /h")
    before = model.tumor.count
    assert hits(later(model, 1.0)) == (before if are_hit else 0)


def test_doses_add_up():
    once, twice = treated(rate="0.1 /h"), treated(rate="0.1 /h", every="1 h", stop="2 h")
    assert hits(later(twice, 5.0)) > hits(later(once, 5.0))


def test_two_drugs_kill_independently():
    model = liver(
        "treatment_damage",
        mm=0.3,
        interventions=[{"cytotoxic": "5-FU"}, {"cytotoxic": "oxaliplatin"}, {"cytotoxic": "5-FU", "start": "1 d"}],
    )
    assert list(model.interventions) == ["cytotoxic 5-FU", "cytotoxic oxaliplatin", "cytotoxic 5-FU 2"]


def test_resumes_in_the_middle_of_a_course():
    assert_resumes(lambda: treated(rate="0.2 /h", every="1 h"), 1.5, 1.5)
