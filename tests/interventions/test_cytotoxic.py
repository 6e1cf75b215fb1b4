"""Chemotherapy: cycling cells die at the rate times the level, others are spared, and the books say why."""

import numpy as np
import pytest

from abm.cells.tumor import ADHERENT, CIRCULATING, DORMANT, EXTRAVASATED, HELD
from tests.worlds import assert_chance, assert_resumes, assert_sound, later, liver, put, sinusoids, without


def treated(state=EXTRAVASATED, layer=1, step="5 min", **keys):
    model = without(
        liver(mm=0.6, step=step, interventions=[{"cytotoxic": "oxaliplatin", **keys}]),
        "stellate",
        "kupffer",
        "natural_killer",
        "neutrophil",
    )
    for row, column in sinusoids(model, layer):
        put(model, "tumor", int(row), int(column), state=state, layer=layer)
    return model


@pytest.mark.parametrize("step", ["5 min", "30 min"])
def test_survival_is_that_of_one_compartment(step):
    model = treated(step=step, rate="0.4 /h", half_life="3 h", start="1 h")
    before = model.tumor.count
    assert later(model, 1.0).tumor.count == before
    later(model, 8.0)
    levels = 0.5 ** (np.arange(0.0, 8.0 - 1e-9, model.dt_hours) / 3.0)
    assert_chance(model.tumor.count, before, np.exp(-0.4 * levels.sum() * model.dt_hours))
    assert model.ledger.total("died", "therapy") == before - model.tumor.count
    assert_sound(model)


@pytest.mark.parametrize(
    ("state", "layer", "dies"),
    [(ADHERENT, 0, True), (EXTRAVASATED, 1, True), (DORMANT, 1, False), (HELD, 0, False), (CIRCULATING, 0, False)],
)
def test_only_cycling_cells_die(state, layer, dies):
    model = treated(state, layer, rate="100 /h")
    before = model.tumor.count
    assert later(model, 1.0).tumor.count == (0 if dies else before)


def test_doses_add_up():
    once, twice = treated(rate="0.1 /h"), treated(rate="0.1 /h", every="1 h", stop="2 h")
    assert later(twice, 5.0).tumor.count < later(once, 5.0).tumor.count


def test_two_drugs_kill_independently():
    model = liver(
        mm=0.3,
        interventions=[{"cytotoxic": "5-FU"}, {"cytotoxic": "oxaliplatin"}, {"cytotoxic": "5-FU", "start": "1 d"}],
    )
    assert list(model.interventions) == ["cytotoxic 5-FU", "cytotoxic oxaliplatin", "cytotoxic 5-FU 2"]


def test_resumes_in_the_middle_of_a_course():
    assert_resumes(lambda: treated(rate="0.2 /h", every="1 h"), 1.5, 1.5)
