"""Addressed random numbers: the published known answers, uniformity, independence of every part of the address."""

import hashlib
import itertools
import os
import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

from abm.kernels.jit import jit
from abm.kernels.random import (
    draw_each,
    happens,
    hash64,
    may_strike,
    philox,
    shuffle_keys,
    shuffled,
    stream_key,
    strikes,
    uniform,
)

KEY = stream_key(1, "a rule")
AXES = ("keys", "steps", "uids", "numbers")

# Random123, kat_vectors: counter, key, output of philox 4x32 10
KNOWN_ANSWERS = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]


def words(text: str) -> list[np.uint64]:
    return [np.uint64(int(word, 16)) for word in text.split()]


@jit
def table_of_draws(keys, steps, uids, numbers):
    """uniform(...) for every combination, in that order of axes."""
    draws = np.empty((keys.size, steps.size, uids.size, numbers.size))
    for a in range(keys.size):
        for b in range(steps.size):
            for c in range(uids.size):
                for d in range(numbers.size):
                    draws[a, b, c, d] = uniform(keys[a], steps[b], uids[c], numbers[d])
    return draws


@jit
def count_happening(key, uids, rate, hours):
    found = 0
    for uid in uids:
        if happens(key, 3, uid, 0, rate, hours):
            found += 1
    return found


def draws(keys=(KEY,), steps=(0,), uids=(7,), numbers=(0,)) -> np.ndarray:
    return table_of_draws(
        np.array(keys, np.uint64), np.array(steps, np.int64), np.array(uids, np.uint64), np.array(numbers, np.int64)
    )


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN_ANSWERS, ids=["zeros", "ones", "pi"])
def test_the_generator_gives_the_published_answers(counter, key, answer):
    assert [int(word) for word in philox(*words(counter), *words(key))] == [int(word) for word in words(answer)]


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN_ANSWERS, ids=["zeros", "ones", "pi"])
def test_so_does_its_source_without_compiler(counter, key, answer):
    with np.errstate(over="ignore"):
        plain = getattr(philox, "py_func", philox)(*words(counter), *words(key))
    assert [int(word) for word in plain] == [int(word) for word in words(answer)]


def test_steps_before_time_0_have_numbers_of_their_own():
    key = stream_key(1, "x")
    before = [uniform(key, -step, np.uint64(5), 0) for step in range(1, 200)]
    after = [uniform(key, step, np.uint64(5), 0) for step in range(200)]
    assert len({*before, *after}) == 399
    assert uniform.py_func(key, -3, np.uint64(5), 0) == before[2] if hasattr(uniform, "py_func") else True


def test_a_number_is_the_top_53_bits_of_its_hash():
    uid = np.uint64(0xFEDCBA9876543210)
    assert uniform(KEY, 12, uid, 3) == (int(hash64(KEY, uid, 12, 3)) >> 11) / 2**53


def test_compiled_or_not_the_numbers_are_the_same():
    code = (
        "import numpy as np; from abm.kernels.random import *; np.seterr(over='ignore')\n"
        "k = stream_key(5, 'x'); u = np.arange(6, dtype=np.uint64) << np.uint64(60)\n"
        "print([float(uniform(k, 2, uid, 1)).hex() for uid in u])\n"
        "print([bool(happens(k, 2, uid, 1, 0.9, 1.0)) for uid in u])\n"
        "print(list(map(int, shuffle_keys(k, 4, u, np.array([1, 0, 1, 1, 0, 1], np.uint8)))))\n"
    )
    printed = [
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"NUMBA_DISABLE_JIT": off},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for off in ("0", "1")
    ]
    assert printed[0] == printed[1]
    assert printed[0].count("0x1.") > 3


@pytest.mark.parametrize("axis", AXES)
def test_numbers_are_uniform_along_every_part_of_the_address(axis):
    many = np.arange(20_000)
    along = [stream_key(seed, "uniformity") for seed in many] if axis == "keys" else many
    sample = draws(**{axis: along}).ravel()
    assert sample.min() >= 0.0 and sample.max() < 1.0
    assert stats.kstest(sample, "uniform").pvalue > 0.01
    counts, _ = np.histogram(sample, bins=256, range=(0.0, 1.0))
    assert stats.chisquare(counts).pvalue > 0.01


@pytest.mark.parametrize("axis", AXES)
def test_neighbouring_addresses_are_independent(axis):
    pair = [stream_key(1, "arrest"), stream_key(1, "arrival")] if axis == "keys" else [4, 5]
    many = "steps" if axis == "uids" else "uids"
    both = draws(**{axis: pair, many: np.arange(20_000)})
    first, second = np.moveaxis(both, AXES.index(axis), 0).reshape(2, -1)
    assert abs(np.corrcoef(first, second)[0, 1]) < 3 / np.sqrt(first.size)
    counts, _, _ = np.histogram2d(first, second, bins=10, range=[(0, 1), (0, 1)])
    assert stats.chisquare(counts.ravel()).pvalue > 0.01


