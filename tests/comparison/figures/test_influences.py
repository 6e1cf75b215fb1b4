"""Sensitivity indices."""

import math

import pytest

from abm.comparison.figures import Influence, InfluencePanel, Interval, influences_figure

from .made_up import ARMS, inside


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
