"""Moments of a step at which what an experimenter does is looked at, so that it counts for as long as it lasts.

A dose may fall within minutes, and a pulse may be shorter than a step: what rules read of either is its mean over the
step, by Gauss-Legendre quadrature between the moments at which something sets in or ends.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(4)

SAME_MOMENT = 1e-9
"""Hours by which two moments may differ through rounding alone."""


def moments_of(begin: float, end: float, changes: Iterable[float], half_life: float) -> tuple[np.ndarray, np.ndarray]:
    """Moments (hours) of the time from `begin` to `end`, and their weights, which sum to 1.

    The sum of a course's values at the moments, times the weights, is its mean over that time, for courses that change
    abruptly at the moments `changes` only, and otherwise fall with half-lives of no less than `half_life` (hours).
    """
    inside = {moment for moment in changes if begin + SAME_MOMENT < moment < end - SAME_MOMENT}
    pieces = np.array(
        [piece for span in pairwise([begin, *sorted(inside), end]) for piece in _pieces(*span, half_life)]
    )
    half = np.diff(pieces, axis=1) / 2.0
    moments = pieces.mean(axis=1, keepdims=True) + half * _NODES
    return moments.ravel(), (half * _WEIGHTS).ravel() / (end - begin)


def _pieces(begin: float, end: float, half_life: float) -> Iterator[tuple[float, float]]:
    """The time from `begin` to `end` in pieces of one half-life, and then of twice as long each: less and less is left."""
    length = half_life
    while begin + length < end:
        yield begin, begin + length
        begin, length = begin + length, 2.0 * length
    yield begin, end
