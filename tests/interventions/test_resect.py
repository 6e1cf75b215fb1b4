"""Resection: nodules that are seen go with their margin, a cavity stays, and everything else is as it was."""

import numpy as np
import pytest

from abm import Simulation
from abm.app.looking import site
from abm.blood.injury import Injury
from abm.config import ConfigError
from abm.kernels.flows import REMOVED
from abm.model import LiverModel
from abm.record.scene import scene_of
from abm.tissue.pieces import from_edge
from abm.tissue.sites import CAVITY, PARENCHYMA, SINUSOID
from abm.view.recording import Recording
from tests.worlds import LIVELY, after, assert_resumes, assert_sound, changed, later, liver, put_disc, state_of

QUIET = {"injury": 0, "regeneration": 0}


def with_nodules(*discs, edges="closed", mm=0.8, rules=(), interventions=(), **keys):
    """A liver with nodules (row, column, radius in sites), and their tumor cells in the tissue."""
    model = liver(*rules, mm=mm, edges=edges, interventions=list(interventions), **keys)
    for row, column, radius in discs:
        put_disc(model, (row, column), radius)
    return model


def resected(*discs, **keys):
    own = {name: keys.pop(name) for name in ("margin", "seen", "within", "injury", "regeneration") if name in keys}
    entry = {"resect": keys.pop("resect", "all"), "start": "1 h"} | QUIET | own
    return with_nodules(*discs, interventions=[entry], **keys)


@pytest.mark.parametrize("edges", ["periodic", "closed"])
def test_nodule_and_margin_go_and_nothing_outside_of_it_is_touched(edges):
    model = resected((5, 40, 8), margin="60 um", edges=edges)
    inside = from_edge(model.tumor_sites(), 10.0, model.periodic) <= 60.0
    tissue = np.isin(model.sites.kind, (SINUSOID, PARENCHYMA))
    before, cells = state_of(later(model, 1.0)), model.tumor.count
    after(model, 1)
    assert model.tumor.count == 0 and model.ledger.total("died", "resection") == cells
    np.testing.assert_array_equal(model.cavity == 1, inside & tissue)
    for name, population in model.populations.items():
        was = before[f"cells/{name}"]
        there = (was["alive"] == 1) & inside[was["row"], was["column"]]
        gone = there & tissue[was["row"], was["column"]] if population.species.is_wall else there
        stay = was[(was["alive"] == 1) & ~gone]
        assert population.alive_rows().tobytes() == stay.tobytes(), name
        assert population.flows[REMOVED] == (0 if name == "tumor" else gone.sum()), name
    assert (before["sites/population"] == model.sites.population)[:, ~inside].all()
    assert (before["layers/hepatocytes"] == model.hepatocytes)[~inside].all()
    assert (before["sites/perfused"] == model.sites.perfused)[~inside].all()
    assert_sound(model)


def test_the_cavity_has_no_flow_and_no_layers():
    model = resected((40, 40, 12), margin="50 um")
    for lattice in (model.ecm, model.nets, model.vessels):
        lattice[:] = 0.5
    later(model, 1.1)
    hole = model.cavity == 1
    assert (model.sites.kind[hole] == CAVITY).all() and (model.flow.carries[hole] == 0).all()
    assert (model.flow.passing[hole] == 0).all() and (model.ecm[hole] == 0).all() and (model.vessels[hole] == 0).all()
    assert not (model.flow.entering | model.flow.leaving)[hole].any()
    assert (model.fields["oxygen"].values[hole] > 0).all(), "oxygen diffuses in"
    assert model.flow.inflow > 0


def test_nobody_enters_the_cavity_in_a_lively_liver():
    rules = LIVELY | {"netosis": {"rate": "0.5 /h"}}
    config = {
        "tissue": {"width": "0.6 mm", "height": "0.6 mm", "edges": "closed"},
        "rules": rules,
        "host": "human_stroma",
        "line": "mc38",
    }
    entries = [
        {"implant": 1, "cells": 200, "at": "middle", "start": "0 h"},
        {"resect": "all", "start": "1 h"},
        {"deplete": "kupffer", "start": "2 h", "recovery": "2 h"},
        {"infuse": "natural_killer", "per_area": "200 /mm^2", "start": "3 h"},
    ]
    model = later(LiverModel(**config, interventions=entries), 1.1)
    hole = model.cavity == 1
    assert hole.sum() > 300
    for _ in range(10):
        later(model, 1.0)
        assert not model.sites.population[:, hole].any()
        assert not (model.nets[hole] > 0).any() and not (model.ecm[hole] > 0).any()
        assert_sound(model)
    assert model.neutrophil.count and model.tumor.count, "elsewhere life goes on"


def test_what_nobody_sees_stays_and_recurs():
    immortal = {"growth": {"death_rate": "0 /h", "dormancy_rate": "0 /h"}}
    model = resected((40, 30, 12), (40, 70, 2), margin="50 um", rules=("growth",), parameters=immortal)
    later(model, 2.0)
    left = model.tumor.alive_rows()
    assert 0 < left.size < 20 and (left.column > 60).all()
    assert later(model, 120.0).tumor.count > 2 * left.size


