"""The painted tissue: everything in a scene can be seen, at any magnification."""

import numpy as np
import pytest

from abm.cells import Neutrophil, TumorCell
from abm.cells.tumor import EXTRAVASATED
from abm.tissue.sites import PARENCHYMA, SINUSOID
from abm.view.painter import Painter
from abm.view.palette import LOOKS

from .conftest import empty_scene, small_tissue


@pytest.fixture(scope="module")
def painter():
    return Painter(small_tissue(), 10.0, pixels=240)


def site_pixels(image, painter, row, column):
    s = painter.scale
    return image[row * s : (row + 1) * s, column * s : (column + 1) * s].astype(int)


@pytest.mark.parametrize(("pixels", "scale"), [(30, 1), (60, 2), (240, 8), (250, 8)])
def test_whole_pixels_per_site(kind, pixels, scale):
    painter = Painter(kind, 10.0, pixels=pixels)
    image = painter.paint(empty_scene(kind))
    assert painter.scale == scale
    assert image.shape == (24 * scale, 30 * scale, 3)
    assert image.dtype == np.uint8


def test_a_picture_needs_pixels(kind):
    with pytest.raises(ValueError, match="16 or more"):
        Painter(kind, 10.0, pixels=3)


@pytest.mark.parametrize("code", LOOKS)
@pytest.mark.parametrize("layer", ["lumen", "tissue"])
def test_every_cell_is_seen_in_its_colour(painter, kind, code, layer):
    scene = empty_scene(kind)
    without = painter.paint(scene)
    scene.standing[layer][10, 10] = code
    image = painter.paint(scene)
    changed = np.abs(image.astype(int) - without).sum(-1)
    assert changed.max() > 60
    rows, columns = np.nonzero(changed)
    assert abs(rows.mean() / painter.scale - 10.5) < 0.5
    assert abs(columns.mean() / painter.scale - 10.5) < 0.5
    near = np.abs(image.reshape(-1, 3).astype(int) - np.array(LOOKS[code].colour)).sum(-1)
    assert near.min() < 120


@pytest.mark.parametrize("code", TumorCell.species.looks)
def test_single_tumor_cells_are_seen_in_a_square_centimetre(code):
    kind = small_tissue(40, 40)
    painter = Painter(kind, 10.0, pixels=40)
    scene = empty_scene(kind)
    without = painter.paint(scene).astype(int)
    scene.standing["tissue"][20, 20] = code
    assert np.abs(painter.paint(scene) - without).sum(-1).max() > 100


def test_a_picture_does_not_depend_on_those_before(kind):
    painter = Painter(kind, 10.0, pixels=240)
    random = np.random.default_rng(1)
    for _ in range(4):
        scene = empty_scene(kind)
        for lattice in (scene.perfused, scene.hepatocyte):
            lattice[random.random(kind.shape) < 0.05] = 0
        assert np.array_equal(painter.paint(scene), Painter(kind, 10.0, pixels=240).paint(scene))


def test_the_state_of_the_tissue_is_seen(painter, kind):
    scene = empty_scene(kind)
    rested = painter.paint(scene)
    sinusoid, plate = tuple(np.argwhere(kind == SINUSOID)[20]), tuple(np.argwhere(kind == PARENCHYMA)[200])
    for lattice, site, value in (
        ("perfused", sinusoid, 0),
        ("hepatocyte", plate, 0),
        ("ecm", plate, 1.0),
        ("nets", sinusoid, 1.0),
        ("vessels", plate, 0.5),
    ):
        scene = empty_scene(kind)
        getattr(scene, lattice)[site] = value
        change = np.abs(site_pixels(painter.paint(scene), painter, *site) - site_pixels(rested, painter, *site)).sum(-1)
        assert change.max() > 15, lattice


def test_the_overlay_covers_the_tissue_and_not_the_cells(painter, kind, scene):
    without = painter.paint(scene)
    scene.field = np.tile(np.linspace(0, 1, kind.shape[1], dtype=np.float32), (kind.shape[0], 1))
    image = painter.paint(scene, (0.0, 1.0))
    change = np.abs(image.astype(int) - without).sum(-1)
    assert change[:, :8].mean() < change[:, -24:].mean()
    held = np.abs(site_pixels(image, painter, 4, 0) - site_pixels(without, painter, 4, 0)).sum(-1)
    assert np.median(held) < 30


def test_the_same_scene_gives_the_same_picture(kind, scene):
    one, other = (Painter(kind, 10.0, pixels=120).paint(scene) for _ in range(2))
    assert (one == other).all()


