"""Surveys of lesions: nodules that are followed through time.

A lesion is a nodule of at least a given number of cells, and all that comes of it. It keeps its number from survey to survey:

    goes on    what stands on the outline that it had at the survey before, more than on that of any other lesion, is it; and so is
               what stands on no outline and no further than a given gap from it, edge to edge, or within its old radius of where
               its centre was, if it has enough cells or else nothing is left of the lesion
    broken     pieces of one lesion with no larger gap between them count as one: a scan does not part them
    splits     of pieces further apart the largest keeps the number; others of enough cells get numbers of their own, with it as
               `parent`
    merges     the lesion whose outline the common nodule covers most goes on; for the other one this is the last survey, without
               cells, and `merged_into` says into which
    gone       it stays in the table without cells, so that a look that found nothing is told from none; it comes back where new
               cells stand within its old radius of its centre

What tumor cells enclose is part of their mass: a dead centre, and cells in it that stand alone. Where single cells die all over, as under
a drug, gaps stay here that tissue closes: `packed_um` is the diameter that is left when it has.
"""

from typing import NamedTuple

import numpy as np
from scipy import ndimage, sparse, spatial

from ..liver import Liver
from ..tissue.pieces import connected, outside_of

LESION = np.dtype(
    [
        ("lesion", "i4"),
        ("parent", "i4"),
        ("merged_into", "i4"),
        ("cells", "i4"),
        ("area_um2", "f8"),
        ("diameter_um", "f8"),
        ("packed_um", "f8"),
        ("longest_um", "f8"),
        ("row", "f8"),
        ("column", "f8"),
    ]
)

KNOWN = np.dtype([("lesion", "i4"), ("parent", "i4"), ("row", "f8"), ("column", "f8"), ("radius_um", "f8")])
"""What is remembered of a lesion: its place and size when it was last there."""


class Known(NamedTuple):
    """What a survey leaves for the next one.

    outline : number of the lesion at each site, 0 for none (int32 [row, column])
    lesions : those that are followed, gone ones among them, by number (array of KNOWN)
    given : the highest number given so far
    """

    outline: np.ndarray
    lesions: np.ndarray
    given: int

    @classmethod
    def nothing(cls, shape: tuple[int, int]) -> "Known":
        return cls(np.zeros(shape, np.int32), np.zeros(0, KNOWN), 0)


def survey(model: Liver, known: Known, min_cells: float, gap_um: float) -> tuple[np.ndarray, Known]:
    """The lesions by number (array of LESION), and what the next survey must know.

    known : what the survey before left; min_cells : cells from which on a nodule that comes of no known lesion is one, and a piece
    that has split off; gap_um : gap up to which pieces are of one lesion
    """
    masses, count = connected(~outside_of(model.tumor_sites(), model.periodic), model.periodic)
    cells = standing(model)
    mass_of_cell = masses[cells["row"], cells["column"]]
    size = np.bincount(mass_of_cell, minlength=count + 1)
    overlap = _overlaps(masses, known.outline)
    origin = _origins(model, masses, overlap, known, cells, size, min_cells, gap_um)
    piece_of = _joined(masses, origin, model, gap_um)
    number, parents, highest = _numbered(origin, piece_of, size, known.given, min_cells)

    lesions = np.zeros(known.lesions.size + len(parents), LESION)
    lesions["lesion"] = [*known.lesions["lesion"], *parents]
    lesions["parent"] = [*known.lesions["parent"], *parents.values()]
    place = np.zeros(highest + 1, np.int64)  # of each lesion in the array, plus one; 0 of those that are none any more
    place[lesions["lesion"]] = 1 + np.arange(lesions.size)

    outline = number[masses].astype(np.int32)
    of_cell = place[number[mass_of_cell]]
    lesions["cells"] = np.bincount(of_cell, minlength=lesions.size + 1)[1:]
    lesions["area_um2"] = np.bincount(place[outline].ravel(), minlength=lesions.size + 1)[1:] * model.spacing_um**2
    lesions["diameter_um"] = np.sqrt(4 / np.pi * lesions["area_um2"])
    filled = np.bincount(place[np.where(model.tumor_sites(), outline, 0)].ravel(), minlength=lesions.size + 1)[1:]
    lesions["packed_um"] = np.sqrt(4 / np.pi * filled) * model.spacing_um
    is_there, before = lesions["cells"] > 0, np.arange(lesions.size) < known.lesions.size
    for axis in ("row", "column"):
        middle = centres(cells[axis], of_cell, lesions.size, model.shape[axis == "column"], model.periodic)
        lesions[axis] = middle
        lesions[axis][before & ~is_there] = known.lesions[axis][~is_there[: known.lesions.size]]
    lesions["longest_um"] = _longest(place[outline], lesions, model)
    lesions["merged_into"] = [
        0 if there else _covered_by(one, overlap, number)
        for one, there in zip(lesions["lesion"], is_there, strict=True)
    ]

    goes_on = lesions["merged_into"] == 0
    remembered = np.zeros(int(goes_on.sum()), KNOWN)
    for name in ("lesion", "parent", "row", "column"):
        remembered[name] = lesions[name][goes_on]
    radius = lesions["diameter_um"] / 2
    radius[before & ~is_there] = known.lesions["radius_um"][~is_there[: known.lesions.size]]
    remembered["radius_um"] = radius[goes_on]
    return lesions, Known(outline, remembered, highest)