@pytest.mark.parametrize(
    ("chosen", "left"),
    [
        ({"resect": "largest"}, 1),
        ({"resect": "all"}, 0),
        ({"seen": "200 um"}, 1),
        ({"within": {"x": "0.6 mm", "y": "0.4 mm", "radius": "100 um"}}, 1),
        ({"within": {"x": "0.6 mm", "y": "0.7 mm", "radius": "100 um"}}, 2),
    ],
)
def test_who_is_chosen(chosen, left):
    model = resected((40, 20, 12), (40, 60, 7), margin="20 um", **chosen)
    later(model, 1.1)
    columns = model.tumor.alive_rows().column
    assert [(columns < 40).any(), (columns > 40).any()].count(True) == left
    if "within" in chosen and left == 1:
        assert (columns < 40).all()


def test_where_nothing_is_seen_nothing_happens():
    operated, other = resected((40, 40, 3), seen="0.3 mm"), with_nodules((40, 40, 3))
    assert changed(later(operated, 2.0), later(other, 2.0)) == set()


def test_it_hurts_the_liver_and_makes_it_regenerate_as_stimuli_do():
    course = [0.5, 1.0, 25.0, 73.0]
    mine = resected(injury=2, regeneration=1)
    entries = [{"stimulate": means, "level": level, "start": "1 h", "half_life": half}
               for means, level, half in (("surgery", 2, "24 h"), ("hepatectomy", 1, "3 d"))]  # fmt: skip
    theirs = with_nodules(interventions=entries)
    for name in ("injury", "regeneration", "lps"):
        for hours in course:
            assert mine.given(name, hours) == pytest.approx(theirs.given(name, hours))
    later(mine, 3.0), later(theirs, 3.0)
    assert mine.blood["injury"] == theirs.blood["injury"] > 1 and Injury.name == "injury"


def test_injury_draws_neutrophils_that_cast_nets():
    """The lever: nets within a day, with the injury of the operation and without."""

    def nets(**level):
        model = resected((40, 40, 5), rules=("neutrophil_recruitment", "netosis"), **level)
        return int((later(model, 24.0).nets > 0).sum())

    assert nets(injury=3) > 1.5 * nets(injury=0)


def test_resumes_before_and_after():
    def make():
        entries = [
            {"implant": 1, "cells": 150, "at": "middle"},
            {"resect": "all", "start": "1 h"},
            {"deplete": "kupffer", "start": "1.5 h", "recovery": "2 h"},
        ]
        return LiverModel(tissue={"width": "0.6 mm", "height": "0.6 mm"}, rules=LIVELY, interventions=entries)

    assert_resumes(make, 0.5, 2.0)
    assert_resumes(make, 2.0, 2.0)
    copied = later(make(), 2.0).copy()
    assert changed(later(copied, 1.0), later(make(), 3.0)) == set()


def test_an_earlier_state_has_its_tissue_back():
    model = resected((40, 40, 10))
    start = state_of(model)
    later(model, 1.1)
    assert (model.sites.kind == CAVITY).any()
    model.load_state(start)
    assert (model.sites.kind == model.anatomy.kind).all()
    assert_sound(model)


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"resect": "some"}, "'all' or 'largest'"),
        ({"resect": "all", "margin": 5}, "the unit is missing"),
        ({"resect": "all", "within": {"x": "1 mm", "y": "1 mm"}}, "radius"),
        ({"resect": "all", "within": {"x": "9 mm", "y": "1 mm", "radius": "1 mm"}}, "outside of the tissue"),
        ({"resect": "all", "marign": "1 mm"}, "margin"),
    ],
)
def test_mistakes_are_told(entry, says):
    with pytest.raises(ConfigError, match=says):
        LiverModel("quickstart", interventions=[entry])


def test_pictures_and_snapshots_show_the_cavity(tmp_path):
    entries = [{"implant": 1, "cells": 100, "at": "middle"}, {"resect": "all", "start": "1 h", "margin": "50 um"}]
    tissue = {"width": "0.5 mm", "height": "0.5 mm", "edges": "closed"}
    config = {"tissue": tissue, "duration": "2 h", "interventions": entries, "record": {"snapshots": "1 h"}}
    model = LiverModel(**config)
    Simulation(model, folder=tmp_path / "run").run()
    recording = Recording(tmp_path / "run")
    first, last = (recording.scene(frame).scars for frame in (0, -1))
    assert not first.any()
    np.testing.assert_array_equal(last, 2 * model.cavity)
    assert "cavity" in recording.present and "ablated" not in recording.present
    row, column = np.argwhere(model.cavity)[0]
    assert dict(site(model, int(row), int(column)).facts)["what it is"] == "cavity"
    model.show(pixels=200)
    plain = LiverModel(**(config | {"interventions": entries[:1]}))
    assert scene_of(plain).scars is None, "other runs keep none"
