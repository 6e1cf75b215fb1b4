"""Ratios to the control."""

import math

from abm.comparison.figures import Interval, Ratio, ratios_figure

from .made_up import ARMS, inside, words


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
