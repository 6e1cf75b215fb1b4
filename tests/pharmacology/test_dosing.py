"""Regimens: doses in milligrams, cycles, pauses, and what overlaps."""

import pytest
from pydantic import ValidationError

from abm.pharmacology import Patient, Regimen, planned_doses
from abm.pharmacology.dosing import Pause, Prescription

WEEKLY = Regimen.model_validate(
    {
        "cycle": "7 d",
        "mark": "assumed",
        "source": "a test",
        "doses": [
            {"drug": "a", "dose": "400 mg/m^2", "over": "2 h", "cycles": "first"},
            {"drug": "a", "dose": "250 mg/m^2", "over": "1 h", "cycles": "later"},
            {"drug": "b", "dose": "2 mg/kg", "at": "1 d", "every": "1 d", "times": 3},
        ],
    }
)
PATIENT = Patient(weight="80 kg", body_surface="2 m^2")


def doses(**keys):
    prescription = Prescription("weekly", keys.pop("start", 0.0), keys.pop("cycles", 2), None, None, 1.0)
    return planned_doses([prescription._replace(**keys)], {"weekly": WEEKLY}, PATIENT, 10000.0)


def test_doses_of_two_cycles():
    given = doses()
    assert [(d.drug, d.begins, d.ends, d.milligrams) for d in given] == [
        ("a", 0.0, 2.0, 800.0),
        ("b", 24.0, 24.0, 160.0),
        ("b", 48.0, 48.0, 160.0),
        ("b", 72.0, 72.0, 160.0),
        ("a", 168.0, 169.0, 500.0),
        ("b", 192.0, 192.0, 160.0),
        ("b", 216.0, 216.0, 160.0),
        ("b", 240.0, 240.0, 160.0),
    ]


def test_a_share_of_each_dose():
    assert [d.milligrams for d in doses(share=0.8)] == [d.milligrams * 0.8 for d in doses()]


def test_what_begins_at_the_stop_is_not_given():
    assert [d.begins for d in doses(stop=168.0)] == [0.0, 24.0, 48.0, 72.0]


def test_cycles_go_on_until_the_end_of_the_run():
    prescription = Prescription("weekly", 0.0, None, None, None, 1.0)
    assert len(prescription.cycles_until(100 * 168.0, WEEKLY)) == 100


def test_a_pause_after_every_second_cycle():
    pause = Pause(after=2, lasting="14 d")
    begins = Prescription("weekly", 0.0, 5, None, pause, 1.0).cycles_until(1e5, WEEKLY)
    assert [begin / 24 for begin in begins] == [0, 7, 28, 35, 56]


@pytest.mark.parametrize("written", ["85", "mg/m^2", "-3 mg", "85 mg/l", "85 lightyears", "0 mg", 85, None, "2 kg"])
def test_what_is_no_dose_is_refused(written):
    with pytest.raises(ValidationError):
        Regimen.model_validate(
            {"cycle": "7 d", "mark": "assumed", "source": "a", "doses": [{"drug": "a", "dose": written}]}
        )


@pytest.mark.parametrize(
    ("written", "milligrams"), [("85 mg/m^2", 170.0), ("0.1 g/m^2", 200.0), ("5 mg/kg", 400.0), ("200 mg", 200.0)]
)
def test_doses_of_a_patient(written, milligrams):
    regimen = Regimen.model_validate(
        {"cycle": "7 d", "mark": "assumed", "source": "a", "doses": [{"drug": "a", "dose": written}]}
    )
    assert regimen.doses[0].dose.milligrams(PATIENT) == pytest.approx(milligrams)
    assert Regimen.model_validate(regimen.model_dump(mode="json")) == regimen


@pytest.mark.parametrize(
    "given",
    [
        {"over": "8 d"},
        {"at": "6.99 d", "over": "1 d"},
        {"times": 3},
        {"every": "1 d"},
        {"every": "1 h", "over": "2 h", "times": 2},
        {"every": "3 d", "times": 4},
    ],
)
def test_what_overlaps_is_refused(given):
    with pytest.raises(ValidationError):
        Regimen.model_validate(
            {"cycle": "7 d", "mark": "assumed", "source": "a", "doses": [{"drug": "a", "dose": "1 mg", **given}]}
        )
