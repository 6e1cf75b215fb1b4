"""Bare tissue and tables for the tests of kernels: lattices without a liver, cells wherever a test wants them."""

from types import SimpleNamespace

import numpy as np

from abm.blood import LEVELS, Blood
from abm.cells.population import Population
from abm.config.schema import SHIPPED, compose
from abm.fields.layers import MARKS
from abm.invariants import violations
from abm.kernels.flows import SETTLED
from abm.kernels.random import stream_key
from abm.kernels.sites import COLUMN_OFFSET, ROW_OFFSET, Sites
from abm.kernels.tables import Rows, as_rows, new_book
from abm.ledger import cause, event
from abm.ledger.ledger import FLOWS, Ledger
from abm.tissue.sites import SINUSOID, STANDING

KEY = stream_key(1, "test")


def lattice(rows: int, columns: int, kind=SINUSOID, *, periodic: bool = True) -> Sites:
    """Tissue of one kind of site (or of the given kinds, uint8 [row, column]) with nobody in it."""
    kinds = np.empty((rows, columns), np.uint8)
    kinds[:] = kind
    return Sites(
        kinds,
        np.full((rows, columns), 2, np.uint8),
        np.ones((rows, columns), np.uint8),
        np.full((len(STANDING), rows, columns), -1, np.int32),
        np.zeros((len(STANDING), rows, columns), np.uint8),
        np.full((rows, columns), -1, np.int32),
        periodic,
    )


def settle(sites: Sites, name: str, places, *, layer: int | None = None, on_site: bool = True, **columns) -> Population:
    """A population with one cell per place (n, 2); other columns by name, else zero. With `on_site` False the cells
    are in the table only, for kernels that look at nothing but rows and fields."""
    population = Population(next(agent for agent in SHIPPED.populations if agent.species.name == name))
    places = np.asarray(places, np.int64).reshape(-1, 2)
    population.rows = as_rows(np.zeros(max(len(places), 1), population.species.dtype))
    rows = population.rows[: len(places)]
    rows.alive = 1
    rows.uid = np.arange(1, len(places) + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    rows.layer = population.species.stands[0] if layer is None else layer
    rows.row, rows.column = places.T
    for column, values in columns.items():
        rows[column] = values
    population.book = new_book(population.rows)
    population.flows[SETTLED] = len(places)
    if on_site:
        assert not sites.population[rows.layer, rows.row, rows.column].any(), "a place is taken"
        standing = np.column_stack([rows.layer, places])
        assert len(np.unique(standing, axis=0)) == len(places), "two cells on one place"
        sites.population[rows.layer, rows.row, rows.column] = population.code
        sites.occupant[rows.layer, rows.row, rows.column] = np.arange(len(places))
    return population


def wall(sites: Sites) -> Rows:
    """The wall segments of every sinusoid site, known to `sites`."""
    agent = next(agent for agent in SHIPPED.populations if agent.species.is_wall)
    places = np.argwhere(sites.kind == SINUSOID)
    rows = as_rows(np.zeros(len(places), agent.dtype))
    rows.alive = 1
    rows.row, rows.column = places.T
    sites.endothelium[rows.row, rows.column] = np.arange(len(places))
    return rows


def every(rows: int, columns: int, spacing: int = 1) -> np.ndarray:
    """Places (n, 2) on a square grid with the given spacing."""
    return np.array([(r, c) for r in range(0, rows, spacing) for c in range(0, columns, spacing)])


def around(sites: Sites, row: int, column: int, own: bool = False) -> list[tuple[int, int]]:
    """The (up to eight) neighbours of a site, with the site itself last if `own`."""
    rows, columns = sites.kind.shape
    found = []
    for k in range(9 if own else 8):
        r, c = int(row + ROW_OFFSET[k]), int(column + COLUMN_OFFSET[k])
        if sites.periodic:
            found.append((r % rows, c % columns))
        elif 0 <= r < rows and 0 <= c < columns:
            found.append((r, c))
    return found


def assert_in_place(sites: Sites, *populations: Population) -> None:
    """The tables are sound, every cell stands where its row says, and nobody else stands anywhere."""
    shape, by_name = sites.kind.shape, {population.name: population for population in populations}
    tumor = by_name.get("tumor", Population(SHIPPED.populations[0]))
    ledger = Ledger()
    for code, flow in FLOWS.items():
        ledger.totals[code, cause.NONE] = tumor.flows[flow]
    ledger.totals[event.ARRIVED, cause.NONE] = tumor.count - ledger.balance
    nothing = {layer.name: np.zeros(shape, np.float32) for layer in SHIPPED.layers}
    bare = SimpleNamespace(
        config=compose()(),
        shape=shape,
        sites=sites,
        populations=by_name,
        tumor=tumor,
        hepatocytes=np.zeros(shape, np.uint8),
        **{name: np.zeros(shape, np.uint8) for name in MARKS if name != "hepatocytes"},
        fields={},
        blood=Blood(LEVELS),
        ledger=ledger,
        lattices=lambda: nothing,
    )
    assert list(violations(bare)) == []
