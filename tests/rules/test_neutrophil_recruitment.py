"""Neutrophil recruitment: a steady pool, and what chemokine and the blood add to it."""

import numpy as np
import pytest

from abm.cells.neutrophil import N1, N2, NETTING, NEUTROPHIL
from abm.kernels.random import uniform
from abm.rules.neutrophil_recruitment import age
from abm.rules.supply import attracting_sites
from abm.tissue.sites import LUMEN, SINUSOID
from tests.worlds import (
    assert_chance,
    assert_sound,
    changed,
    compiled_only,
    every,
    lattice,
    liver,
    put,
    run_rule,
    settle,
    sinusoids,
    sized,
    state_of,
    without,
)

RULE = {"entry_rate": "0.05 /h"}
HOST = {"density": "15 /mm^2", "half_life": "7.5 h", "tissue_half_life": "48 h"}
NOBODY_COMES = HOST | {"density": "0 /mm^2"}


def host(step="5 min", mm=0.5, neutrophil=HOST, **overrides):
    return liver(
        "neutrophil_recruitment",
        step=step,
        mm=mm,
        parameters={"neutrophil_recruitment": RULE},
        cells={"neutrophil": neutrophil},
        **overrides,
    )


def filled(step="5 min", state=N1):
    """A neutrophil on every free sinusoid site of 1 mm2, and no supply."""
    model = without(host(step, mm=1.0, neutrophil=NOBODY_COMES))
    model.neutrophil.reserve(3000)
    for row, column in sinusoids(model):
        put(model, "neutrophil", int(row), int(column), state=state)
    return model


@compiled_only
@pytest.mark.parametrize("step", ["5 min", "10 min"])
@pytest.mark.parametrize(("cxcl1", "half_life"), [(0.0, 7.5), (1.0, 2 / (1 / 7.5 + 1 / 48)), (1e6, 48.0)])
def test_half_life_is_longer_in_chemokine(step, cxcl1, half_life):
    model = filled(step)
    model.fields["cxcl1"].values[:] = cxcl1
    before = model.neutrophil.count
    run_rule(model, "neutrophil_recruitment", 6.0)
    assert_chance(model.neutrophil.count, before, 0.5 ** (6.0 / half_life))
    assert_sound(model)


def test_a_cell_that_casts_its_net_does_not_die_here():
    model = without(host(neutrophil=NOBODY_COMES | {"half_life": "0.001 h"}))
    put(model, "neutrophil", *map(int, sinusoids(model)[0]), state=NETTING)
    put(model, "neutrophil", *map(int, sinusoids(model)[9]), state=N1)
    run_rule(model, "neutrophil_recruitment", model.dt_hours)
    assert list(model.neutrophil.alive_rows().state) == [NETTING]


@compiled_only
@pytest.mark.parametrize(("pool", "step"), [(1.0, "5 min"), (1.0, "10 min"), (4.0, "5 min")])
def test_the_marginated_pool_is_renewed(pool, step):
    model = host(step, mm=1.0)
    model.blood.levels["neutrophils"] = pool
    counts = []
    for _ in range(600):
        run_rule(model, "neutrophil_recruitment", 1.0)
        counts.append(model.neutrophil.count)
    wanted, memory = 15.0 * pool, 7.5 / np.log(2)
    assert np.mean(counts[50:]) == pytest.approx(wanted, abs=3.3 * np.sqrt(wanted * 2 * memory / 550))
    assert_sound(model)


def naive_attracting(sites, passing, cxcl1, key, step, rate, hours):
    found = []
    for row, column in np.argwhere((sites.kind == SINUSOID) & (sites.perfused != 0) & (cxcl1 > 1e-3)):
        level = float(cxcl1[row, column])
        site = np.uint64(row * sites.kind.shape[1] + column)
        hazard = rate * float(passing[row, column]) * level / (1 + level)
        if uniform(key, step, site, 3) < 1 - np.exp(-hazard * hours):
            found.append((row, column))
    return np.array(found)


