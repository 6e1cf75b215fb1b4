"""Immune suppression: what suppressive cells, IL-10 and lack of glutamine leave of killing, site by site."""

import numpy as np
import pytest

from abm.cells.neutrophil import N1, N2
from abm.cells.treg import INFLAMMATORY, PATROLLING, SUPPRESSIVE
from abm.kernels.tables import columns_of
from abm.rules.immune_suppression import Suppressors, guards_of, suppress
from tests.rules.engaged import engaged, kills
from tests.worlds import (
    assert_resumes,
    changed,
    compiled_only,
    lattice,
    liver,
    put,
    run_rule,
    settle,
    sinusoids,
    state_of,
    without,
)

INFILTRATING = 1  # of a suppressor cell
EVERY_STATE = (1 << 10) - 1


def suppressed(
    places, *, left=0.6, radius=2.0, states=EVERY_STATE, periodic=True, shape=(12, 15), already=0.0, **columns
):
    """The layer after cells at these places (of any population: what the kernel sees is their columns) have acted."""
    sites = lattice(*shape, periodic=periodic)
    cells = settle(sites, "kupffer", places, **columns)
    suppression = np.full(shape, already, np.float32)
    suppress(columns_of(cells.rows, Suppressors), states, np.float32(left), suppression, radius, periodic)
    return suppression


def apart(shape, periodic, place):
    """How far every site is from a place."""
    away = np.abs(np.indices(shape) - np.reshape(place, (2, 1, 1)))
    away = np.minimum(away, np.reshape(shape, (2, 1, 1)) - away) if periodic else away
    return np.sqrt((away.astype(float) ** 2).sum(axis=0))


@pytest.mark.parametrize("periodic", [True, False])
@pytest.mark.parametrize("radius", [0.5, 1.0, 2.0, 3.5, 40.0])
def test_several_cells_leave_the_product_of_what_each_leaves(radius, periodic):
    shape, places = (12, 15), [(0, 0), (1, 1), (6, 7), (6, 8), (11, 14)]
    left = np.ones(shape)
    for place in places:
        left *= np.where(apart(shape, periodic, place) <= radius, 0.6, 1.0)
    seen = suppressed(places, radius=radius, periodic=periodic, shape=shape)
    np.testing.assert_allclose(seen, 1 - left, atol=1e-6)


def test_only_the_living_in_the_named_states_suppress_and_il10_adds_to_it():
    seen = suppressed([(3, 3), (3, 9)], state=[0, 2], states=1 << 2, radius=1.0, already=0.25)
    assert seen[3, 9] == pytest.approx(1 - 0.75 * 0.6) and seen[3, 3] == pytest.approx(0.25)
    assert (suppressed([(3, 3)], alive=0) == 0).all()
    assert (suppressed([(3, 3)], left=1.0) == 0).all() and suppressed([(3, 3)], left=0.0).max() == 1.0


def soaked(level=3.0, *interventions):
    """A liver without leukocytes, full of IL-10."""
    parameters = {"immune_suppression": {"il10_inhibition": 0.5}}
    model = without(liver("immune_suppression", mm=0.3, parameters=parameters, interventions=list(interventions)))
    model.fields["il10"].values[:] = level
    model.fields["il10"].at_rest = level == 0.0
    return model


@pytest.mark.parametrize(
    ("level", "blocked", "takes"), [(3.0, 0.0, 0.375), (3.0, 1.0, 0.0), (3.0, 0.5, 0.3), (0.0, 0.0, 0.0)]
)
def test_il10_takes_a_share_that_saturates(level, blocked, takes):
    model = soaked(level, {"block": "il10", "fraction": blocked})
    run_rule(model, "immune_suppression", 0.5)
    np.testing.assert_allclose(model.suppression, takes, rtol=1e-6)


def starving(level, il10=0.0, half="0.2 mM"):
    """A liver without leukocytes in which this much glutamine (mM) is left everywhere."""
    parameters = {"immune_suppression": {"il10_inhibition": 0.5, "glutamine_half": half}}
    model = without(liver("immune_suppression", mm=0.3, parameters=parameters))
    field = model.fields["glutamine"]
    field.load(np.full(model.shape, field.rest - np.float32(level), np.float32))
    model.fields["il10"].values[:] = il10
    model.fields["il10"].at_rest = il10 == 0.0
    return model


