"""The cascade that is read out of the ledger."""

import pandas as pd
import pytest

from abm.view.fates import ALIVE, STAGES, cells_of_disc, fates_of

DAY = 1440.0


def ledger(*entries):
    return pd.DataFrame(entries, columns=["time_min", "event", "cause", "clone"])


def lost(fates):
    return {(STAGES[loss.stage], loss.label): loss.count for loss in fates.losses}


def test_every_founder_ends_somewhere():
    events = ledger(
        (0, "arrived", "none", 0), (0, "passed", "none", 0),
        (0, "arrived", "none", 1), (0, "held", "size", 1), (300, "phagocytosed", "kupffer", 1),
        (0, "arrived", "none", 2), (0, "held", "kupffer", 2), (5, "adherent", "e_selectin", 2), (60, "extravasated", "none", 2),
        (2 * DAY, "divided", "none", 2), (2.1 * DAY, "divided", "none", 2), (2.2 * DAY, "divided", "none", 2),
        (0, "arrived", "none", 3), (0, "held", "wall", 3), (50, "extravasated", "none", 3), (3 * DAY, "killed", "trail", 3),
        (0, "arrived", "none", 4), (0, "held", "wall", 4), (70, "died", "shear", 4),
    )
    fates = fates_of(events, 5 * DAY)
    assert fates.reached.tolist() == [5, 4, 2, 2, 1, 0]
    assert lost(fates) == {
        ("arrived", "left by the central vein"): 1, ("arrested", "engulfed by Kupffer cells"): 1, ("arrested", "died: shear"): 1,
        ("extravasated", "killed by NK cells: TRAIL"): 1, ("micrometastasis", ALIVE): 1,
    }
    assert sum(loss.count for loss in fates.losses) == fates.reached[0]


def test_a_clone_is_lost_with_its_last_cell():
    events = ledger(
        (0, "arrived", "none", 7), (0, "held", "size", 7), (10, "extravasated", "none", 7), (2 * DAY, "divided", "none", 7),
        (2 * DAY, "killed", "fasl", 7), (3 * DAY, "died", "hypoxia", 7))
    assert lost(fates_of(events, 5 * DAY)) == {("extravasated", "died: hypoxia"): 1}


def test_a_day_that_is_not_over_does_not_count():
    events = ledger((0, "arrived", "none", 0), (0, "held", "size", 0))
    assert fates_of(events, DAY - 5).reached.tolist() == [1, 1, 0, 0, 0, 0]
    assert fates_of(events, DAY).reached.tolist() == [1, 1, 1, 0, 0, 0]


def test_colonies_inside_the_vessel_are_told_apart():
    events = ledger((0, "arrived", "none", 0), (0, "held", "size", 0), *[(2 * DAY, "divided", "none", 0)] * 4)
    fates = fates_of(events, 5 * DAY, micrometastasis_cells=4)
    assert fates.reached.tolist() == [1, 1, 1, 0, 0, 0]
    assert fates.intravascular == 1


def test_an_empty_ledger():
    fates = fates_of(ledger(), DAY)
    assert fates.reached.tolist() == [0] * 6
    assert fates.losses == []


def test_the_disc_of_a_macrometastasis():
    assert cells_of_disc(200, 10) == 315


@pytest.mark.parametrize("cause", ["apoptosis", "solitude", "other"])
def test_causes_are_named(cause):
    events = ledger((0, "arrived", "none", 0), (9, "died", cause, 0))
    assert fates_of(events, DAY).losses[0].label.startswith("died: ")
