"""Frames: the painted tissue with everything around it that a reader needs.

Upper left the clock, lower right the scale bar, at the side the legend with the number of cells of each kind and state,
below the courses of the counts up to the moment shown.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from . import lettering, palette
from .painter import Painter, overlay_colours
from .palette import FAINT, INK, LOOKS, PAPER
from .recording import Recording, field_limits
from .scene import Scene, scene_of
from .sprites import cell_picture, fibre_atlas, net_atlas, padding
from .strip import Strip

if TYPE_CHECKING:
    from ..model import LiverModel

_ROW = 19.5  # height of a line of the legend at 800 pixels
_SMALLEST_LEGEND = 560  # pixels of height: below that its letters could not be read
_SCALE_BARS = (10, 20, 50, 100, 200, 500, 1000, 2000)  # um
_ACTIVE_WALL = (
    0.1  # E-selectin from which a segment of wall is counted in the legend; immunostaining detects about that
)
_FAINTEST = 0.06  # level from which a site counts as covered by nets or matrix


class Film:
    """Makes the frames of one liver.

    painter : for the tissue; title : above the legend; field : (name, unit, (low, high)) of the overlay, if any;
    strip : the courses below, if any. All frames have the same even `width` and `height`.
    """

    def __init__(
        self,
        painter: Painter,
        *,
        title: str = "",
        field: tuple[str, str, tuple[float, float]] | None = None,
        strip: Strip | None = None,
        legend: bool = True,
        clock: bool = True,
    ):
        self.painter, self.title, self.field, self.strip, self.clock = painter, title, field, strip, clock
        self.limits = field[2] if field else None
        top = max(painter.height, _SMALLEST_LEGEND) if legend else painter.height
        self.unit = max(0.4, min(1.35, top / 800.0))
        self._panel = math.ceil(284 * max(self.unit, 0.72)) if legend else 0
        self.width = _even(painter.width + self._panel)
        self.height = _even(top + (strip.height_for(self.width) if strip else 0))
        self._top = top
        self._counters: dict[str, tuple[int, int]] = {}
        self._canvas = np.empty((self.height, self.width, 3), np.uint8)
        self._canvas[:] = PAPER
        if legend:
            self._draw_legend()
        if strip:
            strip.draw(self.width)
        self._bar = self._scale_bar()

    @classmethod
    def of_recording(
        cls, recording: Recording, *, field: str | None = None, pixels: int = 800, strip: Strip | None = None
    ) -> "Film":
        """The film of a run; the overlay's limits are those of the whole run. Raises ValueError for an unknown field."""
        overlay = (field, recording.unit(field), recording.limits(field)) if field is not None else None
        painter = Painter(recording.site_kind, recording.spacing_um, pixels=pixels)
        return cls(painter, title=recording.title, field=overlay, strip=strip)

    @property
    def legend(self) -> np.ndarray:
        """The legend at the side alone, without numbers of cells: RGB, uint8 [height, width, 3]."""
        return self._canvas[: self._top, self.painter.width :].copy()

    def frame(self, scene: Scene) -> np.ndarray:
        """RGB, uint8 [height, width, 3], of `scene`."""
        image = self._canvas.copy()
        tissue = self.painter.paint(scene, self.limits)
        if self.clock:
            self._draw_clock(tissue, scene.minutes)
        self._draw_scale_bar(tissue)
        image[: tissue.shape[0], : tissue.shape[1]] = tissue
        if self._counters:
            self._draw_counts(image, scene)
        if self.strip:
            strip = self.strip.at(scene.minutes)
            image[self._top : self._top + strip.shape[0], : strip.shape[1]] = strip
        return image

    def _draw_clock(self, image: np.ndarray, minutes: float) -> None:
        big, small = max(11, round(27 * self.unit)), max(8, round(14 * self.unit))
        margin = round(14 * self.unit)
        day, rest = divmod(round(minutes), 1440)
        since = "since time 0" if minutes >= 0 else "before time 0"
        _veil(image, 0, 0, margin + round(2.35 * big), margin + round(7.8 * big))
        lettering.write(image, f"day {day}  {rest // 60:02d}:{rest % 60:02d}", margin, margin, big, INK, bold=True)
        lettering.write(image, f"{abs(minutes) / 60:.1f} h {since}", margin + round(1.3 * big), margin, small, FAINT)

    def _scale_bar(self) -> int:
        """Length of the scale bar (um): about a sixth of the picture."""
        wanted = self.painter.width / self.painter.pixels_per_um / 6
        return min(_SCALE_BARS, key=lambda um: abs(math.log(um / wanted)))

    def _draw_scale_bar(self, image: np.ndarray) -> None:
        length = max(1, round(self._bar * self.painter.pixels_per_um))
        size = max(8, round(15 * self.unit))
        margin, thick = round(16 * self.unit), max(2, round(5 * self.unit))
        bottom, right = image.shape[0] - margin, image.shape[1] - margin
        label = f"{self._bar} µm" if self._bar < 1000 else f"{self._bar // 1000} mm"
        _veil(image, bottom - round(2.2 * size), right - length - margin, image.shape[0], image.shape[1])
        image[bottom - thick : bottom, max(0, right - length) : right] = INK
        left = right - length // 2 - lettering.width(label, size) // 2
        lettering.write(image, label, bottom - thick - round(1.45 * size), left, size, INK)

    # --- the legend -------------------------------------------------------------------------------------------------

    def _draw_legend(self) -> None:
        u = max(self.unit, 0.72)
        left, right = self.painter.width + round(16 * u), self.width - round(14 * u)
        size, line = max(8, round(12.5 * u)), _ROW * self._top / 800
        image, y = self._canvas, 12 * u
        if self.title:
            for text in lettering.lines(self.title, round(14.5 * u), right - left, 2, bold=True):
                lettering.write(image, text, round(y), left, round(14.5 * u), INK, bold=True)
                y += 1.05 * line
        y += 0.35 * line
        group = None
        for code, look in LOOKS.items():
            if code == 1:  # circulating cells pass within a step: they are hardly ever seen
                continue
            if look.group != group:
                group = look.group
                y += 0.28 * line
                lettering.write(image, group, round(y), left, size, FAINT, bold=True)
                self._counters[f"group {group}"] = (round(y), right)
                y += line
            self._entry(f"code {code}", look.label, cell_picture(look, round(12 * u), 2), y, left, right, size, u)
            y += line
        y += 0.28 * line
        lettering.write(image, "Tissue", round(y), left, size, FAINT, bold=True)
        y += line
        for key, label, picture in self._tissue_entries(round(12 * u)):
            self._entry(key, label, picture, y, left, right, size, u)
            y += line
        if self.field:
            self._colour_bar(y + 0.3 * line, left, right, size)

    def _tissue_entries(self, scale: int):
        yield "flow", "sinusoid with blood flow", _swatch(palette.BLOOD, palette.WALL, scale)
        yield "still", "sinusoid without flow", _swatch(palette.NO_FLOW, palette.WALL, scale)
        yield "wall", "E-selectin on the wall", _swatch(palette.BLOOD, palette.ACTIVE_WALL, scale)
        yield "nets", "neutrophil nets (NETs)", net_atlas(scale)[0]
        yield "ecm", "matrix (ECM)", fibre_atlas(scale)[1]
        yield "", "portal tract", _swatch(palette.PORTAL_LUMEN, palette.PORTAL, scale, 1.0)
        yield "", "central vein", _swatch(palette.VEIN, palette.VEIN_WALL, scale, 1.0)

    def _entry(self, key, label, picture, y, left, right, size, u) -> None:
        slot = round(30 * u)
        middle = round(y + 0.68 * size)
        top, start = middle - picture.shape[0] // 2, left + slot // 2 - picture.shape[1] // 2
        _lay(self._canvas, picture, top, start)
        lettering.write(self._canvas, label, round(y), left + slot + round(4 * u), size, INK)
        if key:
            self._counters[key] = (round(y), right)

    def _colour_bar(self, y: float, left: int, right: int, size: int) -> None:
        name, unit, (low, high) = self.field
        label = palette.FIELD_LABELS.get(name, name) + (f" ({unit})" if unit else "")
        lettering.write(self._canvas, label, round(y), left, size, FAINT, bold=True)
        top, height = round(y + 1.7 * size), max(6, size - 2)
        colours = overlay_colours(low > 0.0)[np.linspace(0, 255, right - left).astype(int)].astype(float)
        alpha = colours[:, 3:] / 255
        bar = np.array(palette.HEPATOCYTE) * (1 - alpha) + colours[:, :3] * alpha
        self._canvas[top : top + height, left:right] = bar.astype(np.uint8)
        lettering.write(self._canvas, f"{low:.3g}", top + height + 2, left, size, INK)
        lettering.write(self._canvas, f"{high:.3g}", top + height + 2, right, size, INK, align="right")

    def _draw_counts(self, image: np.ndarray, scene: Scene) -> None:
        counts = scene.counts()
        size = max(8, round(12.5 * max(self.unit, 0.72)))
        groups: dict[str, int] = {}
        for code, look in LOOKS.items():
            groups[look.group] = groups.get(look.group, 0) + int(counts[code])
        shares = self._shares(scene)
        for key, (y, right) in self._counters.items():
            kind, _, rest = key.partition(" ")
            if kind == "code":
                text, colour = f"{counts[int(rest)]:,}", INK
                colour = INK if counts[int(rest)] else palette.RULE
            elif kind == "group":
                text, colour = f"{groups[rest]:,}", FAINT
            else:
                text, colour = shares[key], INK
            lettering.write(image, text, y, right, size, colour, bold=kind == "group", align="right")

    def _shares(self, scene: Scene) -> dict[str, str]:
        sinusoids = max(1, self.painter.sinusoids)
        flow = self.painter.share_of_sinusoids(scene.perfused)
        area = (self.painter.spacing_um / 1000.0) ** 2
        return {
            "flow": f"{100 * flow:.0f} %",
            "still": f"{100 * (1 - flow):.0f} %",
            "wall": f"{100 * np.count_nonzero(scene.e_selectin >= _ACTIVE_WALL) / sinusoids:.0f} %",
            "nets": f"{np.count_nonzero(scene.nets > _FAINTEST) * area:.3f} mm²",
            "ecm": f"{np.count_nonzero(scene.ecm > _FAINTEST) * area:.3f} mm²",
        }