@pytest.mark.parametrize(
    ("level", "half", "il10", "left"),
    [
        (0.6, "0.2 mM", 0.0, 1.0),
        (0.2, "0.2 mM", 0.0, 0.5 / 0.75),
        (0.1, "0.4 mM", 0.0, 0.2 / 0.6),
        (0.0, "0.2 mM", 0.0, 0.0),
        (0.2, "0.2 mM", 3.0, 0.5 / 0.75 * 0.625),
    ],
)
def test_where_glutamine_is_missing_killing_is_lost_as_it_saturates(level, half, il10, left):
    """Relative to killing in normal blood, x / (half + x) of the level there."""
    model = starving(level, il10, half)
    run_rule(model, "immune_suppression", 0.5)
    np.testing.assert_allclose(1 - model.suppression, left, atol=1e-6)
    assert model.suppression.min() >= 0 and model.suppression.max() <= 1


@pytest.mark.parametrize("reach", [20, 45, 50])
def test_a_suppressor_cell_takes_its_share_from_lymphocytes_within_a_reach_of_its_own(reach):
    cells = {"suppressor": {"suppression": 0.7, "reach": f"{reach} um"}}
    model = without(liver("immune_suppression", mm=0.3, cells=cells))
    row, column = map(int, sinusoids(model)[40])
    put(model, "suppressor", row, column)
    run_rule(model, "immune_suppression", 0.5)
    near = apart(model.shape, True, (row, column)) <= reach / 10
    np.testing.assert_allclose(model.suppression, np.where(near, 0.7, 0.0), rtol=1e-6)


@compiled_only
def test_among_as_many_suppressor_cells_as_around_a_nodule_t_cells_kill_a_twentieth_less():
    free, held = (
        engaged(
            "immune_suppression",
            name="suppressor",
            per_mm2=20,
            state=INFILTRATING,
            cells={"suppressor": {"suppression": share}},
        )
        for share in (0.0, 0.3)
    )
    assert kills(held, 12.0) < 0.95 * kills(free, 12.0)


def test_what_is_gone_suppresses_no_longer():
    model = soaked()
    run_rule(model, "immune_suppression", 0.5)
    model.fields["il10"].at_rest = True
    run_rule(model, "immune_suppression", 1.0)
    assert not model.suppression.any()


@pytest.mark.parametrize("state", [PATROLLING, SUPPRESSIVE, INFLAMMATORY])
def test_of_regulatory_t_cells_only_suppressive_ones_take_their_share(state):
    model = without(liver("immune_suppression", mm=0.3, cells={"treg": {"suppression": 0.65}}))
    row, column = map(int, sinusoids(model)[20])
    put(model, "treg", row, column, state=state)
    run_rule(model, "immune_suppression", 0.5)
    takes = 0.65 if state == SUPPRESSIVE else 0.0
    assert model.suppression[row, column] == pytest.approx(takes)
    assert (model.suppression > 0).sum() == (13 if takes else 0)


@pytest.mark.parametrize(("state", "takes"), [(N1, 0.0), (N2, 0.3)])
def test_of_neutrophils_only_n2_ones_take_their_share_and_by_default_none(state, takes):
    for share, expected in ((0.3, takes), (0.0, 0.0)):
        model = without(liver("immune_suppression", mm=0.3, cells={"neutrophil": {"suppression": share}}))
        row, column = map(int, sinusoids(model)[20])
        put(model, "neutrophil", row, column, state=state)
        run_rule(model, "immune_suppression", 0.5)
        assert model.suppression[row, column] == pytest.approx(expected)


def test_where_nobody_suppresses_nothing_happens():
    model = without(liver("immune_suppression", mm=0.3))
    before = state_of(model)
    run_rule(model, "immune_suppression", 2.0)
    assert changed(model, before) <= {"clock/step_number"}


def test_resumes():
    assert_resumes(soaked, 0.5, 0.5)


def test_how_many_suppressor_cells_touch_a_site():
    model = without(liver(mm=0.3))
    assert guards_of(model).size == 0
    places = [tuple(map(int, sinusoids(model)[n])) for n in (20, 21, 200)]
    for row, column in places:
        put(model, "suppressor", row, column)
    rows, columns = model.shape
    expected = np.zeros(model.shape, np.uint8)
    for row, column in places:
        for r in range(row - 1, row + 2):
            for k in range(column - 1, column + 2):
                expected[r % rows, k % columns] += 1
    assert (guards_of(model) == expected).all()
