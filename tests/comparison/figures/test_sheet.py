"""Whatever is drawn can be read: with any colour vision, on every sheet, whatever the names."""

import itertools
import math

import numpy as np
import pytest
from matplotlib import mathtext

from abm.comparison.figures import (
    CoursePanel,
    Curve,
    DosePanel,
    DoseResponse,
    Influence,
    InfluencePanel,
    Interval,
    Ratio,
    cascades_figure,
    courses_figure,
    doses_figure,
    influences_figure,
    ratios_figure,
)
from abm.comparison.figures.sheet import styles_of
from abm.view import palette
from abm.view.style import new_figure, save_figure

from ...view.test_palette import VISION, difference
from .made_up import ARMS, cascade, course, dose, inside


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


def test_many_arms_have_styles_of_their_own():
    styles = styles_of([f"arm {k}" for k in range(21)])
    assert len({(style.colour, style.marker) for style in styles.values()}) == 21
    assert styles["arm 0"].colour == palette.as_hex(palette.ARMS[0])


def test_a_subtitle_is_broken_where_the_sheet_ends():
    assert inside(courses_figure([CoursePanel("alone", "", [course("control")])], ARMS))  # one diagram: a narrow sheet
    found = [Influence("weak", Interval(0.1, 0.0, 0.2), Interval(0.2, math.nan, math.nan))]
    assert inside(influences_figure([InfluencePanel("nodules", "", "", found)], "morris"))
    assert inside(
        doses_figure([DosePanel("nodules", "", "rate", "", [dose("control")])], ARMS, ARMS, about="a word " * 60)
    )


def test_intervals_are_shown_whole():
    high = doses_figure([DosePanel("share", "", "rate", "", [dose("control", (0.92, 0.93, 0.90))])], ARMS, ARMS).axes[0]
    assert high.get_ylim()[0] < 0.85 and high.get_ylim()[1] > 0.98  # far from 0, with all of each interval
    hours = np.arange(4.0)
    level = Curve("control", hours, hours + 40, hours + 36, hours + 44)
    assert courses_figure([CoursePanel("oxygen", "", [level])], ARMS).axes[0].get_ylim()[0] < 36
    near = Curve("control", hours, hours + 1, hours - 9, hours + 11)
    assert courses_figure([CoursePanel("cells", "", [near])], ARMS).axes[0].get_ylim()[0] == 0  # nothing is below it


FORMULA = r"costs $5 \frac{ and $x_{ more"


def test_names_are_drawn_as_they_are_written(tmp_path, monkeypatch):
    def refuse(self, text, *_, **__):
        raise AssertionError(f"this was taken for a formula: {text}")

    monkeypatch.setattr(mathtext.MathTextParser, "parse", refuse)
    arms, some = (FORMULA, f"no {FORMULA}"), Interval(2.0, 1.5, 2.5)
    doses = [
        DoseResponse(arm, np.arange(2.0), *(np.full(2, end) for end in (some.value, some.low, some.high)))
        for arm in arms
    ]
    course = Curve(arms[1], np.array([0.0, 1.0, 2.0]), np.ones(3), np.ones(3), np.ones(3))
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