def test_streams_have_a_key_for_every_seed_and_name():
    keys = {int(stream_key(seed, name)) for seed in (0, 1, 2**63 - 1) for name in ("arrest", "arrival", "1/arrest", "")}
    assert len(keys) == 12
    assert stream_key("7", "x") == stream_key(7, "x") == stream_key(np.int64(7), "x")


def test_the_key_of_a_stream_never_changes():
    """Runs of other versions could not be repeated if it did."""
    digest = hashlib.blake2b(b"1/arrest", digest_size=8).digest()
    assert int(stream_key(1, "arrest")) == int.from_bytes(digest, "little")


@pytest.mark.parametrize(("rate", "hours"), [(0.1, 1.0), (2.0, 0.25), (0.4, 5 / 60)])
def test_events_happen_at_their_rate(rate, hours):
    uids = np.arange(200_000, dtype=np.uint64)
    found = count_happening(KEY, uids, rate, hours)
    assert stats.binomtest(int(found), uids.size, 1 - np.exp(-rate * hours)).pvalue > 0.01


def test_what_has_no_rate_never_happens_and_what_has_any_rate_does():
    uids = np.arange(10_000, dtype=np.uint64)
    assert count_happening(KEY, uids, 0.0, 1e9) == 0
    assert count_happening(KEY, uids, 1e9, 1.0) == uids.size


def test_every_order_of_the_living_is_equally_likely():
    uid = np.array([50, 3, 10**18, 8], np.uint64)
    alive = np.array([1, 1, 0, 1], np.uint8)
    orders = dict.fromkeys(itertools.permutations((0, 1, 3)), 0)
    for step in range(6000):
        order = np.argsort(shuffle_keys(KEY, step, uid, alive))
        assert order[3] == 2, "the dead come last"
        orders[tuple(order[:3].tolist())] += 1
    assert stats.chisquare(list(orders.values())).pvalue > 0.01


def test_who_acts_first_says_nothing_of_who_succeeds():
    """A rule uses one key for its order and its draws: the order must not be one of the draws."""
    uids = np.arange(2000, dtype=np.uint64)
    rank = np.argsort(np.argsort(shuffle_keys(KEY, 9, uids, np.ones(uids.size, np.uint8))))
    for number in range(8):
        drawn = draws(steps=[9], uids=uids, numbers=[number]).ravel()
        assert abs(stats.spearmanr(rank, drawn).statistic) < 3.5 / np.sqrt(uids.size)


@pytest.mark.parametrize("count", [1, 2, 3, 100, 1000])
def test_the_order_is_that_of_the_sort_keys(count):
    rng = np.random.default_rng(count)
    uid = rng.integers(0, 2**63, 2 * count).astype(np.uint64)
    alive = rng.permutation(np.repeat(np.array([0, 1], np.uint8), count))
    key = stream_key(3, "order")
    expected = np.argsort(shuffle_keys(key, 5, uid, alive))[:count]
    assert np.array_equal(shuffled(key, 5, uid, alive, count), expected)


def test_an_event_is_told_without_an_exponential_as_with_one():
    draws = np.concatenate([np.random.default_rng(1).random(300), np.nextafter(0.25, [0.0, 1.0]), [0.0, 0.25]])
    hazards = np.concatenate([[0.0, 1e-300, 1e-12, 50.0], -np.log1p(-draws), draws])
    for draw in draws[::7].tolist() + draws[-4:].tolist():
        for hazard in hazards.tolist():
            assert strikes(draw, hazard) == (draw < -np.expm1(-hazard))


def test_a_draw_that_may_not_strike_strikes_with_no_lower_hazard():
    refused = 0
    for draw in [*np.random.default_rng(2).random(200).tolist(), 0.0, 1e-300, 5e-324]:
        for bound in (0.0, 1e-12, 0.5 * draw, draw / 1.000001, draw, -np.log1p(-draw), 50.0):
            if not may_strike(draw, bound):
                refused += 1
                for hazard in (np.nextafter(bound, np.inf), bound, np.nextafter(bound, 0.0), 0.5 * bound, 0.0):
                    assert not strikes(draw, hazard)
    assert refused > 400
    assert not may_strike(0.5, np.nan)


def test_one_draw_of_many_cells_is_that_of_each():
    uids = np.array([hash64(KEY, np.uint64(k), 0, 0) for k in range(37)], np.uint64)
    assert draw_each(KEY, -5, uids[::2], 3).tolist() == [hash64(KEY, uid, -5, 3) for uid in uids[::2]]
