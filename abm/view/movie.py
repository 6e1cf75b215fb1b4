"""The movie of a run: mp4 (with the ffmpeg that comes with imageio-ffmpeg), gif, or a folder of numbered png."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from ..folder.files import put, refuse_other_kind, remove_files, scratch_folder
from ..record.tables import read_table
from .frames import Film
from .recording import Recording
from .strip import Strip

FORMATS = ("mp4", "gif", "png")

_FRAME = re.compile(r"frame_[0-9]{4,}\.png")
"""The names of numbered pictures; others in their folder are not ours."""
_LENGTH_S = 15.0  # wanted length of a movie
_FPS = (8, 30)
_QUALITY = "19"  # x264's constant rate factor: 0 lossless, 23 default
_GIF_SIZE = 480  # pixels of tissue: gifs grow fast
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
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Draw the snapshots of a run; returns what was written: a file, or for png a folder.

    path : by default movie.mp4, movie.gif or the folder movie/ in the run folder, with _FIELD and _COLUMN after "movie" for an
    overlay and a column; colour_by : the column of a population by which its cells are coloured, "emt" or "tumor.emt"; fps :
    by default such that the movie lasts about 15 s; pixels : of the longer side of the tissue (800; gif 480); progress :
    called with (frames done, frames in all).

    Raises ValueError for an unknown format, field or column, FileNotFoundError for a folder without snapshots, FileExistsError where a
    folder has the name of the movie (or a file that of the folder). A movie appears
    under its name only when it is whole.
    """
    run_dir = Path(run_dir)
    recording = Recording(run_dir)
    recording.tint = None if colour_by is None else recording.tint_by(colour_by)
    pixels = pixels or (_GIF_SIZE if format == "gif" else 800)
    film = Film.of_recording(recording, field=field, pixels=pixels, strip=_strip(run_dir, recording))
    stem = "_".join(["movie", *filter(None, (field, colour_by))])
    path = Path(path) if path is not None else run_dir / (stem if format == "png" else f"{stem}.{format}")
    return write_film(path, film, recording, format=format, field=field, fps=fps, progress=progress)


def write_film(
    path: Path,
    film,
    recording,
    *,
    format: str = "mp4",
    field: str | None = None,
    fps: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write the frames that `film` makes of the scenes of `recording` to `path`; see `write_movie`. Numbered pictures take the
    place of earlier ones; other files in their folder stay."""
    if format not in FORMATS:
        raise ValueError(f"there is no movie format '{format}'; there are: {', '.join(FORMATS)}")
    fps = fps or float(np.clip(len(recording) / _LENGTH_S, *_FPS))
    refuse_other_kind(path, format == "png")
    path.parent.mkdir(parents=True, exist_ok=True)
    with scratch_folder(path.parent, ".movie-") as scratch:
        draft = scratch / path.name
        {"mp4": _write_mp4, "gif": _write_gif, "png": _write_png}[format](draft, film, recording, field, fps, progress)
        if format == "png":
            remove_files(path, _FRAME.fullmatch)
        put(draft, path)
    return path


def frames_of(
    film: Film, recording: Recording, field: str | None, progress: Callable[[int, int], None] | None = None
) -> Iterator[np.ndarray]:
    """The frames of a run, one after the other; the next one is drawn while this one is being used."""

    def draw(k: int) -> np.ndarray:
        return film.frame(recording.scene(k, field))

    with ThreadPoolExecutor(1) as painters:
        following = painters.submit(draw, 0)
        for k in range(len(recording)):
            frame = following.result()
            if k + 1 < len(recording):
                following = painters.submit(draw, k + 1)
            yield frame
            if progress is not None:
                progress(k + 1, len(recording))


def _strip(run_dir: Path, recording: Recording) -> Strip | None:
    """The running counts; none for a run that kept no timeseries or only one moment of it."""
    try:
        table = read_table(run_dir, "timeseries")
    except FileNotFoundError:
        return None
    if table.num_rows < 2:
        return None
    return Strip.of_timeseries({name: table[name].to_numpy() for name in table.column_names}, recording.charted)


def _write_mp4(path, film, recording, field, fps, progress) -> None:
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
        for frame in frames_of(film, recording, field, progress):
            writer.send(frame)
    finally:
        writer.close()


def _write_gif(path, film, recording, field, fps, progress) -> None:
    from PIL import Image

    chosen = np.unique(np.linspace(0, len(recording) - 1, _GIF_SAMPLES).round().astype(int))
    sample = np.concatenate([film.frame(recording.scene(int(k), field))[::2, ::2] for k in chosen])
    colours = Image.fromarray(sample).quantize(255, method=Image.Quantize.MAXCOVERAGE)
    images = (
        Image.fromarray(frame).quantize(palette=colours, dither=Image.Dither.NONE)
        for frame in frames_of(film, recording, field, progress)
    )
    first = next(images)
    first.save(path, save_all=True, append_images=images, duration=round(1000 / fps), loop=0)


def _write_png(path, film, recording, field, fps, progress) -> None:
    from PIL import Image

    path.mkdir()
    digits = max(4, len(str(len(recording))))
    for k, frame in enumerate(frames_of(film, recording, field, progress)):
        Image.fromarray(frame).save(path / f"frame_{k:0{digits}d}.png", compress_level=3)
