"""A tissue of one's own: what stands in a label image, or in a table of cells.

Rows of images are counted from above, and so is y in tables, unless `tissue.y_axis` says otherwise. What is wrong is said with the
pixel or the row where it is.
"""

import functools
import warnings
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..extras import how_to_install
from .sites import CENTRAL_VEIN, PARENCHYMA, PORTAL_TRACT, SINUSOID

MISSING, TUMOR = 254, 255
"""Labels of sites besides the kinds of site: nothing is known of it, a tumor cell stands there."""
LABELS: dict[str, int] = {
    "missing": MISSING,
    "portal": PORTAL_TRACT,
    "central_vein": CENTRAL_VEIN,
    "sinusoid": SINUSOID,
    "parenchyma": PARENCHYMA,
    "tumor": TUMOR,
}
"""What the labels of an image can mean; by default they are numbered in this order, from 0."""
IGNORED = "ignore"
"""What a label or a type means that is left out."""
IMAGES, TABLES = (".png", ".tif", ".tiff"), (".csv", ".tsv", ".h5ad")
COLUMNS = {
    "x": ("x", "x_um", "centroid x µm", "centroid_x", "centroid-1"),
    "y": ("y", "y_um", "centroid y µm", "centroid_y", "centroid-0"),
    "type": ("type", "cell_type", "population", "class", "classification", "name"),
}
"""Column -> what it may be called, in any case: here, by crlm, by QuPath, by scikit-image."""

_OPEN_SHARE = 1 / 3
"""A sinusoid is narrower than a site: one that covers so much of a site is seen there."""
_MOST_PIXELS = 100_000_000
_MICROMETERS = {"µm": 1.0, "um": 1.0, "nm": 1e-3, "mm": 1e3}


class OwnTissueError(ValueError):
    """The file of a tissue cannot be used; the message names the pixel or the row."""


@dataclass(frozen=True)
class OwnCells:
    """A table of cells: x_um, y_um : float64 [cells]; types : of each; rows : what messages call each."""

    x_um: np.ndarray
    y_um: np.ndarray
    types: tuple[str, ...]
    rows: tuple[str, ...]


@dataclass(frozen=True)
class OwnImage:
    """A label image: pixels : [row, column], as in the file; pixel_um : what the file says of their size, or None."""

    name: str
    pixels: np.ndarray
    pixel_um: float | None


def is_image(path: str) -> bool:
    """Whether the file is a label image, by its ending. Raises OwnTissueError when it is neither image nor table."""
    ending = Path(path).suffix.lower()
    if ending not in (*IMAGES, *TABLES):
        raise OwnTissueError(
            f"{Path(path).name} is neither a label image ({', '.join(IMAGES)}) nor a table of cells ({', '.join(TABLES)})"
        )
    return ending in IMAGES


def image_in(path: str) -> OwnImage:
    """The label image in a file. Raises OwnTissueError."""
    return _read_image(path, _changed(path))


def cells_in(path: str) -> OwnCells:
    """The table of cells in a file. Raises OwnTissueError."""
    return _read_cells(path, _changed(path))


def _changed(path: str) -> int:
    try:
        return Path(path).stat().st_mtime_ns
    except OSError as error:
        raise OwnTissueError(f"{path} cannot be read ({error.strerror})") from error


# --- Images -----------------------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=4)
def _read_image(path: str, changed: int) -> OwnImage:
    from PIL import Image, UnidentifiedImageError

    name = Path(path).name
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the size is looked at below
            with Image.open(path) as image:
                if image.width * image.height > _MOST_PIXELS:
                    raise OwnTissueError(f"{name} has more than {_MOST_PIXELS:,} pixels")
                if len(image.getbands()) != 1:
                    raise OwnTissueError(
                        f"{name} has colours, not labels: export it as a label image, with one number per pixel"
                    )
                pixel_um, pixels = _pixel_size(image), np.asarray(image)
    except UnidentifiedImageError as error:
        raise OwnTissueError(f"{name} is no image that can be read") from error
    except (OSError, SyntaxError) as error:  # of images that are cut off
        raise OwnTissueError(f"{name} cannot be read ({error})") from error
    if pixels.dtype.kind == "f" and not np.array_equal(pixels, np.rint(pixels)):
        raise OwnTissueError(f"{name} has numbers with fractions, which are no labels")
    return OwnImage(name, pixels, pixel_um)


