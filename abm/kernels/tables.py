"""Tables of cells: rows never move, freed rows are taken again lowest first.

A `Table` is its rows and its book. The free list is implied by the column `alive`; the book remembers where to look, and
counts the cells by the way that they came and went, so that rows and counts are everything to be saved.
"""

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeVar

import numpy as np

from .flows import NAMES
from .jit import jit

Columns = TypeVar("Columns", bound=tuple)

HIGH, FREE, ALIVE, FLOWS = 0, 1, 2, 3
"""Entries of a book: the rows up to the last one alive, the lowest free row, how many cells are alive; from there on, how many
went each way (`flows`) since the start."""


class Rows(np.ndarray):
    """A structured array whose columns, and those of a single row, are attributes: `rows.uid`, `rows[3].uid`.

    It differs from `np.recarray` in that no attribute is looked up by Python code: numba, which asks every array that it
    is handed for one, takes these over in a fifth of the time.
    """

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...
        def __setattr__(self, name: str, value: Any) -> None: ...
        def __getitem__(self, key: Any) -> Any: ...
        def copy(self, order: Any = "C") -> Self: ...

    def __reduce__(self):
        plain = np.asarray(self)
        return (as_rows, (plain,)) if plain.dtype.names else plain.__reduce__()  # a column is none


def as_rows(table: np.ndarray) -> Rows:
    """A view of a structured array as `Rows`."""
    return table.view(*_as_rows(table.dtype))


@cache
def _as_rows(dtype: np.dtype) -> tuple[np.dtype, type[Rows]]:
    """One dtype and class for all tables with these columns: numba knows a dtype by its identity at once, and compares one
    that is merely equal name by name, in ten times the time."""
    names = {name: _column(name) for name in dtype.names}
    return np.dtype((np.record, dtype)), type("Rows", (Rows,), {"__module__": __name__} | names)


def _column(name: str) -> property:
    def get(rows):
        return np.asarray(rows)[name]

    def put(rows, values):
        np.asarray(rows)[name] = values

    return property(get, put)


class Table(NamedTuple):
    """rows: with a column `alive`; book: int64 [3 + flows]; blank: one row, with which every new one begins."""

    rows: Rows
    book: np.ndarray
    blank: Rows


def blank_row(dtype: np.dtype, **columns) -> Rows:
    """One row, zero but for the `columns` that are given: with what a new cell begins (see `born`)."""
    row = np.zeros(1, dtype)
    for name, value in columns.items():
        row[name] = value
    return as_rows(row)


def columns_of(rows: Rows, kind: type[Columns]) -> Columns:
    """The columns that a NamedTuple names, as views: a kernel over them is compiled once for the tables of all populations,
    one over rows once for each."""
    columns = vars(rows).get(kind)
    if columns is None:
        plain = np.asarray(rows)
        columns = kind(*(plain[name] for name in kind._fields))
        if plain.base is not rows:  # or views and rows would keep each other for ever
            vars(rows)[kind] = columns
    return columns


def bytes_of(rows: Rows) -> np.ndarray:
    """The rows as uint8 [row, byte], a view: to copy whole ones, whatever their columns."""
    return np.asarray(rows).view(np.uint8).reshape(rows.size, -1)


def columns_in(dtype: np.dtype) -> tuple[str, ...]:
    """The names of the columns of a structured dtype."""
    return dtype.names or ()


def new_book(rows: Rows, flows: np.ndarray | None = None) -> np.ndarray:
    """The book that belongs to `rows`; `flows` (int64 [flows]): how many cells went each way, by default none."""
    alive = np.asarray(rows.alive) != 0
    used = np.flatnonzero(alive)
    free = np.flatnonzero(~alive)
    high = int(used[-1]) + 1 if used.size else 0
    book = np.zeros(FLOWS + len(NAMES), np.int64)
    book[:FLOWS] = high, int(free[0]) if free.size else alive.size, used.size
    if flows is not None:
        book[FLOWS:] = flows
    return book


@jit(counted=False)
def tally(book, flow):
    """Count a cell that goes this way (a code of `flows`)."""
    book[FLOWS + flow] += 1


@jit(counted=False)
def claim(alive, book, flow):
    """Claim the lowest free row by the column `alive`, for a cell that comes by `flow`; what else stands in it is the caller's to
    overwrite. Raises IndexError when none was reserved."""
    slot = book[FREE]
    if slot >= alive.size:
        raise IndexError("a cell table is full: reserve rows before the kernel runs")
    alive[slot] = 1
    following = slot + 1
    while following < alive.size and alive[following] != 0:
        following += 1
    book[FREE] = following
    book[HIGH] = max(book[HIGH], slot + 1)
    book[ALIVE] += 1
    tally(book, flow)
    return slot


@jit(counted=False)
def release(alive, book, slot, flow):
    """Give the row of a cell that goes by `flow` back by the column `alive`."""
    alive[slot] = 0
    book[FREE] = min(book[FREE], slot)
    book[ALIVE] -= 1
    tally(book, flow)
    while book[HIGH] > 0 and alive[book[HIGH] - 1] == 0:
        book[HIGH] -= 1


@jit(counted=False)
def born(table, template, flow):
    """A new cell, come by `flow`, that is like `template`, a row: of `blank_row`, or its mother's. Returns its row's number. Nothing
    is left of the cell that stood there before. Raises IndexError when no row was reserved."""
    slot = claim(table.rows.alive, table.book, flow)
    table.rows[slot] = template
    table.rows[slot].alive = 1
    return slot


@jit(counted=False)
def take_slot(table, flow):
    """A new cell, come by `flow`, blank but for `alive`. Raises IndexError when no row was reserved."""
    return born(table, table.blank[0], flow)


@jit(counted=False)
def free_slot(table, slot, flow):
    """Give the row of a cell that goes by `flow` back."""
    release(table.rows.alive, table.book, slot, flow)
