"""Lesions keep their numbers while they grow, shrink, break, split, merge, vanish and come back."""

import math

import numpy as np
import pytest

from abm import Simulation
from abm.lesions.survey import Known, survey
from abm.record.lesions import COLUMNS, Lesions
from abm.simulation import RunInterrupted, default_recorders
from tests.same_bytes import differing
from tests.worlds import FakeLiver, liver, put, sinusoids

SHAPE = (30, 40)


def disc(row, column, radius, hollow=0.0):
    """The sites within a distance of a centre; they may lie beyond the edges, which are periodic."""
    reach = math.ceil(radius)
    return {
        (row + r, column + c)
        for r in range(-reach, reach + 1)
        for c in range(-reach, reach + 1)
        if hollow <= math.hypot(r, c) <= radius
    }


class Follower:
    """Surveys of livers in which tumor cells stand at given sites, one after the other."""

    def __init__(self, min_cells=4, gap_um=30.0, periodic=True, shape=SHAPE):
        self.min_cells, self.gap_um, self.periodic, self.shape = min_cells, gap_um, periodic, shape
        self.known = Known.nothing(shape)

    def __call__(self, *groups):
        model = FakeLiver(shape=self.shape, periodic=self.periodic)
        rows, columns = self.shape
        for row, column in set().union(*groups):
            put(model, "tumor", row % rows, column % columns)
        found, self.known = survey(model, self.known, self.min_cells, self.gap_um)
        return {int(one["lesion"]): one for one in found}


def test_a_lesion_keeps_its_number_while_it_grows_and_shrinks():
    look = Follower()
    first = look(disc(8, 8, 2), disc(20, 25, 3))
    assert [first[k]["cells"] for k in (1, 2)] == [29, 13]  # numbered by size
    grown = look(disc(8, 8, 5), disc(20, 25, 1))
    assert {k: one["cells"] for k, one in grown.items()} == {1: 5, 2: 81}
    assert grown[2]["area_um2"] == 81 * 100 and grown[2]["diameter_um"] == pytest.approx(math.sqrt(4 / math.pi * 8100))
    assert grown[2]["longest_um"] == 110 and grown[1]["longest_um"] == 30
    assert (grown[2]["row"], grown[2]["column"]) == pytest.approx((8, 8), abs=1e-4)
    assert not any(one["parent"] or one["merged_into"] for one in grown.values())


def test_few_cells_found_no_lesion_but_may_be_what_is_left_of_one():
    look = Follower()
    assert look({(5, 5), (5, 6), (6, 5)}) == {}
    assert look(disc(5, 5, 2))[1]["cells"] == 13
    assert look({(5, 5)})[1]["cells"] == 1


def test_the_dead_centre_is_part_of_a_lesion():
    look = Follower()
    look(disc(12, 20, 6))
    ring = look(disc(12, 20, 6, hollow=4))[1]
    assert ring["area_um2"] == len(disc(12, 20, 6)) * 100
    assert ring["cells"] == len(disc(12, 20, 6, hollow=4)) and ring["longest_um"] == 130
    assert look(disc(12, 20, 2))[1]["cells"] == 13  # what grows again inside is it, too
    assert list(look(disc(12, 20, 3))) == [1]


def test_what_grows_within_a_dead_centre_is_the_same_lesion():
    look = Follower(gap_um=10.0)
    look(disc(12, 20, 8))
    found = look(disc(12, 20, 8, hollow=6), disc(12, 20, 2))
    assert {k: one["cells"] for k, one in found.items()} == {1: len(disc(12, 20, 8, hollow=6)) + 13}


def test_few_cells_beside_a_lesion_are_it_when_nothing_else_is_left():
    look = Follower(gap_um=30.0)
    beside = {(10, 16), (11, 16)}
    assert look(disc(10, 10, 3), beside)[1]["cells"] == 29
    assert look(disc(10, 10, 3), beside)[1]["cells"] == 29
    assert look(beside)[1]["cells"] == 2


