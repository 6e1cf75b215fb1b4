"""Time courses: bands or single runs, and where time begins."""

import numpy as np
import pytest

from abm.comparison.figures import CoursePanel, Curve, courses_figure

from .made_up import ARMS, course, inside, words


def test_time_courses():
    starts = (0.0, -48.0, -48.0, -48.0)
    panels = [CoursePanel("quantity", "mm²", [course(arm, start) for arm in ARMS]) for start in starts]
    figure = courses_figure(panels, ARMS, "courses")
    assert len(figure.axes) == 4 and inside(figure)
    dotted = [any(line.get_xdata()[0] == 0 == line.get_xdata()[-1] for line in axes.lines) for axes in figure.axes]
    assert dotted == [False, True, True, True]  # time 0, where something happens before


@pytest.mark.parametrize("runs", [None, np.array([[1.0], [3.0]])])
def test_a_single_look_is_a_marker(runs):
    styles = [Curve(arm, np.full(1, 12.0), np.full(1, 2.0), np.ones(1), np.full(1, 3.0), runs) for arm in ARMS]
    figure = courses_figure([CoursePanel("one moment", "", styles)], ARMS)
    assert inside(figure)
    axes = figure.axes[0]
    dots = [line for line in axes.lines if line.get_marker() in "os"]
    assert [line.get_ydata().tolist() for line in dots] == [[2.0], [2.0]]
    assert len({float(line.get_xdata()[0]) for line in dots}) == 2  # beside each other
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["12"] and axes.get_ylim()[1] > 3
    assert axes.xaxis.get_offset_text().get_text() == ""


def test_few_runs_are_drawn_themselves():
    hours = np.arange(5.0)
    runs = np.stack([hours, 2 * hours])
    wild = Curve("control", hours, 1.5 * hours, -100 * hours, 100 * hours, runs)
    figure = courses_figure([CoursePanel("few", "", [wild])], ARMS)
    axes = figure.axes[0]
    assert not axes.collections
    assert {tuple(line.get_ydata()) for line in axes.lines} >= {tuple(hours), tuple(2 * hours), tuple(1.5 * hours)}
    assert axes.get_ylim()[1] < 10 and "thin: the single runs" in " ".join(words(figure))
    assert "thin" not in " ".join(words(courses_figure([CoursePanel("many", "", [course("control")])], ARMS)))


def test_what_happened_long_before_takes_a_quarter_at_most():
    hours = np.arange(-48.0, 4.0)
    values = np.where(hours < -10, 500.0, 30.0 + hours)
    figure = courses_figure([CoursePanel("cells", "", [Curve("control", hours, values, values - 1, values + 1)])], ARMS)
    axes = figure.axes[0]
    assert axes.get_xlim() == (-1.0, 3.0) and axes.get_xlabel() == "time (h)"
    assert axes.get_ylim()[1] < 50  # of what is seen only
    assert "long before is not shown" in " ".join(words(figure)).replace("\n", " ")
