"""Supply: at which sites of the perfused sinusoids cells come out of the blood in a step."""

import numpy as np

from ..kernels.jit import jit
from ..kernels.random import uniform
from ..tissue.sites import LUMEN

_FIRST_TRY, _TRIES = (
    16,
    16,
)  # numbers of the draws for a site where nobody stands; after the last the cell stays in the blood


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
