import io
import os
from types import SimpleNamespace

from abm.commands import progress
from abm.commands.progress import Bar, Lines, Silence


def at(step, end=100, first=0):
    model = SimpleNamespace(step_number=step, first_step=first, minutes=5.0 * step, tumor=SimpleNamespace(count=7))
    return SimpleNamespace(model=model, end_step=end, until_hours=end / 12)


def test_a_line_per_tenth():
    stream = io.StringIO()
    with Lines(stream) as lines:
        for step in range(101):
            lines(at(step))
    said = stream.getvalue().splitlines()
    assert len(said) == 11
    assert said[0] == "step 0/100  0.0 of 0.347222 d  7 tumor cells alive"
    assert said[-1].startswith("step 100/100") and said[-1].endswith("0 s left")


def test_a_run_that_begins_before_time_0_counts_its_steps_from_there():
    stream = io.StringIO()
    lines = Lines(stream)
    for step in (-288, 100):
        lines(at(step, first=-288))
    said = stream.getvalue().splitlines()
    assert said[0] == "step 0/388  -1.0 of 0.347222 d  7 tumor cells alive"
    assert said[1].startswith("step 388/388") and said[1].endswith("0 s left")


def test_a_slow_run_says_something_each_half_minute(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    stream = io.StringIO()
    lines = Lines(stream)
    for step in range(4):
        lines(at(step, 10_000))
        now[0] += 31
    assert len(stream.getvalue().splitlines()) == 4
    assert "  309907 s left" in stream.getvalue()


def test_the_bar_shows_state(capsys):
    with Bar() as bar:
        bar.tell("[not markup]")
        for step in range(0, 101, 50):
            bar(at(step))
    said = capsys.readouterr().err
    assert "[not markup]" in said
    assert "100/100" in said and "7 tumor cells alive" in said


def test_silence(capsys):
    with Silence() as silence:
        silence.tell("x")
        silence(at(1))
    assert capsys.readouterr() == ("", "")


def test_what_is_wrong_is_said_even_in_silence(capsys):
    Silence().warn("the checkpoint is damaged")
    assert capsys.readouterr().err == "the checkpoint is damaged\n"


def test_nobody_need_read_on():
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as stream:
        lines = Lines(stream)
        for step in range(101):
            lines(at(step))
        lines.warn("x")


def test_without_standard_error_there_is_silence(monkeypatch):
    monkeypatch.setattr(progress.sys, "stderr", None)
    silence = progress.progress(quiet=False)
    assert isinstance(silence, Silence)
    silence.warn("x")


def test_lines_where_there_is_no_terminal(capsys):
    assert isinstance(progress.progress(quiet=False), Lines)
    assert isinstance(progress.progress(quiet=True), Silence)
