"""Embolisation: new vessels carry nothing for a while, sinusoids go on, and what lived on them lacks oxygen."""

import numpy as np
import pytest

from abm.config.errors import ConfigError
from abm.config.loading import load_text, with_changes
from abm.interventions.operation import Disc
from abm.model import LiverModel
from tests.worlds import (
    LIVELY,
    act,
    after,
    assert_chance,
    assert_resumes,
    assert_sound,
    changed,
    later,
    liver,
    put,
    put_disc,
    sinusoids,
    treatment,
)


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


POISON = act(kill="cycling", rate="0.5 /h")
LOAD = {"drug": "toy", "dose": "1 mg"}


def loaded(*acts, systemic=False, drug=None, **entry):
    """Cells all over the tissue, and beads in its lower half (mm from the lower edge) that bring a drug."""
    keys = treatment(*(acts or (POISON,)), **(drug or {}))
    disc = {"x": "0.3 mm", "y": "0.15 mm", "radius": "100 um"}
    beads = {"embolise": "tissue", "start": "0 h", "within": disc} | LOAD | entry
    keys["interventions"] = [*(keys["interventions"] if systemic else []), beads]
    model = liver("drug_killing", "treatment_damage", mm=0.6, edges="closed", empty=True, step="10 min", **keys)
    for row, column in sinusoids(model, 1):
        put(model, "tumor", int(row), int(column), layer=1, cycle=0.5)
    inside = Disc.model_validate(disc).sites(model)
    return model, inside


def shares_hit(model, inside):
    """The share of the cells that were hit, among those inside of the region and outside."""
    cells = np.asarray(model.tumor.alive_rows())
    within, hit = inside[cells["row"], cells["column"]], cells["doomed_h"] > 0
    return hit[within].mean(), hit[~within].mean(), within.sum()


def test_what_beads_bring_hits_cells_where_they_lie_and_nowhere_else():
    """The lever, and the closed form: ten times 1 mg/L of a drug of which 1 mg/L is half enough."""
    model, inside = loaded()
    later(model, 1.0 + model.dt_hours)  # it acts from the step after
    within, outside, count = shares_hit(model, inside)
    assert outside == 0.0
    assert_chance(round(within * count), count, 1.0 - np.exp(-0.5 * 10 / 11))
    assert model.drugs.in_blood("toy") == 0.0 and model.drugs.present == set()
    assert_sound(model)


def test_it_adds_to_what_comes_with_the_blood():
    model, inside = loaded(systemic=True, times=3)
    acting = later(model, 0.5).drugs.acting[0]
    row, column = np.array([45, 10]), np.array([30, 30])
    assert inside[row, column].tolist() == [True, False]
    assert model.drugs.level_at(acting, row, column) == pytest.approx([4.0, 1.0], rel=1e-6)
    assert model.drugs.left("vegf") == 1.0


def test_it_falls_as_it_would_after_a_dose_into_the_blood():
    """With an effect compartment: what beads make is ten times what 1 mg in the blood does, at every step."""
    half_lives = {"clearance": "0.2 L/h", "effect_half_life": "3 h"}
    (beads, _), (blood, _) = loaded(drug=half_lives), loaded(drug=half_lives, systemic=True, start="99 d")
    for _ in range(36):
        beads.step(), blood.step()
        if beads.step_number > 1:
            level = blood.drugs.acting[0].level
            assert beads.drugs.deposits[0].level == pytest.approx(10.0 * level, rel=1e-6)
    assert beads.drugs.left("tgf_beta") == 1.0


def test_nothing_of_it_reaches_the_blood_or_the_marrow():
    model, _ = loaded(act(suppress="marrow"), act(block="vegf"))
    later(model, 3.0)
    assert model.drugs.neutrophils == 1.0 and model.left("vegf") == 1.0


def test_resumes_while_beads_act():
    def make():
        return loaded(drug={"clearance": "0.2 L/h", "effect_half_life": "3 h"}, start="0.5 h")[0]

    assert_resumes(make, 1.0, 2.0)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"drug": "irinotecan"}, "both the drug and its dose"),
        ({"dose": "100 mg"}, "both the drug and its dose"),
        ({"drug": "irinotecann", "dose": "100 mg"}, "there is no drug"),
        ({"drug": "lapatinib", "dose": "100 mg"}, "is swallowed"),
        ({"drug": "irinotecan", "dose": "100 um"}, "is no dose"),
    ],
)
def test_what_cannot_be_loaded_is_refused(entry, words):
    with pytest.raises(ConfigError, match=words):
        with_changes(None, {"interventions": [{"embolise": "tissue", **entry}]})


def test_a_shipped_drug_is_read_from_its_file_and_a_config_again():
    entry = {"embolise": "tissue", "drug": "irinotecan", "dose": "100 mg"}
    config = with_changes(None, {"interventions": [entry]})
    assert set(config.drugs) == {"irinotecan"}
    assert load_text(str(config)) == config
