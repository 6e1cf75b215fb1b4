"""Systemic levels against their closed forms."""

import numpy as np
import pytest
from abm.blood.levels import GIVEN, LEVELS

from abm.blood import Blood, BloodParameters


def advanced(blood: Blood, hours: float, step: float, burden: float = 0.0, left: float = 1.0, **given: float) -> Blood:
    for _ in range(round(hours / step)):
        blood.advance(step, burden, lambda name: given.get(name, 0.0), left)
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


@pytest.mark.parametrize("name", GIVEN)
def test_what_only_the_experimenter_gives_is_what_is_given(name):
    blood = advanced(Blood(BloodParameters()), 48.0, 1.0, burden=100.0, **{name: 1.5})
    assert getattr(blood, name) == 1.5
    assert [getattr(blood, other) for other in GIVEN if other != name] == [0.0] * (len(GIVEN) - 1)
    assert getattr(advanced(blood, 1.0, 1.0), name) == 0.0


def test_g_csf_that_is_given_adds_to_that_of_the_tumor():
    p = BloodParameters()
    blood = advanced(Blood(p), 500.0, 1.0, burden=p.g_csf_burden, g_csf=2.0)
    assert blood.g_csf == pytest.approx(3.0)


def test_blocked_g_csf_is_there_and_mobilises_less():
    p = BloodParameters()
    blood = advanced(Blood(p), 500.0, 1.0, burden=p.g_csf_burden, left=0.5)
    assert blood.g_csf == pytest.approx(1.0)
    assert blood.neutrophils == pytest.approx(1.0 + p.mobilisation / 3.0)


def test_extreme_parameters_leave_the_levels_finite():
    p = BloodParameters(g_csf_burden=0, pool_time="0 h")
    blood = advanced(Blood(p), 5.0, 1 / 12, burden=1000.0)
    assert all(np.isfinite(blood.levels[name][0]) for name in LEVELS.names)


def test_the_levels_are_a_table_of_one_row_with_their_names_in_print():
    blood = Blood(BloodParameters())
    blood.receive({"lps": 0.5, "exosomes": 0.0, "injury": 2.0, "poly_ic": 0.0}.get)
    assert blood.levels.shape == (1,) and blood.levels.dtype == LEVELS
    assert repr(blood) == "<blood: neutrophils 1, g_csf 0, lps 0.5, exosomes 0, injury 2, poly_ic 0>"
