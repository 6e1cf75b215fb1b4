"""VTK: opened again by pyvista."""

import numpy as np
import pytest

pytestmark = [pytest.mark.exports, pytest.mark.filterwarnings("default")]
pyvista = pytest.importorskip("pyvista", exc_type=ImportError)


@pytest.fixture(scope="module")
def path(run, tmp_path_factory):
    return run.export("vtk", tmp_path_factory.mktemp("vtk") / "run.vtk")


def test_cells_are_points_through_time(path, run):
    reader = pyvista.get_reader(path / "cells.pvd")
    assert reader.time_values == list(run.days)
    reader.set_active_time_value(1)
    points, cells = reader.read()[0], run.cells(day=1)
    assert np.allclose(points.points[:, :2], cells[["x_um", "y_um"]])
    names = points.field_data["state_names"]
    assert [names[code] for code in points["state"]] == cells["state"].tolist()
    assert points["uid"].tolist() == cells["uid"].tolist()


def test_lattices_are_images_through_time(path, run):
    reader = pyvista.get_reader(path / "lattice.pvd")
    reader.set_active_time_value(0.5)
    image = reader.read()[0]
    assert image.dimensions == (40, 40, 1) and image.spacing == (10, 10, 10)
    assert image.origin == (0, 0, -5)  # below the cells, which would sink into it
    oxygen = run.field("oxygen", day=0.5)
    for x, y in ((0, 0), (120, 310), (390, 390)):
        assert image["oxygen"][image.find_closest_point((x, y, 0))] == oxygen.sel(x=x, y=y).item()
    assert list(image.field_data["site_kind_names"]) == run.layer("site_kind").attrs["flag_meanings"].split()
