"""Stimulation: the levels in the blood, and what they drive."""

import numpy as np
import pytest

from abm import LiverModel
from abm.blood import LEVELS, GivenLevel
from abm.cells.neutrophil import N1, NETTING
from tests.worlds import (
    assert_mean,
    assert_resumes,
    compiled_only,
    later,
    lesion,
    liver,
    put,
    run_rule,
    sinusoids,
    sized,
    without,
)


@pytest.mark.parametrize(
    ("signal", "level"),
    [(signal, level.name) for level in LEVELS if issubclass(level, GivenLevel) for signal in level.given],
)
def test_a_dose_is_in_the_blood_and_falls(signal, level):
    model = liver(mm=0.3, interventions=[{"stimulate": signal, "level": 3, "start": "-2 h", "half_life": "4 h"}])
    assert getattr(model.blood, level) == 3.0, "from the first moment"
    later(model, 6.0)
    last, gone = 3.0 * 0.5 ** ((6.0 - model.dt_hours) / 4.0), model.dt_hours / 4.0 * np.log(2.0)
    assert getattr(model.blood, level) == pytest.approx(last * -np.expm1(-gone) / gone), "the mean over the last step"


def test_two_sources_add_up():
    model = liver(
        mm=0.3,
        interventions=[
            {"stimulate": "lps", "level": 1, "half_life": None},
            {"stimulate": "lps", "level": 2, "stop": "1 h"},
        ],
    )
    assert later(model, 0.5).blood.lps == 3.0
    assert 1.0 < later(model, 24.0).blood.lps < 2.0


def test_g_csf_that_is_given_fills_the_pool():
    model = liver(mm=0.3, step="1 h", interventions=[{"stimulate": "g_csf", "level": 2, "stop": "5 d"}])
    later(model, 96.0)
    assert model.blood.g_csf == pytest.approx(2.0, rel=1e-6)
    assert model.blood.neutrophils == pytest.approx(1.0 + 4.0 * 2.0 / 3.0, rel=0.01)
    assert later(model, 96.0).blood.g_csf < 0.01


@compiled_only
@pytest.mark.parametrize("signal", ["lps", "surgery"])
def test_the_sinusoids_fill_with_neutrophils(signal):
    def marginated(*entries):
        model = liver(
            "neutrophil_recruitment",
            mm=1.0,
            step="30 min",
            cells={"neutrophil": {"density": "30 /mm^2"}},
            interventions=list(entries),
        )
        later(model, 40.0)
        return [later(model, 6.0).neutrophil.count for _ in range(sized(24, 2))]

    assert_mean(marginated(), 30.0)
    assert_mean(marginated({"stimulate": signal, "level": 1, "half_life": None}), 30.0 * (1.0 + 9.0 * 0.5))


@pytest.mark.parametrize("signal", ["lps", "surgery"])
def test_neutrophils_cast_nets(signal):
    def netting(*entries):
        model = without(liver("netosis", mm=0.4, interventions=list(entries)))
        for row, column in sinusoids(model):
            put(model, "neutrophil", int(row), int(column), state=N1)
        run_rule(model, "netosis", 2.5)
        return int(np.count_nonzero(model.neutrophil.alive_rows().state == NETTING))

    assert netting() == 0 < netting({"stimulate": signal, "level": 5, "half_life": None})


def test_poly_ic_arms_nk_cells(monkeypatch):
    rates = []

    def attack(*arguments):
        rates.append(arguments[-1].rate)

    monkeypatch.setattr("abm.rules.nk_killing.attack", attack)
    for level in (0, 1, 1e6):
        model = liver(
            "nk_killing",
            mm=0.3,
            interventions=[{"stimulate": "poly_ic", "level": level, "half_life": None}] if level else [],
        )
        model.step()
    assert rates[1] / rates[0] == pytest.approx(3.0)
    assert rates[2] / rates[0] == pytest.approx(5.0, rel=1e-5)


@compiled_only
@pytest.mark.parametrize(("level", "share"), [(0, 0.0), (1, 0.5), (1e6, 1.0)])
def test_poly_ic_brings_nk_cells(level, share):
    """Twilley 1987: ten times as many within two or three days."""
    more = []
    for seed in range(1, 7):
        model = liver(
            "nk_killing",
            mm=1.0,
            seed=seed,
            cells={"natural_killer": {"density": "20 /mm^2", "residence": "10000 d"}},
            interventions=[{"stimulate": "poly_ic", "level": level, "half_life": None}] if level else [],
        )
        later(model, 60.0)
        more.append(model.natural_killer.count / 20 - 1)
    assert_mean(more, 9.0 * share) if share else None
    assert share or max(more) == 0.0


@pytest.mark.parametrize("step", ["10 min", "60 min"])
def test_a_vaccine_primes_with_the_delay_of_expansion(step):
    """What decays with k = ln 2 / 2 d drives what relaxes within 5 d: L k' (exp(-k t) - exp(-k' t)) / (k' - k)."""
    model = liver(mm=0.3, step=step, interventions=[{"stimulate": "vaccine", "level": 5}])
    falls, follows = np.log(2.0) / 48.0, 1 / 120.0
    for hours in (24.0, 100.0, 300.0):
        later(model, hours - model.hours)
        expected = 5.0 * follows * (np.exp(-falls * hours) - np.exp(-follows * hours)) / (follows - falls)
        assert model.blood.priming == pytest.approx(expected, rel=1e-3)
    assert 0.01 < model.blood.primed < 0.1


@compiled_only
def test_a_vaccine_raises_kills_by_t_cells_where_they_recognise_the_tumor():
    def killed(*entries, mhc1=1):
        line, host = {"antigen": 1, "mhc1": mhc1}, {"cd8": {"density": "150 /mm^2"}}
        model = lesion(*entries, mm=0.5, cells=200, step="60 min", line=line, host=host)
        return later(model, 7 * 24.0 - model.hours).ledger.total("killed", "cd8")

    vaccine = {"stimulate": "vaccine", "level": 5, "start": "-7 d", "every": "7 d"}
    assert killed(vaccine) > 2 * killed() + 20
    assert killed(vaccine, mhc1=0) == 0


def test_exosomes_educate_kupffer_cells_before_time_0():
    model = liver(
        "niche_formation",
        mm=0.3,
        step="1 h",
        interventions=[{"stimulate": "exosomes", "start": "-21 d", "stop": "0 d"}],
    )
    education = [later(model, 7 * 24.0).kupffer.used.education.mean() for _ in range(4)]
    assert model.hours == 7 * 24.0 and model.blood.exosomes == pytest.approx(0.0, abs=1e-12)
    assert 0.0 < education[0] < education[1] < education[2] and education[3] < education[2]


def test_resumes_in_the_middle_of_a_course():
    def make():
        return LiverModel(
            tissue={"width": "0.4 mm", "height": "0.4 mm"},
            interventions=[
                {"stimulate": "lps", "level": 2, "start": "-1 h"},
                {"stimulate": "g_csf", "start": "0 h", "stop": "1 h"},
            ],
        )

    assert_resumes(make, 1.5, 1.0)
