"""Viral spread: how long a virus is in a cell, whom that infects, and what IFN-beta keeps it from."""

import numpy as np
import pytest

from abm.cells.tumor import ADHERENT, CIRCULATING, DORMANT, EXTRAVASATED
from abm.kernels.random import uniform
from abm.rules.viral_spread import Virus, count_makers, lysis_of, pass_on
from abm.tissue.sites import TISSUE
from tests.worlds import (
    KEY,
    assert_chance,
    assert_resumes,
    assert_sound,
    changed,
    compiled_only,
    every,
    later,
    lattice,
    lesion,
    liver,
    put,
    run_rule,
    settle,
    sinusoids,
    sized,
    state_of,
)

VIRUS = Virus(12.0, 36.0, 0.5, KEY)
EARLY, LATE = 47.0, 1.0
"""Time until a cell bursts that is in eclipse for any time of its lysis, and that makes virus for any."""


def infected(step="30 min", apart=3, **parameters):
    """A liver with tumor cells that do not touch each other, all of which a virus has just infected."""
    model = liver("viral_spread", empty=True, step=step, parameters={"viral_spread": parameters})
    virus = model.rules["viral_spread"].virus(model)
    for row, column in every(*model.shape, apart).tolist():
        if model.sites.kind[row, column] == 1:
            slot = put(model, "tumor", row, column, layer=TISSUE)
            cell = model.tumor.rows[slot]
            cell.infected_h = virus.eclipse + lysis_of(cell.uid, virus)
    return model


@compiled_only
@pytest.mark.parametrize("step", ["2.5 min", "10 min", "60 min"])
def test_cells_burst_after_eclipse_and_lysis(step):
    """Uniformly between 12 + 18 and 12 + 54 hours, on average after 48."""
    model = infected(step)
    there = model.tumor.count
    assert model.tumor.used.infected_h[:there].mean() == pytest.approx(48.0, abs=4 * 10.4 / np.sqrt(there))
    run_rule(model, "viral_spread", 29.0)
    assert model.tumor.count == there
    run_rule(model, "viral_spread", 10.0)
    assert_chance(there - model.tumor.count, there, (39 - 30) / 36)
    run_rule(model, "viral_spread", 28.0)
    assert model.tumor.count == 0 and model.ledger.total("died", "virus") == there
    assert_sound(model)


def test_without_spread_all_burst_together():
    model = infected(lysis_spread=0, eclipse="4 h", lysis="6 h")
    there = model.tumor.count
    run_rule(model, "viral_spread", 9.5)
    assert model.tumor.count == there
    run_rule(model, "viral_spread", 0.5)
    assert model.tumor.count == 0


def rosettes(makers, left=LATE):
    """Tumor cells far from each other, each touched by so many that a virus has infected: sites, cells, and how many are healthy."""
    size = sized(160, 24)
    sites = lattice(size, size)
    targets = every(size, size, 4)
    places = np.concatenate([targets, *(targets + np.array(beside) for beside in ((0, 1), (1, 0), (1, 1))[:makers])])
    hours = np.where(np.arange(len(places)) < len(targets), 0.0, left)
    return sites, settle(sites, "tumor", places, layer=TISSUE, state=EXTRAVASATED, infected_h=hours), len(targets)


def spread(sites, cells, *, minutes, hours, rate=0.05, ifn_beta=0.0, protection=0.9):
    """As the rule does, for some hours in which no cell gets older."""
    level = np.full(sites.kind.shape, ifn_beta, np.float32)
    makers = np.zeros(sites.kind.shape, np.uint8)
    count_makers(makers, cells.used, VIRUS, sites.periodic)
    for step in range(round(60 * hours / minutes)):
        pass_on(cells.used, makers, level, step, minutes / 60, rate, protection, VIRUS)


@compiled_only
@pytest.mark.parametrize("minutes", [2.5, 5, 10, 60])
@pytest.mark.parametrize("makers", [1, 2, 3])
def test_a_cell_is_infected_at_the_rate_by_each_that_makes_virus_beside_it(makers, minutes):
    sites, cells, healthy = rosettes(makers)
    spread(sites, cells, minutes=minutes, hours=6.0)
    assert_chance(int((cells.used.infected_h[:healthy] > 0).sum()), healthy, 1 - np.exp(-0.05 * makers * 6.0))


@compiled_only
@pytest.mark.parametrize(
    ("ifn_beta", "protection", "left"), [(1.0, 0.9, 0.55), (3.0, 0.4, 0.7), (1e9, 1.0, 0.0), (9.0, 0.0, 1.0)]
)
def test_ifn_beta_protects(ifn_beta, protection, left):
    sites, cells, healthy = rosettes(2)
    spread(sites, cells, minutes=10, hours=6.0, ifn_beta=ifn_beta, protection=protection)
    assert_chance(int((cells.used.infected_h[:healthy] > 0).sum()), healthy, 1 - np.exp(-0.1 * left * 6.0))


