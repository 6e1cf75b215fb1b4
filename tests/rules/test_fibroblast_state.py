"""Fibroblast state: how stellate cells follow TGF-beta and TNF-alpha, and what inflammatory ones do and do not."""

import numpy as np
import pytest

from abm.cells.stellate import ACTIVATED, QUIESCENT, inflammation
from abm.tissue.sites import TISSUE
from tests.worlds import (
    assert_resumes,
    changed,
    compiled_only,
    later,
    liver,
    put,
    run_rule,
    sinusoids,
    state_of,
    without,
)

RATE = 0.014


def with_cells(*on, mm=0.3, state=ACTIVATED, count=10, rate=f"{RATE} /h", **config):
    """A liver with some stellate cells and no others."""
    parameters = {"fibroblast_state": {"rate": rate}} | config.pop("parameters", {})
    model = without(liver("fibroblast_state", *on, mm=mm, parameters=parameters, **config))
    for row, column in sinusoids(model, TISSUE)[:: sinusoids(model, TISSUE).shape[0] // count][:count]:
        put(model, "stellate", int(row), int(column), state=state, inflammatory=1.0)
    return model


@pytest.mark.parametrize("step", ["2.5 min", "5 min", "10 min", "1 h"])
@pytest.mark.parametrize(
    ("tgf_beta", "tnf", "aim"), [(0, 0, 1.0), (1, 0, 0.5), (4, 0, 0.2), (4, 1, 0.6), (1e6, 0, 0.0), (0, 5, 1.0)]
)
def test_cells_follow_the_signals_by_their_equation_at_any_step(tgf_beta, tnf, aim, step):
    model = with_cells(step=step)
    model.fields["tgf_beta"].values[:], model.fields["tnf"].values[:] = tgf_beta, tnf
    run_rule(model, "fibroblast_state", 24.0)
    expected = aim + (1 - aim) * np.exp(-RATE * 24)
    np.testing.assert_allclose(inflammation(model.stellate), expected, atol=1e-4)


def test_they_begin_inflammatory_and_end_as_myofibroblasts_in_tgf_beta():
    model = with_cells(state=QUIESCENT)
    model.stellate.used.inflammatory = 0.0
    model.fields["tgf_beta"].values[:] = 30
    run_rule(model, "fibroblast_state", model.dt_hours)
    assert (model.stellate.used.inflammatory == 1).all() and inflammation(model.stellate).size == 0
    model.stellate.used.state = ACTIVATED
    courses = []
    for _ in range(3):
        run_rule(model, "fibroblast_state", 72.0)
        courses.append(float(inflammation(model.stellate).mean()))
    assert 0.45 > courses[0] > courses[1] > courses[2] and courses[2] < 0.15


def test_blocking_tgf_beta_leaves_them_inflammatory():
    model = with_cells(interventions=[{"block": "tgf_beta"}])
    model.fields["tgf_beta"].values[:] = 30
    run_rule(model, "fibroblast_state", 200.0)
    np.testing.assert_allclose(inflammation(model.stellate), 1.0, atol=1e-5)


@pytest.mark.parametrize("inflammatory", [0.0, 0.4, 1.0])
def test_matrix_is_laid_as_far_as_they_are_myofibroblasts(inflammatory):
    model = with_cells("stellate_activation", rate="0 /h", count=1)
    model.stellate.used.inflammatory = inflammatory
    model.rules["stellate_activation"].apply(model)
    cell = model.stellate.alive_rows()[0]
    laid = -np.expm1(-0.03 * model.dt_hours)
    assert model.ecm[cell.row, cell.column] == pytest.approx(laid * (1 - inflammatory), rel=1e-4)
    assert model.ecm.sum() <= 5.001 * laid * (1 - inflammatory)


@pytest.mark.parametrize("field", ["ccl2", "cxcl1"])
def test_inflammatory_ones_secrete_chemokines(field):
    levels = {}
    for inflammatory in (0.0, 0.5, 1.0):
        model = with_cells(rate="0 /h", count=1, cells={"macrophage": {"entry": "0.001 /h"}})
        model.stellate.used.inflammatory = inflammatory
        later(model, 12.0)
        cell = model.stellate.alive_rows()[0]
        levels[inflammatory] = float(model.fields[field].values[cell.row, cell.column])
    assert levels[0.5] - levels[0.0] == pytest.approx(levels[1.0] - levels[0.5], rel=0.05)
    assert levels[1.0] > levels[0.0] + 0.2 and (field == "ccl2" or levels[0.0] == 0.0)


def test_by_default_nothing_turns():
    model = with_cells(rate="0 /h")
    before = state_of(model)
    run_rule(model, "fibroblast_state", 2.0)
    assert changed(model, before) <= {"clock/step_number"}


def nodules(seed, rate):
    """A liver with two nodules, some days later."""
    return later(
        liver(
            "stellate_activation",
            "fibroblast_state",
            "emt",
            mm=0.5,
            seed=seed,
            step="30 min",
            cells={"macrophage": {"entry": "0.00001 /h"}},
            parameters={"fibroblast_state": {"rate": rate}},
            interventions=[{"implant": 2, "cells": 40}],
        ),
        96.0,
    )


@compiled_only
def test_it_is_a_lever_on_matrix_and_on_il6():
    off, on = ([nodules(seed, rate) for seed in (1, 2)] for rate in ("0 /h", f"{RATE} /h"))
    matrix = [sum(float(model.ecm.sum()) for model in models) for models in (off, on)]
    assert matrix[1] < 0.8 * matrix[0]
    assert all(model.blood.il6 == 0.0 for model in off) and all(model.blood.il6 > 0.1 for model in on)


def test_resumes_in_the_middle():
    def make():
        return with_cells("stellate_activation", "emt", interventions=[{"implant": 2, "cells": 20}])

    assert_resumes(make, 2.0, 2.0)
