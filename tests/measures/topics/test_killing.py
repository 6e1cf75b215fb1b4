"""Encounters and kills, from a ledger written by hand."""

import pytest

from abm.measures.look import Share
from abm.measures.topics.killing import encounters, kill_per_encounter
from tests.worlds import liver

from .worlds import at_hours, look


@pytest.fixture
def run():
    """Clone 1 arrives at 0 and has two cells (uid 1, 11), clone 2 arrives at 2 h; clone 9 never arrived."""
    return look(
        at_hours(liver(empty=True), 48),
        (1, 0, "arrived"),
        (2, 120, "arrived"),
        (1, 60, "encountered", "none", 1),
        (2, 180, "encountered", "none", 2),
        (9, 180, "encountered", "none", 9),
        (9, 190, "killed", "trail", 9),
        (2, 200, "killed", "fasl", 2),  # at the age of 1 h
        (1, 239, "encountered", "none", 1),
        (1, 241, "killed", "perforin", 1),  # met before 4 h of age, killed after
        (1, 240, "encountered", "none", 11),
        (1, 1440, "encountered", "none", 11),
        (1, 1500, "encountered", "none", 11),
        (1, 1510, "killed", "trail", 11),
    )


def test_by_the_age_at_the_encounter(run):
    assert kill_per_encounter(run, to_age="4 h") == Share(2, 3)
    assert kill_per_encounter(run, from_age="4 h", to_age="24 h") == Share(0, 1)
    assert kill_per_encounter(run, from_age="24 h") == Share(1, 2)
    assert kill_per_encounter(run) == Share(3, 6)
    assert encounters(run, to_age="4 h") == 3
    assert encounters(run) == 6


def test_a_kill_without_an_encounter_is_nobodys():
    run = look(
        at_hours(liver(empty=True), 48),
        (1, 0, "arrived"),
        (2, 0, "arrived"),
        (1, 5, "encountered", "none", 1),
        (2, 9, "killed", "trail", 2),
    )
    assert kill_per_encounter(run) == Share(0, 1)


def test_without_encounters():
    run = look(liver(empty=True), (1, 0, "arrived"))
    assert kill_per_encounter(run) == Share(0, 0)
    assert encounters(run) == 0


def test_t_cells_are_no_nk_cells():
    run = look(
        at_hours(liver(empty=True), 48),
        (1, 0, "arrived"),
        (1, 5, "encountered", "none", 1),
        (1, 7, "encountered", "cd8", 1),
        (1, 9, "killed", "cd8", 1),
    )
    assert kill_per_encounter(run) == Share(0, 1)
    assert encounters(run) == 1
