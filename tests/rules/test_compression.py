"""Compression: what yields and what dies of pressure, what matrix holds back, and how pressure slows the cycle."""

import numpy as np
import pytest

from abm.cells.tumor import TUMOR
from abm.kernels.random import uniform, uniform_each
from abm.rules.compression import bar, compress, find_room, holding_out, squeeze
from abm.tissue.sites import LUMEN, PARENCHYMA, SINUSOID, TISSUE
from tests.worlds import (
    KEY,
    around,
    assert_chance,
    assert_resumes,
    changed,
    every,
    lattice,
    liver,
    put_disc,
    run_rule,
    settle,
    sized,
    state_of,
)

MINUTES = pytest.mark.parametrize("minutes", [2.5, 5, 10])


def yields(shape, share):
    return (uniform_each(KEY, 0, np.arange(shape[0] * shape[1], dtype=np.uint64), 0) < share).reshape(shape)


def beside(sites):
    tumor = (sites.population == TUMOR).sum(axis=0)
    return np.array(
        [
            [sum(tumor[at] for at in around(sites, r, c, own=True)) for c in range(tumor.shape[1])]
            for r in range(tumor.shape[0])
        ],
        np.uint8,
    )


def pressed(size: int, of: int):
    """Hepatocytes three apart, each with `of` of its neighbours tumor."""
    sites, middles = lattice(size, size, PARENCHYMA), every(size, size, 3)
    settle(sites, "tumor", [place for r, c in middles for place in around(sites, r, c)[:of]], layer=TISSUE)
    return sites, middles


# --- hepatocytes that die of compression --------------------------------------------------------------------------


@MINUTES
@pytest.mark.parametrize(("of", "replacement", "factor"), [(3, 0.0, 1.0), (8, 0.6, 0.4), (2, 0.0, 0.0), (8, 1.0, 0.0)])
def test_hazard_of_compression(of, replacement, factor, minutes):
    """Of the hepatocytes that do not yield, those with three tumor neighbours die at the rate."""
    sites, middles = pressed(sized(150, 36), of)
    hepatocytes, yielding, near = np.ones_like(sites.kind), yields(sites.kind.shape, replacement), beside(sites)
    for step in range(int(60 / minutes)):
        compress(sites, hepatocytes, yielding, near, KEY, step, minutes / 60, 0.5, 3)
    gone = hepatocytes[tuple(middles.T)] == 0
    assert_chance(gone.sum(), len(middles), factor * (1 - np.exp(-0.5)))
    assert not gone[yielding[tuple(middles.T)]].any()


@pytest.mark.parametrize("periodic", [True, False])
def test_kernels_are_their_naive_twins(periodic):
    rng = np.random.default_rng(4)
    size = sized(40, 20)
    sites = lattice(size, size, rng.choice(4, (size, size), p=[0.05, 0.3, 0.6, 0.05]), periodic=periodic)
    places = every(size, size)
    settle(sites, "tumor", places[rng.random(size * size) < 0.35], layer=TISSUE)
    settle(sites, "tumor", places[rng.random(size * size) < 0.05], layer=LUMEN)
    hepatocytes = (rng.random((size, size)) < 0.7).astype(np.uint8)
    ecm, yielding, near = rng.random((size, size)).astype(np.float32), rng.random((size, size)) < 0.4, beside(sites)
    tumor = (sites.population == TUMOR).any(axis=0)

    def chance(here, number):
        return uniform(KEY, 6, np.uint64(here[0] * size + here[1]), number)

    barred, squeezed = np.zeros((size, size), bool), np.zeros((size, size), np.float32)
    bar(sites, hepatocytes, ecm, yielding, barred, KEY, 6, 20.0, 0.03, np.float32(0.5), 0.9)
    squeeze(sites, yielding, near, squeezed, np.float32(0.2), 3, 2)
    expected = hepatocytes.copy()
    touched = [tuple(place) for place in places if near[tuple(place)] >= 3]
    for here in map(tuple, places):
        neighbours, kind = sum(tumor[at] for at in around(sites, *here)), sites.kind[here]
        if kind == PARENCHYMA and neighbours >= 3 and not yielding[here] and chance(here, 1) < 1 - np.exp(-0.6):
            expected[here] = 0
        holds = not yielding[here] and (kind == SINUSOID or bool(hepatocytes[here]))
        rate = 0.03 * (1 - 0.9 * float(ecm[here]) if ecm[here] >= 0.5 else 1)
        shut = chance(here, 2) >= 1 - np.exp(-20 * rate)
        held = (holds and (kind == PARENCHYMA or shut)) or (ecm[here] >= 0.5 and shut)
        assert barred[here] == (held and kind in (PARENCHYMA, SINUSOID) and sites.population[TISSUE][here] == 0)
        close = any(
            max(min(abs(a - b), size - abs(a - b)) if periodic else abs(a - b) for a, b in zip(here, at, strict=True))
            <= 2
            for at in touched
        )
        assert squeezed[here] == np.float32(0.2 * (close and kind == SINUSOID and not yielding[here]))
    compress(sites, hepatocytes, yielding, near, KEY, 6, 20.0, 0.03, 3)
    assert (hepatocytes == expected).all()
    assert barred.any() and (hepatocytes == 0).any() and squeezed.any()


