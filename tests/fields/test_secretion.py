"""Who secretes what: every row of the table names what exists, and each of its cells secretes."""

import numpy as np
import pytest

from abm.cells.species import Secretes
from abm.config.schema import SHIPPED, compose
from abm.fields.field import Diffusing
from abm.fields.secretion import deposit, secrete
from abm.kernels.flows import ADDED, REMOVED
from abm.kernels.tables import free_slot, take_slot
from abm.tissue.sites import LUMEN
from abm.units import value_at
from tests import worlds
from tests.worlds import put, sinusoids

HYPOXIC = 5.0  # mmHg, below any threshold of hypoxia that is plausible
TABLE = [(species, row) for species in SHIPPED.species for row in species.secretes]
SECRETED = {"platelet_tgf_beta": 1, "neutrophil_tgf_beta": 1}
NEEDED = {"ifn_beta": {"infected_h": 1.0}}
"""Columns without which a function weighs the secretion of a field with nothing."""
HOST = {"kupffer": {"cxcl5": 1}}
DEFAULTS = compose()(secretion=SECRETED, cells=HOST)
"""The defaults, in which those secrete, too, that by default do not."""


def table(wanted=lambda row: True):
    """Each row of the populations, or of those rows that are wanted."""
    rows = [(species, row) for species, row in TABLE if wanted(row)]
    return pytest.mark.parametrize(("species", "row"), rows, ids=[f"{one.name}-{row.field}" for one, row in rows])


ROWS = table()


@pytest.fixture(scope="module")
def liver():
    return worlds.liver(empty=True)


@pytest.fixture
def cell(liver, species, row):
    """One cell that the row speaks of, in full secretion, in hypoxic tissue; gone after the test."""
    population = liver.populations[species.name]
    weight = {row.weight: 1.0} if isinstance(row.weight, str) else NEEDED.get(row.field, {})
    state = species.state_names.index((row.states or species.state_names)[0])
    slot = put(liver, species.name, *sinusoids(liver)[40], layer=LUMEN, state=state, counted=False, **weight)
    liver.fields["oxygen"].values[:] = HYPOXIC
    yield population.rows[slot]
    if population.count:
        liver.remove_cell(population, slot)


def secreted_fields(liver) -> dict[str, Diffusing]:
    return {name: field for name, field in liver.fields.items() if isinstance(field, Diffusing)}


def sources(liver, config=DEFAULTS) -> dict[str, np.ndarray]:
    fields = secreted_fields(liver)
    secrete(liver.populations, fields, liver.fields["oxygen"].values, config)
    return {name: field.source.copy() for name, field in fields.items()}


def alone(row: Secretes):
    """The defaults, in which no other row of the field secretes."""
    others = [one.amount for _, one in TABLE if one.field == row.field and one is not row]
    return compose()(
        secretion=SECRETED | {name.removeprefix("secretion."): 0 for name in others if name.startswith("secretion.")},
        cells={} if "cells.kupffer.cxcl5" in others else HOST,
    )


def rate_of(liver, row: Secretes) -> float:
    return liver.fields[row.field].rate_for(value_at(DEFAULTS, row.amount))


@ROWS
def test_a_row_names_what_exists(liver, species, row):
    assert set(row.states) <= set(species.state_names) and len(set(row.states)) == len(row.states)
    assert row.field in secreted_fields(liver)
    assert value_at(DEFAULTS, row.amount) >= 0
    assert row.weight is None or callable(row.weight) or row.weight in species.column


def test_every_amount_is_used():
    amounts = {f"secretion.{name}" for name in type(DEFAULTS.secretion).model_fields}
    used = {row.amount for _, row in TABLE if row.amount.startswith("secretion.")}
    assert amounts - used == {"secretion.tumor_cxcl1_net_gain", "secretion.hypoxia_below"} and used <= amounts


@ROWS
def test_a_cell_secretes_at_its_own_site_and_nowhere_else(liver, species, row, cell):
    source = sources(liver, alone(row))[row.field]
    assert source[cell.row, cell.column] == pytest.approx(rate_of(liver, row), rel=1e-6)
    assert np.count_nonzero(source) == 1
    assert liver.fields[row.field].secreted


@ROWS
def test_only_the_fields_that_are_asked_for_are_filled(liver, species, row, cell):
    before = sources(liver)[row.field]
    cell.alive = 0
    others = {name: field for name, field in secreted_fields(liver).items() if name != row.field}
    secrete(liver.populations, others, liver.fields["oxygen"].values, DEFAULTS)
    assert before.any() and np.array_equal(liver.fields[row.field].source, before)
    cell.alive = 1


@ROWS
def test_it_secretes_in_the_named_states_only(liver, species, row, cell):
    secreting = []
    for code, state in enumerate(species.state_names):
        cell.state = code
        if sources(liver, alone(row))[row.field].any():
            secreting.append(state)
    assert set(secreting) == set(row.states or species.state_names)


@ROWS
def test_secretion_ends_with_the_cell(liver, species, row, cell):
    assert sources(liver)[row.field].any()
    slot = int(liver.sites.occupant[LUMEN, cell.row, cell.column])
    population = liver.populations[species.name]
    population.reserve(1)
    other = take_slot(population.table, ADDED)  # keeps the row of the dead cell within the used ones
    free_slot(population.table, slot, REMOVED)
    population.rows[other].alive = 0
    assert not sources(liver)[row.field].any()
    assert not liver.fields[row.field].secreted
    population.rows[other].alive = 1
    free_slot(population.table, other, REMOVED)
    take_slot(population.table, ADDED)


@table(lambda row: isinstance(row.weight, str))
def test_secretion_goes_with_its_weight(liver, species, row, cell):
    share = 0.25 if species.dtype[row.weight].kind == "f" else 1
    cell[row.weight] = share
    assert sources(liver, alone(row))[row.field].sum() == pytest.approx(share * rate_of(liver, row), rel=1e-6)
    cell[row.weight] = 0.0
    assert not sources(liver, alone(row))[row.field].any()


@table(lambda row: row.only_hypoxic)
def test_what_answers_to_hypoxia_is_silent_in_well_oxygenated_tissue(liver, species, row, cell):
    assert sources(liver, alone(row))[row.field].any()
    liver.fields["oxygen"].values[:] = 40.0
    assert not sources(liver, alone(row))[row.field].any()


@table(lambda row: row.amount == "secretion.tumor_cxcl1")
def test_nets_and_the_line_raise_a_tumor_cells_chemokine(liver, species, row, cell):
    def line(cxcl1):
        return compose().model_validate({"cells": {"tumor": {"cxcl1": cxcl1}}})

    assert sources(liver, line(3.0))["cxcl1"].sum() == pytest.approx(3 * rate_of(liver, row), rel=1e-6)
    assert not sources(liver, line(0.0))["cxcl1"].any()
    cell.net = 0.5
    with_net = (1 + 0.5 * DEFAULTS.secretion.tumor_cxcl1_net_gain) * rate_of(liver, row)
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