class _Overlap(NamedTuple):
    """How many `sites` of the old outline of a `lesion` a `mass` covers, a place in each array for each pair that
    has any."""

    mass: np.ndarray
    lesion: np.ndarray
    sites: np.ndarray


def _overlaps(masses: np.ndarray, outline: np.ndarray) -> _Overlap:
    both = (masses > 0) & (outline > 0)
    pairs, sites = np.unique(np.stack((masses[both], outline[both])), axis=1, return_counts=True)
    return _Overlap(pairs[0], pairs[1], sites)


def _origins(
    model: Liver,
    masses: np.ndarray,
    overlap: _Overlap,
    known: Known,
    cells: np.ndarray,
    size: np.ndarray,
    min_cells: float,
    gap_um: float,
) -> np.ndarray:
    """The known lesion of which each mass is a part (int64 [masses + 1]), 0 for a new one."""
    origin = np.zeros(size.size, np.int64)
    # the last that is written stands: the largest overlap, of equal ones that with the lower number
    order = np.lexsort((-overlap.lesion, overlap.sites))
    origin[overlap.mass[order]] = overlap.lesion[order]
    for near in (
        _near_outline(origin, model, masses, known.outline, gap_um),
        _near_centre(origin, model, masses, known.lesions, cells),
    ):
        # few cells beside a lesion that is there are no part of it, else it would grow by them at its second survey
        stays = (origin == 0) & ((size >= min_cells) | ~np.isin(near, origin))
        origin[stays] = near[stays]
    return origin


def _near_outline(
    origin: np.ndarray, model: Liver, masses: np.ndarray, outline: np.ndarray, gap_um: float
) -> np.ndarray:
    """For each mass without origin the lesion of the nearest old outline, 0 where the gap is too large (int64 [masses + 1])."""
    near = np.zeros_like(origin)
    there, sites = np.argwhere(outline), np.argwhere((masses > 0) & (origin[masses] == 0))
    if there.size and sites.size:
        tree = spatial.cKDTree(there, boxsize=model.shape if model.periodic else None)
        apart, nearest = tree.query(sites)
        order = np.argsort(-apart, kind="stable")  # the last that is written stands: the nearest
        order = order[apart[order] <= _sites_apart(gap_um, model)]
        near[masses[tuple(sites[order].T)]] = outline[tuple(there[nearest[order]].T)]
    return near


def _near_centre(
    origin: np.ndarray, model: Liver, masses: np.ndarray, lesions: np.ndarray, cells: np.ndarray
) -> np.ndarray:
    """For each mass without origin the lesion whose centre was nearest, 0 where it stands beyond its radius (int64
    [masses + 1])."""
    near, lost = np.zeros_like(origin), 1 + np.flatnonzero(origin[1:] == 0)
    if not lost.size or not lesions.size:
        return near
    mass_of_cell = masses[cells["row"], cells["column"]]
    away = np.zeros((lost.size, lesions.size))
    for axis, size in zip(("row", "column"), model.shape, strict=True):
        middle = centres(cells[axis], mass_of_cell, origin.size - 1, size, model.periodic)[lost - 1]
        apart = np.abs(middle[:, None] - lesions[axis])
        away += (np.minimum(apart, size - apart) if model.periodic else apart) ** 2
    away = np.sqrt(away) * model.spacing_um
    away[away > lesions["radius_um"]] = np.inf
    near[lost] = np.where(np.isfinite(away.min(axis=1)), lesions["lesion"][np.argmin(away, axis=1)], 0)
    return near


def _sites_apart(gap_um: float, model: Liver) -> float:
    """The sites from centre to centre across a gap from edge to edge."""
    return gap_um / model.spacing_um + 1


