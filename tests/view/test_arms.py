"""Arms side by side: one clock, the same moments, the same scales."""

import shutil

import numpy as np
import pandas as pd
import pytest
import zarr
from PIL import Image
from zarr.storage import LocalStore

from abm.view.arms import ArmsFilm, Recordings, write_arms_movie
from abm.view.recording import Recording

from .test_movie import decoded


def changed(run, times=None, **scaled):
    """A copy of the run with other times, or with some lattices multiplied."""
    copy = run.with_name(f"run{len(list(run.parent.iterdir()))}")
    shutil.copytree(run, copy)
    group = zarr.open_group(LocalStore(copy / "snapshots.zarr"), mode="r+")
    if times is not None:
        group["time"][:] = np.array(times)
    for name, factor in scaled.items():
        group[name][:] = factor * group[name][:]
    return copy


def test_mp4_of_two_arms(run, tmp_path):
    path = write_arms_movie(
        [run, changed(run, lumen=0)], ["control", "empty"], tmp_path / "movie.mp4", title="made up", pixels=120
    )
    frames = decoded(path)
    assert len(frames) == 5
    film = ArmsFilm(Recordings([Recording(run)] * 2), ["a", "b"], pixels=120)
    left, right = film._lefts
    width = film._films[0].width
    same = film.frame([Recording(run).scene(2)] * 2)
    below = slice(film._top, film._top + film._films[0].height // 2)  # above the scale bar, which only one of them has
    assert (same[below, left : left + width] == same[below, right : right + width]).all()
    assert (same[: film._top, left : left + width] != same[: film._top, right : right + width]).any()


def test_only_moments_that_all_have(run):
    later = changed(run, [120.0, 180.0, 360.0, 480.0, 600.0, np.nan])
    both = Recordings([Recording(run), Recording(later)])
    assert both.times_min.tolist() == [120.0, 360.0, 480.0] and len(both) == 3
    scenes = both.scene(1)
    assert [scene.minutes for scene in scenes] == [360.0, 360.0]
    assert (scenes[1].standing["lumen"] == Recording(later).scene(2).standing["lumen"]).all()
    with pytest.raises(ValueError, match="no moment in common"):
        Recordings([Recording(run), Recording(changed(run, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]))])


def test_overlays_share_their_scale(run, tmp_path):
    strong = changed(run, tnf=3)
    both = Recordings([Recording(run), Recording(strong)])
    assert both.limits("tnf") == (0.0, Recording(strong).limits("tnf")[1])
    film = ArmsFilm(both, ["a", "b"], field="tnf", pixels=120)
    assert film._films[0].limits == film._films[1].limits == both.limits("tnf")
    path = write_arms_movie([run, strong], ["a", "b"], tmp_path / "movie.gif", format="gif", field="tnf", pixels=120)
    with Image.open(path) as movie:
        assert movie.n_frames == 5


def test_numbered_pictures_without_timeseries(run, tmp_path):
    write_arms_movie([run, run], ["a", "b"], tmp_path / "with", format="png", pixels=120)
    (run / "timeseries.parquet").unlink()
    write_arms_movie([run, run], ["a", "b"], tmp_path / "without", format="png", pixels=120)
    with (
        Image.open(tmp_path / "with" / "frame_0000.png") as one,
        Image.open(tmp_path / "without" / "frame_0000.png") as other,
    ):
        assert one.height > other.height and one.width == other.width


def test_courses_of_arms_that_end_at_different_times(run, tmp_path):
    short = changed(run)
    table = pd.read_parquet(short / "timeseries.parquet")
    table.head(1).to_parquet(short / "timeseries.parquet")
    assert write_arms_movie([run, short], ["a", "b"], tmp_path / "pictures", format="png", pixels=120).is_dir()


def test_what_cannot_be_drawn(run, tmp_path):
    with pytest.raises(ValueError, match="up to 4 arms side by side, not 5"):
        write_arms_movie([run] * 5, list("abcde"), tmp_path / "movie.mp4")
    with pytest.raises(ValueError, match="no field 'glucose'"):
        write_arms_movie([run], ["a"], tmp_path / "movie.mp4", field="glucose")
    with pytest.raises(FileNotFoundError, match="has no snapshots"):
        write_arms_movie([tmp_path], ["a"], tmp_path / "movie.mp4")
