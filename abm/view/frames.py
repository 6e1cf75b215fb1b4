"""Frames: the painted tissue with everything around it that a reader needs.

Upper left the clock, lower right the scale bar, in another corner a close look if one is wanted, at the side the legend with
the number of cells of each kind and state, below the courses of the counts up to the moment shown.
"""

import math
from collections.abc import Collection
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from ..record.scene import SCARS, Scene
from ..rules.arrival import is_injected
from . import lettering
from .inset import Inset
from .legend import Legend
from .marks import Marks
from .paint import field_words, paint
from .painter import Painter
from .palette import INK, PAPER
from .recording import Recording, since_what
from .region import Part
from .strip import Strip

if TYPE_CHECKING:
    from ..model import LiverModel

SMALLEST_LEGEND = 560  # pixels of height: below that its letters could not be read
_SMALLEST_UNIT = 0.55  # of letters
_SCALE_BARS = (10, 20, 50, 100, 200, 500, 1000, 2000)  # um


class Film:
    """Makes the frames of one liver.

    painter : for the tissue; title : above the legend; field : (words, unit, (low, high)) of the overlay, if any;
    strip : the courses below, if any; legend : whether there is one, and if it is `brief`, with a line per population; present : the
    populations that are ever seen, for the legend (by default all); since : what time 0 is called, "" to leave it out; marks :
    flashes and trails; inset : a close look.
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
        brief: bool = False,
        clock: bool = True,
        scale_bar: bool = True,
        present: Collection[str] | None = None,
        since: str = "time 0",
        marks: Marks | None = None,
        inset: Inset | None = None,
    ):
        self.painter, self.title, self.field, self.strip, self.clock = painter, title, field, strip, clock
        self.present, self.since, self.marks, self.inset = present, since, marks, inset
        self.limits = field[2] if field else None
        top = max(painter.height, SMALLEST_LEGEND) if legend else painter.height
        self.unit = max(_SMALLEST_UNIT, min(1.35, top / 800.0))
        self._panel = Legend.width_for(self.unit) if legend else 0
        self.width = _even(painter.width + self._panel)
        self.height = _even(top + (strip.height_for(self.width) if strip else 0))
        self._top = top
        self._canvas = np.empty((self.height, self.width, 3), np.uint8)
        self._canvas[:] = PAPER
        flashes = [] if marks is None else marks.flashes
        self._legend = (
            Legend(painter, top, self.unit, title=title, field=field, present=present, brief=brief, flashes=flashes)
            if legend
            else None
        )
        if self._legend:
            self._canvas[:top, painter.width : painter.width + self._panel] = self._legend.image
        if strip:
            strip.draw(self.width)
        self._bar = self._scale_bar() if scale_bar else 0

    @classmethod
    def of_recording(
        cls,
        recording: Recording,
        *,
        field: str | None = None,
        pixels: int = 800,
        region: Part | None = None,
        borders: bool = False,
        texture: bool = True,
        **how: Any,
    ) -> "Film":
        """The film of a run; the overlay's limits are those of the whole run. `how` : what else a film takes. Raises ValueError
        for an unknown field."""
        overlay = (
            (recording.words(field), recording.unit(field), recording.limits(field)) if field is not None else None
        )
        painter = Painter(
            recording.site_kind,
            recording.spacing_um,
            region=region,
            pixels=pixels,
            cast=recording.cast,
            tint=recording.tint,
            borders=borders,
            texture=texture,
        )
        return cls(
            painter, title=recording.title, field=overlay, present=recording.present, since=recording.since, **how
        )

    def frame(self, scene: Scene) -> np.ndarray:
        """RGB, uint8 [height, width, 3], of `scene`, which is of the whole liver."""
        return self.around(self.painter.paint(scene, self.limits), scene)

    def around(self, tissue: np.ndarray, scene: Scene) -> np.ndarray:
        """The same, of a scene that the painter has painted already; writes into `tissue`."""
        image = self._canvas.copy()
        if self.marks is not None:
            self.marks.draw(tissue, self.painter, scene.minutes)
        if self.inset is not None:
            self.inset.draw(tissue, scene, self.limits, self.marks)
        if self.clock:
            self._draw_clock(tissue, scene.minutes)
        if self._bar:
            self._draw_scale_bar(tissue)
        image[: tissue.shape[0], : tissue.shape[1]] = tissue
        if self._legend:
            flashed = {} if self.marks is None else self.marks.counts(scene.minutes)
            self._legend.write_counts(image[: self._top, self.painter.width :], scene.cut(self.painter.part), flashed)
        if self.strip:
            strip = self.strip.at(scene.minutes)
            image[self._top : self._top + strip.shape[0], : strip.shape[1]] = strip
        return image

    def _draw_clock(self, image: np.ndarray, minutes: float) -> None:
        big, small = max(13, round(25 * self.unit)), max(10, round(14 * self.unit))
        margin = round(12 * self.unit)
        lettering.write(image, clock_words(minutes), margin, margin, big, INK, bold=True, halo=True)
        if self.since:
            words = since_words(minutes, self.since)
            lettering.write(image, words, margin + round(1.25 * big), margin, small, INK, halo=True)

    def _scale_bar(self) -> int:
        """Length of the scale bar (um): about a sixth of the picture."""
        wanted = self.painter.width / self.painter.pixels_per_um / 6
        return min(_SCALE_BARS, key=lambda um: abs(math.log(um / wanted)))

    def _draw_scale_bar(self, image: np.ndarray) -> None:
        length = max(1, round(self._bar * self.painter.pixels_per_um))
        size = max(10, round(15 * self.unit))
        margin, thick = round(14 * self.unit), max(2, round(5 * self.unit))
        bottom, right = image.shape[0] - margin, image.shape[1] - margin
        left = max(0, right - length)
        label = f"{self._bar} µm" if self._bar < 1000 else f"{self._bar // 1000} mm"
        image[bottom - thick - 1 : bottom + 1, max(0, left - 1) : right + 1] = PAPER
        image[bottom - thick : bottom, left:right] = INK
        middle = right - length // 2 - lettering.width(label, size) // 2
        middle = min(middle, image.shape[1] - lettering.width(label, size) - 2)
        lettering.write(image, label, bottom - thick - round(1.4 * size), middle, size, INK, bold=True, halo=True)


def clock_words(minutes: float) -> str:
    """The time of a clock that counts days: "day 14, 00:00"; before time 0 how long it is until then: "2 d 06:00"."""
    day, rest = divmod(round(abs(minutes)), 1440)
    clock = f"{rest // 60:02d}:{rest % 60:02d}"
    return f"day {day}, {clock}" if minutes >= 0 else f"{day} d {clock}"


def since_words(minutes: float, since: str) -> str:
    """From what the clock counts: "after injection"."""
    return f"{'after' if minutes >= 0 else 'before'} {since}"


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
    borders: bool = False,
):
    """The model as it is now, as a PIL image (Jupyter shows it), with clock, scale bar and legend.

    The options are those of `abm.view.paint.paint`, and legend : whether there is one; its numbers are those of the region.
    Raises ValueError as that does.
    """
    from PIL import Image

    painted = paint(
        model, field, region=region, pixels=pixels, limits=limits, colour_by=colour_by, hidden=hidden, borders=borders
    )
    painter, left = painted.painter, painted.scene.scars
    present = {name for name, population in model.populations.items() if population.count}
    present |= set() if left is None else {SCARS[code] for code in np.unique(left) if code}
    overlay = None if field is None or painted.limits is None else (*field_words(model, field), painted.limits)
    films = _films.setdefault(model, {})
    key = legend, overlay, painter.tint, borders, frozenset(present)
    film, kept_as = films.pop(painter, (None, None))
    if film is None or kept_as != key:
        film = Film(
            painter,
            title=str(model.config.name),
            field=overlay,
            legend=legend,
            present=present,
            since=since_what(is_injected(model.config)),
        )
    films[painter] = film, key
    while len(films) > _KEPT_FILMS:
        del films[next(iter(films))]
    return Image.fromarray(film.around(painted.image, painted.scene))


def _even(size: int) -> int:
    return size + size % 2
