"""Contact: whom a cell touches, at its site and the eight around, in every layer."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from .jit import jit
from .sites import is_touched, neighbour

NOBODY = -1
"""Whom one touches who touches nobody."""
EVERYBODY = np.uint64(2**64 - 1)
"""Whom one ignores who takes notice of nobody."""


class Sought(NamedTuple):
    """Whom cells stop at.

    code : of the population
    near : uint8 [row, column], not 0 wherever one of them is touched
    uid : uint64 [slot], of their table
    ignored : uint64 [slot of the walkers], the uid of the one of whom each takes no notice; 0 for none, EVERYBODY for all
    named : whether it matters which of them a cell meets
    exclusion : chance that a walker turns back before a site all around which they stand; less where fewer do, none where
        they are half as many
    """

    code: int
    near: np.ndarray
    uid: np.ndarray
    ignored: np.ndarray
    named: bool
    exclusion: float = 0.0


@lru_cache(16)
def nobody_of(count: int) -> np.ndarray:
    """`Sought.ignored` of walkers of whom none ignores anybody: zeros, uint64 [count], of the same layout as a column."""
    return np.lib.stride_tricks.as_strided(np.zeros(1, np.uint64), (count,), (0,))


@jit(counted=False)
def touched(sites, sought, row, column, turn, ignored):
    """Slot of one of those sought that is touched from a site, in the lumen first, then through the wall, looked for from
    direction `turn` on; not that of the uid `ignored`; NOBODY if there is none."""
    if ignored == EVERYBODY:
        return NOBODY
    for layer in range(sites.population.shape[0]):
        if is_touched(sites, sought.code, layer, row, column):
            for k in range(9):
                r, c = neighbour(sites, row, column, (turn + k) % 9)
                if r >= 0 and sites.population[layer, r, c] == sought.code:
                    slot = sites.occupant[layer, r, c]
                    if sought.uid[slot] != ignored:
                        return np.int64(slot)
    return NOBODY


@jit(counted=False)
def still_touched(sites, code, uids, row, column, uid):
    """Slot of the cell `uid` of the population `code`, if it touches the site, else NOBODY; uids: uint64 [slot]."""
    for layer in range(sites.population.shape[0]):
        for k in range(9):
            r, c = neighbour(sites, row, column, k)
            if r >= 0 and sites.population[layer, r, c] == code:
                slot = sites.occupant[layer, r, c]
                if uids[slot] == uid:
                    return np.int64(slot)
    return NOBODY
