"""What a measure is shown."""

import math
from types import SimpleNamespace

import numpy as np

from abm.measures.look import Look


def test_near_across_the_edges_and_farther_than_the_slab():
    for periodic in (True, False):
        model = SimpleNamespace(spacing_um=10.0, periodic=periodic, hours=0.0)
        marked = np.zeros((7, 9), bool)
        marked[0, 8] = marked[4, 4] = True
        seen = Look(model, np.zeros(0))
        for within in (0, 10, 14.2, 31, 500):
            expected = np.zeros_like(marked)
            for row, column in np.ndindex(marked.shape):
                for r, c in np.argwhere(marked):
                    a, b = abs(row - r), abs(column - c)
                    if periodic:
                        a, b = min(a, 7 - a), min(b, 9 - b)
                    expected[row, column] |= math.hypot(a, b) * 10 <= within
            np.testing.assert_array_equal(seen.near(marked, within), expected)
        assert not seen.near(np.zeros((7, 9), bool), 50).any()
