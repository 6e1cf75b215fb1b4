"""Survival against lifelines' own examples, and against the 21 pairs of Freireich 1963 (Blood 21:699), whose answers stand in
textbooks."""

import builtins
import math

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter
from lifelines.datasets import load_waltons

from abm.clinical.survival import SurvivalNeedsLifelines, hazard_ratio, logrank_p, survival_curve

# weeks of remission with placebo, with 6-MP, and whether the latter ended
PAIRS = [
    (1, 10, 1), (22, 7, 1), (3, 32, 0), (12, 23, 1), (8, 22, 1), (17, 6, 1), (2, 16, 1), (11, 34, 0), (8, 32, 0), (12, 25, 0), (2, 11, 0),
    (5, 20, 0), (4, 19, 0), (15, 6, 1), (8, 17, 0), (23, 35, 0), (5, 6, 1), (11, 13, 1), (4, 9, 0), (1, 6, 0), (8, 10, 0),
]  # fmt: skip


def freireich():
    placebo = [("placebo", k, 1.0, float(pair[0]), True) for k, pair in enumerate(PAIRS)]
    treated = [("6-MP", k, 1.0, float(pair[1]), bool(pair[2])) for k, pair in enumerate(PAIRS)]
    return pd.DataFrame(placebo + treated, columns=["arm", "patient", "weight", "pfs_hours", "progressed"])


def of(patients, arm):
    rows = patients[patients.arm == arm]
    return survival_curve(rows.pfs_hours, rows.progressed)


