"""Figures of comparisons: drawn from whatever numbers there are, and readable with any colour vision."""

import itertools
import math

import numpy as np
import pytest
from matplotlib import mathtext

from abm.comparison.figures import (
    ArmCascade,
    Course,
    CoursePanel,
    Dose,
    DosePanel,
    Influence,
    InfluencePanel,
    Interval,
    Ratio,
    cascades_figure,
    courses_figure,
    doses_figure,
    influences_figure,
    looks_of,
    ratios_figure,
    short,
)
from abm.view import palette
from abm.view.style import new_figure, save_figure

from ..view.test_palette import VISION, difference

ARMS = ("control", "no_kupffer")
STAGES = ("arrived", "arrested", "alive_24h", "extravasated", "micrometastasis", "macrometastasis")


def words(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts] + [text.get_text() for text in figure.texts]


def inside(figure):
    """Whether nothing that is written leaves the sheet."""
    figure.canvas.draw()
    width, height = figure.canvas.get_width_height()
    boxes = [
        text.get_window_extent()
        for axes in figure.axes
        for text in (*axes.texts, axes.title, *axes.get_yticklabels())
        if text.get_text()
    ] + [text.get_window_extent() for text in figure.texts]
    return all(box.x0 > -1 and box.x1 < width + 1 and box.y0 > -1 and box.y1 < height + 1 for box in boxes)


@pytest.mark.parametrize("vision", VISION)
def test_arms_are_told_apart(vision):
    for colours in (palette.ARMS, palette.ARMS_ON_DARK):
        near = {
            (a, b): difference(colours[a], colours[b], vision)
            for a, b in itertools.combinations(range(len(colours)), 2)
        }
        assert min(near.values()) > 17, min(near, key=near.get)
    assert all(difference(colour, palette.PAPER, vision) > 40 for colour in palette.ARMS_ON_DARK)
    assert all(difference(colour, (255, 255, 255), vision) > 25 for colour in palette.ARMS)


def test_many_arms_have_looks_of_their_own():
    looks = looks_of([f"arm {k}" for k in range(21)])
    assert len({(look.colour, look.marker) for look in looks.values()}) == 21
    assert looks["arm 0"].colour == palette.as_hex(palette.ARMS[0])


def test_numbers_for_readers():
    given = (0.0, 0.02345, 12.345, 1234.5, 2.5e7, -3.21, math.nan, math.inf)
    assert [short(value) for value in given] == ["0", "0.0234", "12.3", "1,230", "2.50e+07", "−3.21", "–", "∞"]


def test_ratios():
    rows = [
        Ratio("nodules(min_cells=10, at=14 d)", "no_kupffer", Interval(3.0, 2.0, 4.5), "3  (2 to 4.5)"),
        Ratio("nodules(min_cells=10, at=14 d)", "more", Interval(0.0, 0.0, 0.3), "0  (0 to 0.3)"),
        Ratio(
            "a measure with a name that is far too long for one line of it, or two",
            "more",
            Interval(math.nan, 0.0, math.inf),
            "nothing",
        ),
        Ratio("never in control", "more", Interval(math.inf, 2.0, math.inf), "seen"),
        Ratio("far", "no_kupffer", Interval(900.0, 400.0, 2000.0), "900"),
    ]
    figure = ratios_figure(rows, (*ARMS, "more"), "ratios")
    assert inside(figure)
    assert {"nodules", "min_cells=10, at=14 d", "3  (2 to 4.5)", "nothing"} <= set(words(figure))
    axes = figure.axes[0]
    low, high = axes.get_xlim()
    assert low < 1 < high <= 120
    filled = [line for line in axes.lines if line.get_marker() in "osD^" and line.get_xdata()[0] == 3.0]
    assert filled and filled[0].get_markerfacecolor() != "white"


def test_ratios_that_all_are_one():
    figure = ratios_figure([Ratio("oxygen", "no_kupffer", Interval(1.0, 1.0, 1.0), "1")], ARMS)
    assert inside(figure) and len(figure.axes[0].get_xticks()) >= 3


def course(arm, start=0.0):
    hours = np.arange(start, 97.0, 6.0)
    return Course(arm, hours, hours**2, hours**2 - 5, np.full(hours.size, np.nan) if arm == "control" else hours**2 + 5)


def test_time_courses():
    starts = (0.0, -48.0, -48.0, -48.0)
    panels = [CoursePanel("quantity", "mm²", [course(arm, start) for arm in ARMS]) for start in starts]
    figure = courses_figure(panels, ARMS, "courses")
    assert len(figure.axes) == 4 and inside(figure)
    dotted = [any(line.get_xdata()[0] == 0 == line.get_xdata()[-1] for line in axes.lines) for axes in figure.axes]
    assert dotted == [False, True, True, True]  # time 0, where something happens before


