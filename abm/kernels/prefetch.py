"""Asking memory ahead of time: cells in random order stand all over a lattice that no cache holds."""

import numba
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

_TO_READ, _TO_KEEP, _DATA = 0, 3, 1  # operands of LLVM's prefetch


def _prefetch(typing_context, array, index):
    """What numba compiles `prefetch` to: one instruction, which never fails, wherever it points."""

    def generate(context, builder, signature, arguments):
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        place = builder.bitcast(builder.gep(data, [arguments[1]]), ir.IntType(8).as_pointer())
        word = ir.IntType(32)
        function = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(ir.VoidType(), [place.type, word, word, word]), "llvm.prefetch.p0"
        )
        builder.call(function, [place, word(_TO_READ), word(_TO_KEEP), word(_DATA)])
        return context.get_dummy_value()

    return types.void(array, types.intp), generate


def _nothing(array, index):
    pass


prefetch = _nothing if numba.config.DISABLE_JIT else intrinsic(_prefetch)
"""prefetch(array, index): fetch element `index` (counted along the whole contiguous array) into the cache meanwhile.
Without effect on any result."""
