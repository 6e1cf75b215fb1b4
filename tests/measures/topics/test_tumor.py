"""Counts and shares of tumor cells in livers of a few cells."""

import numpy as np
import pytest

from abm.cells.tumor import ADHERENT, CIRCULATING, DORMANT, EXTRAVASATED, HELD
from abm.kernels.flows import ENTERED
from abm.kernels.tables import take_slot
from abm.measures.look import Share
from abm.measures.topics.tumor import (
    adherent_cells,
    dormant,
    first_holds,
    hepatocytes_replaced,
    mesenchymal,
    retained_label,
    surviving,
    touching_kupffer,
    tumor_area_fraction,
    tumor_cells,
)
from abm.tissue.sites import LUMEN, PARENCHYMA, TISSUE
from tests.worlds import liver, put, sinusoids

from .worlds import at_hours, look, put_tumors


@pytest.fixture
def five():
    """A liver with one tumor cell in each state, the first three in the lumen."""
    model = liver(empty=True)
    places = sinusoids(model)[::40][:5]
    for (row, column), state in zip(places, (CIRCULATING, HELD, ADHERENT, EXTRAVASATED, DORMANT), strict=True):
        put(model, "tumor", row, column, state=state)
    return model


def test_cells_by_state_compartment_and_zone(five):
    run = look(five)
    assert tumor_cells(run) == 5
    assert tumor_cells(run, states="held") == 1
    assert tumor_cells(run, states=["held", "dormant"]) == 2
    assert tumor_cells(run, compartment="lumen") == 3
    assert tumor_cells(run, compartment="tissue", states=["adherent", "extravasated"]) == 1
    zones = five.anatomy.zone[five.tumor.alive_rows().row, five.tumor.alive_rows().column]
    by_zone = [tumor_cells(run, zone=zone) for zone in (1, 2, 3)]
    assert by_zone == np.bincount(zones, minlength=4)[1:].tolist()
    assert sum(by_zone) == 5 and max(by_zone) < 5


def test_how_mesenchymal_those_are_that_have_settled(five):
    five.tumor.used.emt = np.float32([1.0, 0.2, 0.2, 0.5, 0.9])
    assert mesenchymal(look(five), states="extravasated") == pytest.approx(0.5)
    assert mesenchymal(look(five), states=["held", "dormant"]) == pytest.approx(0.55)
    assert np.isnan(mesenchymal(look(liver(empty=True))))


def test_adherent_cells_are_those_in_the_field(five):
    assert adherent_cells(look(five)) == 4
    assert adherent_cells(look(five), states=["held", "adherent"]) == 2


def test_a_label_outlives_its_cell():
    model = liver(empty=True)
    put_tumors(model, [(5, 5), (5, 6)], clone=1, divisions=1)  # divided: half a label in each
    put(model, "tumor", 7, 7, clone=7, divisions=2)  # a quarter lives, of what is lost one part has passed
    put(model, "tumor", 20, 20, layer=TISSUE, clone=9)  # did not arrive
    run = look(
        at_hours(model, 24),
        *((clone, 0, "arrived") for clone in range(8)),
        (1, 60, "divided"),
        (2, 0, "phagocytosed", "kupffer"),
        (6, 18 * 60, "phagocytosed", "kupffer"),
        (3, 12 * 60, "killed", "trail"),
        (4, 0, "passed"),
        (5, 18 * 60, "died", "shear"),
        (7, 12 * 60, "died", "apoptosis"),
        (7, 12 * 60, "passed"),
        (9, 12 * 60, "killed", "trail"),
    )
    # clones 1, 2, 6, 3, 5 and 7; of clone 0 nothing is known any more
    expected = 1 + 0.5 + 0.5**0.25 + 0.5 + 0.5**0.5 + (0.25 + 0.75 * (0.5 + 0) / 2)
    count, of = retained_label(run, debris="12 h", engulfed="24 h")
    assert (count, of) == (pytest.approx(expected), 8)
    assert retained_label(run, debris="1 s", engulfed="36500 d").count == pytest.approx(1 + 2 + 0.25, abs=1e-3)
    assert retained_label(look(model)) == Share(0, 0)


