"""Frames: the painted tissue with everything around it that a reader needs.

Upper left the clock, lower right the scale bar, at the side the legend with the number of cells of each kind and state,
below the courses of the counts up to the moment shown.
"""

import math
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from ..record.scene import Scene
from . import lettering
from .legend import Legend
from .paint import field_words, paint
from .painter import Painter
from .palette import FAINT, INK, PAPER
from .recording import Recording
from .region import Part
from .strip import Strip

if TYPE_CHECKING:
    from ..model import LiverModel

_SMALLEST_LEGEND = 560  # pixels of height: below that its letters could not be read
_SCALE_BARS = (10, 20, 50, 100, 200, 500, 1000, 2000)  # um


class Film:
    """Makes the frames of one liver.

    painter : for the tissue; title : above the legend; field : (words, unit, (low, high)) of the overlay, if any;
    strip : the courses below, if any; present : the populations that are ever seen, for the legend (by default all).
    All frames have the same even `width` and `height`.
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
        present: Collection[str] | None = None,
    ):
        self.painter, self.title, self.field, self.strip, self.clock = painter, title, field, strip, clock
        self.present = present
        self.limits = field[2] if field else None
        top = max(painter.height, _SMALLEST_LEGEND) if legend else painter.height
        self.unit = max(0.4, min(1.35, top / 800.0))
        self._panel = Legend.width_for(self.unit) if legend else 0
        self.width = _even(painter.width + self._panel)
        self.height = _even(top + (strip.height_for(self.width) if strip else 0))
        self._top = top
        self._canvas = np.empty((self.height, self.width, 3), np.uint8)
        self._canvas[:] = PAPER
        self._legend = Legend(painter, top, self.unit, title=title, field=field, present=present) if legend else None
        if self._legend:
            self._canvas[:top, painter.width : painter.width + self._panel] = self._legend.image
        if strip:
            strip.draw(self.width)
        self._bar = self._scale_bar()

    @classmethod
    def of_recording(
        cls,
        recording: Recording,
        *,
        field: str | None = None,
        pixels: int = 800,
        strip: Strip | None = None,
    ) -> "Film":
        """The film of a run; the overlay's limits are those of the whole run. Raises ValueError for an unknown field."""
        overlay = (
            (recording.words(field), recording.unit(field), recording.limits(field)) if field is not None else None
        )
        painter = Painter(
            recording.site_kind, recording.spacing_um, pixels=pixels, cast=recording.cast, tint=recording.tint
        )
        return cls(painter, title=recording.title, field=overlay, strip=strip, present=recording.present)

    @property
    def legend(self) -> np.ndarray:
        """The legend at the side alone, without numbers of cells: RGB, uint8 [height, width, 3]."""
        if self._legend is None:
            raise ValueError("this film has no legend")
        return self._legend.image.copy()

    def frame(self, scene: Scene) -> np.ndarray:
        """RGB, uint8 [height, width, 3], of `scene`, which is of the whole liver."""
        return self.around(self.painter.paint(scene, self.limits), scene)

    def around(self, tissue: np.ndarray, scene: Scene) -> np.ndarray:
        """The same, of a scene that the painter has painted already; writes into `tissue`."""
        image = self._canvas.copy()
        if self.clock:
            self._draw_clock(tissue, scene.minutes)
        self._draw_scale_bar(tissue)
        image[: tissue.shape[0], : tissue.shape[1]] = tissue
        if self._legend:
            self._legend.write_counts(image[: self._top, self.painter.width :], scene.cut(self.painter.part))
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


_KEPT_FILMS = 4
_films: WeakKeyDictionary = WeakKeyDictionary()
"""The films of pictures that were asked for lately, by model."""


def picture(
    model: "LiverModel",
    field: str | None = None,
    *,
    pixels: int = 800,
    legend: bool = True,
    region: Part | None = None,
    limits: tuple[float, float] | None = None,
    colour_by: str | None = None,
    hidden: Collection[str] = (),
):
    """The model as it is now, as a PIL image (Jupyter shows it), with clock, scale bar and legend.

    The options are those of `abm.view.paint.paint`, and legend : whether there is one; its numbers are those of the region.
    Raises ValueError as that does.
    """
    from PIL import Image

    painted = paint(model, field, region=region, pixels=pixels, limits=limits, colour_by=colour_by, hidden=hidden)
    painter, present = painted.painter, {name for name, population in model.populations.items() if population.count}
    overlay = None if field is None or painted.limits is None else (*field_words(model, field), painted.limits)
    films = _films.setdefault(model, {})
    key = legend, overlay, painter.tint, frozenset(present)
    film, kept_as = films.pop(painter, (None, None))
    if film is None or kept_as != key:
        film = Film(painter, title=str(model.config.name), field=overlay, legend=legend, present=present)
    films[painter] = film, key
    while len(films) > _KEPT_FILMS:
        del films[next(iter(films))]
    return Image.fromarray(film.around(painted.image, painted.scene))


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
