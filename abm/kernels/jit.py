"""The one wrapper through which every kernel is compiled.

numba's own cache does not notice a change in a jitted function that another one imports, nor in a number
that it took from another file, so the cache folder carries a hash of all files that hold either: any change in them
compiles everything afresh, and nothing stale is ever run.
"""

import hashlib
import os
import re
import stat
import tempfile
from pathlib import Path

import numba
import platformdirs

_PACKAGE = Path(__file__).resolve().parent.parent
_NUMBER = re.compile(rb"^_?[A-Z][A-Z0-9_, ]* = (-?[0-9]|range)", re.MULTILINE)
_HOMES_OF_NUMBERS = ("cells", "fields", "kernels", "record", "rules", "tissue")


def _sources_digest(package: Path = _PACKAGE) -> str:
    """Digest of every file of `package` with kernels, or with numbers that kernels may take in, of numba, and of
    whether kernels look at the bounds of arrays (NUMBA_BOUNDSCHECK=1)."""
    bounds = " with bounds" if numba.config.BOUNDSCHECK else ""
    digest = hashlib.blake2b(f"{numba.__version__}{bounds}".encode(), digest_size=8)
    for source in sorted(package.rglob("*.py")):
        content = source.read_bytes()
        if b"jit" in content or (source.parent.name in _HOMES_OF_NUMBERS and _NUMBER.search(content)):
            digest.update(str(source.relative_to(package)).encode())
            digest.update(content)
    return digest.hexdigest()


def _cache_folder() -> Path:
    """A writable folder for compiled kernels: in $NUMBA_CACHE_DIR, the user's cache, or a private temporary folder."""
    chosen = os.environ.get("NUMBA_CACHE_DIR") or _users_cache()
    if chosen:
        folder = Path(chosen) / _sources_digest()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            pass
        else:
            if os.access(folder, os.W_OK):
                return folder
    folder = _private_folder() / _sources_digest()
    folder.mkdir(exist_ok=True)
    return folder


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


numba.config.CACHE_DIR = str(_cache_folder())


def jit(function=None, *, signature: str | None = None, inline: bool = False, counted: bool = True):
    """Compile `function` without Python objects, cached on disk, with exact IEEE arithmetic.

    Fast-math stays off: it makes `isnan` false and lets results depend on the machine. With a `signature`, the
    function is compiled for those types only, and callers' numbers are cast to them: for the small primitives that
    are called from everywhere with every kind of integer.

    `inline` makes it a part of its callers: for what is done to one row or one site, where handing over the arrays costs
    more than the work. `counted=False` leaves out the counting of references to arrays, each as slow as a look at
    several sites: for kernels that neither make arrays (numba refuses those), nor return any or call what does.
    """
    flags = {
        "cache": True,
        "fastmath": False,
        "error_model": "numpy",
        "nogil": True,
        "forceinline": inline,
        "_nrt": counted,
    }
    wrap = numba.njit(signature, **flags) if signature else numba.njit(**flags)
    return wrap if function is None else wrap(function)
