"""Leukocyte entry: the density that the blood holds, whom chemokine adds, and who dies."""

import numpy as np
import pytest

from abm.cells.cd8 import PATROLLING, SEARCHING
from abm.tissue.sites import INTERSTITIUM, LUMEN
from tests.worlds import (
    assert_chance,
    assert_mean,
    assert_resumes,
    assert_sound,
    changed,
    compiled_only,
    later,
    lively,
    liver,
    put,
    run_rule,
    sinusoids,
    state_of,
    without,
)

HOST = {"cd8": {"density": "100 /mm^2", "specific": 0.25, "residence": "2 h", "life": "5 h"}}


@compiled_only
def test_the_blood_holds_the_density_and_brings_few_that_know_the_tumor():
    counts, knowing, entered = [], 0, 0
    for seed in range(1, 9):
        model = liver("leukocyte_entry", mm=0.6, seed=seed, cells=HOST)
        start = set(model.cd8.alive_rows().uid.tolist())
        run_rule(model, "leukocyte_entry", 12.0)
        rows = model.cd8.alive_rows()
        new = ~np.isin(rows.uid, list(start))
        counts.append(model.cd8.count)
        knowing, entered = knowing + int(rows.specific[new].sum()), entered + int(new.sum())
        assert (rows.state == PATROLLING).all() and (rows.entered_h[new] >= 0).all()
        assert_sound(model)
    assert_mean(counts, 36.0)
    assert_chance(knowing, entered, 0.25)
    assert entered > 250, "six residences later nearly all are new"


@compiled_only
@pytest.mark.parametrize(
    ("level", "receptor", "gain"), [(1.0, 1.0, 0.5), (3.0, 1.0, 0.75), (3.0, 0.4, 0.3), (0.0, 1.0, 0.0)]
)
def test_chemokine_adds_to_those_that_come(level, receptor, gain):
    extra = []
    for seed in range(1, 13):
        interventions = [{"block": "cxcr3", "fraction": 1 - receptor}] if receptor < 1 else []
        model = liver(
            "leukocyte_entry",
            mm=0.6,
            seed=seed,
            cells={"cd8": HOST["cd8"] | {"residence": "1000 h"}},
            interventions=interventions,
        )
        model.fields["ifn_gamma"].values[:] = level
        model.fields["ifn_gamma"].at_rest = False
        perfused = float(model.flow.passing.ravel()[model.sinusoids].mean())
        before = model.cd8.count
        run_rule(model, "leukocyte_entry", 10.0)
        extra.append((model.cd8.count - before) / (36.0 * 10.0 / 1000.0 * 20.0 * perfused))
    assert_mean(extra, gain) if gain else None
    assert gain or abs(np.mean(extra)) < 0.15


@compiled_only
@pytest.mark.parametrize("step", ["5 min", "20 min"])
def test_those_in_the_tissue_die_of_age(step):
    model = without(liver("leukocyte_entry", mm=0.6, step=step, cells={"cd8": HOST["cd8"] | {"density": "0 /mm^2"}}))
    for row, column in sinusoids(model)[::2]:
        put(model, "cd8", int(row), int(column), state=SEARCHING)
    there = model.cd8.count
    run_rule(model, "leukocyte_entry", 5.0)
    assert (model.cd8.alive_rows().layer == INTERSTITIUM).all()
    assert_chance(there - model.cd8.count, there, 1 - np.exp(-1.0))
    assert_sound(model)


def test_depleted_ones_do_not_come_back_at_once():
    model = liver(
        "leukocyte_entry",
        mm=0.6,
        cells=HOST,
        interventions=[{"deplete": "cd8", "fraction": 1, "start": "0 h", "stop": "100 d"}],
    )
    later(model, 6.0)
    assert model.cd8.count == 0


def test_no_density_costs_nothing():
    model = liver("leukocyte_entry", mm=0.3)
    before = state_of(model)
    run_rule(model, "leukocyte_entry", 5.0)
    assert model.cd8.count == 0 and changed(model, before) <= {"clock/step_number"}


def test_those_of_the_beginning_stand_in_the_sinusoids():
    model = liver(mm=0.6, cells=HOST)
    rows = model.cd8.alive_rows()
    assert rows.size == 36 and (rows.layer == LUMEN).all()
    assert 0 < rows.specific.sum() < 20 and np.unique(rows.heading).size > 4


def test_resumes():
    assert_resumes(lambda: liver("leukocyte_entry", mm=0.3, cells=HOST), 3.0, 3.0)


def called(level=3.0, seed=1, *interventions, **host):
    """A liver into which CCL2 calls monocytes, and nobody else."""
    cells = {"macrophage": {"entry": "0.004 /h", "residence": "1000 h", "life": "5 h"} | host}
    model = without(liver("leukocyte_entry", mm=0.6, seed=seed, cells=cells, interventions=list(interventions)))
    model.fields["ccl2"].values[:] = level
    model.fields["ccl2"].at_rest = level == 0.0
    return model


