"""The first hours, step by step: dense frames, flashes, trails and the close look."""

import numpy as np
import pytest

from abm import LiverModel, Simulation, cli
from abm.cells.tumor import TumorCell
from abm.kept.run import KeptRun
from abm.record.tables import read_table
from abm.view.frames import Film
from abm.view.inset import Inset
from abm.view.marks import FLASHES, Marks
from abm.view.movie import first_arrested, write_first_hours, write_movie
from abm.view.painter import Painter
from abm.view.recording import Recording
from abm.view.region import square

from .conftest import empty_scene, small_tissue
from .test_movie import decoded


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of 4 h with a frame every hour, and of every step of the first 1.5 h."""
    folder = tmp_path_factory.mktemp("clip") / "run"
    model = LiverModel(
        tissue={"width": "0.4 mm", "height": "0.4 mm"},
        duration="4 h",
        rules={"arrival": {"per_area": "300 /mm^2"}},
        record={"snapshots": "1 h", "first_hours": "1.5 h", "figures": False, "movie": False},
    )
    Simulation(model, folder=folder).run()
    return folder


def test_frames_of_the_first_hours_lie_between_the_regular_ones(run):
    recording = Recording(run)
    hours = recording.times_min / 60
    assert len(recording) == 19 + 3
    np.testing.assert_allclose(hours[recording.regular], [0, 1, 2, 3, 4])
    np.testing.assert_allclose(hours[recording.between(None, None)], [0, 1, 2, 3, 4])
    np.testing.assert_allclose(KeptRun(run).even_days, np.arange(5) / 24)
    np.testing.assert_allclose(hours[recording.between(1.0, 1.5)], np.arange(12, 19) / 12)
    np.testing.assert_allclose(hours[recording.between(0.0, 2.0, 0.5)], [0, 0.5, 1, 1.5, 2])
    np.testing.assert_allclose(hours[recording.between(None, None, 2.0)], [0, 2, 4])
    with pytest.raises(ValueError, match="no frame between 7 h and 8 h; they go from 0 h to 4 h"):
        recording.between(7.0, 8.0)


def test_events_flash_where_and_when_they_happen(run):
    recording = Recording(run)
    frames = recording.between(0.0, 1.5)
    marks = Marks.of_run(run, recording, frames)
    assert marks.close and [flash.event for flash in marks.flashes] == [flash.event for flash in FLASHES]
    table = read_table(run, "events").to_pandas()
    happened = table[table["event"].isin([flash.event for flash in FLASHES]) & (table["time_min"] <= 90)]
    assert len(happened) > 0
    one = happened.iloc[0]
    assert marks.counts(one["time_min"])[one["event"]] >= 1
    assert marks.counts(one["time_min"] - 0.5)[one["event"]] == 0
    painter = Painter(recording.site_kind, recording.spacing_um, pixels=320)
    image = np.zeros((painter.height, painter.width, 3), np.uint8)
    marks._trails = {frame: (np.zeros((0, 4)), np.zeros((0, 3), np.int32)) for frame in range(len(recording))}
    marks.draw(image, painter, one["time_min"])
    rows, columns = np.nonzero(image.any(axis=-1))
    near = np.hypot(rows - (one["row"] + 0.5) * painter.scale, columns - (one["column"] + 0.5) * painter.scale)
    assert near.min() < 2 * painter.scale


def test_where_frames_lie_far_apart_only_losses_flash(run):
    recording = Recording(run)
    marks = Marks.of_run(run, recording, recording.regular)
    assert not marks.close and {flash.event for flash in marks.flashes} == {"phagocytosed", "killed"}


def test_trails_lead_to_where_cells_are(run):
    recording = Recording(run)
    marks = Marks.of_run(run, recording, recording.between(0.0, 1.5))
    steps = [step for frame in range(1, 19) for step in marks._steps(frame)[0]]
    assert len(steps) > 5
    far = [max(abs(down - up), abs(right - left)) for up, left, down, right in steps]
    assert min(far) > 0 and max(far) <= 16


def test_a_close_look_follows_whom_it_should(run):
    recording = Recording(run)
    film = Film.of_recording(recording, pixels=320)
    clone = first_arrested(run)
    film.inset = Inset.of_recording(film.painter, recording, "arrest", clone)
    for frame in recording.between(1.1, 1.5):
        scene = recording.scene(int(frame))
        film.frame(scene)
        cells = recording.cells("tumor", int(frame), ("clone",))
        those = cells["clone"] == clone
        part = film.inset._painter.part
        assert not those.any() or any(
            part[0].start <= row < part[0].stop and part[1].start <= column < part[1].stop
            for row, column in zip(cells["row"][those], cells["column"][those], strict=True)
        )
    with pytest.raises(ValueError, match="colony or arrest, not 'nucleus'"):
        Inset.of_recording(film.painter, recording, "nucleus", None)
    with pytest.raises(ValueError, match="no tumor cell was ever arrested"):
        Inset.of_recording(film.painter, recording, "arrest", None)


def test_the_close_look_shows_its_place_enlarged(run):
    recording = Recording(run)
    plain = Film.of_recording(recording, pixels=320, legend=False, clock=False, scale_bar=False)
    film = Film.of_recording(recording, pixels=320, legend=False, clock=False, scale_bar=False)
    film.inset = Inset.of_recording(film.painter, recording, "colony", None)
    scene = recording.scene(-1)
    one, other = plain.frame(scene), film.frame(scene)
    close = film.inset._painter.paint(scene)
    assert film.inset._painter.scale == film.inset.times * film.painter.scale
    changed = np.argwhere((one != other).any(axis=-1))
    assert len(changed) > 0.5 * close.shape[0] * close.shape[1]
    middle = close[30:50, 30:50]
    found = np.lib.stride_tricks.sliding_window_view(other, (20, 20, 3))[:, :, 0]
    assert (found == middle).all(axis=(2, 3, 4)).any()


@pytest.mark.parametrize("width", [400, 200, 100])
def test_an_inset_leaves_most_of_the_picture_to_be_seen(run, width):
    recording = Recording(run)
    part = square(f"0,0,{width}", recording.site_kind.shape, recording.spacing_um)
    film = Film.of_recording(recording, pixels=800, region=part)
    inset = Inset.of_recording(film.painter, recording, "colony", None)
    painter = inset._follow(*inset._place(240.0))
    assert max(painter.height, painter.width) <= 0.5 * min(film.painter.height, film.painter.width)
    assert painter.scale == inset.times * film.painter.scale and inset.times >= 2


def test_the_frame_of_what_an_inset_shows_is_whole_at_the_edge_of_the_picture():
    kind = small_tissue(40, 40)
    painter = Painter(kind, 10.0, region=np.s_[0:20, 0:20], pixels=200)
    inset = Inset(
        painter, lambda part, scale: Painter(kind, 10.0, region=part, pixels=60), lambda minutes: (10.0, 20.0)
    )
    image = np.zeros((200, 200, 3), np.uint8)
    inset._outline_seen(image, inset._follow(10.0, 20.0))
    rows, columns = np.nonzero(image.any(axis=-1))
    sides = rows == rows.min(), rows == rows.max(), columns == columns.min(), columns == columns.max()
    assert all(side.sum() > 20 for side in sides) and columns.max() == 199
    inset._outline_seen(outside := np.zeros_like(image), inset._paint_part(np.s_[30:34, 30:34], 20))
    assert not outside.any()


def test_the_clip_of_the_first_hours(run):
    path = write_first_hours(run)
    assert path == run / "first_hours.mp4" and len(decoded(path)) == 19


def test_a_run_without_such_frames_has_no_clip(tmp_path, run):
    import shutil

    import zarr

    other = tmp_path / "run"
    shutil.copytree(run, other, ignore=shutil.ignore_patterns("*.mp4"))
    del zarr.open_group(other / "snapshots.zarr", mode="r+").attrs["every_minutes"]
    assert write_first_hours(other) is None and not (other / "first_hours.mp4").exists()


def test_movies_of_a_part_and_a_time(run):
    path = write_movie(run, format="png", region="100,100,200", start=1.0, stop=1.5, pixels=200, inset="arrest")
    assert path.name == "movie_1-1.5h_region100-100-200_arrest" and len(list(path.iterdir())) == 7


def test_the_command_takes_times_in_words(run, capsys):
    words = ["--from", "0", "--until", "90 min", "--every", "30 min", "--format", "gif", "--pixels", "200"]
    assert cli.status_of(["movie", str(run), *words, "--region", "0,0,0.2mm", "--quiet"]) == 0
    assert (run / "movie_0-1.5h_region0-0-0.2mm.gif").exists()
    clip = run.parent / "clip.gif"
    assert cli.status_of(["movie", str(run), *words[:6], "--pixels", "200", "-o", str(clip), "--quiet"]) == 0
    assert clip.read_bytes()[:3] == b"GIF"
    for wrong, said in (
        (["-o", "clip.avi"], "must end with .mp4"),
        (["-o", "clip.mp4", "--format", "gif"], "must end with .gif"),
        (["--from", "soon"], "a duration"),
        (["--region", "5,5"], "is no region"),
        (["--from", "9 d"], "no frame between 216 h"),
    ):
        assert cli.status_of(["movie", str(run), *wrong, "--quiet"]) == cli.WRONG_INPUT
        assert said in capsys.readouterr().err


def test_an_inset_stays_within_a_narrow_picture():
    kind = small_tissue(12, 90)
    painter = Painter(kind, 10.0, pixels=180)
    scene = empty_scene(kind)
    scene.standing["tissue"][5, 80] = next(iter(TumorCell.species.looks))
    inset = Inset(painter, lambda part, scale: Painter(kind, 10.0, region=part, pixels=16), lambda minutes: (5.0, 80.0))
    image = painter.paint(scene)
    before = image.copy()
    inset.draw(image, scene, None)
    assert image.shape == before.shape and (image != before).any()
