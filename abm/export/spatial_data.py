"""SpatialData: levels as images, codes as labels, cells as circles with their table, in one coordinate system in um.

As in images y is counted from above here, for cells too. Each day has its elements: `levels_day_3`, `lumen_day_3`,
`cells_day_3`, `table_day_3`.
"""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..kept.run import KeptRun
from .cells import anndata_of
from .colours import Looks
from .format import ZARR_FILES, Format, needed_for

SYSTEM = "um"
"""The coordinate system."""


def spatialdata_of(run: KeptRun, days: Sequence[float] | None = None) -> Any:
    """A run at the snapshots of `days` (None: the last) as a `spatialdata.SpatialData`. Raises ValueError for a day without
    snapshot, NotInstalled without spatialdata."""
    with needed_for("SpatialData"):
        import spatialdata

    elements: dict[str, Any] = {}
    for day in run.days[-1:] if days is None else days:
        elements |= _elements(run, run.frame(day))
    return spatialdata.SpatialData.init_from_elements(elements)


def _elements(run: KeptRun, frame: int) -> dict[str, Any]:
    from spatialdata import models, transformations

    day, site, rows = run.days[frame], run.recording.spacing_um, run.recording.site_kind.shape[0]
    # a place is that of the middle of a site; pixels are counted from their corner
    to_um = {
        SYSTEM: transformations.Sequence(
            [
                transformations.Scale([site, site], axes=("x", "y")),
                transformations.Translation([-site / 2, -site / 2], axes=("x", "y")),
            ]
        )
    }
    at = f"day_{day:.6g}"
    levels = np.stack([run.recording.lattice(name, frame) for name in run.fields])
    elements: dict[str, Any] = {
        f"levels_{at}": models.Image2DModel.parse(
            levels, dims=("c", "y", "x"), c_coords=list(run.fields), transformations=to_um
        )
    }
    for name in run.layers:
        codes = run.recording.lattice(name, frame).astype(np.int32)
        elements[f"{name}_{at}"] = models.Labels2DModel.parse(codes, dims=("y", "x"), transformations=to_um)
    table, looks = anndata_of(run, [day]), Looks(run)
    if not table.n_obs:
        return elements
    places = table.obs[["x_um", "y_um"]].to_numpy(np.float64)
    places[:, 1] = (rows - 1) * site - places[:, 1]
    table.obsm["spatial"] = places
    table.uns["crlm"]["spatial"] = "um, x from the left, y from above"
    table.obs["cell"], table.obs["region"] = np.arange(table.n_obs), f"cells_{at}"
    table.obs["region"] = table.obs["region"].astype("category")
    radii = [looks[cell].radius * site for cell in zip(table.obs["population"], table.obs["state"], strict=True)]
    elements[f"cells_{at}"] = models.ShapesModel.parse(
        places,
        geometry=0,
        radius=np.array(radii),
        index=table.obs["cell"].to_numpy(),
        transformations={SYSTEM: transformations.Identity()},
    )
    elements[f"table_{at}"] = models.TableModel.parse(
        table, region=f"cells_{at}", region_key="region", instance_key="cell"
    )
    return elements


def _write(run: KeptRun, path: Path, days: Sequence[float] | None) -> None:
    elements = spatialdata_of(run, days)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "zarr v3 autosharding", UserWarning)  # of anndata, about a later version
        elements.write(path)


SPATIALDATA = Format(
    "spatialdata",
    ".spatialdata.zarr",
    "levels, codes and cells of the last snapshot in one coordinate system, for spatialdata and napari",
    _write,
    files=ZARR_FILES,
)
