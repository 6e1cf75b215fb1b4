"""The exponential function, for loops over many cells: it vectorises, and gives the same bytes on every machine.

Tang's method (1989, doi:10.1145/63522.64775) without its table: x = k ln 2 + r with |r| <= ln 2 / 2, the Taylor
polynomial of degree 13 for exp(r), and k goes into the exponent. To within one unit in the last place of float64.
"""

import math

import numpy as np

from .jit import jit

_PER_LN2 = 1.4426950408889634
_LN2 = 6.93147180369123816490e-01  # with its last bits zero, so that k times it is exact
_LN2_REST = 1.90821492927058770002e-10
_ROUNDING = 1.5 * 2.0**52  # a number added to it is rounded to a whole one, which stands in its last bits
_LOWEST = -700.0  # below, where exp is less than 1e-304, it stays at that
_T2, _T3, _T4, _T5, _T6, _T7, _T8, _T9, _T10, _T11, _T12, _T13 = (1.0 / math.factorial(n) for n in range(2, 14))


@jit(inline=True, counted=False)
def decaying(x):
    """exp(x) of a float64 that is not positive; exp(-700) for all that is less, and NaN for NaN."""
    x = max(x, _LOWEST)
    shifted = x * _PER_LN2 + _ROUNDING
    k = shifted - _ROUNDING
    r = (x - k * _LN2) - k * _LN2_REST
    r2 = r * r
    r4 = r2 * r2
    low = (_T2 + _T3 * r) + (_T4 + _T5 * r) * r2
    high = (_T6 + _T7 * r) + (_T8 + _T9 * r) * r2 + ((_T10 + _T11 * r) + (_T12 + _T13 * r) * r2) * r4
    power = 1.0 + (r + r2 * (low + r4 * high))
    bits = np.float64(power).view(np.int64) + (np.float64(shifted).view(np.int64) << np.int64(52))
    return np.int64(bits).view(np.float64)
