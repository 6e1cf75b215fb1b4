import io
import os
import sys
from types import SimpleNamespace

import pytest

from abm import Simulation, progress
from abm.progress import Bars, Lines, Silence, StatusLine, counted, in_seconds, of_run, simulated

from .worlds import lively


def at(step, end=100, first=0, cells=7):
    model = SimpleNamespace(step_number=step, first_step=first, minutes=5.0 * step, tumor=SimpleNamespace(count=cells))
    return SimpleNamespace(model=model, end_step=end, until_hours=end / 12)


@pytest.fixture
def clock(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_a_line_per_phase_and_how_long_each_took(clock):
    stream = io.StringIO()
    with Lines(stream) as lines:
        lines.phase("building the liver")
        clock[0] += 1.25
        lines.phase("simulating", of_run)
        for step in range(101):
            lines(at(step))
            clock[0] += 0.2
    assert stream.getvalue().splitlines() == [
        "Building the liver.",
        "Simulating.",
        "Took 21 s: building the liver 1.2 s, simulating 20 s.",
    ]


def test_what_failed_took_no_time(clock):
    stream = io.StringIO()
    with pytest.raises(ValueError), Lines(stream) as lines:
        lines.phase("building the liver")
        raise ValueError
    assert stream.getvalue() == "Building the liver.\n" and lines.took == []


def test_a_long_phase_says_a_line_per_tenth_with_the_time_left(clock):
    stream = io.StringIO()
    with Lines(stream) as lines:
        lines.phase("simulating", of_run)
        for step in range(-100, 101):
            lines(at(step, first=-100, cells=1234))
            clock[0] += 5
    said = stream.getvalue().splitlines()
    assert len(said) == 1 + 10 + 1 and said[0] == "Simulating." and said[-1] == "Took 16 min 45 s."
    assert said[1] == "  -6.7 of 8.333 h, 1,234 tumor cells, 15 min left" and said[-2].endswith("left")


def test_a_slow_phase_says_something_every_five_minutes(clock):
    stream = io.StringIO()
    lines = Lines(stream)
    lines.phase("simulating", of_run)
    for step in range(31):
        lines(at(step, 10_000))
        clock[0] += 31
    assert len(stream.getvalue().splitlines()) == 1 + 3
    assert "85 h 56 min left" in stream.getvalue()


def test_from_an_uneven_pace_nothing_follows(clock):
    stream = io.StringIO()
    lines = Lines(stream)
    lines.phase("compiling the kernels", counted("kernel", even=False))
    for count in (1, 90):
        lines((count, 177))
        clock[0] += 31
    lines((120, 177))
    assert stream.getvalue().splitlines()[1:] == ["  kernel 90 of 177", "  kernel 120 of 177"]


def test_bars_show_phases_and_what_became_of_them(capsys):
    with Bars() as bars:
        bars.tell("[not markup]")
        bars.phase("simulating", of_run)
        for step in range(0, 101, 50):
            bars(at(step))
        bars.phase("drawing the movie", counted("frame"))
        bars((3, 3))
    said = capsys.readouterr().err
    assert "[not markup]" in said
    assert "simulating" in said and "8.3 of 8.333 h, 7 tumor cells" in said
    assert "drawing the movie" in said and "3 frames" in said.splitlines()[-1]
    assert [title for title, _ in bars.took] == ["simulating", "drawing the movie"]


@pytest.mark.parametrize("columns", ["80", "200"])
def test_bars_fit_the_terminal(columns, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", columns)
    with Bars() as bars:
        bars.phase("compiling the kernels", counted("kernel"))
        bars((177, 177))
        bars.phase("simulating", of_run)
        bars(at(4032, 4032, cells=12_345))
    last = capsys.readouterr().err.rstrip().splitlines()[-1]
    assert len(last) <= int(columns) and "14.0 of 14 d, 12,345 tumor cells" in last and last.endswith(" s")


def test_words_of_a_standing():
    assert StatusLine(3, 1200, "run", ("1 failed",)).words == "run 3 of 1,200, 1 failed"
    assert StatusLine(1, 1, "run").last_words == "1 run" and StatusLine(1200, 1200, "run").last_words == "1,200 runs"
    assert of_run(at(12, cells=1)).words == "1.0 of 8.333 h, 1 tumor cell"


@pytest.mark.parametrize(
    ("steps", "end", "words"), [(6, 12, "30.0 of 60 min"), (12, 288, "1.0 of 24 h"), (288, 4032, "1.0 of 14 d")]
)
def test_simulated_time_reads_well(steps, end, words):
    assert simulated(at(steps, end)) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.04, "0.0 s"),
        (9.96, "10 s"),
        (119, "119 s"),
        (119.6, "2 min"),
        (200, "3 min 20 s"),
        (7169, "119 min 29 s"),
        (7500, "2 h 5 min"),
        (3600 * 1500, "1,500 h"),
    ],
)
def test_wall_time_in_words(seconds, words):
    assert in_seconds(seconds) == words


def test_silence(capsys):
    with Silence() as silence:
        silence.tell("x")
        silence.phase("simulating", of_run)
        silence(at(1))
    assert capsys.readouterr() == ("", "")


def test_what_is_wrong_is_said_even_in_silence(capsys):
    Silence().warn("the checkpoint is damaged")
    assert capsys.readouterr().err == "the checkpoint is damaged\n"


def test_nobody_need_read_on(clock):
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as stream, Lines(stream) as lines:
        lines.phase("simulating", of_run)
        for step in range(101):
            lines(at(step))
            clock[0] += 31
        lines.warn("x")


def test_without_standard_error_there_is_silence(monkeypatch):
    monkeypatch.setattr(progress.sys, "stderr", None)
    silence = progress.progress(quiet=False)
    assert isinstance(silence, Silence)
    silence.warn("x")


def test_lines_where_there_is_no_terminal(capsys):
    assert isinstance(progress.progress(quiet=False), Lines)
    assert isinstance(progress.progress(quiet=True), Silence)


@pytest.mark.parametrize(("widgets", "kind"), [(True, Bars), (False, Lines)])
def test_in_a_notebook_a_bar_needs_widgets(monkeypatch, widgets, kind):
    monkeypatch.setattr(progress, "_in_notebook", lambda: True)
    monkeypatch.setattr(progress, "find_spec", lambda name: widgets or None)
    assert type(progress.progress(quiet=False)) is kind
    assert type(progress.progress(quiet=True)) is Silence


def test_elsewhere_there_is_no_notebook(monkeypatch):
    assert not progress._in_notebook()
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace())
    assert not progress._in_notebook()


def test_a_simulation_shows_how_far_it_is(capsys):
    model = lively(mm=0.4)
    run = Simulation(model, until="30 min", recorders=[], progress=True).run()
    assert model.minutes == 30 and capsys.readouterr().err.splitlines()[0] == "Simulating."
    assert not run.already_complete
    Simulation(model, until="40 min", recorders=[]).run()
    assert capsys.readouterr().err == ""
