"""The figures of a trial: of many patients and of few, of three arms, and of arms in which nothing happens."""

import numpy as np
import pytest

from abm.clinical.figures import spider_figure, survival_figure, swimmer_figure, waterfall_figure
from abm.clinical.figures.panels import scan_ticks
from abm.clinical.words import MONTH
from tests.comparison.figures.made_up import inside, words

from .made_up import ARMS, WEEK, told

THREE = (*ARMS, "a third one with a name that is long")
FIVE = (*THREE, "a fourth", "and a fifth")
LONG = "a trial with a rather long name that nobody should ever write but that somebody will, and then goes on with it"


def drawn(patients, courses, arms=ARMS, title="a trial"):
    return {
        "waterfall": waterfall_figure(patients, arms, title=title),
        "strata": waterfall_figure(patients, arms, strata=["RAS"], title=title),
        "spider": spider_figure(courses, patients, arms, title=title),
        "swimmer": swimmer_figure(patients, arms, title=title),
        "km": survival_figure(patients, arms, title=title, published={arms[1]: 60 * WEEK}),
    }


def key_of(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


@pytest.mark.parametrize(
    "number, scans, arms", [(60, 8, ARMS), (6, 3, ARMS), (5, 4, THREE), (4, 5, FIVE), (2, 1, ARMS)]
)
def test_nothing_leaves_the_sheet(number, scans, arms):
    courses, patients = told(number, scans, seed=2, arms=arms)
    for name, figure in drawn(patients, courses, arms, LONG).items():
        assert inside(figure), name
        assert any(text.replace("\n", " ") == LONG for text in words(figure)), name
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
    figure = waterfall_figure(patients, ARMS, strata=["RAS"])
    assert key_of(figure) == ["RAS mutated", "RAS wild type"]
    assert len({bar.get_facecolor() for bar in figure.axes[0].patches}) == 2
    both = waterfall_figure(patients.assign(ras=patients.RAS == "mutated", mmr=False), ARMS, strata=["ras", "mmr"])
    assert key_of(both) == ["ras not mutated", "ras mutated"]
    assert any("colour: ras (mmr told apart in the tables alone)" in text.replace("\n", " ") for text in words(both))


def test_patients_are_numbered_where_there_is_room():
    def numbers(patients):
        bars, lanes = waterfall_figure(patients, ARMS).axes[0], swimmer_figure(patients, ARMS).axes[0]
        labels = bars.get_xticklabels(), lanes.get_yticklabels()
        return [sorted(int(label.get_text()) for label in each) for each in labels]

    assert numbers(told(12, 2)[1]) == [list(range(12))] * 2
    assert numbers(told(41, 2)[1]) == [[], []]


def test_a_line_ends_where_a_lesion_was_not_followed_any_further():
    courses, patients = told(6)
    one = (courses.arm == ARMS[0]) & (courses.patient == 2)
    courses.loc[one & (courses.hours > 16 * WEEK), "followed"] = False
    figure = spider_figure(courses, patients, ARMS)
    ends = [line.get_xdata()[-1] for line in figure.axes[0].lines if len(line.get_xdata()) > 2]
    assert sorted(ends)[0] == pytest.approx(16 * WEEK / MONTH) and min(sorted(ends)[1:]) == max(ends)
    squares = [line for line in figure.axes[0].lines if line.get_marker() == "s"]
    assert [float(line.get_xdata()[0]) for line in squares] == [pytest.approx(16 * WEEK / MONTH)]
    assert "not followed further" in key_of(figure)
    assert any("not followed any further" in text.replace("\n", " ") for text in words(figure))


def test_keys_list_only_what_is_in_the_picture():
    courses, patients = told(6)
    calm = courses.assign(new_lesion=False)
    assert not {"new lesion", "not followed further"} & set(key_of(spider_figure(calm, patients, ARMS)))
    nobody = patients.assign(progressed=False, response_from_hours=np.nan)
    assert not {"progression", "response began"} & set(key_of(swimmer_figure(nobody, ARMS)))
    assert "without progression at the last scan" in key_of(swimmer_figure(nobody, ARMS))


def test_more_than_three_arms_stand_in_rows():
    courses, patients = told(4, arms=FIVE)
    for name, figure in drawn(patients, courses, FIVE).items():
        if name != "km":
            places = [axes.get_position() for axes in figure.axes]
            assert len({round(place.x0, 3) for place in places}) == 3, name
            assert len({round(place.y0, 3) for place in places}) == 2, name


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
    assert written.count("24") >= 2 and "published median 8.7 months" in written
    assert any(text.startswith("of pairs: 0.") for text in written)
    assert any(text.startswith("of arms: 0.") for text in written)
    events = patients[patients.arm == ARMS[0]].progressed.sum()
    assert any(text.startswith(f"{events} of 24 progressed; median") for text in written)


def test_an_arm_in_which_nobody_progressed():
    courses, patients = told(8)
    treated = patients.arm == ARMS[1]
    patients.loc[treated, "progressed"] = False
    patients.loc[treated, "pfs_hours"] = 64 * WEEK
    written = words(survival_figure(patients, ARMS))
    assert any("median not reached" in text for text in written)
    assert "of pairs: 0 (0 to ∞)" in written
    assert all(map(inside, drawn(patients, courses).values()))


def test_of_arms_without_progression_nothing_is_told():
    _, patients = told(8)
    written = words(survival_figure(patients.assign(progressed=False), ARMS))
    assert {"of pairs: no value", "of arms: no value", "log-rank test of arms: no value"} <= set(written)


@pytest.mark.parametrize(
    ("every", "count", "weeks"),
    [
        (8, 6, [0, 8, 16, 24, 32, 40, 48]),
        (8, 8, [0, 8, 16, 24, 32, 40, 48, 56, 64]),
        (8, 9, [0, 16, 32, 48, 64, 72]),
        (4, 29, [0, 16, 32, 48, 64, 80, 96, 116]),
        (6, 16, [0, 12, 24, 36, 48, 60, 72, 84, 96]),
        (2, 1, [0, 2]),
    ],
)
def test_time_is_counted_at_scans_the_last_among_them(every, count, weeks):
    scans = [every * WEEK * k for k in range(count + 1)]
    np.testing.assert_allclose(scan_ticks(scans) / WEEK, weeks)


def test_numbers_at_risk_stand_at_the_scans_in_months():
    _, patients = told(24, scans=5)
    axes = survival_figure(patients, ARMS, scans=[8 * WEEK * k for k in range(6)]).axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0", "1.8", "3.7", "5.5", "7.4", "9.2"]
    assert axes.get_xlabel() == "time since baseline (months)"
    last = [text.get_text() for text in axes.texts if text.get_position()[0] == axes.get_xticks()[-1]]
    assert last == [str((patients[patients.arm == arm].pfs_hours >= 40 * WEEK).sum()) for arm in ARMS]
