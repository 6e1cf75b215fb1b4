"""The legend at the side of a picture: what each thing in it is, and how much of it there is at the moment.

It shows the populations that are ever seen, with their states. Where they are too many for the height, the liver's own populations get
one line each, and if need be the lines move together.
"""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from ..cells.species import Appearance
from ..record.scene import SCARS, Scene
from . import lettering, palette
from .marks import Flash
from .painter import Painter, overlay_colours
from .palette import FAINT, INK, PAPER, TUMOR
from .sprites import cell_picture, fibre_atlas, net_atlas, padding, vessel_atlas

_WIDTH = 284  # pixels at a height of 800
_ROW = 19.5  # height of a line at a height of 800
_LETTERS = 12.5
_GROUP_GAP = 0.28  # of a line
_BAR_LETTERS = 4.5  # heights of letters that a colour bar takes
_SMALLEST_UNIT = 0.8
_LINE_OF_LETTERS = 1.5
_CLOSER = 0.9  # lines may move so far together before the populations get one line each
_ACTIVE_WALL = 0.1  # E-selectin from which a segment of wall counts; immunostaining detects about that
_FAINTEST = 0.06  # level from which a site counts as covered by nets or matrix


VESSELS = (
    ("sinusoid", palette.BLOOD, palette.WALL),
    ("portal tract", palette.PORTAL_LUMEN, palette.PORTAL),
    ("central vein", palette.VEIN, palette.VEIN_WALL),
)
"""The vessels: their words, and the colours of their blood and their wall."""
SCAR_WORDS = {"ablated": "ablated tissue", "cavity": "cavity of a resection"}
"""What operations leave, in words."""


class _Row(NamedTuple):
    """One line: the key of its number, its words, its picture (uint8 [size, size, 4]; None: words of a group)."""

    key: tuple
    label: str
    picture: np.ndarray | None


