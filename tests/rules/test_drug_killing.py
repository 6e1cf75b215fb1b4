"""Cytotoxic drugs hit cells that cycle, by their phase, and these die with a delay."""

import numpy as np
import pytest

from abm.cells.tumor import ADHERENT, CIRCULATING, DORMANT, EXTRAVASATED, HELD
from tests.worlds import act, assert_chance, assert_resumes, assert_sound, changed, later, put, sinusoids, treated

KILLS = act(kill="cycling", rate="0.2 /h")


def full(*acts, state=EXTRAVASATED, layer=1, step="5 min", dose="1 mg", start="0 h", line=None, **columns):
    """Tumor cells in every sinusoid of a liver under a drug that nothing holds up."""
    config = {"mm": 0.6, "empty": True, "seed": 2, "step": step, "cells": {"tumor": line or {}}}
    model = treated("drug_killing", "treatment_damage", acts=acts or (KILLS,), dose=dose, start=start, config=config)
    for row, column in sinusoids(model, layer):
        put(model, "tumor", int(row), int(column), state=state, layer=layer, **({"cycle": 0.5} | columns))
    return model


def hit(model):
    return int((model.tumor.alive_rows()["doomed_h"] > 0).sum()) + model.ledger.total("died", "therapy")


@pytest.mark.parametrize("step", ["2.5 min", "5 min", "10 min", "60 min"])
@pytest.mark.parametrize(("dose", "share"), [("1 mg", 0.5), ("3 mg", 0.75)])
def test_cells_are_hit_at_the_rate_of_the_level(step, dose, share):
    model = full(step=step, dose=dose)
    before = model.tumor.count
    later(model, 3.0)
    assert_chance(hit(model), before, 1.0 - np.exp(-0.2 * share * 3.0))
    assert_sound(model)


def test_a_steep_drug_needs_its_level():
    shares = []
    for hill in (1, 4):
        model = full(act(kill="cycling", rate="1 /h", hill=hill), dose="0.2 mg")
        before = model.tumor.count
        shares.append(hit(later(model, 1.0)) / before)
    assert shares[1] < 0.1 * shares[0]


@pytest.mark.parametrize(
    ("kind", "cycle", "hits"),
    [
        ("cycling", 0.1, True),
        ("cycling", 0.99, True),
        ("cycling", 1.0, False),
        ("synthesis", 0.5, True),
        ("synthesis", 0.39, False),
        ("synthesis", 1.0, False),
    ],
)
def test_phase_of_the_cycle(kind, cycle, hits):
    model = full(act(kill=kind, rate="100 /h"), cycle=cycle)
    assert hit(later(model, 1.0)) == (model.tumor.count if hits else 0)


def copying(pace, *on, acts=(), **config):
    """The progress of the cycle of all cells that are hit while they copy their DNA, of cells at every point of it."""
    config |= {"mm": 0.4, "empty": True, "step": "5 min", "cells": {"tumor": {"pace": pace}}}
    kills = act(kill="synthesis", rate="100 /h")
    model = treated("drug_killing", "growth", *on, acts=(kills, *acts), dose="1000000 mg", config=config)
    for n, (row, column) in enumerate(sinusoids(model, 1)):
        put(model, "tumor", int(row), int(column), layer=1, cycle=n % 100 / 100)
    cells = later(model, 0.25).tumor.alive_rows()
    return cells.cycle[cells.doomed_h > 0]


@pytest.mark.parametrize("pace", [0.25, 0.5])
def test_slow_cells_copy_their_dna_for_no_longer_than_quick_ones(pace):
    """In a cycle of 22 h over the pace, 14 h are so much of the progress."""
    cycles = copying(pace)
    assert cycles.min() == pytest.approx(0.4, abs=0.011)
    assert cycles.max() == pytest.approx(0.4 + 14 * pace / 22, abs=0.02)


def test_cells_without_growth_signal_copy_their_dna_for_a_smaller_share_of_their_cycle():
    signalling = {"growth_signalling": {"dependence": 0.5, "death_rate": "0 /h"}}
    cycles = copying(0.5, "growth_signalling", acts=(act(block="egfr", most=1.0),), parameters=signalling)
    assert cycles.max() == pytest.approx(0.4 + 0.5 * 14 * 0.5 / 22, abs=0.02)


@pytest.mark.parametrize("tolerance", [-0.7, 0.0, 1.2])
def test_tolerant_lineages_are_hit_less(tolerance):
    model = full(drug_tolerance=tolerance)
    before = model.tumor.count
    later(model, 3.0)
    assert_chance(hit(model), before, 1.0 - np.exp(-0.1 * np.exp(-tolerance) * 3.0))


