"""Systemic levels against their closed forms."""

from types import SimpleNamespace

import numpy as np
import pytest

from abm.blood import LEVELS, Blood, GivenLevel
from abm.blood.il18 import IL18
from abm.blood.priming import Priming
from abm.cells.stellate import ACTIVATED
from abm.config.schema import compose
from tests.worlds import every, lattice, settle

GIVEN = [level.name for level in LEVELS if issubclass(level, GivenLevel)]
HEALTHY = {level.name: level.normal for level in LEVELS}


def parameters(**changed):
    """The group `blood` of a config."""
    return type(compose()().blood)(**changed)


def advanced(
    blood: Blood,
    p,
    hours: float,
    step: float,
    burden: float = 0.0,
    left: float = 1.0,
    suppressors: float = 0.0,
    inflammatory: tuple[float, ...] = (),
    marrow: float = 1.0,
    **given: float,
) -> Blood:
    """The blood of a liver with `burden` tumor cells, and so many suppressor cells, per mm2, after some hours of steps; `inflammatory`: how
    much its activated stellate cells are; `marrow`: what drugs leave of its supply."""
    stellate = settle(lattice(1, 9), "stellate", every(1, 9)[: len(inflammatory)], state=ACTIVATED)
    stellate.used.inflammatory = inflammatory
    liver = SimpleNamespace(
        stellate=stellate,
        config=SimpleNamespace(blood=p, cells=compose()().cells),
        tumor=SimpleNamespace(count=burden),
        drugs=SimpleNamespace(neutrophils=marrow),
        standard_area_mm2=1.0,
        dt_hours=step,
        given=lambda name: given.get(name, 0.0),
        left=lambda name: left,
        suppressor=SimpleNamespace(count=suppressors),
    )
    for _ in range(round(hours / step)):
        blood.advance(liver)
    return blood


def test_a_healthy_animal_stays_healthy():
    blood = Blood(LEVELS)
    before = blood.levels.copy()
    advanced(blood, parameters(), 24.0, 0.25)
    assert blood.levels.tobytes() == before.tobytes()
    assert {name: blood[name] for name in HEALTHY} == HEALTHY
    assert (
        HEALTHY["neutrophils"] == HEALTHY["platelets"] == HEALTHY["ccl2_production"] == 1.0
        and sum(HEALTHY.values()) == 3.0
    )


@pytest.mark.parametrize("step", [1 / 12, 0.5, 6.0])
def test_g_csf_rises_to_what_the_burden_keeps_up(step):
    p = parameters()
    blood = advanced(Blood(LEVELS), p, 6.0, step, burden=2 * p.g_csf_burden)
    assert blood.g_csf == pytest.approx(2.0 * (1 - np.exp(-p.g_csf_decay * 6.0)), rel=1e-12)


def test_g_csf_falls_with_its_half_life_once_the_tumor_is_gone():
    p = parameters()
    blood = Blood(LEVELS)
    blood["g_csf"] = 3.0
    advanced(blood, p, 10.0, 0.5)
    assert blood.g_csf == pytest.approx(3.0 * np.exp(-p.g_csf_decay * 10.0))


@pytest.mark.parametrize("step", [1 / 12, 0.5])
def test_the_neutrophil_pool_follows_g_csf(step):
    p = parameters(g_csf_decay="0 /h")
    blood = Blood(LEVELS)
    blood["g_csf"] = 1.0
    advanced(blood, p, p.pool_time, step)
    wanted = 1.0 + 0.5 * p.mobilisation
    assert blood.neutrophils == pytest.approx(wanted + (1.0 - wanted) * np.exp(-1.0), rel=1e-12)


def test_the_pool_cannot_grow_beyond_its_mobilisation():
    p = parameters()
    blood = advanced(Blood(LEVELS), p, 500.0, 1.0, burden=1e9)
    assert blood.neutrophils == pytest.approx(1.0 + p.mobilisation, rel=1e-4)
    assert blood.neutrophils <= 1.0 + p.mobilisation


def test_the_pool_is_what_a_suppressed_marrow_supplies():
    p = parameters()
    pool = [advanced(Blood(LEVELS), p, 500.0, 1.0, burden=1e9, marrow=marrow).neutrophils for marrow in (1.0, 0.3)]
    assert pool[1] == pytest.approx(0.3 * pool[0], rel=1e-9)


@pytest.mark.parametrize("name", GIVEN)
def test_what_only_the_experimenter_gives_is_what_is_given(name):
    p = parameters()
    blood = advanced(Blood(LEVELS), p, 48.0, 1.0, burden=100.0, **{name: 1.5})
    assert blood[name] == 1.5
    assert [blood[other] for other in GIVEN if other != name] == [0.0] * (len(GIVEN) - 1)
    assert advanced(blood, p, 1.0, 1.0)[name] == 0.0