class Legend:
    """The legend of one film: `image`, RGB uint8 [height, width, 3], without numbers."""

    def __init__(
        self,
        painter: Painter,
        height: int,
        unit: float,
        *,
        title: str = "",
        field: tuple[str, str, tuple[float, float]] | None = None,
        present: Collection[str] | None = None,
        brief: bool = False,
        flashes: Sequence[Flash] = (),
    ):
        """unit : size of letters and pictures, 1 for a height of 800 pixels; title : above it; field : (words, unit, limits) of
        the overlay; present : the populations that are ever seen, all by default, and the scars; brief : one line for each population but
        the tumor cells, also where there is room for more; flashes : the events that flash."""
        self.painter = painter
        self._unit = max(unit, _SMALLEST_UNIT)
        self._size = max(8, round(_LETTERS * self._unit))
        self.image = np.empty((height, self.width_for(unit), 3), np.uint8)
        self.image[:] = PAPER
        self._left, self._right = round(16 * self._unit), self.image.shape[1] - round(14 * self._unit)
        self._counters: list[tuple[tuple, int]] = []
        self._flashes = flashes
        self._draw(title, field, present, brief)

    @staticmethod
    def width_for(unit: float) -> int:
        """Width of a legend with letters of that size."""
        return math.ceil(_WIDTH * max(unit, _SMALLEST_UNIT))

    @property
    def column(self) -> int:
        """The width of a column of numbers, in pixels."""
        return lettering.width("0.000 mm²", self._size) + self._size

    def write_counts(
        self,
        image: np.ndarray,
        scene: Scene,
        flashed: Mapping[str, int] = MappingProxyType({}),
        colour: palette.Colour | None = None,
    ) -> None:
        """Write the numbers of a moment into a copy of `self.image`; flashed : how often each event flashes; colour : that of all
        numbers."""
        given = colour
        counts, shares = scene.counts(), self._shares(scene)
        for key, y in self._counters:
            kind, what = key
            if kind == "share":
                text, colour = shares[what], INK
            elif kind == "flash":
                text, colour = str(flashed[what]), INK if flashed[what] else palette.NONE
            else:
                number = int(counts[list(what)].sum())
                text = f"{number:,}"
                colour = FAINT if kind == "group" else INK if number else palette.NONE
            if given is not None:
                colour = given
            lettering.write(image, text, y, self._right, self._size, colour, bold=kind == "group", align="right")

    # --- what there is ----------------------------------------------------------------------------------------------

    def _draw(self, title: str, field, present: Collection[str] | None, always_brief: bool) -> None:
        top, bars = 12 * self._unit, (field is not None) + (self.painter.tint is not None)
        titles = (
            lettering.lines(title, round(14.5 * self._unit), self._right - self._left, 2, bold=True) if title else []
        )
        bar = _BAR_LETTERS * self._size
        room = self.image.shape[0] - top - bar * bars
        line = _ROW * self.image.shape[0] / 800
        for brief in (always_brief, True):
            rows = list(self._rows(present, brief))
            needed = 1.05 * len(titles) + 0.35 + sum(1.0 + _GROUP_GAP * (row.picture is None) for row in rows)
            if needed * _CLOSER * line <= room:
                break
        line = min(room / needed, max(line, _LINE_OF_LETTERS * self._size))
        y = top
        for text in titles:
            lettering.write(self.image, text, round(y), self._left, round(14.5 * self._unit), INK, bold=True)
            y += 1.05 * line
        y += 0.35 * line
        for row in rows:
            y = self._draw_row(row, y, line)
        if self.painter.tint is not None:
            tint = self.painter.tint
            colours = np.array(tint.colours, np.uint8)[:, :3]
            ends = ("", "") if tint.nominal else _ends(tint.limits, tint.open)
            self._colour_bar(_with_unit(tint.words, tint.unit), colours, ends, y + 0.3 * self._size)
            y += bar
        if field is not None:
            words, unit, (low, high) = field
            shades = overlay_colours(low > 0.0).astype(float)
            alpha = shades[:, 3:] / 255
            colours = (np.array(palette.HEPATOCYTE) * (1 - alpha) + shades[:, :3] * alpha).astype(np.uint8)
            self._colour_bar(_with_unit(words, unit), colours, _ends((low, high), True), y + 0.3 * self._size)

    def _rows(self, present: Collection[str] | None, brief: bool) -> Iterator[_Row]:
        """The lines; `brief`: one for each of the liver's own populations."""
        scale = round(12 * self._unit)
        for shown in self.painter.cast:
            looks, everybody = shown.looks, tuple(shown.looks)
            if not looks or (present is not None and shown.name not in (*present, TUMOR)):
                continue
            if brief and shown.name != TUMOR:
                yield _Row(("cells", everybody), shown.words, cell_picture(next(iter(looks.values())), scale, 2))
                continue
            yield _Row(("group", everybody), shown.words, None)
            for code, look in looks.items():
                yield _Row(("cells", (code,)), look.label, cell_picture(look, scale, 2))
        if self._flashes:
            yield _Row((), "Just now", None)
            for flash in self._flashes:
                ring = Appearance("", flash.colour, "ring", 0.8)
                yield _Row(("flash", flash.event), flash.words, cell_picture(ring, scale, 2))
        yield _Row((), "Tissue", None)
        yield _Row(("share", "flow"), "sinusoid with blood flow", swatch(palette.BLOOD, palette.WALL, scale))
        yield _Row(("share", "still"), "sinusoid without flow", swatch(palette.NO_FLOW, palette.WALL, scale))
        yield _Row(("share", "wall"), "LSECs, with E-selectin", swatch(palette.BLOOD, palette.WALL, scale))
        yield _Row(("share", "vessels"), palette.VESSEL.label, vessel_atlas(scale)[2])
        yield _Row(("share", "nets"), "neutrophil nets (NETs)", net_atlas(scale)[0])
        yield _Row(("share", "ecm"), "matrix (ECM)", fibre_atlas(scale)[1])
        for name, label in SCAR_WORDS.items():
            if present is not None and name in present:
                yield _Row(("share", name), label, swatch(*palette.SCARS[name][:2], scale, 1.0))
        for label, inside, rim in VESSELS[1:]:
            yield _Row((), label, swatch(inside, rim, scale, 1.0))
        if self.painter.borders:
            yield _Row((), "Border of nodules", None)
            for label, colour in palette.BORDERS.items():
                yield _Row((), label, swatch(colour, colour, scale))

    def _draw_row(self, row: _Row, y: float, line: float) -> float:
        """Draw a line at height `y`; returns where the next one begins."""
        left = self._left
        if row.picture is None:
            y += _GROUP_GAP * line
            lettering.write(self.image, row.label, round(y), left, self._size, FAINT, bold=True)
        else:
            slot, middle = round(30 * self._unit), round(y + 0.68 * self._size)
            top = middle - row.picture.shape[0] // 2
            lay(self.image, row.picture, top, left + slot // 2 - row.picture.shape[1] // 2)
            lettering.write(self.image, row.label, round(y), left + slot + round(4 * self._unit), self._size, INK)
        if row.key:
            self._counters.append((row.key, round(y)))
        return y + line

    def _colour_bar(self, label: str, colours: np.ndarray, ends: tuple[str, str], y: float) -> None:
        size, left, right = self._size, self._left, self._right
        lettering.write(self.image, label, round(y), left, size, FAINT, bold=True)
        top, height = round(y + 1.7 * size), max(6, size - 2)
        steps = np.minimum(np.arange(right - left) * len(colours) // (right - left), len(colours) - 1)
        self.image[top : top + height, left:right] = colours[steps]
        lettering.write(self.image, ends[0], top + height + 2, left, size, INK)
        lettering.write(self.image, ends[1], top + height + 2, right, size, INK, align="right")

    def _shares(self, scene: Scene) -> dict[str, str]:
        sinusoids = max(1, self.painter.sinusoids)
        flow = self.painter.share_of_sinusoids(scene.perfused)
        area = (self.painter.spacing_um / 1000.0) ** 2
        return {
            "flow": f"{100 * flow:.0f} %",
            "still": f"{100 * (1 - flow):.0f} %",
            "wall": f"{100 * np.count_nonzero(scene.e_selectin >= _ACTIVE_WALL) / sinusoids:.0f} %",
            "vessels": "" if scene.vessels is None else f"{np.count_nonzero(scene.vessels)}",
            "nets": f"{np.count_nonzero(scene.nets > _FAINTEST) * area:.3f} mm²",
            "ecm": f"{np.count_nonzero(scene.ecm > _FAINTEST) * area:.3f} mm²",
        } | {
            name: "" if scene.scars is None else f"{np.count_nonzero(scene.scars == number) * area:.3f} mm²"
            for number, name in enumerate(SCARS)
        }


def _ends(limits: tuple[float, float], is_open: bool) -> tuple[str, str]:
    """What is written at the ends of a scale; of an open one the end colours hold for what lies beyond, too."""
    low, high = (f"{limit:.3g}" for limit in limits)
    return (f"≤ {low}" if is_open and limits[0] > 0 else low), (f"≥ {high}" if is_open else high)


def _with_unit(words: str, unit: str) -> str:
    return f"{words} ({unit})" if unit else words


def lay(image: np.ndarray, picture: np.ndarray, top: int, left: int) -> None:
    """Lay a picture with opacity (uint8 [height, width, 4]) onto an image; what lies beyond its lower and right edge is cut off."""
    part = image[top : top + picture.shape[0], left : left + picture.shape[1]]
    picture = picture[: part.shape[0], : part.shape[1]]
    alpha = picture[..., 3:].astype(float) / 255
    part[:] = (part * (1 - alpha) + picture[..., :3] * alpha).astype(np.uint8)


def swatch(inside: palette.Colour, rim: palette.Colour, scale: int, thickness: float = 0.8) -> np.ndarray:
    """A piece of vessel, uint8 [size, size, 4]."""
    size = scale + 2 * padding(scale)
    swatch = np.zeros((size, size, 4), np.uint8)
    half = max(2, round(0.5 * thickness * scale))
    middle, reach = size // 2, round(1.1 * scale)
    swatch[middle - half - 1 : middle + half + 1, middle - reach : middle + reach] = (*rim, 255)
    swatch[middle - half + 1 : middle + half - 1, middle - reach : middle + reach] = (*inside, 255)
    return swatch
