"""Bare tissue, tables and odds for the tests of kernels: lattices without a liver, cells wherever a test wants them."""

import numba
import numpy as np
import scipy.stats

from abm.cells import EndothelialCell, KupfferCell, NaturalKillerCell, Neutrophil, StellateCell, TumorCell
from abm.cells.population import KUPFFER, NATURAL_KILLER, NEUTROPHIL, STELLATE, TUMOR, Population
from abm.kernels.random import stream_key
from abm.kernels.sites import COLUMN_OFFSET, ROW_OFFSET, Sites
from abm.kernels.tables import Rows, as_rows, new_book
from abm.tissue.sites import LUMEN, SINUSOID, TISSUE

COMPILED = not numba.config.DISABLE_JIT
KEY = stream_key(1, "test")
WHO = {
    "tumor": (TUMOR, TumorCell),
    "kupffer": (KUPFFER, KupfferCell),
    "neutrophil": (NEUTROPHIL, Neutrophil),
    "natural_killer": (NATURAL_KILLER, NaturalKillerCell),
    "stellate": (STELLATE, StellateCell),
}


def sized(compiled: int, interpreted: int) -> int:
    """A number of trials, the smaller one when kernels run as plain Python."""
    return compiled if COMPILED else interpreted


def lattice(rows: int, columns: int, kind=SINUSOID, *, periodic: bool = True) -> Sites:
    """Tissue of one kind of site (or of the given kinds, uint8 [row, column]) with nobody in it."""
    kinds = np.empty((rows, columns), np.uint8)
    kinds[:] = kind
    return Sites(
        kinds,
        np.full((rows, columns), 2, np.uint8),
        np.ones((rows, columns), np.uint8),
        np.full((2, rows, columns), -1, np.int32),
        np.zeros((2, rows, columns), np.uint8),
        np.full((rows, columns), -1, np.int32),
        periodic,
    )


def settle(sites: Sites, name: str, places, *, layer: int | None = None, on_site: bool = True, **columns) -> Population:
    """A population with one cell per place (n, 2); other columns by name, else zero. With `on_site` False the cells
    are in the table only, for kernels that look at nothing but rows and fields."""
    code, agent = WHO[name]
    population = Population(name, code, agent)
    places = np.asarray(places, np.int64).reshape(-1, 2)
    population.rows = as_rows(np.zeros(max(len(places), 1), agent.dtype))
    rows = population.rows[: len(places)]
    rows.alive = 1
    rows.uid = np.arange(1, len(places) + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    rows.layer = layer if layer is not None else TISSUE if name == "stellate" else LUMEN
    rows.row, rows.column = places.T
    for column, values in columns.items():
        rows[column] = values
    population.book = new_book(population.rows)
    if on_site:
        assert not sites.population[rows.layer, rows.row, rows.column].any(), "a place is taken"
        assert len(np.unique(places, axis=0)) == len(places), "two cells on one place"
        sites.population[rows.layer, rows.row, rows.column] = code
        sites.occupant[rows.layer, rows.row, rows.column] = np.arange(len(places))
    return population


def wall(sites: Sites) -> Rows:
    """The wall segments of every sinusoid site, known to `sites`."""
    places = np.argwhere(sites.kind == SINUSOID)
    rows = as_rows(np.zeros(len(places), EndothelialCell.dtype))
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


def expect(hits: int, trials: int, probability: float) -> None:
    """The number of hits lies in the central 99.9 % of its binomial distribution."""
    low, high = scipy.stats.binom.interval(0.999, trials, probability)
    assert low <= hits <= high, f"{hits} of {trials}, expected {low:.0f} to {high:.0f}"


def expect_mean(values, mean: float) -> None:
    """The mean of independent values lies within 3.3 standard errors of what is expected."""
    values = np.asarray(values, float)
    error = values.std(ddof=1) / np.sqrt(values.size)
    assert abs(values.mean() - mean) <= 3.3 * error, f"{values.mean():.4g} +- {error:.2g}, expected {mean:.4g}"


def expect_in_place(sites: Sites, *populations: Population) -> None:
    """Every site knows the one cell that stands on it, every cell stands where its row says."""
    standing = 0
    for population in populations:
        rows = population.rows
        for slot in np.flatnonzero(rows.alive):
            cell = rows[slot]
            if population.name == "tumor" and cell.state == 0:
                continue
            assert sites.population[cell.layer, cell.row, cell.column] == population.code
            assert sites.occupant[cell.layer, cell.row, cell.column] == slot
            standing += 1
    assert standing == np.count_nonzero(sites.population)
    assert ((sites.occupant >= 0) == (sites.population > 0)).all()


def state_of(model) -> dict[str, bytes]:
    """Everything a checkpoint of the liver would keep, as bytes."""
    return {name: np.ascontiguousarray(array).tobytes() for name, array in model.state_arrays().items()}


def changed(model, before: dict[str, bytes]) -> set[str]:
    """Names of the arrays that differ from `before` (of `state_of`)."""
    now = state_of(model)
    return {name for name in now if now[name] != before[name]}