def test_a_subtitle_is_broken_where_the_sheet_ends():
    assert inside(courses_figure([CoursePanel("alone", "", [course("control")])], ARMS))  # one diagram: a narrow sheet
    found = [Influence("weak", Interval(0.1, 0.0, 0.2), Interval(0.2, math.nan, math.nan))]
    assert inside(influences_figure([InfluencePanel("nodules", "", "", found)], "morris"))
    assert inside(
        doses_figure([DosePanel("nodules", "", "rate", "", [dose("control")])], ARMS, ARMS, about="a word " * 60)
    )


@pytest.mark.parametrize("runs", [None, np.array([[1.0], [3.0]])])
def test_a_single_look_is_a_marker(runs):
    looks = [Course(arm, np.full(1, 12.0), np.full(1, 2.0), np.ones(1), np.full(1, 3.0), runs) for arm in ARMS]
    figure = courses_figure([CoursePanel("one moment", "", looks)], ARMS)
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
    wild = Course("control", hours, 1.5 * hours, -100 * hours, 100 * hours, runs)
    figure = courses_figure([CoursePanel("few", "", [wild])], ARMS)
    axes = figure.axes[0]
    assert not axes.collections
    assert {tuple(line.get_ydata()) for line in axes.lines} >= {tuple(hours), tuple(2 * hours), tuple(1.5 * hours)}
    assert axes.get_ylim()[1] < 10 and "thin: the single runs" in " ".join(words(figure))
    assert "thin" not in " ".join(words(courses_figure([CoursePanel("many", "", [course("control")])], ARMS)))


def test_what_happened_long_before_takes_a_quarter_at_most():
    hours = np.arange(-48.0, 4.0)
    values = np.where(hours < -10, 500.0, 30.0 + hours)
    figure = courses_figure(
        [CoursePanel("cells", "", [Course("control", hours, values, values - 1, values + 1)])], ARMS
    )
    axes = figure.axes[0]
    assert axes.get_xlim() == (-1.0, 3.0) and axes.get_xlabel() == "time (h)"
    assert axes.get_ylim()[1] < 50  # of what is seen only
    assert "long before is not shown" in " ".join(words(figure)).replace("\n", " ")


def cascade(arm, reached):
    shares = [
        Interval(count / reached[0], 0.8 * count / reached[0], min(1.0, 1.2 * count / reached[0] + 0.01))
        for count in reached
    ]
    ends = [
        {"passed": 30, "phagocytosed": 20},
        {"killed_by_trail": 5, "killed_by_fasl": 5, "died_by_shear": 1},
        {},
        {"alive": 3},
        {},
        {},
    ]
    return ArmCascade(arm, STAGES, reached, shares, ends)


def test_cascades():
    figure = cascades_figure(
        [cascade("control", [100, 50, 39, 10, 0, 0]), cascade("no_kupffer", [100, 80, 60, 20, 5, 1])], "cascade"
    )
    assert inside(figure)
    assert words(figure).count("none") == 2  # nobody reached these stages in the control
    assert words(figure).count("none; < 1 %") == 2
    assert {"went on", "left by the vein", "engulfed", "killed by NK", "died", "alive, no further"} == {
        text.get_text() for text in figure.legends[1].get_texts()
    }


def test_the_ladder_ends_where_the_shares_do():
    figure = cascades_figure([cascade(arm, [1000, 900, 400, 400, 120, 0]) for arm in ARMS])
    axes = figure.axes[0]
    figure.canvas.draw()
    floor = axes.get_ylim()[0]
    assert 0.04 < floor < 0.1  # the smallest share is 0.12, though none of 1000 would be 0.01
    arrows = [line for line in axes.lines if line.get_marker() == "v"]
    assert len(arrows) == 2 and all(line.get_ydata()[0] > floor for line in arrows)
    assert axes.transData.transform((0, arrows[0].get_ydata()[0]))[1] - axes.bbox.y0 > 4  # above the axis


def dose(arm, mean=(0.1, 0.2, 0.5)):
    return Dose(arm, np.array([0.05, 0.1, 0.5]), np.array(mean), np.array(mean) - 0.05, np.array(mean) + 0.05)


@pytest.mark.parametrize("log", [False, True])
def test_arms_at_the_same_dose_stand_beside_each_other(log):
    figure = doses_figure([DosePanel("nodules", "", "rate", "", [dose(arm) for arm in ARMS], log=log)], ARMS, ARMS)
    axes = figure.axes[0]
    places = [
        axes.transAxes.inverted().transform(axes.transData.transform(line.get_xydata()))[:, 0] for line in axes.lines
    ]
    assert places[1] == pytest.approx(places[0] - 0.022)  # the control, drawn last, stands on the left


