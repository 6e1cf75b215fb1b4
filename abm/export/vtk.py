"""VTK: a folder with the cells as points and the lattices as images, in um, through time, for ParaView and PyVista.

`cells.pvd` and `lattice.pvd` are opened; they name the files of each day. Words are numbers here; what these mean stands in the
field data (`state_names`).
"""

import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..kept.run import KeptRun
from .format import Format, needed_for

CELLS, LATTICE = "cells.pvd", "lattice.pvd"


def _write(run: KeptRun, path: Path, days: Sequence[float] | None) -> None:
    with needed_for("VTK"):
        import pyvista

    path.mkdir()
    written: dict[str, list[tuple[float, str]]] = {CELLS: [], LATTICE: []}
    for number, day in enumerate(run.days if days is None else days):
        frame = run.frame(day)
        for index, data, name in (
            (CELLS, _points(pyvista, run.cells(day=day)), f"cells_{number:04d}.vtp"),
            (LATTICE, _image(pyvista, run, frame), f"lattice_{number:04d}.vti"),
        ):
            data.save(path / name)
            written[index].append((run.days[frame], name))
    for index, files in written.items():
        _write_index(path / index, files)


def _points(pyvista: Any, cells: pd.DataFrame) -> Any:
    """The cells of a moment as points."""
    places = np.column_stack([cells["x_um"], cells["y_um"], np.zeros(len(cells))]).astype(np.float32)
    points = pyvista.PolyData(places) if len(cells) else pyvista.PolyData()
    for name in cells.columns:
        column = cells[name]
        if isinstance(column.dtype, pd.CategoricalDtype):
            points.field_data[f"{name}_names"] = np.array(column.cat.categories, str)
            column = column.cat.codes
        if len(cells):
            values = column.to_numpy(np.float64, na_value=np.nan) if column.hasnans else column.to_numpy()
            points.point_data[name] = np.asarray(values, values.dtype if values.dtype != object else np.int64)
    return points


def _image(pyvista: Any, run: KeptRun, frame: int) -> Any:
    """All lattices of a moment as an image with a point in the middle of each site."""
    site, (rows, columns) = run.recording.spacing_um, run.recording.site_kind.shape
    below = (0.0, 0.0, -site / 2)  # cells stand in the middle of the slab, and on its lattices
    image = pyvista.ImageData(dimensions=(columns, rows, 1), spacing=(site, site, site), origin=below)
    for name in (*run.layers, *run.fields):
        image.point_data[name] = run.recording.lattice(name, frame)[::-1].ravel()  # from below, columns first
    for name in run.layers:
        about = run.layer(name, run.days[frame]).attrs
        image.field_data[f"{name}_values"] = about["flag_values"]
        image.field_data[f"{name}_names"] = np.array(about["flag_meanings"].split(" "), str)
    return image


def _write_index(path: Path, files: Sequence[tuple[float, str]]) -> None:
    """The file that names those of each day."""
    root = ElementTree.Element("VTKFile", type="Collection", version="0.1")
    collection = ElementTree.SubElement(root, "Collection")
    for day, name in files:
        ElementTree.SubElement(collection, "DataSet", timestep=repr(day), part="0", file=name)
    ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


VTK = Format(
    "vtk",
    ".vtk",
    "cells as points and lattices as images through time, for ParaView and PyVista",
    _write,
    files=r"(cells|lattice)(\.pvd|_\d{4,}\.vt[pi])",
)
