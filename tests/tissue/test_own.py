"""A tissue of one's own: labels of an image, and tables of cells, read with the pixel or the row that is wrong."""

import re

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from abm.tissue import own
from abm.tissue.own import LABELS, OwnTissueError, cells_in, image_in, labels_on, size_of
from abm.tissue.sites import CENTRAL_VEIN, PARENCHYMA, PORTAL_TRACT, SINUSOID

OME = (
    '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image><Pixels SizeX="6" SizeY="4" '
    'PhysicalSizeX="{x}" PhysicalSizeY="{y}" PhysicalSizeXUnit="{unit}" PhysicalSizeYUnit="{unit}"/></Image></OME>'
)


def saved(path, pixels, description=None):
    image = Image.fromarray(np.asarray(pixels))
    if description is None:
        image.save(path)
    else:
        about = TiffImagePlugin.ImageFileDirectory_v2()
        about[270] = description
        image.save(path, tiffinfo=about)
    return str(path)


def on_sites(path, pixel_um=None, names=None, site_um=10.0):
    image = image_in(path)
    height, width = size_of(image, pixel_um)
    shape = int(np.ceil(height / site_um)), int(np.ceil(width / site_um))
    return labels_on(image, pixel_um, names or {}, shape, site_um)


@pytest.mark.parametrize("ending", ["png", "tif"])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.int32])
def test_labels_are_what_the_file_has(tmp_path, ending, kind):
    if ending == "png" and kind is np.int32:
        kind = np.uint16
    pixels = np.array([[0, 1, 2], [3, 4, 5]], kind)
    labels = on_sites(saved(tmp_path / f"labels.{ending}", pixels), pixel_um=10.0)
    assert labels.tolist() == [[own.MISSING, PORTAL_TRACT, CENTRAL_VEIN], [SINUSOID, PARENCHYMA, own.TUMOR]]


def test_a_site_is_what_most_of_its_pixels_are_and_a_sinusoid_what_a_third_of_them_are(tmp_path):
    pixels = np.full((10, 30), 4, np.uint8)
    pixels[:, :6] = 5
    pixels[:, 10:13] = 3  # three of ten columns
    pixels[:, 20:24] = 3  # four of ten
    labels = on_sites(saved(tmp_path / "labels.png", pixels), pixel_um=1.0)
    assert labels.tolist() == [[own.TUMOR, PARENCHYMA, SINUSOID]]


def test_a_pixel_may_be_larger_than_a_site(tmp_path):
    labels = on_sites(saved(tmp_path / "labels.png", np.array([[1, 4]], np.uint8)), pixel_um=30.0)
    assert labels.tolist() == [[PORTAL_TRACT] * 3 + [PARENCHYMA] * 3] * 3


@pytest.mark.parametrize(("x", "unit", "um"), [("0.5", "µm", 0.5), ("500", "nm", 0.5), ("0.004", "mm", 4.0)])
def test_ome_tiff_says_how_large_its_pixels_are(tmp_path, x, unit, um):
    path = saved(tmp_path / "labels.ome.tif", np.full((4, 6), 4, np.uint8), OME.format(x=x, y=x, unit=unit).encode())
    assert size_of(image_in(path), None) == pytest.approx((4 * um, 6 * um))
    assert size_of(image_in(path), 2.0) == (8, 12), "what the config says comes first"


def test_other_numbers_and_other_names(tmp_path):
    path = saved(tmp_path / "labels.png", np.array([[7, 9, 4]], np.uint8))
    labels = on_sites(path, pixel_um=10.0, names={"7": "portal", "9": "ignore"})
    assert labels.tolist() == [[PORTAL_TRACT, own.MISSING, PARENCHYMA]]


@pytest.mark.parametrize(
    ("pixels", "names", "told"),
    [
        (
            np.array([[4, 4], [4, 9]], np.uint8),
            {},
            r"labels.png: pixel \(row 1, column 1\) has the label 9, which means nothing",
        ),
        (np.array([[4]], np.uint8), {"4": "liver"}, "label 4 cannot mean 'liver'; there is missing, portal"),
        (np.array([[4]], np.uint8), {"Tumor": "tumor"}, "'Tumor' in tissue.names is no label of an image"),
        (np.zeros((2, 2, 3), np.uint8), {}, "labels.png has colours, not labels"),
    ],
)
def test_what_is_wrong_with_an_image_is_said(tmp_path, pixels, names, told):
    path = saved(tmp_path / "labels.png", pixels)
    with pytest.raises(OwnTissueError, match=told):
        on_sites(path, 10.0, names)


