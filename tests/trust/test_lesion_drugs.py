"""Each drug moves what it is for in a lesion patch, and leaves alone what it should: cytotoxics, those against growth signals, vessels,
checkpoints and fibroblasts."""

import functools

import numpy as np
import pytest

from abm.cells.stellate import ACTIVATED
from abm.model import LiverModel

LESION = {"implant": 1, "cells": 1200, "at": "middle", "grown": True, "age": "14 d", "start": "-3 d"}
"""A lesion of 0.4 mm."""
DAYS = 11
VESSELS = ("bevacizumab", "ramucirumab", "regorafenib", "fruquintinib")


@functools.cache
def lesion(replacement, *therapies) -> LiverModel:
    """A lesion, which replaces that share of the hepatocytes, after eleven days on these therapies."""
    return treated("lesion", therapies, {"tumor": {"replacement": replacement}})


@functools.cache
def deficient(*therapies, days=DAYS, without=()) -> LiverModel:
    """A lesion with deficient mismatch repair among T cells of which one in ten knows it, after some days on these therapies, without
    some rules."""
    cells = {"tumor": {"mutations": ["mmr"]}, "cd8": {"specific": 0.1}}
    return treated("lesion_immune", therapies, cells, days, rules=dict.fromkeys(without, "off"))


@functools.cache
def proficient(*therapies) -> LiverModel:
    """A lesion with proficient mismatch repair among the same T cells."""
    return treated("lesion_immune", therapies, {"cd8": {"specific": 0.1}})


@functools.cache
def mutated(gene, *therapies) -> LiverModel:
    """A lesion whose cells have this gene mutated ("": none) and depend on its signal, at the pace of refractory ones."""
    cells = {"tumor": {"mutations": [gene] if gene else [], "pace": 0.68}}
    return treated("lesion", therapies, cells, rules={"growth_signalling": {"dependence": 0.9}})


def treated(base, therapies, cells, days=DAYS, **config) -> LiverModel:
    model = LiverModel(
        base,
        seed=1,
        begin="-3 d",
        step="60 min",
        tissue={"width": "0.8 mm", "height": "0.8 mm"},
        interventions=[LESION, *({"therapy": therapy} for therapy in therapies)],
        cells=cells,
        **config,
    )
    model.collects = False
    while model.hours < 24 * days - 1e-9:
        model.step()
    return model


def vessels(model) -> int:
    return int((model.vessels > 0).sum())


@pytest.mark.parametrize("regimen", ["folfox4", "folfiri"])
def test_lever_cytotoxics_kill_cells_that_cycle(regimen):
    assert mutated("ras", regimen).tumor.count < 0.8 * mutated("ras").tumor.count


@pytest.mark.parametrize(
    ("gene", "regimen"),
    [("", "cetuximab"), ("", "panitumumab"), ("her2", "trastuzumab_lapatinib")],
)
def test_lever_drugs_against_the_signal_on_which_a_lesion_depends(gene, regimen):
    assert mutated(gene, regimen).tumor.count < 0.95 * mutated(gene).tumor.count


@pytest.mark.parametrize(
    ("gene", "regimen"), [("ras", "panitumumab"), ("her2", "panitumumab"), ("braf", "panitumumab"), ("", "vemurafenib")]
)
def test_a_lesion_with_another_driver_notices_nothing(gene, regimen):
    assert mutated(gene, regimen).tumor.count == mutated(gene).tumor.count


def test_a_lesion_with_braf_v600e_gets_its_signal_back_unless_egfr_is_blocked_too():
    assert mutated("braf", "vemurafenib", "cetuximab").tumor.count < 0.95 * mutated("braf", "vemurafenib").tumor.count


def test_lever_a_drug_against_fap_leaves_no_fibroblasts_and_little_matrix():
    treated_one, untreated = mutated("ras", "fap_directed"), mutated("ras")
    assert (treated_one.stellate.alive_rows().state == ACTIVATED).sum() < 0.1 * (
        untreated.stellate.alive_rows().state == ACTIVATED
    ).sum()
    assert treated_one.ecm.sum() < 0.5 * untreated.ecm.sum()


@pytest.mark.parametrize("drug", VESSELS)
def test_lever_drugs_against_vessels_starve_a_lesion_that_lives_on_them(drug):
    assert vessels(lesion(0.5, drug)) < 0.8 * vessels(lesion(0.5))
    assert lesion(0.5, drug).tumor.count < 0.95 * lesion(0.5).tumor.count


def test_a_lesion_that_lives_on_sinusoids_notices_little_of_bevacizumab():
    assert vessels(lesion(1, "bevacizumab")) < 0.8 * vessels(lesion(1))
    left, of_angiogenic = (lesion(r, "bevacizumab").tumor.count / lesion(r).tumor.count for r in (1, 0.5))
    assert left > 0.85 and left > 1.3 * of_angiogenic


@pytest.mark.parametrize("drug", ["nivolumab", pytest.param("pembrolizumab", marks=pytest.mark.slow)])
def test_lever_antibodies_to_pd1_let_t_cells_clear_what_they_know(drug):
    assert deficient(drug).tumor.count < 0.7 * deficient().tumor.count
    assert deficient(drug).cd8.alive_rows().exhaustion.mean() < 0.3 * deficient().cd8.alive_rows().exhaustion.mean()


@pytest.mark.slow
def test_a_proficient_lesion_hardly_notices_pembrolizumab():
    assert proficient("pembrolizumab").tumor.count == pytest.approx(proficient().tumor.count, rel=0.05)


def test_lever_ipilimumab_primes_more_t_cells():
    assert deficient("ipilimumab").blood["primed"] > 1.1 * deficient().blood["primed"]


def test_lever_chemotherapy_takes_t_cells_that_divide():
    left, all_of_them = (
        int(deficient("mfolfox6", days=4, without=without).cd8.alive_rows().specific.sum())
        for without in ((), ("lymphodepletion",))
    )
    assert left < 0.7 * all_of_them


def test_lever_hepatitis_is_seen_under_both_antibodies_more_than_under_either():
    both, *either = (
        np.count_nonzero(deficient(*therapies).hepatitis)
        for therapies in (("nivolumab", "ipilimumab"), ("nivolumab",), ("ipilimumab",), ())
    )
    assert either[-1] == 0 and both > 10 and both > 1.5 * max(either)


def test_lever_regorafenib_keeps_macrophages_away():
    assert deficient("regorafenib").macrophage.count < 0.7 * deficient().macrophage.count
