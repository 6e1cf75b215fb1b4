"""Helper differentiation: what CD4 T cells commit to, how fast, and how they become regulatory T cells."""

import numpy as np
import pytest

from abm.cells import dendritic, stellate, treg
from abm.cells.cd4 import PATROLLING, SEARCHING, TH1, TH17
from abm.kernels.flows import AROSE, TURNED
from abm.kernels.random import uniform
from abm.rules.helper_differentiation import Felt, Weights, commit
from abm.tissue.sites import INTERSTITIUM, TISSUE
from tests.worlds import (
    KEY,
    assert_chance,
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
    sized,
    state_of,
    without,
)

WEIGHTS = Weights(1.0, 1.0, 1.0, 1.0, 1.0, 1.0)


def helpers(spacing=4, **columns):
    """CD4 T cells in a tissue, each far from the next, and dendritic and stellate cells, none yet."""
    size = sized(120, 24)
    sites = lattice(size, size)
    cells = settle(sites, "cd4", every(size, size, spacing), layer=INTERSTITIUM, **({"state": SEARCHING} | columns))
    return (
        sites,
        cells,
        settle(sites, "dendritic", np.empty((0, 2), np.int64)),
        settle(sites, "stellate", np.empty((0, 2), np.int64)),
    )


def felt(sites, **levels):
    return Felt(*(np.full(sites.kind.shape, levels.get(name, 0.0), np.float32) for name in Felt._fields))


def fates(world, hours=12.0, steps=1, weights=WEIGHTS, conversion=0.0, time=24.0, **levels):
    """How many are Th1, how many Th17, and how many became regulatory, of so many."""
    sites, cells, *others = world
    there, regulatory = cells.count, 0
    for step in range(steps):
        turned = commit(
            cells.used,
            sites,
            *(other.rows for other in others),
            felt(sites, **levels),
            weights,
            KEY,
            step,
            hours / steps,
            1 / time,
            conversion,
        )
        cells.rows.alive[turned] = 0
        regulatory += turned.size
    rows = cells.rows[cells.rows.alive != 0]
    return int((rows.state == TH1).sum()), int((rows.state == TH17).sum()), regulatory, there


@compiled_only
@pytest.mark.parametrize("steps", [1, 12, 144])
@pytest.mark.parametrize(
    ("levels", "th1", "th17", "regulatory"),
    [
        ({"ifn_gamma": 1.0}, 0.5, 0.0, 0.0),
        ({"tgf_beta": 3.0}, 0.0, 0.0, 0.75),
        ({"tgf_beta": 3.0, "tnf": 1.0}, 0.0, 0.375, 0.375),
        ({"tnf": 9.0}, 0.0, 0.0, 0.0),
        ({"il10": 1.0}, 0.0, 0.0, 0.5),
        ({"ifn_gamma": 3.0, "tgf_beta": 1.0, "tnf": 3.0, "il10": 1.0}, 0.75, 0.375, 0.625),
    ],
)
def test_each_fate_has_the_hazard_of_its_cues_at_any_step(levels, th1, th17, regulatory, steps):
    total = th1 + th17 + regulatory
    *counts, there = fates(helpers(), steps=steps, **levels)
    for count, weight in zip(counts, (th1, th17, regulatory), strict=True):
        if weight == 0.0:
            assert count == 0
        else:
            assert_chance(count, there, weight / total * (1 - np.exp(-0.5 * total)))


@compiled_only
@pytest.mark.parametrize("tgf_beta", [0.0, 3.0])
def test_tgf_beta_with_il6_makes_th17_cells(tgf_beta):
    th1, th17, regulatory, there = fates(helpers(), weights=WEIGHTS._replace(tgf_beta=0.0, il6=0.6), tgf_beta=tgf_beta)
    assert th1 == regulatory == 0
    if tgf_beta:
        assert_chance(th17, there, 1 - np.exp(-0.5 * 0.6 * 0.75))
    else:
        assert th17 == 0


