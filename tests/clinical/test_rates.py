"""Rates of response, by hand and against published trials, with and without weights."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import contingency

from abm.clinical.rates import CONTROLLED, effective_number, odds_ratio, rate_difference, rate_of, response_rate
from abm.statistics import wilson_interval


def arm(name, responses, weights=None, patients=None):
    return pd.DataFrame(
        {
            "arm": name,
            "patient": range(len(responses)) if patients is None else patients,
            "weight": 1.0 if weights is None else weights,
            "best_response": responses,
        }
    )


MIXED = ["CR"] * 2 + ["PR"] * 6 + ["SD"] * 7 + ["PD"] * 4 + ["NE"]


def test_rates_with_wilsons_intervals():
    found = response_rate(arm("a", MIXED))
    assert (found.value, found.n, found.events) == (0.4, 20, 8)
    assert (found.low, found.high) == wilson_interval(8, 20)
    controlled = arm("a", MIXED)
    assert rate_of(controlled, controlled.best_response.isin(CONTROLLED)).value == 0.75
    nobody = response_rate(arm("a", []))
    assert math.isnan(nobody.value) and (nobody.low, nobody.high) == (0, 1)


def test_the_odds_ratio_of_a_table():
    patients = pd.concat([arm("old", ["PR"] * 20 + ["SD"] * 30), arm("new", ["PR"] * 32 + ["SD"] * 18)])
    found, known = odds_ratio(patients, "new", "old"), contingency.odds_ratio([[32, 18], [20, 30]], kind="sample")
    assert found.value == pytest.approx(known.statistic)
    interval = known.confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))
    assert (found.n, found.events) == (100, 20)


def test_odds_where_a_cell_is_empty():
    patients = pd.concat([arm("old", ["SD"] * 10), arm("new", ["PR"] * 4 + ["SD"] * 6)])
    found = odds_ratio(patients, "new", "old")
    assert found.value == pytest.approx(4.5 * 10.5 / (6.5 * 0.5)) and 0 < found.low < found.high < math.inf
    assert math.isnan(odds_ratio(patients, "new", "nobody").value)


def test_pairs_know_a_difference_better():
    """In 10 of 60 patients only the new treatment works, in 2 only the old one; as McNemar's test, the pairs that agree say nothing."""
    old = ["PR"] * 22 + ["SD"] * 38
    new = ["PR"] * 20 + ["SD"] * 2 + ["PR"] * 10 + ["SD"] * 28
    patients = pd.concat([arm("old", old), arm("new", new)])
    paired, apart = (rate_difference(patients, "new", "old", paired=both) for both in (True, False))
    assert paired.value == apart.value == pytest.approx(8 / 60)
    assert paired.low > 0 > apart.low
    assert paired.half_width < 0.7 * apart.half_width


def table(both, new_only, old_only, none):
    """Patients of whom so many respond to both treatments, to one of them, or to none."""
    new = ["PR"] * (both + new_only) + ["SD"] * (old_only + none)
    old = ["PR"] * both + ["SD"] * new_only + ["PR"] * old_only + ["SD"] * none
    return pd.concat([arm("new", new), arm("old", old)])


def test_the_interval_of_a_difference_of_pairs_by_hand():
    """Newcombe's method 10, from the Wilson intervals of both shares and phi with his correction, of 36, 12, 2 and 0 pairs."""
    (l1, u1), (l2, u2) = wilson_interval(48, 50), wilson_interval(38, 50)
    phi = (36 * 0 - 12 * 2) / math.sqrt(48 * 2 * 38 * 12)
    low = 0.2 - math.sqrt((0.96 - l1) ** 2 - 2 * phi * (0.96 - l1) * (u2 - 0.76) + (u2 - 0.76) ** 2)
    high = 0.2 + math.sqrt((u1 - 0.96) ** 2 - 2 * phi * (u1 - 0.96) * (0.76 - l2) + (0.76 - l2) ** 2)
    found = rate_difference(table(36, 12, 2, 0), "new", "old")
    assert (found.value, found.low, found.high) == pytest.approx((0.2, low, high))
    assert (found.n, found.events) == (50, 38)


def test_a_difference_of_shares_never_leaves_what_is_possible():
    for cells in itertools.product(range(4), repeat=4):
        if sum(cells):
            for paired in (True, False):
                found = rate_difference(table(*cells), "new", "old", paired=paired)
                assert -1 <= found.low <= found.value <= found.high <= 1, cells
    few = rate_difference(table(0, 1, 0, 2), "new", "old")
    assert few.value == pytest.approx(1 / 3) and few.half_width < 0.6
    assert math.isnan(rate_difference(table(0, 1, 0, 2), "new", "nobody").value)


def test_pairs_are_found_by_patient_and_not_by_place():
    old = arm("old", ["PR", "SD", "PR", "SD"] * 5)
    new = arm("new", old.best_response[::-1], patients=old.patient[::-1])
    found = rate_difference(pd.concat([old, new]), "new", "old")
    assert found.value == 0 and found.n == 20
    with_more = pd.concat([old, new, arm("new", ["PR"], patients=[99])])
    assert rate_difference(with_more, "new", "old").value == 0


def test_how_many_patients_weights_leave():
    assert effective_number(np.ones(8)) == effective_number(np.full(8, 3.0)) == 8
    assert effective_number(np.array([1.0, 1.0, 0.0])) == 2
    assert effective_number(np.zeros(0)) == 0


def test_weighted_rates_are_unbiased():
    """A stratum of 5 % is drawn as if it were half; its response is 0.9, that of the others 0.3; so is the difference to an arm of 0.2.
    Over 300 cohorts of 60 the mean is within three standard errors of the truth, and the interval holds it as often as it should."""
    random, share, drawn = np.random.default_rng(11), 0.05, 0.5
    true = share * 0.9 + (1 - share) * 0.3
    rates, differences, held, naive = [], [], 0, []
    for _ in range(300):
        rare = random.random(60) < drawn
        weights = np.where(rare, share / drawn, (1 - share) / (1 - drawn))
        new = np.where(random.random(60) < np.where(rare, 0.9, 0.3), "PR", "SD")
        old = np.where(random.random(60) < 0.2, "PR", "SD")
        patients = pd.concat([arm("new", new, weights), arm("old", old, weights)])
        found = response_rate(patients[patients.arm == "new"])
        held += found.low <= true <= found.high
        rates.append(found.value)
        naive.append(np.mean(new == "PR"))
        differences.append(rate_difference(patients, "new", "old").value)
    for values, truth in ((rates, true), (differences, true - 0.2)):
        assert abs(np.mean(values) - truth) < 3 * np.std(values) / math.sqrt(300)
    assert held >= 0.9 * 300
    assert np.mean(naive) > true + 0.2


def test_a_rate_of_anything():
    patients = arm("a", MIXED)
    assert rate_of(patients, patients.best_response == "PD").value == 0.2
