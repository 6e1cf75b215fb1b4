"""The movie of a run: mp4 (with the ffmpeg that comes with imageio-ffmpeg), gif, or a folder of numbered png."""

import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from ..folder.files import put, refuse_other_kind, remove_files, scratch_folder
from ..record.tables import read_table
from .frames import Film
from .inset import Inset
from .marks import Marks
from .recording import Recording
from .region import square
from .strip import Strip

FORMATS = ("mp4", "gif", "png")
FIRST_HOURS = "first_hours.mp4"

_FRAME = re.compile(r"frame_[0-9]{4,}\.png")
"""The names of numbered pictures; others in their folder are not ours."""
_LENGTH_S = 15.0  # wanted length of a movie
_FPS = (8, 30)
_QUALITY = "19"  # x264's constant rate factor: 0 lossless, 23 default
_CLIP_FPS = 8
_GIF_SIZE = 560  # pixels of tissue: gifs grow fast
_GIF_SAMPLES = 8  # frames from which the colours of a gif are taken


def write_movie(
    run_dir: Path | str,
    path: Path | str | None = None,
    *,
    format: str = "mp4",
    field: str | None = None,
    colour_by: str | None = None,
    fps: float | None = None,
    pixels: int | None = None,
    region: str | None = None,
    start: float | None = None,
    stop: float | None = None,
    every: float | None = None,
    inset: str | None = None,
    borders: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Draw the snapshots of a run; returns what was written: a file, or for png a folder.

    path : by default movie.mp4, movie.gif or the folder movie/ in the run folder, with what it shows after "movie":
    movie_tnf_emt_0-6h_colony; colour_by : the column of a population by which its cells are coloured, "emt" or "tumor.emt"; fps :
    by default such that the movie lasts about 15 s; pixels : of the longer side of the tissue (800; gif 560); region : the
    square to show, "X,Y,WIDTH" in um or with units, from the lower left; start, stop, every : which frames (hours); with a start
    or a stop also those between the regular ones, as of the first hours; inset : "colony" or "arrest", a close look; borders :
    whether those of nodules are coloured by how they grow; progress : called with (frames done, frames in all).

    Raises ValueError for an unknown format, field, column, region or inset, and where there are no frames; FileNotFoundError
    for a folder without snapshots, FileExistsError where a folder has the name of the movie (or a file that of the folder). A
    movie appears under its name only when it is whole.
    """
    run_dir = Path(run_dir)
    recording = Recording(run_dir)
    recording.tint = None if colour_by is None else recording.tint_by(colour_by)
    frames = recording.between(start, stop, every)
    marks = Marks.of_run(run_dir, recording, frames)
    film = Film.of_recording(
        recording,
        field=field,
        pixels=pixels or (_GIF_SIZE if format == "gif" else 800),
        region=None if region is None else square(region, recording.site_kind.shape, recording.spacing_um),
        borders=borders,
        strip=_strip(run_dir, recording, frames, "" if region is None else " (whole tissue)"),
        brief=format == "gif",
        marks=marks,
    )
    if inset is not None:
        film.inset = Inset.of_recording(film.painter, recording, inset, first_arrested(run_dir))
    window = "" if start is None and stop is None else "-".join(_hours(limit) for limit in (start, stop)) + "h"
    place = "" if region is None else f"region{re.sub(r'[^0-9A-Za-z.]+', '-', region)}"
    stem = "_".join(["movie", *filter(None, (field, colour_by, window, place, inset, "borders" if borders else ""))])
    path = Path(path) if path is not None else run_dir / (stem if format == "png" else f"{stem}.{format}")
    return write_film(path, film, recording, frames, format=format, field=field, fps=fps, progress=progress)


def write_first_hours(run_dir: Path | str, progress: Callable[[int, int], None] | None = None) -> Path | None:
    """Draw first_hours.mp4: every step of the first hours, with a close look at the first arrested cell. None where the run kept no
    frames of single steps, or no cell was arrested then."""
    run_dir = Path(run_dir)
    recording = Recording(run_dir)
    extra = np.setdiff1d(np.arange(len(recording)), recording.regular)
    if extra.size < 2:
        return None
    stop = recording.times_min[extra[-1]] / 60.0
    inset = None if first_arrested(run_dir) is None else "arrest"
    return write_movie(
        run_dir, run_dir / FIRST_HOURS, start=0.0, stop=stop, inset=inset, fps=_CLIP_FPS, progress=progress
    )


def first_arrested(run_dir: Path) -> int | None:
    """The clone of the first cell that was held in a sinusoid; None where there was none, or the run kept no events."""
    try:
        table = read_table(run_dir, "events")
    except FileNotFoundError:
        return None
    held = np.flatnonzero(table["event"].to_numpy() == "held")
    return int(table["clone"].to_numpy()[held[0]]) if held.size else None


def write_film(
    path: Path,
    film,
    recording,
    frames: Sequence[int] | np.ndarray,
    *,
    format: str = "mp4",
    field: str | None = None,
    fps: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write the pictures that `film` makes of the scenes of some `frames` of `recording` to `path`; see `write_movie`. Numbered pictures
    take the place of earlier ones; other files in their folder stay."""
    if format not in FORMATS:
        raise ValueError(f"there is no movie format '{format}'; there are: {', '.join(FORMATS)}")
    fps = fps or float(np.clip(len(frames) / _LENGTH_S, *_FPS))
    refuse_other_kind(path, format == "png")
    path.parent.mkdir(parents=True, exist_ok=True)

    def draw(k: int) -> np.ndarray:
        return film.frame(recording.scene(int(frames[k]), field))

    with scratch_folder(path.parent, ".movie-") as scratch:
        draft = scratch / path.name
        {"mp4": _write_mp4, "gif": _write_gif, "png": _write_png}[format](draft, film, draw, len(frames), fps, progress)
        if format == "png":
            remove_files(path, _FRAME.fullmatch)
        put(draft, path)
    return path


def pictures(
    draw: Callable[[int], np.ndarray], count: int, progress: Callable[[int, int], None] | None = None
) -> Iterator[np.ndarray]:
    """What `draw` makes of 0, 1 ... `count` - 1, one after the other; the next one is drawn while this one is being used."""
    with ThreadPoolExecutor(1) as painters:
        following = painters.submit(draw, 0)
        for k in range(count):
            frame = following.result()
            if k + 1 < count:
                following = painters.submit(draw, k + 1)
            yield frame
            if progress is not None:
                progress(k + 1, count)


def _hours(limit: float | None) -> str:
    return "" if limit is None else f"{limit:g}"


def _strip(run_dir: Path, recording: Recording, frames: np.ndarray, of: str) -> Strip | None:
    """The running counts from the first to the last frame, `of` behind their titles; none for a run that kept no timeseries or
    only one moment of it then."""
    first, last = recording.times_min[frames[[0, -1]]]
    try:
        table = read_table(run_dir, "timeseries")
    except FileNotFoundError:
        return None
    times = table["time_min"].to_numpy()
    those = slice(max(0, int(np.searchsorted(times, first, side="right")) - 1), int(np.searchsorted(times, last)) + 1)
    if times[those].size < 2:
        return None
    strip = Strip.of_timeseries({name: table[name].to_numpy()[those] for name in table.column_names}, recording.charted)
    return Strip(strip.times_min, [panel._replace(title=panel.title + of) for panel in strip.panels])


def _write_mp4(path, film, draw, count, fps, progress) -> None:
    import imageio_ffmpeg

    writer = imageio_ffmpeg.write_frames(
        str(path.resolve()),
        (film.width, film.height),
        fps=fps,
        codec="libx264",
        pix_fmt_in="rgb24",
        pix_fmt_out="yuv420p",
        macro_block_size=2,
        quality=None,
        ffmpeg_log_level="error",
        output_params=["-crf", _QUALITY, "-preset", "superfast", "-movflags", "+faststart"],
    )
    writer.send(None)
    try:
        for frame in pictures(draw, count, progress):
            writer.send(frame)
    finally:
        writer.close()


def _write_gif(path, film, draw, count, fps, progress) -> None:
    from PIL import Image

    chosen = np.unique(np.linspace(0, count - 1, _GIF_SAMPLES).round().astype(int))
    sample = np.concatenate([draw(int(k))[::2, ::2] for k in chosen])
    colours = Image.fromarray(sample).quantize(255, method=Image.Quantize.MAXCOVERAGE)
    images = (
        Image.fromarray(frame).quantize(palette=colours, dither=Image.Dither.NONE)
        for frame in pictures(draw, count, progress)
    )
    first = next(images)
    first.save(path, save_all=True, append_images=images, duration=round(1000 / fps), loop=0)


def _write_png(path, film, draw, count, fps, progress) -> None:
    from PIL import Image

    path.mkdir()
    digits = max(4, len(str(count)))
    for k, frame in enumerate(pictures(draw, count, progress)):
        Image.fromarray(frame).save(path / f"frame_{k:0{digits}d}.png", compress_level=3)
