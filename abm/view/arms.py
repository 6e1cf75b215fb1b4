"""Arms side by side: the same moment of several runs in one picture, under one clock, in the same colours and
scales."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..record.scene import Scene
from ..record.tables import read_table
from . import lettering
from .frames import Film
from .movie import write_film
from .painter import Painter
from .palette import ARMS_ON_DARK, FAINT, INK, PAPER, SHOWN
from .recording import Recording
from .strip import Panel, Strip, Trace

MOST_ARMS = len(ARMS_ON_DARK)
_PIXELS = (800, 640, 520, 440)  # of the longer side of the tissue, by the number of arms
_GIF_PIXELS = (480, 400, 320, 260)
_GAP = 10
_TUMOR = next(tuple(shown.looks) for shown in SHOWN if shown.name == "tumor")
_COURSES = (("tumor cells", "tumor"), ("engulfed so far", "events_phagocytosed"), ("nodules", "nodules"))


def write_arms_movie(
    run_dirs: Sequence[Path | str],
    names: Sequence[str],
    path: Path | str,
    *,
    title: str = "",
    format: str = "mp4",
    field: str | None = None,
    colour_by: str | None = None,
    fps: float | None = None,
    pixels: int | None = None,
    progress=None,
) -> Path:
    """Draw the runs in `run_dirs`, each under its name, side by side into `path`, at the moments that all have.

    The options are those of `write_movie`; the limits of an overlay hold for all runs. Raises ValueError for too many
    runs, an unknown format or field, or runs without a common moment; FileNotFoundError for a folder without
    snapshots.
    """
    if not 1 <= len(run_dirs) <= MOST_ARMS:
        raise ValueError(f"a movie shows up to {MOST_ARMS} arms side by side, not {len(run_dirs)}")
    recordings = Recordings([Recording(folder) for folder in run_dirs])
    if colour_by is not None:
        recordings.tint_by(colour_by)
    pixels = pixels or (_GIF_PIXELS if format == "gif" else _PIXELS)[len(run_dirs) - 1]
    film = ArmsFilm(
        recordings, names, title=title, field=field, pixels=pixels, strip=_strip([Path(folder) for folder in run_dirs])
    )
    return write_film(
        Path(path), film, recordings, range(len(recordings)), format=format, field=field, fps=fps, progress=progress
    )


class Recordings:
    """The frames of several runs, at the moments (`times_min`) that all of them have."""

    def __init__(self, recordings: Sequence[Recording]):
        """Raises ValueError when the runs have no moment in common."""
        self.all = list(recordings)
        times = [np.round(one.times_min[one.regular]).astype(np.int64) for one in self.all]
        common = times[0]
        for other in times[1:]:
            common = np.intersect1d(common, other)
        if not common.size:
            raise ValueError("these runs have no moment in common: their snapshots lie at different times")
        self._frames = [one.regular[np.searchsorted(own, common)] for one, own in zip(self.all, times, strict=True)]
        self.times_min = common.astype(float)

    def __len__(self) -> int:
        return self.times_min.size

    def scene(self, index: int, field: str | None = None) -> list[Scene]:
        """The livers at frame `index`, one per run. Raises ValueError for a field that is not there."""
        return [one.scene(int(frames[index]), field) for one, frames in zip(self.all, self._frames, strict=True)]

    def tint_by(self, column: str) -> None:
        """Colour the cells of all runs by a column of their population, on one scale. Raises ValueError."""
        tints = [one.tint_by(column) for one in self.all]
        limits = min(tint.limits[0] for tint in tints), max(tint.limits[1] for tint in tints)
        for one, tint in zip(self.all, tints, strict=True):
            one.tint = tint._replace(limits=limits)

    def limits(self, field: str) -> tuple[float, float]:
        """Limits of a field over all runs."""
        ends = [one.limits(field) for one in self.all]
        return min(low for low, _ in ends), max(high for _, high in ends)


class ArmsFilm:
    """Makes the frames: above the clock and the title, the arms under their names, at the side one legend, below the
    courses of all arms in the colours of their names. All frames have the same even `width` and `height`."""

    def __init__(
        self,
        recordings: Recordings,
        names: Sequence[str],
        *,
        title: str = "",
        field: str | None = None,
        pixels: int = 640,
        strip: Strip | None = None,
    ):
        overlay = (
            None
            if field is None
            else (recordings.all[0].words(field), recordings.all[0].unit(field), recordings.limits(field))
        )
        painters = [
            Painter(one.site_kind, one.spacing_um, pixels=pixels, cast=one.cast, tint=one.tint)
            for one in recordings.all
        ]
        self._films = [Film(painter, field=overlay, legend=False, clock=False) for painter in painters]
        legend = Film(painters[0], field=overlay, clock=False).legend
        self.names, self.title, self.strip = list(names), title, strip
        unit = max(0.5, pixels / 800)
        self._big, self._small, self._name = (max(11, round(size * unit * 1.12)) for size in (26, 15, 22))
        bar, line = round(2.0 * self._big), round(1.9 * self._name)
        self._top = bar + line
        lefts = np.cumsum([0, *(film.width + _GAP for film in self._films)])
        self._lefts = [int(left) for left in lefts[:-1]]
        self.width = int(lefts[-1]) + legend.shape[1]
        tall = max(*(film.height for film in self._films), legend.shape[0])
        self.height = self._top + tall + (strip.height_for(self.width) if strip else 0)
        self.width, self.height = self.width + self.width % 2, self.height + self.height % 2
        self._tall = tall
        self._canvas = np.empty((self.height, self.width, 3), np.uint8)
        self._canvas[:] = PAPER
        self._canvas[self._top : self._top + legend.shape[0], int(lefts[-1]) : int(lefts[-1]) + legend.shape[1]] = (
            legend
        )
        for name, left, film, colour in zip(self.names, self._lefts, self._films, ARMS_ON_DARK, strict=False):
            shown = lettering.fitting(name, self._name, film.width - 9 * self._name, bold=True)
            lettering.write(
                self._canvas, shown, bar + round(0.25 * self._name), left + 8, self._name, colour, bold=True
            )
        room = self.width - 22 * self._big
        if title and room > 0:
            lettering.write(
                self._canvas,
                lettering.fitting(title, self._small, room),
                round(0.55 * self._big),
                self.width - 12,
                self._small,
                INK,
                align="right",
            )
        if strip:
            strip.draw(self.width)

    def frame(self, scenes: Sequence[Scene]) -> np.ndarray:
        """RGB, uint8 [height, width, 3], of the scenes of one moment."""
        image = self._canvas.copy()
        minutes = scenes[0].minutes
        day, rest = divmod(round(minutes), 1440)
        clock = f"day {day}  {rest // 60:02d}:{rest % 60:02d}"
        lettering.write(image, clock, round(0.3 * self._big), 8, self._big, INK, bold=True)
        since = f"{abs(minutes) / 60:.1f} h {'since' if minutes >= 0 else 'before'} time 0"
        lettering.write(
            image,
            since,
            round(0.3 * self._big + 0.75 * (self._big - self._small)),
            round(9.5 * self._big),
            self._small,
            FAINT,
        )
        for film, scene, left in zip(self._films, scenes, self._lefts, strict=True):
            tissue = film.frame(scene)
            image[self._top : self._top + tissue.shape[0], left : left + tissue.shape[1]] = tissue
            alive = f"{int(scene.counts()[list(_TUMOR)].sum()):,} tumor cells"
            lettering.write(
                image,
                alive,
                self._top - round(1.5 * self._name),
                left + film.width - 4,
                self._small,
                FAINT,
                align="right",
            )
        if self.strip:
            strip = self.strip.at(minutes)
            image[self._top + self._tall : self._top + self._tall + strip.shape[0], : strip.shape[1]] = strip
        return image


def _strip(run_dirs: Sequence[Path]) -> Strip | None:
    """The counts of all runs in the same diagrams; none when a run kept no timeseries, or they share less than two
    moments."""
    try:
        tables = [read_table(folder, "timeseries") for folder in run_dirs]
    except FileNotFoundError:
        return None
    times = [table["time_min"].to_numpy() for table in tables]
    common = times[0]
    for other in times[1:]:
        common = np.intersect1d(common, other)
    if common.size < 2:
        return None
    rows = [np.searchsorted(own, common) for own in times]
    panels = []
    for words, column in _COURSES:
        if all(column in table.column_names for table in tables):
            courses = [
                Trace("", colour, table[column].to_numpy()[chosen].astype(float))
                for table, chosen, colour in zip(tables, rows, ARMS_ON_DARK, strict=False)
            ]
            panels.append(Panel(words, courses))
    return Strip(common, panels) if panels else None
