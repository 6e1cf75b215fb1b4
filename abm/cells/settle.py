"""Where the resident cells are when the experiment begins: addressed-random places in the sinusoids."""

import numpy as np

from ..kernels.flows import SETTLED
from ..kernels.jit import jit
from ..kernels.random import hash64, stream_key
from ..kernels.sites import place
from ..kernels.tables import Rows, new_book
from ..tissue.sites import SINUSOID
from .population import Population


@jit
def site_hashes(key, flat_sites):
    scores = np.empty(flat_sites.size, np.uint64)
    for i in range(flat_sites.size):
        scores[i] = hash64(key, np.uint64(flat_sites[i]), 0, 0)
    return scores


@jit
def identities(key, flat_sites):
    uids = np.empty(flat_sites.size, np.uint64)
    for i in range(flat_sites.size):
        uids[i] = hash64(key, np.uint64(flat_sites[i]), 1, 0)
    return uids


@jit
def _occupy(sites, code, layer, row, column):
    for slot in range(row.size):
        place(sites, code, layer[slot], row[slot], column[slot], slot)


def rounded_count(expected: float, key: np.uint64) -> int:
    """`expected` as a whole number, its fraction decided by chance so that small liver pieces are not biased."""
    whole = int(expected)
    draw = int(site_hashes(key, np.zeros(1, np.int64))[0] >> np.uint64(11)) / 2.0**53
    return whole + (draw < expected - whole)


class NoRoom(ValueError):
    """More cells than free sites."""


def choose_sites(candidates: np.ndarray, count: int, key: np.uint64) -> np.ndarray:
    """`count` of the candidate sites (flat indices), each subset equally likely, ascending.

    Raises NoRoom when there are fewer candidates than cells.
    """
    if count > candidates.size:
        raise NoRoom(f"{count} cells do not fit on {candidates.size} free sites; make them fewer, or the tissue larger")
    chosen = np.argsort(site_hashes(key, candidates), kind="stable")[:count]
    return np.sort(candidates[chosen])


def settle(population: Population, sites, flat_sites: np.ndarray, layer: int, seed: int) -> Rows:
    """Give each of `flat_sites` a cell and return the new rows, all other columns zero.

    A resident's identity is the hash of (initial, population, site).
    """
    population.reserve(flat_sites.size)
    rows = population.rows[: flat_sites.size]
    rows.alive = 1
    rows.layer = layer
    rows.row, rows.column = np.divmod(flat_sites, sites.kind.shape[1])
    rows.uid = identities(stream_key(0, f"initial/{population.name}"), flat_sites)
    population.book = new_book(population.rows)
    population.flows[SETTLED] = flat_sites.size
    if flat_sites.size:
        _occupy(sites, population.code, rows.layer, rows.row, rows.column)
    return rows


def settle_at_random(population: Population, sites, parameters, area_mm2: float, seed: int) -> Rows:
    """Settle as many cells as the `density` of their parameters says on sinusoid sites that are free in the layer where
    they stand, or on the sites that the file of the tissue gives them, and return the new rows."""
    key, layer = stream_key(seed, f"settle/{population.name}"), population.species.stands[0]
    candidates = np.flatnonzero((sites.kind == SINUSOID) & (sites.population[layer] == 0))
    if population.given is not None:
        return settle(population, sites, population.given, layer, seed)
    chosen = choose_sites(candidates, rounded_count(parameters.density * area_mm2, key), key)
    return settle(population, sites, chosen, layer, seed)


def settle_as_newcomers(population: Population, sites, parameters, area_mm2: float, seed: int) -> Rows:
    """As `settle_at_random`; those of the beginning are drawn as the species says of those that enter later: a heading, and of which
    kind they are. A chance must be one of the population's own parameters."""
    rows = settle_at_random(population, sites, parameters, area_mm2, seed)
    draws = site_hashes(stream_key(seed, f"{population.name}/born"), rows.row * sites.kind.shape[1] + rows.column)
    for drawn in population.species.newcomer.drawn:
        if drawn.choices:
            rows[drawn.column] = draws % np.uint64(drawn.choices)
        else:
            share = getattr(parameters, drawn.chance.rpartition(".")[2])
            rows[drawn.column] = (draws >> np.uint64(11)) / 2.0**53 < share
    return rows
