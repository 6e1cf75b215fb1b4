"""Arrest: what holds a passing cell, and what becomes of a held one."""

import numpy as np
import pytest

from abm.cells.tumor import ADHERENT, CIRCULATING, DORMANT, EXTRAVASATED, HELD
from abm.kernels.random import uniform
from abm.ledger import cause, event
from abm.rules.arrest import Arrest
from abm.rules.holding import NOTHING_HOLDS, Holding, held_by, holding
from abm.tissue.sites import LUMEN, TISSUE
from tests.worlds import (
    again,
    assert_chance,
    assert_sound,
    changed,
    compiled_only,
    ending,
    later,
    liver,
    put,
    run_rule,
    sinusoids,
    state_of,
    without,
)

RATES = {
    "wall_bond": "0.02 /h",
    "e_selectin_bond": "0.6 /h",
    "vcam1_bond": "0.1 /h",
    "icam1_bond": "0.1 /h",
    "kupffer_bond": "0.05 /h",
    "neutrophil_bond": "0.15 /h",
    "net_bond": "0.3 /h",
    "ecm_bond": "0.1 /h",
    "platelet_bond": "0.2 /h",
    "detachment": "0.1 /h",
    "shear_death": "0.01 /h",
    "contact_hold": 10,
}
HOLDING = Holding(size=0.004, reference_misfit=0.6, wall=0.002, kupffer=0.03, net_fold=5.0)


def touching_kupffer(model):
    """One free sinusoid site that touches a Kupffer cell and one that does not."""
    touched = np.zeros(model.shape, bool)
    for cell in model.kupffer.alive_rows():
        touched[max(cell.row - 1, 0) : cell.row + 2, max(cell.column - 1, 0) : cell.column + 2] = True
    free = sinusoids(model)
    inner = free[(free > 1).all(axis=1) & (free < model.shape[0] - 2).all(axis=1)]
    on = touched[inner[:, 0], inner[:, 1]]
    return tuple(inner[on][0]), tuple(inner[~on][0])


def naive_hazards(holding, kupffer, net, radius_um, diameter_um):
    misfit = max(diameter_um / (2 * radius_um) - 1, 0) / holding.reference_misfit
    hazards = {
        cause.KUPFFER: holding.kupffer if kupffer else 0.0,
        cause.SIZE: holding.size * misfit**2,
        cause.WALL: holding.wall,
    }
    return hazards | {cause.NET: holding.net_fold * net * sum(hazards.values())}


@pytest.mark.parametrize("kupffer", [True, False])
@pytest.mark.parametrize("net", [0.0, 1.0])
@pytest.mark.parametrize("diameter", [8.0, 14.0])
def test_holding_is_the_competition_of_its_hazards(kupffer, net, diameter):
    model = liver()
    site = touching_kupffer(model)[0 if kupffer else 1]
    nets = np.full(model.shape, net, np.float32)
    draws = (np.arange(4000) + 0.5) / 4000
    seen = (
        np.bincount(
            [
                held_by(
                    HOLDING,
                    model.sites,
                    nets,
                    np.float32(4.4),
                    np.float32(diameter),
                    int(site[0]),
                    int(site[1]),
                    10.0,
                    draw,
                )
                for draw in draws
            ],
            minlength=20,
        )
        / draws.size
    )
    hazards = naive_hazards(HOLDING, kupffer, net, 4.4, diameter)
    total = sum(hazards.values())
    for reason, hazard in hazards.items():
        assert seen[reason] == pytest.approx(-np.expm1(-10.0 * total) * hazard / total, abs=1e-3)
    assert seen[cause.NONE] == pytest.approx(np.exp(-10.0 * total), abs=1e-3)


def test_nothing_holds_without_the_rule():
    model = liver()
    site = touching_kupffer(model)[0]
    assert (
        held_by(NOTHING_HOLDS, model.sites, model.nets, np.float32(4.4), np.float32(20), *map(int, site), 10.0, 0.0)
        == cause.NONE
    )
    assert holding(model) == NOTHING_HOLDS


