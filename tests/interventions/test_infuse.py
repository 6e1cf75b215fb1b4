"""Infusion: how many come, when, where, and that they then live as the others."""

import numpy as np
import pytest
from scipy import ndimage
from scipy.stats import mannwhitneyu

from abm.cells.tumor import EXTRAVASATED
from abm.config.schema import SHIPPED, compose
from tests.worlds import assert_chance, assert_resumes, assert_sound, compiled_only, later, lesion, liver

INFUSED = SHIPPED.infused()


def infused(name, mm=1.0, rules=(), **keys):
    population, _ = INFUSED[name]
    return liver(
        *rules,
        mm=mm,
        cells={population: {"density": "0 /mm^2"}},
        interventions=[{"infuse": name, "start": "1 h", **keys}],
    )


@pytest.mark.parametrize("name", INFUSED)
def test_as_many_come_as_are_given_within_the_time(name):
    model = infused(name, per_area="80 /mm^2", over="30 min")
    cells = model.populations[INFUSED[name][0]]
    assert later(model, 1.0) and cells.count == 0
    assert later(model, 0.25) and 0 < cells.count < 70
    assert later(model, 0.5) and cells.count == 80
    assert_sound(model)
    rows = cells.alive_rows()
    assert np.unique(rows.uid).size == 80
    assert (model.anatomy.zone[rows.row, rows.column] == 1).all(), "near the portal tracts"


def test_per_liver_is_spread_over_the_whole_liver():
    model = infused("neutrophil", per_liver="5e6")
    expected = 5e6 * 1.06 * 1e-5 / 1.3
    assert later(model, 1.5).neutrophil.count == pytest.approx(expected, abs=1.0)


def test_doses_are_repeated_until_the_stop():
    model = infused("neutrophil", per_area="20 /mm^2", every="2 h", stop="5 h", over="5 min")
    counts = [later(model, 1.0).neutrophil.count for _ in range(8)]
    assert counts == [0, 20, 20, 40, 40, 40, 40, 40]


def test_killers_are_as_frequent_as_in_the_host():
    model = infused("natural_killer", per_area="400 /mm^2")
    rows = later(model, 1.5).natural_killer.alive_rows()
    assert_chance(int(rows.killer.sum()), rows.size, model.config.cells.natural_killer.killer_fraction)


def test_they_die_as_others_do():
    model = infused("neutrophil", per_area="200 /mm^2", over="5 min", rules=("neutrophil_recruitment",))
    start = later(model, 1.25).neutrophil.count
    assert 0.35 < later(model, 7.5).neutrophil.count / start < 0.65


def test_the_same_seed_brings_the_same_cells_at_another_dose_more_of_them():
    def uids(density):
        return set(later(infused("neutrophil", mm=0.5, per_area=density), 1.5).neutrophil.alive_rows().uid.tolist())

    assert uids("40 /mm^2") == uids("40 /mm^2")
    assert len(uids("80 /mm^2")) == 2 * len(uids("40 /mm^2"))


@pytest.mark.parametrize(
    ("route", "share"),
    [("portal_vein", 0.45), ("hepatic_artery", 0.45), ("vein", 0.1), ("portal_vein", 1.0), ("vein", 0.02)],
)
def test_a_share_of_what_a_patient_gets_lodges_in_the_liver(route, share):
    own = {"vein": "from_vein"}.get(route, "first_pass")
    model = infused("car_t", per_patient=1e8, route=route, **{own: share})
    assert later(model, 1.5).cd8.count == pytest.approx(1e8 * share * 1.06 * 1e-5 / 1.3, abs=1.0)


