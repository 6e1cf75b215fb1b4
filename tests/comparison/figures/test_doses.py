"""Dose and response."""

import math

import numpy as np
import pytest

from abm.comparison.figures import DosePanel, DoseResponse, doses_figure

from .made_up import ARMS, dose, inside, words


@pytest.mark.parametrize("log", [False, True])
def test_arms_at_the_same_dose_stand_beside_each_other(log):
    figure = doses_figure([DosePanel("nodules", "", "rate", "", [dose(arm) for arm in ARMS], log=log)], ARMS, ARMS)
    axes = figure.axes[0]
    places = [
        axes.transAxes.inverted().transform(axes.transData.transform(line.get_xydata()))[:, 0] for line in axes.lines
    ]
    assert places[1] == pytest.approx(places[0] - 0.022)  # the control, drawn last, stands on the left


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
    doses = [DoseResponse(arm, x, x, x - 0.1, x + 0.1) for arm in ARMS]
    scattered = DoseResponse("control", x, x, np.full(3, np.nan), x, np.random.default_rng(1).random((30, 2)))
    panels = [
        DosePanel("nodules(at=14 d)", "nodules", "phagocytosis.rate", "/h", doses, log=True),
        DosePanel(
            "share",
            "",
            "line",
            "",
            [DoseResponse("control", np.arange(2.0), np.ones(2), np.zeros(2), np.ones(2))],
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