def test_the_reference_cell_is_held_as_configured():
    parameters = Arrest.Parameters(mechanical=0.6)
    held = Arrest(parameters).holding(300.0, 5.0)
    lumen = 8.66 * np.exp(0.102 * np.random.default_rng(1).standard_normal(200_000))
    mean = (np.maximum(14.0 / lumen - 1.0, 0.0) ** 2).mean() / held.reference_misfit**2
    assert 1.0 - np.exp(-held.size * mean * 300.0) == pytest.approx(0.6, abs=0.003)
    certain = Arrest(Arrest.Parameters(mechanical=1)).holding(300.0, 0.0)
    assert 1.0 - np.exp(-certain.size * 300.0) == pytest.approx(1.0) and np.isfinite(certain.size)
    loose = Arrest(Arrest.Parameters(reference_diameter="5 um", reference_lumen="5 um", reference_lumen_log_sd=0))
    assert np.isfinite(loose.holding(300.0, 0.0).reference_misfit)


# --- held cells -----------------------------------------------------------------------------------------------------


def held_cells(step="5 min", parameters=None, cells=None, **columns):
    """A liver with a held cell on every fourth free sinusoid site, in median flow, and nobody else."""
    model = liver("arrest", step=step, parameters={"arrest": RATES | (parameters or {})}, cells=cells or {})
    without(model)
    model.shear[:] = 1.0
    for row, column in sinusoids(model)[::4]:
        put(model, "tumor", int(row), int(column), state=HELD, **columns)
    return model


def outcomes(model, hours, rounds):
    """Fates after `hours`, of all cells over a number of rounds with different chances."""
    start, seen = state_of(model), np.zeros(4, int)
    for n in range(rounds):
        run_rule(again(model, start, 5000 * n), "arrest", hours)
        seen += (ending(model, event.ADHERENT), ending(model, event.DETACHED), ending(model, event.DIED), 1)
    assert_sound(model)
    return seen[:3], rounds * np.count_nonzero(start["cells/tumor"]["alive"])


def everywhere(model, **levels):
    for name, level in levels.items():
        model.endothelium.rows[name] = level


def on_wall(model):
    return {"wall": 0.02}


def on_selectin(model):
    everywhere(model, e_selectin=0.5)
    return {"wall": 0.02, "e_selectin": 0.3}


def on_cams(model):
    everywhere(model, vcam1=1.0, icam1=0.5)
    return {"wall": 0.02, "vcam1": 0.1, "icam1": 0.05}


def in_nets(model):
    model.tumor.rows.net[:] = 0.5
    return {"wall": 0.02, "net": 0.15}


def on_matrix(model):
    model.ecm[:] = 0.5
    return {"wall": 0.02, "ecm": 0.05}


def in_platelets(model):
    model.tumor.rows.platelets[:] = 0.5
    model.shear[:] = 1.0
    return {"wall": 0.02, "platelet": 0.1}


@compiled_only
@pytest.mark.parametrize("step", ["5 min", "10 min"])
@pytest.mark.parametrize(
    ("where", "hold"),
    [(on_wall, 1.0), (on_selectin, 1.0), (on_cams, 1.0), (in_nets, 5.5), (on_matrix, 1.0), (in_platelets, 1.0)],
)
def test_fates_follow_their_rates(where, hold, step):
    model = held_cells(step)
    bonds = where(model)
    hours = 2.0
    start = state_of(model)
    causes = dict.fromkeys(bonds, 0)
    fates, cells = np.zeros(3, int), 0
    for n in range(16):
        run_rule(again(model, start, 5000 * n), "arrest", hours)
        fates += (ending(model, event.ADHERENT), ending(model, event.DETACHED), ending(model, event.DIED))
        cells += model.ledger.total("arrived")
        for name in bonds:
            causes[name] += model.ledger.total("adherent", name)
    assert sum(causes.values()) == fates[0]
    rates = np.array([sum(bonds.values()), 0.1 / hold, 0.005 if "platelet" in bonds else 0.01])
    gone = -np.expm1(-rates.sum() * hours)
    for seen, rate in zip(fates, rates, strict=True):
        assert_chance(seen, cells, gone * rate / rates.sum())
    for name, rate in bonds.items():
        assert_chance(causes[name], cells, gone * rate / rates.sum())


