"""What a single moment does not show: flashes where something has just happened to a tumor cell, and the trails of cells that
move."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..cells.species import Colour
from ..record.tables import read_table
from . import palette, raster
from .painter import Painter
from .recording import Recording

_CLOSE_MIN = 15.0
"""Frames at most so many minutes apart follow single cells; where they lie further apart only losses flash."""
_FLASH_MIN = 20.0
_TRAIL_MIN = 30.0
_LONGEST_STEP = 16  # sites between two frames; what went further left at one edge and came in at the other
_RADIUS = 1.5  # sites
_SMALLEST_RADIUS = 4.0  # pixels
_TRAIL_OPACITY = 0.75


class Flash(NamedTuple):
    """An event that flashes: its name in the ledger, its words, its colour, and whether it does in close frames only."""

    event: str
    words: str
    colour: Colour
    only_close: bool


FLASHES = (
    Flash("phagocytosed", "engulfed", palette.FATES_ON_DARK["phagocytosed"], False),
    Flash("killed", "killed", palette.FATES_ON_DARK["killed"], False),
    Flash("extravasated", "crossed the wall", (240, 228, 66), True),
    Flash("divided", "divided", (255, 255, 255), True),
)


class Marks:
    """The flashes and trails of some frames of one run."""

    def __init__(self, recording: Recording, frames: np.ndarray, events: Mapping[str, np.ndarray]):
        """frames : ascending; events : time_min, event (names), row and column, in the order of time."""
        self._recording = recording
        times = recording.times_min[frames]
        apart = float(np.median(np.diff(times))) if times.size > 1 else np.inf
        self.close = apart <= _CLOSE_MIN
        self._span = max(apart, _FLASH_MIN) if self.close else apart
        self.flashes = [flash for flash in FLASHES if self.close or not flash.only_close]
        self._events = {
            flash.event: {
                name: np.asarray(events[name])[np.asarray(events["event"]) == flash.event] for name in _PLACED
            }
            for flash in self.flashes
        }
        self._trails: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    @classmethod
    def of_run(cls, run_dir: Path, recording: Recording, frames: np.ndarray) -> "Marks | None":
        """Those of a run; None where it kept no places of events."""
        try:
            table = read_table(run_dir, "events")
        except FileNotFoundError:
            return None
        if not {*_PLACED, "event"} <= set(table.column_names):
            return None
        return cls(recording, frames, {name: table[name].to_numpy() for name in (*_PLACED, "event")})

    def counts(self, minutes: float) -> dict[str, int]:
        """How often each event happened in the time before a moment in which it flashes."""
        return {event: self._rows(event, minutes).size for event in self._events}

    def draw(self, image: np.ndarray, painter: Painter, minutes: float) -> None:
        """Draw those of a moment into the picture that `painter` has painted of it."""
        if self.close:
            self._draw_trails(image, painter, minutes)
        for flash in self.flashes:
            entries, those = self._events[flash.event], self._rows(flash.event, minutes)
            if not those.size:
                continue
            age = (minutes - entries["time_min"][those]) / self._span if self.close else np.full(those.size, 0.3)
            x, y = painter.pixel_of(entries["row"][those].astype(float), entries["column"][those].astype(float))
            radius = np.maximum(_RADIUS * painter.scale * (0.6 + 0.8 * age), _SMALLEST_RADIUS)
            thick = max(1.2, 0.16 * painter.scale)
            raster.rings(
                image, np.stack((y, x, radius, 1.0 - 0.8 * age), axis=1), thick, np.array(flash.colour, np.int32)
            )

    def _rows(self, event: str, minutes: float) -> np.ndarray:
        times = self._events[event]["time_min"]
        return np.arange(
            np.searchsorted(times, minutes - self._span, side="right"), np.searchsorted(times, minutes, side="right")
        )

    def _draw_trails(self, image: np.ndarray, painter: Painter, minutes: float) -> None:
        times = self._recording.times_min
        last = int(np.searchsorted(times, minutes, side="right")) - 1
        frames = range(int(np.searchsorted(times, minutes - _TRAIL_MIN)) + 1, last + 1)
        if not frames:
            return
        found = [self._steps(frame) for frame in frames]
        steps, colours = (np.concatenate(parts) for parts in zip(*found, strict=True))
        age = np.repeat(minutes - times[frames], [len(each) for each, _ in found]) / _TRAIL_MIN
        (x0, y0), (x1, y1) = (painter.pixel_of(steps[:, k], steps[:, k + 1]) for k in (0, 2))
        trails = np.stack((y0, x0, y1, x1, _TRAIL_OPACITY * (1.0 - age)), axis=1)
        raster.strokes(image, trails, max(1.0, 0.12 * painter.scale), colours)

    def _steps(self, frame: int) -> tuple[np.ndarray, np.ndarray]:
        """From where to where cells went between the frame before and this one, float64 [n, 4] (row, column, row, column), and the colours
        of their trails, int32 [n, 3]."""
        if frame not in self._trails:
            found, colours = [np.zeros((0, 4))], [np.zeros((0, 3), np.int32)]
            for shown in self._recording.cast:
                if shown.name == palette.TUMOR or not shown.looks or shown.name not in self._recording.present:
                    continue
                before, after = (self._recording.cells(shown.name, k, ("uid",)) for k in (frame - 1, frame))
                _, one, other = np.intersect1d(before["uid"], after["uid"], assume_unique=True, return_indices=True)
                steps = np.stack(
                    [
                        cells[name][which]
                        for cells, which in ((before, one), (after, other))
                        for name in ("row", "column")
                    ],
                    axis=1,
                ).astype(float)
                far = np.abs(steps[:, 2:] - steps[:, :2]).max(axis=1, initial=0)
                found.append(steps[(far > 0) & (far <= _LONGEST_STEP)])
                colour = np.array(next(iter(shown.looks.values())).colour, np.int32)
                colours.append(np.broadcast_to(colour, (len(found[-1]), 3)))
            self._trails[frame] = np.concatenate(found), np.concatenate(colours)
        return self._trails[frame]


_PLACED = ("time_min", "row", "column")
