"""Where compiled kernels are kept from one process to the next, and when they are compiled afresh.

numba's own cache does not notice a change in a function that another one calls, nor in a number that it took from another
file. Here the key of a kernel, which stands in the names of its files, is made of all that numba puts into it: its own
code, its flags, the numbers of every module that it names, and the same of each kernel that it calls. A kernel with
another key is another kernel: nothing stale is ever run, and an edit recompiles just what took it in.

The key is taken when numba takes in the same values: when a kernel is first called (or is declared, if with its types).
So what stands below a kernel in its file counts like what stands above.
"""

import glob
import hashlib
import os
import stat
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache, cached_property
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

import numba
import numpy as np
import platformdirs
from numba.core import caching, typeinfer, types
from numba.core.dispatcher import Dispatcher
from numba.extending import is_jitted

# --- What a kernel is made of -----------------------------------------------------------------------------------------


_NUMBAS = ("llvmlite", "numba", "numpy")
"""Packages whose functions numba knows by itself; `folder` names their version."""


def key_of(kernel: Dispatcher) -> str:
    """The key of a kernel: a digest of all that is compiled into it, and of the module under whose name it is found again (that
    of a user's file changes with every edit)."""
    digest = hashlib.blake2b(digest_size=12)
    for part in (kernel.py_func.__module__ or "", *_parts(kernel, (), set())):
        digest.update(part.encode())
        digest.update(b"\0")
    return digest.hexdigest()


def _parts(value, names: tuple[str, ...], seen: set) -> Iterator[str]:
    """What `value` is, in words: a function with all that it names, a module with what it holds under `names`, each once."""
    if is_jitted(value):
        yield f"kernel {sorted(value.targetoptions.items())}"
        if not value._can_compile:
            yield f"as {value.signatures}"
        value = value.py_func
    if isinstance(value, FunctionType | ModuleType):
        yield f"{type(value).__name__} {value.__name__}"
        if (id(value), names) in seen:
            return
        seen.add((id(value), names))
    if isinstance(value, FunctionType):
        if (value.__module__ or "").partition(".")[0] not in _NUMBAS:
            yield from _parts_of_function(value, seen)
    elif isinstance(value, ModuleType):
        yield from _parts_under(names, vars(value), names, seen)
    elif isinstance(value, tuple | list):
        yield f"{type(value).__qualname__} {getattr(value, '_fields', '')} of {len(value)}"
        for item in value:
            yield from _parts(item, names, seen)
    elif isinstance(value, np.ndarray):
        yield f"array {value.dtype!r} {value.shape} {value.strides} {hashlib.blake2b(value.tobytes()).hexdigest()}"
    elif isinstance(value, bool | int | float | complex | str | bytes | None | np.generic | np.dtype):
        yield f"{type(value).__name__} {value!r}"
    elif isinstance(value, type):
        yield f"class {value.__module__}.{value.__qualname__} {getattr(value, '_fields', '')}"
        for known in ("__members__", "_field_defaults"):
            yield from _parts([*getattr(value, known, {}).items()], names, seen)
    else:  # what is written for numba, such as an intrinsic, wraps the function that says what it compiles to
        yield f"{type(value).__qualname__} {getattr(value, '__module__', '')}.{getattr(value, '__name__', '')}"
        yield from _parts(getattr(value, "__wrapped__", None), names, seen)


def _parts_of_function(function: FunctionType, seen: set) -> Iterator[str]:
    code, names = _code(function.__code__)
    yield code
    yield from _parts(function.__defaults__, names, seen)
    held = {
        name: cell.cell_contents
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    }
    yield from _parts_under(held, held, names, seen)
    yield from _parts_under(names, function.__globals__, names, seen)


def _parts_under(wanted: Iterable[str], values: Mapping, names: tuple[str, ...], seen: set) -> Iterator[str]:
    for name in wanted:
        if name in values:
            yield name
            yield from _parts(values[name], names, seen)


@cache
def _code(code: CodeType) -> tuple[str, tuple[str, ...]]:
    """What a function does, in words, wherever in a file it stands; and all names that it or a function in it uses."""
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    constants = [
        sorted(map(repr, constant)) if isinstance(constant, frozenset) else repr(constant)
        for constant in code.co_consts
        if not isinstance(constant, CodeType)
    ]
    told = [_code(part) for part in inner]
    words = (
        code.co_code,
        code.co_exceptiontable,
        code.co_flags,
        code.co_argcount,
        code.co_posonlyargcount,
        code.co_kwonlyargcount,
        code.co_names,
        code.co_varnames,
        code.co_cellvars,
        code.co_freevars,
        constants,
        [part for part, _ in told],
    )
    return repr(words), tuple(dict.fromkeys([*code.co_names, *(name for _, names in told for name in names)]))


def _fields(signature) -> list:
    """The names in the named tuples among some types, which numba does not compare."""
    if isinstance(signature, types.BaseTuple):
        return [*getattr(signature, "fields", ()), *_fields(signature.types)]
    return [name for part in signature for name in _fields(part)] if isinstance(signature, (tuple, list)) else []


# --- Where it is kept -------------------------------------------------------------------------------------------------


