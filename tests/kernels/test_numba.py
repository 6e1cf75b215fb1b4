"""What kernels take from inside of numba, which does not promise to keep it.

Where one of these fails, a new numba has changed it: let the file that is named follow, or bound numba below that version in
pyproject.toml. Only numba is imported at the top, so that this is said even when no kernel can be compiled any more.
"""

import os

import numba
import numpy as np
import pytest

pytestmark = pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="there is nothing compiled")


def compiled(function, *arguments, **flags) -> str:
    """The LLVM code of a function that was called with these arguments."""
    try:
        kernel = numba.njit(**flags)(function)
        kernel(*arguments)
    except Exception as error:
        pytest.fail(
            f"numba {numba.__version__} no longer takes {', '.join(flags)}, which abm/kernels/jit.py gives it: {error}"
        )
    return kernel.inspect_llvm(kernel.signatures[0])


def first_column(table):
    total = 0.0
    for row in range(table.shape[0]):
        total += table[row][0]
    return total


@pytest.mark.parametrize("counted", [True, False])
def test_without_nrt_no_references_are_counted(counted):
    assert ("NRT_decref" in compiled(first_column, np.ones((3, 3)), _nrt=counted)) == counted, (
        "_nrt, in abm/kernels/jit.py"
    )


@pytest.mark.parametrize("inline", [True, False])
def test_forceinline_makes_a_function_part_of_its_callers(inline):
    assert ("alwaysinline" in compiled(lambda x: 2 * x, 3, forceinline=inline)) == inline, (
        "forceinline, in abm/kernels/jit.py"
    )


@pytest.mark.parametrize("without", [True, False])
def test_the_entry_for_c_can_be_left_out(without):
    code = compiled(lambda x: 2 * x, 3, no_cfunc_wrapper=without)
    assert ("@cfunc." not in code) == without, "no_cfunc_wrapper, in abm/kernels/jit.py"


def test_an_intrinsic_is_written_as_llvm_code():
    try:
        from abm.kernels.prefetch import prefetch
    except ImportError as error:
        pytest.fail(
            f"numba {numba.__version__} lacks what abm/kernels/prefetch.py takes from it or from llvmlite: {error}"
        )

    def ahead(values):
        prefetch(values, 8)
        return values[0]

    assert "llvm.prefetch" in compiled(ahead, np.ones(3)), "prefetch, in abm/kernels/prefetch.py"


def test_a_dispatcher_tells_what_it_compiled_and_keeps_it_where_it_is_told():
    from numba.core import caching
    from numba.core.registry import CPUDispatcher

    try:
        kernel = CPUDispatcher(first_column, targetoptions={"nopython": True})
        assert isinstance(kernel._cache, caching.NullCache) and kernel._can_compile
        assert kernel(np.ones((3, 3))) == 3.0
        signature = (kernel.typeof_pyval(np.ones((3, 3))),)
        assert kernel.overloads[signature].entry_point(np.ones((2, 2))) == 2.0
    except AttributeError as error:
        pytest.fail(f"numba {numba.__version__} lacks what abm/kernels/call.py and cache.py take from it: {error}")
