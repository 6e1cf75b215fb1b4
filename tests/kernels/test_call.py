"""Calls that go straight to compiled code: only with the types that it was compiled for, whatever comes."""

import os
import warnings
from typing import NamedTuple

import numba
import numpy as np
import pytest

from abm.kernels import call
from abm.kernels.call import Kernel
from abm.kernels.jit import jit
from abm.kernels.tables import as_rows

pytestmark = pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="there is nothing compiled")

COLUMNS = np.dtype([("alive", "u1"), ("row", "i8"), ("weight", "f4")])


class Lattices(NamedTuple):
    kind: np.ndarray
    slot: np.ndarray
    periodic: bool


class Others(NamedTuple):
    kind: np.ndarray
    slot: np.ndarray
    periodic: bool


def look(lattices, rows, values, count, share):
    total = share * count + values[0] + rows[0].row
    for row in range(lattices.kind.shape[0]):
        for column in range(lattices.kind.shape[1]):
            total += lattices.kind[row, column] * (10 * row + column)
    return total, lattices.slot[0], lattices.periodic


def lattices(kind=None, slot=None, periodic=True, made=Lattices):
    kind = np.arange(6, dtype=np.uint8).reshape(2, 3) if kind is None else kind
    return made(kind, np.arange(5, dtype=np.int32) if slot is None else slot, periodic)


def rows(dtype=COLUMNS):
    return as_rows(np.ones(3, dtype))


def usual():
    return [lattices(), rows(), np.array([0.5, 1.5]), 7, 0.1]


def locked(array):
    array.flags.writeable = False
    return array


def unaligned():
    return np.frombuffer(bytearray(17), np.float64, 2, offset=1)


UNUSUAL = {
    "another number": {0: lattices(periodic=False), 3: -3, 4: 1e300},
    "other shapes": {0: lattices(np.ones((5, 1), np.uint8)), 2: np.ones(9)},
    "NumPy's whole number": {3: np.int32(7)},
    "unsigned": {3: np.uint64(2**63)},
    "a large number": {3: 2**62},
    "a float for a whole number": {3: 2.7},
    "a whole number for a float": {4: 2},
    "NumPy's float": {4: np.float64(0.1)},
    "single precision": {4: np.float32(0.1)},
    "a truth": {3: True},
    "a whole number for a truth": {0: lattices(periodic=1)},
    "single precision in an array": {2: np.array([0.5, 1.5], np.float32)},
    "whole numbers in an array": {2: np.array([5, 1])},
    "another order of bytes": {2: np.array([0.5, 1.5], ">f8")},
    "every other one": {2: np.array([0.5, 9.0, 1.5])[::2]},
    "read only": {2: locked(np.array([0.5, 1.5]))},
    "not aligned": {2: unaligned()},
    "two dimensions": {2: np.ones((2, 2))},
    "no dimension": {2: np.array(0.5)},
    "Fortran's order": {0: lattices(np.asfortranarray(np.arange(6, dtype=np.uint8).reshape(2, 3)))},
    "a part": {0: lattices(np.arange(60, dtype=np.uint8).reshape(6, 10)[1:3, 2:5])},
    "other whole numbers in a lattice": {0: lattices(np.arange(6, dtype=np.int16).reshape(2, 3))},
    "one dimension in a lattice": {0: lattices(np.arange(6, dtype=np.uint8))},
    "a lattice that is none": {0: lattices([[1, 2], [3, 4]])},
    "another named tuple": {0: lattices(made=Others)},
    "a tuple": {0: tuple(lattices())},
    "other columns": {1: rows(np.dtype([("row", "i8"), ("alive", "u1"), ("weight", "f4")]))},
    "the same columns, as another dtype": {1: rows(np.dtype(COLUMNS.descr))},
    "a plain array": {1: np.ones(3, COLUMNS)},
    "a row": {1: rows()[0]},
    "a list": {2: [0.5, 1.5]},
    "nothing": {2: None},
    "text": {2: "0.5"},
}


def outcome(kernel, args):
    try:
        result = kernel(*args)
    except Exception as error:
        return type(error)
    return repr(result)


@pytest.fixture(scope="module")
def kernel():
    kernel = jit(look)
    kernel(*usual())
    assert type(kernel) is Kernel and len(kernel._known) == 1
    return kernel


@pytest.fixture(scope="module")
def answer():
    """What numba answers to the usual call."""
    return outcome(numba.njit(look), usual())


