"""The drugs of a patient: doses at their time, means over steps, and what they leave of their targets."""

import numpy as np
import pytest

from abm.config.loading import with_changes
from abm.pharmacology import Medication
from tests.worlds import act, treatment

DAYS = 24.0


def medication(config) -> Medication:
    return Medication(config.prescriptions, config.regimens, config.drugs, config.patient, config.duration, (4, 4))


def of(*therapies, days=60, **keys) -> Medication:
    entries = [entry if isinstance(entry, dict) else {"therapy": entry} for entry in therapies]
    return medication(with_changes(None, {"interventions": entries, "duration": f"{days} d"} | keys))


def toy(*acts, **keys) -> Medication:
    return medication(with_changes(None, treatment(*acts, **keys)))


def run(drugs: Medication, days: float, step: float = 0.5) -> Medication:
    for number in range(round(days * DAYS / step)):
        drugs.advance(number * step, step)
    return drugs


@pytest.mark.parametrize("step", [1 / 12, 0.5, 1.0])
def test_amounts_do_not_depend_on_the_step(step):
    """A bolus and an infusion of 22 h, two hours after a dose of two hours: all split by steps in another way."""
    coarse, fine = run(of("folfox4"), 2.0, step), run(of("folfox4"), 2.0, 1 / 24)
    assert coarse.amounts == pytest.approx(fine.amounts, rel=1e-9, abs=1e-12)


def test_regimens_superpose():
    """Linear drugs: two therapies together are the sum of both alone."""
    second = {"therapy": "folfiri", "start": "3 d"}
    both = run(of("folfox4", second), 6.0)
    alone = [dict(zip(each.drugs, run(each, 6.0).amounts, strict=True)) for each in (of("folfox4"), of(second))]
    for name, amounts in zip(both.drugs, both.amounts, strict=True):
        assert amounts == pytest.approx(sum(each.get(name, np.zeros(4)) for each in alone), rel=1e-9, abs=1e-12)


def test_troughs_of_cetuximab_are_those_of_its_source():
    """400, then 250 mg/m2 a week: simulated 52 mg/L before the dose of week 3, 66 of week 8 (HAL hal-00720512)."""
    drugs, troughs = of("cetuximab"), []
    for week in range(8):
        for number in range(336):
            drugs.advance(week * 168.0 + number * 0.5, 0.5)
        troughs.append(drugs.in_blood("cetuximab"))
    assert troughs[2] == pytest.approx(52.0, rel=0.1)
    assert troughs[7] == pytest.approx(66.0, rel=0.1)


def test_the_steady_state_of_fluorouracil_is_that_of_its_source():
    """2.4 uM at 600 mg/m2 in 22 h (Anticancer Res 1997, 17:2727); 130.08 g/mol."""
    drugs = run(of("folfox4"), 20.0 / DAYS)
    assert drugs.in_blood("fluorouracil") / 130.08 * 1000.0 == pytest.approx(2.4, rel=0.05)


def test_a_dose_in_the_middle_of_a_step_counts_for_the_rest_of_it():
    drugs = toy(act(block="egfr"), start="0.75 h")
    drugs.advance(0.0, 1.0)
    assert drugs.left("egfr") == pytest.approx(1.0 - 0.25 * 0.5, rel=1e-6)
    drugs.advance(1.0, 1.0)
    assert drugs.left("egfr") == pytest.approx(0.5, rel=1e-6)


def test_a_dose_on_the_border_of_two_steps_is_given_once():
    drugs = toy(start="1 h")
    drugs.advance(0.0, 1.0)
    assert drugs.in_blood("toy") == 0.0
    drugs.advance(1.0, 1.0)
    assert drugs.in_blood("toy") == pytest.approx(1.0)
    drugs.advance(2.0, 1.0)
    assert drugs.in_blood("toy") == pytest.approx(1.0)


def test_what_several_drugs_take_of_one_target_multiplies():
    drugs = toy(act(block="vegf"), act(block="vegf", most=0.5), act(inhibit="growth", most=0.4))
    drugs.advance(0.0, 1.0)
    assert drugs.left("vegf") == pytest.approx(0.5 * 0.75, rel=1e-6)
    assert drugs.left("growth") == pytest.approx(0.8, rel=1e-6)
    assert drugs.left("egfr") == 1.0


def test_a_level_in_the_blood_is_raised_in_units_of_its_half_effect():
    drugs = toy(act(stimulate="opsonin"), dose="3 mg")
    drugs.advance(0.0, 1.0)
    assert drugs.given("opsonin") == pytest.approx(3.0, rel=1e-6)
    assert drugs.given("lps") == 0.0


def test_what_reaches_a_site_counts_there():
    drugs = toy(act(block="egfr"))
    drugs.advance(0.0, 1.0)
    drugs.reach["small_molecule"][0, 1] = 0.25
    places = np.array([0, 0]), np.array([0, 1])
    assert drugs.left_at("egfr", *places) == pytest.approx([0.5, 0.8], rel=1e-6)


