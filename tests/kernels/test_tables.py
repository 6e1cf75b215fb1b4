"""Tables of cells: rows stay, freed rows are taken again lowest first, and the book says what the rows say."""

import copy
import pickle
import weakref
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abm.kernels import flows
from abm.kernels.flows import BORN, DIED, ENTERED, NAMES, SIGNS
from abm.kernels.tables import (
    ALIVE,
    FLOWS,
    FREE,
    HIGH,
    Rows,
    Table,
    as_rows,
    blank_row,
    born,
    bytes_of,
    columns_of,
    free_slot,
    new_book,
    take_slot,
)

DTYPE = np.dtype([("alive", "u1"), ("uid", "u8")])
ROOM = 6


def new_table() -> Table:
    rows = as_rows(np.zeros(ROOM, DTYPE))
    return Table(rows, new_book(rows), blank_row(rows.dtype))


@settings(deadline=None)
@given(st.lists(st.integers(0, ROOM - 1) | st.none(), max_size=40))
def test_any_sequence_of_births_and_deaths_keeps_the_book(sequence):
    """None is a birth; a number is the death of the cell in that row, if one lives there."""
    table = new_table()
    living = set()
    for what in sequence:
        if what is None and len(living) < ROOM:
            lowest = min(set(range(ROOM)) - living)
            assert take_slot(table, BORN) == lowest
            living.add(lowest)
        elif what in living:
            free_slot(table, what, DIED)
            living.remove(what)
        assert set(np.flatnonzero(table.rows.alive).tolist()) == living
        assert table.book[:FLOWS].tolist() == new_book(table.rows)[:FLOWS].tolist()
        assert SIGNS @ table.book[FLOWS:] == table.book[ALIVE]
    assert table.book[FLOWS + DIED] == table.book[FLOWS + BORN] - len(living)
    assert not np.delete(table.book[FLOWS:], (BORN, DIED)).any()
    assert table.book[ALIVE] == len(living)
    assert table.book[HIGH] == max(living, default=-1) + 1
    assert table.book[FREE] == min(set(range(ROOM + 1)) - living)


def test_a_full_table_raises_and_stays_as_it_is():
    table = new_table()
    assert [int(take_slot(table, BORN)) for _ in range(ROOM)] == list(range(ROOM))
    before = table.book.copy()
    with pytest.raises(IndexError, match="full"):
        take_slot(table, BORN)
    assert table.book.tolist() == before.tolist()
    free_slot(table, 3, DIED)
    assert take_slot(table, BORN) == 3


def test_a_new_cell_begins_blank_and_others_are_not_touched():
    table = new_table()
    for uid in (10, 11, 12):
        table.rows[take_slot(table, BORN)].uid = uid
    free_slot(table, 1, DIED)
    assert table.rows.uid[[0, 2]].tolist() == [10, 12]
    assert take_slot(table, BORN) == 1
    assert table.rows.uid[:3].tolist() == [10, 0, 12], "nothing is left of the cell that stood there"
    assert table.rows.alive[:3].tolist() == [1, 1, 1] and table.blank.alive[0] == 0


def test_a_newborn_is_like_its_template_or_its_mother():
    table, like = new_table(), blank_row(DTYPE, uid=77)
    assert like.uid.tolist() == [77] and like.alive[0] == 0
    assert born(table, like[0], ENTERED) == 0 and born(table, table.rows[0], BORN) == 1
    table.rows[0].uid = 5
    free_slot(table, 0, DIED)
    assert born(table, table.rows[1], BORN) == 0
    assert table.rows.uid[:3].tolist() == [77, 77, 0] and table.rows.alive[:3].tolist() == [1, 1, 0]
    assert table.book.tolist() == new_book(table.rows, table.book[FLOWS:]).tolist()
    assert [int(table.book[FLOWS + flow]) for flow in (ENTERED, BORN, DIED)] == [1, 2, 1]
    with pytest.raises(ValueError, match="nobody"):
        blank_row(DTYPE, nobody=1)


def test_columns_and_bytes_are_views_of_the_rows():
    class Uids(NamedTuple):
        uid: np.ndarray
        alive: np.ndarray

    rows = as_rows(np.zeros(4, DTYPE))
    columns, raw = columns_of(rows, Uids), bytes_of(rows)
    columns.uid[2], columns.alive[2] = 9, 1
    raw[1] = raw[2]
    assert (
        rows.uid.tolist() == [0, 9, 9, 0] and rows.alive.tolist() == [0, 1, 1, 0] and raw.shape == (4, DTYPE.itemsize)
    )
    for other in (copy.deepcopy(rows), rows.copy(), rows[:]):
        columns_of(other, Uids).uid[0] = 3
        assert other.uid[0] == 3
    assert rows.uid[0] == 3 and columns_of(rows, Uids).uid[0] == 3, "the last one was a view"
    assert columns_of(rows[1:], Uids).uid.tolist() == [9, 9, 0]


@pytest.mark.parametrize("again", [False, True])
def test_kept_columns_do_not_keep_their_rows(again):
    class Uids(NamedTuple):
        uid: np.ndarray

    rows = as_rows(np.zeros(4, DTYPE))
    if again:
        rows = as_rows(rows.copy())
    assert columns_of(rows, Uids).uid is columns_of(rows, Uids).uid or again
    seen = weakref.ref(rows)
    del rows
    assert seen() is None


def test_the_book_of_no_rows():
    assert new_book(as_rows(np.zeros(0, DTYPE))).tolist() == [0, 0, 0, *(0 for _ in NAMES)]


def test_columns_and_single_cells_have_attributes():
    plain = np.zeros(4, DTYPE)
    rows = as_rows(plain)
    rows.uid = [5, 6, 7, 8]
    rows.alive[1] = 1
    rows[2].uid = 70
    assert plain["uid"].tolist() == rows.uid.tolist() == [5, 6, 70, 8] and plain["alive"].tolist() == [0, 1, 0, 0]
    assert type(rows.uid) is np.ndarray and rows[2].uid == 70
    assert rows[1:].uid.tolist() == rows[[1, 2, 3]].uid.tolist() == [6, 70, 8]
    with pytest.raises(AttributeError, match="nobody"):
        rows.nobody  # noqa: B018


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda rows: pickle.loads(pickle.dumps(rows))])
def test_copies_are_rows_of_their_own(copied):
    rows = as_rows(np.zeros(3, DTYPE))
    other = copied(rows)
    other.uid[0] = 9
    assert isinstance(other, Rows) and other.uid.tolist() == [9, 0, 0] and rows.uid.tolist() == [0, 0, 0]
    assert copied(rows["uid"]).tolist() == [0, 0, 0]


def test_every_flow_has_its_code_and_its_words():
    assert [getattr(flows, name.upper()) for name in NAMES] == list(range(len(NAMES)))
    assert set(SIGNS.tolist()) == {-1, 0, 1} and len({words for _, words in flows.MEANING.values()}) == len(NAMES)
