"""NK killing: what a contact leads to, what shields from it, and how many NK cells there are."""

import numpy as np
import pytest

from abm.cells.natural_killer import HANDLING, IN_CONTACT, PATROLLING
from abm.cells.neutrophil import N1
from abm.cells.tumor import ADHERENT, DORMANT, EXTRAVASATED
from abm.kernels.contact import EVERYBODY
from abm.kernels.random import uniform
from abm.kernels.tables import columns_of
from abm.kernels.traffic import Residents, leave
from abm.ledger import event
from abm.rules.immune_suppression import ImmuneSuppression
from abm.rules.nk_killing import KillPathways, endure, hill, kill_hazard, recognition, susceptibility
from abm.tissue.sites import LUMEN, TISSUE
from tests.worlds import (
    again,
    assert_chance,
    assert_sound,
    changed,
    compiled_only,
    ending,
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

RULE = {
    "rate": "2 /h",
    "contact_time": "0.5 h",
    "scan_time": "0.5 h",
    "indifference": "2 h",
    "handling_time": "1 h",
    "regained_susceptibility": 0.25,
    "trail_share": 0.4,
    "fasl_share": 0.3,
    "perforin_share": 0.3,
    "full_susceptibility": "4 h",
    "lost_susceptibility": "24 h",
    "through_wall": 0.5,
    "platelet_shield": 0.7,
    "net_shield": 0.7,
    "neutrophil_shield": 0.4,
    "tgf_beta_inhibition": 0.7,
    "lactate_half": "10 mM",
    "lactate_steepness": 2,
    "lactate_death": "0.05 /h",
}
STEADY = {"density": "0 /mm^2"}  # nobody comes; who is there stays long
PATHWAYS = KillPathways(
    rate=2.0,
    fresh=1.0,
    regained=0.25,
    trail=0.4,
    fasl=0.3,
    perforin=0.3,
    full_until_h=4.0,
    lost_by_h=24.0,
    through_wall=0.5,
    platelet_shield=0.7,
    net_shield=0.7,
    neutrophil_shield=0.4,
    tgf_beta_inhibition=0.7,
    lactate_half=10.0,
    lactate_steepness=2.0,
    leave=2.0,
    reject=2.0,
    indifference_h=2.0,
    lactate_death=0.05,
    lactate_at_rest=1.0,
    cluster_shield=0.3,
    sting=0.0,
)


def encounters(step="5 min", parameters=None, line=None, killer=1, layer=LUMEN, interventions=(), **target):
    """A liver of well separated contacts of one NK cell and one tumor cell, all just begun."""
    model = without(
        liver(
            "nk_killing",
            step=step,
            parameters={"nk_killing": RULE | (parameters or {})},
            cells={"natural_killer": STEADY | {"residence": "100000 d"}, "tumor": {"nk_sensitivity": 1} | (line or {})},
            interventions=list(interventions),
        )
    )
    taken = np.zeros(model.shape, bool)
    for row, column in sinusoids(model):
        if not (2 < row < model.shape[0] - 3 and 2 < column < model.shape[1] - 3):
            continue
        beside = [
            (r, c)
            for r in (row - 1, row, row + 1)
            for c in (column - 1, column, column + 1)
            if (r, c) != (row, column) and model.sites.kind[r, c] == model.sites.kind[row, column]
        ]
        if not beside or taken[row - 1 : row + 2, column - 1 : column + 2].any():
            continue
        prey = put(model, "tumor", int(beside[0][0]), int(beside[0][1]), layer=layer, **target)
        put(
            model,
            "natural_killer",
            int(row),
            int(column),
            killer=killer,
            state=IN_CONTACT,
            target=model.tumor.rows.uid[prey],
        )
        taken[row - 2 : row + 3, column - 2 : column + 3] = True
    assert model.natural_killer.count > 60
    return model


def contacts(model, hours, rounds, prepare=None):
    """[killed, left, still together] after `hours`, over rounds with different chances."""
    start, seen = state_of(model), np.zeros(3, int)
    for n in range(rounds):
        run_rule(again(model, start, 0), "nk_killing", 0.0)
        for cell in (model.tumor.used, model.natural_killer.used):
            cell.uid += np.uint64(1_000_000_007 * n)  # other cells, so other chances at the same time
        model.natural_killer.used.target += np.uint64(1_000_000_007 * n)
        run_rule(model, "nk_killing", hours)
        states = model.natural_killer.used.state
        killed = ending(model, event.KILLED)
        together = np.count_nonzero(states == IN_CONTACT)
        seen += (killed, states.size - killed - together, together)
    assert_sound(model)
    return seen


@compiled_only
@pytest.mark.parametrize("step", ["5 min", "10 min"])
def test_half_of_the_fresh_encounters_are_lethal_and_last_half_an_hour(step):
    model = encounters(step)
    seen = contacts(model, 0.5, 30)
    assert seen.sum() > 2000
    total = seen.sum()
    assert_chance(seen[2], total, np.exp(-0.5 * 4.0))  # killing and leaving, 2 /h each
    assert_chance(seen[0], total, 0.5 * (1 - np.exp(-2.0)))
    assert_chance(seen[0], seen[0] + seen[1], 0.5)  # Ichise 2022: half of the encounters in the first hours


@compiled_only
@pytest.mark.parametrize(
    ("line", "target", "parameters", "fold"),
    [
        ({"nk_sensitivity": 0.25}, {}, {}, 0.25),
        ({}, {"arrived_h": -10.0}, {}, 0.7),
        ({}, {"arrived_h": -30.0, "divisions": 3, "state": ADHERENT}, {}, 0.25),
        ({"stress_ligands": 2}, {"arrived_h": -30.0, "divisions": 1, "state": ADHERENT}, {}, 0.5),
        ({"stress_ligands": 0.1}, {"divisions": 1, "state": ADHERENT}, {}, 1.0),
        ({}, {"platelets": 1.0}, {}, 0.3),
        ({}, {}, {"trail_share": 0.2, "fasl_share": 0.1}, 0.6),
    ],
)
def test_the_odds_of_a_contact(line, target, parameters, fold):
    seen = contacts(encounters(line=line, parameters=parameters, **target), 0.5, 15)
    kill = 2.0 * fold
    assert_chance(seen[0], seen.sum(), kill / (kill + 2) * (1 - np.exp(-(kill + 2) * 0.5)))


@compiled_only
@pytest.mark.parametrize(("where", "net", "platelets", "fold"), [("prey", 0.5, 0.0, 0.65), ("killer", 1.0, 0.5, 0.3)])
def test_a_net_around_the_target_or_the_killer_shields(where, net, platelets, fold):
    model = encounters(layer=TISSUE, platelets=platelets)
    cells = (model.tumor if where == "prey" else model.natural_killer).used
    model.nets[cells.row, cells.column] = net
    seen = contacts(model, 0.5, 15)
    kill = 1.0 * fold  # half of 2 /h behind the wall
    assert_chance(seen[0], seen.sum(), kill / (kill + 2) * (1 - np.exp(-(kill + 2) * 0.5)))


@compiled_only
def test_what_suppresses_where_the_killer_stands_takes_its_share():
    model = encounters()
    cells = model.natural_killer.used
    model.suppression[cells.row, cells.column] = 0.6
    seen = contacts(model, 0.5, 15)
    assert_chance(seen[0], seen.sum(), 0.8 / 2.8 * (1 - np.exp(-2.8 * 0.5)))


@compiled_only
@pytest.mark.parametrize("step", ["2.5 min", "5 min", "10 min"])
@pytest.mark.parametrize(("level", "fold"), [(0.2, 2 / 3), (0.6, 1.0)])
def test_where_tumor_cells_leave_a_third_of_the_glutamine_a_third_of_the_killing_is_lost(level, fold, step):
    model = encounters(step)
    glutamine = model.fields["glutamine"]
    glutamine.load(np.full(model.shape, glutamine.rest - np.float32(level), np.float32))
    ImmuneSuppression(model.config.rules.immune_suppression).apply(model)
    seen = contacts(model, 0.5, 15)
    kill = 2.0 * fold
    assert_chance(seen[0], seen.sum(), kill / (kill + 2) * (1 - np.exp(-(kill + 2) * 0.5)))


@compiled_only
def test_a_target_behind_the_wall_is_half_as_easily_killed():
    seen = contacts(encounters(layer=TISSUE), 0.5, 15)
    assert_chance(seen[0], seen.sum(), 1 / 3 * (1 - np.exp(-1.5)))


@compiled_only
@pytest.mark.parametrize(("cluster", "fold"), [(5, 0.7), (6, 1.0)])
def test_a_touching_cell_of_the_same_cluster_shields(cluster, fold):
    model = encounters(cluster=5)
    for prey in np.flatnonzero(model.tumor.used.alive):
        cell = model.tumor.rows[prey]
        put(model, "tumor", int(cell.row), int(cell.column), layer=TISSUE, cluster=cluster)
    seen = contacts(model, 0.5, 15)
    kill = 2.0 * fold
    assert_chance(seen[0], seen.sum(), kill / (kill + 2) * (1 - np.exp(-(kill + 2) * 0.5)))


@compiled_only
@pytest.mark.parametrize("why", ["a day later", "at rest", "no killers", "rate 0"])
def test_contacts_that_kill_nobody_end_after_their_time(why):
    model = {
        "a day later": lambda: encounters(arrived_h=-24.0),
        "at rest": lambda: encounters(arrived_h=-24.0, divisions=2, state=DORMANT),
        "no killers": lambda: encounters(killer=0),
        "rate 0": lambda: encounters(parameters={"rate": "0 /h"}),
    }[why]()
    seen = contacts(model, 0.5, 15)
    assert seen[0] == 0
    assert_chance(seen[2], seen.sum(), np.exp(-1.0))


@compiled_only
def test_the_pathways_share_the_kills():
    model = encounters(parameters={"trail_share": 0.5, "fasl_share": 0.3, "perforin_share": 0.2, "contact_time": "1 h"})
    start, by, n = state_of(model), np.zeros(3, int), 0
    while by.sum() < 1500:
        again(model, start, 0)
        n += 1
        model.natural_killer.used.uid += np.uint64(77_777 * n)
        run_rule(model, "nk_killing", 2.0)
        by += [ending(model, event.KILLED, arm) for arm in ("trail", "fasl", "perforin")]
    for seen, share in zip(by, (0.5, 0.3, 0.2), strict=True):
        assert_chance(seen, by.sum(), share)


@pytest.mark.parametrize(("hours", "expected"), [(0, 1), (4, 1), (14, 0.5), (24, 0), (300, 0), (-1, 1)])
def test_susceptibility_is_lost_within_a_day(hours, expected):
    assert susceptibility(float(hours), 4.0, 24.0) == pytest.approx(expected)


def test_hill():
    assert [hill(x, 10.0, 2.0) for x in (-1.0, 0.0, 10.0, 30.0)] == pytest.approx([0, 0, 0.5, 0.9])


@compiled_only
def test_a_cell_in_which_nothing_is_recognised_is_left_within_its_time_and_others_are_not_looked_at_for_a_while():
    model = encounters(parameters={"scan_time": "0.2 h", "contact_time": "10 h"}, arrived_h=-9.0, killer=0)
    start, seen = state_of(model), np.zeros(3, int)
    for n in range(15):
        run_rule(again(model, start, 0), "nk_killing", 0.0)
        model.natural_killer.used.uid += np.uint64(77_777 * n)
        run_rule(model, "nk_killing", 0.5)
        nk = model.natural_killer.used
        looking_away = nk.target == EVERYBODY
        assert (nk.state[looking_away] == PATROLLING).all()
        seen += (looking_away.sum(), (nk.state == IN_CONTACT).sum(), nk.size)
    reject, leave = 5.0 * 0.25, 0.1 * 0.75  # three quarters of what it arrived with is left
    assert_chance(seen[1], seen[2], np.exp(-0.5 * (reject + leave)))
    assert_chance(seen[0], seen[2] - seen[1], reject / (reject + leave))
    run_rule(model, "nk_killing", 1.4)
    assert (model.natural_killer.used.target == EVERYBODY)[looking_away].all()
    run_rule(model, "nk_killing", 0.7)
    assert not (model.natural_killer.used.target == EVERYBODY)[looking_away].any()


@compiled_only
@pytest.mark.parametrize(("taken", "fold"), [([], 2.0), ([{"knock_out": "fc_receptor"}], 1.0)])
def test_an_antibody_multiplies_the_hazard_as_far_as_it_covers_and_is_felt(taken, fold):
    antibody = {"stimulate": "opsonin", "level": 1, "half_life": None}
    seen = contacts(encounters(interventions=[antibody, *taken]), 0.5, 15)
    kill = 2.0 * fold
    assert_chance(seen[0], seen.sum(), kill / (kill + 2) * (1 - np.exp(-(kill + 2) * 0.5)))


@compiled_only
@pytest.mark.parametrize(
    ("level", "taken", "fold"), [(1.0, 0.0, 1.6), (3.0, 0.0, 1.9), (1.0, 0.5, 1.4), (0.0, 0.0, 1.0)]
)
def test_il18_multiplies_the_hazard(level, taken, fold):
    taken = [{"block": "il18", "fraction": taken}] if taken else []
    model = encounters(parameters={"il18_gain": 1.2}, interventions=taken)
    model.blood["il18"] = level
    seen = contacts(model, 0.5, 15)
    kill = 2.0 * fold
    assert_chance(seen[0], seen.sum(), kill / (kill + 2) * (1 - np.exp(-(kill + 2) * 0.5)))


@compiled_only
@pytest.mark.parametrize(
    ("touched", "taken", "fold"),
    [(True, [], 1.5), (False, [], 1.0), (True, [{"block": "sting", "fraction": 0.6}], 1.2)],
)
def test_a_touching_kupffer_cell_multiplies_the_hazard_by_sting(touched, taken, fold):
    model = encounters(layer=TISSUE, parameters={"sting_gain": 0.5, "through_wall": 1}, interventions=taken)
    for cell in model.tumor.alive_rows() if touched else ():
        put(model, "kupffer", int(cell.row), int(cell.column))
    seen = contacts(model, 0.5, 15)
    kill = 2.0 * fold
    assert_chance(seen[0], seen.sum(), kill / (kill + 2) * (1 - np.exp(-(kill + 2) * 0.5)))


def naive_hazard(cell, exposed, net, lactate, tgf_beta, neutrophil):
    shield = max(0.7 * cell.platelets, 0.7 * net, 0.4 if neutrophil else 0.0)
    weak = (1 - 0.7 * tgf_beta / (1 + tgf_beta)) * 100 / (100 + lactate**2)
    return 2.0 * weak * (1 - shield) * exposed * (0.5 if cell.layer == TISSUE else 1.0)


def test_kill_hazard_is_what_plain_python_says():
    rng = np.random.default_rng(2)
    model = without(liver("nk_killing"))
    sites = sinusoids(model)
    for k in range(40):
        row, column = (int(i) for i in sites[16 * k])
        slot = put(
            model,
            "tumor",
            row,
            column,
            layer=int(rng.integers(2)),
            arrived_h=float(rng.uniform(-10, 20)),
            divisions=int(rng.integers(2)),
            state=(EXTRAVASATED, DORMANT)[k % 2],
            platelets=float(rng.random()),
        )
        neighbour = k % 3 == 0
        if neighbour:
            beside = sites[np.abs(sites - (row, column)).max(axis=1) == 1][0]
            if model.sites.population[LUMEN, beside[0], beside[1]] == 0:
                put(model, "neutrophil", *map(int, beside), state=N1)
        cell = model.tumor.rows[slot]
        around = model.sites.population[LUMEN][
            np.ix_(np.arange(row - 1, row + 2) % model.shape[0], np.arange(column - 1, column + 2) % model.shape[1])
        ]
        exposed, net = float(rng.uniform(0, 2)), float(rng.random()) * (k % 2)
        lactate, tgf_beta = float(rng.uniform(0, 30)), float(rng.uniform(0, 3))
        expected = naive_hazard(cell, exposed, net, lactate, tgf_beta, (around == model.neutrophil.code).any())
        hazard = kill_hazard(cell, model.sites, exposed, net, lactate, tgf_beta, PATHWAYS)
        assert hazard == pytest.approx(expected, rel=1e-6)


def test_a_cell_is_recognised_by_what_it_brought_and_by_what_it_shows():
    model = without(liver("nk_killing"))
    rng = np.random.default_rng(3)
    for k, (row, column) in enumerate(sinusoids(model)[:160:4]):
        state, divisions = (EXTRAVASATED, DORMANT)[k % 2], int(rng.integers(2))
        slot = put(
            model,
            "tumor",
            int(row),
            int(column),
            arrived_h=float(rng.uniform(-10, 20)),
            divisions=divisions,
            state=state,
        )
        cell = model.tumor.rows[slot]
        brought, shown = recognition(cell, 20.0, PATHWAYS)
        assert brought == pytest.approx(np.clip((24 - (20 - cell.arrived_h)) / 20, 0, 1), abs=1e-6)
        assert shown == (0.25 if divisions and state != DORMANT else 0.0)


def test_who_dies_in_lactate_and_who_leaves_is_what_plain_python_says():
    rng = np.random.default_rng(12)
    size, key, step, hours = sized(60, 30), np.uint64(77), 5, 8.0
    sites = lattice(size, size)
    cells = settle(
        sites,
        "natural_killer",
        every(size, size, 2),
        busy_h=rng.choice([1.0, 3.0], size**2 // 4),
        state=rng.choice([PATROLLING, IN_CONTACT, HANDLING], size**2 // 4),
    )
    lactate = rng.gamma(1.0, 8.0, (size, size)).astype(np.float32)
    rows = cells.rows.copy()
    poisoned, left = [], []
    for row in rows:
        level = float(lactate[row.row, row.column])
        hazard = 0.05 * (level**2 / (100 + level**2) - 1 / 101) * hours
        poisoned.append(level > 1.0 and uniform(key, step, row.uid, 2) < 1 - np.exp(-hazard))
    poisoned = np.array(poisoned)
    endure(cells.table, sites, 120.0, key, step, hours, lactate, PATHWAYS)  # at 2 h
    free = ~poisoned & ((rows.state == PATROLLING) | ((rows.state == HANDLING) & (rows.busy_h <= 2.0)))
    assert ((cells.rows.alive == 0) == poisoned).all() and 20 < poisoned.sum() < len(rows)
    assert ((cells.rows.state == PATROLLING)[~poisoned] == free[~poisoned]).all()
    left = free & np.array([uniform(key, step, row.uid, 0) < 1 - np.exp(-0.05 * hours) for row in rows])
    leave(columns_of(cells.rows, Residents), cells.book, sites, LUMEN, key, step, PATROLLING, 0.05 * hours)
    assert ((cells.rows.alive == 0) == (poisoned | left)).all() and 20 < left.sum() < free.sum()
    assert ((sites.population[LUMEN] != 0).sum(), (sites.occupant[LUMEN] >= 0).sum()) == (cells.count, cells.count)


def test_a_killer_rests_for_the_handling_time_at_whatever_hour():
    for hour in (0, 311):
        model = encounters(parameters={"rate": "1000 /h"})
        model.step_number = 12 * hour
        model.tumor.rows.arrived_h[:] = hour
        run_rule(model, "nk_killing", model.dt_hours)
        assert model.tumor.count == 0
        assert set(model.natural_killer.used.state) == {HANDLING} and set(model.natural_killer.used.kills) == {1}
        run_rule(model, "nk_killing", 11 / 12)
        assert set(model.natural_killer.used.state) == {HANDLING}
        run_rule(model, "nk_killing", model.dt_hours)
        assert set(model.natural_killer.used.state) == {PATROLLING}
        assert_sound(model)


def test_who_has_lost_its_target_patrols_and_a_stranger_is_left_alone():
    model = encounters(parameters={"rate": "1000 /h", "contact_time": "1000 h"})
    model.natural_killer.used.target[:] = 1
    run_rule(model, "nk_killing", model.dt_hours)
    assert set(model.natural_killer.used.state) == {PATROLLING}
    assert model.tumor.count == model.natural_killer.count


@compiled_only
@pytest.mark.parametrize("lactate", [1.0, 10.0, 40.0])
def test_lactate_kills_nk_cells_but_normal_blood_does_not(lactate):
    model = liver(
        "nk_killing",
        mm=1.0,
        parameters={"nk_killing": RULE},
        cells={"natural_killer": {"density": "1000 /mm^2", "residence": "100000 d"}},
    )
    model.fields["lactate"].values[:] = lactate
    before = model.natural_killer.count
    run_rule(model, "nk_killing", 10.0)
    gone = before - model.natural_killer.count
    if lactate == 1.0:
        assert gone <= 3
    else:
        rate = 0.05 * (lactate**2 / (lactate**2 + 100) - 1 / 101)
        assert_chance(gone, before, 1 - np.exp(-rate * 10))


@compiled_only
def test_turnover_holds_the_density_and_the_share_of_killers():
    host = {"density": "60 /mm^2", "residence": "5 h", "killer_fraction": 0.3}
    model = liver("nk_killing", mm=1.0, parameters={"nk_killing": RULE}, cells={"natural_killer": host})
    counts = []
    for _ in range(200):
        run_rule(model, "nk_killing", 1.0)
        counts.append(model.natural_killer.count)
    # a Poisson number around 60 with a correlation time of 5 h: 200 h are about 20 independent numbers
    assert np.mean(counts[10:]) == pytest.approx(60, abs=3.3 * np.sqrt(60 * 2 * 5 / 190))
    assert_sound(model)
    crowd = liver(
        "nk_killing",
        mm=1.0,
        parameters={"nk_killing": RULE},
        cells={"natural_killer": {"density": "0 /mm^2", "residence": "5 h"}},
    )
    run_rule(crowd, "nk_killing", 1.0)
    assert crowd.natural_killer.count == 0
    many = liver(
        "nk_killing", mm=1.0, parameters={"nk_killing": RULE}, cells={"natural_killer": host | {"density": "900 /mm^2"}}
    )
    run_rule(many, "nk_killing", 10.0)
    new = many.natural_killer.alive_rows()
    new = new[new.entered_h > 0]
    assert_chance(new.killer.sum(), new.size, 0.3)
    assert set(new.heading) == set(range(8))


@compiled_only
@pytest.mark.parametrize("step", ["5 min", "10 min"])
def test_residents_leave_at_the_rate_of_their_residence(step):
    model = liver(
        "nk_killing",
        mm=1.0,
        step=step,
        parameters={"nk_killing": RULE},
        cells={"natural_killer": {"density": "1000 /mm^2", "residence": "10 h"}},
    )
    first = set(model.natural_killer.alive_rows().uid)
    run_rule(model, "nk_killing", 10.0)
    left = first & set(model.natural_killer.alive_rows().uid)
    assert_chance(len(left), len(first), np.exp(-1.0))


def test_without_the_rule_or_without_contact_no_tumor_cell_changes():
    model = liver(
        "nk_killing", cells={"natural_killer": STEADY | {"residence": "100000 d"}}, parameters={"nk_killing": RULE}
    )
    put(model, "tumor", *map(int, sinusoids(model)[3]))
    put(model, "natural_killer", *map(int, sinusoids(model)[4]), killer=1, state=PATROLLING)
    before = state_of(model)
    run_rule(model, "nk_killing", 5.0)
    assert changed(model, before) <= {"clock/step_number"}
