"""Growth between two moments, and the whole liver."""

import math

import pytest
from pydantic import ValidationError

from abm.measures.request import read_request
from abm.measures.topics.growth import cells_per_liver, doubling_time, growth_rate, nodules_per_liver
from tests.worlds import liver

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
