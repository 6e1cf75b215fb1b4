"""Tables of cells: rows never move, freed rows are taken again lowest first.

A `Table` is a record array and its book. The free list is implied by the column `alive`; the book only remembers
where to look, so saving the rows saves everything.
"""

from typing import NamedTuple

import numpy as np

from .jit import jit

HIGH, FREE, ALIVE = 0, 1, 2
"""Entries of a book: the rows up to the last one alive, the lowest free row, how many cells are alive."""


class Table(NamedTuple):
    """rows: record array with a column `alive`; book: int64 [3]."""

    rows: np.recarray
    book: np.ndarray


def new_book(rows: np.recarray) -> np.ndarray:
    """The book that belongs to `rows`."""
    alive = np.asarray(rows.alive) != 0
    used = np.flatnonzero(alive)
    free = np.flatnonzero(~alive)
    high = int(used[-1]) + 1 if used.size else 0
    return np.array([high, int(free[0]) if free.size else alive.size, used.size], np.int64)


@jit(counted=False)
def take_slot(table):
    """Claim the lowest free row (its old content still in it). Raises IndexError when none was reserved."""
    rows, book = table.rows, table.book
    slot = book[FREE]
    if slot >= rows.size:
        raise IndexError("a cell table is full: reserve rows before the kernel runs")
    rows[slot].alive = 1
    following = slot + 1
    while following < rows.size and rows[following].alive != 0:
        following += 1
    book[FREE] = following
    book[HIGH] = max(book[HIGH], slot + 1)
    book[ALIVE] += 1
    return slot


@jit(counted=False)
def free_slot(table, slot):
    """Give a row back."""
    rows, book = table.rows, table.book
    rows[slot].alive = 0
    book[FREE] = min(book[FREE], slot)
    book[ALIVE] -= 1
    while book[HIGH] > 0 and rows[book[HIGH] - 1].alive == 0:
        book[HIGH] -= 1
