"""Nodules in livers where every group of cells was placed by hand."""

import math

import numpy as np
import pytest

from abm.measures.look import Share
from abm.measures.topics.nodules import (
    colonies,
    colony_size_cv,
    effective_clones,
    incidence,
    lesion_diameter,
    multiclonal,
    nodule_area,
    nodule_cells,
    nodule_diameter,
    nodule_size_cv,
    nodules,
    take,
    vessel_density,
)
from abm.measures.topics.parameters import cells_of_sphere
from abm.tissue.sites import LUMEN, TISSUE
from tests.worlds import liver, put

from .worlds import look, put_tumors


def block(row, column, height, width):
    return [(row + i, column + j) for i in range(height) for j in range(width)]


@pytest.fixture
def three():
    """Groups of 16, 6 and 4 cells and a single one; the 6 stand on 5 sites and come from two founders."""
    model = liver(empty=True)
    put_tumors(model, block(4, 4, 4, 4), clone=1)
    put_tumors(model, block(20, 20, 1, 5), clone=2)
    put(model, "tumor", 20, 20, layer=LUMEN, clone=3)
    put_tumors(model, block(30, 4, 2, 2), clone=4)
    put(model, "tumor", 40, 40, layer=TISSUE, clone=5)
    return look(model)


def test_groups_of_at_least_so_many(three):
    assert [nodules(three, min_cells=n) for n in (1, 2, 4, 5, 6, 7, 17)] == [4, 3, 3, 2, 2, 1, 0]


def test_colonies_are_told_apart_where_they_have_grown_together(three):
    put_tumors(three.liver, block(4, 8, 2, 4), clone=6)  # beside the 16
    grown = look(three.liver)
    assert [nodules(grown, min_cells=n) for n in (4, 5, 9, 17)] == [3, 2, 1, 1]
    assert [colonies(grown, min_cells=n) for n in (1, 4, 5, 9, 17)] == [6, 4, 3, 1, 0]
    sizes = np.sqrt([16, 5, 4, 8])
    assert colony_size_cv(grown) == pytest.approx(sizes.std(ddof=1) / sizes.mean())
    assert math.isnan(colony_size_cv(grown, min_cells=9))


def test_solid_counts_the_cells_of_the_sphere(three):
    assert [nodules(three, min_cells=n, solid=True) for n in (6, 7, 12, 49)] == [
        3,
        2,
        1,
        0,
    ]  # 6.02, 11.06 and 48.1 cells


def test_a_sphere_through_whose_centre_the_disc_is_seen():
    radius = 6.0
    assert cells_of_sphere(math.pi * radius**2) == pytest.approx(4 / 3 * math.pi * radius**3)
    assert cells_of_sphere(np.array([1, 2])).tolist() == pytest.approx([1, 2.128], abs=1e-3)


def test_incidence_and_take(three):
    assert incidence(three, min_cells=16) == Share(1, 1)
    assert incidence(three, min_cells=17) == Share(0, 1)
    assert incidence(three, min_cells=17, solid=True) == Share(1, 1)
    assert take(three, diameter="45 um") == Share(1, 1)  # 16 sites are a disc of 45.1 um
    assert take(three, diameter="46 um") == Share(0, 1)


def test_sizes(three):
    assert nodule_cells(three) == 6
    assert nodule_cells(three, statistic="mean") == pytest.approx(26 / 3)
    assert nodule_cells(three, statistic="largest") == 16
    assert nodule_cells(three, min_cells=1) == 5
    assert nodule_cells(three, statistic="largest", solid=True) == pytest.approx(48.144, abs=1e-3)
    assert nodule_area(three) == pytest.approx((1600 + 500 + 400) / 3)
    assert nodule_diameter(three, statistic="largest") == pytest.approx(math.sqrt(4 / math.pi * 1600))
    assert lesion_diameter(three) == pytest.approx(math.sqrt(4 / math.pi * (1600 + 500 + 400 + 100))), (
        "and the single cell"
    )
    assert nodule_size_cv(three, size="cells") == pytest.approx(np.std([16, 6, 4], ddof=1) / np.mean([16, 6, 4]))
    assert nodule_size_cv(three) == pytest.approx(np.std(np.sqrt([16, 5, 4]), ddof=1) / np.mean(np.sqrt([16, 5, 4])))


def test_founders(three):
    assert multiclonal(three) == Share(1, 3)
    shares = np.array([16, 5, 1, 4]) / 26
    assert effective_clones(three) == pytest.approx(1 / (shares**2).sum())
    assert effective_clones(three, of="nodule") == pytest.approx((1 + 1 + 36 / 26) / 3)


def test_vessels_count_inside_of_nodules(three):
    for place in [(4, 4), (20, 22), (40, 40), (45, 45)]:  # in the 16, in the 6, in the single cell, in none
        three.liver.vessels[place] = 0.4
    assert vessel_density(three) == pytest.approx(2 / (25 * 1e-4))
    assert vessel_density(three, min_cells=10) == pytest.approx(1 / (16 * 1e-4))


def test_without_nodules():
    run = look(liver(empty=True))
    assert nodules(run) == colonies(run) == 0
    assert incidence(run) == Share(0, 1) and lesion_diameter(run) == 0
    assert multiclonal(run) == Share(0, 0)
    for measure in (
        nodule_cells,
        nodule_area,
        nodule_diameter,
        nodule_size_cv,
        colony_size_cv,
        effective_clones,
        vessel_density,
    ):
        assert math.isnan(measure(run))
