"""The one wrapper through which every kernel is compiled."""

import importlib
import sys

import numba
from numba.extending import is_jitted

from .cache import Kept, keep
from .call import InnerKernel, Kernel


def jit(function=None, *, signature: str | None = None, inline: bool = False, counted: bool = True):
    """Compile `function` without Python objects, kept on disk (see `cache`), with exact IEEE arithmetic.

    Fast-math stays off: it makes `isnan` false and lets results depend on the machine. With a `signature`, the
    function is compiled for those types only, and callers' numbers are cast to them: for the small primitives that
    are called from everywhere with every kind of integer.

    `inline` makes it a part of its callers: for what is done to one row or one site, where handing over the arrays costs
    more than the work. `counted=False` leaves out the counting of references to arrays, each as slow as a look at
    several sites: for kernels that neither make arrays (numba refuses those), nor return any or call what does.
    """

    flags = {
        "nopython": True,
        "boundscheck": None,
        "fastmath": False,
        "error_model": "numpy",
        "nogil": True,
        "forceinline": inline,
        "_nrt": counted,
        "no_cfunc_wrapper": True,
    }

    def wrap(function):
        if numba.config.DISABLE_JIT:  # NUMBA_DISABLE_JIT=1
            return function
        return keep((InnerKernel if signature else Kernel)(function, targetoptions=flags), signature)

    return wrap if function is None else wrap(function)


def kernels_of(package: str) -> list:
    """The kernels that stand in the modules of `package` that are loaded; none where NUMBA_DISABLE_JIT=1."""
    modules = [module for name, module in list(sys.modules.items()) if f"{name}.".startswith(f"{package}.")]
    values = [(value, module) for module in modules for value in list(vars(module).values())]
    return [value for value, module in values if is_jitted(value) and value.__module__ == module.__name__]


def are_compiled(package: str) -> bool:
    """Whether an earlier process has compiled most kernels of `package` as they are now: after an edit of one of its
    files, yes."""
    importlib.import_module(package)
    kernels = kernels_of(package)
    return 2 * sum(isinstance(kernel._cache, Kept) and kernel._cache.there for kernel in kernels) >= len(kernels)
