"""Frames: the painted tissue with everything around it that a reader needs.

Upper left the clock, lower right the scale bar, at the side the legend with the number of cells of each kind and state,
below the courses of the counts up to the moment shown.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from ..cells.species import Shown
from ..record.scene import Scene, scene_of
from . import lettering, palette
from .legend import Legend
from .painter import Painter
from .palette import FAINT, INK, PAPER
from .recording import Recording, field_limits
from .strip import Strip
from .tint import Tint, column_of, limits_of

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
        legend: bool = True,
    ) -> "Film":
        """The film of a run; the overlay's limits are those of the whole run. Raises ValueError for an unknown field."""
        overlay = (
            (recording.words(field), recording.unit(field), recording.limits(field)) if field is not None else None
        )
        painter = Painter(
            recording.site_kind, recording.spacing_um, pixels=pixels, cast=recording.cast, tint=recording.tint
        )
        return cls(painter, title=recording.title, field=overlay, strip=strip, legend=legend, present=recording.present)

    @property
    def legend(self) -> np.ndarray:
        """The legend at the side alone, without numbers of cells: RGB, uint8 [height, width, 3]."""
        if self._legend is None:
            raise ValueError("this film has no legend")
        return self._legend.image.copy()

    def frame(self, scene: Scene) -> np.ndarray:
        """RGB, uint8 [height, width, 3], of `scene`."""
        image = self._canvas.copy()
        tissue = self.painter.paint(scene, self.limits)
        if self.clock:
            self._draw_clock(tissue, scene.minutes)
        self._draw_scale_bar(tissue)
        image[: tissue.shape[0], : tissue.shape[1]] = tissue
        if self._legend:
            self._legend.write_counts(image[: self._top, self.painter.width :], scene)
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


def _tint(model: "LiverModel", column: str) -> Tint:
    """How cells are coloured by a column of their population, within the limits of what is there now. Raises ValueError."""
    columns = {
        name: [column.name for column in population.species.columns] for name, population in model.populations.items()
    }
    population, name = column_of(column, columns)
    about = model.populations[population].species.column[name]
    limits = limits_of(
        {"valid_range": about.within} if about.within else {}, model.populations[population].alive_rows()[name]
    )
    words = f"{population.replace('_', ' ')}: {name.replace('_', ' ')}"
    return Tint(population, name, words, about.unit, about.nominal, limits)


def _cast(model: "LiverModel") -> list[Shown]:
    """The populations of a model that may be seen."""
    return [population.species.shown for population in model.populations.values()]


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
    colour_by: str | None = None,
):
    """The model as it is now, as a PIL image (Jupyter shows it).

    field : name of a field or layer to lay over it, between `limits` (by default those of the picture); pixels : of the
    longer side of the tissue; region : rows and columns to show, as in `numpy.s_[20:60, 10:50]`; the numbers in the legend
    are those of the region; colour_by : a column of a population, "emt" or "tumor.emt", by which its cells are coloured.

    Raises ValueError for a field or a column that the model does not have, naming those it has, and for a region without sites.
    """
    from PIL import Image

    scene, part = scene_of(model, field), region or (slice(None), slice(None))
    kind = np.ascontiguousarray(model.anatomy.kind[part])
    if kind.ndim != 2 or min(kind.shape) == 0:
        raise ValueError(
            f"there are no sites in rows and columns {part}; the lattice has {model.shape[0]} x {model.shape[1]}"
        )
    tint = None if colour_by is None else _tint(model, colour_by)
    if tint is not None:
        population = model.populations[tint.population]
        rows = np.asarray(population.alive_rows())
        scene = replace(scene, tint=tint.lattices(scene.standing, population.species.shown, rows))
    scene = scene.cut(part)
    present = {name for name, population in model.populations.items() if population.count}
    overlay = None
    if scene.field is not None:
        unit = model.fields[field].unit if field in model.fields else ""
        words = type(model.config).registry.words()[field]
        overlay = words, palette.UNITS.get(unit, unit), limits or field_limits([scene.field])
    films = _films.setdefault(model, {})
    key = pixels, legend, tint, *((cut.start, cut.stop, cut.step) for cut in part)
    film = films.pop(key, None)
    if film is None:
        film = Film(
            Painter(kind, model.spacing_um, pixels=pixels, cast=_cast(model), tint=tint),
            title=str(model.config.name),
            field=overlay,
            legend=legend,
            present=present,
        )
    elif (film.field, film.present) != (overlay, present):
        film = Film(film.painter, title=film.title, field=overlay, legend=legend, present=present)
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
