"""Response by RECIST: the state machine by a table of cases, and the tables made of scans."""

import math

import numpy as np
import pandas as pd
import pytest

from abm.lesions.response import (
    PATIENT_COLUMNS,
    SCAN_COLUMNS,
    Criteria,
    best_response,
    burden_death,
    mark_seen,
    patients_of,
    scans_of,
    sum_of_diameters,
)
from abm.lesions.survey import LESION
from tests.record.test_lesions import Follower, disc

WEEK = 168.0
MISSED = math.nan
RECIST, IRECIST, UNCONFIRMED = Criteria(), Criteria(immune=True), Criteria(confirmed=False)


def told(sums, criteria=RECIST, new=(), others=()):
    """The response to sums at scans every 8 weeks; `new` and `others` are the scans at which such lesions are seen."""
    scans = range(len(sums))
    return best_response(
        [8 * WEEK * k for k in scans],
        sums,
        [k in new for k in scans],
        criteria,
        [k in others for k in scans],
    )


@pytest.mark.parametrize(
    "sums, categories, best, progressed_at",
    [
        # one scan
        ([100, 100], "SD", "SD", None),
        ([100, 71], "SD", "SD", None),
        ([100, 119], "SD", "SD", None),
        ([100, 120], "PD", "PD", 1),
        # partial response: confirmed, not confirmed, lost
        ([100, 70, 70], "PR PR", "PR", None),
        ([100, 60, 50], "PR PR", "PR", None),
        ([100, 65], "PR", "SD", None),
        ([100, 65, 75], "PR SD", "SD", None),
        ([100, 90, 65, 60], "SD PR PR", "PR", None),
        ([100, 65, 75, 66, 65], "PR SD PR PR", "PR", None),
        # progression over the nadir, which may be the baseline
        ([100, 95, 113], "SD SD", "SD", None),
        ([100, 95, 114], "SD PD", "SD", 2),
        ([100, 110, 120], "SD PD", "SD", 2),
        ([100, 50, 50, 60], "PR PR PD", "PR", 3),
        ([100, 60, 90], "PR PD", "SD", 2),
        # growth from a small nadir that is less than the floor
        ([100, 10, 10, 15], "PR PR PR", "PR", None),
        ([100, 10, 10, 16], "PR PR PD", "PR", 3),
        # complete response
        ([100, 0, 0], "CR CR", "CR", None),
        ([100, 0], "CR", "SD", None),
        ([100, 40, 0, 0], "PR CR CR", "CR", None),
        ([100, 40, 0], "PR CR", "PR", None),
        ([100, 0, 0, 1], "CR CR PD", "CR", 3),
        ([100, 0, 8], "CR PD", "SD", 2),
        # what comes after progression counts no more
        ([100, 130, 60, 50], "PD PR PR", "PD", 1),
        ([100, 95, 130, 0, 0], "SD PD CR CR", "SD", 2),
        # scans that were missed
        ([100, MISSED], "NE", "NE", None),
        ([100, 65, MISSED, 60], "PR NE PR", "PR", None),
        ([100, 65, MISSED], "PR NE", "SD", None),
        ([100, MISSED, 130], "NE PD", "PD", 2),
        ([100, 80, MISSED, 99], "SD NE PD", "SD", 3),
    ],
)
def test_each_state_and_each_change_of_it(sums, categories, best, progressed_at):
    found = told(sums)
    assert found.categories == ("NE", *categories.split())
    assert found.best == best
    assert found.progressed == (progressed_at is not None)
    last = max((k for k, size in enumerate(sums) if not math.isnan(size)), default=0)
    assert found.pfs_hours == 8 * WEEK * (last if progressed_at is None else progressed_at)


@pytest.mark.parametrize(
    "sums, best, progressed_at",
    [
        ([100, 130, 140], "PD", 1),  # confirmed: counts from its first scan
        ([100, 130, 90, 90], "SD", None),  # pseudoprogression
        ([100, 130, 60, 60], "PR", None),
        ([100, 130, 60, 60, 80, 90], "PR", 4),
        ([100, 60, 60, 80], "PR", None),  # never confirmed
        ([100, 130, MISSED, 150], "PD", 1),
    ],
)
def test_under_immunotherapy_progression_counts_when_the_next_scan_confirms_it(sums, best, progressed_at):
    found = told(sums, IRECIST)
    assert (found.best, found.progressed) == (best, progressed_at is not None)
    if progressed_at is not None:
        assert found.pfs_hours == 8 * WEEK * progressed_at


