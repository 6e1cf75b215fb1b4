"""Ablation: all die in the zone but for those beside vessels, the tissue stays dead, and cold provokes."""

import numpy as np
import pytest

from abm.cells.neutrophil import NETTING
from abm.config import ConfigError
from abm.kernels.flows import DESTROYED
from abm.model import LiverModel
from abm.tissue.pieces import from_edge
from abm.tissue.sites import CENTRAL_VEIN, PORTAL_TRACT
from tests.worlds import LIVELY, after, assert_chance, assert_resumes, assert_sound, later, liver, put_disc, state_of


def ablated(*discs, rules=(), mm=0.8, edges="closed", cells=None, parameters=None, **entry):
    entry = {"ablate": "all", "start": "1 h", "margin": "60 um"} | entry
    model = liver(*rules, mm=mm, edges=edges, interventions=[entry], cells=cells or {}, parameters=parameters)
    for row, column, radius in discs:
        put_disc(model, (row, column), radius)
    return model


@pytest.mark.parametrize("edges", ["periodic", "closed"])
def test_without_sink_all_die_in_the_zone_and_nothing_outside_of_it_is_touched(edges):
    model = ablated((5, 40, 8), edges=edges, heat_sink=0)
    zone = from_edge(model.tumor_sites(), 10.0, model.periodic) <= 60.0
    before, cells = state_of(later(model, 1.0)), model.tumor.count
    after(model, 1)
    assert model.ledger.total("died", "ablation") == cells and model.tumor.count == 0
    np.testing.assert_array_equal(model.ablated == 1, zone)
    assert not model.sites.population[:, zone].any() and not model.hepatocytes[zone].any()
    assert (before["sites/population"] == model.sites.population)[:, ~zone].all()
    assert (before["layers/hepatocytes"] == model.hepatocytes)[~zone].all()
    assert (before["sites/perfused"] == model.sites.perfused)[~zone].all()
    for name, population in model.populations.items():
        gone = int((before[f"cells/{name}"]["alive"] == 1).sum()) - population.count
        assert population.flows[DESTROYED] == (0 if name == "tumor" else gone), name
        assert gone == 0 or not population.species.is_wall
    assert (model.flow.carries[zone] == 0).all()
    assert_sound(model)


@pytest.mark.parametrize("share", [0.2, 0.6])
def test_beside_large_vessels_survives_the_share_that_the_distance_says(share):
    """At the sites of a ring around the vessels, against share * exp(-distance / reach)."""
    model = ablated((60, 60, 58), mm=1.2, heat_sink=share, sink_reach="30 um", margin="0 um")
    vessel = np.isin(model.anatomy.kind, (PORTAL_TRACT, CENTRAL_VEIN))
    tumor = model.sites.population[1] == model.tumor.code
    away = np.where(vessel, 0, np.minimum(model.anatomy.portal_distance_um, model.anatomy.central_distance_um))
    later(model, 1.1)
    survives = model.sites.population[1] == model.tumor.code
    for near, far in ((5, 15), (15, 25), (25, 60)):
        ring = tumor & (away > near) & (away < far)
        assert ring.sum() > 300
        assert_chance(int(survives[ring].sum()), int(ring.sum()), share * float(np.exp(-away[ring] / 30.0).mean()))
    assert survives[tumor & (away > 250)].sum() == 0
    assert (model.ablated[survives] == 0).all() and model.tumor.count == survives.sum()
    assert_sound(model)


def test_a_survivor_keeps_all_that_is_at_its_site():
    model = ablated((40, 40, 20), heat_sink=1, sink_reach="1 mm", margin="100 um")
    cells = {name: population.count for name, population in model.populations.items()}
    later(model, 1.1)
    dead = model.ablated == 1
    assert 0 < dead.sum() < 1000
    assert sum(cells.values()) - sum(population.count for population in model.populations.values()) > 0
    alive = model.hepatocytes[(model.ablated == 0) & (model.sites.kind == 2) & ~model.tumor_sites()]
    assert alive.any()