# --- what holds its site ------------------------------------------------------------------------------------------


def shares(kind, *, replacement, ecm=0.0, barrier=0.0, minutes=5.0, hepatocyte=1, hours=10.0, size=150):
    """How many sites a tumor cell could have taken in some step within `hours`, and of how many."""
    sites = lattice(size, size, kind)
    hepatocytes, barred = np.full_like(sites.kind, hepatocyte), np.zeros(sites.kind.shape, bool)
    yielding, open_once = yields(sites.kind.shape, replacement), np.zeros(sites.kind.shape, bool)
    matrix, dense = np.full(sites.kind.shape, ecm, np.float32), np.float32(0.5 if barrier else np.inf)
    for step in range(int(60 * hours / minutes)):
        bar(sites, hepatocytes, matrix, yielding, barred, KEY, step, minutes / 60, 0.03, dense, barrier)
        open_once |= ~barred
    return open_once.sum(), barred.size


@MINUTES
@pytest.mark.parametrize("replacement", [0.0, 0.3, 0.8, 1.0])
def test_chance_of_replacement(replacement, minutes):
    """However often it is asked for: the other hepatocytes do not yield before they are dead."""
    taken, of = shares(PARENCHYMA, replacement=replacement, minutes=minutes, hours=1.0, size=sized(150, 36))
    assert_chance(taken, of, replacement)
    assert shares(PARENCHYMA, replacement=0.0, hepatocyte=0, hours=0.1, size=12) == (144, 144)


@MINUTES
@pytest.mark.parametrize("replacement", [0.0, 0.4])
def test_spaces_of_disse_open_at_the_rate(replacement, minutes):
    taken, of = shares(SINUSOID, replacement=replacement, minutes=minutes, size=sized(150, 36))
    assert_chance(taken, of, 1 - (1 - replacement) * np.exp(-0.03 * 10))


@MINUTES
@pytest.mark.parametrize(("ecm", "factor"), [(0.4, None), (0.5, 0.55), (1.0, 0.1)])
@pytest.mark.parametrize(("kind", "hepatocyte"), [(SINUSOID, 1), (PARENCHYMA, 0), (PARENCHYMA, 1)])
def test_dense_matrix_opens_at_what_it_leaves_of_the_rate(kind, hepatocyte, ecm, factor, minutes):
    taken, of = shares(
        kind, replacement=1.0, ecm=ecm, barrier=0.9, minutes=minutes, hepatocyte=hepatocyte, size=sized(150, 36)
    )
    assert_chance(taken, of, 1.0 if factor is None else 1 - np.exp(-0.03 * factor * 10))


def test_sinusoids_that_yield_are_not_squeezed():
    sites = lattice(30, 30, SINUSOID)
    settle(sites, "tumor", [(r, c) for r in range(30) for c in range(10)], layer=TISSUE)
    yielding, squeezed = yields((30, 30), 0.5), np.zeros((30, 30), np.float32)
    squeeze(sites, yielding, beside(sites), squeezed, np.float32(0.03), 3, 2)
    assert (squeezed[:, 10:13] > 0).tolist() == (~yielding[:, 10:13]).tolist()
    assert not squeezed[:, 13:27].any()


# --- pressure -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("periodic", [True, False])
def test_moves_to_room_are_those_of_a_naive_search(periodic):
    rng = np.random.default_rng(9)
    size = sized(40, 20)
    sites = lattice(size, size, rng.choice(4, (size, size), p=[0.05, 0.3, 0.6, 0.05]), periodic=periodic)
    settle(sites, "tumor", every(size, size)[rng.random(size * size) < 0.8], layer=TISSUE)
    barred, moves = rng.random((size, size)) < 0.8, np.empty((size, size), np.int32)
    find_room(sites, barred, moves, np.empty((size * size, 2), np.int32))
    tumor = sites.population[TISSUE] == TUMOR
    room = ~tumor & ~barred & np.isin(sites.kind, (PARENCHYMA, SINUSOID))
    expected, reached, n = np.where(tumor, 1 << 24, 0), room, 0
    while reached.any():
        n += 1
        ahead = [at for here in np.argwhere(reached) for at in around(sites, *here) if expected[at] == 1 << 24]
        reached = np.zeros_like(room)
        for at in ahead:
            expected[at], reached[at] = n, True
    assert (moves == expected).all() and n > 3


