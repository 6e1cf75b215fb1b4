"""Oxygen: what must come out in a mouse lobule, and what happens where the blood no longer comes."""

import numpy as np
import pytest

from abm.tissue.sites import CENTRAL_VEIN, PARENCHYMA, PORTAL_TRACT, SINUSOID
from tests import worlds


@pytest.fixture(scope="module")
def liver():
    """Only looked at."""
    return worlds.liver(mm=1.0)


def patch(liver, radius: int) -> np.ndarray:
    row, column = np.indices(liver.shape)
    return (row - liver.shape[0] // 2) ** 2 + (column - liver.shape[1] // 2) ** 2 <= radius**2


def solve(liver, rounds: int = 20) -> np.ndarray:
    oxygen = liver.fields["oxygen"]
    oxygen.solve(liver.flow, liver.sites, liver.hepatocytes, liver.tumor_sites(), liver.vessels, rounds=rounds)
    return oxygen.values


def uptake_and_delivery(liver) -> tuple[np.ndarray, np.ndarray]:
    oxygen, sites = liver.fields["oxygen"], liver.sites
    p, values = oxygen.parameters, oxygen.values.astype(np.float64)
    demand = oxygen.demand(sites, liver.hepatocytes, liver.tumor_sites())
    open_sites = ((sites.kind == SINUSOID) & (sites.perfused != 0)) | (sites.kind == PORTAL_TRACT)
    return demand * values / (values + p.half_uptake), open_sites * p.exchange * (oxygen.blood - values)


def test_blood_enters_with_62_mmhg_and_leaves_with_about_33(liver):
    oxygen = liver.fields["oxygen"]
    assert (oxygen.blood[liver.sites.kind == PORTAL_TRACT] == 62.0).all()
    assert 28 < oxygen.blood[liver.sites.kind == CENTRAL_VEIN].mean() < 38
    assert 28 < oxygen.values[liver.sites.kind == CENTRAL_VEIN].mean() < 38


def test_the_zones_are_in_order(liver):
    means = [
        liver.fields["oxygen"].values[(liver.sites.zone == zone) & (liver.sites.kind == PARENCHYMA)].mean()
        for zone in (1, 2, 3)
    ]
    assert means[0] > means[1] > means[2]
    assert means[0] - means[2] > 5


def test_healthy_tissue_is_nowhere_hypoxic_nor_richer_than_the_blood(liver):
    values = liver.fields["oxygen"].values
    assert values.min() > 8.0 and values.max() <= 62.0


def test_blood_loses_oxygen_on_its_way(liver):
    inlets = tuple(liver.anatomy.inlets.T)
    blood, near_vein = liver.fields["oxygen"].blood, liver.anatomy.central_distance_um < 60
    assert blood[inlets].mean() > blood[near_vein & (liver.sites.kind == SINUSOID)].mean() + 10


def test_what_is_consumed_is_what_is_delivered(liver):
    uptake, delivery = uptake_and_delivery(liver)
    assert uptake.sum() == pytest.approx(delivery.sum(), rel=1e-3)
    assert (uptake[liver.sites.kind == PARENCHYMA] > 0).all()


def test_solving_again_changes_nothing(liver):
    before = liver.fields["oxygen"].values.copy()
    assert solve(liver, rounds=4) == pytest.approx(before, abs=0.05)


def test_a_collapsed_patch_becomes_hypoxic_and_recovers():
    liver = worlds.liver(mm=1.0)
    before = liver.fields["oxygen"].values.copy()
    liver.sites.perfused[patch(liver, 15) & (liver.sites.kind == SINUSOID)] = 0
    liver.update_flow()
    core, far = patch(liver, 5), ~patch(liver, 40)
    collapsed = solve(liver).copy()
    assert before[core].min() > 20 and collapsed[core].max() < 8
    assert collapsed[far].mean() == pytest.approx(before[far].mean(), abs=3)
    uptake, delivery = uptake_and_delivery(liver)
    assert uptake.sum() == pytest.approx(delivery.sum(), rel=1e-3)
    liver.sites.perfused[:] = 1
    liver.update_flow()
    assert solve(liver) == pytest.approx(before, abs=0.2)


def test_tissue_without_living_cells_burns_nothing():
    liver = worlds.liver(mm=1.0)
    liver.hepatocytes[:] = 0
    assert solve(liver, rounds=40) == pytest.approx(62.0, abs=0.1)


def test_tumor_cells_burn_oxygen_where_they_stand(liver):
    tumor = patch(liver, 3)
    demand = liver.fields["oxygen"].demand(liver.sites, liver.hepatocytes, tumor)
    assert (demand[tumor] == np.float32(liver.config.fields.oxygen.tumor)).all()
    rest = demand[~tumor]
    assert (rest[liver.sites.kind[~tumor] != PARENCHYMA] == 0).all()
    periportal = (liver.sites.zone == 1) & (liver.sites.kind == PARENCHYMA) & ~tumor
    pericentral = (liver.sites.zone == 3) & (liver.sites.kind == PARENCHYMA) & ~tumor
    p = liver.config.fields.oxygen
    assert (demand[periportal] == np.float32(p.hepatocyte_periportal)).all()
    assert (demand[pericentral] == np.float32(p.hepatocyte_pericentral)).all()