def test_new_vessels_shelter_only_if_asked():
    left = []
    for share in (0.0, 0.5):
        model = ablated((40, 40, 15), heat_sink=0, arterial_sink=share)
        model.vessels[35:46:10, 35:46:10] = 1.0
        later(model, 1.1)
        left.append(model.tumor.count)
        assert not model.vessels[model.ablated == 1].any()
    assert left[0] == 0 < left[1]


def test_dead_tissue_stays_without_flow_and_can_be_grown_into():
    immortal = {"growth": {"death_rate": "0 /h", "dormancy_rate": "0 /h", "cycle_time": "6 h"}}
    entry = {"ablate": "largest", "start": "1 h", "margin": "60 um", "heat_sink": 0}
    model = liver(
        "growth", "perfusion", mm=0.8, edges="closed", interventions=[entry], parameters=immortal,
        cells={"tumor": {"autonomy": 1}},
    )  # fmt: skip
    put_disc(
        model,
        (
            40,
            30,
        ),
        12,
    )
    put_disc(model, (40, 54), 3)
    later(model, 1.1)
    dead = model.ablated == 1
    assert model.tumor.count > 0
    later(model, 60.0)
    assert (model.sites.perfused[dead & (model.sites.kind == 1)] == 0).all()
    assert (model.sites.population[1] == model.tumor.code)[dead].sum() > 10
    assert_sound(model)


def test_cold_provokes_nets_in_the_rim_only():
    """The lever: neutrophils that begin to cast nets, and nets, by mode."""
    nets = {}
    for mode in ("heat", "cryo"):
        many, by_nobody_else = {"neutrophil": {"density": "1000 /mm^2"}}, {"netosis": {"rate": "0 /h"}}
        how = {"rules": ("netosis",), "cells": many, "parameters": by_nobody_else}
        model = ablated((40, 40, 12), mode=mode, rim_netosis=1, **how)
        zone = from_edge(model.tumor_sites(), 10.0, False) <= 60.0
        later(model, 1.0)
        after(model, 1)
        cells, away = model.neutrophil.alive_rows(), from_edge(zone, 10.0, False)
        provoked = cells.state == NETTING
        near = (away[cells.row, cells.column] > 0) & (away[cells.row, cells.column] <= 100.0)
        np.testing.assert_array_equal(provoked, near if mode == "cryo" else np.zeros_like(near))
        assert near.sum() > 20
        nets[mode] = int((later(model, 4.0).nets > 0).sum())
    assert nets["cryo"] > 100 > nets["heat"]


def test_cold_leaves_more_antigen_than_heat_and_a_resection_none():
    left = {}
    for name, entry in {
        "heat": {"ablate": "all", "start": "1 h"},
        "cryo": {"ablate": "all", "mode": "cryo", "start": "1 h"},
        "resect": {"resect": "all", "start": "1 h"},
    }.items():
        model = liver("debris", mm=0.8, interventions=[entry], cells={"dendritic": {"density": "20 /mm^2"}})
        put_disc(model, (40, 40), 10)
        cells = model.tumor.count
        left[name] = float(later(model, 1.1).debris.sum()) / cells
    faded = 0.5 ** (1 / 12 / 12)
    assert left["cryo"] == pytest.approx(faded, rel=0.02)
    assert left["heat"] == pytest.approx(0.3 * left["cryo"], rel=0.02) and left["resect"] == 0


def test_resumes_before_and_after():
    def make():
        entries = [{"implant": 1, "cells": 150, "at": "middle"}, {"ablate": "all", "mode": "cryo", "start": "1 h"}]
        return LiverModel(tissue={"width": "0.6 mm", "height": "0.6 mm"}, rules=LIVELY, interventions=entries)

    assert_resumes(make, 0.5, 2.0)
    assert_resumes(make, 2.0, 2.0)


def test_mistakes_are_told():
    with pytest.raises(ConfigError, match="'heat' or 'cryo'"):
        LiverModel("quickstart", interventions=[{"ablate": "all", "mode": "cold"}])
