"""The colours stay apart for every common kind of colour vision."""

import itertools

import numpy as np
import pytest

from abm.view import palette
from abm.view.palette import LOOKS

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
POPULATIONS = {
    "held": 2,
    "adherent": 3,
    "extravasated": 4,
    "dormant": 5,
    "Kupffer": 10,
    "NK": 20,
    "neutrophil": 30,
    "stellate": 41,
}


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
    near = {
        (a, b): difference(LOOKS[POPULATIONS[a]].colour, LOOKS[POPULATIONS[b]].colour, vision)
        for a, b in itertools.combinations(POPULATIONS, 2)
    }
    assert min(near.values()) > 18, min(near, key=near.get)


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("ground", [palette.HEPATOCYTE, palette.BLOOD, palette.NO_FLOW, palette.STROMA])
def test_cells_stand_out_from_the_tissue(vision, ground):
    for name, code in POPULATIONS.items():
        assert difference(LOOKS[code].colour, ground, vision) > 25, name


@pytest.mark.parametrize("vision", VISION)
def test_vessels_walls_and_nets_stand_out(vision):
    assert difference(palette.BLOOD, palette.HEPATOCYTE, vision) > 10
    assert difference(palette.ACTIVE_WALL, palette.WALL, vision) > 30
    assert difference(palette.NET, palette.BLOOD, vision) > 50
    assert difference(palette.ECM, palette.HEPATOCYTE, vision) > 40


def test_every_display_code_has_a_look():
    from abm.cells import KupfferCell, NaturalKillerCell, Neutrophil, StellateCell, TumorCell
    from abm.record.display import FIRST_CODE

    cells = {
        "tumor": TumorCell,
        "kupffer": KupfferCell,
        "natural_killer": NaturalKillerCell,
        "neutrophil": Neutrophil,
        "stellate": StellateCell,
    }
    codes = {FIRST_CODE[name] + k for name, cell in cells.items() for k in range(len(cell.states))}
    assert codes == set(LOOKS)


def test_colours_as_words():
    assert palette.as_hex((255, 0, 16)) == "#ff0010"