def test_the_curve_of_freireich():
    curve = of(freireich(), "6-MP")
    for week, share in [
        (5, 1.0),
        (6, 0.857),
        (7, 0.807),
        (10, 0.753),
        (13, 0.690),
        (16, 0.627),
        (22, 0.538),
        (23, 0.448),
    ]:
        assert curve.at(week) == pytest.approx(share, abs=5e-4), week
    assert curve.at_risk([0, 6, 7, 10, 13, 23, 36]).tolist() == [21, 21, 17, 15, 12, 7 - 1, 0]
    assert curve.median.value == 23 and curve.median.low == 13 and curve.median.high == math.inf
    assert (curve.median.n, curve.median.events) == (21, 9)
    assert curve.censored.tolist() == [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    placebo = of(freireich(), "placebo")
    assert (placebo.median.value, placebo.median.low, placebo.median.high) == (8, 4, 11)
    assert placebo.survival[-1] == 0 and np.isfinite(placebo.low).all() and np.isfinite(placebo.high).all()


def test_a_curve_by_hand():
    """Five patients: events at 1, 3 and 3, censored at 2 and 4."""
    curve = survival_curve([1, 2, 3, 3, 4], [1, 0, 1, 1, 0])
    assert curve.at(1) == pytest.approx(4 / 5)
    assert curve.at(2.9) == pytest.approx(4 / 5)
    assert curve.at(3) == pytest.approx(4 / 5 * 1 / 3)
    assert curve.median.value == 3


def test_the_hazard_ratio_of_freireich():
    """R's survival: -1.5721 with 0.4124, ties by Efron; of pairs 18 are better with 6-MP and 3 with placebo."""
    plain = hazard_ratio(freireich(), "6-MP", "placebo", strata=())
    assert math.log(plain.value) == pytest.approx(-1.5721, abs=1e-4)
    assert (math.log(plain.high) - math.log(plain.low)) / (2 * 1.959964) == pytest.approx(0.4124, abs=1e-4)
    assert (plain.n, plain.events) == (42, 9)
    pairs = hazard_ratio(freireich(), "6-MP", "placebo")
    assert pairs.value == pytest.approx(3 / 18, rel=1e-4)
    half = 1.959964 * math.sqrt(1 / 3 + 1 / 18)
    assert (pairs.low, pairs.high) == pytest.approx((3 / 18 * math.exp(-half), 3 / 18 * math.exp(half)), rel=1e-4)
    other = hazard_ratio(freireich(), "placebo", "6-MP")
    assert other.value == pytest.approx(1 / pairs.value, rel=1e-4)


def test_the_log_rank_test_of_freireich():
    assert logrank_p(freireich(), "6-MP", "placebo", "pfs_hours", "progressed") == pytest.approx(4.17e-5, rel=0.01)


def test_the_examples_of_lifelines():
    """Its page on the log-rank test, and Walton's flies of its quickstart."""
    few = pd.DataFrame(
        {
            "arm": ["A"] * 7 + ["B"] * 8,
            "patient": range(15),
            "weight": 1.0,
            "hours": [1, 4, 10, 12, 12, 3, 5.4, 4, 5, 7, 11, 14, 20, 8, 8],
            "event": [1, 0, 1, 0, 1, 1, 1] + [1] * 8,
        }
    )
    assert logrank_p(few, "A", "B", "hours", "event") == pytest.approx(0.7676, abs=1e-4)
    flies = load_waltons().rename(columns={"group": "arm", "T": "hours", "E": "event"}).assign(weight=1.0)
    flies["patient"] = range(len(flies))
    assert survival_curve(flies.hours, flies.event).median.value == 56
    assert logrank_p(flies, "miR-137", "control", "hours", "event") == pytest.approx(2.0**-91.99, rel=0.01)
    table = flies.assign(treated=(flies.arm == "miR-137").astype(float))[["hours", "event", "treated"]]
    fitted = CoxPHFitter().fit(table, "hours", "event")
    found = hazard_ratio(flies, "miR-137", "control", "hours", "event", strata=())
    low, high = np.exp(fitted.confidence_intervals_.loc["treated"])
    assert (found.value, found.low, found.high) == pytest.approx(
        (fitted.hazard_ratios_["treated"], low, high), rel=1e-5
    )


def test_strata_are_compared_within():
    """Two strata that differ in hazard by far more than the arms do: pooled, the ratio is pulled to 1."""
    random, true = np.random.default_rng(5), 0.5
    rows = [
        ("new" if treated else "old", 10.0**stratum, random.exponential(1 / (10.0**stratum * (true if treated else 1))))
        for stratum in (0, 1, 2)
        for treated in (0, 1)
        for _ in range(150)
    ]
    table = pd.DataFrame(rows, columns=["arm", "ras", "pfs_hours"]).assign(progressed=True, weight=1.0)
    table["patient"] = range(len(table))
    within = hazard_ratio(table, "new", "old", strata=("ras",))
    pooled = hazard_ratio(table, "new", "old", strata=())
    assert within.low < true < within.high
    assert abs(math.log(pooled.value)) < 0.6 * abs(math.log(within.value))


def pairs_of(rows):
    """Patients from (hours with old, whether it ended, hours with new, whether it ended)."""
    frames = [
        pd.DataFrame({"arm": arm, "patient": range(len(rows)), "weight": 1.0, "pfs_hours": hours, "progressed": events})
        for arm, hours, events in (
            ("old", [row[0] for row in rows], [row[1] for row in rows]),
            ("new", [row[2] for row in rows], [row[3] for row in rows]),
        )
    ]
    return pd.concat(frames, ignore_index=True)


@pytest.mark.parametrize(
    "rows, value",
    [
        ([(1.0, True, 2.0, True), (1.0, True, 3.0, False)], 0.0),
        ([(2.0, True, 1.0, True), (3.0, False, 1.0, True)], math.inf),
        ([(1.0, False, 2.0, True), (3.0, False, 3.0, False)], math.nan),
    ],
)
def test_where_all_pairs_agree_the_interval_is_open(rows, value):
    found = hazard_ratio(pairs_of(rows), "new", "old")
    assert found.value == pytest.approx(value, nan_ok=True)
    assert (found.low, found.high) == (0.0, math.inf)


def test_pairs_that_end_at_one_scan_draw_the_ratio_to_1():
    clear = [(1.0, True, 2.0, True)] * 6 + [(2.0, True, 1.0, True)] * 2
    assert hazard_ratio(pairs_of(clear), "new", "old").value == pytest.approx(2 / 6, rel=1e-4)
    tied = [*clear, *[(2.0, True, 2.0, True)] * 8]
    assert 2 / 6 < hazard_ratio(pairs_of(tied), "new", "old").value < 1


def test_equal_weights_change_nothing_and_others_do():
    patients = freireich()
    plain, doubled = (hazard_ratio(patients.assign(weight=w), "6-MP", "placebo", strata=()) for w in (1.0, 2.0))
    assert (plain.value, plain.low, plain.high) == (doubled.value, doubled.low, doubled.high)
    rows = patients[patients.arm == "6-MP"]
    assert survival_curve(rows.pfs_hours, rows.progressed, np.full(21, 3.0)).median == of(patients, "6-MP").median
    late = survival_curve(rows.pfs_hours, rows.progressed, np.where(rows.pfs_hours > 20, 5.0, 1.0))
    assert late.at(10) > of(patients, "6-MP").at(10)


def enriched(n, seed=3):
    """Two arms of the same patients; half are of a stratum that is a tenth of the population, and that the new treatment does not help."""
    random, rare = np.random.default_rng(seed), np.arange(n) < n // 2
    weight = np.where(rare, 0.1 / 0.5, 0.9 / 0.5)
    arms = [
        pd.DataFrame(
            {
                "arm": arm,
                "patient": range(n),
                "weight": weight,
                "pfs_hours": random.exponential(1 / np.where(rare, 1.0, hazard)),
                "progressed": True,
            }
        )
        for arm, hazard in (("old", 1.0), ("new", 0.5))
    ]
    return pd.concat(arms, ignore_index=True)


def test_weights_undo_an_enriched_stratum():
    patients = enriched(4000)
    rows = patients[patients.arm == "new"]
    curve = survival_curve(rows.pfs_hours, rows.progressed, rows.weight)
    assert curve.at(1.0) == pytest.approx(0.1 * math.exp(-1) + 0.9 * math.exp(-0.5), abs=0.02)
    assert curve.median.low < curve.median.value < curve.median.high
    few = enriched(100)
    ratio, naive = (hazard_ratio(each, "new", "old") for each in (few, few.assign(weight=1.0)))
    share = 0.9 / 3 + 0.1 / 2  # of pairs in which new is first: h / (1 + h) of each stratum
    assert ratio.low < share / (1 - share) < ratio.high
    assert naive.value > 1.05 * ratio.value
    assert ratio.high / ratio.low > naive.high / naive.low  # fewer patients count


def test_without_lifelines_it_says_how_to_install_it(monkeypatch):
    plain = builtins.__import__

    def missing(name, *rest):
        if name.startswith("lifelines"):
            raise ImportError(name)
        return plain(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(SurvivalNeedsLifelines, match=r"\[trials\]"):
        survival_curve([1, 2], [1, 1])
