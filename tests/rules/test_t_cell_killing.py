"""T-cell killing: hits that add up and are mended, who is recognised, and what becomes of killer and target."""

import numpy as np
import pytest
import scipy.linalg

from abm.cells.cd8 import ENGAGED, HANDLING, PATROLLING, SEARCHING
from abm.cells.tumor import EXTRAVASATED
from abm.kernels.random import uniform
from abm.ledger import cause, event
from abm.ledger.ledger import Ledger
from abm.rules.immune_suppression import lost_to_starvation
from abm.rules.supply import poisson
from abm.rules.t_cell_killing import Hits, mend, strike
from abm.tissue.sites import INTERSTITIUM, LUMEN, TISSUE
from tests.worlds import (
    KEY,
    assert_chance,
    assert_in_place,
    assert_resumes,
    assert_sound,
    changed,
    compiled_only,
    every,
    lattice,
    liver,
    put,
    run_rule,
    settle,
    sinusoids,
    sized,
    state_of,
    without,
)

HITS = Hits(rate=1.5, needed=3, leave=0.0, tgf_beta=0.7, tolerance=0.0, pd1=0.0, half_pdl1=1.0)
MENDING = np.log(2.0)  # 1/h
AROUND = ((0, 1), (1, 0), (1, 1))


def attacked(killers, **columns):
    """Tumor cells, each far from the next and engaged by so many CD8 T cells: sites, tumor cells and T cells."""
    size = sized(160, 24)
    sites = lattice(size, size)
    targets = every(size, size, 4)
    tumor = settle(sites, "tumor", targets, layer=TISSUE, state=EXTRAVASATED)
    places = np.concatenate([targets + np.array(beside) for beside in AROUND[:killers]])
    cells = settle(sites, "cd8", places, layer=INTERSTITIUM, state=ENGAGED, **columns)
    cells.used.uid += np.uint64(1)  # nobody has the uid of another cell
    cells.rows.target[: len(places)] = np.tile(tumor.rows.uid[: len(targets)], killers)
    return sites, tumor, cells


def fight(
    sites, tumor, cells, *, minutes, hours, hits=HITS, tgf_beta=0.0, suppression=0.0, helped=0.0, mending=MENDING
):
    """As the rule does, for some hours; the ledger."""
    ledger, fields = (
        Ledger(),
        [np.full(sites.kind.shape, level, np.float32) for level in (tgf_beta, suppression, helped)],
    )
    ledger.totals[event.ARRIVED, 0] = tumor.count
    for step in range(round(60 * hours / minutes)):
        mend(tumor.used, KEY, step, mending * minutes / 60)
        order = cells.order(KEY, step, cells.in_state(ENGAGED))
        book = ledger.book(order.size)
        strike(cells.rows, tumor.table, sites, book, step * minutes, KEY, step, order, minutes / 60, 2.0, *fields, hits)
    ledger.count()
    assert_in_place(sites, cells, tumor) if not ledger.total("killed") else None
    return ledger


def chance_of_death(killers, hours, rate=1.5, mending=MENDING, needed=3):
    """By the Markov chain: hits come one by one, each is mended by itself, `needed` at a time kill."""
    steps = np.zeros((needed + 1, needed + 1))
    for hits in range(needed):
        steps[hits, hits + 1] = killers * rate
        if hits:
            steps[hits, hits - 1] = mending * hits
        steps[hits, hits] = -steps[hits].sum()
    return scipy.linalg.expm(steps * hours)[0, needed]


@compiled_only
@pytest.mark.parametrize("killers", [1, 2, 3])
@pytest.mark.parametrize("minutes", [2.5, 5, 10])
@pytest.mark.parametrize("hours", [0.5, 2.0])
def test_death_under_one_two_and_three_killers_is_that_of_the_markov_chain(killers, minutes, hours):
    sites, tumor, cells = attacked(killers)
    there = tumor.count
    dead = fight(sites, tumor, cells, minutes=minutes, hours=hours).total("killed", "cd8")
    assert_chance(dead, there, chance_of_death(killers, hours))
    assert tumor.count == there - dead


