"""Courses within limits: what is decided of each cycle, what is given then, and what it does to the neutrophils."""

import numpy as np
import pytest

from abm.config.loading import with_changes
from abm.pharmacology import Medication, Patient, Regimen
from abm.pharmacology.courses import GIVEN, PUT_OFF, REDUCED, STOPPED, TherapyCourse
from abm.pharmacology.dosing import Limits, Pause, Prescription, unfit

DAY = 24.0
REGIMEN = Regimen.model_validate(
    {
        "cycle": "14 d",
        "mark": "assumed",
        "source": "a test",
        "doses": [
            {"drug": "a", "dose": "100 mg", "cycles": "first"},
            {"drug": "a", "dose": "50 mg", "cycles": "later", "at": "1 d"},
        ],
    }
)


def course(cycles=6, stop=None, pause=None, share=1.0, **limits) -> TherapyCourse:
    limits = Limits.model_validate(limits)
    return TherapyCourse(Prescription("toy", 0.0, cycles, stop, pause, share, limits), REGIMEN, Patient())


def decided(counts, **keys) -> TherapyCourse:
    """A course of which each decision is made at the next of these neutrophils (1e9/L)."""
    made = course(**keys)
    for count in counts:
        made.lowest = min(made.lowest, count)
        made.decide(count)
    return made


def told(made: TherapyCourse) -> list[tuple[int, int, float, float]]:
    return [(turn.cycle, turn.decision, turn.hours / DAY, round(turn.share, 9)) for turn in made.turns]


def test_with_enough_neutrophils_all_is_as_planned():
    made = decided([5.0, 1.5, 2.0])
    assert told(made) == [(1, GIVEN, 0, 1), (2, GIVEN, 14, 1), (3, GIVEN, 28, 1)]
    assert [(dose.begins / DAY, dose.milligrams) for dose in made.doses] == [(0, 100), (15, 50), (29, 50)]


def test_below_the_limit_a_cycle_is_put_off_and_then_smaller_and_stays_so():
    made = decided([5.0, 1.4, 1.4, 1.6, 3.0], share=0.5)
    assert told(made) == [
        (1, GIVEN, 0, 1),
        (2, PUT_OFF, 14, 1),
        (2, PUT_OFF, 21, 1),
        (2, REDUCED, 28, 0.8),
        (3, GIVEN, 42, 0.8),
    ]
    assert [dose.milligrams for dose in made.doses] == pytest.approx([50, 20, 20])


def test_a_severe_nadir_makes_the_next_doses_smaller_and_once_only():
    made = decided([5.0])
    made.lowest = 0.4
    made.decide(3.0)
    assert made.turns[-1].decision == REDUCED and made.lowest == np.inf
    made.decide(3.0)
    assert made.turns[-1].decision == GIVEN and made.turns[-1].share == 0.8


def test_after_so_many_delays_it_is_stopped_for_good():
    made = decided([5.0, 1.0, 1.0, 1.0], delays=2)
    assert [turn.decision for turn in made.turns] == [GIVEN, PUT_OFF, PUT_OFF, STOPPED]
    assert made.due == np.inf
    assert decided([1.0], delays=0).turns[-1].decision == STOPPED


def test_it_ends_with_its_last_cycle_or_where_it_is_stopped():
    assert decided([5.0, 5.0], cycles=2).due == np.inf
    assert decided([5.0, 1.0], stop=20 * DAY).due == np.inf, "put off beyond its end"
    assert decided([5.0, 5.0], pause=Pause(after=2, lasting="7 d")).due == 35 * DAY


def test_nothing_is_as_without_limits_where_neutrophils_are_never_looked_at():
    """Limits that nobody reaches: the doses are those that were planned."""
    entry = {"therapy": "folfox4", "cycles": 3, "pause": {"after": 1, "lasting": "3 d"}}
    plain, within = (medication(entry | keys) for keys in ({}, {"limits": {"neutrophils": 0, "severe": 0}}))
    for number in range(60 * 24):
        plain.advance(float(number), 1.0), within.advance(float(number), 1.0)
    assert plain.amounts.tobytes() == within.amounts.tobytes()
    assert plain.marrow.tobytes() == within.marrow.tobytes()


def test_a_therapy_may_begin_again_when_the_first_is_over_at_the_latest():
    first = Prescription("toy", 0.0, 2, None, None, 1.0, Limits(delays=1))
    for start, wrong in ((28.0, 1), (42.0, 0)):
        second = first._replace(start=start * DAY, number=1)
        found = [what for what, path in unfit([first, second], [], {"toy": REGIMEN}, {}) if path[0] != "regimens"]
        assert len(found) == wrong and all("at 42 d" in what for what in found)


def medication(entry, **patient) -> Medication:
    config = with_changes(None, {"interventions": [entry], "patient": patient, "duration": "90 d"})
    return Medication(config.prescriptions, config.regimens, config.drugs, config.patient, config.duration, (4, 4))


def courses_under(limits, days=84, step=1.0) -> tuple[Medication, np.ndarray]:
    """FOLFOX4 in a patient with few neutrophils, and their course (1e9/L)."""
    drugs, counts = medication({"therapy": "folfox4"} | limits, neutrophils=2.0), []
    for number in range(round(days * DAY / step)):
        drugs.advance(number * step, step)
        counts.append(drugs.neutrophil_count)
    return drugs, np.array(counts)


def test_a_neutropenic_patient_gets_less_and_has_more_neutrophils():
    """The lever: FOLFOX4 with and without limits, for twelve weeks."""
    (plain, without), (lowered, within) = courses_under({}), courses_under({"limits": {}})
    assert plain.intensity("oxaliplatin", 84 * DAY) == 1.0
    assert 0.3 < lowered.intensity("oxaliplatin", 84 * DAY) < 0.9
    assert without[672:].min() < 1.0
    assert within[672:].min() > 1.05 * without[672:].min()
    assert within[672:].mean() > 1.1 * without[672:].mean()


def test_decisions_hardly_depend_on_the_step():
    fine, coarse = (courses_under({"limits": {}}, days=42, step=step)[0] for step in (0.25, 1.0))
    assert told(fine.courses[0]) == told(coarse.courses[0])
    assert fine.amounts == pytest.approx(coarse.amounts, rel=1e-6, abs=1e-9)


def test_what_was_decided_is_in_the_state():
    whole, resumed = (
        courses_under({"limits": {}}, days=29)[0],
        medication({"therapy": "folfox4", "limits": {}}, neutrophils=2.0),
    )
    resumed.load_state(whole.state_arrays())
    for number in range(29 * 24, 60 * 24):
        whole.advance(float(number), 1.0), resumed.advance(float(number), 1.0)
    assert len(whole.courses[0].turns) > 3
    assert {name: array.tobytes() for name, array in whole.state_arrays().items()} == {
        name: array.tobytes() for name, array in resumed.state_arrays().items()
    }