@compiled_only
@pytest.mark.parametrize(
    ("who", "state", "fate"),
    [
        ("dendritic", dendritic.MATURE, 0),
        ("dendritic", dendritic.TOLEROGENIC, 2),
        ("stellate", stellate.ACTIVATED, 2),
        ("dendritic", dendritic.IMMATURE, None),
        ("stellate", stellate.QUIESCENT, None),
    ],
)
@pytest.mark.parametrize("away", [1, 2])
def test_whom_it_touches_decides(who, state, fate, away):
    sites, cells, *_ = world = list(helpers())
    places = np.column_stack([cells.used.row, cells.used.column])
    layer = INTERSTITIUM if who == "dendritic" else TISSUE
    world[2 if who == "dendritic" else 3] = settle(sites, who, places + np.array([0, away]), layer=layer, state=state)
    *counts, there = fates(world)
    for number, count in enumerate(counts):
        if number == fate and away == 1:
            assert_chance(count, there, 1 - np.exp(-0.5))
        else:
            assert count == 0


@compiled_only
def test_th1_cells_turn_where_killing_is_suppressed():
    *counts, there = fates(helpers(state=TH1), conversion=0.05, suppression=0.8, ifn_gamma=9.0, il10=9.0)
    assert_chance(counts[2], there, 1 - np.exp(-0.05 * 0.8 * 12))
    assert counts[0] == there - counts[2] and counts[1] == 0


@pytest.mark.parametrize("state", [PATROLLING, TH17])
def test_those_in_the_blood_and_th17_cells_stay_what_they_are(state):
    *counts, there = fates(helpers(state=state), 1e6, conversion=1.0, suppression=1.0, ifn_gamma=9.0, tgf_beta=9.0)
    assert counts == [0, there if state == TH17 else 0, 0]


def test_kernel_is_its_naive_twin():
    sites, cells, *_ = helpers(3)
    rng = np.random.default_rng(5)
    free = np.argwhere(sites.population[INTERSTITIUM] == 0)
    dcs = settle(sites, "dendritic", free[rng.random(len(free)) < 0.2], layer=INTERSTITIUM)
    dcs.used.state = rng.integers(1, 4, dcs.count)
    pericytes = settle(sites, "stellate", np.argwhere(rng.random(sites.kind.shape) < 0.1), layer=TISSUE)
    pericytes.used.state = rng.integers(0, 2, pericytes.count)
    cells.used.state = rng.integers(0, 4, cells.count)
    levels = Felt(*rng.random((5, *sites.kind.shape)).astype(np.float32))
    weights = Weights(0.9, 0.8, 1.4, 0.6, 1.1, 0.7, 0.5)
    before = cells.used.copy()
    turned = commit(cells.used, sites, dcs.rows, pericytes.rows, levels, weights, KEY, 7, 6.0, 0.05, 0.1)
    expected, regulatory = before.state.copy(), []

    def places(others, state):
        return {(int(one.row), int(one.column)) for one in others.used if one.state == state}

    def touches(them, row, column):
        size = sites.kind.shape
        near = [((row + down) % size[0], (column + right) % size[1]) for down in (-1, 0, 1) for right in (-1, 0, 1)]
        return any(place in them for place in near)

    mature, tolerogenic = places(dcs, dendritic.MATURE), places(dcs, dendritic.TOLEROGENIC)
    activated = places(pericytes, stellate.ACTIVATED)

    for slot, cell in enumerate(before):
        here = {name: float(lattice[cell.row, cell.column]) for name, lattice in levels._asdict().items()}
        half = {name: level / (1 + level) for name, level in here.items()}
        if cell.state == TH1 and uniform(KEY, 7, cell.uid, 2) < 1 - np.exp(-0.1 * here["suppression"] * 6):
            regulatory.append(slot)
        if cell.state != SEARCHING:
            continue
        where = int(cell.row), int(cell.column)
        th1 = 0.9 * half["ifn_gamma"] + 0.8 * touches(mature, *where)
        th17 = (1.4 * half["tnf"] + 0.5) * half["tgf_beta"]
        other = 1.4 * half["tgf_beta"] * (1 - half["tnf"]) + 0.6 * half["il10"]
        other += 1.1 * touches(tolerogenic, *where)
        other += 0.7 * touches(activated, *where)
        total = th1 + th17 + other
        if uniform(KEY, 7, cell.uid, 0) < 1 - np.exp(-0.05 * total * 6):
            chosen = uniform(KEY, 7, cell.uid, 1) * total
            if chosen < th1:
                expected[slot] = TH1
            elif chosen < th1 + th17:
                expected[slot] = TH17
            else:
                regulatory.append(slot)
    assert turned.tolist() == regulatory and len(regulatory) > 3
    assert (cells.used.state == expected).all() and (expected != before.state).any()


