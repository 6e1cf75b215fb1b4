"""Pieces of a lattice: what stands side by side, what it encloses, and how far from its edge a site is."""

import math

import numpy as np
from scipy import ndimage, sparse


def connected(occupied: np.ndarray, periodic: bool) -> tuple[np.ndarray, int]:
    """Number (int32 [row, column], from 1 in reading order, 0 where nothing is) of the component of each site, and
    how many components there are."""
    labels, count = ndimage.label(occupied, np.ones((3, 3), bool))
    if not periodic or count < 2:
        return labels, count
    pairs = []
    for edge, opposite in ((labels[0], labels[-1]), (labels[:, 0], labels[:, -1])):
        for shift in (-1, 0, 1):
            pairs.append(np.stack((edge, np.roll(opposite, shift))))
    joined = np.concatenate(pairs, axis=1)
    first, second = joined[:, (joined > 0).all(axis=0)]
    graph = sparse.coo_matrix((np.ones(first.size, np.int8), (first, second)), (count + 1, count + 1))
    groups, group = sparse.csgraph.connected_components(graph, directed=False)
    # components in reading order of their first site; the empty site's group is a component of its own
    leader = np.full(groups, count + 1)
    np.minimum.at(leader, group, np.arange(count + 1))
    rank = np.argsort(np.argsort(leader, kind="stable"), kind="stable")
    return rank[group].astype(np.int32)[labels], groups - 1


def from_edge(inside: np.ndarray, spacing_um: float, periodic: bool) -> np.ndarray:
    """How far the centre of each site is from the edge of the nodules that stand at `inside` (bool [row, column]), in um
    (float64 [row, column]): negative within them, and infinite where there are none.

    The edge lies midway between the last site inside and the first outside. What a nodule encloses, as a vessel or a gap that
    its dead left, is inside.
    """
    if not inside.any():
        return np.full(inside.shape, np.inf)
    outside = outside_of(inside, periodic)
    if not outside.any():
        return np.full(inside.shape, -np.inf)
    edges = [(math.ceil(size / 2) if periodic else 0,) * 2 for size in inside.shape]
    padded = np.pad(outside, edges, mode="wrap")
    middle = tuple(slice(before, before + size) for (before, _), size in zip(edges, inside.shape, strict=True))
    sites = ndimage.distance_transform_edt(padded)
    sites = np.where(padded, sites, -ndimage.distance_transform_edt(~padded))
    return ((np.abs(sites) - 0.5) * np.sign(sites))[middle] * spacing_um


def outside_of(inside: np.ndarray, periodic: bool) -> np.ndarray:
    """What lies outside of the nodules that stand at `inside`, without what they enclose (both bool [row, column])."""
    free, count = connected(~inside, periodic)
    if count == 0:
        return np.zeros(inside.shape, bool)
    return free == 1 + np.argmax(np.bincount(free.ravel())[1:])
