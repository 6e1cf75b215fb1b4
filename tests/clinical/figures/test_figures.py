"""The figures of a trial: of many patients and of few, of three arms, and of arms in which nothing happens."""

import numpy as np
import pytest

from abm.clinical.figures import spider_figure, survival_figure, swimmer_figure, waterfall_figure
from abm.clinical.figures.panels import time_unit
from tests.comparison.figures.made_up import inside, words

from .made_up import ARMS, WEEK, told

THREE = (*ARMS, "a third one with a name that is long")


def drawn(patients, courses, arms=ARMS):
    return {
        "waterfall": waterfall_figure(patients, arms, title="a trial"),
        "strata": waterfall_figure(patients, arms, strata="RAS", title="a trial"),
        "spider": spider_figure(courses, patients, arms, title="a trial"),
        "swimmer": swimmer_figure(patients, arms, title="a trial"),
        "km": survival_figure(patients, arms, title="a trial", published={arms[1]: 60 * WEEK}),
    }


@pytest.mark.parametrize("number, scans, arms", [(60, 8, ARMS), (6, 3, ARMS), (5, 4, THREE), (2, 1, ARMS)])
def test_nothing_leaves_the_sheet(number, scans, arms):
    courses, patients = told(number, scans, seed=2, arms=arms)
    for name, figure in drawn(patients, courses, arms).items():
        assert inside(figure), name
        titles = {axes.get_title("left") for axes in figure.axes}
        assert name == "km" or titles == set(arms), name


def test_a_waterfall_has_a_bar_for_each_patient_the_worst_first():
    _, patients = told(12)
    figure = waterfall_figure(patients, ARMS)
    for axes, arm in zip(figure.axes, ARMS, strict=True):
        heights = [bar.get_height() for bar in axes.patches]
        expected = 100 * patients[patients.arm == arm].best_change.sort_values(ascending=False)
        np.testing.assert_allclose(heights, expected, atol=0.8)
        rate = 100 * (patients[patients.arm == arm].best_response == "PR").mean()
        assert any(text.startswith(f"response rate {rate:.0f} %") for text in words(figure))


def test_what_grew_beyond_the_panel_is_written():
    _, patients = told(6)
    patients.loc[0, "best_change"] = 3.21
    figure = waterfall_figure(patients, ARMS)
    assert "+321" in words(figure)
    assert max(bar.get_height() for bar in figure.axes[0].patches) == 100


def test_bars_are_coloured_by_stratum():
    _, patients = told(20)
    figure = waterfall_figure(patients, ARMS, strata="RAS")
    key = [text.get_text() for text in figure.legends[0].get_texts()]
    assert key == ["RAS: mutated", "RAS: wild type"]
    assert len({bar.get_facecolor() for bar in figure.axes[0].patches}) == 2
    told_by_bool = waterfall_figure(patients.assign(ras=patients.RAS == "mutated"), ARMS, strata="ras")
    assert [text.get_text() for text in told_by_bool.legends[0].get_texts()] == ["ras: no", "ras: yes"]


def test_a_spider_has_a_line_for_each_patient_and_marks_new_lesions():
    courses, patients = told(20)
    figure = spider_figure(courses, patients, ARMS)
    for axes, arm in zip(figure.axes, ARMS, strict=True):
        lines = [line for line in axes.lines if len(line.get_xdata()) > 2]
        assert len(lines) == 20
        crosses = [line for line in axes.lines if line.get_marker() == "x"]
        assert len(crosses) == courses[(courses.arm == arm) & courses.new_lesion].patient.nunique() > 0


def test_a_swimmer_plot_tells_who_progressed():
    _, patients = told(20)
    figure = swimmer_figure(patients, ARMS)
    for axes, arm in zip(figure.axes, ARMS, strict=True):
        rows = patients[patients.arm == arm]
        count = {line.get_marker(): np.isfinite(line.get_xdata()).sum() for line in axes.lines}
        assert count == {
            "x": rows.progressed.sum(),
            ">": (~rows.progressed).sum(),
            "^": rows.response_from_hours.notna().sum(),
        }
        lengths = [bar.get_width() for bar in axes.patches]
        assert lengths == sorted(lengths, reverse=True)


def test_curves_come_with_numbers_at_risk_and_ratios():
    _, patients = told(24)
    written = words(survival_figure(patients, ARMS, published={ARMS[0]: 8.7 * 730.5}))
    assert written.count("24") == 2 and "published median 8.7 months" in written
    assert any(text.startswith("of pairs 0.") for text in written) and any(
        text.startswith("of arms") for text in written
    )
    events = patients[patients.arm == ARMS[0]].progressed.sum()
    assert any(text.startswith(f"{events} of 24 ended; median") for text in written)


def test_an_arm_in_which_nobody_progressed():
    courses, patients = told(8)
    treated = patients.arm == ARMS[1]
    patients.loc[treated, "progressed"] = False
    patients.loc[treated, "pfs_hours"] = 64 * WEEK
    written = words(survival_figure(patients, ARMS))
    assert any("median not reached" in text for text in written)
    assert "of pairs 0  (0 to ∞)" in written
    assert all(map(inside, drawn(patients, courses).values()))


def test_time_is_counted_in_weeks_or_months():
    assert time_unit(26 * WEEK).word == "weeks" and time_unit(27 * WEEK).word == "months"
