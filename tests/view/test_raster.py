"""The pixel kernels against the same thing written in NumPy."""

import numpy as np
import pytest

from abm.view import raster


def drawn(member, scale, rounds=0):
    """Distance of each pixel to the lines of a network."""
    alone = np.zeros_like(member)
    distance = np.full([side * scale for side in member.shape], 9, np.float32)
    raster.vessel_distance(member, alone, raster.smooth_places(member, alone, rounds), scale, 1.0, distance)
    return distance


def test_vessels_are_tubes_around_their_sites():
    member = np.zeros((5, 6), bool)
    member[2, 1:5] = True
    distance = drawn(member, 4)
    y, x = np.meshgrid((np.arange(20) + 0.5) / 4, (np.arange(24) + 0.5) / 4, indexing="ij")
    expected = np.hypot(y - 2.5, x - np.clip(x, 1.5, 4.5))
    near = expected < 0.9
    np.testing.assert_allclose(distance[near], expected[near], atol=1e-5)
    assert (distance[expected > 1.1] == 9).all()


@pytest.mark.parametrize(("corner", "linked"), [(False, True), (True, False)])
def test_a_diagonal_is_drawn_only_where_no_straight_way_exists(corner, linked):
    member = np.zeros((4, 4), bool)
    member[1, 1] = member[2, 2] = True
    member[1, 2] = corner
    between = drawn(member, 8)[15:17, 15:17].min()  # the corner that both sites share
    assert (between < 0.15) == linked


def test_staircases_become_slopes_and_straight_lines_stay():
    straight = np.zeros((5, 9), bool)
    straight[2] = True
    assert np.array_equal(drawn(straight, 8, 3), drawn(straight, 8))
    stairs = np.zeros((12, 24), bool)
    for k in range(8):  # two across, one down
        stairs[2 + k, 3 + 2 * k : 5 + 2 * k] = True
    off = []
    for rounds in (0, 2):
        place = raster.smooth_places(stairs, np.zeros_like(stairs), rounds)[stairs][4:-4]
        off.append(np.abs(place[:, 0] - np.polyval(np.polyfit(place[:, 1], place[:, 0], 1), place[:, 1])).max())
    assert off[1] < 0.4 * off[0]
    moved = raster.smooth_places(stairs, np.zeros_like(stairs), 2) - raster.smooth_places(
        stairs, np.zeros_like(stairs), 0
    )
    assert np.abs(moved).max() < 0.6  # cells stay on their vessels


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
    raster.stamp_cells(image, codes, np.zeros((3, 3), bool), atlas, place, 1, (0, 0), 2, 2)
    expected = np.zeros((6, 6), bool)
    expected[:4, :4] = expected[2:, 2:] = True
    assert ((image[..., 0] == 255) == expected).all()


def test_levels_set_the_opacity():
    atlas = np.full((1, 2, 2, 4), 255, np.uint8)
    image = np.zeros((2, 6, 3), np.uint8)
    raster.stamp_levels(image, np.array([[0.05, 0.5, 3.0]], np.float32), np.float32(0.1), atlas, (0, 0), 2, 0)
    assert image[0, 0, 0] == 0
    assert image[0, 2, 0] == pytest.approx(127, abs=3)
    assert image[0, 4, 0] >= 254
