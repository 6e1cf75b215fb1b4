"""Random numbers at length: uniform, and independent across uid, step, rule and draw.

Every p-value must lie above 1e-4; a perfect generator fails one of the about 90 with a chance of 1 %, and as numbers are
addressed, what passes once passes always. The slow tests are the same over 1e8 draws.
"""

import numba
import numpy as np
import pytest
from scipy import stats

from abm.kernels.jit import jit
from abm.kernels.random import hash64, stream_key, uniform
from abm.rules import RULES

pytestmark = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="millions of draws: too slow in plain Python")

AXES = ("key", "step", "uid", "draw")
ALPHA = 1e-4
KEY = stream_key(1, "arrest")
SIZES = [10**6, pytest.param(10**8, marks=pytest.mark.slow)]


def likely(p: float) -> None:
    assert p > ALPHA, f"p = {p:.2g}"


@jit
def at(axis, i, key):
    """The draw with the number `i` along one part of the address; the other parts stay."""
    if axis == 0:
        return uniform(np.uint64(i), 5, np.uint64(7), 3)
    if axis == 1:
        return uniform(key, np.int64(i), np.uint64(7), 3)
    if axis == 2:
        return uniform(key, 5, np.uint64(i), 3)
    return uniform(key, 5, np.uint64(7), np.int64(i))


@jit
def tally(axis, key, draws, high, low, pairs, triples, runs):
    """Count the draws by their highest and their lowest eight bits, pairs and triples of neighbours that share no draw,
    and how long the draws go on rising."""
    length, last = 0, 2.0
    second, third = 0.0, 0.0
    for i in range(draws):
        u = at(axis, i, key)
        high[int(u * 256)] += 1
        low[int(u * 9007199254740992.0) & 255] += 1
        if i % 2 == 1:
            pairs[int(last * 64), int(u * 64)] += 1
        if i % 3 == 2:
            triples[int(third * 16), int(second * 16), int(u * 16)] += 1
        third, second = second, u
        # the draw that ends a run begins none, so that runs are independent (Knuth, 3.3.2, exercise 14)
        if length > 0 and u < last:
            runs[min(length, 6) - 1] += 1
            length = 0
        else:
            length += 1
        last = u


@pytest.mark.parametrize("draws", SIZES)
@pytest.mark.parametrize("axis", AXES)
def test_uniform_and_serially_independent_along_every_part_of_the_address(axis, draws):
    high, low, runs = np.zeros(256, np.int64), np.zeros(256, np.int64), np.zeros(6, np.int64)
    pairs, triples = np.zeros((64, 64), np.int64), np.zeros((16, 16, 16), np.int64)
    tally(AXES.index(axis), KEY, draws, high, low, pairs, triples, runs)
    for counts in (high, low, pairs, triples):
        likely(stats.chisquare(counts.ravel()).pvalue)
    # a run of length k has the probability 1/k! - 1/(k+1)!
    fewer = np.array([1, 1 / 2, 1 / 6, 1 / 24, 1 / 120, 1 / 720])
    expected = np.append(-np.diff(fewer), fewer[-1])
    likely(stats.chisquare(runs, runs.sum() * expected).pvalue)


@jit
def waves(keys, steps, uids, numbers, vectors, sums):
    """Sum of exp(2 pi i h x) over points x made of the draws at an address and at its four neighbours."""
    point = np.empty(5)
    for a in range(0, keys.size - 1, 2):
        for b in range(0, 2 * steps, 2):
            for c in range(0, 2 * uids, 2):
                for d in range(0, 2 * numbers, 2):
                    uid = np.uint64(c)
                    point[0] = uniform(keys[a], b, uid, d)
                    point[1] = uniform(keys[a + 1], b, uid, d)
                    point[2] = uniform(keys[a], b + 1, uid, d)
                    point[3] = uniform(keys[a], b, uid + np.uint64(1), d)
                    point[4] = uniform(keys[a], b, uid, d + 1)
                    for v in range(vectors.shape[0]):
                        phase = 0.0
                        for k in range(5):
                            phase += vectors[v, k] * point[k]
                        phase *= 2.0 * np.pi
                        sums[v, 0] += np.cos(phase)
                        sums[v, 1] += np.sin(phase)


