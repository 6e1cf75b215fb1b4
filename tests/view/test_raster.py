"""The pixel kernels against the same thing written in NumPy."""

import numpy as np
import pytest

from abm.view import raster


def test_vessels_are_tubes_around_their_sites():
    member = np.zeros((5, 6), bool)
    member[2, 1:5] = True
    distance, nearest = np.full((20, 24), 9, np.float32), np.full((20, 24), -1, np.int32)
    raster.vessel_distance(member, np.zeros_like(member), 4, 1.0, distance, nearest)
    y, x = np.meshgrid((np.arange(20) + 0.5) / 4, (np.arange(24) + 0.5) / 4, indexing="ij")
    expected = np.hypot(y - 2.5, x - np.clip(x, 1.5, 4.5))
    near = expected < 0.9
    np.testing.assert_allclose(distance[near], expected[near], atol=1e-5)
    assert (distance[expected > 1.1] == 9).all()
    on_line = np.abs(y - 2.5) < 0.5
    assert (nearest[near & on_line] // 6 == 2).all()


@pytest.mark.parametrize(("corner", "linked"), [(False, True), (True, False)])
def test_a_diagonal_is_drawn_only_where_no_straight_way_exists(corner, linked):
    member = np.zeros((4, 4), bool)
    member[1, 1] = member[2, 2] = True
    member[1, 2] = corner
    distance, nearest = np.full((32, 32), 9, np.float32), np.full((32, 32), -1, np.int32)
    raster.vessel_distance(member, np.zeros_like(member), 8, 1.0, distance, nearest)
    between = distance[15:17, 15:17].min()  # the corner that both sites share
    assert (between < 0.15) == linked


def test_overlay_interpolates_between_the_middles_of_sites():
    level = np.array([[0.0, 255.0], [0.0, 255.0]], np.float32)
    colours = np.zeros((256, 4), np.uint8)
    colours[:, 0] = np.arange(256)
    colours[:, 3] = 255
    image = np.zeros((8, 8, 3), np.uint8)
    raster.overlay(image, level, colours, 4)
    expected = np.interp((np.arange(8) + 0.5) / 4 - 0.5, [0, 1], [0, 255])
    np.testing.assert_allclose(image[3, :, 0], expected, atol=1.01)
    assert (image[..., 1:] == 0).all()


def test_overlay_of_a_single_site():
    image = np.zeros((3, 3, 3), np.uint8)
    raster.overlay(image, np.full((1, 1), 255, np.float32), np.full((256, 4), 255, np.uint8), 3)
    assert (image == 255).all()


def test_a_stamp_is_cut_off_at_the_edges():
    atlas = np.full((1, 6, 6, 4), 255, np.uint8)
    place = np.full(256, -1, np.int32)
    place[7] = 0
    codes = np.zeros((3, 3), np.uint8)
    codes[0, 0] = codes[2, 2] = 7
    codes[1, 1] = 9  # has no picture
    image = np.zeros((6, 6, 3), np.uint8)
    raster.stamp_cells(image, codes, atlas, place, 1, 2, 2)
    expected = np.zeros((6, 6), bool)
    expected[:4, :4] = expected[2:, 2:] = True
    assert ((image[..., 0] == 255) == expected).all()


def test_levels_set_the_opacity():
    atlas = np.full((1, 2, 2, 4), 255, np.uint8)
    image = np.zeros((2, 6, 3), np.uint8)
    raster.stamp_levels(image, np.array([[0.05, 0.5, 3.0]], np.float32), 0.1, atlas, 2, 0)
    assert image[0, 0, 0] == 0
    assert image[0, 2, 0] == pytest.approx(127, abs=3)
    assert image[0, 4, 0] >= 254