def test_what_a_drug_leaves_is_more_tolerant():
    model = full(act(kill="cycling", rate="1 /h"), line={"drug_tolerance_log_sd": 1})
    rows = model.tumor.used
    rows.drug_tolerance[:] = np.random.default_rng(1).standard_normal(rows.size)
    left = later(model, 4.0).tumor.alive_rows()
    left = left[left.doomed_h == 0]
    assert left.drug_tolerance.mean() > 0.5


@pytest.mark.parametrize(
    ("state", "layer", "hits"),
    [(ADHERENT, 0, True), (EXTRAVASATED, 1, True), (DORMANT, 1, False), (HELD, 0, False), (CIRCULATING, 0, False)],
)
def test_only_cells_that_cycle_are_hit(state, layer, hits):
    model = full(act(kill="cycling", rate="100 /h"), state=state, layer=layer)
    assert hit(later(model, 1.0)) == (model.tumor.count if hits else 0)


def test_what_is_hit_dies_between_12_and_60_hours_later():
    model = full(act(kill="cycling", rate="1000 /h"), step="60 min")
    before = model.tumor.count
    later(model, 12.0)
    assert model.ledger.total("died", "therapy") == 0
    later(model, 24.0)
    assert 0.4 * before < model.ledger.total("died", "therapy") < 0.6 * before
    later(model, 26.0)
    assert model.tumor.count == 0
    assert model.ledger.total("died", "therapy") == before


def test_what_is_hit_does_not_divide():
    config = {"mm": 0.5, "empty": True, "step": "60 min"}
    model = treated("drug_killing", "growth", acts=(act(kill="cycling", rate="1000 /h"),), config=config)
    for row, column in sinusoids(model, 1)[::50]:
        put(model, "tumor", int(row), int(column), cycle=0.9, autonomy=1.0)
    later(model, 10.0)
    assert model.ledger.total("divided") == 0


def test_stemness_shields():
    shares = []
    for stemness in (0.0, 1.0):
        model = full(act(kill="cycling", rate="0.2 /h"), line={"stemness": stemness}, emt=0.5)
        before = model.tumor.count
        later(model, 3.0)
        assert_chance(hit(model), before, 1.0 - np.exp(-0.1 * 3.0 * (1.0 - 0.7 * stemness)))
        shares.append(hit(model))
    assert shares[1] < shares[0]


def test_two_drugs_add_up_their_hazards():
    model = full(KILLS, act(kill="synthesis", rate="0.4 /h"))
    before = model.tumor.count
    later(model, 2.0)
    assert_chance(hit(model), before, 1.0 - np.exp(-0.3 * 2.0))


def test_an_enhancer_multiplies():
    model = full(KILLS, act(enhance="irinotecan", times=9))
    model.drugs.drugs["toy"].acts[1].__dict__["enhance"] = "toy"  # a drug cannot enhance itself in a config
    before = model.tumor.count
    later(model, 1.0)
    assert_chance(hit(model), before, 1.0 - np.exp(-0.1 * 5.0))


def test_where_the_drug_does_not_get_nobody_is_hit():
    model = full(act(kill="cycling", rate="1000 /h", hill=4))
    model.drugs.reach["small_molecule"][:, :30] = 0.0
    later(model, 1.0)
    cells = model.tumor.alive_rows()
    assert (cells.doomed_h[cells.column < 30] == 0.0).all()
    assert (cells.doomed_h[cells.column >= 30] > 0.0).all()


def test_a_drug_without_acts_changes_nothing():
    """To the byte, against a liver to which nothing is given until long after."""

    def lively(acts, start):
        config = {"mm": 0.4, "rules": {}, "cells": {"tumor": {"autonomy": 1}}}
        model = treated(acts=acts, start=start, config=config)
        for row, column in np.argwhere((model.sites.kind == 1) & (model.sites.population[1] == 0))[::9]:
            put(model, "tumor", int(row), int(column), layer=1)
        return later(model, 6.0)

    kills, untreated = act(kill="cycling", rate="1 /h"), lively((), "9 d")
    assert changed(lively((), "0 h"), untreated) == {"drugs/amounts/toy"}
    assert changed(lively((kills,), "9 d"), untreated) == set()
    assert "cells/tumor" in changed(lively((kills,), "0 h"), untreated)


def test_resumes_in_the_middle_of_a_course():
    assert_resumes(lambda: full(act(kill="cycling", rate="0.05 /h"), act(suppress="marrow")), 15.0, 10.0)


@pytest.mark.parametrize(("mutations", "share"), [([], 1.0), (["ras"], 1.0), (["mmr"], 0.6), (["mmr", "wnt"], 0.3)])
def test_cells_with_a_mutated_gene_are_spared_a_share_of_the_hits(mutations, share):
    model = full(act(kill="cycling", rate="0.4 /h", spared={"mmr": 0.4, "wnt": 0.5}), line={"mutations": mutations})
    before = model.tumor.count
    later(model, 3.0)
    assert_chance(hit(model), before, 1.0 - np.exp(-0.2 * share * 3.0))
