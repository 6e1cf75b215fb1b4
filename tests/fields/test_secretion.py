"""Who secretes what: every row of the table names what exists, and each of its cells secretes."""

import numpy as np
import pytest

from abm.fields.secretion import TABLE, SecretionParameters, deposit, secrete
from abm.kernels.sites import place
from abm.kernels.tables import free_slot, take_slot
from abm.model import LiverModel
from abm.rules import RULES
from abm.tissue.sites import LUMEN, SINUSOID

HYPOXIC = 5.0  # mmHg, below any threshold of hypoxia that is plausible
ROWS = pytest.mark.parametrize("row", TABLE, ids=[f"{row.population}-{row.field}" for row in TABLE])


@pytest.fixture(scope="module")
def liver():
    nobody = {name: {"density": "0 /mm^2"} for name in ("kupffer", "natural_killer", "neutrophil", "stellate")}
    return LiverModel(
        tissue={"width": "0.5 mm", "height": "0.5 mm"}, cells=nobody, rules={r.name: "off" for r in RULES}
    )


@pytest.fixture
def cell(liver, row):
    """One cell that the row speaks of, in full secretion, in hypoxic tissue; gone after the test."""
    population = liver.populations[row.population]
    population.reserve(1)
    slot = take_slot(population.table)
    made = population.rows[slot]
    made.state = population.states.index(row.states[0])
    made.layer, made.uid, made.row, made.column = LUMEN, 99, *np.argwhere(liver.sites.kind == SINUSOID)[40]
    if row.weight not in (None, "net_gain"):
        made[row.weight] = 1.0
    place(liver.sites, population.code, LUMEN, made.row, made.column, slot)
    liver.fields["oxygen"].values[:] = HYPOXIC
    yield made
    if population.count:
        for name in population.rows.dtype.names:
            if name not in ("alive", "row", "column", "layer"):
                made[name] = 0
        liver.remove_cell(population, slot)


def sources(liver, parameters=None, tumor_cxcl1: float = 1.0) -> dict[str, np.ndarray]:
    signals = {name: field for name, field in liver.fields.items() if name != "oxygen"}
    secrete(liver.populations, signals, liver.fields["oxygen"].values, parameters or SecretionParameters(), tumor_cxcl1)
    return {name: field.source.copy() for name, field in signals.items()}


def rate_of(liver, row) -> float:
    amount = getattr(SecretionParameters(), row.amount)
    return amount / 3600.0 if row.field == "lactate" else liver.fields[row.field].rate_for(amount)


@ROWS
def test_a_row_names_what_exists(liver, row):
    population = liver.populations[row.population]
    assert set(row.states) <= set(population.states) and len(set(row.states)) == len(row.states)
    assert row.field in liver.fields and row.field != "oxygen"
    assert row.amount in SecretionParameters.model_fields
    assert row.weight in (None, "net_gain", *population.rows.dtype.names)


def test_every_amount_is_used():
    amounts = {
        name for name in SecretionParameters.model_fields if name not in ("tumor_cxcl1_net_gain", "hypoxia_below")
    }
    assert {row.amount for row in TABLE} == amounts


@ROWS
def test_a_cell_secretes_at_its_own_site_and_nowhere_else(liver, row, cell):
    source = sources(liver)[row.field]
    assert source[cell.row, cell.column] == pytest.approx(rate_of(liver, row), rel=1e-6)
    assert np.count_nonzero(source) == 1
    assert liver.fields[row.field].secreted


@ROWS
def test_only_the_fields_that_are_asked_for_are_filled(liver, row, cell):
    before = sources(liver)[row.field]
    cell.alive = 0
    others = {name: field for name, field in liver.fields.items() if name not in ("oxygen", row.field)}
    secrete(liver.populations, others, liver.fields["oxygen"].values, SecretionParameters(), 1.0)
    assert before.any() and np.array_equal(liver.fields[row.field].source, before)
    cell.alive = 1


@ROWS
def test_it_secretes_in_the_named_states_only(liver, row, cell):
    population = liver.populations[row.population]
    secreting = []
    for code, state in enumerate(population.states):
        cell.state = code
        if sources(liver)[row.field].any():
            secreting.append(state)
    assert set(secreting) == set(row.states)


@ROWS
def test_secretion_ends_with_the_cell(liver, row, cell):
    assert sources(liver)[row.field].any()
    slot = int(liver.sites.occupant[LUMEN, cell.row, cell.column])
    population = liver.populations[row.population]
    population.reserve(1)
    other = take_slot(population.table)  # keeps the row of the dead cell within the used ones
    free_slot(population.table, slot)
    population.rows[other].state = next(
        (code for code, state in enumerate(population.states) if state not in row.states), population.rows[other].state
    )
    assert not sources(liver)[row.field].any()
    assert not liver.fields[row.field].secreted
    free_slot(population.table, other)
    take_slot(population.table)


@pytest.mark.parametrize(
    "row", [row for row in TABLE if row.weight not in (None, "net_gain")], ids=lambda row: row.weight
)
def test_secretion_goes_with_its_weight(liver, row, cell):
    cell[row.weight] = 0.25
    assert sources(liver)[row.field].sum() == pytest.approx(0.25 * rate_of(liver, row), rel=1e-6)
    cell[row.weight] = 0.0
    assert not sources(liver)[row.field].any()


@pytest.mark.parametrize("row", [row for row in TABLE if row.only_hypoxic], ids=lambda row: row.field)
def test_what_answers_to_hypoxia_is_silent_in_well_oxygenated_tissue(liver, row, cell):
    assert sources(liver)[row.field].any()
    liver.fields["oxygen"].values[:] = 40.0
    assert not sources(liver)[row.field].any()


@pytest.mark.parametrize("row", [row for row in TABLE if row.weight == "net_gain"], ids=lambda row: row.field)
def test_nets_and_the_line_raise_a_tumor_cells_chemokine(liver, row, cell):
    p = SecretionParameters()
    assert sources(liver, tumor_cxcl1=3.0)["cxcl1"].sum() == pytest.approx(3 * rate_of(liver, row), rel=1e-6)
    assert not sources(liver, tumor_cxcl1=0.0)["cxcl1"].any()
    cell.net = 0.5
    with_net = (1 + 0.5 * p.tumor_cxcl1_net_gain) * rate_of(liver, row)
    assert sources(liver)["cxcl1"].sum() == pytest.approx(with_net, rel=1e-6)


def test_a_liver_without_tumor_secretes_nothing(liver):
    assert not any(source.any() for source in sources(liver).values())


def test_secretions_at_one_site_add_up():
    source = np.zeros((3, 4), np.float32)
    weight = np.array([1.0, 0.5, 0.0, 2.0, 1.0, 1.0], np.float32)
    alive, state = np.array([1, 1, 1, 1, 0, 1], np.uint8), np.array([0, 0, 0, 0, 0, 1], np.uint8)
    oxygen, place = np.full((3, 4), 30.0, np.float32), (np.array([1, 1, 2, 0, 2, 2]), np.array([3, 3, 2, 0, 1, 1]))
    cells = (alive, state, np.array([True, False]), *place, weight, oxygen)
    assert deposit(*cells, np.float32(np.inf), np.float32(4.0), source)
    wanted = np.zeros((3, 4), np.float32)
    wanted[1, 3], wanted[0, 0] = 6.0, 8.0
    assert np.array_equal(source, wanted)
    assert not deposit(*cells, np.float32(30.0), np.float32(4.0), source)
    assert np.array_equal(source, wanted)
