"""SpatialData: opened again by spatialdata."""

import numpy as np
import pytest

pytestmark = [pytest.mark.exports, pytest.mark.filterwarnings("default")]
spatialdata = pytest.importorskip("spatialdata", exc_type=ImportError)


@pytest.fixture(scope="module")
def elements(run, tmp_path_factory):
    return spatialdata.read_zarr(run.export("spatialdata", tmp_path_factory.mktemp("sd") / "run.zarr"))


def test_levels_codes_and_cells_of_the_last_day_are_there(elements, run):
    assert set(elements.images) == {"levels_day_1"} and set(elements.labels) == {f"{name}_day_1" for name in run.layers}
    levels = elements["levels_day_1"]
    assert list(levels.coords["c"].values) == list(run.fields)
    assert np.array_equal(levels.sel(c="oxygen").to_numpy(), run.field("oxygen").to_numpy())
    table = elements["table_day_1"]
    assert table.obs["uid"].tolist() == run.cells()["uid"].tolist() == run.cells(day=1)["uid"].tolist()
    assert len(elements["cells_day_1"]) == table.n_obs


def test_all_lie_in_one_system_in_um(elements, run):
    assert elements.coordinate_systems == ["um"]
    extent = spatialdata.get_extent(elements["levels_day_1"], coordinate_system="um")
    assert extent["x"] == (-5, 395) and extent["y"] == (-5, 395)
    # a cell stands on the site on which it is a code
    cells, lumen = elements["cells_day_1"], elements["lumen_day_1"].to_numpy()
    table = elements["table_day_1"]
    here = np.flatnonzero((table.obs["layer"] == "lumen") & (table.obs["population"] == "kupffer"))
    assert here.size
    for number in here:
        place = cells.geometry.iloc[number]
        assert lumen[round(place.y / 10), round(place.x / 10)] >= 10
