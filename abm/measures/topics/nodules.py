"""Nodules: groups of touching tumor cells, their number, sizes and founders.

The slab is one cell thick and shows a disc of what would be a sphere; with `solid` a nodule counts by the cells of the
sphere, 4/(3 sqrt(pi)) n^1.5 for a disc of n sites.

A nodule is what touches, a colony what descends from one founder. In a liver, where a nodule lies in ten square millimetres,
they are the same; in a run that looks at more cells than the animal has, or at more founders among them, colonies run together
that would have stayed apart.
"""

import math
from collections.abc import Callable
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from ...record.nodules import tumor_area_um2
from ...units import Micrometers, written
from ..look import Look, Share
from ..measure import measure
from .parameters import MinCells, Solid, cells_of_sphere

Statistic = Annotated[Literal["median", "mean", "largest"], Field(description="what is told of the sizes")]
_STATISTICS: dict[str, Callable[[np.ndarray], float]] = {"median": np.median, "mean": np.mean, "largest": np.max}


@measure(unit="nodules", kind="count")
def nodules(look: Look, min_cells: MinCells = 4, solid: Solid = False) -> float:
    """Groups of at least `min_cells` touching tumor cells."""
    return _nodules(look, min_cells, solid).size


@measure(unit="colonies", kind="count")
def colonies(look: Look, min_cells: MinCells = 4) -> float:
    """Founders with at least `min_cells` living descendants, themselves among them: nodules, had none grown together."""
    return _colonies(look, min_cells).size


@measure(unit="", kind="level")
def colony_size_cv(look: Look, min_cells: MinCells = 4) -> float:
    """Coefficient of variation of the diameters of the colonies, each taken as a disc; nan for fewer than two."""
    diameters = np.sqrt(_colonies(look, min_cells))
    return diameters.std(ddof=1) / diameters.mean() if diameters.size > 1 else np.nan


@measure(unit="", kind="share")
def incidence(look: Look, min_cells: MinCells = 4, solid: Solid = False) -> Share:
    """Whether there is any nodule of at least `min_cells` tumor cells; over runs, the share of runs with one."""
    return Share(int(_nodules(look, min_cells, solid).size > 0), 1)


@measure(unit="", kind="share")
def take(
    look: Look,
    diameter: Annotated[
        Micrometers, Field(description="diameter of the disc in the slab from which a nodule is seen by eye")
    ] = written("200 um"),
) -> Share:
    """Whether the tumor took: any nodule with the area of a disc of `diameter`; over runs, the share of runs that did."""
    return Share(int((look.groups["area_um2"] >= np.pi / 4 * diameter**2).any()), 1)


@measure(unit="cells", kind="level")
def nodule_cells(look: Look, statistic: Statistic = "median", min_cells: MinCells = 4, solid: Solid = False) -> float:
    """Size of the nodules in tumor cells; nan when there is none."""
    cells = _nodules(look, min_cells, solid)["cells"].astype(float)
    return _told(statistic, cells_of_sphere(cells) if solid else cells)


@measure(unit="um^2", kind="level")
def nodule_area(look: Look, statistic: Statistic = "mean", min_cells: MinCells = 4) -> float:
    """Area of the nodules in the slab; nan when there is none."""
    return _told(statistic, _nodules(look, min_cells, False)["area_um2"])


@measure(unit="um", kind="level")
def nodule_diameter(look: Look, statistic: Statistic = "median", min_cells: MinCells = 4) -> float:
    """Diameter of the nodules: of discs of the same area; nan when there is none."""
    return _told(statistic, np.sqrt(4 / np.pi * _nodules(look, min_cells, False)["area_um2"]))


@measure(unit="um", kind="level")
def lesion_diameter(look: Look) -> float:
    """Diameter of the tumor, all pieces together: of a disc with the area of all sites where tumor cells stand.

    Where treatment leaves a third of the cells of a nodule, these no longer touch, and `nodule_diameter` is that of a fragment.
    """
    return math.sqrt(4 / math.pi * tumor_area_um2(look.liver))


@measure(unit="", kind="level")
def nodule_size_cv(
    look: Look,
    size: Annotated[Literal["cells", "diameter"], Field(description="what is called size")] = "diameter",
    min_cells: MinCells = 4,
    solid: Solid = False,
) -> float:
    """Coefficient of variation of the sizes of the nodules (standard deviation over mean); nan for fewer than two."""
    chosen = _nodules(look, min_cells, solid)
    if chosen.size < 2:
        return np.nan
    sizes = np.sqrt(chosen["area_um2"]) if size == "diameter" else chosen["cells"].astype(float)
    if size == "cells" and solid:
        sizes = cells_of_sphere(sizes)
    return sizes.std(ddof=1) / sizes.mean()


@measure(unit="", kind="share")
def multiclonal(look: Look, min_cells: MinCells = 4) -> Share:
    """Share of the nodules that descend from more than one founder."""
    chosen = _nodules(look, min_cells, False)
    return Share(int((chosen["clones"] > 1).sum()), chosen.size)


@measure(unit="clones", kind="level")
def effective_clones(
    look: Look,
    of: Annotated[Literal["liver", "nodule"], Field(description="of all cells, or the mean of the nodules'")] = "liver",
    min_cells: MinCells = 4,
) -> float:
    """Effective number of clones: one over the sum of squares of their shares of the cells in nodules.

    1 when all cells descend from one founder, n when n founders have equal shares; nan without nodules.
    """
    cells = look.standing
    group = look.group_of_site[cells["row"], cells["column"]]
    large = np.bincount(group)[group] >= min_cells
    group, clone = (group if of == "nodule" else np.zeros_like(group))[large], cells["clone"][large]
    if not group.size:
        return np.nan
    members, counts = np.unique(np.stack((group, clone)), axis=1, return_counts=True)
    total, squares = np.bincount(members[0], counts), np.bincount(members[0], counts.astype(float) ** 2)
    there = total > 0
    return (total[there] ** 2 / squares[there]).mean()


@measure(unit="/mm^2", kind="level")
def vessel_density(look: Look, min_cells: MinCells = 4) -> float:
    """New vessels per area of the nodules; nan when there is none."""
    inside = look.nodule_sites(min_cells)
    area_mm2 = np.count_nonzero(inside) * (look.liver.spacing_um / 1000.0) ** 2
    return float(np.count_nonzero(look.liver.vessels[inside]) / area_mm2) if area_mm2 else np.nan


def _colonies(look: Look, min_cells: int) -> np.ndarray:
    """How many living cells each of them has."""
    cells = np.unique(look.cells["clone"], return_counts=True)[1]
    return cells[cells >= min_cells]


def _nodules(look: Look, min_cells: int, solid: bool) -> np.ndarray:
    cells = look.groups["cells"]
    return look.groups[(cells_of_sphere(cells) if solid else cells) >= min_cells]


def _told(statistic: str, sizes: np.ndarray) -> float:
    return _STATISTICS[statistic](sizes) if sizes.size else np.nan
