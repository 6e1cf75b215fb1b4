"""Intervals against published numbers, exact enumeration, and their coverage of the truth."""

import math

import numpy as np
import pytest
from scipy import stats

from abm.statistics import (
    Estimate,
    Sample,
    count_estimate,
    difference_estimate,
    effect_size,
    mean_estimate,
    poisson_interval,
    ratio_estimate,
    replicates_needed,
    share_estimate,
    wilson_interval,
)


def counts(*values):
    return Sample(np.array(values, float), "count")


def shares(values, of):
    return Sample(np.array(values, float), "share", np.array(of, float))


def test_mean_has_the_t_interval_of_the_textbook():
    # Student 1908, the extra hours of sleep of ten patients: mean 1.58, 0.70 to 2.46
    found = mean_estimate([1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4])
    assert (round(found.value, 2), round(found.low, 2), round(found.high, 2), found.n) == (1.58, 0.70, 2.46, 10)
    assert found.events is None


def test_mean_leaves_out_what_is_not_there():
    assert mean_estimate([1.0, math.nan, 3.0]) == mean_estimate([1.0, 3.0])
    assert mean_estimate([2.0]) == Estimate(2.0, -math.inf, math.inf, 1)
    assert math.isnan(mean_estimate([math.nan]).value)


def test_wilson_interval_as_published():
    # Newcombe 1998, Stat Med 17:857, table I: 81/263, 15/148, 0/20, 1/29 by Wilson's score method
    published = {
        (81, 263): (0.2553, 0.3662),
        (15, 148): (0.0624, 0.1605),
        (0, 20): (0.0, 0.1611),
        (1, 29): (0.0061, 0.1718),
    }
    for (count, of), limits in published.items():
        assert tuple(round(end, 4) for end in wilson_interval(count, of)) == limits
    assert wilson_interval(20, 20)[1] == 1.0
    assert wilson_interval(0, 0) == (0.0, 1.0)


def test_poisson_interval_as_published():
    # Garwood 1936: nothing seen, 0 to 3.69; ten seen, 4.80 to 18.39
    assert poisson_interval(0) == (0.0, pytest.approx(3.689, abs=1e-3))
    assert poisson_interval(10) == (pytest.approx(4.795, abs=1e-3), pytest.approx(18.39, abs=1e-2))


def test_a_count_that_was_never_seen_may_still_happen():
    none = count_estimate([0, 0, 0, 0, 0])
    assert (none.value, none.low, none.high, none.events) == (0.0, 0.0, pytest.approx(3.689 / 5, abs=1e-3), 0.0)
    spread = count_estimate([0, 40, 3, 90, 7])
    assert spread.half_width == pytest.approx(mean_estimate([0, 40, 3, 90, 7]).high / 2)  # t, and no count below 0
    assert count_estimate([]).high == math.inf


def test_a_share_counts_all_replicates_together():
    assert share_estimate([3], [10]) == Estimate(0.3, *wilson_interval(3, 10), 1, 3.0)
    alike = share_estimate([10] * 10, [50] * 10)
    assert (alike.low, alike.high) == wilson_interval(100, 500)
    different = share_estimate([0, 20] * 5, [50] * 10)
    assert different.value == alike.value and different.half_width > 2 * alike.half_width
    nothing = share_estimate([], [])
    assert math.isnan(nothing.value) and (nothing.low, nothing.high, nothing.events) == (0.0, 1.0, 0.0)


def test_ratio_pairs_the_replicates():
    replicate = np.random.default_rng(3).lognormal(0, 1, 12)
    paired = ratio_estimate(0.5 * replicate, replicate)
    assert (paired.value, paired.low, paired.high) == pytest.approx((0.5, 0.5, 0.5))
    apart = ratio_estimate(0.5 * replicate, replicate, paired=False)
    assert apart.low < 0.4 and apart.high > 0.7
    with pytest.raises(ValueError, match="as many replicates: 3 and 2"):
        ratio_estimate([1, 2, 3], [1, 2])


def test_ratio_leaves_out_pairs_that_are_not_whole():
    assert ratio_estimate([1, 2, math.nan, 4], [2, 3, 9, 5]) == ratio_estimate([1, 2, 4], [2, 3, 5])
    assert ratio_estimate(shares([1, 2], [9, math.nan]), shares([3, 4], [9, 9])).n == 1


@pytest.mark.parametrize("compared", [ratio_estimate, difference_estimate])
@pytest.mark.parametrize("swapped", [False, True])
def test_a_share_of_none_compares_with_nothing(compared, swapped):
    pair = shares([0, 0, 0], [0, 0, 0]), shares([44, 40, 51], [54, 52, 60])
    told = compared(*(pair[::-1] if swapped else pair))
    assert math.isnan(told.value) and told.n == 0 and not told.bounded


