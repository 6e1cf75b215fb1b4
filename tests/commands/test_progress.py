import io
from types import SimpleNamespace

from abm.commands import progress
from abm.commands.progress import Bar, Lines, Silence


def at(step, end=100):
    return SimpleNamespace(model=SimpleNamespace(step_number=step, minutes=5.0 * step, tumor=SimpleNamespace(count=7)),
                           end_step=end, until_hours=end / 12)


def test_a_line_per_tenth():
    stream = io.StringIO()
    with Lines(stream) as lines:
        for step in range(101):
            lines(at(step))
    said = stream.getvalue().splitlines()
    assert len(said) == 11
    assert said[0] == "step 0/100  0.0 of 0.347222 d  7 tumor cells alive"
    assert said[-1].startswith("step 100/100") and said[-1].endswith("0 s left")


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


def test_lines_where_there_is_no_terminal(capsys):
    assert isinstance(progress.progress(quiet=False), Lines)
    assert isinstance(progress.progress(quiet=True), Silence)
