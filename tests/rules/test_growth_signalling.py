"""Whose signal is taken away: by genotype, by molecule, by what reaches the cell; and what that does."""

import numpy as np
import pytest

from tests.worlds import act, assert_chance, assert_resumes, later, liver, put, sinusoids, treated


def full(*blocked, mutations=(), on=("growth_signalling",), most=1.0, step="30 min", parameters=None, **columns):
    """Tumor cells in every sinusoid, under a drug that takes half of each of these molecules (`most` of it)."""
    config = {
        "mm": 0.6,
        "empty": True,
        "step": step,
        "cells": {"tumor": {"mutations": list(mutations), "autonomy": 1}},
        "parameters": parameters or {},
    }
    model = treated(*on, acts=tuple(act(block=name, most=most) for name in blocked), dose="1000000 mg", config=config)
    for row, column in sinusoids(model, 1):
        put(model, "tumor", int(row), int(column), layer=1, **columns)
    return model


@pytest.mark.parametrize(
    ("mutations", "blocked", "lost"),
    [
        ((), ("egfr",), 1.0),
        ((), ("her2",), 0.0),
        ((), ("braf",), 0.0),
        (("ras",), ("egfr",), 0.0),
        (("ras",), ("braf", "egfr"), 0.0),
        (("braf",), ("egfr",), 0.0),
        (("braf",), ("braf",), 0.1),
        (("braf",), ("braf", "egfr"), 1.0),
        (("her2",), ("egfr",), 0.0),
        (("her2",), ("her2",), 1.0),
        (("ras", "her2"), ("her2",), 0.0),
        (("braf", "her2"), ("her2",), 0.0),
    ],
)
def test_who_loses_the_signal(mutations, blocked, lost):
    model = later(full(*blocked, mutations=mutations), 0.5)
    found = model.rules["growth_signalling"].lost(model)
    assert (found if found.size else np.zeros(1)) == pytest.approx(lost, abs=1e-4)


def test_an_antibody_of_the_laboratory_does_it_as_well():
    model = liver("growth_signalling", mm=0.3, interventions=[{"block": "egfr", "fraction": 0.8}])
    put(model, "tumor", *sinusoids(model, 1)[0], layer=1)
    assert model.rules["growth_signalling"].lost(model) == pytest.approx(0.8)


@pytest.mark.parametrize("step", ["5 min", "10 min", "60 min"])
def test_cells_without_signal_die_at_the_rate(step):
    model = full("egfr", step=step, parameters={"growth_signalling": {"dependence": 0.5, "death_rate": "0.04 /h"}})
    before = model.tumor.count
    later(model, 20.0)
    assert_chance(model.ledger.total("died", "therapy"), before, 1.0 - np.exp(-0.5 * 0.04 * 20.0))


def test_cells_with_mutated_ras_live_on():
    model = full("egfr", parameters={"growth_signalling": {"death_rate": "10 /h"}}, ras=1)
    before = model.tumor.count
    assert later(model, 5.0).tumor.count == before


@pytest.mark.parametrize("dependence", [0.0, 0.7])
def test_cells_without_signal_cycle_more_slowly(dependence):
    """Against cells of the same liver without drug: how far they have got."""
    signalling = {"growth_signalling": {"dependence": dependence, "death_rate": "0 /h"}}
    on = ("growth_signalling", "growth")
    held, free = (full(*names, on=on, parameters=signalling) for names in (("egfr",), ()))
    later(held, 4.0)
    later(free, 4.0)
    assert held.tumor.alive_rows()["cycle"] == pytest.approx(
        (1 - dependence) * free.tumor.alive_rows()["cycle"], rel=1e-3
    )


def test_where_the_drug_does_not_get_the_signal_stays():
    model = full("egfr")
    model.drugs.reach["small_molecule"][:, :30] = 0.0
    later(model, 0.5)
    lost, cells = model.rules["growth_signalling"].lost(model), model.tumor.used
    assert (lost[cells.column < 30] == 0.0).all()
    assert lost[cells.column >= 30] == pytest.approx(1.0, abs=1e-4)


def test_resumes_under_the_drug():
    assert_resumes(lambda: full("egfr", on=("growth_signalling", "growth", "drug_penetration")), 3.0, 3.0)


def test_mutated_ras_is_there_before_the_drug_and_is_inherited():
    implant = {"implant": 1, "cells": 2000, "resistant": 0.1, "start": "0 h"}
    model = later(liver("growth", mm=0.8, empty=True, interventions=[implant]), 0.1)
    resistant = int(model.tumor.alive_rows()["ras"].sum())
    assert_chance(resistant, 2000, 0.1)
    grown = {"growth": {"death_rate": "0 /h", "dormancy_rate": "0 /h", "necrosis_rate": "0 /h"}}
    model = liver("growth", mm=0.8, empty=True, parameters=grown, interventions=[implant])
    before = float(later(model, 0.1).tumor.alive_rows()["ras"].mean())
    assert later(model, 60.0).tumor.count > 2500
    assert abs(model.tumor.alive_rows()["ras"].mean() - before) < 0.02


def test_ras_mutates_at_divisions():
    rare = {"growth": {"ras_mutation": 0.05}}
    model = liver("growth", mm=0.6, empty=True, parameters=rare, interventions=[{"implant": 1, "cells": 500}])
    later(model, 48.0)
    divided = model.ledger.total("divided")
    assert divided > 100
    assert 0.02 * divided < model.tumor.alive_rows()["ras"].sum() < 0.12 * divided
