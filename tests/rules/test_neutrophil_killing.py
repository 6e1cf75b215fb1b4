"""Neutrophil killing: which neutrophils kill, whom, and how fast."""

import numpy as np
import pytest

from abm.cells.neutrophil import N1, N2, NETTING
from abm.ledger import cause, event
from abm.tissue.sites import LUMEN, TISSUE
from tests.worlds import (
    assert_chance,
    assert_resumes,
    assert_sound,
    changed,
    compiled_only,
    liver,
    put,
    run_rule,
    sinusoids,
    state_of,
    without,
)


def pairs(state=N1, layer=TISSUE, step="5 min", rate="0.1 /h", attackers=1):
    """Tumor cells apart from each other, each touched by so many neutrophils in one state."""
    model = without(liver("neutrophil_killing", mm=0.8, step=step, parameters={"neutrophil_killing": {"rate": rate}}))
    taken = np.zeros(model.shape, bool)
    for row, column in sinusoids(model):
        if min(row, column) < 4 or max(row, column) > model.shape[0] - 5:
            continue
        beside = [
            (r, c)
            for r in (row - 1, row, row + 1)
            for c in (column - 1, column, column + 1)
            if (r, c) != (row, column) and model.sites.kind[r, c] == model.sites.kind[row, column]
        ]
        if len(beside) < attackers or taken[row - 3 : row + 4, column - 3 : column + 4].any():
            continue
        put(model, "tumor", int(row), int(column), layer=layer)
        for r, c in beside[:attackers]:
            put(model, "neutrophil", int(r), int(c), state=state)
        taken[row, column] = True
    assert model.tumor.count > 40
    return model


@compiled_only
@pytest.mark.parametrize("step", ["2.5 min", "5 min", "10 min"])
@pytest.mark.parametrize("layer", [LUMEN, TISSUE])
@pytest.mark.parametrize("attackers", [1, 2])
def test_each_n1_neutrophil_kills_at_its_rate(layer, attackers, step):
    model = pairs(layer=layer, step=step, attackers=attackers)
    there = model.tumor.count
    run_rule(model, "neutrophil_killing", 6.0)
    killed = there - model.tumor.count
    assert_chance(killed, there, 1 - np.exp(-0.6 * attackers))
    assert model.ledger.totals[event.KILLED, cause.NEUTROPHIL] == killed
    assert_sound(model)


@pytest.mark.parametrize(("state", "rate"), [(N2, "0.3 /h"), (NETTING, "0.3 /h"), (N1, "0 /h")])
def test_others_do_not_kill_and_by_default_nobody_does(state, rate):
    model = pairs(state, rate=rate)
    before = state_of(model)
    run_rule(model, "neutrophil_killing", 6.0)
    assert changed(model, before) <= {"clock/step_number"}
    assert liver().config.rules.neutrophil_killing.rate == 0.0


def test_whom_nobody_touches_lives():
    model = without(pairs(rate="10 /h"), "neutrophil")
    far = np.argwhere(model.sites.population[LUMEN] == 0)
    tumor = model.tumor.alive_rows()
    for row, column in far:
        away = np.maximum(abs(tumor.row - row), abs(tumor.column - column))
        if away.min() > 1 and model.sites.kind[row, column] == model.sites.kind[tumor.row[0], tumor.column[0]]:
            put(model, "neutrophil", int(row), int(column))
    there = model.tumor.count
    run_rule(model, "neutrophil_killing", 3.0)
    assert model.neutrophil.count > 40 and model.tumor.count == there


def test_resumes():
    assert_resumes(pairs, 2.0, 2.0)
