"""The ledger: what is entered is counted once, and the cells that must be alive are those that are."""

import numpy as np
import pytest

from abm.cells.tumor import TUMOR, TumorCell
from abm.kernels.flows import DIED, ENTERED, LEFT
from abm.kernels.jit import jit
from abm.kernels.sites import place
from abm.kernels.tables import ALIVE, FLOWS, Rows, Table, as_rows, blank_row, new_book, take_slot
from abm.ledger import cause, event
from abm.ledger.ledger import ENTRY, Ledger, enter, lose
from abm.tissue.sites import LUMEN, TISSUE
from tests.worlds import lattice

SHAPE = (6, 8)


@jit
def enter_many(book, cells, what, why):
    for i in range(cells.size):
        enter(book, 5.0 * i, what, why, cells[i], 2)


def tumor_cells(count: int) -> Rows:
    cells = as_rows(np.zeros(count, TumorCell.dtype))
    cells.uid = 100 + np.arange(count)
    cells.clone, cells.row, cells.column = np.arange(count), np.arange(count) % 6, np.arange(count) % 8
    return cells


def filled(*happenings: tuple[int, int, int]) -> Ledger:
    """A ledger with the given (event, cause, times)."""
    ledger = Ledger()
    for what, why, times in happenings:
        enter_many(ledger.book(times), tumor_cells(times), what, why)
    ledger.count()
    return ledger


@pytest.mark.parametrize("module", [event, cause], ids=["event", "cause"])
def test_codes_and_names_agree(module):
    codes = {name: value for name, value in vars(module).items() if isinstance(value, int)}
    assert [codes[name.upper()] for name in module.NAMES] == list(range(len(module.NAMES)))
    assert len(codes) == len(module.NAMES)


def test_the_ways_out_are_ways_out():
    assert [event.NAMES[code] for code in event.ENDINGS] == ["passed", "phagocytosed", "killed", "died"]


def test_an_entry_says_what_happened_to_whom_where_and_why():
    ledger = Ledger()
    cell = tumor_cells(4)[3]
    enter(ledger.book(1), 65.0, event.HELD, cause.SIZE, cell, 2)
    assert ledger.entries.dtype == ENTRY
    assert ledger.entries[0].tolist() == (65.0, event.HELD, cause.SIZE, 2, 103, 3, 3, 3)


def test_the_book_grows_and_keeps_what_is_in_it():
    ledger = filled((event.ARRIVED, cause.NONE, 1000))
    before = ledger.entries.copy()
    enter_many(ledger.book(5000), tumor_cells(5000), event.HELD, cause.WALL)
    assert ledger.entries.size == 6000
    assert ledger.entries[:1000].tobytes() == before.tobytes()
    assert (ledger.entries.event[1000:] == event.HELD).all()


def test_more_entries_than_room_raise():
    ledger = Ledger()
    book = ledger.book(10)
    with pytest.raises(IndexError, match="ledger is full"):
        enter_many(book, tumor_cells(book.entries.size + 1), event.ARRIVED, cause.NONE)


def test_totals_are_by_event_and_cause_by_code_and_by_name():
    ledger = filled((event.KILLED, cause.FASL, 3), (event.KILLED, cause.TRAIL, 2), (event.ARRIVED, cause.NONE, 9))
    assert ledger.total(event.KILLED) == ledger.total("killed") == 5
    assert ledger.total("killed", "fasl") == ledger.total(event.KILLED, cause.FASL) == 3
    assert ledger.total("killed", "perforin") == 0
    with pytest.raises(ValueError, match="slain"):
        ledger.total("slain")
    assert ledger.totals.sum() == 14
    assert repr(ledger) == "<ledger: 9 arrived, 5 killed>"
    assert repr(Ledger()) == "<ledger: nothing yet>"


def test_counting_twice_counts_once_and_draining_keeps_the_totals():
    ledger = filled((event.ARRIVED, cause.NONE, 7))
    ledger.count()
    assert ledger.total("arrived") == 7
    enter_many(ledger.book(2), tumor_cells(2), event.DIED, cause.SHEAR)
    drained = ledger.drain()
    assert drained.size == 9 and ledger.entries.size == 0
    assert (ledger.total("arrived"), ledger.total("died", "shear")) == (7, 2)
    enter_many(ledger.book(1), tumor_cells(1), event.DIED, cause.SHEAR)
    assert drained.event.tolist() == [event.ARRIVED] * 7 + [event.DIED] * 2, "what was handed over stays as it is"
    assert ledger.drain().size == 1 and ledger.total("died") == 3
    assert ledger.drain().size == 0


def test_the_balance_is_what_came_less_what_left():
    happenings = [(code, cause.NONE, 2**code) for code in range(len(event.NAMES))]
    ways_out = sum(2**code for code in event.ENDINGS)
    assert filled(*happenings).balance == 2**event.ARRIVED + 2**event.DIVIDED - ways_out


def test_a_data_frame_has_names():
    frame = filled((event.DIED, cause.HYPOXIA, 2)).to_dataframe()
    assert list(frame.columns) == list(ENTRY.names)
    assert frame["event"].tolist() == ["died"] * 2 and frame["cause"].tolist() == ["hypoxia"] * 2
    assert frame["time_min"].tolist() == [0.0, 5.0]


@pytest.mark.parametrize("layer", [LUMEN, TISSUE])
def test_a_lost_cell_leaves_its_row_and_its_site(layer):
    sites = lattice(*SHAPE)
    sites.zone[:] = 3
    rows = tumor_cells(4)
    rows.layer = layer
    rows.alive[:3] = 1
    tumor = Table(rows, new_book(rows), blank_row(rows.dtype))
    assert not tumor.book[FLOWS:].any()
    for slot in range(3):
        place(sites, TUMOR, layer, rows.row[slot], rows.column[slot], slot)
    ledger = Ledger()
    lose(tumor, sites, ledger.book(1), 10.0, event.DIED, cause.SHEAR, 1)
    ledger.count()
    assert (ledger.total("died", "shear"), ledger.entries.uid[0], ledger.entries.zone[0]) == (1, 101, 3)
    assert rows.alive.tolist() == [1, 0, 1, 0] and tumor.book[ALIVE] == 2
    assert tumor.book[FLOWS + DIED] == tumor.book[FLOWS:].sum() == 1
    where = [(layer, row, row) for row in (0, 1, 2)]
    assert [int(sites.population[site]) for site in where] == [TUMOR, 0, TUMOR]
    assert [int(sites.occupant[site]) for site in where] == [0, -1, 2]


@pytest.mark.parametrize("occupant", [0, 3])
@pytest.mark.parametrize("code", [0, 2, TUMOR])
def test_a_lost_cell_frees_no_site_that_is_not_its_own(code, occupant):
    """A circulating cell passes over others: what stands on its site stays, unless it is the cell itself."""
    sites = lattice(*SHAPE)
    rows = tumor_cells(4)
    tumor = Table(rows, new_book(rows), blank_row(rows.dtype))
    slot = take_slot(tumor, ENTERED)
    sites.population[LUMEN, 0, 0], sites.occupant[LUMEN, 0, 0] = code, occupant
    lose(tumor, sites, Ledger().book(1), 0.0, event.PASSED, cause.NONE, slot)
    assert tumor.book[FLOWS + ENTERED] == tumor.book[FLOWS + LEFT] == 1 and tumor.book[FLOWS:].sum() == 2
    own = code == TUMOR and occupant == slot
    assert sites.population[LUMEN, 0, 0] == (0 if own else code)
    assert sites.occupant[LUMEN, 0, 0] == (-1 if own else occupant)
