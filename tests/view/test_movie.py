"""Movies in all formats."""

import re
import subprocess

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from abm import cli
from abm.view.figures import overview
from abm.view.movie import write_movie
from abm.view.recording import Recording


def decoded(path):
    """The frames of a movie, uint8 [frames, height, width, 3]."""
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-i", str(path)]
    done = subprocess.run([*ffmpeg, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], capture_output=True, check=True)
    about = re.search(r"Video: h264.*yuv420p.*?, (\d+)x(\d+)", done.stderr.decode())
    width, height = int(about[1]), int(about[2])
    assert width % 2 == height % 2 == 0
    return np.frombuffer(done.stdout, np.uint8).reshape(-1, height, width, 3)


def test_mp4_has_every_frame(run):
    seen = []
    path = write_movie(run, pixels=120, progress=lambda done, total: seen.append((done, total)))
    assert path == run / "movie.mp4"
    assert seen == [(k, 5) for k in range(1, 6)]
    frames = decoded(path)
    assert len(frames) == 5
    assert not (frames[0] == frames[4]).all()
    assert not list(run.glob(".movie-*"))


def test_gif_with_an_overlay(run):
    path = write_movie(run, format="gif", field="oxygen", pixels=120)
    assert path == run / "movie_oxygen.gif"
    with Image.open(path) as movie:
        assert movie.n_frames == 5


def test_numbered_pictures(run, tmp_path):
    path = write_movie(run, tmp_path / "pictures", format="png", pixels=120)
    names = sorted(file.name for file in path.iterdir())
    assert names == [f"frame_{k:04d}.png" for k in range(5)]
    write_movie(run, tmp_path / "pictures", format="png", pixels=120)  # again, over the old ones
    assert len(list(path.iterdir())) == 5


def test_without_timeseries_there_is_no_strip(run):
    write_movie(run, format="png", pixels=120)
    with Image.open(run / "movie" / "frame_0000.png") as picture:
        height = picture.height
    (run / "timeseries.parquet").unlink()
    write_movie(run, format="png", pixels=120)
    with Image.open(run / "movie" / "frame_0000.png") as picture:
        assert picture.height < height


def test_what_is_not_there_is_said(run, tmp_path):
    with pytest.raises(ValueError, match=r"no movie format 'avi'.*mp4, gif, png"):
        write_movie(run, format="avi")
    with pytest.raises(ValueError, match="no field 'glucose'"):
        write_movie(run, field="glucose")
    with pytest.raises(FileNotFoundError, match="has no snapshots"):
        write_movie(tmp_path)
    assert not (run / "movie.mp4").exists()


def test_a_movie_that_fails_leaves_nothing(run):
    def stop(done, total):
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_movie(run, pixels=120, progress=stop)
    assert not (run / "movie.mp4").exists()
    assert not list(run.glob(".movie-*"))


def test_populations_that_are_never_there_are_left_out(tmp_path, monkeypatch):
    run_dir = tmp_path / "run"
    assert cli.status_of(["run", "quickstart", "--set", "duration=2 h", "-o", str(run_dir), "-q"]) == 0
    charted = {shown.name for shown in Recording(run_dir).charted}
    assert "cd8" not in charted and {"tumor", "kupffer", "natural_killer"} <= charted
    keyed, draw = [], overview._key
    monkeypatch.setattr(
        overview, "_key", lambda width, cast, present: (keyed.extend(cast), draw(width, cast, present))[1]
    )
    overview.overview_figure(run_dir)
    assert {shown.name for shown in keyed} == charted, "the line below the pictures of the overview"
