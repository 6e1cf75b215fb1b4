"""A population: rows stay where they are, orders favour nobody, and handles know when their cell is gone."""

import itertools

import numpy as np
import pytest
from scipy import stats

from abm.cells import POPULATIONS, Neutrophil, StellateCell
from abm.cells.population import ALIVE, Population
from abm.cells.species import WHERE
from abm.kernels.flows import ADDED, LEFT
from abm.kernels.random import stream_key
from abm.kernels.tables import free_slot, new_book, take_slot

KEY = stream_key(1, "a rule")


def neutrophils(count: int) -> Population:
    population = Population(Neutrophil)
    for number in range(count):
        population.reserve(1)
        cell = population.rows[take_slot(population.table, ADDED)]
        cell.uid, cell.row, cell.column, cell.state = 1000 + number, number, 2 * number, number % 3
    return population


@pytest.mark.parametrize("kind", POPULATIONS, ids=lambda kind: kind.__name__)
def test_every_kind_of_cell_has_the_common_columns_a_state_and_a_name_for_each(kind):
    assert kind.dtype.descr[: len(WHERE)] == [(column.name, np.dtype(column.kind).str) for column in WHERE]
    assert len(set(kind.states)) == len(kind.states) >= 2
    assert all(name.isidentifier() and name.islower() for name in (*kind.states, *kind.dtype.names))
    assert kind.__doc__


def test_the_table_grows_by_doubling_and_rows_stay_in_place():
    population = neutrophils(16)
    before = population.rows.copy()
    population.reserve(0)
    assert population.rows.size == 16
    population.reserve(1)
    assert population.rows.size == 32
    assert population.rows[:16].tobytes() == before.tobytes()
    assert not population.rows.alive[16:].any()
    assert take_slot(population.table, ADDED) == 16
    population.reserve(200)
    assert population.rows.size >= 217
    assert population.rows[:16].tobytes() == before.tobytes()


def test_room_is_made_for_births_not_for_rows():
    population = neutrophils(16)
    free_slot(population.table, 4, LEFT)
    population.reserve(1)
    assert population.rows.size == 16
    assert take_slot(population.table, ADDED) == 4


def test_an_order_is_a_permutation_of_the_living_fresh_at_every_step_and_for_every_rule():
    population = neutrophils(40)
    for slot in (0, 7, 39):
        free_slot(population.table, slot, LEFT)
    living = np.flatnonzero(population.rows.alive)
    orders = [population.order(key, step) for key in (KEY, stream_key(1, "another")) for step in range(3)]
    for order in orders:
        assert order.dtype == np.int64
        assert np.array_equal(np.sort(order), living)
    assert all(not np.array_equal(one, other) for one, other in itertools.combinations(orders, 2))
    assert np.array_equal(population.order(KEY, 1), orders[1]), "an order is addressed, not drawn"


def test_no_row_is_favoured():
    population = neutrophils(5)
    places = np.zeros((5, 5))
    for step in range(3000):
        places[population.order(KEY, step), np.arange(5)] += 1
    for row in places:
        assert stats.chisquare(row).pvalue > 0.005


def test_the_order_of_cells_does_not_depend_on_their_rows():
    population = neutrophils(30)
    backwards = neutrophils(0)
    backwards.load(np.asarray(population.used)[::-1], population.flows)
    orders = [p.rows.uid[p.order(KEY, 4)].tolist() for p in (population, backwards)]
    assert orders[0] == orders[1]


def test_an_empty_population_has_an_empty_order():
    population = neutrophils(0)
    assert population.order(KEY, 0).size == 0
    assert population.state_counts().tolist() == [0, 0, 0]
    assert len(population.alive_rows()) == len(population.to_dataframe()) == len(population) == 0
    assert "none" in repr(population)


def test_counts_of_states_and_living_rows_leave_the_dead_out():
    population = neutrophils(10)
    assert population.state_counts().tolist() == [4, 3, 3]
    free_slot(population.table, 3, LEFT)
    free_slot(population.table, 9, LEFT)
    assert population.state_counts().tolist() == [2, 3, 3]
    assert population.count == len(population) == 8
    assert population.alive_rows().uid.tolist() == [1000, 1001, 1002, 1004, 1005, 1006, 1007, 1008]
    assert "2 n1, 3 n2, 3 netting" in repr(population)


def test_living_rows_are_a_copy():
    population = neutrophils(3)
    population.alive_rows().state = 2
    assert population.rows.state[:3].tolist() == [0, 1, 2]


def test_a_data_frame_names_the_states_and_has_every_column():
    population = neutrophils(4)
    free_slot(population.table, 0, LEFT)
    frame = population.to_dataframe()
    assert list(frame.columns) == [name for name in Neutrophil.dtype.names if name != "alive"]
    assert frame["state"].tolist() == ["n2", "netting", "n1"]
    assert list(frame["state"].cat.categories) == list(Neutrophil.states)
    assert frame["uid"].tolist() == [1001, 1002, 1003]


def test_a_saved_table_comes_back():
    population = neutrophils(20)
    for slot in (2, 5, 19):
        free_slot(population.table, slot, LEFT)
    other = neutrophils(3)
    saved = np.asarray(population.used).copy()
    other.load(saved, population.flows)
    assert other.used.tobytes() == population.used.tobytes() == saved.tobytes()
    assert other.book.tolist() == population.book.tolist() == new_book(other.rows, population.flows).tolist()
    assert (other.flows[ADDED], other.flows[LEFT], other.balance) == (20, 3, 17)
    other.reserve(4)
    assert [int(take_slot(other.table, ADDED)) for _ in range(4)] == [2, 5, 19, 20]
    assert saved.tobytes() == population.used.tobytes(), "the checkpoint's own array is left alone"


def test_a_table_with_other_columns_is_refused():
    population = neutrophils(3)
    with pytest.raises(ValueError, match="neutrophil cells has other columns"):
        population.load(np.zeros(3, StellateCell.dtype), population.flows)
    assert population.count == 3


def test_a_handle_is_the_same_object_while_its_cell_lives_and_stale_afterwards():
    population = neutrophils(3)
    handle = population.handle(None, 1)
    assert population.handle(None, 1) is handle
    assert (handle.unique_id, handle.state_name, handle.column) == (1001, "n2", 2)
    population.reserve(100)
    assert handle.row == 1, "a handle survives the growth of its table"
    free_slot(population.table, 1, LEFT)
    assert not handle.is_alive and "gone" in repr(handle)
    population.rows[take_slot(population.table, ADDED)].uid = 77
    assert population.book[ALIVE] == 3
    for touch in (lambda: handle.state, lambda: setattr(handle, "state", 1), handle.remove):
        with pytest.raises(LookupError, match="no longer alive"):
            touch()
    assert population.handle(None, 1).unique_id == 77
    assert population.handle(None, 1) is not handle


def test_a_handle_writes_its_row():
    population = neutrophils(2)
    handle = population.handle(None, 0)
    handle.state, handle.nets_h = 2, 1.5
    assert population.rows[0].state == 2 and population.rows[0].nets_h == 1.5


@pytest.mark.parametrize("name", ["alive", "layer", "row", "column", "uid"])
def test_what_the_lattice_knows_too_cannot_be_set_by_a_handle(name):
    population = neutrophils(2)
    before = population.rows.copy()
    with pytest.raises(AttributeError, match="cannot be set"):
        setattr(population.handle(None, 0), name, 1)
    assert population.rows.tobytes() == before.tobytes()
