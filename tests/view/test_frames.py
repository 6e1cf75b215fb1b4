"""Frames: the picture with clock, scale bar, legend and courses."""

import numpy as np
import pytest
import zarr

from abm.cells.tumor import HELD, TumorCell
from abm.view import lettering
from abm.view.figures import plot_run
from abm.view.frames import Film, picture
from abm.view.painter import Painter
from abm.view.palette import SHOWN
from abm.view.recording import Recording, field_limits
from abm.view.strip import Strip, shown_from
from tests.worlds import FakeLiver

from .conftest import small_tissue


@pytest.fixture(scope="module")
def painter():
    return Painter(small_tissue(), 10.0, pixels=240)


def courses(n=9):
    hours = np.arange(float(n))
    return {
        "time_min": 60 * hours,
        "tumor_held": 5 + hours,
        "tumor_extravasated": hours,
        "events_died": hours,
        "neutrophil": 3 * hours,
    }


def test_frames_have_even_sizes_and_always_the_same(painter, scene):
    film = Film(painter, title="a test", strip=Strip.of_timeseries(courses()))
    frames = []
    for minutes in (0.0, 100.0, 480.0, 20160.0):
        scene.minutes = minutes
        frames.append(film.frame(scene))
    assert {frame.shape for frame in frames} == {(film.height, film.width, 3)}
    assert film.width % 2 == 0
    assert film.height % 2 == 0


def test_the_tissue_is_shown_unscaled(painter, scene):
    film = Film(painter, title="a test")
    middle = slice(100, 140)
    assert (film.frame(scene)[middle, middle] == painter.paint(scene)[middle, middle]).all()


def test_the_counts_follow_the_scene(painter, scene):
    film = Film(painter)
    before = film.frame(scene)[:, painter.width :]
    scene.standing["lumen"][7, 5] = TumorCell.species.first_picture_code + HELD
    after = film.frame(scene)[:, painter.width :]
    changed = np.unique(np.nonzero((before != after).any(axis=(1, 2)))[0])
    assert 0 < changed.size < 40  # the line of the held cells and the sum of the tumor cells
    scene.standing["lumen"][7, 5] = 0
    assert (film.frame(scene)[:, painter.width :] == before).all()


def test_the_clock_moves(painter, scene):
    film = Film(painter, legend=False)
    one = film.frame(scene)
    scene.minutes += 60
    assert (film.frame(scene) != one).any()
    still = Film(painter, legend=False, clock=False)
    other = still.frame(scene)
    scene.minutes += 60
    assert (still.frame(scene) == other).all()


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(360.0, "day 0, 06:00"), (14 * 1440.0, "day 14, 00:00"), (-2880.0, "2 d 00:00"), (-30.0, "0 d 00:30")],
)
def test_the_clock_says_the_day_and_from_what_it_counts(painter, scene, monkeypatch, minutes, words):
    written = []
    monkeypatch.setattr(lettering, "write", lambda image, text, *rest, **more: written.append(text))
    scene.minutes = minutes
    Film(painter, legend=False, since="injection").frame(scene)
    assert words in written and f"{'after' if minutes > 0 else 'before'} injection" in written


def test_the_clock_and_the_scale_bar_cover_little_of_the_tissue(painter, scene):
    covered = (Film(painter, legend=False).frame(scene) != painter.paint(scene)).any(axis=-1)
    assert 0.005 < covered.mean() < 0.12


def test_the_strip_uncovers_what_has_happened():
    strip = Strip.of_timeseries(courses())
    strip.draw(800)
    dark, bright = strip.at(60.0).sum(), strip.at(480.0).sum()
    assert strip.at(0.0).shape == (strip.height_for(800), 800, 3)
    assert dark < bright


def test_a_strip_after_a_long_preparation():
    assert shown_from(np.array([-48.0, 3.0])) == -1.0 and shown_from(np.array([-48.0, 336.0])) == -48.0
    assert shown_from(np.array([-48.0, -2.0])) == -48.0 and shown_from(np.array([0.0, 3.0])) == 0.0
    hours = np.arange(-48.0, 4.0)
    strip = Strip.of_timeseries({"time_min": 60 * hours, "neutrophil": 50 + hours})
    strip.draw(800)
    bright = [strip.at(60.0 * hour).sum() for hour in (-40.0, -1.0, 0.0, 2.0, 3.0)]
    assert bright[0] == bright[1] < bright[2] < bright[3] < bright[4]  # uncovered as the axis goes