def _pixel_size(image) -> float | None:
    """What OME metadata say of the size of a pixel (um). Raises OwnTissueError where pixels are no squares."""
    written = str(getattr(image, "tag_v2", {}).get(270, ""))
    if "<OME" not in written:
        return None
    try:
        as_in_the_file = written.encode("latin-1", "replace")  # as Pillow has decoded it
        root = ElementTree.fromstring(as_in_the_file)
    except ElementTree.ParseError:
        return None
    about = next((element for element in root.iter() if element.tag.endswith("}Pixels")), None)
    if about is None or "PhysicalSizeX" not in about.attrib:
        return None
    sizes = [
        float(about.attrib[f"PhysicalSize{axis}"])
        * _MICROMETERS.get(about.get(f"PhysicalSize{axis}Unit", "µm"), np.nan)
        for axis in "XY"
        if f"PhysicalSize{axis}" in about.attrib
    ]
    if not np.isfinite(sizes).all() or not np.allclose(sizes, sizes[0]):
        raise OwnTissueError(
            f"{Path(image.filename).name}: its pixels are no squares, or in a unit that is not known; write tissue.pixel"
        )
    return sizes[0]


def size_of(image: OwnImage, pixel_um: float | None) -> tuple[float, float]:
    """Height and width of an image in um. Raises OwnTissueError when nobody says how large a pixel is."""
    size = pixel_um or image.pixel_um
    if size is None:
        raise OwnTissueError(f"{image.name} does not say how large a pixel is; write tissue.pixel, such as 0.5 um")
    return image.pixels.shape[0] * size, image.pixels.shape[1] * size


def labels_on(
    image: OwnImage, pixel_um: float | None, names: Mapping[str, str], shape: tuple[int, int], site_um: float
):
    """The label of each site, uint8 [row, column] of LABELS: that of most of its pixels, or a sinusoid if that covers a third.
    Raises OwnTissueError, which names the pixel."""
    size = pixel_um or image.pixel_um
    assert size is not None  # `size_of` has asked
    meant = _meanings(image, names)
    codes = list(LABELS.values())
    numbers = np.unique(image.pixels, return_inverse=True)
    index = np.array([codes.index(meant[int(label)]) for label in numbers[0]])[numbers[1].reshape(image.pixels.shape)]
    if size > site_um:  # several sites in a pixel
        place = [
            np.minimum(((np.arange(n) + 0.5) * site_um / size).astype(int), image.pixels.shape[k] - 1)
            for k, n in enumerate(shape)
        ]
        return np.array(codes, np.uint8)[index[np.ix_(*place)]]
    row, column = (
        np.minimum(((np.arange(n) + 0.5) * size / site_um).astype(int), shape[k] - 1)
        for k, n in enumerate(image.pixels.shape)
    )
    site = row[:, None] * shape[1] + column
    numbered = (site * len(codes) + index).ravel()
    counts = np.bincount(numbered, minlength=shape[0] * shape[1] * len(codes)).reshape(*shape, len(codes))
    most = counts.argmax(axis=2)
    seen = counts[..., codes.index(SINUSOID)] >= _OPEN_SHARE * np.maximum(counts.sum(axis=2), 1)
    vessel = np.isin(most, [codes.index(PORTAL_TRACT), codes.index(CENTRAL_VEIN)])
    most[seen & ~vessel] = codes.index(SINUSOID)
    return np.array(codes, np.uint8)[most]


