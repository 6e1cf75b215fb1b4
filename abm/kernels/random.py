"""Random numbers that are addressed, not drawn.

`uniform(key, step, uid, n)` is a pure function: the n-th number that the cell `uid` may use at `step` in the rule
whose `key` it is. Nothing is consumed, so no cell, rule or thread can disturb another one's chance.

The generator is Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011, Parallel random numbers: as easy as 1, 2, 3,
doi:10.1145/2063384.2063405), checked in the tests against its published known answers.
"""

import hashlib
from functools import lru_cache

import numpy as np

from .jit import jit

_MASK = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)
_MULTIPLIER_0 = np.uint64(0xD2511F53)
_MULTIPLIER_1 = np.uint64(0xCD9E8D57)
_WEYL_0 = np.uint64(0x9E3779B9)
_WEYL_1 = np.uint64(0xBB67AE85)
_TO_UNIT = 1.0 / 9007199254740992.0  # 2**-53
_ORDER = 0xFFFFFFFF  # the number that only `shuffle_keys` uses, so that who acts first says nothing of who succeeds
_AND_ROUNDING = 1.000001
_LAST = np.uint64(0xFFFFFFFFFFFFFFFF)


@lru_cache(1024)
def stream_key(seed: int, name: str) -> np.uint64:
    """The 64-bit key of the random stream `name` of a run with `seed`; a rule enters by its name."""
    digest = hashlib.blake2b(f"{int(seed)}/{name}".encode(), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))


@jit(signature="UniTuple(uint64, 4)(uint64, uint64, uint64, uint64, uint64, uint64)", inline=True)
def philox(c0, c1, c2, c3, k0, k1):
    """Philox4x32-10: four 32-bit words (held in uint64) from a 128-bit counter and a 64-bit key."""
    for _ in range(10):
        product_0 = _MULTIPLIER_0 * c0
        product_1 = _MULTIPLIER_1 * c2
        c0 = (product_1 >> _SHIFT) ^ c1 ^ k0
        c1 = product_1 & _MASK
        c2 = (product_0 >> _SHIFT) ^ c3 ^ k1
        c3 = product_0 & _MASK
        k0 = (k0 + _WEYL_0) & _MASK
        k1 = (k1 + _WEYL_1) & _MASK
    return c0, c1, c2, c3


@jit(signature="uint64(uint64, uint64, int64, int64)", inline=True)
def hash64(key, uid, a, b):
    """64 random bits addressed by `key` and `uid` (uint64) and two counters `a`, `b` (in size
    below 2**31; steps before time 0 are negative)."""
    key = np.uint64(key)
    uid = np.uint64(uid)
    x0, x1, _, _ = philox(
        uid & _MASK,
        uid >> _SHIFT,
        np.uint64(np.int64(a)) & _MASK,
        np.uint64(np.int64(b)) & _MASK,
        key & _MASK,
        key >> _SHIFT,
    )
    return (x0 << _SHIFT) | x1


@jit(signature="float64(uint64)", inline=True)
def unit(bits):
    """The float64 in [0, 1) that the upper 53 of 64 random bits make."""
    return np.float64(bits >> np.uint64(11)) * _TO_UNIT


@jit(signature="float64(uint64, int64, uint64, int64)")
def uniform(key, step, uid, n):
    """A float64 in [0, 1) with 53 random bits: number `n` of cell `uid` at `step` in the stream `key`."""
    return unit(hash64(key, uid, step, n))


@jit(signature="boolean(float64, float64)", inline=True)
def may_strike(draw, hazard):
    """False if `draw`, uniform in [0, 1), strikes with no hazard up to this one: the true one need not be worked out then."""
    return draw <= hazard * _AND_ROUNDING


@jit(signature="boolean(float64, float64)", inline=True)
def strikes(draw, hazard):
    """Whether `draw`, uniform in [0, 1), is below 1 - exp(-hazard): most are not even below the hazard itself, and need no
    exponential to be told so."""
    return may_strike(draw, hazard) and draw < -np.expm1(-hazard)


@jit(signature="boolean(uint64, int64, uint64, int64, float64, float64)")
def happens(key, step, uid, n, rate, hours):
    """Whether an event of `rate` (1/h) happens within `hours`: probability 1 - exp(-rate*hours)."""
    return strikes(uniform(key, step, uid, n), rate * hours)


@jit(counted=False)
def fill_each(draws, key, step, uid, n):
    """Fill `draws` (uint64) with the random bits of number `n` of each of the `uid` (uint64) at `step`: many at once
    take a fraction of the time that they take one by one."""
    for i in range(uid.size):
        draws[i] = hash64(key, uid[i], step, n)


@jit
def draw_each(key, step, uid, n):
    """The random bits of number `n` of each of the `uid` at `step` (uint64 array)."""
    draws = np.empty(uid.size, np.uint64)
    fill_each(draws, key, step, uid.copy(), n)  # one after the other in memory
    return draws


@jit
def shuffle_keys(key, step, uid, alive):
    """Sort keys that put the living rows into an order fresh at every step; the dead come last."""
    keys = draw_each(key, step, uid, _ORDER)
    for i in range(uid.size):
        keys[i] = keys[i] >> np.uint64(1) if alive[i] else _LAST
    return keys


@jit
def shuffled(key, step, uid, alive, count):
    """The `count` living rows (int64) by rising `shuffle_keys`.

    Random keys are sorted as one deals out cards: by their first digits into as many piles as there are rows, of which
    hardly any then holds more than a few.
    """
    keys = shuffle_keys(key, step, uid, alive)
    digits = 1
    while 1 << digits < count:
        digits += 1
    shift = np.uint64(63 - digits)
    start = np.zeros((1 << digits) + 1, np.int64)
    for i in range(keys.size):
        if keys[i] != _LAST:
            start[np.int64(keys[i] >> shift) + 1] += 1
    for pile in range(1 << digits):
        start[pile + 1] += start[pile]
    order = np.empty(count, np.int64)
    for i in range(keys.size):
        if keys[i] != _LAST:
            pile = np.int64(keys[i] >> shift)
            order[start[pile]] = i
            start[pile] += 1
    for n in range(1, count):
        row = order[n]
        place = n
        while place > 0 and keys[order[place - 1]] > keys[row]:
            order[place] = order[place - 1]
            place -= 1
        order[place] = row
    return order
