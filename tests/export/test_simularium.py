"""Simularium: a trajectory that simulariumio reads, with scale, colours, names and units."""

import json

import numpy as np
import pytest
from simulariumio import FileConverter, InputFileData

from abm.view.palette import as_hex, look_of


@pytest.fixture(scope="module")
def path(run, tmp_path_factory):
    return run.export("simularium", tmp_path_factory.mktemp("simularium") / "run.simularium")


@pytest.fixture(scope="module")
def about(path):
    return json.loads(path.read_text())["trajectoryInfo"]


def test_its_own_reader_reads_it(path, run):
    data = FileConverter(InputFileData(str(path)))._data
    agents = data.agent_data
    assert np.allclose(agents.times, run.days)
    assert agents.n_agents.tolist() == [len(run.cells(day=day)) for day in run.days]
    cells = run.cells(day=1)
    assert agents.types[-1][: len(cells)] == [
        f"{population}#{state}".replace("_", " ")
        for population, state in zip(cells["population"], cells["state"], strict=True)
    ]


def test_scale_and_units(about, path, run):
    assert about["timeUnits"] == {"magnitude": 1, "name": "d"}
    assert about["spatialUnits"]["name"] in ("µm", "\u03bcm")  # by the version of pint
    um = about["spatialUnits"]["magnitude"]  # in units of the file
    size = [about["size"][axis] * um for axis in "xyz"]
    assert size == pytest.approx([400, 400, 10])
    assert about["timeStepSize"] == pytest.approx(0.25) and about["totalSteps"] == len(run.days)
    frame = np.array(json.loads(path.read_text())["spatialData"]["bundleData"][-1]["data"]).reshape(-1, 11)
    cells = run.cells(day=1)
    assert np.allclose(frame[:, 3] * um, cells["x_um"] - 195, atol=0.1)
    assert np.allclose(frame[:, 4] * um, cells["y_um"] - 195, atol=0.1)


def test_the_viewer_shows_the_whole_tissue_and_each_state_as_one(about):
    camera, size = about["cameraDefault"], about["size"]
    seen = 2 * camera["position"]["z"] * np.tan(np.radians(camera["fovDegrees"] / 2))
    assert size["y"] < seen < 1.3 * size["y"]
    assert camera["position"]["z"] + size["z"] < 1000  # it shows nothing farther off
    assert not any("_" in entry["name"] for entry in about["typeMapping"].values())


def test_names_and_colours_are_those_of_pictures(about):
    drawn = {entry["name"]: entry["geometry"].get("color") for entry in about["typeMapping"].values()}
    assert drawn["kupffer#resting"] == as_hex(look_of("kupffer", "resting").colour)
    assert any(name.startswith("tumor#") for name in drawn)


def test_cells_keep_their_numbers(path, run):
    frames = [
        np.array(frame["data"]).reshape(-1, 11) for frame in json.loads(path.read_text())["spatialData"]["bundleData"]
    ]
    number = {}
    for frame, day in zip(frames, run.days, strict=True):
        cells = run.cells(day=day)
        for who, uid in zip(frame[:, 1], zip(cells["population"], cells["uid"], strict=True), strict=True):
            assert number.setdefault(uid, who) == who
    assert len(set(number.values())) == len(number)