def test_a_new_lesion_is_progression_whatever_the_others_do():
    found = told([100, 50, 40, 40], new={2, 3})
    assert found.categories == ("NE", "PR", "PD", "PD")
    assert (found.best, found.pfs_hours) == ("SD", 16 * WEEK)  # the scan of the progression confirms no response
    gone_again = told([100, 50, 40, 40, 40], IRECIST, new={2})
    assert (gone_again.best, gone_again.progressed) == ("PR", False)
    assert told([100, 0, 0], new={1}).categories[1] == "PD"


def test_a_response_is_complete_when_nothing_else_is_seen():
    assert told([100, 0, 0], others={1, 2}).best == "PR"
    assert told([100, 0, 0], others=set()).best == "CR"


def test_without_confirmation_one_scan_is_enough():
    assert told([100, 65, 100], UNCONFIRMED).best == "PR"
    assert told([100, 0], UNCONFIRMED).best == "CR"


def test_depth_early_shrinkage_and_duration():
    found = told([100, 80, 60, 40, 45, 70])
    assert found.depth == pytest.approx(-0.6)
    assert found.early_change == pytest.approx(-0.2)
    assert found.response_from_hours == 16 * WEEK
    assert (found.pfs_hours, found.response_hours) == (40 * WEEK, 24 * WEEK)
    grew = told([100, 125, 10])  # shrinkage after progression is none of its depth
    assert grew.depth == pytest.approx(0.25) and math.isnan(grew.response_hours)
    nobody = told([100])
    assert (nobody.best, nobody.pfs_hours, nobody.progressed) == ("NE", 0.0, False) and math.isnan(nobody.depth)


def test_the_early_look_is_the_scan_at_8_weeks_to_within_a_day_or_none():
    def early(*days):
        return best_response([24 * day for day in (0, *days)], [100, 90, 80], [False] * 3, RECIST).early_change

    assert early(28, 56) == pytest.approx(-0.2)
    assert early(57, 80) == early(55, 80) == pytest.approx(-0.1)
    assert math.isnan(early(42, 84)) and math.isnan(early(54, 58))


@pytest.mark.parametrize("sums", [[0, 10], [MISSED, 10], []])
def test_a_patient_without_lesion_has_no_response(sums):
    with pytest.raises(ValueError, match="a lesion at baseline"):
        told(sums)


def test_scans_follow_each_other():
    with pytest.raises(ValueError, match="follow each other"):
        best_response([0, 5, 5], [1, 1, 1], [False] * 3, RECIST)


def test_a_burden_that_stands_for_death():
    hours = [10.0, 20.0, 30.0, 40.0]
    assert burden_death(hours, [1.0, 2.0, 4.0, 8.0], RECIST) == (20.0, True)
    assert burden_death(hours, [1.0, 2.0, 3.9, MISSED], RECIST) == (20.0, False)


@pytest.mark.parametrize("factor", [1e-3, 1.0, 1e4])
def test_nothing_depends_on_the_scale(factor):
    sums = np.array([100, 60, 55, 70, 90.0])
    assert told(sums * factor).categories == told(sums).categories


def scans_with(rows, **more):
    """Scans from (patient, week, lesion, diameter)."""
    frame = pd.DataFrame(rows, columns=["patient", "hours", "lesion", "diameter_um"])
    frame["hours"] *= WEEK
    return mark_seen(frame.assign(arm="a", cells=10, **more), RECIST)


def test_a_lesion_is_seen_from_a_share_of_the_largest_at_baseline_on():
    scans = scans_with(
        [(1, 0, 1, 100.0), (1, 0, 2, 9.0), (1, 8, 1, 10.0), (1, 8, 2, 9.9), (2, 0, 1, 5.0), (2, 8, 1, 0.0)]
    )
    assert scans.seen.tolist() == [True, False, True, False, True, False]


def test_the_sum_is_of_the_two_largest_at_baseline():
    scans = scans_with(
        [(1, 0, 1, 50.0), (1, 0, 2, 30.0), (1, 0, 3, 40.0), (1, 8, 1, 0.0), (1, 8, 2, 30.0), (1, 8, 3, 0.0)]
    )
    sums = sum_of_diameters(scans)
    assert sums.sum_um.tolist() == [90.0, 0.0]
    assert sums.others_seen.tolist() == [True, True]
    assert sum_of_diameters(scans, Criteria(targets=3)).sum_um.tolist() == [120.0, 30.0]
    assert patients_of(scans, UNCONFIRMED).best_response.tolist() == ["PR"]


def test_what_was_too_small_at_baseline_is_a_new_lesion_when_it_is_seen():
    scans = scans_with([(1, 0, 1, 100.0), (1, 0, 2, 9.0), (1, 8, 1, 50.0), (1, 8, 2, 12.0)])
    assert sum_of_diameters(scans).new_lesion.tolist() == [False, True]
    assert patients_of(scans, RECIST).best_response.tolist() == ["PD"]