@compiled_only
@pytest.mark.parametrize("minutes", [2.5, 5, 10])
def test_where_glutamine_is_missing_two_killers_kill_less(minutes):
    """At 0.2 mM a third of the hits are lost, and more than a third of the kills, as hits add up."""
    sites, tumor, cells = attacked(2)
    starved = float(lost_to_starvation(np.float32(0.2), np.float32(0.6), np.float32(0.2)))
    there, expected = tumor.count, chance_of_death(2, 1.0, rate=1.0)
    assert starved == pytest.approx(1 / 3) and expected < 0.6 * chance_of_death(2, 1.0)
    assert_chance(
        fight(sites, tumor, cells, minutes=minutes, hours=1.0, suppression=starved).total("killed"), there, expected
    )


def test_two_kill_more_than_twice_what_one_kills():
    assert chance_of_death(2, 1.0) > 2.5 * chance_of_death(1, 1.0), "the hits of several add up before they are mended"


@compiled_only
def test_hits_are_mended_with_their_half_life():
    _, tumor, _ = attacked(1)
    tumor.used.hits = 2
    for step in range(12):
        mend(tumor.used, KEY, step, MENDING * 5 / 60)
    assert_chance(int(tumor.used.hits.sum()), 2 * tumor.count, 0.5)


def test_kernel_is_its_naive_twin():
    sites, tumor, cells = attacked(2)
    rng = np.random.default_rng(3)
    cells.used.exhaustion = rng.random(cells.count)
    tumor.used.hits = rng.integers(0, 3, tumor.count)
    tumor.used.pdl1 = 5 * rng.random(tumor.count)
    pdl1 = dict(zip(tumor.used.uid, tumor.used.pdl1, strict=True))
    tgf_beta, suppression, helped = rng.random((3, *sites.kind.shape)).astype(np.float32)
    hits = HITS._replace(rate=4.0, leave=0.8, tolerance=0.3, pd1=0.6, half_pdl1=2.0)
    order = cells.order(KEY, 5, cells.in_state(ENGAGED))
    ledger, dead, left, taken = Ledger(), [], set(), dict(zip(tumor.used.uid, tumor.used.hits, strict=True))
    busy = set()
    for slot in order:
        cell = cells.rows[slot].copy()
        target = cell.target
        if target in dead:
            left.add(int(slot))
            continue
        level = float(tgf_beta[cell.row, cell.column])
        held = float(suppression[cell.row, cell.column])
        more = float(helped[cell.row, cell.column])
        rate = 4.0 * (1 - float(cell.exhaustion)) * 0.7 * (1 - 0.7 * level / (1 + level)) * (1 - held) * (1 + more)
        rate *= 1 - 0.6 * float(pdl1[target]) / (float(pdl1[target]) + 2)
        total = int(taken[target]) + poisson(KEY, 5, cell.uid, rate * 0.5)
        if total >= 3:
            dead.append(target)
            busy.add(int(slot))
            continue
        taken[target] = total
        if uniform(KEY, 5, cell.uid, 1000) < 1 - np.exp(-0.8 * 0.5):
            left.add(int(slot))
    strike(
        cells.rows,
        tumor.table,
        sites,
        ledger.book(order.size),
        60.0,
        KEY,
        5,
        order,
        0.5,
        2.0,
        tgf_beta,
        suppression,
        helped,
        hits,
    )
    assert [entry.uid for entry in ledger.entries] == dead and len(dead) > 3
    assert {(entry.event, entry.cause) for entry in ledger.entries} == {(event.KILLED, cause.CD8)}
    assert set(np.flatnonzero(cells.used.state == SEARCHING).tolist()) == left and len(left) > 3
    assert set(np.flatnonzero(cells.used.state == HANDLING).tolist()) == busy
    alive = tumor.rows[: len(taken)]
    assert {int(cell.uid): int(cell.hits) for cell in alive if cell.alive} == {
        int(uid): int(number) for uid, number in taken.items() if uid not in dead
    }


