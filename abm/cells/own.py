"""Cells of one's own: who the types of a table are, and on which sites its cells stand."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
from scipy import spatial

from ..kernels.sites import Sites
from ..tissue.own import IGNORED, OwnCells, OwnTissueError
from ..tissue.sites import ROOM, SINUSOID, TISSUE
from .settle import NoRoom
from .species import Species

REACH_UM = 50.0
"""A cell is laid on the nearest free site where its kind can stand, at most so far from its place."""
_CANDIDATES = 64
"""Nearest sites that are looked at for one cell."""


class Laid(NamedTuple):
    """Cells of one population at their places: rows, columns : float64, in sites; names : what messages call them."""

    rows: np.ndarray
    columns: np.ndarray
    names: tuple[str, ...]


def populations_of(cells: OwnCells, names: Mapping[str, str], species: Iterable[Species]) -> dict[str, np.ndarray]:
    """Population -> which of the cells belong to it (int64), of the types of a table. `names` : type -> population, or "ignore".

    Raises OwnTissueError for a type that is none, naming the first row that has it.
    """
    known: dict[str, str] = {}
    for each in species:
        if not each.is_wall:
            words = (each.name, each.words, *each.synonyms.split(), each.name.replace("_", " "))
            known |= {word.casefold(): each.name for word in words}
    meant: dict[str, str] = {}
    for kind in dict.fromkeys(cells.types):
        word = names.get(kind, kind)
        population = IGNORED if word == IGNORED else known.get(word.casefold())
        if population is None:
            row = cells.rows[cells.types.index(kind)]
            raise OwnTissueError(
                f"{row}: '{word}' is no population; say in tissue.names what '{kind}' means: "
                f"{', '.join(dict.fromkeys(known.values()))}, or {IGNORED}"
            )
        meant[kind] = population
    whose = np.array([meant[kind] for kind in cells.types], object)
    return {name: np.flatnonzero(whose == name) for name in dict.fromkeys(meant.values()) if name != IGNORED}


def laid(cells: OwnCells, which: np.ndarray, shape: tuple[int, int], site_um: float, y_axis: str) -> Laid:
    """Some cells of a table in the coordinates of the lattice. Raises OwnTissueError for one that lies outside of it."""
    x, y = cells.x_um[which] / site_um, cells.y_um[which] / site_um
    outside = (x < 0) | (x > shape[1]) | (y < 0) | (y > shape[0])
    if outside.any():
        first = int(which[np.flatnonzero(outside)[0]])
        raise OwnTissueError(
            f"{cells.rows[first]}: ({cells.x_um[first]:g}, {cells.y_um[first]:g}) um lies outside of the tissue, which is "
            f"{shape[1] * site_um:g} x {shape[0] * site_um:g} um"
        )
    names = tuple(cells.rows[number] for number in which)
    if y_axis == "up":  # crlm writes the middle of a site, from that of the lowest row and of the first column
        return Laid(shape[0] - 1 - y, x, names)
    return Laid(y - 0.5, x - 0.5, names)


def free_sites(wanted: Laid, species: Species, sites: Sites, site_um: float) -> np.ndarray:
    """The site of each cell (flat index, int64): the nearest one that is free and where such a cell can stand, those who come
    first in the file first. Raises NoRoom, which names the row, where there is none within REACH_UM."""
    layer = species.stands[0] if species.settle is not None else TISSUE
    kinds = (SINUSOID,) if species.settle is not None else ROOM[layer]  # residents begin in or at the sinusoids
    free = np.flatnonzero(np.isin(sites.kind, kinds) & (sites.population[layer] == 0))
    if not len(wanted.rows):
        return np.empty(0, np.int64)
    where = np.stack(np.divmod(free, sites.kind.shape[1]), axis=1)
    taken = np.zeros(free.size, bool)
    chosen = np.empty(len(wanted.rows), np.int64)
    count = min(_CANDIDATES, free.size)
    if count:
        distances, nearest = spatial.cKDTree(where).query(np.stack([wanted.rows, wanted.columns], axis=1), k=count)
        distances, nearest = distances.reshape(-1, count), nearest.reshape(-1, count)
    for number, name in enumerate(wanted.names):
        near = nearest[number][distances[number] * site_um <= REACH_UM] if count else np.empty(0, np.int64)
        open_ones = near[~taken[near]]
        if not open_ones.size:
            raise NoRoom(
                f"{name} ({species.name}): there is no free site for it within {REACH_UM:g} um; cells of this kind stand one on a site, "
                f"{'at sinusoids' if len(kinds) == 1 else 'outside of the large vessels'}"
            )
        taken[open_ones[0]] = True
        chosen[number] = free[open_ones[0]]
    return chosen
