"""Growth between two moments, and the whole liver."""

import math

import numpy as np
import pytest
from pydantic import ValidationError

from abm.measures.look import Look
from abm.measures.request import read_request
from abm.measures.topics.growth import cells_per_liver, doubling_time, growth_rate, nodules_per_liver, response
from abm.measures.topics.tumor import founding
from tests.worlds import compiled_only, liver

from .worlds import at_hours, look, put_tumors


@pytest.fixture
def grown():
    """At 72 h clone 1 has 8 cells and clone 2 none. At 24 h (before what that step did) clone 1 had 4 and clone 2 one."""
    model = at_hours(liver(empty=True), 72)
    put_tumors(model, [(5, column) for column in range(5, 13)], clone=1)
    return look(
        model,
        (1, 0, "arrived"),
        (2, 0, "arrived"),
        *((1, 600, "divided"),) * 3,
        (1, 1440, "divided"),
        *((1, 2000, "divided"),) * 4,
        (1, 2400, "died", "hypoxia"),
        (2, 3000, "killed", "trail"),
    )


def test_the_earlier_burden_follows_from_the_ledger(grown):
    assert doubling_time(grown, since="24 h") == pytest.approx(48 / math.log2(8 / 5))
    assert growth_rate(grown, since="24 h") == pytest.approx(math.log(8 / 5) / 2)
    assert math.isnan(growth_rate(grown, since=0))  # nobody was there yet
    assert doubling_time(grown, since="23.9 h") == pytest.approx(48.1 / math.log2(8 / 5))
    assert doubling_time(grown, since="1445 min") == pytest.approx((72 - 1445 / 60) / math.log2(8 / 6))


def test_solid_takes_each_clone_for_a_sphere(grown):
    before, now = 0.75225 * 4**1.5 + 1, 0.75225 * 8**1.5
    assert growth_rate(grown, since="24 h", solid=True) == pytest.approx(math.log(now / before) / 2, rel=1e-4)


def test_what_shrinks_has_a_rate_and_no_doubling_time():
    model = at_hours(liver(empty=True), 48)
    put_tumors(model, [(5, 5)], clone=1)
    run = look(model, (1, 0, "arrived"), (1, 10, "divided"), (1, 2000, "died"))
    assert growth_rate(run, since="24 h") == pytest.approx(-math.log(2))
    assert math.isnan(doubling_time(run, since="24 h"))
    assert math.isnan(doubling_time(run, since="48 h"))


def test_a_run_responds_when_half_of_its_burden_is_gone(grown):
    assert response(grown, since="24 h") == (0, 1)  # 8 of 5 are left
    assert response(grown, since=0) == (0, 0)  # of nothing
    model = at_hours(liver(empty=True), 48)
    put_tumors(model, [(5, 5)], clone=1)
    entries = [(1, 0, "arrived"), (1, 10, "divided"), (1, 2000, "died")]
    assert response(look(model, *entries), since="24 h") == (1, 1)
    assert response(look(model, *entries), since="24 h", left=0.4) == (0, 1)
    assert response(look(model, *entries), since="48 h") == (0, 0)


def test_a_run_of_which_nothing_is_left_has_responded():
    model = at_hours(liver(empty=True), 48)
    run = look(model, (1, 0, "arrived"), (1, 2000, "killed", "cd8"))
    assert response(run, since="24 h") == (1, 1)
    assert math.isnan(growth_rate(run, since="24 h"))


def test_since_lies_before_the_look():
    with pytest.raises(ValidationError, match="since must lie before at"):
        read_request({"measure": "doubling_time", "since": "7 d", "at": "6 d"})


def test_the_whole_liver():
    model = liver(
        empty=True, parameters={"arrival": {"enrichment": 5, "liver_mass": "1.06 g", "liver_density": "1.06 g/cm^3"}}
    )
    put_tumors(model, [(5, column) for column in range(5, 9)], clone=1)
    put_tumors(model, [(30, 30)], clone=2)
    slabs = 1000.0 / (model.area_mm2 * 0.01) / 5  # 1 cm3 of liver, a slab of 10 um, five times the cells
    run = look(model)
    assert cells_per_liver(run) == pytest.approx(5 * slabs)
    assert cells_per_liver(run, solid=True) == pytest.approx((0.75225 * 8 + 1) * slabs, rel=1e-4)
    assert nodules_per_liver(run) == pytest.approx(slabs)
    assert nodules_per_liver(run, min_cells=7, solid=True) == 0


@pytest.mark.parametrize("enrichment", [1, 20])
def test_the_whole_liver_has_as_many_founders_as_the_animal(enrichment):
    arrival = {"liver_mass": "1.06 g", "liver_density": "1.06 g/cm^3", "founder_enrichment": enrichment}
    model = liver(empty=True, parameters={"arrival": arrival}, cells={"tumor": {"founder_share": 0.1}})
    put_tumors(model, [(5, column) for column in range(5, 11)], clone=1)  # of a founder
    put_tumors(model, [(15, column) for column in range(5, 10)], clone=2)  # of another cell
    put_tumors(model, [(25, column) for column in range(5, 9)], clone=-1)  # implanted
    run = look(
        model, (1, 0, "arrived", "founder"), (2, 0, "arrived"), (3, 0, "arrived"), (-1, 0, "arrived", "implant", 9)
    )
    enriched = 0.1 * enrichment / (0.1 * enrichment + 0.9)  # share of the founders among what arrives here
    founder, other = 0.1 / enriched, 0.9 / (1 - enriched)
    assert founder == pytest.approx(1) if enrichment == 1 else founder < 0.2
    slabs = 1000.0 / (model.area_mm2 * 0.01)
    assert cells_per_liver(run) == pytest.approx((6 * founder + 5 * other + 4) * slabs)
    assert nodules_per_liver(run, min_cells=5) == pytest.approx((founder + other) * slabs)
    assert nodules_per_liver(run, min_cells=6) == pytest.approx(founder * slabs)
    share = founding(run, min_cells=5)
    assert share.count == pytest.approx(founder + other) and share.of == 4


@compiled_only
def test_per_liver_numbers_do_not_depend_on_how_many_founders_are_looked_at():
    """A twentieth of the cells are founders, whose colonies live; those of others die out."""
    rules = {
        "arrest": {"wall_bond": "10 /h", "shear_death": 0},
        "extravasation": {"rapid_half_time": "0.1 h", "epithelial_speed": 1},
        "growth": {
            "cycle_time": "4 h",
            "death_rate": "0.05 /h",
            "unsupported_fold": 6,
            "dormancy_rate": 0,
            "zonation": 0,
        },
    }
    off = ("phagocytosis", "nk_killing", "net_trapping", "netosis")
    seen = []
    for enrichment in (1, 10):
        arrival = {"per_area": "250 /mm^2", "founder_enrichment": enrichment}
        model = liver(
            mm=1.4,
            rules={"arrival": arrival} | rules | dict.fromkeys(off, "off"),
            cells={"tumor": {"founder_share": 0.05, "autonomy": 0.9}},
        )
        while model.hours < 30:
            model.step()
        share = founding(Look(model, model.ledger.entries), min_cells=8)
        grown = share.count / (0.05 / model.config.rules.arrival.founders_among(0.05))  # about so many clones were seen
        seen.append((share.fraction, share.fraction / np.sqrt(max(grown, 1.0))))
    (few, error_of_few), (many, error_of_many) = seen
    assert 0.005 < many < 0.05
    assert abs(few - many) < 3.3 * np.hypot(error_of_few, error_of_many)
