"""A close look within the picture: a part of the liver, enlarged, that follows the descendants of one founder."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ..record.scene import Scene
from . import lettering, palette, region
from .painter import Painter
from .recording import Recording

if TYPE_CHECKING:
    from .marks import Marks

TARGETS = ("colony", "arrest")
_TIMES = (4, 3, 2)
"""How much larger it shows its place: the first by which that is `_FEWEST` sites wide, or the last."""
_FEWEST = 6
_SHARE = 0.40  # of the shorter side of the picture
_WANDER = 0.22  # of the inset's side: whom it follows may go so far from its middle
_EDGE = 2  # pixels


class Inset:
    """Lies in the corner of the picture that is farthest from what it shows.

    place : row and column of whom it follows, at a time in minutes; times : how much larger that is shown
    """

    def __init__(
        self, main: Painter, paint_part: Callable[[region.Part, int], Painter], place: Callable[[float], tuple]
    ):
        self._main, self._paint_part, self._place = main, paint_part, place
        room = _SHARE * min(main.height, main.width) / main.scale
        self.times = next((times for times in _TIMES if round(room / times) >= _FEWEST), _TIMES[-1])
        self._scale = self.times * main.scale
        self._sites = max(2, round(room / self.times))
        self._painter: Painter | None = None

    @classmethod
    def of_recording(cls, main: Painter, recording: Recording, target: str, first_arrest: int | None) -> "Inset":
        """One that follows the largest colony of the last frame, or the first arrested cell, of the clone `first_arrest`, and its
        descendants. Raises ValueError for another target, and when there is no such cell."""
        if target not in TARGETS:
            raise ValueError(f"an inset shows {' or '.join(TARGETS)}, not '{target}'")
        clone = first_arrest if target == "arrest" else _largest(recording)
        if clone is None:
            raise ValueError(
                "no tumor cell was ever arrested" if target == "arrest" else "no tumor cell is left at the end"
            )
        places = _places(recording, clone)
        if not places:
            raise ValueError("the first arrested cell is in no frame")
        times = np.array(sorted(places))

        def place(minutes: float) -> tuple[float, float]:
            return places[times[max(0, int(np.searchsorted(times, minutes, side="right")) - 1)]]

        def paint_part(part: region.Part, scale: int) -> Painter:
            longer = max(side.stop - side.start for side in part)
            return Painter(
                recording.site_kind,
                recording.spacing_um,
                region=part,
                pixels=scale * longer,
                cast=recording.cast,
                tint=recording.tint,
            )

        return cls(main, paint_part, place)

    def draw(
        self, image: np.ndarray, scene: Scene, limits: tuple[float, float] | None, marks: "Marks | None" = None
    ) -> None:
        """Draw it into the picture of `scene`, and a frame around what it shows."""
        row, column = self._place(scene.minutes)
        painter = self._follow(row, column)
        close = painter.paint(scene, limits)
        if marks is not None:
            marks.draw(close, painter, scene.minutes)
        x, y = self._main.pixel_of(row, column)
        # upper right, or lower left: in the other corners stand the clock and the scale bar
        top = image.shape[1] - x + y >= x + image.shape[0] - y
        height, width = (min(close.shape[k], image.shape[k] - 4 * _EDGE) for k in (0, 1))
        up = 2 * _EDGE if top else image.shape[0] - height - 2 * _EDGE
        left = image.shape[1] - width - 2 * _EDGE if top else 2 * _EDGE
        self._outline_seen(image, painter)
        image[up : up + height, left : left + width] = close[:height, :width]
        outline(image, up, left, up + height, left + width, _EDGE)
        size = max(10, round(0.05 * height))
        lettering.write(image, f"{self.times} ×", up + 4, left + 6, size, palette.INK, bold=True, halo=True)

    def _follow(self, row: float, column: float) -> Painter:
        """The painter of the part around a place; the one before as long as the place is near its middle."""
        painter = self._painter
        if painter is not None:
            away = max(
                abs(at - (side.start + side.stop - 1) / 2) for at, side in zip((row, column), painter.part, strict=True)
            )
            if away <= _WANDER * self._sites:
                return painter
        part = region.around(row + 0.5, column + 0.5, self._sites, self._main.whole)
        if painter is None or painter.part != part:
            self._painter = painter = self._paint_part(part, self._scale)
        return painter

    def _outline_seen(self, image: np.ndarray, painter: Painter) -> None:
        """A frame around what it shows, as far as that is in the large picture."""
        rows, columns = painter.part
        (left, right), (top, bottom) = self._main.pixel_of(
            np.array([rows.start, rows.stop]), np.array([columns.start, columns.stop])
        )
        height, width = (side - 1 for side in image.shape[:2])
        up, down = (int(np.clip(round(at - self._main.scale / 2), 1, height)) for at in (top, bottom))
        first, last = (int(np.clip(round(at - self._main.scale / 2), 1, width)) for at in (left, right))
        if up < down and first < last:
            outline(image, up, first, down, last, 1)


def place_of_interest(recording: Recording, first_arrest: int | None) -> tuple[float, float]:
    """Row and column of the largest colony at the end; where no cell is left of the first arrested one, of the clone `first_arrest`;
    where there was none the middle of the tissue."""
    for clone in (_largest(recording), first_arrest) if recording.keeps(palette.TUMOR) else ():
        places = {} if clone is None else _places(recording, clone)
        if places:
            return places[max(places)]
    rows, columns = recording.site_kind.shape
    return rows / 2, columns / 2


def _largest(recording: Recording) -> int | None:
    """The clone with the most cells in the last frame."""
    clones = recording.cells(palette.TUMOR, -1, ("clone",))["clone"]
    if not clones.size:
        return None
    names, counts = np.unique(clones, return_counts=True)
    return int(names[np.argmax(counts)])


def _places(recording: Recording, clone: int) -> dict[float, tuple[float, float]]:
    """Where the cells of a clone are at the times at which there are any: row and column of the one nearest to their middle."""
    places = {}
    for frame, minutes in enumerate(recording.times_min):
        cells = recording.cells(palette.TUMOR, frame, ("clone",))
        those = np.flatnonzero(cells["clone"] == clone)
        if those.size:
            at = np.stack((cells["row"][those], cells["column"][those]), axis=1)
            nearest = at[np.argmin(np.abs(at - np.median(at, axis=0)).sum(axis=1))]
            places[float(minutes)] = float(nearest[0]), float(nearest[1])
    return places


def outline(image: np.ndarray, top: int, left: int, bottom: int, right: int, thick: int) -> None:
    """A frame just outside of a rectangle, as far as it lies in the picture."""
    outer = tuple(max(0, at) for at in (top - thick, left - thick, bottom + thick, right + thick))
    up, first, down, last = outer
    for part in (
        np.s_[up : max(0, top), first:last],
        np.s_[max(0, bottom) : down, first:last],
        np.s_[up:down, first : max(0, left)],
        np.s_[up:down, max(0, right) : last],
    ):
        image[part] = palette.INK