def test_folfox_takes_neutrophils_to_a_third_within_a_fortnight():
    drugs, course = of("folfox4"), []
    for number in range(14 * 48):
        drugs.advance(number * 0.5, 0.5)
        course.append(drugs.neutrophils)
    assert 0.2 < min(course) < 0.5
    assert 5 < np.argmin(course) / 48 < 14


def test_the_patient_scales_doses_and_clearance():
    usual, large = of("folfox4"), of("folfox4", patient={"body_surface": "3.7 m^2"})
    assert [d.milligrams for d in large.doses] == pytest.approx([2 * d.milligrams for d in usual.doses])
    fast = run(of("cetuximab", patient={"elimination": 1}), 7)
    assert fast.in_blood("cetuximab") < run(of("cetuximab"), 7).in_blood("cetuximab")


def test_without_drugs_nothing_is_done():
    drugs = of()
    drugs.advance(0.0, 1.0)
    assert drugs.state_arrays() == {}
    assert drugs.neutrophils == 1.0
    assert drugs.in_blood("cetuximab") == 0.0


SLOW = {"slow": "other", "by": 0.4, "lasting": "30 h", "mark": "assumed", "source": "a test"}
FAST = {"kind": "small_molecule", "dosed": "mg", "central": "1 L", "clearance": "0.1 L/h"}


def slowing(*starts, lasting="30 h") -> Medication:
    """10 mg of a drug at 0 h, of which another one, given at these times (h), takes two fifths of the clearance."""
    keys = treatment({**SLOW, "lasting": lasting})
    keys["drugs"]["other"] = FAST
    given = {"cycle": "9999 d", "cycles": 1, "mark": "assumed", "source": "a test"}
    keys["regimens"] = {"fast": given | {"doses": [{"drug": "other", "dose": "10 mg"}]}}
    keys["interventions"] = [{"therapy": "fast"}]
    for number, start in enumerate(starts):
        keys["regimens"][f"slow{number}"] = given | {"doses": [{"drug": "toy", "dose": "1 mg"}]}
        keys["interventions"].append({"therapy": f"slow{number}", "start": f"{start} h"})
    return medication(with_changes(None, keys))


@pytest.mark.parametrize("step", [1 / 24, 0.5, 1.0])
@pytest.mark.parametrize(
    ("starts", "slow_hours"), [((), 0.0), ((0.0,), 30.0), ((10.3,), 30.0), ((0.0, 10.3), 40.3), ((0.0, 35.7), 42.3)]
)
def test_a_drug_that_is_slowed_leaves_by_what_is_left_of_its_clearance(step, starts, slow_hours):
    """The closed form: exp of the clearance times the hours with it, whatever the step; two doses together slow as one."""
    drugs = run(slowing(*starts), 2.0, step)
    left = 10.0 * np.exp(-0.1 * (48.0 - slow_hours) - 0.06 * slow_hours)
    assert drugs.in_blood("other") == pytest.approx(left, rel=1e-9)


def test_oxaliplatin_takes_a_quarter_of_the_clearance_of_fluorouracil_where_that_is_switched_on():
    """2.4 uM become 3.2 (3.05 to 2.31 L/min: Cancer Chemother Pharmacol 2002, 49:235); leucovorin alone changes nothing."""
    levels = []
    for on in (False, True):
        config = with_changes(None, {"interventions": [{"therapy": "folfox4"}], "duration": "60 d"})
        acts = config.model_dump(mode="json")["drugs"]["oxaliplatin"]["acts"]
        assert acts[-1]["slow"] == "fluorouracil" and not acts[-1]["enabled"], "as shipped"
        acts[-1]["enabled"] = on
        config = with_changes(
            None, {"interventions": [{"therapy": "folfox4"}], "drugs": {"oxaliplatin": {"acts": acts}}}
        )
        levels.append(run(medication(config), 20.0 / DAYS).in_blood("fluorouracil"))
    assert levels[1] / levels[0] == pytest.approx(1 / 0.76, rel=1e-3)


def test_what_slows_a_drug_that_is_not_given_does_nothing():
    drugs = run(toy(SLOW | {"slow": "irinotecan"}), 1.0)
    assert list(drugs.drugs) == ["toy"] and drugs.acting == ()


@pytest.mark.parametrize("step", [0.5, 2.0])
def test_adverse_events_happen_at_their_rates(step):
    """A drug that stays at ten times its half: its rate times 10/11, whatever the step."""
    drugs = run(toy(act(harm="colitis", rate="1e-4 /h"), dose="10 mg"), 10.0, step)
    assert drugs.harm == {"colitis": pytest.approx(1e-4 * 240.0 * 10.0 / 11.0, rel=1e-3)}


def test_lever_two_checkpoint_antibodies_bring_more_colitis_than_one():
    alone, both = run(of("nivolumab"), 60.0, 6.0).harm, run(of("nivolumab", "ipilimumab"), 60.0, 6.0).harm
    assert 0.005 < alone["colitis"] < 0.02
    assert both["colitis"] > 2.0 * alone["colitis"]


def test_adverse_events_are_kept_in_a_checkpoint():
    first, again = run(of("nivolumab"), 30.0, 6.0), of("nivolumab")
    again.load_state(first.state_arrays())
    assert again.harm == first.harm and first.harm["colitis"] > 0.0