@compiled_only
@pytest.mark.parametrize(
    ("level", "interventions", "share"),
    [
        (1.0, [], 0.5),
        (3.0, [], 0.75),
        (3.0, [{"block": "ccr2", "fraction": 0.8}], 0.375),
        (0.0, [], 0.0),
        (3.0, [{"block": "csf1r", "fraction": 0.8}], 0.15),
        (3.0, [{"block": "ccr2"}], 0.0),
    ],
)
def test_ccl2_brings_monocytes_at_a_rate_of_their_own(level, interventions, share):
    counts, expected = [], 0.0
    for seed in range(1, 7):
        model = called(level, seed, *interventions)
        expected = 0.004 * 10.0 * share * float(model.flow.passing.ravel()[model.sinusoids].sum())
        run_rule(model, "leukocyte_entry", 10.0)
        counts.append(model.macrophage.count / max(expected, 1.0))
        rows = model.macrophage.alive_rows()
        assert (rows.state == 0).all() and (rows.layer == LUMEN).all() and not rows.polarisation.any()
        assert_sound(model)
    assert_mean(counts, 1.0) if share else None
    assert share or not any(counts)


@compiled_only
@pytest.mark.parametrize("step", ["2.5 min", "5 min", "10 min"])
@pytest.mark.parametrize(("level", "times"), [(0, 1.0), (1, 2.0), (1e6, 3.0)])
def test_il2_lengthens_the_life_of_t_cells_in_the_tissue(level, times, step):
    given = [{"stimulate": "il2", "level": level, "half_life": None}] if level else []
    model = liver("leukocyte_entry", empty=True, step=step, cells={"cd8": {"life": "5 h"}}, interventions=given)
    for row, column in sinusoids(model, INTERSTITIUM):
        put(model, "cd8", int(row), int(column), layer=INTERSTITIUM, state=SEARCHING)
    there = model.cd8.count
    later(model, 5.0)
    assert_chance(there - model.cd8.count, there, 1 - np.exp(-1.0 / times))
    assert_sound(model)


@compiled_only
def test_monocytes_that_stay_in_the_vessel_are_carried_on():
    model = called(residence="5 h")
    model.fields["ccl2"].at_rest = True
    for row, column in sinusoids(model)[::2]:
        put(model, "macrophage", int(row), int(column))
    there = model.macrophage.count
    run_rule(model, "leukocyte_entry", 5.0)
    assert_chance(there - model.macrophage.count, there, 1 - np.exp(-1.0))


def test_a_depletion_keeps_monocytes_away():
    model = called(3.0, 1, {"deplete": "macrophage", "fraction": 1, "start": "0 h", "stop": "100 d"})
    later(model, 6.0)
    assert model.macrophage.count == 0


@compiled_only
def test_ccl2_brings_monocytic_and_cxcl1_granulocytic_suppressor_cells_beside_those_that_the_blood_holds():
    host = {
        "density": "50 /mm^2",
        "granulocytic": 0.6,
        "life": "1000 h",
        "ccl2_entry": "0.004 /h",
        "cxcl1_entry": "0.002 /h",
    }
    kinds = np.zeros(2)
    for seed in range(1, 13):
        model = liver("leukocyte_entry", mm=0.6, seed=seed, cells={"suppressor": host})
        without(model, "kupffer", "natural_killer", "neutrophil")
        old = model.suppressor.alive_rows()
        assert old.size == 18
        for name in ("ccl2", "cxcl1"):
            model.fields[name].values[:] = 1.0
            model.fields[name].at_rest = False
        passing = float(model.flow.passing.ravel()[model.sinusoids].sum())
        run_rule(model, "leukocyte_entry", 10.0)
        rows = model.suppressor.alive_rows()
        new = rows[~np.isin(rows.uid, old.uid)]
        kinds += [(new.granulocytic == kind).sum() / (passing * 10.0 * 0.5) for kind in (0, 1)]
        assert_sound(model)
    np.testing.assert_allclose(kinds / 12, [0.004, 0.002], rtol=0.2)


@compiled_only
@pytest.mark.parametrize(
    ("il6", "taken", "fold"), [(0.0, {}, 1.0), (1.0, {}, 2.0), (3.0, {"s1pr1": 0.4}, 1.9), (4.0, {"il6": 0.75}, 2.0)]
)
def test_il6_in_the_blood_brings_more_suppressor_cells_of_all_kinds_by_s1pr1(il6, taken, fold):
    host = {"density": "40 /mm^2", "life": "5 h", "cxcl1_entry": "0.004 /h", "il6_gain": 2}
    counts, expected = [], 0.0
    for seed in range(1, 9):
        model = liver(
            "leukocyte_entry",
            mm=0.6,
            seed=seed,
            cells={"suppressor": host},
            interventions=[{"block": name, "fraction": fraction} for name, fraction in taken.items()],
        )
        without(model, "kupffer", "natural_killer", "neutrophil", "suppressor")
        model.fields["cxcl1"].values[:], model.fields["cxcl1"].at_rest = 1.0, False
        model.blood["il6"] = il6
        # both come at a steady rate and stay 5 h on average
        rate = 40 * 0.36 / 5.0 + 0.002 * float(model.flow.passing.ravel()[model.sinusoids].sum())
        expected = rate * fold * 5.0 * (1 - np.exp(-6.0 / 5.0))
        run_rule(model, "leukocyte_entry", 6.0)
        counts.append(model.suppressor.count / expected)
    assert_mean(counts, 1.0)