@pytest.mark.parametrize("draws", SIZES)
def test_neighbours_in_all_directions_form_no_lattice(draws):
    """The spectral test as a statistic: for independent uniform draws |sum exp(2 pi i h x)|^2 / points is exponentially
    distributed with mean 1 for every whole wave vector h, and for points on a lattice it is huge for some."""
    keys = np.array([stream_key(1, rule.name) for rule in RULES][:16], np.uint64)
    numbers, uids = 4, 500
    steps = draws // (5 * 8 * numbers * uids)
    points = 8 * steps * uids * numbers
    random = np.random.default_rng(1)
    vectors = np.concatenate([np.eye(5), random.integers(-4, 5, (60 if draws < 10**7 else 20, 5))]).astype(np.float64)
    vectors = np.unique(vectors[np.any(vectors != 0, axis=1)], axis=0)
    sums = np.zeros((len(vectors), 2))
    waves(keys, steps, uids, numbers, vectors, sums)
    power = (sums**2).sum(axis=1) / points
    likely(1 - (1 - np.exp(-power.max())) ** len(vectors))
    likely(stats.kstest(power, "expon").pvalue)


@pytest.mark.parametrize("draws", [40_000, pytest.param(2_000_000, marks=pytest.mark.slow)])
def test_every_bit_of_the_address_turns_every_bit_of_the_number_half_of_the_time(draws):
    """Strict avalanche: 192 bits of address, 64 of the number."""
    bases = np.random.default_rng(2).integers(0, 2**63, (draws // 192 + 1, 3), dtype=np.uint64)
    flips = np.zeros((192, 64), np.int64)
    avalanche(bases, flips)
    z = (flips - len(bases) / 2) / np.sqrt(len(bases) / 4)
    likely(2 * stats.norm.sf(np.abs(z).max()) * z.size)
    likely(stats.chi2.sf((z**2).sum(), z.size))
    likely(stats.chi2.cdf((z**2).sum(), z.size))


@jit
def avalanche(bases, flips):
    one, mask = np.uint64(1), np.uint64(0xFFFFFFFF)
    for n in range(bases.shape[0]):
        key, uid = bases[n, 0], bases[n, 1]
        step, number = np.int64(bases[n, 2] & mask), np.int64(bases[n, 2] >> np.uint64(32))
        before = hash64(key, uid, step, number)
        for bit in range(192):
            if bit < 64:
                after = hash64(key ^ (one << np.uint64(bit)), uid, step, number)
            elif bit < 128:
                after = hash64(key, uid ^ (one << np.uint64(bit - 64)), step, number)
            elif bit < 160:
                after = hash64(key, uid, step ^ np.int64(one << np.uint64(bit - 128)), number)
            else:
                after = hash64(key, uid, step, number ^ np.int64(one << np.uint64(bit - 160)))
            changed = before ^ after
            for out in range(64):
                flips[bit, out] += np.int64((changed >> np.uint64(out)) & one)


@pytest.mark.parametrize("draws", [10**6, pytest.param(2 * 10**7, marks=pytest.mark.slow)])
def test_identities_collide_as_seldom_as_by_chance(draws):
    """Cells' identities are hashes; their top bits, so many that a dozen pairs collide by chance, do so that often."""
    uids = np.empty(draws, np.uint64)
    identities(uids)
    kept = int(np.log2(draws**2 / 24))
    uids.sort()
    tops = uids >> np.uint64(64 - kept)
    collisions = int((tops[1:] == tops[:-1]).sum())
    expected = draws * (draws - 1) / 2 / 2.0**kept
    assert 6 < expected < 24
    likely(min(stats.poisson.cdf(collisions, expected), stats.poisson.sf(collisions - 1, expected)))
    assert not (uids[1:] == uids[:-1]).any()


@jit
def identities(uids):
    for i in range(uids.size):
        uids[i] = hash64(np.uint64(99), np.uint64(i // 64), i % 64, 0)


@jit
def streams(keys, draws, table):
    for k in range(keys.size):
        for i in range(draws):
            table[k, i] = uniform(keys[k], i // 64, np.uint64(i % 64), 0)


def test_no_two_rules_and_no_two_seeds_share_their_chance():
    """Correlations of the draws that the same cell makes at the same step, between all rules of three seeds."""
    keys = np.array([stream_key(seed, rule.name) for seed in (1, 2, 2**62) for rule in RULES], np.uint64)
    draws = 16_384
    table = np.empty((keys.size, draws))
    streams(keys, draws, table)
    r = np.corrcoef(table)[np.triu_indices(keys.size, 1)]
    likely(2 * stats.norm.sf(np.abs(r).max() * np.sqrt(draws)) * r.size)
    likely(stats.kstest(r * np.sqrt(draws), "norm").pvalue)