def test_a_label_that_dead_cells_release_at_once_tells_the_living():
    model = liver(empty=True)
    put(model, "tumor", 5, 5, clone=1)
    entries = (0, 0, "arrived"), (1, 0, "arrived"), (0, 0, "killed", "trail")
    assert retained_label(look(model, *entries)) == Share(2, 2)  # killed this moment
    assert retained_label(look(at_hours(model, 24), *entries), debris="1 min") == Share(1, 2)


def test_survivors_are_counted_by_founder(five):
    rows = five.tumor.rows
    rows.clone[:5] = (0, 1, 1, 2, 2)
    run = look(five, *((clone, 0, "arrived") for clone in range(4)))
    assert surviving(run) == Share(3, 4)
    assert surviving(run, states=["extravasated", "dormant"]) == Share(1, 4)
    assert surviving(run, min_cells=2) == Share(2, 4)
    assert surviving(look(five)) == Share(0, 0)


@pytest.mark.parametrize("periodic", [True, False])
def test_touching_a_kupffer_cell(periodic):
    model = liver(empty=True, edges="periodic" if periodic else "closed")
    rows, columns = model.shape
    put(model, "kupffer", 0, 0, load=2)
    put(model, "tumor", 0, 0, layer=TISSUE)  # behind the same wall
    put(model, "tumor", 1, 1)  # diagonal
    put(model, "tumor", 0, 2)  # two sites away
    put(model, "tumor", rows - 1, columns - 1)  # across the corner
    run = look(model)
    assert touching_kupffer(run) == Share(3 if periodic else 2, 4)
    assert touching_kupffer(run, engulfed=True) == Share(5 if periodic else 4, 6)
    assert touching_kupffer(run, states="extravasated") == Share(1, 1)


def test_nobody_touches_where_nobody_is():
    model = liver(empty=True)
    assert touching_kupffer(look(model)) == Share(0, 0)
    put(model, "tumor", 3, 3)
    assert touching_kupffer(look(model)) == Share(0, 1)


def test_only_the_first_hold_of_a_cell_counts(five):
    run = look(
        five,
        (1, 0, "held", "size"),
        (2, 0, "held", "kupffer"),
        (1, 5, "held", "kupffer"),
        (2, 5, "held", "wall"),
        (3, 5, "held", "kupffer"),
        (3, 9, "detached"),
        (3, 9, "held", "net"),
    )
    assert first_holds(run) == Share(2, 3)
    assert first_holds(run, by="size") == Share(1, 3)
    assert first_holds(run, by="net") == Share(0, 3)


def test_dormant_cells_of_the_living_and_of_the_arrived():
    model = liver(empty=True)
    put_tumors(model, [(5, 5), (12, 12), (12, 13), (20, 20)], state=DORMANT)
    put(model, "tumor", 13, 14, layer=TISSUE, state=EXTRAVASATED)
    run = look(model, *((clone, 0, "arrived") for clone in range(8)))
    assert dormant(run) == Share(4, 5)
    assert dormant(run, of="arrived") == Share(4, 8)
    assert dormant(run, of="arrived", solitary=True) == Share(2, 8)
    assert dormant(look(liver(empty=True)), solitary=True) == Share(0, 0)


def test_a_cell_that_the_blood_carries_past_stands_nowhere():
    model = liver(empty=True)
    place = tuple(sinusoids(model)[0])
    put(model, "tumor", *place, layer=LUMEN, state=HELD)
    model.tumor.reserve(1)
    passing = model.tumor.rows[take_slot(model.tumor.table, ENTERED)]
    passing.uid, passing.state, passing.layer = 77, CIRCULATING, LUMEN
    passing.row, passing.column = place
    run = look(model)
    assert run.cells.size == 2 and run.standing["uid"].tolist() == [model.tumor.rows.uid[0]]
    assert run.nodule_sites(1).sum() == 1 and not run.nodule_sites(2).any()


def test_area_and_hepatocytes():
    model = liver(empty=True)
    plates = np.argwhere(model.sites.kind == PARENCHYMA)[:3]
    put_tumors(model, plates)
    put(model, "tumor", *plates[0], layer=LUMEN)  # in both layers of one site
    model.hepatocytes[tuple(plates.T)] = 0
    run = look(model)
    assert tumor_area_fraction(run) == pytest.approx(3 / model.sites.kind.size)
    assert hepatocytes_replaced(run) == pytest.approx(3 / (model.sites.kind == PARENCHYMA).sum())
