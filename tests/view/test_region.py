"""Parts of the liver: squares in um, and around a site."""

import numpy as np
import pytest

from abm.view.region import around, as_part, square

SHAPE = (40, 60)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("0,0,100", np.s_[30:40, 0:10]),
        ("100, 50 um, 0.2mm", np.s_[15:35, 10:30]),
        ("55,0,10", np.s_[39:40, 5:7]),
        ("500,300,400", np.s_[0:10, 50:60]),
    ],
)
def test_squares_are_counted_from_the_lower_left(text, part):
    assert square(text, SHAPE, 10.0) == part


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0,0", "is no region"),
        ("0,0,5", "smaller than a site"),
        ("700,0,100", "outside of the tissue, which is 600 um wide and 400 um high"),
        ("0,0,3 h", "a length"),
    ],
)
def test_what_is_no_square_is_said(text, said):
    with pytest.raises(ValueError, match=said):
        square(text, SHAPE, 10.0)


def test_around_a_site_the_square_stays_in_the_lattice():
    assert around(20, 30, 8, SHAPE) == np.s_[16:24, 26:34]
    assert around(0, 59.5, 8, SHAPE) == np.s_[0:8, 52:60]
    assert around(20, 30, 50, SHAPE) == np.s_[0:40, 5:55]


def test_no_region_is_all():
    assert as_part(None, SHAPE) == np.s_[0:40, 0:60]
    assert as_part(np.s_[-3:, :5], SHAPE) == np.s_[37:40, 0:5]