def test_intervals_are_shown_whole():
    high = doses_figure([DosePanel("share", "", "rate", "", [dose("control", (0.92, 0.93, 0.90))])], ARMS, ARMS).axes[0]
    assert high.get_ylim()[0] < 0.85 and high.get_ylim()[1] > 0.98  # far from 0, with all of each interval
    hours = np.arange(4.0)
    level = Course("control", hours, hours + 40, hours + 36, hours + 44)
    assert courses_figure([CoursePanel("oxygen", "", [level])], ARMS).axes[0].get_ylim()[0] < 36
    near = Course("control", hours, hours + 1, hours - 9, hours + 11)
    assert courses_figure([CoursePanel("cells", "", [near])], ARMS).axes[0].get_ylim()[0] == 0  # nothing is below it


def test_a_diagram_without_values_says_so():
    nothing = dose("no_kupffer", (math.nan,) * 3)
    one = dose("no_kupffer", (math.nan, 0.9, math.nan))
    figure = doses_figure(
        [DosePanel("nodules", "", "rate", "", [which], log=True, ratio=True) for which in (nothing, one)], ARMS, ARMS
    )
    empty, there = figure.axes
    assert "no values" in words(figure) and not len(empty.get_yticks()) and len(there.get_yticks()) > 2
    for axes in (empty, there):  # the doses are those of the design, whether the measure is known there or not
        figure.canvas.draw()
        assert [tick.get_text() for tick in axes.get_xticklabels()] == ["0.05", "0.1", "0.5"]
        assert axes.get_xlim()[0] < 0.05 and axes.get_xlim()[1] > 0.5


def test_doses():
    x = np.array([0.1, 0.2, 0.4])
    doses = [Dose(arm, x, x, x - 0.1, x + 0.1) for arm in ARMS]
    scattered = Dose("control", x, x, np.full(3, np.nan), x, np.random.default_rng(1).random((30, 2)))
    panels = [
        DosePanel("nodules(at=14 d)", "nodules", "phagocytosis.rate", "/h", doses, log=True),
        DosePanel(
            "share",
            "",
            "line",
            "",
            [Dose("control", np.arange(2.0), np.ones(2), np.zeros(2), np.ones(2))],
            ["mc38", "a line with a name"],
        ),
        DosePanel("nodules", "times control", "phagocytosis.rate", "/h", doses[1:], ratio=True),
        DosePanel("nodules", "", "phagocytosis.rate", "/h", [scattered], log=True),
    ]
    figure = doses_figure(panels, ARMS, ARMS, "doses")
    assert inside(figure)
    assert [axes.get_xscale() for axes in figure.axes] == ["log", "linear", "linear", "log"]
    assert [axes.get_yscale() for axes in figure.axes] == ["linear", "linear", "log", "linear"]
    assert figure.axes[0].get_xlabel() == "phagocytosis.rate (/h)"


@pytest.mark.parametrize("method", ["sobol", "morris"])
def test_influences(method):
    nothing = Interval(0.2, math.nan, math.nan)
    found = [
        Influence("rules.weak", Interval(0.1, 0.0, 0.2), nothing),
        Influence("strong", Interval(0.6, 0.4, 0.8), Interval(0.8, 0.5, 1.4)),
    ]
    figure = influences_figure(
        [InfluencePanel("nodules(at=14 d)", "nodules", arm, found) for arm in ARMS], method, "influences"
    )
    assert inside(figure)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["strong", "rules.weak"]


FORMULA = r"costs $5 \frac{ and $x_{ more"


def test_names_are_drawn_as_they_are_written(tmp_path, monkeypatch):
    def refuse(self, text, *_, **__):
        raise AssertionError(f"this was taken for a formula: {text}")

    monkeypatch.setattr(mathtext.MathTextParser, "parse", refuse)
    arms, some = (FORMULA, f"no {FORMULA}"), Interval(2.0, 1.5, 2.5)
    doses = [Dose(arm, np.arange(2.0), *(np.full(2, end) for end in (some.value, some.low, some.high))) for arm in arms]
    course = Course(arms[1], np.array([0.0, 1.0, 2.0]), np.ones(3), np.ones(3), np.ones(3))
    figures = [
        ratios_figure([Ratio(FORMULA, arms[1], some, "2")], arms, FORMULA),
        courses_figure([CoursePanel(FORMULA, "$", [course])], arms, FORMULA),
        doses_figure([DosePanel(FORMULA, "$", FORMULA, "$", doses, words=arms)], arms, arms, FORMULA),
        influences_figure([InfluencePanel(FORMULA, "$", FORMULA, [Influence(FORMULA, some, some)])], "sobol", FORMULA),
        cascades_figure([cascade(arm, [100, 50, 39, 10, 0, 0]) for arm in arms], FORMULA),
    ]
    for figure in figures:
        assert save_figure(figure, tmp_path / "figure.png").stat().st_size > 0


def test_a_figure_that_cannot_be_written_leaves_the_old_one(tmp_path, monkeypatch):
    path = save_figure(new_figure(2, 2, "one"), tmp_path / "figure.png")
    before, figure = path.read_bytes(), new_figure(2, 2, "two")

    def full(beside, **_):
        beside.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(figure, "savefig", full)
    with pytest.raises(OSError, match="No space"):
        save_figure(figure, path)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]
