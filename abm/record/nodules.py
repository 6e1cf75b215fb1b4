"""Nodules: groups of tumor cells that stand side by side, and nodules.parquet.

A nodule is a connected component (eight neighbours, across periodic edges) of the sites where a tumor cell stands in
either layer, with at least a given number of cells. Numbers say which nodule of its survey it is, the largest first;
they do not follow a nodule through time.
"""

import numpy as np

from ..cells.tumor import TUMOR
from ..kernels.tables import columns_in
from ..lesions.survey import centres, standing
from ..liver import Liver
from ..tissue.pieces import connected
from .tables import TableColumn, TableRecorder

NODULE = np.dtype(
    [
        ("nodule", "i4"),
        ("cells", "i4"),
        ("area_um2", "f8"),
        ("clones", "i4"),
        ("row", "f8"),
        ("column", "f8"),
        ("zone", "u1"),
    ]
)

COLUMNS = (
    TableColumn("time_min", "f8", "min", "simulated time of the survey"),
    TableColumn("nodule", "i4", "", "number within the survey, 1 is the largest"),
    TableColumn("cells", "i4", "cells", "tumor cells, in both layers"),
    TableColumn("area_um2", "f8", "um^2", "area of the sites where they stand"),
    TableColumn("clones", "i4", "", "founders whose descendants make up the nodule"),
    TableColumn("row", "f8", "site", "mean row of its cells"),
    TableColumn("column", "f8", "site", "mean column of its cells"),
    TableColumn("zone", "u1", "", "zone of that place: 1 periportal, 2 midzonal, 3 pericentral"),
)


def survey(model: Liver, min_cells: float) -> np.ndarray:
    """The nodules of at least `min_cells` cells (structured array of NODULE), the largest first."""
    occupied = (model.sites.population == TUMOR).any(axis=0)
    labels, count = connected(occupied, model.periodic)
    cells = standing(model)
    label = labels[cells["row"], cells["column"]]
    nodules = np.zeros(count, NODULE)
    nodules["cells"] = np.bincount(label, minlength=count + 1)[1:]
    nodules["area_um2"] = np.bincount(labels[occupied], minlength=count + 1)[1:] * model.spacing_um**2
    members = np.unique(np.stack((label, cells["clone"])), axis=1)
    nodules["clones"] = np.bincount(members[0], minlength=count + 1)[1:]
    for axis in ("row", "column"):
        nodules[axis] = centres(cells[axis], label, count, model.shape[axis == "column"], model.periodic)
    nodules = nodules[nodules["cells"] >= min_cells]
    nearest = [
        np.rint(nodules[axis]).astype(int) % size for axis, size in zip(("row", "column"), model.shape, strict=True)
    ]
    nodules["zone"] = model.anatomy.zone[tuple(nearest)]
    nodules = nodules[np.argsort(-nodules["cells"], kind="stable")]
    nodules["nodule"] = np.arange(1, nodules.size + 1)
    return nodules


def tumor_area_um2(model: Liver) -> float:
    """Area of all sites where a tumor cell stands."""
    return float((model.sites.population == TUMOR).any(axis=0).sum() * model.spacing_um**2)


class Nodules(TableRecorder):
    """Surveys the nodules."""

    name = "nodules"

    def __init__(self, every="12 h", min_cells: float = 4):
        super().__init__(every)
        self.min_cells = min_cells

    def columns(self, model):
        return COLUMNS

    def record(self, model):
        nodules = survey(model, self.min_cells)
        if nodules.size:
            self.add(
                {
                    "time_min": np.full(nodules.size, model.minutes),
                    **{name: nodules[name] for name in columns_in(NODULE)},
                }
            )
