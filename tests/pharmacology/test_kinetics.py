"""Amounts of drugs against closed forms and scipy's integrator, whatever the steps."""

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from abm.pharmacology import Drug
from abm.pharmacology.kinetics import CENTRAL, DEPOT, EFFECT, PERIPHERAL, Kinetics

NOTHING = np.zeros(4)


def drug(**numbers) -> Drug:
    return Drug(**{"kind": "antibody", "dosed": "mg", "central": "3 L", "clearance": "0.5 L/d"} | numbers)


SATURABLE = {"peripheral": "4.65 L", "exchange": "0.836 L/d", "saturable": "8.71 mg/d", "half_saturation": "1 mg/L"}


def integrated(of: Drug, start: np.ndarray, hours: float, infused: float) -> np.ndarray:
    def change(_, amounts):
        central, peripheral, depot, effect = amounts
        level = central / of.central
        out = of.clearance * level + (of.saturable * level / (of.half_saturation + level) if of.saturable else 0.0)
        back = of.exchange * (level - (peripheral / of.peripheral if of.peripheral else 0.0))
        absorbed = (of.absorption or 0.0) * depot
        rate = math.log(2.0) / of.effect_half_life if of.effect_half_life else 0.0
        return [infused + of.bioavailability * absorbed - out - back, back, -absorbed, rate * (level - effect)]

    return solve_ivp(change, (0.0, hours), start, method="LSODA", rtol=1e-11, atol=1e-12).y[:, -1]


def test_one_compartment_halves_in_its_half_life():
    kinetics = Kinetics(drug())
    left = kinetics.after(kinetics.given(NOTHING, 300.0), math.log(2.0) * 3.0 / (0.5 / 24.0))
    assert left[CENTRAL] == pytest.approx(150.0, rel=1e-12)
    assert kinetics.level(left) == pytest.approx(50.0, rel=1e-12)


def test_an_infusion_comes_to_its_steady_state():
    kinetics = Kinetics(drug())
    level = kinetics.in_blood(kinetics.after(NOTHING, 1e4, infused=2.0))
    assert level == pytest.approx(2.0 / (0.5 / 24.0), rel=1e-9)


@pytest.mark.parametrize(
    "numbers",
    [
        {},
        {"peripheral": "4 L", "exchange": "1 L/d"},
        {"absorption": "0.3 /h", "bioavailability": 0.6},
        {"effect_half_life": "6 h", "clearance": "168 L/h", "central": "28.7 L"},
        {
            "peripheral": "528 L",
            "exchange": "58 L/h",
            "central": "62 L",
            "clearance": "37.5 L/h",
            "effect_half_life": "24 h",
        },
    ],
)
@pytest.mark.parametrize("infused", [0.0, 20.0])
def test_linear_kinetics_are_exact(numbers, infused):
    of = drug(**numbers)
    start = np.array([100.0, 20.0 if of.peripheral else 0.0, 50.0 if of.absorption else 0.0, 0.0])
    assert Kinetics(of).after(start, 5.0, infused) == pytest.approx(
        integrated(of, start, 5.0, infused), rel=1e-8, abs=1e-8
    )


@pytest.mark.parametrize("level", [0.3, 3.0, 100.0])
@pytest.mark.parametrize("infused", [0.0, 50.0])
@pytest.mark.parametrize("tissue", [{}, {"effect_half_life": "33 h"}])
def test_saturable_elimination_agrees_with_an_integrator(level, infused, tissue):
    of = drug(**SATURABLE, **tissue)
    start = np.array([level * of.central, level * of.peripheral, 0.0, 0.0])
    assert Kinetics(of).after(start, 24.0, infused) == pytest.approx(
        integrated(of, start, 24.0, infused), rel=1e-6, abs=1e-6
    )


@pytest.mark.parametrize("numbers", [{"peripheral": "4 L", "exchange": "1 L/d", "effect_half_life": "6 h"}, SATURABLE])
def test_steps_do_not_matter(numbers):
    kinetics = Kinetics(drug(**numbers))
    amounts = kinetics.given(NOTHING, 400.0)
    many = amounts
    for _ in range(300):
        many = kinetics.after(many, 0.1, infused=3.0)
    # the two ways of elimination take shorter turns in short steps
    assert many == pytest.approx(
        kinetics.after(amounts, 30.0, infused=3.0), rel=1e-9 if not kinetics.drug.saturable else 1e-6
    )


def test_what_is_swallowed_waits_in_the_depot():
    kinetics = Kinetics(drug(absorption="0.3 /h", bioavailability=0.5, clearance="0.0001 L/d"))
    amounts = kinetics.given(NOTHING, 100.0)
    assert amounts[DEPOT] == 100.0
    assert amounts[CENTRAL] == 0.0
    assert kinetics.after(amounts, 100.0)[CENTRAL] == pytest.approx(50.0, rel=1e-3)


def test_the_effect_outlasts_the_blood():
    kinetics = Kinetics(drug(central="28.7 L", clearance="168 L/h", effect_half_life="6 h"))
    amounts = kinetics.after(kinetics.given(NOTHING, 740.0), 3.0)
    assert kinetics.in_blood(amounts) < 1e-6
    assert kinetics.level(amounts) == amounts[EFFECT] > 0.3


def test_an_antibody_gets_into_tissue_late():
    """With a time constant of 2 d, at a level in the blood that stays: 1 - exp(-t / 2 d)."""
    kinetics = Kinetics(drug(clearance="0.00000001 L/h", effect_half_life=f"{48.0 * math.log(2.0)} h"))
    amounts, there = kinetics.given(NOTHING, 300.0), []
    for _ in range(3):
        amounts = kinetics.after(amounts, 48.0)
        there.append(kinetics.level(amounts) / 100.0)
    assert there == pytest.approx([1.0 - math.exp(-days / 2.0) for days in (2.0, 4.0, 6.0)], rel=1e-6)


def test_what_is_next_to_nothing_is_nothing():
    kinetics = Kinetics(drug(central="28.7 L", clearance="168 L/h"))
    assert not kinetics.after(kinetics.given(NOTHING, 740.0), 48.0).any()


def test_a_patient_who_eliminates_faster_has_less():
    usual, fast = (Kinetics(drug(clearance_sd=0.3), deviation) for deviation in (0.0, 1.0))
    left = [kinetics.after(kinetics.given(NOTHING, 100.0), 24.0)[CENTRAL] for kinetics in (usual, fast)]
    assert left == pytest.approx([100.0 * math.exp(-0.5 / 3.0), 100.0 * math.exp(-0.5 / 3.0 * math.exp(0.3))])


def test_the_second_compartment_fills():
    kinetics = Kinetics(drug(peripheral="4 L", exchange="1 L/d"))
    assert kinetics.after(kinetics.given(NOTHING, 100.0), 24.0)[PERIPHERAL] > 10.0