def test_g_csf_that_is_given_adds_to_that_of_the_tumor():
    p = parameters()
    blood = advanced(Blood(LEVELS), p, 500.0, 1.0, burden=p.g_csf_burden, g_csf=2.0)
    assert blood.g_csf == pytest.approx(3.0)


def test_blocked_g_csf_is_there_and_mobilises_less():
    p = parameters()
    blood = advanced(Blood(LEVELS), p, 500.0, 1.0, burden=p.g_csf_burden, left=0.5)
    assert blood.g_csf == pytest.approx(1.0)
    assert blood.neutrophils == pytest.approx(1.0 + p.mobilisation / 3.0)


def test_extreme_parameters_leave_the_levels_finite():
    p = parameters(g_csf_burden=0, pool_time="0 h")
    blood = advanced(Blood(LEVELS), p, 5.0, 1 / 12, burden=1000.0)
    assert all(np.isfinite(blood[level.name]) for level in LEVELS)


def test_the_levels_are_a_table_of_one_row_with_their_names_in_print():
    blood = Blood(LEVELS)
    blood["lps"], blood["injury"] = 0.5, 2.0
    assert blood.levels.shape == (1,) and blood.levels.dtype.names == tuple(level.name for level in LEVELS)
    assert repr(blood).startswith("<blood: neutrophils 1, g_csf 0, lps 0.5, exosomes 0, injury 2")
    assert (blood.lps, blood.injury) == (0.5, 2.0)
    with pytest.raises(AttributeError, match="the blood carries no 'ink'"):
        _ = blood.ink


def test_what_an_intervention_gives_before_the_first_step_is_there_at_once():
    liver = SimpleNamespace(
        hours=-3.0,
        config=SimpleNamespace(blood=parameters()),
        given=lambda name, hours: {("lps", -3.0): 0.5}.get((name, hours), 0.0),
        left=lambda name, hours: {("platelets", -3.0): 0.25}.get((name, hours), 1.0),
    )
    blood = Blood(LEVELS)
    blood.begin(liver)
    assert {name: blood[name] for name in HEALTHY} == HEALTHY | {"lps": 0.5, "platelets": 0.25}


@pytest.mark.parametrize("step", [1 / 12, 1.0])
def test_the_production_of_ccl2_rises_while_an_antibody_takes_it_away(step):
    p = parameters()
    blood = advanced(Blood(LEVELS), p, 72.0, step, left=0.25)
    assert blood.ccl2_production == pytest.approx(1 + 0.75 * (p.ccl2_compensation - 1) * (1 - np.exp(-1)), rel=1e-12)
    advanced(blood, p, 2000.0, step)
    assert blood.ccl2_production == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("step", [1 / 12, 1.0])
@pytest.mark.parametrize(("left", "share"), [(1.0, 0.3), (0.0, 1.0)])
def test_primed_t_cells_become_many_and_few_again(step, left, share):
    p = parameters(ctla4_brake=0.7, expansion="100 h", memory="1000 h", primed_most=0.2)
    blood = Blood(LEVELS)
    blood["priming"], priming, primed, hours = 4.0, 4.0, 0.0, 400.0
    for _ in range(round(hours / 0.01)):  # the same by small steps
        settled = 0.2 * share * priming / (1 + share * priming)
        primed += 0.01 * (settled - primed) / (100.0 if settled > primed else 1000.0)
        priming -= 0.01 * priming / 100.0
    advanced(blood, p, hours, step, left=left)
    assert blood.priming == pytest.approx(4.0 * np.exp(-4.0), rel=1e-9)
    assert blood.primed == pytest.approx(primed, rel=0.02)
    assert 0 < blood.primed < 0.2


def test_priming_counts_dendritic_cells_per_area():
    liver = SimpleNamespace(config=SimpleNamespace(blood=parameters(priming_half=0.5)), standard_area_mm2=4.0)
    blood = Blood(LEVELS)
    Priming.arrive(blood, liver, 3.0)
    assert blood.priming == pytest.approx(3.0 / 4.0 / 0.5)


def with_primary(step, hours, left=lambda name, hours=None: 1.0, **changed):
    """The blood of a host with a primary tumor, some hours after the beginning at -100 h, and its parameters."""
    p = parameters(**{"primary_volume": "50 mm^3", "primary_time": "240 h", "primary_most": "1000 mm^3"} | changed)
    liver = SimpleNamespace(
        config=SimpleNamespace(blood=p, cells=compose()().cells, begins=-100.0),
        tumor=SimpleNamespace(count=0),
        drugs=SimpleNamespace(neutrophils=1.0),
        suppressor=SimpleNamespace(count=0),
        stellate=settle(lattice(1, 1), "stellate", []),
        standard_area_mm2=1.0,
        dt_hours=step,
        hours=-100.0,
        given=lambda name, hours=None: 0.0,
        left=left,
    )
    blood = Blood(LEVELS)
    blood.begin(liver)
    for _ in range(round(hours / step)):
        blood.advance(liver)
        liver.hours += step
    return blood, p