_KEPT_FILMS = 4
_films: WeakKeyDictionary = WeakKeyDictionary()
"""The films of pictures that were asked for lately, by model: to prepare one takes a hundred times as long as a frame."""


def picture(
    model: "LiverModel",
    field: str | None = None,
    *,
    pixels: int = 800,
    legend: bool = True,
    region: tuple[slice, slice] | None = None,
    limits: tuple[float, float] | None = None,
):
    """The model as it is now, as a PIL image (Jupyter shows it).

    field : name of a field or layer to lay over it, between `limits` (by default those of the picture); pixels : of the
    longer side of the tissue; region : rows and columns to show, as in `numpy.s_[20:60, 10:50]`; the numbers in the legend
    are those of the region.

    Raises ValueError for a field that the model does not have, naming those it has, and for a region without sites.
    """
    from PIL import Image

    scene, part = scene_of(model, field), region or (slice(None), slice(None))
    kind = np.ascontiguousarray(model.anatomy.kind[part])
    if kind.ndim != 2 or min(kind.shape) == 0:
        raise ValueError(
            f"there are no sites in rows and columns {part}; the lattice has {model.shape[0]} x {model.shape[1]}"
        )
    scene = scene.cut(part)
    overlay = None
    if field is not None:
        unit = model.fields[field].unit if field in model.fields else ""
        overlay = field, palette.UNITS.get(unit, unit), limits or field_limits([scene.field])
    films = _films.setdefault(model, {})
    key = pixels, legend, *((cut.start, cut.stop, cut.step) for cut in part)
    film = films.pop(key, None)
    if film is None:
        film = Film(
            Painter(kind, model.spacing_um, pixels=pixels), title=str(model.config.name), field=overlay, legend=legend
        )
    elif film.field != overlay:
        film = Film(film.painter, title=film.title, field=overlay, legend=legend)
    films[key] = film
    while len(films) > _KEPT_FILMS:
        del films[next(iter(films))]
    return Image.fromarray(film.frame(scene))