def test_the_longest_axis_of_a_slanted_line():
    found = Follower()({(3 + k, 3 + 2 * k // 2) for k in range(9)})[1]
    assert found["longest_um"] == pytest.approx(10 * (8 * math.sqrt(2) + 1))


def test_what_is_left_at_the_side_of_a_lesion_is_it():
    look = Follower()
    look(disc(12, 20, 6))
    found = look(disc(12, 27, 1), disc(25, 5, 1))
    assert found[1]["cells"] == 5 and found[2]["cells"] == 5 and found[2]["parent"] == 0


def test_a_lesion_that_moved_off_its_outline_is_found_by_its_place():
    look = Follower()
    look({(10, column) for column in range(10, 21)})  # of an area of 1,100 um^2: its radius is 18.7 um
    assert look({(11, column) for column in range(12, 18)})[1]["cells"] == 6
    assert set(look({(20, column) for column in range(12, 18)})) == {1, 2}


@pytest.mark.parametrize("gap_um, numbers", [(30.0, {1}), (20.0, {1, 2})])
def test_pieces_are_one_lesion_up_to_a_gap(gap_um, numbers):
    look = Follower(gap_um=gap_um)
    look({(row, column) for row in range(10, 15) for column in range(10, 21)})
    left, right = ({(r, c) for r in range(10, 15) for c in columns} for columns in (range(10, 14), range(17, 21)))
    pieces = look(left, right)  # three free sites between them
    assert set(pieces) == numbers
    assert sum(one["cells"] for one in pieces.values()) == 40
    assert pieces[1]["longest_um"] == pytest.approx(10 * (math.hypot(4, 10) + 1 if numbers == {1} else 6))
    if numbers == {1, 2}:
        assert pieces[2]["parent"] == 1


def test_what_comes_off_a_lesion_is_of_it_up_to_the_gap():
    look = Follower(gap_um=30.0)
    look(disc(10, 10, 3))
    near = look(disc(10, 10, 3), disc(10, 18, 1))  # columns 14 to 16 are free
    assert {k: one["cells"] for k, one in near.items()} == {1: 34}
    look = Follower(gap_um=29.0)
    look(disc(10, 10, 3))
    assert {k: one["parent"] for k, one in look(disc(10, 10, 3), disc(10, 18, 1)).items()} == {1: 0, 2: 0}


def test_lesions_side_by_side_stay_two():
    look = Follower(gap_um=500.0)
    assert set(look(disc(10, 10, 2), disc(10, 16, 2))) == {1, 2}
    assert set(look(disc(10, 10, 2), disc(10, 16, 2))) == {1, 2}


def test_of_a_lesion_that_splits_the_largest_piece_keeps_the_number():
    look = Follower(gap_um=10.0)
    look({(row, column) for row in range(8, 13) for column in range(5, 30)}, disc(22, 15, 2))
    crumb = {(12, 12)}
    found = look(disc(10, 8, 2), disc(10, 18, 3), disc(10, 26, 1), disc(22, 15, 2), crumb)
    assert {k: (one["cells"], one["parent"]) for k, one in found.items()} == {
        1: (29, 0),
        2: (13, 0),
        3: (13, 1),
        4: (5, 1),
    }
    again = look(disc(10, 8, 3), disc(10, 18, 3), disc(10, 26, 1), disc(22, 15, 2))
    assert {k: (one["cells"], one["parent"]) for k, one in again.items()} == {
        1: (29, 0),
        2: (13, 0),
        3: (29, 1),
        4: (5, 1),
    }


def test_of_lesions_that_merge_the_one_that_is_covered_most_goes_on():
    look = Follower()
    look(disc(10, 10, 3), disc(10, 20, 2), disc(22, 30, 1))
    merged = look({(row, column) for row in range(7, 14) for column in range(7, 23)}, disc(22, 30, 1))
    assert {k: (one["cells"], one["merged_into"]) for k, one in merged.items()} == {1: (112, 0), 2: (0, 1), 3: (5, 0)}
    assert merged[2]["diameter_um"] == merged[2]["longest_um"] == 0
    later = look({(row, column) for row in range(7, 14) for column in range(7, 23)}, disc(25, 10, 1))
    assert {k: one["cells"] for k, one in later.items()} == {1: 112, 3: 0, 4: 5}  # no number is given twice


def test_a_lesion_that_is_gone_stays_in_the_table_and_may_come_back():
    look = Follower()
    look(disc(10, 10, 3))
    for _ in range(2):
        gone = look()[1]
        assert (gone["cells"], gone["area_um2"], gone["longest_um"], gone["merged_into"]) == (0, 0, 0, 0)
        assert (gone["row"], gone["column"]) == pytest.approx((10, 10), abs=1e-4)
    elsewhere = look(disc(20, 30, 2))
    assert {k: one["cells"] for k, one in elsewhere.items()} == {1: 0, 2: 13}
    back = look(disc(11, 11, 1), disc(20, 30, 2))
    assert {k: one["cells"] for k, one in back.items()} == {1: 5, 2: 13}


def test_before_the_first_lesion_there_is_no_row():
    model, recorder = FakeLiver(), Lesions("1 h", 1)
    recorder.begin(model, None, [])
    recorder.record(model)
    assert recorder.to_dataframe().empty
    assert recorder.table().column_names == [column.name for column in COLUMNS]
    put(model, "tumor", 2, 2)
    recorder.record(model)
    assert recorder.to_dataframe().lesion.tolist() == [1]


@pytest.mark.parametrize("row, column", [(0, 0), (29, 39), (0, 20), (14, 39)])
def test_lesions_across_periodic_edges_are_as_elsewhere(row, column):
    def course(row, column):
        look = Follower(gap_um=20.0)
        seen = [
            look(disc(row, column, 6)),
            look(disc(row, column, 6, hollow=4)),
            look(disc(row, column - 4, 1), disc(row, column + 4, 2)),
            look(),
            look(disc(row, column + 5, 2)),
        ]
        names = ("lesion", "parent", "merged_into", "cells", "area_um2")
        return [
            [(*(one[name].item() for name in names), round(float(one["longest_um"]), 6)) for one in found.values()]
            for found in seen
        ]

    assert course(row, column) == course(15, 20)


def test_closed_edges_part_what_periodic_ones_join():
    look = Follower(periodic=False)
    sites = {(0, 5), (1, 5), (0, 6), (1, 6), (29, 5), (28, 5), (29, 6), (28, 6)}
    assert {k: one["longest_um"] for k, one in look(sites).items()} == dict.fromkeys((1, 2), 10 * (math.sqrt(2) + 1))
    look = Follower()
    assert look(sites)[1]["longest_um"] == pytest.approx(10 * (math.sqrt(10) + 1))


def test_a_survey_that_changes_nothing_is_the_same_again():
    random = np.random.default_rng(4)
    look = Follower(min_cells=3, gap_um=15.0)
    sites = {(int(r), int(c)) for r, c in zip(random.integers(0, 30, 400), random.integers(0, 40, 400), strict=True)}
    look(sites)
    once, again = look(sites), look(sites)
    assert once.keys() == again.keys() and len(once) > 1
    assert all(once[k].tobytes() == again[k].tobytes() for k in once)


def test_every_cell_of_a_lesion_is_counted_once_whatever_happens():
    """Livers at random, survey after survey: cells of lesions are at most all, and nothing of four cells that touch is left out."""
    random = np.random.default_rng(9)
    look = Follower(min_cells=1, gap_um=0.0)
    for _ in range(12):
        sites = {
            (int(r), int(c)) for r, c in zip(random.integers(0, 30, 150), random.integers(0, 40, 150), strict=True)
        }
        found = look(sites)
        assert sum(int(one["cells"]) for one in found.values()) == len(sites)
        assert all((one["cells"] > 0) == (one["area_um2"] > 0) for one in found.values())
        merged = [one for one in found.values() if one["merged_into"]]
        assert all(one["cells"] == 0 and found[int(one["merged_into"])]["cells"] > 0 for one in merged)


def config(**record):
    return FakeLiver(duration=8.0, lesions="1 h", micrometastasis_cells=1, lesion_gap="20 um", **record)


def test_a_run_keeps_them_when_it_is_asked_to():
    assert "lesions" not in [recorder.name for recorder in default_recorders(FakeLiver(), True)]
    run = Simulation(config()).run()
    table = run["lesions"].to_dataframe()
    assert table.time_min.unique().tolist() == [60.0 * k for k in range(1, 9)]
    assert not table.duplicated(["time_min", "lesion"]).any()
    assert table.lesion.max() > 10 and (table.cells == 0).any()


@pytest.mark.parametrize("stopped", [7, 30, 47])
def test_a_resumed_run_has_the_same_bytes(tmp_path, stopped):
    def left(folder, steps=None):
        recorders = [Lesions("1 h", 1, 20.0)]
        model = config(checkpoint="2 h")
        stop = Simulation(model, recorders=recorders, folder=folder, resume=folder.exists())
        if steps is not None:
            plain = model.step

            def step():
                plain()
                if model.step_number == steps:
                    stop.interrupt()

            model.step = step
        stop.run()

    left(tmp_path / "whole")
    with pytest.raises(RunInterrupted):
        left(tmp_path / "broken", stopped)
    left(tmp_path / "broken")
    assert differing(tmp_path / "whole", tmp_path / "broken") == []
    assert (tmp_path / "whole" / "lesions.parquet").exists()


@pytest.mark.parametrize(("limit", "ends_at"), [(0.0, 3.0), (1.5, 2.0), (9.0, 3.0)])
def test_a_run_ends_with_the_survey_at_which_the_tumor_has_grown_to_the_limit(limit, ends_at):
    """It is three times as large in area from the second hour on: 1.7 times in diameter."""
    model = liver(mm=0.4, step="30 min", empty=True)
    simulation = Simulation(model, until="3 h", recorders=[Lesions("1 h", 1, limit=limit)], stop_when=grow_at(1.5))
    for row, column in sinusoids(model, 1)[::40]:
        put(model, "tumor", int(row), int(column), layer=1)
    simulation.run()
    assert model.hours == ends_at
    assert sorted(set(simulation.recorders[0].to_dataframe().time_min)) == [60.0 * n for n in range(int(ends_at) + 1)]


def grow_at(hours):
    """Something that looks at a liver, never ends the run, and sets twice as many tumor cells beside those that are there."""

    def look(model):
        if model.hours == hours:
            for row, column in [*sinusoids(model, 1)[20::40], *sinusoids(model, 1)[10::40]]:
                put(model, "tumor", int(row), int(column), layer=1)
        return False

    return look
