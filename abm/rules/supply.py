"""Supply: who comes out of the blood in a step, where, and what newcomers are like; and who leaves again.

Cells of a population that comes with the blood stop anywhere in the perfused sinusoids, or where a signal catches them;
the blood replaces those that leave, so that their density holds.
"""

from functools import lru_cache

import numpy as np

from ..cells.population import Population
from ..cells.species import Drawn
from ..kernels.flows import ENTERED
from ..kernels.jit import jit
from ..kernels.random import could_happen, does_happen, fill_each, stream_key, uniform, uniform_each
from ..kernels.tables import Rows, blank_row, bytes_of, columns_of
from ..kernels.traffic import Newcomers, Residents, enter, leave
from ..tissue.sites import LUMEN
from ..units import value_at

_FIRST_TRY = 16  # number of the first draw for a site where nobody stands
_TRIES = 16  # after which the cell stays in the blood
FAINT = np.float32(1e-3)  # a signal, relative to its half-maximal effect, below which no site is looked at
_AT_ONCE = 1024  # sites for which numbers are drawn together


def enter_from_blood(
    liver,
    name: str,
    key: np.uint64,
    places: np.ndarray,
    flow: int,
    stream: str = "entry",
    besides: tuple[Drawn, ...] = (),
) -> np.ndarray:
    """New cells of a population at those of `places` (int64 [n, 2]) in whose lumen nobody stands, come by `flow`; their chances are
    those of `key`, their identities those of the `stream`. What is drawn of newcomers is drawn of them, and what else is named
    (`besides`). Returns their slots (int64)."""
    if len(places) == 0:
        return np.empty(0, np.int64)
    population = liver.populations[name]
    newcomer = population.species.newcomer
    population.reserve(len(places))
    rows = population.rows
    slots = enter(
        columns_of(rows, Newcomers),
        bytes_of(rows),
        population.book,
        bytes_of(_blank_newcomer(rows.dtype, _first_state(population))),
        liver.sites,
        population.code,
        LUMEN,
        places,
        liver.step_number,
        np.arange(len(places)),
        stream_key(0, f"{name}/{stream}"),
        flow,
    )
    slots = slots[slots >= 0]
    if newcomer.dated is not None:
        rows[newcomer.dated][slots] = liver.hours
    uids = rows.uid[slots]
    for drawn in (*newcomer.drawn, *besides):
        draws = uniform_each(key, liver.step_number, uids, drawn.number)
        if drawn.choices:
            rows[drawn.column][slots] = draws * drawn.choices
            continue
        chance = value_at(liver.config, drawn.chance) + (liver.blood[drawn.level] if drawn.level else 0.0)
        rows[drawn.column][slots] = draws < chance
    return slots


def _first_state(population: Population) -> int:
    """The state in which its cells come out of the blood."""
    return population.number_of(population.species.newcomer.state or population.states[0])


@lru_cache
def _blank_newcomer(dtype: np.dtype, state: int) -> Rows:
    """The row with which the newcomers of a population begin."""
    return blank_row(dtype, state=state, layer=LUMEN)


def turn_over(liver, name: str, key: np.uint64, leaving_rate: float, wanted: float) -> None:
    """Of a population cells in the state of newcomers leave at `leaving_rate` (1/h), and the blood brings new ones at the rate
    that holds `wanted` of them."""
    population = liver.populations[name]
    places = entry_sites(liver, key, wanted * leaving_rate * liver.dt_hours)
    leave(
        columns_of(population.rows, Residents),
        population.book,
        liver.sites,
        LUMEN,
        key,
        liver.step_number,
        _first_state(population),
        leaving_rate * liver.dt_hours,
    )
    enter_from_blood(liver, name, key, places, ENTERED)


@jit
def poisson(key, step, uid, mean):
    """A Poisson number by counting exponential waiting times; cheap for means up to some hundreds."""
    waited = -np.log1p(-uniform(key, step, uid, 0))
    count = 0
    while waited < mean:
        count += 1
        waited -= np.log1p(-uniform(key, step, uid, count))
    return count


@jit
def choose(key, step, sites, candidates, count):
    """`count` of the candidate sites (int64 [m, 2]) in whose lumen nobody stands, each with equal chance."""
    chosen = np.empty((count, 2), np.int64)
    found = 0
    for n in range(count):
        for draw in range(_FIRST_TRY, _FIRST_TRY + _TRIES):
            pick = np.int64(uniform(key, step, np.uint64(n), draw) * candidates.shape[0])
            row, column = candidates[pick, 0], candidates[pick, 1]
            if sites.population[LUMEN, row, column] == 0:
                chosen[found, 0] = row
                chosen[found, 1] = column
                found += 1
                break
    return chosen[:found].copy()


def entry_sites(liver, key, expected: float) -> np.ndarray:
    """Free perfused sinusoid sites (int64 [n, 2]) at which a Poisson number of cells, `expected` on average, enters; where
    more are expected than there are sites, as many as sites are."""
    candidates = liver.perfused_sites
    if candidates.shape[0] == 0:
        return np.empty((0, 2), np.int64)
    count = poisson(key, liver.step_number, np.uint64(0xFFFFFFFF), min(expected, candidates.shape[0]))
    return choose(key, liver.step_number, liver.sites, candidates, count)


@jit
def attracting_sites(sinusoids, perfused, passing, signal, key, step, entries):
    """Perfused ones of the `sinusoids` (uint64, row * columns + column) where a signal (float32 lattice, half-maximal at 1)
    brings a cell out of the blood in this step: int64 [n, 2]. `entries` are those per step in a saturating signal where
    `passing` (float32 lattice, the blood that passes) is 1."""
    columns = signal.shape[1]
    open_sites, levels, blood = perfused.ravel(), signal.ravel(), passing.ravel()
    found = np.empty((sinusoids.size, 2), np.int64)
    draws = np.empty(_AT_ONCE, np.uint64)
    count = 0
    for first in range(0, sinusoids.size, _AT_ONCE):
        places = sinusoids[first : first + _AT_ONCE]
        fill_each(draws, key, step, places, 3)
        for k in range(places.size):
            place = places[k]
            most = entries * np.float64(blood[place])
            if not could_happen(draws[k], most):  # hardly a site needs to be looked at
                continue
            level = np.float64(levels[place])
            if levels[place] <= FAINT or open_sites[place] == 0:
                continue
            if does_happen(draws[k], most * level / (1.0 + level)):
                found[count, 0] = np.int64(place) // columns
                found[count, 1] = np.int64(place) % columns
                count += 1
    return found[:count].copy()