def soaked(state=SEARCHING, mm=0.4, interventions=(), **levels):
    """A liver full of these signals with CD4 T cells in the tissue, in which the rule runs."""
    rule = {"commitment": "0.5 h", "conversion": "24 /d"}
    model = without(
        liver(
            "helper_differentiation",
            mm=mm,
            parameters={"helper_differentiation": rule},
            cells={"treg": {"foxp3_high": 0.7}},
            interventions=list(interventions),
        )
    )
    for name, level in levels.items():
        model.fields[name].values[:], model.fields[name].at_rest = level, False
    for row, column in every(*model.shape, 2):
        if model.sites.kind[row, column] != 3:  # not in a central vein
            put(model, "cd4", int(row), int(column), state=state, heading=3, entered_h=-5.0)
    return model


@pytest.mark.parametrize("state", [SEARCHING, TH1])
def test_those_that_turn_arise_at_their_site_as_regulatory_t_cells(state):
    model = soaked(state, il10=9.0)
    model.suppression[:] = 1.0
    before = model.cd4.alive_rows()
    run_rule(model, "helper_differentiation", 1.0)
    left, made = model.cd4.alive_rows(), model.treg.alive_rows()
    assert len(left) + len(made) == len(before) and len(made) > 50
    assert model.cd4.flows[TURNED] == model.treg.flows[AROSE] == len(made)
    stood = {(int(cell.row), int(cell.column)) for cell in before} - {
        (int(cell.row), int(cell.column)) for cell in left
    }
    assert {(int(cell.row), int(cell.column)) for cell in made} == stood
    assert (made.heading == 3).all() and (made.entered_h == -5.0).all() and len(set(made.uid)) == len(made)
    assert ((made.state == treg.SUPPRESSIVE) == (made.foxp3_high == 1)).all()
    assert ((made.state == treg.INFLAMMATORY) == (made.foxp3_high == 0)).all()
    assert_chance(int(made.foxp3_high.sum()), len(made), 0.7)
    assert_sound(model)


def test_what_is_blocked_turns_nobody():
    model = soaked(interventions=[{"block": "il10"}], il10=9.0)
    run_rule(model, "helper_differentiation", 2.0)
    assert model.treg.count == 0 and (model.cd4.alive_rows().state == SEARCHING).all()


@compiled_only
@pytest.mark.parametrize(("blocked", "weight"), [(0.0, 1.0), (0.0, 0.0), (1.0, 1.0)])
def test_il6_of_the_blood_counts_as_far_as_it_is_not_blocked(blocked, weight):
    model = soaked(tgf_beta=3.0, interventions=[{"block": "il6", "fraction": blocked}])
    rule = model.rules["helper_differentiation"]
    rule.parameters = rule.parameters.model_copy(update={"il6": weight, "tgf_beta": 0.0})
    model.blood["il6"] = 3.0
    rule.apply(model)
    assert bool(model.cd4.in_state(TH17).any()) == (blocked == 0.0 and weight == 1.0)


def test_nothing_happens_without_cd4_t_cells():
    model = without(liver("helper_differentiation", mm=0.3))
    model.fields["il10"].values[:] = 9.0
    before = state_of(model)
    run_rule(model, "helper_differentiation", 2.0)
    assert changed(model, before) <= {"clock/step_number"}


def test_resumes():
    assert_resumes(lambda: soaked(mm=0.3, il10=0.5, ifn_gamma=1.0), 0.5, 0.5)