def nodule(mm=0.5, radius=10.0, *, replacement=1.0, seed=1, **parameters):
    """A disc of tumor cells that do nothing but cycle, in an empty liver."""
    model = liver(
        "growth",
        "compression",
        "perfusion",
        mm=mm,
        seed=seed,
        step="10 min",
        empty=True,
        cells={"tumor": {"replacement": replacement}},
        parameters={
            "compression": parameters,
            "growth": {"death_rate": 0, "dormancy_rate": 0, "necrosis_rate": 0, "dormant_death": 0},
        },
    )
    put_disc(model, (model.shape[0] // 2, model.shape[1] // 2), radius, divisions=1)
    return model


@pytest.mark.parametrize("confinement", [0.5, 1.0])
def test_pressure_slows_the_cycle_by_the_distance_to_room(confinement):
    model = nodule(confinement=confinement, relief="20 um")
    freedom = model.rules["compression"].freedom(model)
    row, middle = model.shape[0] // 2, model.shape[1] // 2
    tumor = model.sites.population[TISSUE, row] == TUMOR
    depth = np.minimum(
        np.abs(np.arange(model.shape[1]) - (middle - 9)), np.abs(np.arange(model.shape[1]) - (middle + 9))
    )
    alone = tumor & (depth < 4)  # no closer to the edge by another way
    expected = 1 - confinement * 10 * depth / (10 * depth + 20)
    np.testing.assert_allclose(freedom[row, alone], expected[alone], rtol=1e-6)
    assert (freedom[row, ~tumor] == 1).all() and alone.sum() > 4
    run_rule(model, "growth", 1 / 6)
    free = nodule()
    run_rule(free, "growth", 1 / 6)
    cells, others = model.tumor.alive_rows(), free.tumor.alive_rows()
    np.testing.assert_allclose(cells.cycle, others.cycle * freedom[cells.row, cells.column], rtol=1e-5)


def test_who_has_no_room_at_all_rests():
    model = nodule(replacement=0.0, confinement=1.0)
    model.hepatocytes[:] = 1
    assert (model.rules["compression"].freedom(model)[model.sites.population[TISSUE] == TUMOR] < 1e-4).all()


# --- the rules together -------------------------------------------------------------------------------------------


def grown(days: float = 3.0, **how) -> int:
    """How many sites a nodule gains."""
    model = nodule(**how)
    before = model.tumor.count
    for model.step_number in range(int(days * 144)):
        for rule in ("compression", "growth", "perfusion"):
            model.rules[rule].apply(model)
    return model.tumor.count - before


def test_a_border_that_pushes_grows_slower_and_so_does_one_in_a_capsule_or_under_pressure():
    """On paper: a border that replaces gains a rim of up to five sites per cycle; where nothing yields, a site in 33 h."""
    free = grown()
    assert grown(replacement=0.0) < 0.7 * free
    assert grown(confinement=1.0) < 0.85 * free
    assert grown(replacement=0.5) > grown(replacement=0.0)


def test_matrix_around_a_nodule_holds_it_back():
    def with_matrix(barrier):
        model = nodule(barrier=barrier)
        before = model.tumor.count
        model.ecm[model.sites.population[TISSUE] != TUMOR] = 1.0
        for model.step_number in range(144 * 2):
            model.rules["growth"].apply(model)
        return model.tumor.count - before

    assert with_matrix(0.9) < 0.4 * with_matrix(0.0)


def test_a_border_that_pushes_closes_its_sinusoids_and_one_that_replaces_keeps_them():
    def closed(replacement):
        model = nodule(replacement=replacement)
        for model.step_number in range(144 * 3):
            model.rules["compression"].apply(model)
            model.rules["perfusion"].apply(model)
        ahead = (model.sites.kind == SINUSOID) & (model.sites.population[TISSUE] == 0)
        return int(model.collapsed[ahead].sum())

    assert closed(0.0) > 30 and closed(1.0) == 0


def test_nobody_stands_in_the_way_after_growth():
    model = nodule(replacement=0.0)
    population = model.sites.population.copy()
    with holding_out(model):
        assert (model.sites.population[TISSUE] == 255).sum() > 1000
        assert (model.sites.population[LUMEN] == population[LUMEN]).all()
    assert (model.sites.population == population).all()


def test_hepatocytes_that_die_of_compression_are_counted_as_lost():
    model = nodule(replacement=0.0, rate="1 /h")
    before = model.living_hepatocytes().sum()
    run_rule(model, "compression", 4.0)
    assert before - model.living_hepatocytes().sum() > 20


def test_nothing_happens_by_default():
    model = nodule()
    before = state_of(model)
    run_rule(model, "compression", 4.0)
    assert changed(model, before) <= {"clock/step_number"}


def test_resumes():
    assert_resumes(lambda: nodule(replacement=0.3, barrier=0.9, confinement=0.5), 2.0, 2.0)