def contact_sheet(frames: Sequence[np.ndarray], columns: int) -> np.ndarray:
    """Frames of one size side by side, `columns` in a line."""
    height, width, _ = frames[0].shape
    lines = math.ceil(len(frames) / columns)
    sheet = np.empty((lines * height, columns * width, 3), np.uint8)
    sheet[:] = PAPER
    for k, frame in enumerate(frames):
        i, j = divmod(k, columns)
        sheet[i * height : (i + 1) * height, j * width : (j + 1) * width] = frame
    return sheet


def _even(size: int) -> int:
    return size + size % 2


def _veil(image: np.ndarray, top: int, left: int, bottom: int, right: int) -> None:
    """Dim a part of the picture so that what is written there can be read."""
    part = image[max(0, top) : bottom, max(0, left) : right]
    part[:] = (part.astype(np.uint16) * 3 + np.array(PAPER, np.uint16) * 5) // 8


def _lay(image: np.ndarray, picture: np.ndarray, top: int, left: int) -> None:
    part = image[top : top + picture.shape[0], left : left + picture.shape[1]]
    picture = picture[: part.shape[0], : part.shape[1]]
    alpha = picture[..., 3:].astype(float) / 255
    part[:] = (part * (1 - alpha) + picture[..., :3] * alpha).astype(np.uint8)


def _swatch(inside: palette.Colour, rim: palette.Colour, scale: int, thickness: float = 0.8) -> np.ndarray:
    """A piece of vessel, uint8 [size, size, 4]."""
    size = scale + 2 * padding(scale)
    swatch = np.zeros((size, size, 4), np.uint8)
    half = max(2, round(0.5 * thickness * scale))
    middle, reach = size // 2, round(1.1 * scale)
    swatch[middle - half - 1 : middle + half + 1, middle - reach : middle + reach] = (*rim, 255)
    swatch[middle - half + 1 : middle + half - 1, middle - reach : middle + reach] = (*inside, 255)
    return swatch