def test_e_selectin_is_seen_on_demand_only(painter, kind, scene):
    without = painter.paint(scene)
    scene.e_selectin[:] = 1.0
    assert (painter.paint(scene) == without).all()


def test_a_part_looks_as_it_does_in_the_whole(kind, scene):
    scene.nets[10:14, 6:20] = 0.7
    whole = Painter(kind, 10.0, pixels=240)
    part = Painter(kind, 10.0, region=np.s_[4:20, 3:23], pixels=160)
    assert part.scale == whole.scale and (part.height, part.width) == (128, 160)
    inside = np.s_[16:-16, 16:-16]  # cells reach over the edge
    assert (part.paint(scene)[inside] == whole.paint(scene)[32:160, 24:184][inside]).all()


def test_pixels_tell_their_sites_and_sites_their_pixels(kind, scene):
    part = Painter(kind, 10.0, region=np.s_[4:20, 3:23], pixels=160)
    assert part.site_at(0, 0) == (4, 3) and part.site_at(159.9, 127.9) == (19, 22)
    assert part.site_at(-0.1, 5) is None and part.site_at(5, 128) is None
    assert part.site_at(*part.pixel_of(10, 8)) == (10, 8)
    scene.standing["tissue"][:] = scene.standing["lumen"][:] = 0
    without = part.paint(scene).astype(int)
    scene.standing["tissue"][10, 8] = TumorCell.species.first_picture_code + EXTRAVASATED
    rows, columns = np.nonzero(np.abs(part.paint(scene) - without).sum(-1) > 100)
    assert part.site_at(columns.mean(), rows.mean()) == (10, 8)


@pytest.mark.parametrize("region", [np.s_[24:30, :], np.s_[5:5, 0:3], np.s_[::2, :], np.s_[4, 0:3]])
def test_a_part_is_a_rectangle_of_sites(kind, region):
    with pytest.raises(ValueError, match="no sites in rows and columns"):
        Painter(kind, 10.0, region=region)


def test_hidden_populations_are_not_drawn(painter, kind, scene):
    bare = painter.paint(empty_scene(kind))
    everybody = [shown.name for shown in painter.cast]
    assert (painter.paint(scene, hidden=everybody) == bare).all()
    assert (painter.paint(scene, hidden=["kupffer"]) != bare).any()
    assert (painter.paint(scene, hidden=["kupffer"]) != painter.paint(scene)).any()


def test_nobody_hides_a_tumor_cell_of_the_same_site(painter, kind):
    scene = empty_scene(kind)
    scene.standing["tissue"][10, 10] = TumorCell.species.first_picture_code + EXTRAVASATED
    alone = site_pixels(painter.paint(scene), painter, 10, 10)
    scene.standing["lumen"][10, 10] = Neutrophil.species.first_picture_code
    both = site_pixels(painter.paint(scene), painter, 10, 10)
    same = (np.abs(both - alone).sum(-1) < 20).mean()
    assert 0.6 < same < 1.0


def test_levels_beyond_their_limits_do_no_harm(painter, kind, scene):
    scene.nets[:] = 1e6
    scene.e_selectin[:] = 3.0
    scene.field = np.full(kind.shape, 7.0, np.float32)
    assert painter.paint(scene, (7.0, 7.0)).shape == (painter.height, painter.width, 3)


def test_what_operations_have_left_is_seen_with_its_edge(painter, kind):
    scene = empty_scene(kind)
    plain = painter.paint(scene).astype(int)
    scale = painter.scale
    for name, number in (("ablated", 1), ("cavity", 2)):
        scene.scars = np.zeros(kind.shape, np.uint8)
        scene.scars[5:20, 5:25] = number
        scene.scars[12, 12] = 0  # one site that has survived
        image = painter.paint(scene).astype(int)
        changed = (image != plain).any(axis=2).reshape(kind.shape[0], scale, kind.shape[1], scale).all(axis=(1, 3))
        np.testing.assert_array_equal(changed, scene.scars == number)
        middle, edge = (image[row * scale, 8 * scale].sum() for row in (8, 5))
        assert edge > middle + 60, name
        assert (np.abs(image[13 * scale, 13 * scale] - image[8 * scale, 8 * scale]).sum()) < 90, (
            "no edge around one site"
        )
    scene.scars[:] = 2
    tract = painter.paint(scene)[: 2 * scale, : 2 * scale]
    assert np.abs(tract.astype(int) - plain[: 2 * scale, : 2 * scale]).max() == 0, "large vessels stay"