@compiled_only
@pytest.mark.parametrize(("name", "bond", "hold"), [("kupffer", 0.05, 10.0), ("neutrophil", 0.15, 1.0)])
def test_cells_of_the_host_bind_those_they_touch(name, bond, hold):
    model = without(liver("arrest", parameters={"arrest": RATES}))
    model.shear[:] = 1.0
    for row, column in sinusoids(model)[::12]:
        put(model, name, int(row), int(column))
        around = [(r, c) for r, c in sinusoids(model) if max(abs(r - row), abs(c - column)) == 1]
        if around:
            put(model, "tumor", int(around[0][0]), int(around[0][1]), state=HELD)
    fates, cells = outcomes(model, 2.0, 60)
    rates = np.array([0.02 + bond, 0.1 / hold, 0.01])
    for seen, rate in zip(fates, rates, strict=True):
        assert_chance(seen, cells, -np.expm1(-rates.sum() * 2.0) * rate / rates.sum())


@compiled_only
def test_platelets_protect_from_shear_and_slow_flow_spares():
    cloaked = held_cells(parameters={"shear_death": "0.1 /h", "platelet_bond": "0 /h"}, platelets=0.75)
    fates, cells = outcomes(cloaked, 2.0, 10)
    rates = np.array([0.02, 0.1, 0.025])
    assert_chance(fates[2], cells, -np.expm1(-rates.sum() * 2.0) * rates[2] / rates.sum())
    slow = held_cells(parameters={"shear_death": "0.1 /h"})
    slow.shear[:] = 0.0
    fates, cells = outcomes(slow, 2.0, 10)
    assert fates[1] == fates[2] == 0
    assert_chance(fates[0], cells, -np.expm1(-0.02 * 2.0))


def test_a_touching_cell_of_the_same_cluster_shelters_from_shear():
    """One long step in which only shear acts: each cell dies as its number says, at half the rate in company."""
    still = dict.fromkeys(RATES.keys() - {"contact_hold", "shear_death"}, "0 /h")
    for cluster, fold in ((5, 0.5), (6, 1.0)):
        model = held_cells(parameters=still | {"shear_death": "8 /h"}, cluster=5)
        for slot in np.flatnonzero(model.tumor.used.alive):
            cell = model.tumor.rows[slot]
            put(model, "tumor", int(cell.row), int(cell.column), layer=TISSUE, cluster=cluster)
        held = model.tumor.used.state == HELD
        model.tumor.used.cluster[held] += np.arange(held.sum(), dtype=np.uint64) * np.uint64(10)  # each its own cluster
        model.tumor.used.cluster[~held] += np.arange(held.sum(), dtype=np.uint64) * np.uint64(10)
        uids = model.tumor.used.uid[held]
        dying = [uniform(model.key("arrest"), 0, uid, 0) < -np.expm1(-8.0 * fold * model.dt_hours) for uid in uids]
        run_rule(model, "arrest", model.dt_hours)
        gone = set(model.ledger.entries.uid[model.ledger.entries.event == event.DIED])
        assert gone == set(uids[np.array(dying)]) and 20 < len(gone) < uids.size
        assert_sound(model)


def test_what_comes_loose_belongs_to_no_cluster():
    model = held_cells(
        parameters=dict.fromkeys(RATES.keys() - {"contact_hold"}, "0 /h") | {"detachment": "8 /h"}, cluster=5
    )
    run_rule(model, "arrest", model.dt_hours)
    cells = model.tumor.alive_rows()
    np.testing.assert_array_equal(cells.cluster, np.where(cells.state == CIRCULATING, 0, 5))
    assert 0 < (cells.cluster == 0).sum() < cells.size


def test_a_line_without_ligands_feels_no_selectin():
    model = held_cells(
        parameters={"wall_bond": "0 /h", "detachment": "0 /h", "shear_death": "0 /h", "e_selectin_bond": "3 /h"},
        cells={"tumor": {"selectin_ligands": 0, "integrins": 0}},
    )
    everywhere(model, e_selectin=1.0, vcam1=1.0, icam1=1.0)
    run_rule(model, "arrest", 5.0)
    assert len(model.ledger.entries) == 0


@pytest.mark.parametrize(
    ("line", "taken"), [({"integrins": 0}, []), ({}, [{"knock_out": "gpiib_iiia"}]), ({}, [{"block": "gpiib_iiia"}])]
)
def test_platelets_hold_by_gpiib_iiia_and_the_integrins_of_the_line(line, taken):
    still = dict.fromkeys(RATES.keys() - {"contact_hold"}, "0 /h") | {"platelet_bond": "1 /h"}

    def bound(**config):
        model = without(liver("arrest", parameters={"arrest": still}, **config))
        for row, column in sinusoids(model)[::4]:
            put(model, "tumor", int(row), int(column), state=HELD, platelets=0.8)
        later(model, 2.0)
        return model.ledger.total("adherent", "platelet")

    assert bound() > 50
    assert bound(cells={"tumor": line}, interventions=taken) == 0


