"""Calling compiled kernels: numba asks every argument for its type at every call, which for a named tuple or a table takes
longer than many a kernel. Here a call whose arguments look like those of an earlier one goes straight to the code that
was compiled for those; any other call is numba's, as ever.

Looks are what settles the type that numba would find, and what CPython and NumPy keep at a known place of an object: of a
number its class; of an array its class, dtype, dimensions, and whether it is contiguous, aligned and writable; of a
named tuple its class, and the looks of all it holds. Compiled code compares them; no argument of another type passes.
"""

from collections.abc import Iterator

import numba
import numpy as np
from llvmlite import ir
from numba.core import types
from numba.core.registry import CPUDispatcher
from numba.extending import intrinsic

from .cache import keep

_NUMBERS = (bool, int, float, np.bool_, *(np.dtype(code).type for code in "bBhHiIlLqQfd"))
_CLASS, _COUNT, _ITEMS = 8, 16, 24
"""Where an object keeps its class, and a tuple how many it holds and which: bytes from its beginning."""
_DIMENSIONS, _DTYPE, _FLAGS = 24, 56, 64
"""Where an array keeps those."""
_HALF = 0xFFFFFFFF  # dimensions and flags are half a word
_TELLING = 0x1 | 0x2 | 0x100 | 0x400
"""Flags of an array: contiguous in C's order, in Fortran's; aligned; writable."""
_NUMBER, _TUPLE, _ARRAY = range(3)
_MOST = 4
"""Signatures of a kernel whose looks are kept; those of further ones numba tells."""


class InnerKernel(CPUDispatcher):
    """A compiled kernel that another one may call. numba would compile it again for every number that stands in such a call."""

    def get_call_template(self, args, kws):
        return super().get_call_template(
            [types.unliteral(each) for each in args], {name: types.unliteral(each) for name, each in kws.items()}
        )


class Kernel(InnerKernel):
    """It knows the looks of its arguments besides, where that saves anything."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._known: list[tuple] = []

    def __call__(self, *args, **kwargs):
        if not kwargs:
            for looks, compiled, _ in self._known:
                if _look(id(args), looks):
                    return compiled(*args)
        result = super().__call__(*args, **kwargs)
        if len(self._known) < _MOST and not kwargs:
            self._learn(args)
        return result

    def _learn(self, args: tuple) -> None:
        """Keep the looks of these arguments, if numba takes long to tell them."""
        compiled = self.overloads.get(tuple(map(self.typeof_pyval, args)))
        slow = any(isinstance(value, tuple) or type(value) not in (np.ndarray, *_NUMBERS) for value in args)
        looks = [*_looks_of(args)] if slow and compiled and _PLACES_ARE_KNOWN else [None]
        if None not in looks and len(args) == self.py_func.__code__.co_argcount:
            table = _table_of(looks, len(args))
            classes = [
                (type(value), getattr(value, "dtype", None)) for value in _parts_of(args)
            ]  # kept, as is their place
            self._known.append((table.ctypes.data, compiled.entry_point, (table, classes)))
        elif not self._known:
            self.__class__ = InnerKernel


def _table_of(looks: list[tuple], count: int) -> np.ndarray:
    return np.array([(len(looks), count, 0, 0, 0, 0, 0), *looks], np.int64)


def _parts_of(args: tuple) -> Iterator:
    for value in args:
        yield value
        yield from value if isinstance(value, tuple) else ()


def _looks_of(args: tuple) -> Iterator[tuple | None]:
    """Of each argument, and of all that a named tuple among them holds: where it stands, its class, kind, and dtype,
    dimensions and flags, or how many it holds; None where it takes numba to tell the type."""
    for n, value in enumerate(args):
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            yield n, -1, id(type(value)), _TUPLE, len(value), 0, 0
            for m, held in enumerate(value):
                yield _looks(n, m, held)
        else:
            yield _looks(n, -1, value)


def _looks(n: int, m: int, value) -> tuple | None:
    if isinstance(value, np.ndarray):
        return n, m, id(type(value)), _ARRAY, id(value.dtype), value.ndim, value.flags.num & _TELLING
    if type(value) in _NUMBERS and (type(value) is not int or value.bit_length() < types.intp.bitwidth):
        return n, m, id(type(value)), _NUMBER, 0, 0, 0
    return None


# --- Compiled ---------------------------------------------------------------------------------------------------------


@intrinsic
def _word(typing_context, address):
    """The word in memory at an address."""

    def generate(context, builder, signature, arguments):
        return builder.load(builder.inttoptr(arguments[0], ir.IntType(64).as_pointer()))

    return types.int64(types.int64), generate


def _same(args, looks):
    """Whether the tuple at the address `args` holds what looks like the table at `looks` says."""
    if _word(args + _COUNT) != _word(looks + 8):
        return False
    for row in range(1, _word(looks) + 1):
        known = looks + 56 * row
        value = _word(args + _ITEMS + 8 * _word(known))
        if _word(known + 8) >= 0:
            value = _word(value + _ITEMS + 8 * _word(known + 8))
        if _word(value + _CLASS) != _word(known + 16):
            return False
        kind = _word(known + 24)
        if kind == _TUPLE and _word(value + _COUNT) != _word(known + 32):
            return False
        if kind == _ARRAY and (
            _word(value + _DTYPE) != _word(known + 32)
            or _word(value + _DIMENSIONS) & _HALF != _word(known + 40)
            or _word(value + _FLAGS) & _TELLING != _word(known + 48)
        ):
            return False
    return True


def _places_are_known() -> bool:
    """Whether this Python and this NumPy keep things where `_same` looks for them."""
    if numba.config.DISABLE_JIT or types.intp.bitwidth != 64:
        return False
    usual, unusual = (
        np.zeros((2, 3)),
        (np.zeros((2, 3), np.float32), np.zeros(3), np.zeros((3, 2)).T, np.broadcast_to(0.0, (2, 3))),
    )
    table = _table_of([*_looks_of((usual, 1))], 2)
    trials = [(usual, 1), (usual, 1.0), (usual,), *((array, 1) for array in unusual)]
    return [_look(id(trial), table.ctypes.data) for trial in trials] == [True] + [False] * (len(trials) - 1)


_look = _same
if not numba.config.DISABLE_JIT:
    _look = keep(numba.njit(_same), "boolean(int64, int64)").overloads[types.int64, types.int64].entry_point
_PLACES_ARE_KNOWN = _places_are_known()
