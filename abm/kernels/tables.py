"""Tables of cells: rows never move, freed rows are taken again lowest first.

A `Table` is its rows and its book. The free list is implied by the column `alive`; the book only remembers
where to look, so saving the rows saves everything.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeVar

import numpy as np

from .jit import jit

Columns = TypeVar("Columns", bound=tuple)

HIGH, FREE, ALIVE = 0, 1, 2
"""Entries of a book: the rows up to the last one alive, the lowest free row, how many cells are alive."""


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
    return table.view(np.dtype((np.record, table.dtype)), _with_columns(table.dtype.names))


@lru_cache
def _with_columns(names: tuple[str, ...]) -> type[Rows]:
    return type("Rows", (Rows,), {"__module__": __name__} | {name: _column(name) for name in names})


def _column(name: str) -> property:
    def get(rows):
        return np.asarray(rows)[name]

    def put(rows, values):
        np.asarray(rows)[name] = values

    return property(get, put)


class Table(NamedTuple):
    """rows: with a column `alive`; book: int64 [3]; blank: one row, with which every new one begins."""

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


def new_book(rows: Rows) -> np.ndarray:
    """The book that belongs to `rows`."""
    alive = np.asarray(rows.alive) != 0
    used = np.flatnonzero(alive)
    free = np.flatnonzero(~alive)
    high = int(used[-1]) + 1 if used.size else 0
    return np.array([high, int(free[0]) if free.size else alive.size, used.size], np.int64)


@jit(counted=False)
def claim(alive, book):
    """Claim the lowest free row by the column `alive`; what else stands in it is the caller's to overwrite. Raises
    IndexError when none was reserved."""
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
    return slot


@jit(counted=False)
def release(alive, book, slot):
    """Give a row back by the column `alive`."""
    alive[slot] = 0
    book[FREE] = min(book[FREE], slot)
    book[ALIVE] -= 1
    while book[HIGH] > 0 and alive[book[HIGH] - 1] == 0:
        book[HIGH] -= 1


@jit(counted=False)
def born(table, template):
    """A new cell that is like `template`, a row: of `blank_row`, or its mother's. Returns its row's number. Nothing is left of
    the cell that stood there before. Raises IndexError when no row was reserved."""
    slot = claim(table.rows.alive, table.book)
    table.rows[slot] = template
    table.rows[slot].alive = 1
    return slot


@jit(counted=False)
def take_slot(table):
    """A new cell, blank but for `alive`. Raises IndexError when no row was reserved."""
    return born(table, table.blank[0])


@jit(counted=False)
def free_slot(table, slot):
    """Give a row back."""
    release(table.rows.alive, table.book, slot)