def test_ratio_of_rare_events_stays_open():
    none = ratio_estimate(counts(0, 0, 0), counts(5, 4, 6))
    assert none.value == none.low == 0.0 and 0.1 < none.high < 1.0 and none.events == 0
    assert ratio_estimate(counts(2, 1), counts(0, 0)).high == math.inf
    assert ratio_estimate(counts(2, 1), counts(0, 0)).low > 0
    single = ratio_estimate(counts(30), counts(100))
    exact = [p / (1 - p) for p in (stats.beta.ppf(0.025, 30, 101), stats.beta.ppf(0.975, 31, 100))]  # Clopper-Pearson
    assert (single.low, single.high) == pytest.approx(exact, rel=0.1)
    assert (ratio_estimate([3.0], [10.0]).low, ratio_estimate([3.0], [10.0]).high) == (0.0, math.inf)  # a level


def test_pairs_that_all_agree_do_not_show_that_nothing_ever_differs():
    treated = control = counts(6, 5, 7)
    same = ratio_estimate(treated, control)
    assert same.value == 1.0
    assert (same.low, same.high) == pytest.approx((1 - 3.69 / 18, 1 + 3.69 / 18), abs=1e-3)


def test_few_events_of_one_replicate_widen_a_share():
    of = [100] * 5
    assert share_estimate([9, 0, 0, 0, 0], of).half_width > 1.5 * share_estimate([2, 2, 2, 2, 1], of).half_width


def test_the_same_again():
    a, b = [3, 5, 2, 8.0], [4, 6, 5, 9.0]
    assert ratio_estimate(a, b) == ratio_estimate(a, b)


def coverage(draw, truth, runs=250):
    """How often the interval of `draw(generator)` holds the truth."""
    generator = np.random.default_rng(11)
    found = [draw(generator) for _ in range(runs)]
    return np.mean([one.low <= truth <= one.high for one in found])


@pytest.mark.parametrize("n", [4, 12])
def test_paired_bootstrap_covers_levels(n):
    def draw(generator):
        shared = generator.normal(size=n)
        treated, control = (np.exp(0.5 * shared + 0.3 * generator.normal(size=n)) for _ in range(2))
        return ratio_estimate(0.5 * treated, control)

    assert 0.91 <= coverage(draw, 0.5) <= 0.99


@pytest.mark.parametrize("n", [4, 12])
def test_paired_bootstrap_covers_rare_counts_and_clustered_shares(n):
    def count(generator):
        replicate = generator.gamma(4, 0.25, n)
        return ratio_estimate(counts(*generator.poisson(0.5 * replicate)), counts(*generator.poisson(4 * replicate)))

    def share(generator):
        chance, of = 0.2 * generator.beta(20, 20, n), np.full(n, 60)
        return ratio_estimate(
            shares(generator.binomial(of, chance), of), shares(generator.binomial(of, 3 * chance), of)
        )

    assert coverage(count, 0.125) >= 0.94
    assert coverage(share, 1 / 3) >= 0.92


def test_difference_is_the_paired_t_test():
    a, b = np.array([5.0, 7, 3, 9, 6]), np.array([4.0, 7, 1, 6, 6])
    found = difference_estimate(a, b)
    interval = stats.ttest_rel(a, b).confidence_interval()
    assert (found.value, found.low, found.high) == pytest.approx((1.2, interval.low, interval.high))
    assert difference_estimate(counts(0, 0), counts(0, 0)).high > 1
    one = difference_estimate(shares([56], [70]), shares([48], [80]))
    assert (round(one.low, 4), round(one.high, 4)) == (0.0524, 0.3339)  # Newcombe 1998, Stat Med 17:873, method 10


def test_effect_size():
    assert effect_size([1, 2, 4], [0, 2, 2]) == pytest.approx(1.0)
    assert effect_size([1, 2, 3], [2, 3, 4]) == -math.inf
    assert math.isnan(effect_size([1, 2], [1, 2]))
    assert effect_size([2, 4, 6], [1, 3, 5], paired=False) == pytest.approx(0.5)
    assert effect_size(shares([1, 2, 4], [2, 2, 2]), shares([0, 2, 2], [2, 2, 2])) == pytest.approx(1.0)


def test_nothing_is_needed_of_what_has_no_pairs():
    nothing = np.full(3, np.nan)
    assert replicates_needed(nothing, nothing) is None and ratio_estimate(nothing, nothing).n == 0


def test_replicates_needed_reach_the_wanted_width():
    generator = np.random.default_rng(2)
    pilot = generator.lognormal(0, 0.6, (2, 400))
    needed = replicates_needed(*pilot, half_width=0.2)
    widths = [ratio_estimate(*generator.lognormal(0, 0.6, (2, needed))).relative_half_width for _ in range(40)]
    assert np.median(widths) == pytest.approx(0.2, rel=0.15)
    assert replicates_needed([5, 5, 5], [7, 7, 7]) == 2
    assert replicates_needed([0, 0, 0], [1, 2, 3]) is None
    assert replicates_needed([1.0], [2.0]) is None
    assert replicates_needed([1, 2, 3]) > replicates_needed([11, 12, 13])
    assert replicates_needed(counts(1, 0, 2), counts(1, 0, 2)) == 10  # at three events in three
