import dataclasses
import functools
import time

import numpy as np
import pytest

from abm.tissue.anatomy import grow
from abm.tissue.measure import anatomy_figures, in_blocks, plate_widths
from abm.tissue.parameters import TissueParameters
from abm.tissue.sites import CENTRAL_VEIN, PARENCHYMA, PORTAL_TRACT, SINUSOID
from abm.tissue.thinning import reached

TISSUES = {
    "mouse": {},
    "mouse, closed": {"edges": "closed"},
    "oblong": {"height": "1 mm", "width": "1.2 mm"},
    "small, closed": {"height": "0.64 mm", "width": "0.64 mm", "edges": "closed"},
    "human": {"height": "3 mm", "width": "3 mm", "portal_central_distance": "500 um"},
}
SEEDS = (1, 2, 3)


@functools.cache
def tissue(name, seed):
    return grow(TissueParameters(**TISSUES[name]), seed)


every_tissue = pytest.mark.parametrize("name, seed", [(name, seed) for name in TISSUES for seed in SEEDS])


@every_tissue
def test_sinusoids_are_thin_and_fill_a_quarter_to_a_third(name, seed):
    anatomy = tissue(name, seed)
    sinusoid = anatomy.kind == SINUSOID
    assert 0.25 <= sinusoid.mean() <= 0.35
    assert in_blocks(anatomy.kind, anatomy.periodic).sum() < 0.10 * sinusoid.sum()


@every_tissue
def test_plates_are_mostly_two_to_four_sites_wide(name, seed):
    anatomy = tissue(name, seed)
    widths = np.rint(plate_widths(anatomy.kind, anatomy.periodic)[anatomy.kind == PARENCHYMA])
    assert ((widths >= 2) & (widths <= 4)).mean() > 0.65
    assert (widths > 4).mean() < 0.10


@every_tissue
def test_every_sinusoid_lies_between_a_portal_tract_and_a_central_vein(name, seed):
    anatomy = tissue(name, seed)
    sinusoid = anatomy.kind == SINUSOID
    for source in (PORTAL_TRACT, CENTRAL_VEIN):
        assert np.array_equal(reached(anatomy.kind, sinusoid, source, anatomy.periodic), sinusoid)


@pytest.mark.parametrize("name", ["mouse", "human"])
def test_portal_central_distance_is_the_configured_one(name):
    wanted = TissueParameters(**TISSUES[name]).portal_central_distance
    for seed in SEEDS:
        anatomy = tissue(name, seed)
        assert anatomy.portal_central_um.mean() == pytest.approx(wanted, rel=0.06)
        # What is grown agrees with what was laid out: from each tract to the nearest middle of a vein.
        size = np.array(anatomy.shape) * anatomy.spacing_um
        apart = np.abs(anatomy.portal_tracts_um[:, None] - anatomy.centres_um[None])
        nearest = np.hypot(*np.moveaxis(np.minimum(apart, size - apart), -1, 0)).min(axis=1)
        assert nearest.mean() == pytest.approx(wanted, rel=0.10)


@every_tissue
def test_vessels_have_their_widths(name, seed):
    anatomy = tissue(name, seed)
    vein_area = (anatomy.kind == CENTRAL_VEIN).sum() / len(anatomy.centres_um) * anatomy.spacing_um**2
    assert 2 * np.sqrt(vein_area / np.pi) == pytest.approx(60, rel=0.2)
    assert (anatomy.kind == PORTAL_TRACT).mean() < 0.08


@every_tissue
def test_zones_follow_the_way_from_portal_to_central(name, seed):
    anatomy = tissue(name, seed)
    portal, central = anatomy.portal_distance_um, anatomy.central_distance_um
    position = portal / (portal + central)
    assert np.all(anatomy.zone[anatomy.kind == PORTAL_TRACT] == 1)
    assert np.all(anatomy.zone[anatomy.kind == CENTRAL_VEIN] == 3)
    bounds = [position[anatomy.zone == zone] for zone in (1, 2, 3)]
    assert bounds[0].max() <= bounds[1].min() and bounds[1].max() <= bounds[2].min()
    # In the classic lobule the outer zones are the larger ones.
    shares = [(anatomy.zone == zone).mean() for zone in (1, 2, 3)]
    assert shares[0] > shares[1] > shares[2] > 0.05


def test_lattices_have_their_types_and_fit_together():
    anatomy = tissue("oblong", 1)
    assert anatomy.shape == (100, 120)
    types = {
        "kind": np.uint8,
        "zone": np.uint8,
        "lobule": np.int32,
        "radius_um": np.float32,
        "portal_distance_um": np.float32,
        "central_distance_um": np.float32,
    }
    for name, dtype in types.items():
        lattice = getattr(anatomy, name)
        assert lattice.shape == anatomy.shape and lattice.dtype == dtype and lattice.flags.c_contiguous
    assert set(np.unique(anatomy.lobule)) == set(range(len(anatomy.centres_um)))
    assert anatomy.inlets.dtype == np.int32
    assert np.all(anatomy.kind[tuple(anatomy.inlets.T)] == SINUSOID)
    assert np.all(anatomy.portal_distance_um[tuple(anatomy.inlets.T)] < 1.5 * anatomy.spacing_um)
    assert np.array_equal(anatomy.radius_um > 0, anatomy.kind == SINUSOID)