@pytest.mark.parametrize(("death", "in_chemokine"), [(0.09, 0.015), (0.015, 0.09)])
def test_who_dies_is_what_plain_python_says(death, in_chemokine):
    rng = np.random.default_rng(13)
    size, key, step, hours = sized(60, 30), np.uint64(78), 5, 6.0
    sites = lattice(size, size)
    cells = settle(sites, "neutrophil", every(size, size, 2), state=rng.choice([N1, N2, NETTING], size**2 // 4))
    cxcl1 = (rng.gamma(0.7, 2.0, (size, size)) * (rng.random((size, size)) < 0.8)).astype(np.float32)
    rows = cells.rows.copy()
    died = []
    for row in rows:
        chemokine = float(cxcl1[row.row, row.column])
        rate = death + (in_chemokine - death) * chemokine / (1 + chemokine)
        died.append(row.state != NETTING and uniform(key, step, row.uid, 0) < 1 - np.exp(-rate * hours))
    age(cells.table, sites, key, step, hours, death, in_chemokine, cxcl1)
    assert ((cells.rows.alive == 0) == died).all() and 20 < sum(died) < len(rows)


@compiled_only
@pytest.mark.parametrize(
    ("level", "taken", "fold"), [(1.0, 0.0, 2.5), (9.0, 0.0, 3.7), (1.0, 0.8, 1.3), (0.0, 0.0, 1.0)]
)
def test_timp1_holds_more_in_the_sinusoids_by_cxcr4(level, taken, fold):
    interventions = [{"stimulate": "timp1", "level": level, "half_life": None}] if level else []
    interventions += [{"block": "cxcr4", "fraction": taken}] if taken else []
    model = host(mm=1.0, interventions=interventions)
    counts = []
    for _ in range(400):
        run_rule(model, "neutrophil_recruitment", 1.0)
        counts.append(model.neutrophil.count)
    wanted, memory = 15.0 * fold, 7.5 / np.log(2)
    assert np.mean(counts[60:]) == pytest.approx(wanted, abs=3.3 * np.sqrt(wanted * 2 * memory / 340))


def test_chemokine_draws_at_the_sites_plain_python_says():
    model = host()
    cxcl1 = np.random.default_rng(4).exponential(1.0, model.shape).astype(np.float32)
    cxcl1[:20] = 0.0
    model.sites.perfused[30:] = 0
    key = model.key("neutrophil_recruitment")
    places = np.flatnonzero(model.sites.kind == SINUSOID).astype(np.uint64)
    passing = model.flow.passing
    found = attracting_sites(places, model.sites.perfused, passing, cxcl1, key, 3, 5.0 * 0.5)
    assert len(found) > 30
    np.testing.assert_array_equal(found, naive_attracting(model.sites, passing, cxcl1, key, 3, 5.0, 0.5))
    assert len(attracting_sites(places, model.sites.perfused, passing, cxcl1, key, 3, 0.0)) == 0


@compiled_only
@pytest.mark.parametrize(("pool", "step"), [(1.0, "5 min"), (1.0, "10 min"), (3.0, "5 min")])
def test_chemokine_brings_cells_at_the_entry_rate(pool, step):
    model = without(host(step, mm=1.0, neutrophil=NOBODY_COMES | {"tissue_half_life": "100000 h"}))
    model.blood.levels["neutrophils"] = pool
    cxcl1 = model.fields["cxcl1"]
    cxcl1.values[:], cxcl1.at_rest = 1e6, False
    places = tuple(sinusoids(model).T)
    run_rule(model, "neutrophil_recruitment", 4.0)
    # a site that has its neutrophil takes no second one
    chances = 1 - np.exp(-0.05 * pool * 4.0 * model.flow.passing[places])
    assert abs(model.neutrophil.count - chances.sum()) < 3.3 * np.sqrt((chances * (1 - chances)).sum())
    assert_sound(model)


@compiled_only
def test_chemokine_catches_neutrophils_in_proportion_to_the_blood_that_passes():
    model = without(host(mm=1.0, neutrophil=NOBODY_COMES | {"tissue_half_life": "100000 h"}))
    cxcl1 = model.fields["cxcl1"]
    cxcl1.values[:], cxcl1.at_rest = 1e6, False
    sites = sinusoids(model)
    passing = model.flow.passing[tuple(sites.T)]
    run_rule(model, "neutrophil_recruitment", 2.0)
    caught = (model.sites.population[LUMEN] == NEUTROPHIL)[tuple(sites.T)]
    still = passing == 0.0
    strong = passing > np.median(passing[~still])
    assert not caught[still].any()
    for chosen in (strong, ~strong & ~still):
        chances = 1 - np.exp(-0.05 * 2.0 * passing[chosen])
        assert abs(caught[chosen].sum() - chances.sum()) < 3.3 * np.sqrt((chances * (1 - chances)).sum())
    assert passing[strong].mean() > 2 * passing[~strong & ~still].mean()


def test_nobody_enters_where_somebody_stands_or_no_blood_flows():
    model = without(host(neutrophil=NOBODY_COMES))
    cxcl1 = model.fields["cxcl1"]
    cxcl1.values[:], cxcl1.at_rest = 1e6, False
    for row, column in sinusoids(model):
        put(model, "kupffer", int(row), int(column))
    run_rule(model, "neutrophil_recruitment", 5.0)
    assert model.neutrophil.count == 0
    assert_sound(model)
    model = without(host())
    cxcl1 = model.fields["cxcl1"]
    cxcl1.values[:], cxcl1.at_rest = 1e6, False
    model.sites.perfused[:] = 0
    model.update_flow()
    run_rule(model, "neutrophil_recruitment", 5.0)
    assert model.neutrophil.count == 0


def test_newcomers_are_n1_and_new():
    model = host(mm=1.0, neutrophil=HOST | {"density": "300 /mm^2"})
    old = set(model.neutrophil.alive_rows().uid)
    run_rule(model, "neutrophil_recruitment", 10.0)
    rows = model.neutrophil.alive_rows()
    new = rows[[uid not in old for uid in rows.uid]]
    assert new.size > 50 and len(set(rows.uid)) == rows.size
    assert set(new.state) == {N1} and set(new.layer) == {LUMEN} and set(new.heading) == set(range(8))
    assert not new.bridging.any() and not new.nets_h.any()
    assert (model.sites.kind[new.row, new.column] == SINUSOID).all()


def test_an_empty_host_without_chemokine_stays_as_it_is():
    model = host(neutrophil=NOBODY_COMES)
    before = state_of(model)
    run_rule(model, "neutrophil_recruitment", 5.0)
    assert changed(model, before) <= {"clock/step_number"}


@compiled_only
def test_lever_cxcl1_of_hepatocytes_brings_neutrophils_by_cxcr2():
    """At a level of 0.3, of which cells feel 0.23 of the most, 0.05 /h and site bring so many to those 15 per mm2 that the blood holds."""

    def neutrophils(*interventions, hepatocytes):
        model = without(
            host("10 min", mm=0.6, fields={"cxcl1": {"hepatocytes": hepatocytes}}, interventions=list(interventions))
        )
        run_rule(model, "neutrophil_recruitment", 24.0)
        return model.neutrophil.count

    resting = neutrophils(hepatocytes=0)
    assert neutrophils(hepatocytes=0.3) > 4 * resting
    assert neutrophils({"block": "cxcr2"}, hepatocytes=0.3) < 2 * resting
