"""Supply: at which sites of the perfused sinusoids cells come out of the blood in a step."""

import numpy as np

from ..kernels.jit import jit
from ..kernels.random import uniform


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
def choose(key, step, candidates, count):
    """`count` of the candidate sites (int64 [m, 2]), each with equal chance."""
    chosen = np.empty((count, 2), np.int64)
    for n in range(count):
        pick = np.int64(uniform(key, step, np.uint64(n), 1) * candidates.shape[0])
        chosen[n] = candidates[pick]
    return chosen


def entry_sites(liver, key, expected: float) -> np.ndarray:
    """Perfused sinusoid sites (int64 [n, 2]) at which a Poisson number of cells, `expected` on average, enters."""
    candidates = liver.perfused_sites
    if candidates.shape[0] == 0:
        return np.empty((0, 2), np.int64)
    count = poisson(key, liver.step_number, np.uint64(0xFFFFFFFF), expected)
    return choose(key, liver.step_number, candidates, count)
