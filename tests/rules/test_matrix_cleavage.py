"""Matrix cleavage: how fast proteases take the matrix around cells, whose they are, and what blocks them."""

import numpy as np
import pytest

from abm.kernels.tables import columns_of
from abm.rules.matrix_cleavage import Cleavers, cleave
from abm.tissue.sites import LUMEN, TISSUE
from tests.worlds import (
    around,
    assert_resumes,
    changed,
    compiled_only,
    every,
    later,
    lattice,
    liver,
    put,
    run_rule,
    settle,
    sinusoids,
    state_of,
    without,
)


@pytest.mark.parametrize("periodic", [True, False])
def test_kernel_is_its_naive_twin(periodic):
    rng = np.random.default_rng(8)
    sites = lattice(12, 15, periodic=periodic)
    cells = settle(sites, "neutrophil", rng.permutation(every(12, 15))[:60], alive=rng.random(60) < 0.7, on_site=False)
    ecm = rng.random((12, 15)).astype(np.float32)
    expected = ecm.astype(float)
    for cell in cells.used[cells.used.alive != 0]:
        expected[cell.row, cell.column] *= 0.8
        for place in around(sites, cell.row, cell.column):
            expected[place] *= 0.9
    cleave(columns_of(cells.rows, Cleavers), sites, ecm, np.float32(0.8), np.float32(0.9))
    np.testing.assert_allclose(ecm, expected, rtol=1e-5)


CELLS = [("neutrophil", "neutrophil_rate", "elastase"), ("kupffer", "kupffer_rate", "mmp")]


def among(population, rate, *blocked, step="5 min"):
    """A liver full of matrix with one such cell, and where that stands."""
    entries = [{"block": molecule} for molecule in blocked]
    rules = {"matrix_cleavage": {rate: "0.1 /h"}}
    model = without(liver("matrix_cleavage", mm=0.3, step=step, parameters=rules, interventions=entries))
    here = tuple(map(int, sinusoids(model)[60]))
    put(model, population, *here)
    model.ecm[:] = 0.8
    return model, here


@pytest.mark.parametrize("step", ["2.5 min", "5 min", "10 min"])
@pytest.mark.parametrize(("population", "rate", "protease"), CELLS)
def test_matrix_goes_at_its_rate_at_any_step(population, rate, protease, step):
    model, here = among(population, rate, step=step)
    run_rule(model, "matrix_cleavage", 10.0)
    beside = around(model.sites, *here)
    assert model.ecm[here] == pytest.approx(0.8 * np.exp(-1.0), rel=1e-4)
    assert [model.ecm[place] for place in beside] == pytest.approx(8 * [0.8 * np.exp(-0.5)], rel=1e-4)
    assert np.count_nonzero(model.ecm != np.float32(0.8)) == 9


@pytest.mark.parametrize(("population", "rate", "protease"), CELLS)
def test_each_protease_is_blocked_by_itself(population, rate, protease):
    other = {"elastase": "mmp", "mmp": "elastase"}[protease]
    for blocked, left in ((protease, 0.8), (other, 0.8 * np.exp(-1.0))):
        model, here = among(population, rate, blocked)
        run_rule(model, "matrix_cleavage", 10.0)
        assert model.ecm[here] == pytest.approx(left, rel=1e-4)


def test_by_default_and_without_matrix_nothing_happens():
    model = liver("matrix_cleavage", mm=0.3)
    model.ecm[:] = 0.8
    before = state_of(model)
    run_rule(model, "matrix_cleavage", 1.0)
    assert changed(model, before) <= {"clock/step_number"}
    bare = liver("matrix_cleavage", mm=0.3, parameters={"matrix_cleavage": {"kupffer_rate": "0.1 /h"}})
    before = state_of(bare)
    run_rule(bare, "matrix_cleavage", 1.0)
    assert changed(bare, before) <= {"clock/step_number"}


def inflamed(*blocked):
    """Matrix of a liver with a nodule that calls neutrophils, some days later."""
    model = liver(
        "stellate_activation",
        "neutrophil_recruitment",
        "migration",
        "matrix_cleavage",
        mm=0.5,
        step="30 min",
        parameters={"matrix_cleavage": {"neutrophil_rate": "0.05 /h"}},
        interventions=[{"implant": 1, "cells": 80}, *({"block": molecule} for molecule in blocked)],
    )
    return float(later(model, 72.0).ecm.sum())


@compiled_only
def test_elastase_is_a_lever_on_the_matrix_where_neutrophils_are():
    assert inflamed() < 0.9 * inflamed("elastase")


def test_resumes_in_the_middle():
    def make():
        model = without(liver("matrix_cleavage", mm=0.3, parameters={"matrix_cleavage": {"kupffer_rate": "0.1 /h"}}))
        put(model, "kupffer", *map(int, sinusoids(model, LUMEN)[5]))
        put(model, "stellate", *map(int, sinusoids(model, TISSUE)[5]))
        model.ecm[:] = 0.5
        return model

    assert_resumes(make, 1.0, 1.0)
