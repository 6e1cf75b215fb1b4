"""Numbers as readers see them."""

import math

from abm.comparison.figures import short


def test_numbers_for_readers():
    given = (0.0, 0.02345, 12.345, 1234.5, 2.5e7, -3.21, math.nan, math.inf)
    assert [short(value) for value in given] == ["0", "0.0234", "12.3", "1,230", "2.50e+07", "−3.21", "–", "∞"]
