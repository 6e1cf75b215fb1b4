"""Embolisation: new vessels carry nothing for a while, sinusoids go on, and what lived on them lacks oxygen."""

import numpy as np
import pytest

from abm.model import LiverModel
from tests.worlds import LIVELY, after, assert_resumes, assert_sound, changed, later, liver, put_disc


def embolised(*rules, radius=30, mm=0.9, sinusoids=True, **entry):
    """A nodule with a vessel every fifth site."""
    entries = [{"embolise": "tissue", "start": "1 h", "lasting": "5 h"} | entry] if entry is not None else []
    model = liver(*rules, mm=mm, edges="closed", interventions=entries)
    put_disc(model, (45, 45), radius)
    inside = model.tumor_sites()
    model.vessels[::5, ::5] = 0.8 * inside[::5, ::5]
    if not sinusoids:
        model.sites.perfused[inside] = 0
        model.update_flow()
    model.update_exchange()
    return model


def test_vessels_are_closed_from_start_to_end():
    model = embolised()
    assert model.open_vessels() is model.vessels
    open_at = []
    for _ in range(96):
        after(model, 1)
        open_at.append(bool(model.open_vessels().any()))
    hours = np.arange(1, 97) / 12
    np.testing.assert_array_equal(open_at, (hours < 1.05) | (hours > 5.99))
    assert np.count_nonzero(model.vessels) > 50, "they are there as before"
    assert_sound(model)


def test_sinusoids_stay_open():
    closed, other = embolised(), embolised(start="9 d")
    later(closed, 2.0), later(other, 2.0)
    assert (closed.sites.perfused == other.sites.perfused).all()
    assert "sites/perfused" not in changed(closed, other)


def test_only_what_is_chosen_is_closed():
    model = embolised(within={"x": "0.45 mm", "y": "0.75 mm", "radius": "100 um"})
    later(model, 1.1)
    shut = (model.vessels > 0) & (model.open_vessels() == 0)
    assert 0 < shut.sum() < np.count_nonzero(model.vessels) and (np.argwhere(shut)[:, 0] < 30).all()


def test_a_later_embolus_keeps_them_closed():
    entries = [
        {"embolise": "tissue", "start": "1 h", "lasting": "2 h"},
        {"embolise": "all", "start": "2 h", "lasting": "4 h"},
    ]
    model = liver(mm=0.6, edges="closed", interventions=entries)
    put_disc(model, (30, 30), 12)
    model.vessels[30, 30] = 1.0
    assert not later(model, 4.0).open_vessels().any()
    assert later(model, 2.5).open_vessels().any()


def test_what_lives_on_them_lacks_oxygen_and_has_it_again():
    """The lever: pO2 in a nodule without sinusoids, before, while they are closed, and after."""
    model = embolised(sinusoids=False)
    inside = np.hypot(*(np.indices(model.shape) - 45)) < 25
    oxygen = [float(later(model, hours).fields["oxygen"].values[inside].mean()) for hours in (0.9, 4.0, 6.0)]
    assert oxygen[1] < 0.7 * oxygen[0] and oxygen[2] > 0.95 * oxygen[0]


def test_it_starves_cells():
    dead = []
    for start in ("1 h", "9 d"):
        model = embolised("growth", start=start, lasting="3 d", sinusoids=False)
        dead.append(later(model, 48.0).ledger.total("died", "hypoxia"))
    assert dead[0] > 1.2 * dead[1]


def test_resumes_while_they_are_closed_and_at_the_end():
    def make():
        entries = [
            {"implant": 1, "cells": 150, "at": "middle", "grown": True},
            {"embolise": "tissue", "start": "0.5 h", "lasting": "2 h"},
        ]
        model = LiverModel(tissue={"width": "0.6 mm", "height": "0.6 mm"}, rules=LIVELY, interventions=entries)
        model.vessels[25:35:5, 25:35:5] = 0.7
        return model

    assert_resumes(make, 1.0, 3.0)
    assert_resumes(make, 2.5, 1.0)


@pytest.mark.parametrize("begin", ["0 h", "-30 d"])
def test_the_end_counts_from_any_beginning(begin):
    entry = {"embolise": "tissue", "start": begin, "lasting": "2 h"}
    model = liver(mm=0.5, interventions=[entry], begin=begin)
    model.vessels[10, 10] = 1.0
    assert not later(model, 1.0).open_vessels().any()
    assert later(model, 1.5).open_vessels().any()
    assert_sound(model)
