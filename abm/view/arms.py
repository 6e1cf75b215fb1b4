"""Arms side by side: the same moment of several runs in one picture, under one clock, in the same colours and
scales."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..record.scene import Scene
from ..record.tables import read_table
from . import lettering
from .frames import SMALLEST_LEGEND, Film, clock_words, since_words
from .legend import Legend
from .movie import write_film
from .painter import Painter
from .palette import ARMS_ON_DARK, FAINT, INK, PAPER
from .recording import Recording
from .strip import Panel, Strip, Trace

MOST_ARMS = len(ARMS_ON_DARK)
_PIXELS = (800, 640, 520, 440)  # of the longer side of the tissue, by the number of arms
_GIF_PIXELS = (480, 400, 320, 260)
_GAP = 10
_LETTERS = 0.95  # size of those in the legend, 1 at 800 pixels
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
    """Makes the frames: above the clock and the title, the arms under their names, at the side one legend with the numbers of
    each arm in the colour of its name, below the courses of all arms in these colours. All frames have the same even `width` and
    `height`."""

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
        last = len(painters) - 1
        self._films = [
            Film(painter, field=overlay, legend=False, clock=False, scale_bar=k == last)
            for k, painter in enumerate(painters)
        ]
        self.names, self.title, self.strip = list(names), title, strip
        unit = max(0.6, pixels / 800)
        self._big, self._small, self._name = (max(13, round(size * unit * 1.12)) for size in (26, 15, 20))
        self._since = recordings.all[0].since
        present = set().union(*(one.present for one in recordings.all))
        tall = max(film.height for film in self._films)
        self._legends = [
            Legend(painter, max(tall, SMALLEST_LEGEND), max(_LETTERS, unit), field=overlay, present=present, brief=True)
            for painter in painters
        ]
        self._counts = self._legends[0].column
        self._bar, self._names_at = round(2.0 * self._big), round(1.6 * self._name)
        self._top = self._bar + self._names_at
        lefts = np.cumsum([0, *(film.width + _GAP for film in self._films)])
        self._lefts = [int(left) for left in lefts[:-1]]
        self._panel_left = int(lefts[-1])
        legend = self._legends[0].image
        self.width = self._panel_left + legend.shape[1] + self._counts * last
        tall = max(tall, legend.shape[0])
        self.height = self._top + tall + (strip.height_for(self.width) if strip else 0)
        self.width, self.height = self.width + self.width % 2, self.height + self.height % 2
        self._tall = tall
        self._canvas = np.empty((self.height, self.width, 3), np.uint8)
        self._canvas[:] = PAPER
        self._canvas[self._top : self._top + legend.shape[0], self._panel_left : self._panel_left + legend.shape[1]] = (
            legend
        )
        for name, left, film, colour in zip(self.names, self._lefts, self._films, ARMS_ON_DARK, strict=False):
            shown = lettering.fitting(name, self._name, film.width - 8, bold=True)
            lettering.write(self._canvas, shown, self._bar, left + 4, self._name, colour, bold=True)
        room = self.width - 24 * self._big
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
        top, words = round(0.3 * self._big), clock_words(minutes)
        lettering.write(image, words, top, 8, self._big, INK, bold=True)
        lettering.write(
            image,
            since_words(minutes, self._since),
            top + round(0.75 * (self._big - self._small)),
            8 + lettering.width(words, self._big, bold=True) + self._small,
            self._small,
            FAINT,
        )
        for k, (film, scene, left) in enumerate(zip(self._films, scenes, self._lefts, strict=True)):
            tissue = film.frame(scene)
            image[self._top : self._top + tissue.shape[0], left : left + tissue.shape[1]] = tissue
            legend = self._legends[k]
            column = self._panel_left + self._counts * k
            panel = image[self._top : self._top + legend.image.shape[0], column : column + legend.image.shape[1]]
            legend.write_counts(panel, scene, colour=None if len(scenes) == 1 else ARMS_ON_DARK[k])
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
