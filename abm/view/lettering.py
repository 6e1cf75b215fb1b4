"""Words on pictures: text as cached masks, laid onto RGB arrays."""

from functools import lru_cache
from pathlib import Path

import numpy as np

from .palette import PAPER, Colour


@lru_cache(maxsize=32)
def _font(size: int, bold: bool):
    import matplotlib
    from PIL import ImageFont

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name), size)


@lru_cache(maxsize=4096)
def mask(text: str, size: int, bold: bool = False) -> np.ndarray:
    """Opacity of `text`, uint16 [height, width] in 0-255; all texts of one size and weight share their base line."""
    from PIL import Image, ImageDraw

    font = _font(size, bold)
    ascent, descent = font.getmetrics()
    width = max(1, int(np.ceil(font.getlength(text))) + 1)
    image = Image.new("L", (width, ascent + descent))
    ImageDraw.Draw(image).text((0, 0), text, fill=255, font=font)
    return np.asarray(image, np.uint16)


def width(text: str, size: int, bold: bool = False) -> int:
    """Width of `text` in pixels."""
    return mask(text, size, bold).shape[1]


def fitting(text: str, size: int, room: int, bold: bool = False) -> str:
    """`text`, shortened with an ellipsis until it is at most `room` pixels wide."""
    if width(text, size, bold) <= room:
        return text
    while text and width(text + "…", size, bold) > room:
        text = text[:-1]
    return text + "…"


def lines(text: str, size: int, room: int, most: int, bold: bool = False) -> list[str]:
    """`text` broken between words into at most `most` lines of `room` pixels; what is too long ends with an ellipsis."""
    broken: list[str] = []
    words = text.split()
    while words:
        line = words.pop(0)
        last = len(broken) == most - 1
        while words and (last or width(f"{line} {words[0]}", size, bold) <= room):
            line = f"{line} {words.pop(0)}"
        broken.append(fitting(line, size, room, bold))
    return broken


@lru_cache(maxsize=512)
def _seam(text: str, size: int, bold: bool = False) -> tuple[np.ndarray, int]:
    """The dark seam around `text` that lets it be read on anything: its opacity as in `mask`, and by how many pixels it is larger on
    each side."""
    from scipy import ndimage

    reach = max(1, round(size / 9))
    letters = np.pad(mask(text, size, bold), 2 * reach)
    wide = ndimage.maximum_filter(letters, 2 * reach + 1)
    return np.minimum(255, ndimage.gaussian_filter(wide.astype(float), reach / 2)).astype(np.uint16), 2 * reach


def write(
    image: np.ndarray,
    text: str,
    top: int,
    left: int,
    size: int,
    colour: Colour,
    *,
    bold: bool = False,
    align: str = "left",
    halo: bool = False,
) -> None:
    """Write `text` with its upper left ("right": upper right) corner at (top, left), with a dark seam if `halo`; what lies
    outside is cut off."""
    letters = mask(text, size, bold)
    if align == "right":
        left -= letters.shape[1]
    if halo:
        seam, reach = _seam(text, size, bold)
        _lay(image, seam, top - reach, left - reach, PAPER)
    _lay(image, letters, top, left, colour)


def _lay(image: np.ndarray, letters: np.ndarray, top: int, left: int, colour: Colour) -> None:
    """Lay a colour onto the picture with the opacity of `letters`."""
    up, skip = max(0, top), max(0, left)
    place = image[up : top + letters.shape[0], skip : left + letters.shape[1]]
    if place.size:
        alpha = letters[up - top : up - top + place.shape[0], skip - left : skip - left + place.shape[1], None]
        place[:] = (place * (255 - alpha) + np.array(colour, np.uint16) * alpha) // 255