def test_a_strip_of_few_columns():
    strip = Strip.of_timeseries({"time_min": np.array([0.0, 60.0]), "neutrophil": np.zeros(2)})
    assert len(strip.panels) == 1
    strip.draw(300)


@pytest.mark.parametrize("shape", [(24, 30), (12, 90), (90, 12)])
def test_any_shape_of_tissue(shape):
    from .conftest import empty_scene

    kind = small_tissue(*shape)
    film = Film(
        Painter(kind, 10.0, pixels=200),
        title="a very long title of an experiment that does not fit on one line at all",
        field=("oxygen", "mmHg", (20.0, 60.0)),
    )
    scene = empty_scene(kind)
    scene.field = np.full(shape, 40, np.float32)
    assert film.frame(scene).shape == (film.height, film.width, 3)


def test_recording_reads_frame_by_frame(run):
    recording = Recording(run)
    assert len(recording) == 5
    assert recording.title == "a made-up run"
    assert recording.fields == ("e_selectin", "ecm", "nets", "oxygen", "tnf")
    lumen = [recording.scene(k).standing["lumen"] for k in (4, 0, 3, 1)]
    for shift, frame in zip((4, 0, 3, 1), lumen, strict=True):
        assert (frame == np.roll(lumen[1], shift, axis=1)).all()
    assert recording.scene(-1).minutes == 480.0
    assert recording.scene(2, "tnf").field.dtype == np.float32
    with pytest.raises(IndexError):
        recording.scene(5)


def test_a_run_says_whom_it_shows_and_those_of_earlier_versions_show_those_of_this_one(run):
    told = zarr.open_group(run / "snapshots.zarr", mode="r+").attrs
    assert Recording(run).cast == tuple(shown for shown in SHOWN if shown.looks)
    told["cast"] = [shown | {"words": f"{shown['words']} of old"} for shown in told["cast"]]
    assert all(shown.words.endswith("of old") for shown in Recording(run).cast)
    del told["cast"]
    assert Recording(run).cast == SHOWN
    assert len(plot_run(run)) == 3


def test_unknown_fields_are_named(run):
    with pytest.raises(ValueError, match=r"no field 'TNF'.*oxygen, tnf"):
        Recording(run).scene(0, "TNF")
    with pytest.raises(ValueError, match="no field 'glucose'"):
        Film.of_recording(Recording(run), field="glucose")


def test_a_folder_without_snapshots(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"has no snapshots\.zarr"):
        Recording(tmp_path)


def test_limits_hold_for_the_whole_run(run):
    low, high = Recording(run).limits("tnf")
    assert low == 0.0
    assert 0.9 < high <= 1.0
    low, high = Recording(run).limits("oxygen")
    assert 40 <= low < 40.2
    assert field_limits([np.zeros((4, 4), np.float32)]) == (0.0, 1.0)


def test_picture_of_a_model():
    model = FakeLiver()
    model.fields["oxygen"].values[:] = np.linspace(40, 50, model.shape[1])
    assert picture(model, pixels=240).size[0] > 240
    assert picture(model, "oxygen", pixels=240, legend=False).size == (240, 160)
    with pytest.raises(ValueError, match=r"no field 'ink'.*oxygen"):
        picture(model, "ink")


def test_lettering_fits():
    assert lettering.fitting("short", 12, 400) == "short"
    shortened = lettering.fitting("a rather long sentence", 12, 60)
    assert shortened.endswith("…")
    assert lettering.width(shortened, 12) <= 60
    lines = lettering.lines("one two three four five six seven", 12, 80, 2)
    assert len(lines) == 2
    image = np.zeros((10, 10, 3), np.uint8)
    lettering.write(image, "words beyond every edge", -4, -7, 14, (255, 255, 255))
    lettering.write(image, "outside", 50, 50, 14, (255, 255, 255))
    assert image.any()
