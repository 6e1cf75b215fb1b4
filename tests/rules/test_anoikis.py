"""Anoikis: who dies without a hold, how fast, and what saves a cell."""

import numpy as np
import pytest

from abm.cells.line import stemness_of
from abm.cells.tumor import ADHERENT, CIRCULATING, DORMANT, EXTRAVASATED, HELD
from abm.kernels.random import uniform
from abm.ledger import cause, event
from abm.ledger.ledger import Ledger
from abm.rules.anoikis import die_adrift
from abm.tissue.sites import LUMEN, TISSUE
from tests.worlds import (
    KEY,
    around,
    assert_chance,
    assert_resumes,
    changed,
    every,
    lattice,
    lively,
    liver,
    put,
    run_rule,
    settle,
    sinusoids,
    sized,
    state_of,
)

RATE = {"anoikis": {"rate": "0.3 /h"}}


def dead_among(state, hours=3.0, minutes=5, places=None, stemness=0.0, rate=0.3, **columns):
    """How many of the cells in a state die, and how many there were."""
    size = sized(150, 36)
    sites, ledger = lattice(size, size), Ledger()
    places = every(size, size, 3) if places is None else places
    cells = settle(sites, "tumor", places, layer=LUMEN, state=state, on_site=state != CIRCULATING, **columns)
    ledger.totals[event.ARRIVED, 0] = there = cells.count
    for step in range(round(60 * hours / minutes)):
        order = cells.order(KEY, step, cells.in_state(CIRCULATING) | cells.in_state(HELD))
        die_adrift(cells.table, sites, ledger.book(order.size), 0.0, KEY, step, order, minutes / 60, rate, stemness)
    ledger.count()
    assert ledger.total("died") == ledger.total("died", "anoikis") and cells.count == ledger.balance
    return ledger.total("died"), there


def test_kernel_is_its_naive_twin():
    rng = np.random.default_rng(5)
    sites = lattice(60, 60)
    places = every(60, 60)[rng.random(3600) < 0.12]
    n = len(places)
    cells = settle(
        sites,
        "tumor",
        places,
        layer=np.where(rng.random(n) < 0.8, LUMEN, TISSUE),
        state=HELD,
        emt=rng.random(n),
    )
    cells.rows.state[:n] = np.where(cells.rows.layer[:n] == TISSUE, EXTRAVASATED, rng.choice([HELD, ADHERENT], n))
    uids, before, ledger = cells.rows.uid[:n].copy(), cells.rows[:n].copy(), Ledger()
    order = cells.order(KEY, 7, cells.in_state(HELD))
    occupied, dead = {(int(c.layer), int(c.row), int(c.column)) for c in before}, []
    for slot in order:
        cell = before[slot]
        beside = [(int(r), int(c)) for r, c in around(sites, int(cell.row), int(cell.column), own=True)]
        company = sum((layer, *place) in occupied for place in beside for layer in (LUMEN, TISSUE)) - 1
        emt = float(cell.emt)
        hazard = 2.0 * (1 - emt) * (1 - 0.6 * 4 * emt * (1 - emt))
        if company == 0 and uniform(KEY, 7, cell.uid, 0) < 1 - np.exp(-hazard * 0.5):
            dead.append(int(cell.uid))
            occupied.remove((int(cell.layer), int(cell.row), int(cell.column)))
    die_adrift(cells.table, sites, ledger.book(order.size), 60.0, KEY, 7, order, 0.5, 2.0, 0.6)
    assert [int(entry.uid) for entry in ledger.entries] == dead and 5 < len(dead) < order.size
    assert {(e.event, e.cause) for e in ledger.entries} == {(event.DIED, cause.ANOIKIS)}
    alive = cells.rows.uid[:n][cells.rows.alive[:n] == 1]
    assert set(alive.tolist()) == set(uids.tolist()) - set(dead)


@pytest.mark.parametrize("state", [CIRCULATING, HELD])
@pytest.mark.parametrize("minutes", [5, 10, 30])
@pytest.mark.parametrize(("emt", "stemness", "left"), [(0, 0, 1.0), (0.5, 0, 0.5), (0.5, 0.8, 0.1), (0.25, 1, 0.1875)])
def test_hazard_at_any_step(state, minutes, emt, stemness, left):
    dead, there = dead_among(state, minutes=minutes, emt=emt, stemness=stemness)
    assert_chance(dead, there, 1 - np.exp(-0.3 * left * 3.0))


def test_mesenchymal_cells_do_not_die_of_it():
    assert dead_among(HELD, emt=1.0, rate=1e6)[0] == 0


def test_half_life_of_cells_in_the_blood():
    """Meng 2004: 1 to 2.4 h; of epithelial cells."""
    dead, there = dead_among(CIRCULATING, hours=2.4, minutes=4, rate=np.log(2) / 2.4)
    assert_chance(dead, there, 0.5)


def test_company_saves_held_cells_in_either_layer_but_not_carried_ones():
    pairs = np.concatenate([every(30, 30, 4), every(30, 30, 4) + np.array([1, 1])])
    assert dead_among(HELD, places=pairs, rate=1.0)[0] == 0
    dead, there = dead_among(CIRCULATING, places=pairs, rate=1e6)
    assert dead == there
    model = liver("anoikis", mm=0.3, parameters={"anoikis": {"rate": "1000 /h"}})
    row, column = map(int, sinusoids(model)[20])
    put(model, "tumor", row, column, state=HELD)
    put(model, "tumor", row, column, layer=TISSUE)
    run_rule(model, "anoikis", 1.0)
    assert model.tumor.count == 2


@pytest.mark.parametrize("state", [ADHERENT, EXTRAVASATED, DORMANT])
def test_whoever_is_bound_or_out_of_the_vessel_lives(state):
    model = liver("anoikis", mm=0.3, parameters={"anoikis": {"rate": "1000 /h"}})
    put(model, "tumor", *map(int, sinusoids(model)[20]), layer=LUMEN if state == ADHERENT else TISSUE, state=state)
    before = state_of(model)
    run_rule(model, "anoikis", 1.0)
    assert changed(model, before) <= {"clock/step_number"}


def test_off_by_default():
    model = liver("anoikis", mm=0.3)
    put(model, "tumor", *map(int, sinusoids(model)[20]), state=HELD, emt=0)
    run_rule(model, "anoikis", 48.0)
    assert model.tumor.count == 1


def test_stemness_is_highest_halfway_through_emt():
    emt = np.linspace(0, 1, 11)
    values = np.array([stemness_of(score, 0.8) for score in emt])
    np.testing.assert_allclose(values, 0.8 * 4 * emt * (1 - emt), atol=1e-12)
    assert values.argmax() == 5 and values.max() == pytest.approx(0.8)


def test_resumes():
    assert_resumes(lambda: lively(mm=0.3, rules=RATE | {"arrival": {"per_area": "400 /mm^2"}}), 1.0, 1.0)
