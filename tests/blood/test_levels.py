"""Systemic levels against their closed forms."""

import numpy as np
import pytest

from abm.blood import Blood, BloodParameters
from abm.blood.levels import LEVELS
from abm.units import declared


def advanced(blood: Blood, hours: float, step: float, burden: float = 0.0) -> Blood:
    for number in range(round(hours / step)):
        blood.advance(step, number * step, burden)
    return blood


def test_a_healthy_animal_stays_healthy():
    blood = Blood(BloodParameters())
    before = blood.levels.copy()
    advanced(blood, 24.0, 0.25)
    assert blood.levels.tobytes() == before.tobytes()
    assert (blood.neutrophils, blood.g_csf, blood.lps, blood.exosomes) == (1.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize("step", [1 / 12, 0.5, 6.0])
def test_g_csf_rises_to_what_the_burden_keeps_up(step):
    p = BloodParameters()
    blood = advanced(Blood(p), 6.0, step, burden=2 * p.g_csf_burden)
    assert blood.g_csf == pytest.approx(2.0 * (1 - np.exp(-p.g_csf_decay * 6.0)), rel=1e-12)


def test_g_csf_falls_with_its_half_life_once_the_tumor_is_gone():
    p = BloodParameters()
    blood = Blood(p)
    blood.levels["g_csf"] = 3.0
    advanced(blood, 10.0, 0.5)
    assert blood.g_csf == pytest.approx(3.0 * np.exp(-p.g_csf_decay * 10.0))


@pytest.mark.parametrize("step", [1 / 12, 0.5])
def test_the_neutrophil_pool_follows_g_csf(step):
    p = BloodParameters(g_csf_decay="0 /h")
    blood = Blood(p)
    blood.levels["g_csf"] = 1.0
    advanced(blood, p.pool_time, step)
    wanted = 1.0 + 0.5 * p.mobilisation
    assert blood.neutrophils == pytest.approx(wanted + (1.0 - wanted) * np.exp(-1.0), rel=1e-12)


def test_the_pool_cannot_grow_beyond_its_mobilisation():
    p = BloodParameters()
    blood = advanced(Blood(p), 500.0, 1.0, burden=1e9)
    assert blood.neutrophils == pytest.approx(1.0 + p.mobilisation, rel=1e-4)
    assert blood.neutrophils <= 1.0 + p.mobilisation


def test_exosomes_hold_their_level_while_supplied_and_then_vanish():
    p = BloodParameters(exosomes=2.0, exosomes_until="3 h", exosome_half_life="0.5 h")
    blood = Blood(p)
    levels = []
    for number in range(60):
        blood.advance(0.25, 0.25 * number, 0.0)
        levels.append(blood.exosomes)
    assert levels[:12] == [2.0] * 12
    assert levels[12:20] == pytest.approx(2.0 * 0.5 ** (0.5 * np.arange(1, 9)))
    assert levels[-1] > 0
    blood.advance(24.0, 15.0, 0.0)
    assert blood.exosomes == 0.0, "what is left after many half-lives is nothing"


def test_endotoxin_is_what_the_experimenter_says():
    blood = advanced(Blood(BloodParameters(lps=1.5)), 48.0, 1.0, burden=100.0)
    assert blood.lps == 1.5


def test_extreme_parameters_leave_the_levels_finite():
    p = BloodParameters(g_csf_burden=0, pool_time="0 h", exosome_half_life="0 h", exosomes=1.0)
    blood = advanced(Blood(p), 5.0, 1 / 12, burden=1000.0)
    assert all(np.isfinite(blood.levels[name][0]) for name in LEVELS.names)


def test_the_levels_are_a_table_of_one_row_with_their_names_in_print():
    blood = Blood(BloodParameters(lps=0.5))
    assert blood.levels.shape == (1,) and blood.levels.dtype == LEVELS
    assert repr(blood) == "<blood: neutrophils 1, g_csf 0, lps 0.5, exosomes 0>"
    assert {"lps", "exosomes"} <= {entry.name for entry in declared(BloodParameters)}