def test_files_that_are_no_images(tmp_path):
    (tmp_path / "text.png").write_text("no image")
    whole = saved(tmp_path / "whole.png", np.random.default_rng(1).integers(0, 6, (80, 80), np.uint8))
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:600])
    with pytest.raises(OwnTissueError, match=r"text.png is no image that can be read"):
        image_in(str(tmp_path / "text.png"))
    with pytest.raises(OwnTissueError, match=r"cut.png cannot be read"):
        image_in(str(tmp_path / "cut.png"))
    with pytest.raises(OwnTissueError, match=r"gone.png cannot be read \(No such file"):
        image_in(str(tmp_path / "gone.png"))
    with pytest.raises(OwnTissueError, match=r"does not say how large a pixel is; write tissue\.pixel"):
        size_of(image_in(whole), None)
    with pytest.raises(OwnTissueError, match=r"cells.xlsx is neither a label image \(.png"):
        own.is_image("cells.xlsx")
    path = saved(tmp_path / "oblong.tif", np.full((4, 6), 4, np.uint8), OME.format(x="1", y="2", unit="µm").encode())
    with pytest.raises(OwnTissueError, match="its pixels are no squares"):
        image_in(path)


def test_a_file_that_changes_is_read_again(tmp_path):
    import os

    path = saved(tmp_path / "labels.png", np.array([[4]], np.uint8))
    assert image_in(path).pixels.tolist() == [[4]]
    saved(tmp_path / "labels.png", np.array([[5]], np.uint8))
    os.utime(path, ns=(1, 1))
    assert image_in(path).pixels.tolist() == [[5]]


@pytest.mark.parametrize(
    "header",
    [
        "x,y,type",
        "X_um,Y_um,cell_type",
        "Centroid X µm,Centroid Y µm,Class",
        "Centroid X \u03bcm,Centroid Y \u03bcm,Name",
    ],
)
def test_tables_as_they_are_called_by_others(tmp_path, header):
    path = tmp_path / "cells.csv"
    path.write_text(f"{header}\n1.5,2,Tumor\n3,4, Kupffer \n", encoding="utf-8")
    cells = cells_in(str(path))
    assert cells.x_um.tolist() == [1.5, 3] and cells.y_um.tolist() == [2, 4] and cells.types == ("Tumor", "Kupffer")
    assert cells.rows[1] == "cells.csv, row 3"


def test_a_table_with_tabs_and_other_columns(tmp_path):
    path = tmp_path / "cells.tsv"
    path.write_text("id\ttype\tx\ty\n1\ttumor\t5\t6\n")
    assert cells_in(str(path)).types == ("tumor",)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x,y,type\n1,2,tumor\n1,two,tumor\n", "cells.csv, row 3: y is 'two', which is no number"),
        ("x,y,type\n,2,tumor\n", "cells.csv, row 2: x is '', which is no number"),
        ("x,y,type\n1,2,\n", "cells.csv, row 2 has no type"),
        ("x,y,kind\n1,2,tumor\n", "cells.csv has no column for type, which may be called type, .*; it has x, y, kind"),
        ("", r"cells.csv cannot be read \(No columns"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(tmp_path, text, told):
    (tmp_path / "cells.csv").write_text(text)
    with pytest.raises(OwnTissueError, match=told):
        cells_in(str(tmp_path / "cells.csv"))


def test_anndata(tmp_path):
    import anndata
    import pandas as pd

    obs = pd.DataFrame({"cell_type": ["tumor", "kupffer"]}, index=["a", "b"])
    table = anndata.AnnData(np.zeros((2, 1), np.float32), obs=obs, obsm={"spatial": np.array([[1.0, 2.0], [3.0, 4.0]])})
    table.write_h5ad(tmp_path / "cells.h5ad")
    cells = cells_in(str(tmp_path / "cells.h5ad"))
    assert (
        cells.types == ("tumor", "kupffer") and cells.y_um.tolist() == [2, 4] and cells.rows[0] == "cells.h5ad, cell a"
    )
    del table.obsm["spatial"]
    table.write_h5ad(tmp_path / "nowhere.h5ad")
    with pytest.raises(OwnTissueError, match=re.escape("nowhere.h5ad has no obsm['spatial']")):
        cells_in(str(tmp_path / "nowhere.h5ad"))


def test_labels_are_numbered_as_the_documentation_says():
    assert list(LABELS) == ["missing", "portal", "central_vein", "sinusoid", "parenchyma", "tumor"]
