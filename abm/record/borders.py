"""Borders of nodules: how each stretch of them grows, as pathologists tell it.

Of a liver metastasis the border replaces hepatocytes and lives on their sinusoids, or is parted from them by a rim of matrix
(desmoplastic), or pushes plates and sinusoids aside (Vermeulen 2001, 10.1002/path.966; Galjart 2019, 10.1007/s10456-019-09661-5).
"""

from typing import NamedTuple

import numpy as np
from scipy import ndimage

from ..liver import Liver
from ..tissue.pieces import outside_of
from ..tissue.sites import PARENCHYMA, SINUSOID

REPLACEMENT, DESMOPLASTIC, PUSHING = 1, 2, 3
"""How a stretch of border grows, in lattices; 0 is no border."""
PATTERNS = ("replacement", "desmoplastic", "pushing")
"""In the order of these numbers."""

DENSE_MATRIX = 0.5
"""Matrix (of at most 1) from which on it parts a nodule from the liver."""

_AROUND = np.ones((3, 3), bool)


class Surface(NamedTuple):
    """What a border is told by, all [row, column].

    kind : of each site (uint8); tumor : where any tumor cell stands; hepatocytes : where one lives; open : which sinusoids are;
    ecm : matrix (float32); periodic : whether opposite edges touch
    """

    kind: np.ndarray
    tumor: np.ndarray
    hepatocytes: np.ndarray
    open: np.ndarray
    ecm: np.ndarray
    periodic: bool


def surface_of(liver: Liver) -> Surface:
    """That of a liver; a sinusoid is open until it has collapsed, though a net may fill it."""
    tumor, living = liver.tumor_sites(), liver.living_hepatocytes()
    return Surface(liver.sites.kind, tumor, living, liver.collapsed == 0, liver.ecm, liver.periodic)


def borders(surface: Surface, inside: np.ndarray) -> np.ndarray:
    """How the border grows at each site of liver that touches a nodule from outside (uint8 [row, column]), 0 at all others.

    The nodules stand at `inside` (bool [row, column]); what one encloses, as a vessel or a gap that its dead left, is none of its
    border, nor are portal tracts, veins and tumor cells that stand alone. Desmoplastic where there is dense matrix; else replacement
    where a hepatocyte lives, at the site of a plate or beside one of a sinusoid, and the nearest sinusoid is open; else pushing.
    """
    pattern = np.zeros(inside.shape, np.uint8)
    if not inside.any():
        return pattern
    sinusoid, free, periodic = surface.kind == SINUSOID, ~surface.tumor, surface.periodic
    at = _grown(inside, periodic) & outside_of(inside, periodic) & free & (sinusoid | (surface.kind == PARENCHYMA))
    living = surface.hepatocytes & free
    beside = np.where(sinusoid, _grown(living, periodic), living)
    replaces = beside & _of_nearest(sinusoid & free, surface.open, periodic)
    pattern[at] = np.where(surface.ecm >= DENSE_MATRIX, DESMOPLASTIC, np.where(replaces, REPLACEMENT, PUSHING))[at]
    return pattern


def stretches_of(pattern: np.ndarray, group: np.ndarray, periodic: bool) -> np.ndarray:
    """How many sites of the border of each group of tumor cells grow in each of the PATTERNS: int64 [groups + 1, 3].

    pattern : as of `borders`; group : number of the group of each site, 0 for none (int [row, column])
    """
    rows, columns = pattern.shape
    padded = np.pad(group, 1, mode="wrap" if periodic else "constant")
    around = [padded[r : r + rows, c : c + columns] for r in range(3) for c in range(3)]
    site, found = np.flatnonzero(pattern), np.stack(around, axis=-1)[pattern != 0]
    touched = np.unique(np.stack((np.repeat(site, 9), found.ravel())), axis=1)
    touched = touched[:, touched[1] > 0]
    counts = np.zeros((int(group.max(initial=0)) + 1, len(PATTERNS)), np.int64)
    np.add.at(counts, (touched[1], pattern.ravel()[touched[0]] - 1), 1)
    return counts


def pattern_of_each(stretches: np.ndarray, pure: bool = False) -> np.ndarray:
    """The pattern of each nodule by the `stretches` of its border (int [nodules, 3]): that of more than half of it, with `pure` of
    all of it; 0 for a mixed one, and for one without border."""
    most, total = stretches.max(axis=1), stretches.sum(axis=1)
    is_typed = (total > 0) & ((most == total) if pure else (2 * most > total))
    return np.where(is_typed, 1 + stretches.argmax(axis=1), 0)


def _grown(marked: np.ndarray, periodic: bool) -> np.ndarray:
    """The marked sites and those that touch one (bool [row, column])."""
    return ndimage.binary_dilation(np.pad(marked, 1, mode="wrap" if periodic else "constant"), _AROUND)[1:-1, 1:-1]


def _of_nearest(places: np.ndarray, value: np.ndarray, periodic: bool) -> np.ndarray:
    """The `value` (bool [row, column]) at that one of the `places` which is nearest to each site; False where there are none."""
    if not places.any():
        return np.zeros(places.shape, bool)
    edges = [(size // 2 if periodic else 0,) * 2 for size in places.shape]
    padded, values = (np.pad(each, edges, mode="wrap") for each in (places, value))
    nearest = ndimage.distance_transform_edt(~padded, return_distances=False, return_indices=True)
    middle = tuple(slice(before, before + size) for (before, _), size in zip(edges, places.shape, strict=True))
    return values[tuple(nearest)][middle]