@pytest.mark.filterwarnings(
    "ignore::numba.NumbaPendingDeprecationWarning"
)  # as an error, it breaks what hands over a list
@pytest.mark.parametrize("what", UNUSUAL)
def test_whatever_comes_the_answer_is_numbas(kernel, answer, what):
    args = usual()
    for n, value in UNUSUAL[what].items():
        args[n] = value
    expected = outcome(numba.njit(error_model="numpy")(look), args)
    assert outcome(kernel, args) == expected
    assert outcome(kernel, args) == expected  # when it is known, if it is
    assert outcome(kernel, usual()) == answer


@pytest.mark.parametrize("held", [lattices()[:2], (*lattices(), 1)], ids=["a shorter one", "a longer one"])
def test_a_named_tuple_of_another_length_does_not_look_the_same(kernel, held):
    """numba itself is not asked: handed such a tuple, it now and then writes where it may not."""
    [(looks, *_), *_] = kernel._known
    assert call._look(id(tuple(usual())), looks)
    args = (tuple.__new__(Lattices, held), *usual()[1:])
    assert not call._look(id(args), looks)


def test_the_usual_call_does_not_ask_numba(kernel, monkeypatch):
    expected = kernel(*usual())

    def asked(*_):
        raise AssertionError("numba was asked")

    monkeypatch.setattr(kernel, "_known", kernel._known[:1])
    monkeypatch.setattr(call.CPUDispatcher, "__call__", asked, raising=False)
    assert kernel(*usual()) == expected
    with pytest.raises(AssertionError, match="numba was asked"):
        kernel(*usual()[:-1], np.float32(2))


def test_an_array_that_is_changed_in_place_is_looked_at_again():
    kernel, args = jit(look), usual()
    first = kernel(*args)
    assert kernel(*args) == first
    kind = args[0].kind
    kind.flags.writeable = False
    assert kernel(*args) == first and len(kernel.overloads) == 2
    kind.flags.writeable = True
    with warnings.catch_warnings(action="ignore"):  # NumPy is about to forbid it
        kind.shape = 6
    with pytest.raises(numba.TypingError):
        kernel(*args)


def test_calls_with_too_few_too_many_or_named_arguments_are_numbas(kernel):
    args = usual()
    for wrong in (args[:-1], [*args, 1]):
        with pytest.raises(TypeError):
            kernel(*wrong)
    assert kernel(*args[:-1], share=0.1) == kernel(*args)


def test_where_nothing_is_gained_a_kernel_is_numbas_own():
    add = jit(lambda values, x: values[0] + x)
    assert add(np.ones(2), 3) == 4.0
    assert type(add) is call.InnerKernel
    assert add(np.ones(2), 2.5) == 3.5


def test_no_more_than_a_few_signatures_are_kept():
    first = jit(lambda pair, x: pair.periodic + x)
    for made in (bool, int, float, np.float32, np.int8, np.int16, np.uint8):
        assert first(lattices(), made(1)) == 2
    assert len(first._known) == call._MOST and len(first.overloads) == 7


def test_kernels_call_each_other_and_themselves():
    inner = jit(lambda pair, n: pair.kind[0, n])
    outer = jit(lambda pair: inner(pair, 1) + inner(pair, 2))
    assert outer(lattices()) == outer(lattices()) == 3

    @jit
    def down(pair, n):
        return 0 if n == 0 else 1 + down(pair, n - 1)

    assert down(lattices(), 5) == 5


def test_a_kernel_is_compiled_once_for_all_numbers_that_stand_in_calls():
    inner = jit(lambda pair, n: pair.kind[0, n])
    outer = jit(lambda pair, n: inner(pair, 1) + inner(pair, n) + inner(pair, n=2))
    assert outer(lattices(), 0) == 3
    assert len(inner.overloads) == 1


def test_where_things_are_kept_elsewhere_numba_is_asked(monkeypatch):
    assert call._PLACES_ARE_KNOWN
    monkeypatch.setattr(call, "_PLACES_ARE_KNOWN", False)
    kernel = jit(look)
    assert kernel(*usual()) == kernel(*usual())
    assert type(kernel) is call.InnerKernel


def test_a_change_of_layout_would_be_noticed(monkeypatch):
    for place in ("_DTYPE", "_DIMENSIONS", "_FLAGS", "_CLASS", "_ITEMS", "_COUNT"):
        with monkeypatch.context() as patch:
            patch.setattr(call, "_look", numba.njit(call._same))
            patch.setattr(call, place, getattr(call, place) + 8)
            assert not call._places_are_known(), place
    assert call._places_are_known()
