"""The one jit wrapper: with which flags kernels are compiled, and which are."""

import os

import numpy as np
import pytest

from abm.kernels import sites
from abm.kernels.jit import are_compiled, jit, kernels_of
from abm.rules import migration

COMPILING = os.environ.get("NUMBA_DISABLE_JIT") != "1"
COMPILED = pytest.mark.skipif(not COMPILING, reason="there is nothing compiled")


@COMPILED
def test_a_signature_compiles_at_once_and_casts_what_callers_give():
    twice = jit(lambda x: 2 * x, signature="int64(int64)")
    assert len(twice.signatures) == 1
    assert [twice(3), twice(np.uint8(200)), twice(np.int32(-4))] == [6, 400, -8]
    assert len(twice.signatures) == 1


@COMPILED
def test_without_a_signature_every_type_is_compiled_when_it_comes():
    @jit
    def twice(x):
        return x + x

    assert twice.signatures == []
    assert (twice(2), twice(2.5)) == (4, 5.0)
    assert len(twice.signatures) == 2


@COMPILED
def test_arithmetic_is_exact_and_divides_like_numpy():
    @jit
    def kinds(x):
        return np.isnan(x), (x + 1e16) - 1e16, 1.0 / x

    assert kinds(np.nan)[0]
    assert kinds(1.0)[1] == (1.0 + 1e16) - 1e16
    assert kinds(0.0)[2] == np.inf
    assert kinds.targetoptions["fastmath"] is False and kinds.targetoptions["nogil"] is True


def test_kernels_are_counted_where_they_stand():
    assert migration.neighbour is sites.neighbour
    package = sites.__name__
    assert (sites.neighbour in kernels_of(package)) == COMPILING
    assert sites.neighbour not in kernels_of(migration.__name__)
    assert kernels_of(package[:-1]) == []


def test_without_a_compiler_nothing_is_cold(monkeypatch):
    monkeypatch.setattr("abm.kernels.jit.kernels_of", lambda package: [])
    assert are_compiled("abm.kernels.exponential")