def _joined(masses: np.ndarray, origin: np.ndarray, model: Liver, gap_um: float) -> np.ndarray:
    """The piece that each mass belongs to (int [masses + 1]): parts of one lesion with no larger gap between them."""
    parts = np.bincount(origin, minlength=1)
    is_one_of_several = (origin > 0) & (parts[origin] > 1)
    at = np.argwhere(is_one_of_several[masses] & ~ndimage.binary_erosion(masses > 0))
    graph = sparse.coo_matrix((origin.size, origin.size), np.int8)
    if at.size:
        tree = spatial.cKDTree(at, boxsize=model.shape if model.periodic else None)
        near = masses[tuple(at.T)][tree.query_pairs(_sites_apart(gap_um, model), output_type="ndarray")]
        near = near[origin[near[:, 0]] == origin[near[:, 1]]]
        graph = sparse.coo_matrix((np.ones(len(near), np.int8), near.T), (origin.size, origin.size))
    return sparse.csgraph.connected_components(graph, directed=False)[1]


def _numbered(
    origin: np.ndarray, piece_of: np.ndarray, size: np.ndarray, given: int, min_cells: float
) -> tuple[np.ndarray, dict[int, int], int]:
    """The lesion of each mass (int64 [masses + 1], 0 for none), the parent of each new one, by number, and the highest
    number."""
    cells = np.bincount(piece_of, size)
    first = np.full(cells.size, origin.size)
    np.minimum.at(first, piece_of, np.arange(origin.size))
    number_of_piece, parents, taken = np.zeros(cells.size, np.int64), {}, {0}
    for piece in np.lexsort((first, -cells)).tolist():  # the largest first, of equal ones the first in reading order
        lesion = int(origin[first[piece]])
        if first[piece] == 0:
            continue
        if lesion not in taken:
            number_of_piece[piece] = lesion
            taken.add(lesion)
        elif cells[piece] >= min_cells:
            given += 1
            number_of_piece[piece], parents[given] = given, lesion
    return number_of_piece[piece_of], parents, given


def _covered_by(lesion: int, overlap: _Overlap, number: np.ndarray) -> int:
    """The lesion that stands on most of the old outline of one that is no more there, 0 where none does."""
    covering = np.flatnonzero(overlap.lesion == lesion)
    return int(number[overlap.mass[covering[np.argmax(overlap.sites[covering])]]]) if covering.size else 0


def _longest(place: np.ndarray, lesions: np.ndarray, model: Liver) -> np.ndarray:
    """The longest axis of each lesion from edge to edge, in um; `place` is its number in the array plus one at each site."""
    longest = np.zeros(lesions.size)
    at = np.argwhere(place)
    which = place[tuple(at.T)] - 1
    ordered = at[np.argsort(which, kind="stable")]
    bounds = np.searchsorted(np.sort(which), np.arange(lesions.size + 1))
    for k in np.flatnonzero(np.diff(bounds)).tolist():
        apart = ordered[bounds[k] : bounds[k + 1]] - np.array([lesions["row"][k], lesions["column"][k]])
        if model.periodic:
            apart = (apart + np.array(model.shape) / 2) % model.shape - np.array(model.shape) / 2
        rows = np.rint(apart[:, 0] - apart[:, 0].min()).astype(int)
        ends = np.empty((2, rows.max() + 1))
        ends[0], ends[1] = np.inf, -np.inf
        np.minimum.at(ends[0], rows, apart[:, 1])
        np.maximum.at(ends[1], rows, apart[:, 1])
        used = np.flatnonzero(np.isfinite(ends[0]))
        corners = np.stack((np.tile(used, 2), ends[:, used].ravel()), axis=1)
        longest[k] = spatial.distance.pdist(corners).max() + 1
    return longest * model.spacing_um


def standing(model: Liver) -> np.ndarray:
    """The tumor cells that hold a site; those in the blood do not."""
    slots = np.flatnonzero(model.tumor.rows.alive)
    cells = np.asarray(model.tumor.rows)[slots]
    return cells[model.sites.occupant[cells["layer"], cells["row"], cells["column"]] == slots]


def centres(position: np.ndarray, label: np.ndarray, count: int, size: int, periodic: bool) -> np.ndarray:
    """Mean position of each component's cells, around the circle when periodic, in [0, size)."""
    members = np.bincount(label, minlength=count + 1)[1:]
    if not periodic:
        return np.bincount(label, position, count + 1)[1:] / np.maximum(members, 1)
    angle = 2 * np.pi / size * position
    east = np.bincount(label, np.cos(angle), count + 1)[1:]
    north = np.bincount(label, np.sin(angle), count + 1)[1:]
    return np.round(np.arctan2(north, east) / (2 * np.pi) * size, 6) % size