@pytest.mark.parametrize("step", [1 / 12, 0.5, 5.0])
def test_a_primary_tumor_grows_by_gompertz_and_keeps_up_exosomes_and_g_csf(step):
    blood, p = with_primary(step, 300.0)
    volume = 1000.0 * np.exp(np.log(0.05) * np.exp(-300.0 / 240.0))
    assert blood.primary == pytest.approx(volume)
    assert blood.exosomes == pytest.approx(p.primary_exosomes * volume / 100)
    assert blood.g_csf == pytest.approx(p.primary_g_csf * volume / 100, rel=0.03), "it follows within hours"


def test_it_is_there_at_the_beginning():
    blood, p = with_primary(1.0, 0.0)
    assert (blood.primary, blood.exosomes) == (50.0, 0.5 * p.primary_exosomes)


def test_a_resected_one_keeps_nothing_up():
    blood, _ = with_primary(
        1.0, 200.0, left=lambda name, hours=None: float(name != "primary" or hours is None or hours < 0)
    )
    assert blood.primary == blood.exosomes == 0.0
    assert blood.g_csf < 1e-6


@pytest.mark.parametrize("step", [1 / 12, 0.5])
def test_il6_is_kept_up_by_suppressor_cells_by_inflammatory_stellate_cells_and_by_what_is_given(step):
    p = parameters(il6_supply=0.1, il6_stellate_supply=0.2, il6_decay="0.2 /h")
    blood = advanced(Blood(LEVELS), p, 5.0, step, suppressors=20.0, inflammatory=(1.0, 0.5, 0.0), il6=1.0)
    assert blood.il6 == pytest.approx(3.3 * (1 - np.exp(-1.0)), rel=1e-7)
    assert advanced(blood, p, 100.0, step).il6 < 1e-6


def test_a_primary_tumor_keeps_up_timp1_and_il6_where_it_is_said_to():
    blood, _ = with_primary(1.0, 0.0, primary_timp1=0.5)
    assert blood.timp1 == 0.25
    blood, _ = with_primary(0.5, 300.0, primary_timp1=0.5, primary_il6=2.0)
    assert blood.timp1 == pytest.approx(0.5 * blood.primary / 100)
    assert blood.il6 == pytest.approx(2.0 * blood.primary / 100, rel=0.05), "it follows within hours"
    blood, _ = with_primary(0.5, 300.0)
    assert blood.timp1 == blood.il6 == 0.0


@pytest.mark.parametrize("left", [1.0, 0.3])
def test_a_primary_tumor_keeps_up_portal_cxcl1_by_its_vegf(left):
    def vegf(name, hours=None):
        return left if name == "vegf" else 1.0

    blood, _ = with_primary(1.0, 0.0, left=vegf, primary_cxcl1=0.4)
    assert blood.portal_cxcl1 == pytest.approx(0.2 * left)
    blood, _ = with_primary(0.5, 300.0, left=vegf, primary_cxcl1=0.4)
    assert blood.portal_cxcl1 == pytest.approx(0.4 * left * blood.primary / 100)
    assert with_primary(0.5, 300.0)[0].portal_cxcl1 == 0.0


@pytest.mark.parametrize("step", [1 / 12, 0.5])
@pytest.mark.parametrize("left", [1.0, 0.4, 0.0])
def test_il18_comes_of_kupffer_cells_that_digest_by_nlrp3(step, left):
    p = parameters(il18_supply=0.3, il18_decay="0.1 /h")
    kupffer = np.zeros(9, [("alive", "u1"), ("load", "u1")]).view(np.recarray)
    kupffer.alive[:7], kupffer.load[4:] = 1, 2  # three of the living digest
    liver = SimpleNamespace(
        config=SimpleNamespace(blood=p),
        kupffer=SimpleNamespace(used=kupffer),
        standard_area_mm2=0.5,
        dt_hours=step,
        left=lambda name: {"nlrp3": left}[name],
    )
    blood = Blood(LEVELS)
    for _ in range(round(10.0 / step)):
        IL18.advance(blood, liver)
    assert blood.il18 == pytest.approx(0.3 * 6 * left * (1 - np.exp(-1.0)), rel=1e-9)


def test_by_default_kupffer_cells_make_no_il18():
    assert parameters().il18_supply == 0.0
