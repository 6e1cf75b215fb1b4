"""Figures are written, whatever the run has seen."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import zarr
from matplotlib import mathtext
from PIL import Image

from abm.config.recording import RecordParameters
from abm.record.fates import fates_of
from abm.tissue.sites import PARENCHYMA, SINUSOID
from abm.view.figures import plot_run, write_anatomy, write_cascade, write_overview
from abm.view.figures.anatomy import directions
from abm.view.figures.cascade import cascade_figure
from abm.view.figures.timecourses import timecourses_figure


def colours(path):
    with Image.open(path) as picture:
        return len(np.unique(np.asarray(picture.convert("RGB")).reshape(-1, 3)[::7], axis=0))


def fates_from(entries):
    """Entries (time, event, cause, clone) as fates after 50 h."""
    columns = dict(zip(("time_min", "event", "cause", "clone"), map(list, zip(*entries, strict=True)), strict=True))
    return fates_of(pa.table(columns), 3000.0, RecordParameters(), 10.0)


def words(figure):
    return " ".join(text.get_text() for text in [*figure.texts, *figure.axes[0].texts])


def test_all_figures_of_a_run(run):
    paths = plot_run(run)
    assert [path.name for path in paths] == ["overview.png", "cascade.png", "timecourses.png"]
    assert all(colours(path) > 20 for path in paths)


def test_figures_are_the_same_again(run):
    one = write_cascade(run).read_bytes()
    assert write_cascade(run).read_bytes() == one


def test_a_run_without_arrivals(run):
    pd.DataFrame({"time_min": [], "event": [], "cause": [], "clone": []}).to_parquet(run / "events.parquet")
    assert write_cascade(run).exists()


def test_a_cascade_with_many_causes():
    entries = []
    for clone, (event, cause) in enumerate(
        (e, c)
        for e, c in (
            ("died", "shear"),
            ("died", "apoptosis"),
            ("died", "hypoxia"),
            ("killed", "trail"),
            ("killed", "fasl"),
            ("killed", "perforin"),
            ("phagocytosed", "kupffer"),
            ("passed", "none"),
        )
    ):
        entries += [(0.0, "arrived", "none", clone), (0.0, "held", "size", clone), (30.0, event, cause, clone)]
    fates = fates_from(entries)
    assert len(fates.ends()) == 8
    figure = cascade_figure(fates, "many ways to die")
    figure.canvas.draw()
    axes = figure.axes[0]
    lowest = min(text.get_position()[1] for text in axes.texts)
    assert lowest > axes.get_ylim()[0]


def test_ends_stand_below_the_stream_that_goes_on():
    entries = [(0.0, "arrived", "none", clone) for clone in range(100)]
    entries += [(0.0, "held", "size", clone) for clone in range(10)]
    entries += [(30.0, "passed", "none", clone) for clone in range(10, 100)]
    figure = cascade_figure(fates_from(entries))
    passed = next(text for text in figure.axes[0].texts if text.get_text().startswith("left by the"))
    assert 0 < passed.get_position()[1] < 0.8  # beside the bar of those that arrived, not below it
    assert figure.get_figheight() < 5.5


@pytest.mark.parametrize(("hours", "passed"), [(23, False), (25, True)])
def test_what_takes_a_day_is_not_said_before_a_day_is_over(hours, passed):
    entries = {"time_min": [0.0, 0.0], "event": ["arrived", "held"], "cause": ["none", "size"], "clone": [0, 0]}
    figure = cascade_figure(fates_of(pa.table(entries), 60.0 * hours, RecordParameters(), 10.0))
    shown = [text.get_text() for text in figure.axes[0].texts]
    assert shown.count("not yet") == (0 if passed else 4)
    assert shown[shown.index("alive at 24 h") + 1] == ("1" if passed else "not yet")
    assert shown[shown.index("arrested") + 1 :][:2] == ["1", "100 %"]


@pytest.mark.parametrize("cause", ["apoptosis", "solitude", "other"])
def test_causes_are_named(cause):
    shown = words(cascade_figure(fates_from([(0.0, "arrived", "none", 0), (9.0, "died", cause, 0)])))
    assert ("died: apoptosis" if cause == "apoptosis" else "died: other") in shown.replace("\n", " ")


def test_colonies_inside_the_vessel_are_mentioned():
    entries = [(0.0, "arrived", "none", 0), (0.0, "held", "size", 0), *[(2000.0, "divided", "none", 0)] * 4]
    assert "never left the vessel, 1 of the size" in words(cascade_figure(fates_from(entries)))
    assert "never left the vessel" not in words(cascade_figure(fates_from(entries[:2])))


def test_how_many_can_found_a_metastasis_is_mentioned():
    entries = [(0.0, "arrived", "founder", 0), (0.0, "arrived", "none", 1), (0.0, "arrived", "founder", 2)]
    assert fates_from(entries).able.tolist() == [True, False, True]
    assert "2 of the arrived can found a metastasis" in words(cascade_figure(fates_from(entries)))
    assert "can found" not in words(cascade_figure(fates_from(entries[1:2])))


def test_missing_parts_are_named(tmp_path, run):
    with pytest.raises(FileNotFoundError, match="events"):
        write_cascade(tmp_path)
    (run / "timeseries.parquet").unlink()
    with pytest.raises(FileNotFoundError, match="timeseries"):
        write_overview(run)


def test_time_courses_of_a_single_moment():
    timecourses_figure({"time_min": np.zeros(1), "tumor_held": np.ones(1), "nodules": np.zeros(1)}).canvas.draw()


def test_time_courses_with_a_long_preparation():
    hours = np.arange(-48.0, 4.0)
    figure = timecourses_figure({"time_min": 60 * hours, "tumor_held": hours + 50, "nodules": np.zeros(hours.size)})
    assert all(axes.get_xlim() == (-1.0, 3.0) for axes in figure.axes)


def test_the_first_day_of_a_long_run_has_a_quarter_of_the_axis():
    hours = np.arange(0.0, 14 * 24 + 1)
    courses = {
        "time_min": 60 * hours,
        "tumor_held": hours,
        "nodules": hours / 1e3,
        "oxygen_mean": hours,
        "lactate_mean": hours,
    }
    figure = timecourses_figure(courses)
    axes = next(axes for axes in figure.axes if axes.get_title(loc="left") == "tumor cells by state")
    (left, day, right), _ = axes.transAxes.inverted().transform(axes.transData.transform([(0, 0), (1, 0), (14, 0)])).T
    assert (left, right) == (pytest.approx(0), pytest.approx(1)) and day == pytest.approx(0.25)
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert "oxygen (mmHg), mean" in titles and "lactate (mM), mean" in titles
    counts = next(axes for axes in figure.axes if axes.get_title(loc="left").startswith("nodules"))
    assert all(tick == round(tick) for tick in counts.get_yticks()) and counts.get_ylim()[1] >= 1


def piece_of_liver(kind, name):
    anatomy = SimpleNamespace(
        kind=kind,
        zone=np.ones(kind.shape, np.uint8),
        spacing_um=10.0,
        periodic=True,
        inlets=np.zeros((3, 2)),
        centres_um=np.zeros((1, 2)),
        portal_tracts_um=np.zeros((2, 2)),
    )
    open_sites = kind == SINUSOID
    flow = SimpleNamespace(
        carries=open_sites.astype(np.uint8),
        pressure=open_sites * 0.5,
        speed_um_per_s=(open_sites * np.linspace(50, 400, kind.shape[1])).astype(np.float32),
    )
    return SimpleNamespace(anatomy=anatomy, flow=flow, config=SimpleNamespace(name=name))


def test_arrows_point_down_the_pressure():
    kind = np.full((40, 60), PARENCHYMA, np.uint8)
    kind[::3] = kind[:, ::4] = SINUSOID
    flow = SimpleNamespace(
        carries=(kind == SINUSOID).astype(np.uint8), pressure=np.broadcast_to(np.linspace(1, 0, 60), (40, 60)).copy()
    )
    x, y, right, down = directions(kind, flow, 10)
    assert x.size == 24 and sorted(set(x)) == [4.5, 14.5, 24.5, 34.5, 44.5, 54.5] and min(y) == 4.5
    np.testing.assert_allclose(right, 1, atol=1e-6)
    np.testing.assert_allclose(down, 0, atol=1e-6)
    flow.pressure[:] = 0.5
    assert directions(kind, flow, 10)[0].size == 0


def test_anatomy(kind, tmp_path):
    path = write_anatomy(piece_of_liver(kind, "a piece of liver"), tmp_path / "a.png")
    assert colours(path) > 20


def test_the_name_of_a_run_is_drawn_as_it_is_written(run, kind, tmp_path, monkeypatch):
    def refuse(self, text, *_, **__):
        raise AssertionError(f"this was taken for a formula: {text}")

    monkeypatch.setattr(mathtext.MathTextParser, "parse", refuse)
    name = r"costs $5 \frac{ and $x_{ more"
    manifest = json.loads((run / "manifest.json").read_text())
    (run / "manifest.json").write_text(json.dumps(manifest | {"config": manifest["config"] | {"name": name}}))
    zarr.open_group(run / "snapshots.zarr", mode="r+").attrs["title"] = name
    assert len(plot_run(run)) == 3
    write_anatomy(piece_of_liver(kind, name), tmp_path / "a.png")
