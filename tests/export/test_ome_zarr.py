"""OME-Zarr: opened again by the reader of ome-zarr."""

import numpy as np
import pytest
import zarr

pytestmark = pytest.mark.filterwarnings("ignore:Call to deprecated class:DeprecationWarning")  # ome-zarr's own


@pytest.fixture(scope="module")
def nodes(run, tmp_path_factory):
    from ome_zarr.io import parse_url
    from ome_zarr.reader import Reader

    path = run.export("ome-zarr", tmp_path_factory.mktemp("ome") / "run.ome.zarr")
    image, *others = Reader(parse_url(path))()
    return image, others, path


def test_levels_are_an_image_through_time(nodes, run):
    image = nodes[0]
    assert image.data[0].shape == (len(run.days), len(run.fields), *run.recording.site_kind.shape)
    channel = run.fields.index("oxygen")
    assert np.array_equal(np.asarray(image.data[0][3, channel]), run.field("oxygen", day=0.75).to_numpy())
    axes = [(axis["name"], axis["type"], axis.get("unit")) for axis in image.metadata["axes"]]
    assert axes == [
        ("t", "time", "day"),
        ("c", "channel", None),
        ("y", "space", "micrometer"),
        ("x", "space", "micrometer"),
    ]
    scale, translation = image.metadata["coordinateTransformations"][0]
    assert scale == {"type": "scale", "scale": [0.25, 1, 10, 10]} and translation["translation"] == [0, 0, 0, 0]
    assert image.metadata["channel_names"][channel] == "oxygen (mmHg)"


def test_codes_are_labels_that_say_what_they_mean(nodes, run):
    _, others, path = nodes
    group = zarr.open_group(path, mode="r")
    assert set(group["labels"].attrs["ome"]["labels"]) == set(run.layers)
    lumen = group["labels/lumen"]
    about = lumen.attrs["ome"]["image-label"]
    names = {entry["label-value"]: entry["name"] for entry in about["properties"]}
    codes = run.layer("lumen", day=1)
    assert [names[code] for code in codes.attrs["flag_values"]] == codes.attrs["flag_meanings"].split()
    assert {"kupffer_resting"} <= {names[entry["label-value"]] for entry in about["colors"]}
    assert np.array_equal((lumen["0"] if "0" in lumen else lumen["s0"])[-1], codes.to_numpy())
    assert others


def test_labels_go_through_time_with_the_image(nodes):
    group = zarr.open_group(nodes[2], mode="r")
    image, labels = (
        place.attrs["ome"]["multiscales"][0]["datasets"][0]["coordinateTransformations"]
        for place in (group, group["labels/lumen"])
    )
    for of_image, of_labels in zip(image, labels, strict=True):
        kind = of_image["type"]
        assert of_labels[kind] == [of_image[kind][0], *of_image[kind][2:]]


def test_the_channel_that_is_on_shows_something(nodes, run):
    channels = zarr.open_group(nodes[2], mode="r").attrs["ome"]["omero"]["channels"]
    on = [name for name, channel in zip(run.fields, channels, strict=True) if channel["active"]]
    assert len(on) == 1 and np.ptp(run.field(on[0], day=1).to_numpy()) > 0


def test_days_that_are_not_even_are_in_the_attributes(run, tmp_path):
    path = run.export("ome-zarr", tmp_path / "run.ome.zarr", days=[0.25, 0.5, 1])
    group = zarr.open_group(path, mode="r")
    assert group.attrs["crlm"]["days"] == [0.25, 0.5, 1]
    transformations = group.attrs["ome"]["multiscales"][0]["datasets"][0]["coordinateTransformations"]
    assert transformations[0]["scale"][0] == 0.375 and transformations[1]["translation"][0] == 0.25