@pytest.mark.parametrize(
    ("level", "gain", "taken", "more"),
    [
        ("portal_cxcl1", "portal_cxcl1_gain", {}, 3.0),
        ("portal_cxcl1", "portal_cxcl1_gain", {"cxcr2": 0.5}, 2.0),
        ("portal_cxcl1", "portal_cxcl1_gain", {"cxcl1": 0.75}, 1.8),
        ("exosomes", "exosome_gain", {"cxcr2": 0.5}, 3.0),
    ],
)
def test_portal_cxcl1_and_exosomes_bring_more_suppressor_cells(level, gain, taken, more):
    model = liver(
        "leukocyte_entry",
        mm=0.3,
        cells={"suppressor": {gain: 4, "il6_gain": 2}},
        interventions=[{"block": name, "fraction": fraction} for name, fraction in taken.items()],
    )
    rule, raised = model.rules["leukocyte_entry"], model.suppressor.species.supply.raised
    assert rule.how_much_more(model, raised) == 1.0
    model.blood[level] = 1.0
    assert rule.how_much_more(model, raised) == pytest.approx(more)
    model.blood["il6"] = 1.0
    assert rule.how_much_more(model, raised) == pytest.approx(more + 1.0)


def test_without_ccr2_all_is_as_if_no_monocytes_came():
    """But for CCL2 itself, which is then not even worked out."""
    brought = lively(cells={"macrophage": {"entry": "0.02 /h"}})
    models = [
        lively(cells={"macrophage": {"entry": entry}}, interventions=[{"knock_out": "ccr2"}] if taken else [])
        for entry, taken in (("0.02 /h", True), ("0 /h", False))
    ]
    for model in (brought, *models):
        later(model, 12.0)
    assert brought.macrophage.count > 3
    assert changed(*models) <= {"fields/ccl2"}


@pytest.mark.parametrize("signals", [("tgf_beta",), ("il10",), ("ccl2",), ("tgf_beta", "ccl2")])
def test_each_signal_of_a_tumor_brings_regulatory_t_cells(signals):
    counts, shares = [], []
    for seed in range(1, 7):
        cells = {"treg": {"entry": "0.002 /h", "residence": "1000 h", "foxp3_high": 0.7}}
        model = without(liver("leukocyte_entry", mm=0.6, seed=seed, cells=cells))
        for signal in signals:
            model.fields[signal].values[:], model.fields[signal].at_rest = 1.0, False
        expected = 0.002 * 10.0 * 0.5 * len(signals) * float(model.flow.passing.ravel()[model.sinusoids].sum())
        run_rule(model, "leukocyte_entry", 10.0)
        rows = model.treg.alive_rows()
        counts.append(model.treg.count / expected)
        shares.append(float(rows.foxp3_high.mean()))
        assert (rows.state == 0).all() and (rows.layer == LUMEN).all()
    assert_mean(counts, 1.0)
    assert_mean(shares, 0.7)


def test_regulatory_t_cells_of_the_beginning_have_much_foxp3_or_little():
    model = liver(mm=1.0, cells={"treg": {"density": "400 /mm^2", "foxp3_high": 0.7}})
    assert_chance(int(model.treg.alive_rows().foxp3_high.sum()), model.treg.count, 0.7)


def test_a_depletion_keeps_regulatory_t_cells_away():
    cells = {"treg": {"density": "100 /mm^2", "entry": "0.01 /h"}}
    model = liver(
        "leukocyte_entry",
        cells=cells,
        interventions=[{"deplete": "treg", "fraction": 1, "start": "0 h", "stop": "100 d"}],
    )
    model.fields["tgf_beta"].values[:], model.fields["tgf_beta"].at_rest = 3.0, False
    assert model.treg.count > 10
    assert later(model, 3.0).treg.count == 0


@compiled_only
def test_lever_cxcl1_of_hepatocytes_brings_suppressor_cells_by_cxcr2():
    """At a level of 0.3 those that come and stay 48 h: 0.0001 /h * 0.23 at each sinusoid site, 3 per mm2 and more."""

    def suppressors(*interventions, hepatocytes):
        cells = {"suppressor": {"density": "3 /mm^2", "cxcl1_entry": "0.0001 /h"}}
        model = liver(
            "leukocyte_entry",
            mm=1.0,
            step="1 h",
            cells=cells,
            fields={"cxcl1": {"hepatocytes": hepatocytes}},
            interventions=list(interventions),
        )
        counts = []
        for _ in range(10):
            run_rule(model, "leukocyte_entry", 24.0)
            counts.append(model.suppressor.count)
        return np.mean(counts[3:])

    resting = suppressors(hepatocytes=0)
    assert suppressors(hepatocytes=0.3) > 1.5 * resting
    assert suppressors({"block": "cxcr2"}, hepatocytes=0.3) < 1.3 * resting
