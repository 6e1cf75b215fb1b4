"""The ledger: every change of a tumor cell's fate, with its cause.

At every step the books balance: alive = arrived + divided - passed - phagocytosed - killed - died.
"""

from typing import NamedTuple

import numpy as np

from ..cells.tumor import TUMOR
from ..kernels import flows
from ..kernels.jit import jit
from ..kernels.sites import lift
from ..kernels.tables import Rows, as_rows, columns_in, free_slot
from . import cause as causes
from . import event as events

ENTRY = np.dtype(
    [
        ("time_min", "f8"),
        ("event", "u1"),
        ("cause", "u1"),
        ("zone", "u1"),
        ("uid", "u8"),
        ("clone", "i4"),
        ("row", "i4"),
        ("column", "i4"),
    ]
)


FLOWS = {
    events.PASSED: flows.LEFT,
    events.PHAGOCYTOSED: flows.EATEN,
    events.KILLED: flows.KILLED,
    events.DIED: flows.DIED,
    events.DIVIDED: flows.BORN,
}
"""The events by which a tumor cell goes, or a further one comes, and what the book of the tumor table counts them as."""
_FLOWS = tuple(FLOWS.get(code, -1) for code in range(len(events.NAMES)))


class Book(NamedTuple):
    """The ledger as kernels see it: entries (rows of ENTRY), cursor (int64 [1]: entries written)."""

    entries: Rows
    cursor: np.ndarray


class Ledger:
    """The events since the start, or since the last `drain`, and running totals by event and cause."""

    def __init__(self) -> None:
        self._entries = as_rows(np.zeros(1024, ENTRY))
        self._cursor = np.zeros(1, np.int64)
        self._counted = 0
        self.totals = np.zeros((len(events.NAMES), len(causes.NAMES)), np.int64)

    def book(self, room: int) -> Book:
        """The ledger as kernels see it, with room for `room` more entries."""
        needed = int(self._cursor[0]) + room
        if needed > len(self._entries):
            grown = as_rows(np.zeros(max(needed, 2 * len(self._entries)), ENTRY))
            grown[: len(self._entries)] = self._entries
            self._entries = grown
        return Book(self._entries, self._cursor)

    def count(self) -> None:
        """Add the entries written since the last call to `totals`; the model does so at the end of each step."""
        written = int(self._cursor[0])
        if written > self._counted:
            new = np.asarray(self._entries)[self._counted : written]
            np.add.at(self.totals, (new["event"], new["cause"]), 1)
            self._counted = written

    @property
    def entries(self) -> Rows:
        """The events not drained yet, oldest first: a view."""
        return self._entries[: self._cursor[0]]

    def drain(self) -> Rows:
        """Return the entries and forget them; the totals stay."""
        self.count()
        entries = self.entries.copy()
        self._cursor[0] = self._counted = 0
        return entries

    def load(self, totals: np.ndarray, entries: np.ndarray | None = None) -> None:
        """Take over the totals of another ledger, and its entries that are not drained."""
        self._entries = as_rows(np.zeros(1024, ENTRY))
        self._cursor[0] = self._counted = 0
        self.totals[:] = totals
        if entries is not None:
            self.book(entries.size).entries[: entries.size] = entries
            self._cursor[0] = self._counted = entries.size

    def total(self, event: int | str, cause: int | str | None = None) -> int:
        """How often `event` has happened so far (by `cause`, if given); both by code or by name.

        Raises ValueError for an unknown name.
        """
        row = self.totals[_code(event, events.NAMES)]
        return int(row.sum() if cause is None else row[_code(cause, causes.NAMES)])

    @property
    def balance(self) -> int:
        """Tumor cells that must be alive according to the books."""
        ways_out = sum(self.total(event) for event in events.ENDINGS)
        return self.total(events.ARRIVED) + self.total(events.DIVIDED) - ways_out

    def to_dataframe(self):
        """The entries not drained yet as a pandas DataFrame, events and causes by name."""
        import pandas as pd

        entries = self.entries
        frame = pd.DataFrame({name: entries[name] for name in columns_in(ENTRY)})
        frame["event"] = pd.Categorical.from_codes(entries.event.astype(np.int64), categories=list(events.NAMES))
        frame["cause"] = pd.Categorical.from_codes(entries.cause.astype(np.int64), categories=list(causes.NAMES))
        return frame

    def __repr__(self) -> str:
        seen = ", ".join(f"{self.total(event)} {name}" for event, name in enumerate(events.NAMES) if self.total(event))
        return f"<ledger: {seen or 'nothing yet'}>"


def _code(what: int | str, names: tuple[str, ...]) -> int:
    if not isinstance(what, str):
        return what
    if what not in names:
        raise ValueError(f"the ledger knows no '{what}', only {', '.join(names)}")
    return names.index(what)


@jit(counted=False)
def enter(book, minutes, event, cause, cell, zone):
    """Write one event of the tumor cell `cell` (a table row)."""
    n = book.cursor[0]
    if n >= book.entries.size:
        raise IndexError("the ledger is full: ask for room before the kernel runs")
    entry = book.entries[n]
    entry.time_min = minutes
    entry.event = event
    entry.cause = cause
    entry.zone = zone
    entry.uid = cell.uid
    entry.clone = cell.clone
    entry.row = cell.row
    entry.column = cell.column
    book.cursor[0] = n + 1


@jit(counted=False)
def lose(tumor, sites, book, minutes, event, cause, slot):
    """A tumor cell is gone: enter why, free its site (if it holds one) and its row."""
    cell = tumor.rows[slot]
    enter(book, minutes, event, cause, cell, sites.zone[cell.row, cell.column])
    if (
        sites.occupant[cell.layer, cell.row, cell.column] == slot
        and sites.population[cell.layer, cell.row, cell.column] == TUMOR
    ):
        lift(sites, cell.layer, cell.row, cell.column)
    free_slot(tumor, slot, _FLOWS[event])


@jit
def lose_each(tumor, sites, book, minutes, event, cause, slots):
    """The tumor cells in `slots` (int64) are gone, all by the same."""
    for slot in slots:
        lose(tumor, sites, book, minutes, event, cause, slot)
