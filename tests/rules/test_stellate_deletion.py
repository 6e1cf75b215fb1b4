"""Stellate deletion: which CD8 T cells die beside activated stellate cells, and how fast."""

import numpy as np
import pytest

from abm.cells.cd8 import ENGAGED, PATROLLING, SEARCHING
from abm.cells.stellate import ACTIVATED, QUIESCENT
from abm.kernels.flows import DIED, NAMES
from abm.tissue.sites import INTERSTITIUM, LUMEN, TISSUE
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


def beside(stellate=ACTIVATED, state=SEARCHING, layer=INTERSTITIUM, away=0, step="5 min", mm=0.8):
    """A liver in which the rule runs, with a CD8 T cell at, or so many columns away from, each stellate cell."""
    model = without(liver("stellate_deletion", mm=mm, step=step, parameters={"stellate_deletion": {"rate": "0.1 /h"}}))
    rows, columns = model.shape
    taken = np.zeros(model.shape, bool)
    for row, column in sinusoids(model):
        if (
            4 <= row < rows - 4
            and 4 <= column < columns - 4
            and not taken[row - 4 : row + 5, column - 4 : column + 5].any()
        ):
            put(model, "stellate", int(row), int(column), layer=TISSUE, state=stellate)
            put(model, "cd8", int(row), int(column) + away, layer=layer, state=state)
            taken[row, column] = True
    return model


@compiled_only
@pytest.mark.parametrize("step", ["2.5 min", "5 min", "10 min"])
@pytest.mark.parametrize(("away", "state"), [(0, SEARCHING), (1, ENGAGED)])
def test_the_hazard_does_not_depend_on_the_step(away, state, step):
    model = beside(away=away, state=state, step=step)
    there = model.cd8.count
    run_rule(model, "stellate_deletion", 5.0)
    assert there > 50
    assert_chance(there - model.cd8.count, there, 1 - np.exp(-0.5))
    assert model.cd8.flows[DIED] == there - model.cd8.count, NAMES
    assert_sound(model)


@pytest.mark.parametrize(
    "case",
    [{"stellate": QUIESCENT}, {"away": 2}, {"layer": LUMEN, "state": PATROLLING}, {"layer": LUMEN, "state": ENGAGED}],
    ids=str,
)
def test_the_others_live(case):
    model = beside(**case, mm=0.4)
    before = state_of(model)
    run_rule(model, "stellate_deletion", 20.0)
    assert changed(model, before) <= {"clock/step_number"} and model.cd8.count


def test_resumes():
    assert_resumes(lambda: beside(mm=0.4), 2.0, 2.0)