def test_radii_are_lognormal_as_measured():
    anatomy = tissue("mouse", 1)
    logarithm = np.log(anatomy.radius_um[anatomy.kind == SINUSOID].astype(float))
    assert np.exp(np.median(logarithm)) == pytest.approx(4.33, rel=0.01)
    assert logarithm.std() == pytest.approx(0.102, rel=0.05)


def test_same_seed_same_tissue():
    again = grow(TissueParameters(**TISSUES["oblong"]), 1)
    for field in dataclasses.fields(again):
        assert np.array_equal(getattr(again, field.name), getattr(tissue("oblong", 1), field.name))
    assert not np.array_equal(again.kind, tissue("oblong", 2).kind)


def test_sizes_round_up_to_whole_sites():
    assert grow(TissueParameters(width="601 um", height="600 um"), 0).shape == (60, 61)


@pytest.mark.parametrize("edges", ["periodic", "closed"])
@pytest.mark.parametrize("size", [(19, 19), (20, 45), (32, 24), (40, 40)])
def test_a_domain_below_one_lobule_still_works(edges, size):
    anatomy = grow(TissueParameters(height=f"{size[0] * 10} um", width=f"{size[1] * 10} um", edges=edges), 7)
    assert np.any(anatomy.kind == PORTAL_TRACT) and np.any(anatomy.kind == CENTRAL_VEIN)
    assert (anatomy.kind == SINUSOID).mean() > 0.15 and len(anatomy.inlets) > 0
    assert np.all(anatomy.lobule >= 0)


def test_no_direction_of_the_lattice_is_favoured():
    steps = np.zeros(4)  # along rows, down right, along columns, up right
    for seed in range(8):
        sinusoid = grow(TissueParameters(), seed).kind == SINUSOID
        for k, (down, across) in enumerate(((0, 1), (1, 1), (1, 0), (-1, 1))):
            steps[k] += (sinusoid & np.roll(sinusoid, (-down, -across), (0, 1))).sum()
    assert steps[0] / steps[2] == pytest.approx(1.0, abs=0.05)
    assert steps[1] / steps[3] == pytest.approx(1.0, abs=0.05)


def test_growth_is_fast_enough():
    grow(TissueParameters(), 0)
    start = time.process_time()
    grow(TissueParameters(), 1)
    assert time.process_time() - start < 0.5


def test_figures_name_their_units():
    figures = anatomy_figures(tissue("mouse", 1))
    assert figures["lobules"] == (len(tissue("mouse", 1).centres_um), "lobules")
    assert figures["perfusable_share"] == (1.0, "of sinusoid sites")
    assert all(isinstance(value, float) and unit for value, unit in figures.values())


@pytest.mark.parametrize("edges", ["periodic", "closed"])
def test_the_narrowest_vessels_are_a_site_wide(edges):
    narrow = TissueParameters(
        width="1 mm",
        height="1 mm",
        portal_tract_diameter="0.1 um",
        central_vein_diameter="0.1 um",
        venule_reach=0,
        edges=edges,
    )
    for seed in range(4):
        anatomy = grow(narrow, seed)
        assert len(anatomy.centres_um) == (anatomy.kind == CENTRAL_VEIN).sum() and len(anatomy.inlets) > 0


def test_without_a_way_for_blood_there_is_no_anatomy():
    with pytest.raises(ValueError, match="no sinusoid leads from a portal tract to a central vein"):
        grow(
            TissueParameters(
                width="200 um", height="200 um", edges="closed", portal_central_distance="600 um", lobule_jitter=1
            ),
            1,
        )


@pytest.mark.parametrize(
    "vessels",
    [
        {
            "site": "8 um",
            "portal_central_distance": "600 um",
            "portal_tract_diameter": "30 um",
            "central_vein_diameter": "40 um",
            "venule_reach": 0,
            "widest_plate": "60 um",
            "link_spacing_low": "100 um",
            "link_spacing_high": "200 um",
            "tortuosity": 0,
        },
        {
            "site": "12 um",
            "portal_central_distance": "200 um",
            "portal_tract_diameter": "100 um",
            "central_vein_diameter": "100 um",
            "venule_reach": 0.5,
            "widest_plate": "30 um",
            "link_spacing_low": "100 um",
            "link_spacing_high": "200 um",
            "tortuosity": 0,
        },
        {"site": "25 um"},
    ],
)
def test_no_plausible_liver_has_fewer_sinusoids_than_is_said(vessels):
    """Where vessels leave least room for them, and where they are fewest."""
    parameters = TissueParameters(width="1 mm", height="1 mm", **vessels)
    kind = grow(parameters, 1).kind
    found = (kind == SINUSOID).sum() / (kind.size * (parameters.site / 1000.0) ** 2)
    assert found / 2.5 < parameters.fewest_sinusoid_sites < found
