"""Debris: who leaves some, where, and how it goes."""

import numpy as np
import pytest

from abm.ledger import cause, event
from abm.ledger.ledger import Ledger, enter, lose
from abm.rules.debris import lie
from abm.tissue.sites import TISSUE
from tests.worlds import assert_resumes, assert_sound, changed, liver, put, run_rule, sinusoids, state_of, without

SAMPLED = {"dendritic": {"density": "5 /mm^2"}}


def host(cells=SAMPLED, **overrides):
    return liver("debris", mm=0.3, cells=cells, **overrides)


def lost(model, row, column, how, by):
    """A tumor cell arrives there, and is lost."""
    slot = put(model, "tumor", row, column, layer=TISSUE)
    lose(model.tumor.table, model.sites, model.ledger.book(1), model.minutes, how, by, slot)


@pytest.mark.parametrize(
    ("how", "by", "left"),
    [
        (event.KILLED, cause.CD8, 1.0),
        (event.DIED, cause.HYPOXIA, 1.0),
        (event.DIED, cause.SHEAR, 0.0),
        (event.DIED, cause.ANOIKIS, 0.0),
        (event.PHAGOCYTOSED, cause.KUPFFER, 0.0),
        (event.DIVIDED, cause.NONE, 0.0),
    ],
)
def test_who_leaves_debris(how, by, left):
    ledger, debris = Ledger(), np.zeros((9, 9), np.float32)
    cell = liver(mm=0.3).tumor._blank[0].copy()
    cell.row, cell.column = 4, 5
    enter(ledger.book(1), 30.0, how, by, cell, 0)
    lie(debris, ledger.entries, 30.0)
    assert debris[4, 5] == debris.sum() == left


def test_only_losses_of_this_step_count():
    ledger, debris = Ledger(), np.zeros((9, 9), np.float32)
    cell = liver(mm=0.3).tumor._blank[0].copy()
    for minutes, row in ((25.0, 1), (30.0, 2), (30.0, 2), (30.0, 3)):
        cell.row, cell.column = row, 4
        enter(ledger.book(1), minutes, event.KILLED, cause.CD8, cell, 0)
    lie(debris, ledger.entries, 30.0)
    assert debris[:, 4].tolist() == [0, 0, 2, 1, 0, 0, 0, 0, 0]


@pytest.mark.parametrize("step", ["5 min", "20 min"])
def test_it_is_cleared_with_its_half_life(step):
    model = host(step=step, parameters={"debris": {"half_life": "3 h"}})
    model.debris[3, 3] = 4.0
    run_rule(model, "debris", 6.0)
    assert model.debris[3, 3] == pytest.approx(1.0, rel=1e-5) and model.debris.sum() == model.debris[3, 3]
    run_rule(model, "debris", 60.0)
    assert not model.debris.any(), "next to nothing is nothing"


def test_in_a_liver_the_dead_lie_where_they_died():
    model = without(host())
    row, column = map(int, sinusoids(model)[5])
    lost(model, row, column, event.KILLED, cause.CD8)
    run_rule(model, "debris", model.dt_hours)
    assert model.debris[row, column] >= 1.0
    assert_sound(model)


def test_nobody_keeps_debris_that_nobody_looks_for():
    model = without(host(cells={}))
    lost(model, *map(int, sinusoids(model)[5]), event.KILLED, cause.CD8)
    before = state_of(model)
    run_rule(model, "debris", 2.0)
    assert changed(model, before) <= {"clock/step_number", "ledger/entries", "ledger/totals"}
    assert not model.debris.any()


def test_resumes():
    def make():
        model = host()
        model.debris[3, 3] = 1.0
        return model

    assert_resumes(make, 1.0, 2.0)
