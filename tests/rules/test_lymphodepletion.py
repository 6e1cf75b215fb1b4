"""Cytotoxic drugs kill the CD8 T cells that divide, and no others."""

import numpy as np
import pytest

from abm.cells.cd8 import ENGAGED, HANDLING, PATROLLING, SEARCHING
from abm.tissue.sites import INTERSTITIUM, LUMEN
from tests.rules.engaged import engaged
from tests.worlds import (
    act,
    assert_chance,
    assert_resumes,
    assert_sound,
    changed,
    put,
    run_rule,
    sinusoids,
    treated,
    treatment,
)

PLATINUM, ANTIMETABOLITE = act(kill="cycling", rate="0.1 /h"), act(kill="synthesis", rate="0.1 /h")


def under(
    *acts, state=ENGAGED, layer=INTERSTITIUM, step="5 min", start="0 h", on=("t_cell_division",), line=None, **columns
):
    """T cells in every sinusoid of a liver under drugs that nothing holds up, at half of their effect; a T cell is hit three times as
    readily as a tumor cell, and copies its DNA half of the time."""
    config = {"mm": 0.6, "empty": True, "seed": 2, "step": step, "cells": {"tumor": line or {}}}
    model = treated("lymphodepletion", *on, acts=acts or (PLATINUM,), start=start, config=config)
    for row, column in sinusoids(model, layer):
        put(model, "cd8", int(row), int(column), state=state, layer=layer, **columns)
    return model


def run(model, hours):
    """How many die, of how many; the drugs act as in a whole step."""
    there = model.cd8.count
    for _ in range(round(hours / model.dt_hours)):
        model.drugs.advance(model.hours, model.dt_hours)
        run_rule(model, "lymphodepletion", model.dt_hours)
    assert_sound(model)
    return there - model.cd8.count, there


@pytest.mark.parametrize("step", ["2.5 min", "5 min", "10 min", "60 min"])
@pytest.mark.parametrize(
    ("acts", "rate"), [((PLATINUM,), 0.15), ((ANTIMETABOLITE,), 0.075), ((PLATINUM, ANTIMETABOLITE), 0.225)]
)
def test_those_that_divide_die_at_the_rates_of_the_drugs(acts, rate, step):
    assert_chance(*run(under(*acts, step=step), 4.0), 1.0 - np.exp(-4.0 * rate))


def test_t_cells_are_not_spared_for_a_gene_that_the_tumor_lacks():
    acts = act(kill="cycling", rate="0.1 /h", spared={"mmr": 0.9})
    assert_chance(*run(under(acts, line={"mutations": ["mmr"]}), 4.0), 1.0 - np.exp(-4.0 * 0.15))


@pytest.mark.parametrize(
    ("state", "layer", "columns", "share"),
    [
        (HANDLING, INTERSTITIUM, {}, 1),
        (ENGAGED, LUMEN, {}, 1),
        (ENGAGED, INTERSTITIUM, {"exhaustion": 0.6}, 0.4),
        (ENGAGED, INTERSTITIUM, {"divisions": 4}, 1),
        (ENGAGED, INTERSTITIUM, {"divisions": 5}, 0),
        (SEARCHING, INTERSTITIUM, {}, 0),
        (PATROLLING, LUMEN, {}, 0),
    ],
)
def test_the_exhausted_are_hit_less_and_those_that_do_not_divide_never(state, layer, columns, share):
    assert_chance(*run(under(state=state, layer=layer, **columns), 4.0), 1.0 - np.exp(-0.6 * share))


def test_nobody_is_hit_where_t_cells_do_not_divide_or_no_drug_gets():
    assert run(under(on=()), 4.0)[0] == 0
    assert run(under(act(block="vegf")), 4.0)[0] == 0
    model = under(act(kill="cycling", rate="1000 /h", hill=4))
    model.drugs.reach["small_molecule"][:, :30] = 0.0
    assert run(model, 1.0)[0] > 0
    assert (model.cd8.alive_rows().column < 30).all()


def test_before_the_first_dose_nothing_changes():
    models = [under(start="9 d"), under(start="9 d", on=())]
    for model in models:
        run(model, 2.0)
    assert changed(*models) == set()


def test_lever_a_cycle_of_chemotherapy_takes_more_than_a_tenth_of_the_t_cells_at_their_target():
    """5-FU over two days, so that a tumor cell that copies its DNA is hit with the chance 0.7, as by mFOLFOX6."""

    def left(*acts):
        config = treatment(*acts) | {"step": "30 min", "mm": 0.8}
        model = engaged("lymphodepletion", "t_cell_division", name="macrophage", per_mm2=0, state=0, **config)
        while model.hours < 48.0:
            model.step()
        return model.cd8.count

    assert left(act(kill="synthesis", rate="0.05 /h")) < 0.9 * left()


def test_it_resumes():
    assert_resumes(under, 2.0, 2.0)