def test_events_are_what_plain_python_says():
    model = held_cells("1 h", parameters={"detachment": "1 /h", "shear_death": "0.1 /h"})
    rng = np.random.default_rng(3)
    for name in ("e_selectin", "vcam1", "icam1"):
        model.endothelium.rows[name] = rng.random(model.endothelium.rows.size)
    model.ecm[:] = rng.random(model.shape)
    model.shear[:] = 2 * rng.random(model.shape)
    model.tumor.used.net = rng.random(model.tumor.count)
    model.tumor.used.platelets = rng.random(model.tumor.count)
    model.step_number = 7
    expected = {}
    for cell in model.tumor.alive_rows():
        wall = model.endothelium.rows[model.sites.endothelium[cell.row, cell.column]]
        shear, net = float(model.shear[cell.row, cell.column]), float(cell.net)
        ways = [
            (event.ADHERENT, cause.WALL, 0.02),
            (event.ADHERENT, cause.E_SELECTIN, 0.6 * float(wall.e_selectin)),
            (event.ADHERENT, cause.VCAM1, 0.1 * float(wall.vcam1)),
            (event.ADHERENT, cause.ICAM1, 0.1 * float(wall.icam1)),
            (event.ADHERENT, cause.NET, 0.3 * net),
            (event.ADHERENT, cause.ECM, 0.1 * float(model.ecm[cell.row, cell.column])),
            (event.ADHERENT, cause.PLATELET, 0.2 * float(cell.platelets)),
            (event.DETACHED, cause.SHEAR, shear / (1 + 9 * net)),
            (event.DIED, cause.SHEAR, 0.1 * shear * (1 - float(cell.platelets))),
        ]
        total = sum(rate for _, _, rate in ways)
        if uniform(model.key("arrest"), 7, cell.uid, 0) < 1 - np.exp(-total):
            left = uniform(model.key("arrest"), 7, cell.uid, 1) * total
            for what, why, rate in ways:
                if left < rate:
                    expected[int(cell.uid)] = (what, why)
                    break
                left -= rate
    model.rules["arrest"].apply(model)
    assert {int(e.uid): (int(e.event), int(e.cause)) for e in model.ledger.entries} == expected
    assert len(expected) > 50 and {what for what, _ in expected.values()} == {
        event.ADHERENT,
        event.DETACHED,
        event.DIED,
    }
    assert_sound(model)


def test_a_detached_cell_leaves_its_site_and_an_adherent_one_keeps_it():
    for fast, state in ({"detachment": "1 /h"}, CIRCULATING), ({"wall_bond": "0.1 /h"}, ADHERENT):
        model = held_cells(
            step="1 h", parameters={"wall_bond": "0 /h", "detachment": "0 /h", "shear_death": "0 /h"} | fast
        )
        run_rule(model, "arrest", 5.0)
        cells = model.tumor.alive_rows()
        changed = cells[cells.state != HELD]
        assert changed.size > 20 and set(changed.state) == {state}
        standing = model.sites.population[LUMEN][changed.row, changed.column] != 0
        assert standing.all() if state == ADHERENT else not standing.any()
        assert_sound(model)


def test_only_held_cells_are_concerned():
    model = without(liver("arrest", parameters={"arrest": {"detachment": "1 /h", "wall_bond": "0.1 /h"}}))
    before = state_of(model)
    run_rule(model, "arrest", 1.0)
    assert changed(model, before) <= {"clock/step_number"}
    sites = sinusoids(model)
    put(model, "tumor", *map(int, sites[0]), state=ADHERENT)
    for site, state in ((sites[1], EXTRAVASATED), (sites[2], DORMANT)):
        put(model, "tumor", *map(int, site), state=state, layer=TISSUE)
    before = state_of(model)
    run_rule(model, "arrest", 20.0)
    assert changed(model, before) <= {"clock/step_number"}


def test_zero_rates_leave_held_cells_alone():
    still = dict.fromkeys(RATES.keys() - {"contact_hold"}, "0 /h")
    model = held_cells(parameters=still)
    everywhere(model, e_selectin=1.0, vcam1=1.0)
    before = state_of(model)
    run_rule(model, "arrest", 24.0)
    assert changed(model, before) <= {"clock/step_number"}