def test_a_piece_of_a_lesion_is_no_new_one():
    rows = [(1, 0, 1, 100.0), (1, 8, 1, 50.0), (1, 8, 2, 20.0), (1, 16, 2, 20.0), (1, 16, 3, 15.0)]
    pieces = scans_with(rows, parent=[0, 0, 1, 1, 2])
    sums = sum_of_diameters(pieces)
    assert sums.sum_um.tolist() == [100.0, 70.0, 35.0] and not sums.new_lesion.any()
    assert sum_of_diameters(pieces.drop(columns="parent")).new_lesion.tolist() == [False, True, True]


def test_a_target_that_grows_together_with_another_lesion_has_not_gone():
    rows = [
        (1, week, lesion, size)
        for week, sizes in enumerate([(50, 40, 30), (50, 40, 30)])
        for lesion, size in enumerate(sizes, 1)
    ]
    rows += [(1, 2, 1, 50.0), (1, 2, 2, 0.0), (1, 2, 3, 75.0), (1, 3, 1, 50.0), (1, 3, 3, 75.0)]
    scans = scans_with(rows, merged_into=[0] * 7 + [3] + [0] * 3)
    assert sum_of_diameters(scans).sum_um.tolist() == [120.0, 120.0, 125.0, 125.0]
    assert sum_of_diameters(scans.drop(columns="merged_into")).sum_um.tolist() == [90.0, 90.0, 50.0, 50.0]


def test_every_survey_of_a_run_is_a_scan():
    """A lesion that grows, and from which a piece splits off after the baseline at 2 h."""
    follow = Follower(gap_um=10.0)
    looks = [follow(disc(10, 10, 3)), follow(disc(10, 10, 6)), follow(disc(10, 6, 2), disc(10, 14, 1)), follow()]
    table = pd.concat(
        [
            pd.DataFrame(np.array(list(look.values()), LESION)).assign(time_min=60.0 * k)
            for k, look in enumerate(looks, 1)
        ]
    )
    scans = scans_of(table, "a", 7, RECIST, from_hours=2.0, axis="longest_um")
    assert set(SCAN_COLUMNS) <= set(scans) and scans.hours.tolist() == [2, 3, 3, 4, 4]
    assert scans.diameter_um.tolist() == [130, 50, 30, 0, 0] and scans.seen.tolist() == [True, True, True, False, False]
    sums = sum_of_diameters(scans)
    assert sums.sum_um.tolist() == [130, 80, 0] and not sums.new_lesion.any()
    assert patients_of(scans, UNCONFIRMED).best_response.tolist() == ["CR"]
    discs = scans_of(table, "a", 7, RECIST)
    assert discs.diameter_um.iloc[0] == pytest.approx(10 * math.sqrt(4 / math.pi * 29))


def test_a_missed_scan_is_no_empty_one():
    scans = scans_with([(1, 0, 1, 100.0), (1, 8, 1, MISSED), (1, 16, 1, 60.0), (1, 24, 1, 60.0)])
    assert np.isnan(sum_of_diameters(scans).sum_um[1])
    assert patients_of(scans, RECIST).best_response.tolist() == ["PR"]


def test_patients_carry_what_is_known_of_them():
    scans = scans_with([(1, 0, 1, 10.0), (1, 8, 1, 5.0), (1, 16, 1, 5.0), (2, 0, 1, 10.0), (2, 8, 1, 20.0)])
    scans = pd.concat([scans, scans.assign(arm="b")])
    about = pd.DataFrame({"patient": [2, 1], "ras": [True, False], "weight": [0.5, 1.5]})
    patients = patients_of(scans, RECIST, about)
    assert list(patients) == [*PATIENT_COLUMNS, "ras"]
    assert patients.arm.tolist() == ["a", "a", "b", "b"] and patients.patient.tolist() == [1, 2, 1, 2]
    assert patients.weight.tolist() == [1.5, 0.5] * 2 and patients.ras.tolist() == [False, True] * 2
    assert patients.best_response.tolist() == ["PR", "PD"] * 2
    assert patients_of(scans, RECIST).weight.tolist() == [1.0] * 4


def test_a_patient_of_whom_nothing_is_seen_at_baseline_is_left_out():
    scans = scans_with([(1, 0, 1, 0.0), (1, 8, 1, 5.0)])
    assert patients_of(scans, RECIST).empty and list(patients_of(scans, RECIST)) == list(PATIENT_COLUMNS)


def test_criteria_are_declared_parameters():
    facts = {fact.name: fact for fact in RECIST.facts()}
    assert set(facts) == set(Criteria.model_fields)
    assert all(fact.mark and fact.source and fact.description for fact in facts.values())
    assert not any(fact.outside(getattr(RECIST, name)) for name, fact in facts.items())
    assert RECIST.early == 8 * WEEK