@cache
def folder() -> Path:
    """A writable folder for compiled kernels, of this numba and numpy: in $NUMBA_CACHE_DIR, the user's cache, or a private
    temporary folder. Kernels that look at the bounds of arrays (NUMBA_BOUNDSCHECK=1) have their own."""
    name = f"numba-{numba.__version__}-numpy-{np.__version__}{'-bounds' if numba.config.BOUNDSCHECK else ''}"
    chosen = os.environ.get("NUMBA_CACHE_DIR") or _users_cache()
    if chosen:
        found = Path(chosen) / name
        try:
            found.mkdir(parents=True, exist_ok=True)
        except OSError:
            pass
        else:
            if os.access(found, os.W_OK):
                return found
    found = _private_folder() / name
    found.mkdir(exist_ok=True)
    return found


def _users_cache() -> str | None:
    """The user's cache; None for one without a home, such as a container's made-up user."""
    try:
        found = platformdirs.user_cache_dir("crlm")
    except RuntimeError:
        return None
    return found if os.path.isabs(found) else None


def _private_folder() -> Path:
    """A temporary folder that only this user can write to, as what is read from it is run: the same for all of the user's
    processes, or a new one if somebody else has made that name."""
    if not hasattr(os, "getuid"):  # Windows, where every user has a temporary folder of their own
        folder = Path(tempfile.gettempdir()) / "crlm-kernels"
        folder.mkdir(exist_ok=True)
        return folder
    folder = Path(tempfile.gettempdir()) / f"crlm-kernels-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        about = folder.lstat()
        if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.getuid() or stat.S_IMODE(about.st_mode) & 0o077:
            return Path(tempfile.mkdtemp(prefix="crlm-kernels-"))
    return folder


# --- What numba asks --------------------------------------------------------------------------------------------------


_LONG_S = 7 * 24 * 3600
"""Age in seconds at which a kernel that is no longer what its source says is let go of: who goes back and forth between two
versions of a source compiles each once."""


def keep(kernel: Dispatcher, signature: str | None = None) -> Dispatcher:
    """The kernel, kept on disk, and compiled for the types of its `signature` only if it has one."""
    kernel._cache = Kept(kernel)
    if signature:
        with typeinfer.register_dispatcher(kernel):  # which may call itself
            kernel.compile(signature)
        kernel.disable_compile()
    return kernel


class Kept(caching._Cache):
    """What is kept of one kernel, as numba asks for it; nothing of a kernel that stands in no file, such as one typed in at
    a prompt."""

    def __init__(self, kernel: Dispatcher):
        self._kernel = kernel

    @cached_property
    def _files(self) -> caching._Cache:
        """Made when it is first asked, as this is when numba takes in what the key is made of."""
        function = self._kernel.py_func
        source = function.__code__.co_filename
        return (
            _Files(function, _Locator(source, key_of(self._kernel))) if os.path.isfile(source) else caching.NullCache()
        )

    @property
    def there(self) -> bool:
        """Whether something is kept of the kernel as it is now, for whatever types."""
        return isinstance(self._files, _Files) and self._files.index.exists()

    @property
    def cache_path(self):
        return self._files.cache_path

    def load_overload(self, sig, target_context):
        try:
            return self._files.load_overload(sig, target_context)
        except (AttributeError, ImportError):  # kept for a named tuple that has another name or another home by now
            self._files.flush()
            return None

    def save_overload(self, sig, data):
        self._files.save_overload(sig, data)

    def enable(self):
        self._files.enable()

    def disable(self):
        self._files.disable()

    def flush(self):
        self._files.flush()


class _Locator(caching._CacheLocator):
    """Where the files of a kernel are: in a folder for the folder of its source, under its name and key."""

    def __init__(self, source: str, key: str):
        self._path = str(folder() / self.get_suitable_cache_subpath(source))
        self._key = key

    def from_function(self, py_func, py_file):
        self.ensure_cache_path()
        return self

    def get_cache_path(self):
        return self._path

    def get_source_stamp(self):
        return self._key

    def get_disambiguator(self):
        return self._key


class _Named(caching.CompileResultCacheImpl):
    """numba's way of writing compiled code, into files of our naming."""

    def __init__(self, py_func: FunctionType, locator: _Locator):
        self._locator_classes = [locator]
        super().__init__(py_func)


class _Files(caching.FunctionCache):
    """The files of a kernel."""

    def __init__(self, py_func: FunctionType, locator: _Locator):
        self._impl_class = lambda function: _Named(function, locator)
        super().__init__(py_func)
        self.index = Path(self.cache_path, f"{self._impl.filename_base}.nbi")

    def _index_key(self, sig, codegen):
        return *super()._index_key(sig, codegen), tuple(_fields(sig))

    def save_overload(self, sig, data):
        """Save it, and let go of what was kept of the kernel as it was some time before."""
        super().save_overload(sig, data)
        if "<" in self._py_func.__qualname__:  # a function in a function: others of that name may be in use
            return
        key = self._impl.locator.get_disambiguator()
        name, _, python = self._impl.filename_base.rpartition(f"-{key}.")
        for file in self.index.parent.glob(f"{glob.escape(name)}-*.{python}.*"):
            with suppress(FileNotFoundError):  # by another process that compiles the same
                if f"-{key}." not in file.name and file.stat().st_mtime < time.time() - _LONG_S:
                    file.unlink()
