import pytest

from abm.config.recording import RecordParameters
from abm.folder.schedule import Every, EveryAndFirst, steps_until
from abm.record.recorder import as_hours


def test_due_at_every_multiple():
    assert Every(1.0).steps(0, 36, 5 / 60) == [0, 12, 24, 36]


def test_due_at_the_first_step_after_a_multiple_that_no_step_meets():
    assert Every(0.25).steps(0, 6, 0.1) == [0, 3, 5]


def test_an_interval_shorter_than_a_step_means_every_step():
    assert Every(0.01).steps(0, 3, 0.5) == [0, 1, 2, 3]


def test_rounding_loses_no_moment_in_a_long_run():
    dt = 5 / 60
    assert Every(2.0).steps(0, 24 * 12 * 365, dt) == list(range(0, 24 * 12 * 365 + 1, 24))


def test_before_time_0_multiples_are_those_of_the_clock_and_the_start_is_due():
    assert Every(1.0).steps(-30, 12, 5 / 60, -30) == [-30, -24, -12, 0, 12]
    assert Every(0.25).steps(-5, 3, 0.1, -5) == [-5, -2, 0, 3]


def test_no_interval_at_all_is_refused():
    with pytest.raises(ValueError, match="longer than 0 h"):
        Every(0.0)


@pytest.mark.parametrize(("hours", "dt", "steps"), [(72.0, 5 / 60, 864), (1.0, 0.3, 4), (0.0, 0.1, 0), (0.3, 0.1, 3)])
def test_steps_until(hours, dt, steps):
    assert steps_until(hours, dt) == steps


def test_hours_from_words_and_numbers():
    assert as_hours("3 d") == 72.0
    assert as_hours(5) == 5.0


def test_intervals_of_a_config_must_be_positive():
    with pytest.raises(ValueError, match="timeseries"):
        RecordParameters(timeseries="0 h")
    assert RecordParameters().snapshots == 2.0


@pytest.mark.parametrize("hours", [0.01, 1 / 12, 0.1, 0.25, 1.0, 1.7, 100.0])
@pytest.mark.parametrize(("first", "last"), [(0, 0), (0, 1), (0, 288), (-288, 10), (-7, -3), (-13, 400)])
def test_the_count_is_that_of_the_steps(hours, first, last):
    every = Every(hours)
    assert every.count(first, last, 1 / 12) == len(every.steps(first, last, 1 / 12, first))


@pytest.mark.parametrize("close", [0.0, 0.04, 1.0, 1.13, 60.0])
@pytest.mark.parametrize(("first", "last"), [(0, 0), (0, 288), (-288, 10), (-13, 400), (5, 9)])
def test_of_the_first_hours_every_step_is_due(close, first, last):
    both = EveryAndFirst(Every(2.0), close)
    steps = both.steps(first, last, 1 / 12, first)
    assert both.count(first, last, 1 / 12) == len(steps) == len(set(steps))
    within = [step for step in range(first, last + 1) if close >= 1 / 12 and 0 <= step / 12 <= close]
    assert steps == sorted({*within, *Every(2.0).steps(first, last, 1 / 12, first)})