def test_in_eclipse_nobody_is_infectious():
    sites, cells, healthy = rosettes(3, EARLY)
    cells.used.infected_h[healthy:] = [lysis_of(uid, VIRUS) + 0.1 for uid in cells.used.uid[healthy:]]
    spread(sites, cells, minutes=60, hours=1.0, rate=1000.0)
    assert not cells.used.infected_h[:healthy].any()
    cells.used.infected_h[healthy:] -= np.float32(0.2)
    spread(sites, cells, minutes=60, hours=1.0, rate=1000.0)
    assert cells.used.infected_h[:healthy].all()


def test_kernels_are_their_naive_twin():
    sites = lattice(24, 24)
    places = np.random.default_rng(3).permutation(every(24, 24))[:300]
    rng = np.random.default_rng(4)
    hours = np.where(rng.random(300) < 0.4, 60 * rng.random(300), 0.0).astype(np.float32)
    state = rng.choice([CIRCULATING, ADHERENT, EXTRAVASATED, DORMANT], 300)
    cells = settle(sites, "tumor", places, layer=TISSUE, state=state, infected_h=hours)
    level = rng.random(sites.kind.shape).astype(np.float32)
    lysis = {int(uid): 36 * (1 + 0.5 * (2 * uniform(KEY, 0, uid, 2) - 1)) for uid in cells.used.uid}
    expected = hours.copy()
    for n, cell in enumerate(cells.used):
        if cell.state == CIRCULATING or cell.infected_h:
            continue
        off = np.abs(places - places[n])
        off = np.minimum(off, 24 - off) if sites.periodic else off
        touched = [m for m in np.flatnonzero((off <= 1).all(axis=1)) if 0 < hours[m] <= lysis[int(cells.used.uid[m])]]
        here = float(level[cell.row, cell.column])
        hazard = 0.3 * len(touched) * (1 - 0.9 * here / (1 + here))
        if uniform(KEY, 5, cell.uid, 0) < 1 - np.exp(-hazard * 0.5):
            expected[n] = np.float32(0.5 * uniform(KEY, 5, cell.uid, 1) + 12 + lysis[int(cell.uid)])
    makers = np.zeros(sites.kind.shape, np.uint8)
    count_makers(makers, cells.used, VIRUS, sites.periodic)
    pass_on(cells.used, makers, level, 5, 0.5, 0.3, 0.9, VIRUS)
    np.testing.assert_allclose(cells.used.infected_h, expected, rtol=1e-6)
    assert (expected != hours).sum() > 10


def test_infected_cells_do_not_divide_and_secrete_ifn_beta():
    model = liver("growth", empty=True, step="60 min", parameters={"growth": {"death_rate": "0 /h"}})
    for row, column in sinusoids(model, TISSUE)[::50]:
        put(model, "tumor", int(row), int(column), cycle=0.9, autonomy=1.0, divisions=1, infected_h=500.0)
    later(model, 24.0)
    assert model.ledger.total("divided") == 0
    felt = model.fields["ifn_beta"].values
    cells = model.tumor.alive_rows()
    assert (felt[cells.row, cells.column] > 0.3).all()


def test_what_it_bursts_is_debris_and_danger_to_dendritic_cells():
    """A lesion of which half is infected primes T cells, and another hardly does."""
    priming = []
    for infect in ([], [{"infect": 5}]):
        model = later(lesion(*infect, host={"dendritic": {"density": "20 /mm^2"}}, mm=0.6, cells=200), 4 * 24.0)
        priming.append(model.blood.priming)
    assert priming[1] > 1.5 * priming[0]


def test_the_more_a_tumor_answers_to_ifn_beta_the_less_a_virus_does():
    small = {"mm": 0.6, "cells": 200, "step": "60 min"}
    left = [
        later(
            lesion({"infect": 0.05}, parameters={"viral_spread": {"protection": share}}, **small), 8 * 24.0
        ).tumor.count
        for share in (0.0, 0.9)
    ]
    untreated = later(lesion(**small), 8 * 24.0).tumor.count
    assert left[0] < 0.5 * untreated and left[0] < 0.6 * left[1] and left[1] < 0.95 * untreated


def test_aciclovir_stops_it():
    stopped = later(lesion({"infect": 0.05}, {"inhibit": "viral_spread"}, mm=0.5, cells=200), 100.0)
    assert 0 < stopped.ledger.total("died", "virus") < 60, "only those that it began with"


def test_without_virus_nothing_changes():
    model = liver("viral_spread", mm=0.3)
    for row, column in sinusoids(model, TISSUE)[:40]:
        put(model, "tumor", int(row), int(column), layer=TISSUE)
    before = state_of(model)
    model.rules["viral_spread"].apply(model)
    assert changed(model, before) == set()


def test_resumes():
    assert_resumes(lambda: lesion({"infect": 0.5}, mm=0.5, cells=100), 30.0, 30.0)