def _meanings(image: OwnImage, names: Mapping[str, str]) -> dict[int, int]:
    """Label -> what it means. Raises OwnTissueError for labels without meaning, naming the first pixel that has one."""
    for name in names:
        if not name.isdigit():
            raise OwnTissueError(f"'{name}' in tissue.names is no label of an image, which are numbers")
    words = dict(enumerate(LABELS)) | {int(label): word for label, word in names.items()}
    words = {label: "missing" if word == IGNORED else word for label, word in words.items()}
    for label, word in words.items():
        if word not in LABELS:
            raise OwnTissueError(f"label {label} cannot mean '{word}'; there is {', '.join(LABELS)}")
    unknown = ~np.isin(image.pixels, list(words))
    if unknown.any():
        row, column = np.argwhere(unknown)[0]
        raise OwnTissueError(
            f"{image.name}: pixel (row {row}, column {column}) has the label {image.pixels[row, column]}, which means nothing; "
            f"say in tissue.names what it means: {', '.join(LABELS)}"
        )
    return {label: LABELS[word] for label, word in words.items()}


# --- Tables -----------------------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=4)
def _read_cells(path: str, changed: int) -> OwnCells:
    name = Path(path).name
    return _read_h5ad(path, name) if path.lower().endswith(".h5ad") else _read_text(path, name)


def _read_text(path: str, name: str) -> OwnCells:
    import pandas as pd

    try:
        table = pd.read_csv(path, sep="\t" if path.lower().endswith(".tsv") else ",", dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:  # pandas' own errors are ValueErrors
        raise OwnTissueError(f"{name} cannot be read ({error})") from error
    columns = {wanted: _column(list(table.columns), wanted, name) for wanted in COLUMNS}
    rows = tuple(f"{name}, row {number}" for number in range(2, len(table) + 2))
    x, y = (_numbers(table[columns[axis]], axis, rows) for axis in "xy")
    return _sound(OwnCells(x, y, tuple(table[columns["type"]].str.strip()), rows))


def _read_h5ad(path: str, name: str) -> OwnCells:
    try:
        import anndata
    except ModuleNotFoundError:
        raise OwnTissueError(f"{name} needs anndata: {how_to_install('export')}") from None
    try:
        table = anndata.read_h5ad(path)
    except (OSError, KeyError, ValueError) as error:
        raise OwnTissueError(f"{name} cannot be read ({error})") from error
    spatial: Any = table.obsm["spatial"] if "spatial" in table.obsm else np.empty((0, 0))
    if spatial.shape[1] < 2:
        raise OwnTissueError(f"{name} has no obsm['spatial'], which says where its cells are")
    rows = tuple(f"{name}, cell {cell}" for cell in table.obs_names)
    types = table.obs[_column(list(table.obs.columns), "type", name)].astype(str)
    places = np.asarray(spatial, np.float64)
    return _sound(OwnCells(places[:, 0], places[:, 1], tuple(types), rows))


def _column(there: Sequence[str], wanted: str, name: str) -> str:
    known = {column.casefold().replace("\u03bc", "µ").strip(): column for column in there}
    for word in COLUMNS[wanted]:
        if word in known:
            return known[word]
    raise OwnTissueError(
        f"{name} has no column for {wanted}, which may be called {', '.join(COLUMNS[wanted])}; it has {', '.join(there)}"
    )


def _numbers(column, axis: str, rows: Sequence[str]) -> np.ndarray:
    import pandas as pd

    numbers = pd.to_numeric(column, errors="coerce").to_numpy(np.float64)
    if not np.isfinite(numbers).all():
        wrong = int(np.flatnonzero(~np.isfinite(numbers))[0])
        raise OwnTissueError(f"{rows[wrong]}: {axis} is '{column.iloc[wrong]}', which is no number")
    return numbers


def _sound(cells: OwnCells) -> OwnCells:
    for row, kind, x, y in zip(cells.rows, cells.types, cells.x_um, cells.y_um, strict=True):
        if not kind:
            raise OwnTissueError(f"{row} has no type")
        if not (np.isfinite(x) and np.isfinite(y)):
            raise OwnTissueError(f"{row} has no place")
    return cells
