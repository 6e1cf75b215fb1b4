"""The colours stay apart for every common kind of colour vision."""

import itertools

import numpy as np
import pytest

from abm.cells import TumorCell
from abm.view import palette

# Machado, Oliveira and Fernandes 2009, doi:10.1109/TVCG.2009.113, severity 1.0; applied to linear RGB
VISION = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
SEEN = {look.label: look.colour for look in TumorCell.species.looks.values() if look.state} | {
    shown.name: shown.colour_of(shown.courses[0][0]) for shown in palette.SHOWN if shown.looks and shown.name != "tumor"
}
"""The states of tumor cells, and of every other population that which stands for it."""


def lab(colour, matrix):
    """CIE L*a*b* (D65) of an sRGB colour as seen through `matrix`."""
    share = np.array(colour) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(matrix @ linear, 0, 1) / (0.95047, 1.0, 1.08883)
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def difference(one, other, vision):
    return float(np.linalg.norm(lab(one, VISION[vision]) - lab(other, VISION[vision])))


@pytest.mark.parametrize("vision", VISION)
def test_populations_and_tumor_states_are_told_apart(vision):
    """A difference of 2.3 is just noticeable; 18 is seen at a glance."""
    near = {(a, b): difference(SEEN[a], SEEN[b], vision) for a, b in itertools.combinations(SEEN, 2)}
    assert min(near.values()) > 18, min(near, key=near.get)


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("fates", [palette.FATES, palette.FATES_ON_DARK])
def test_fates_are_told_apart(vision, fates):
    near = {(a, b): difference(fates[a], fates[b], vision) for a, b in itertools.combinations(fates, 2)}
    assert min(near.values()) > 22, min(near, key=near.get)


@pytest.mark.parametrize("vision", VISION)
def test_clones_are_told_apart(vision):
    near = [difference(one, other, vision) for one, other in itertools.combinations(palette.NAMES, 2)]
    assert len(near) == 45 and min(near) > 16


@pytest.mark.parametrize("vision", VISION)
def test_populations_of_one_shape_are_told_apart(vision):
    """In every state of the one from every state of the other."""
    looks = [(shown.name, look) for shown in palette.SHOWN for look in shown.looks.values()]
    near = {
        (name, one.state, other_name, other.state): difference(one.colour, other.colour, vision)
        for (name, one), (other_name, other) in itertools.combinations(looks, 2)
        if name != other_name and one.shape == other.shape
    }
    assert len(near) > 30 and min(near.values()) > 18, min(near, key=near.get)


@pytest.mark.parametrize("vision", VISION)
def test_conditions_of_tumor_cells_in_the_tissue_are_told_apart(vision):
    tiles = [look for look in TumorCell.species.looks.values() if look.shape == "tile"]
    near = [difference(one.colour, other.colour, vision) for one, other in itertools.combinations(tiles, 2)]
    assert len(tiles) > 2 and min(near) > 22


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("ground", [palette.HEPATOCYTE, palette.BLOOD, palette.NO_FLOW, palette.STROMA])
def test_cells_stand_out_from_the_tissue(vision, ground):
    for name, colour in SEEN.items():
        assert difference(colour, ground, vision) > 25, name


@pytest.mark.parametrize("vision", VISION)
def test_vessels_walls_and_nets_stand_out(vision):
    assert difference(palette.BLOOD, palette.HEPATOCYTE, vision) > 10
    assert difference(palette.NET, palette.BLOOD, vision) > 50
    assert difference(palette.ECM, palette.HEPATOCYTE, vision) > 40
    assert difference(palette.VESSEL.colour, palette.STROMA, vision) > 40
    assert difference(palette.VESSEL.colour, palette.look_of("tumor", "extravasated").colour, vision) > 18


def test_colours_as_words():
    assert palette.as_hex((255, 0, 16)) == "#ff0010"
