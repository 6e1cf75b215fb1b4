"""Clusters: tumor cells that arrive bound to each other travel as one, are held as one, and shelter each other.

What a cluster is held by is disputed: its size, as if it were a ball, or the widest of its cells, for clusters of up to
20 cells unfold and pass constrictions of 5-10 um one after the other (Au 2016, 10.1073/pnas.1524448113). The dial is
`passage.unfolding`. Which cells come together `arrival` says. That clusters seed 23-50 times as often as single cells
(Aceto 2014, 10.1016/j.cell.2014.07.013) is nowhere a parameter: it is to follow from what happens to their cells.
"""

from typing import NamedTuple

import numpy as np

from ..cells.tumor import HELD, TUMOR
from ..kernels.jit import jit
from ..kernels.sites import neighbour, place
from ..ledger import event
from ..ledger.ledger import enter
from ..tissue.sites import LUMEN, SINUSOID

_MOST_LOOKED_AT = 1024  # sites around the first cell of a cluster; a chain of 20 hardly reaches half as many


class Followers(NamedTuple):
    """The cells that are carried along by the first one of their cluster.

    slots: int64 [n]; unfolding: 0 for balls, 1 for chains; queue: int64 [m, 2], work space
    """

    slots: np.ndarray
    unfolding: float
    queue: np.ndarray


def led(order: np.ndarray, cluster: np.ndarray, unfolding: float) -> tuple[np.ndarray, Followers]:
    """Of the circulating cells `order` (slots), those that find their way, single ones and the first of each cluster; and
    those that follow. cluster: uint64 [slot], the column of their table."""
    of = cluster[order]
    leads = of == 0
    if leads.all():
        return order, Followers(order[:0], unfolding, np.empty((0, 2), np.int64))
    leads[np.unique(of, return_index=True)[1]] = True
    return order[leads], Followers(order[~leads], unfolding, np.empty((_MOST_LOOKED_AT, 2), np.int64))


@jit(counted=False)
def width(rows, slot, followers):
    """The diameter (um) by which a lumen holds a cell, or the cluster that it leads: between that of a ball of all its cells
    (unfolding 0) and that of the widest of them (1)."""
    widest = np.float64(rows[slot].diameter_um)
    if rows[slot].cluster == 0:
        return widest
    cubes = widest**3
    for other in followers.slots:
        if rows[other].cluster == rows[slot].cluster:
            diameter = np.float64(rows[other].diameter_um)
            widest = max(widest, diameter)
            cubes += diameter**3
    return widest * (cubes ** (1.0 / 3.0) / widest) ** (1.0 - followers.unfolding)


@jit(counted=False)
def next_follower(rows, followers, cluster, n):
    """The place, from `n` on, of the next cell of a cluster among the followers; their number if there is none."""
    while n < followers.slots.size and rows[followers.slots[n]].cluster != cluster:
        n += 1
    return n


@jit(counted=False)
def set_down(tumor, sites, book, minutes, slot, followers, pressure, unblocked, carrying):
    """The first cell of a cluster has been held: the others are, too, at the nearest free sites upstream of it, or, at the
    mouth of a sinusoid, abreast. A chain of n cells reaches n - 1 sites far; who has no room there goes on alone, from next step on.

    pressure: float64 [row, column]; unblocked, carrying: uint8, changed (see `passage.carry`).
    """
    rows, queue = tumor.rows, followers.queue
    first = rows[slot]
    reach, n = 0, next_follower(rows, followers, first.cluster, 0)
    waiting = n
    while n < followers.slots.size:
        reach += 1
        n = next_follower(rows, followers, first.cluster, n + 1)
    turn = np.int64(first.uid % np.uint64(8))
    for upstream in (True, False):
        queue[0, 0], queue[0, 1] = first.row, first.column
        head, tail, level_end, level = 0, 1, 1, 0
        while head < tail and level < reach and waiting < followers.slots.size:
            for k in range(8):
                r, c = neighbour(sites, queue[head, 0], queue[head, 1], (turn + k) % 8)
                if r < 0 or sites.kind[r, c] != SINUSOID or tail == queue.shape[0]:
                    continue
                if upstream and pressure[r, c] < pressure[first.row, first.column]:
                    continue
                known = False
                for m in range(tail):
                    if queue[m, 0] == r and queue[m, 1] == c:
                        known = True
                        break
                if known:
                    continue
                queue[tail, 0], queue[tail, 1] = r, c
                tail += 1
                if waiting == followers.slots.size or unblocked[r, c] == 0 or sites.population[LUMEN, r, c] != 0:
                    continue
                follower = followers.slots[waiting]
                hold(tumor, sites, book, minutes, follower, r, c, first.held_by, unblocked, carrying)
                waiting = next_follower(rows, followers, first.cluster, waiting + 1)
            head += 1
            if head == level_end:
                level_end = tail
                level += 1
    while waiting < followers.slots.size:
        cell = rows[followers.slots[waiting]]
        waiting = next_follower(rows, followers, first.cluster, waiting + 1)
        cell.row, cell.column = first.row, first.column
        cell.cluster = np.uint64(0)


@jit(counted=False)
def hold(tumor, sites, book, minutes, slot, row, column, reason, unblocked, carrying):
    """A circulating cell is held at a free site and blocks the way there."""
    cell = tumor.rows[slot]
    cell.row, cell.column = row, column
    cell.state = HELD
    cell.held_by = reason
    cell.settled_h = np.float32(minutes / 60.0)
    place(sites, TUMOR, LUMEN, row, column, slot)
    carrying[row, column] = unblocked[row, column] = 0
    enter(book, minutes, event.HELD, reason, cell, sites.zone[row, column])


@jit(counted=False)
def in_company(rows, sites, slot):
    """Whether the cell in `slot` touches a living one of the cluster in which it came, in either layer."""
    cell = rows[slot]
    if cell.cluster == 0:
        return False
    for layer in range(sites.population.shape[0]):
        for k in range(9):
            r, c = neighbour(sites, cell.row, cell.column, k)
            if r >= 0 and sites.population[layer, r, c] == TUMOR:
                other = sites.occupant[layer, r, c]
                if other != slot and rows[other].cluster == cell.cluster:
                    return True
    return False