@compiled_only
@pytest.mark.parametrize(
    ("changes", "columns", "tgf_beta", "suppression", "left"),
    [
        ({"tolerance": 0.4}, {}, 0.0, 0.0, 0.6),
        ({}, {"exhaustion": 0.5}, 0.0, 0.0, 0.5),
        ({}, {}, 1.0, 0.0, 0.65),
        ({}, {}, 0.0, 0.7, 0.3),
        ({"tolerance": 1.0}, {}, 0.0, 0.0, 0.0),
        ({"pd1": 0.6, "half_pdl1": 1 / 3}, {}, 0.0, 0.0, 0.55),
    ],
)
def test_what_holds_back(changes, columns, tgf_beta, suppression, left):
    sites, tumor, cells = attacked(2, **columns)
    tumor.used.pdl1 = 1.0
    there, hits = tumor.count, HITS._replace(**changes)
    dead = fight(
        sites, tumor, cells, minutes=2.5, hours=1.0, hits=hits, tgf_beta=tgf_beta, suppression=suppression
    ).total("killed")
    assert_chance(dead, there, chance_of_death(2, 1.0, rate=1.5 * left))


@compiled_only
def test_help_adds_to_the_hits():
    sites, tumor, cells = attacked(2)
    there = tumor.count
    dead = fight(sites, tumor, cells, minutes=2.5, hours=0.5, helped=1.0).total("killed")
    assert_chance(dead, there, chance_of_death(2, 0.5, rate=3.0))


@compiled_only
def test_those_that_do_not_kill_leave_after_a_while():
    sites, tumor, cells = attacked(1)
    fight(sites, tumor, cells, minutes=5, hours=1.0, hits=HITS._replace(rate=0.0, leave=0.5))
    assert_chance(int((cells.used.state == SEARCHING).sum()), cells.count, 1 - np.exp(-0.5))


def duel(layer, antigen=1, **parameters):
    """A liver with one CD8 T cell on one tumor cell, in which the rule runs."""
    rule = {"hit_rate": "1000 /h", "tolerance": 0, "handling_time": "2 h", "pd1_inhibition": 0} | parameters
    model = without(
        liver("t_cell_killing", mm=0.3, parameters={"t_cell_killing": rule}, cells={"tumor": {"antigen": antigen}})
    )
    row, column = map(int, sinusoids(model)[20])
    prey = put(model, "tumor", row, column, layer=TISSUE)
    killer = put(model, "cd8", row, column, layer=layer, state=ENGAGED, specific=1, target=model.tumor.rows.uid[prey])
    return model, killer


@pytest.mark.parametrize(("layer", "free"), [(INTERSTITIUM, SEARCHING), (LUMEN, PATROLLING)])
def test_a_killer_rests_and_goes_on_where_it_stands(layer, free):
    model, killer = duel(layer)
    run_rule(model, "t_cell_killing", 1.0)
    cell = model.cd8.rows[killer]
    assert model.tumor.count == 0 and model.ledger.total("killed", "cd8") == 1
    assert (cell.state, cell.kills) == (HANDLING, 1)
    run_rule(model, "t_cell_killing", 1.25)
    assert model.cd8.rows[killer].state == free
    assert_sound(model)


def test_nothing_happens_without_t_cells():
    model = without(liver("t_cell_killing", mm=0.3))
    put(model, "tumor", *map(int, sinusoids(model)[20]), layer=TISSUE)
    before = state_of(model)
    run_rule(model, "t_cell_killing", 2.0)
    assert changed(model, before) <= {"clock/step_number"}


def test_resumes_in_the_middle_of_a_fight():
    assert_resumes(lambda: duel(INTERSTITIUM, hit_rate="2 /h")[0], 0.5, 2.0)


@pytest.mark.parametrize("molecule", ["pd1", "pdl1"])
def test_blocking_either_side_of_the_checkpoint_lets_killers_go(molecule):
    def dead(interventions):
        model = without(
            liver(
                "t_cell_killing",
                mm=0.3,
                parameters={"t_cell_killing": {"pd1_inhibition": 1, "hit_rate": "1000 /h"}},
                cells={"tumor": {"antigen": 1, "pdl1": 1}, "cd8": {"half_pdl1": "1e-9"}},
                interventions=interventions,
            )
        )
        row, column = map(int, sinusoids(model)[20])
        prey = put(model, "tumor", row, column, layer=TISSUE, pdl1=1)
        target = model.tumor.rows.uid[prey]
        put(model, "cd8", row, column, layer=INTERSTITIUM, state=ENGAGED, specific=1, target=target)
        run_rule(model, "t_cell_killing", 1.0)
        return model.ledger.total("killed", "cd8")

    assert dead([]) == 0
    assert dead([{"block": molecule, "fraction": 1}]) == 1