@pytest.mark.parametrize("route", ["portal_vein", "hepatic_artery", "vein"])
def test_they_lodge_where_the_route_leads(route):
    model = infused("cd8", per_area="400 /mm^2", route=route)
    model.vessels[model.anatomy.zone == 3] = 1.0
    rows = later(model, 1.5).cd8.alive_rows()
    zone, beside = (
        model.anatomy.zone[rows.row, rows.column],
        ndimage.binary_dilation(model.vessels > 0, np.ones((3, 3))),
    )
    by_vessels = beside[rows.row, rows.column] & (zone != 1)
    if route == "vein":
        there = model.anatomy.zone[tuple(model.perfused_sites.T)]
        assert_chance(int((zone == 1).sum()), zone.size, float((there == 1).mean()))
    else:
        assert ((zone == 1) | by_vessels).all()
        assert bool(by_vessels.any()) == (route == "hepatic_artery")


def test_so_many_of_car_t_cells_carry_the_receptor_and_nobody_else():
    rows = later(infused("car_t", per_area="400 /mm^2"), 1.5).cd8.alive_rows()
    assert_chance(int(rows.car.sum()), rows.size, 0.6)
    assert_chance(int(rows.specific.sum()), rows.size, 0.002)
    assert not later(infused("cd8", per_area="400 /mm^2"), 1.5).cd8.alive_rows().car.any()


def test_cik_cells_are_killers_as_frequently_as_nk_cells():
    rows = later(infused("cik", per_area="400 /mm^2"), 1.5).natural_killer.alive_rows()
    assert_chance(int(rows.killer.sum()), rows.size, 0.6)


def treated(*entries, days=5, **config):
    """A lesion of some hundred cells in a human liver, some days later: how many tumor cells there are, and how many T cells killed."""
    model = lesion(*entries, mm=0.6, cells=300, parameters={"arrival": {"liver_mass": "1500 g"}}, **config)
    assert_sound(later(model, days * 24.0))
    return model.tumor.count, model.ledger.total("killed", "cd8")


CAR_T = {"infuse": "car_t", "per_patient": 1e11, "route": "hepatic_artery"}


@compiled_only
def test_car_t_cells_shrink_a_lesion_with_cea_and_no_other():
    untreated, killed = treated()
    assert killed == 0
    left, killed = treated(CAR_T, line={"cea": 0.9, "mhc1": 0})
    assert killed > 20 and left < 0.9 * untreated, "the loss of beta-2 microglobulin does not help it"
    left, killed = treated(CAR_T, line={"cea": 0, "mhc1": 0})
    assert killed == 0 and left == pytest.approx(untreated, rel=0.05)


@compiled_only
@pytest.mark.slow
def test_il2_keeps_car_t_cells():
    il2 = {"stimulate": "il2", "level": 10, "half_life": None}
    host = {"cd8": {"life": "2 d"}}
    alone, supported = (
        [treated(CAR_T, *more, seed=seed, host=host, days=7)[1] for seed in range(1, 7)] for more in ((), (il2,))
    )
    assert mannwhitneyu(supported, alone, alternative="greater").pvalue < 0.01 and sum(supported) > 1.1 * sum(alone)


@compiled_only
def test_cik_cells_kill_what_cycles_in_a_lesion():
    model = later(lesion({"infuse": "cik", "per_area": "400 /mm^2", "route": "hepatic_artery"}), 3 * 24.0)
    untreated = later(lesion(), 3 * 24.0)
    assert sum(model.ledger.total("killed", by) for by in ("trail", "fasl", "perforin")) > 20
    assert model.tumor.count < 0.95 * untreated.tumor.count
    assert (model.tumor.alive_rows().state == EXTRAVASATED).any()


@pytest.mark.parametrize("keys", [{}, {"per_area": "5 /mm^2", "per_liver": 5}, {"per_patient": 1e9, "per_liver": 5}])
def test_the_number_is_given_once(keys):
    with pytest.raises(ValueError, match=r"or per_patient .* one of them"):
        compose().model_validate({"interventions": [{"infuse": "neutrophil", **keys}]})


def test_resumes_in_the_middle_of_an_infusion():
    assert_resumes(
        lambda: infused("neutrophil", 0.5, ("neutrophil_recruitment",), per_area="80 /mm^2", over="2 h"), 2.0, 1.5
    )
    assert_resumes(lambda: lesion(CAR_T | {"over": "6 h"}, {"stimulate": "il2"}), 4.0, 4.0)
