"""Where compiled kernels are kept, and when they are compiled afresh: nothing stale may ever run, and little is compiled."""

import importlib
import importlib.util
import os
import stat
import subprocess
import sys
from textwrap import dedent

import numba
import numpy as np
import pytest

from abm.kernels import cache
from abm.kernels.jit import are_compiled, kernels_of

COMPILED = pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="there is nothing compiled")
NAME = f"numba-{numba.__version__}-numpy-{np.__version__}" + ("-bounds" if numba.config.BOUNDSCHECK else "")

SOURCES = {
    "codes": """
        import numpy as np
        ARRIVED = 1
        DIED = 12
        OTHER = 5
        TABLE = np.array([3.0, 4.0])
        RATES = (0.25, np.float32(2))
        """,
    "places": """
        from typing import NamedTuple
        import numpy as np
        class Sites(NamedTuple):
            kind: np.ndarray
            zone: np.ndarray
        class Pair(NamedTuple):
            first: float
            second: float
        """,
    "walk": """
        from abm.kernels.jit import jit
        from . import codes
        @jit
        def stride(x):
            return 10 * x + codes.ARRIVED
        @jit(inline=True)
        def bend(x):
            return x + 100
        @jit(signature="int64(int64)")
        def whole(x):
            return x
        """,
    "rule": """
        from math import floor as level
        from abm.kernels.jit import jit
        from . import codes
        from .codes import DIED, RATES, TABLE
        from .places import Pair
        from .walk import bend, stride, whole
        @jit
        def numbers(x):
            return x + DIED + RATES[0] + RATES[1]
        @jit
        def table(x):
            return TABLE[x]
        @jit
        def walked(x):
            return stride(x)
        @jit
        def bent(x):
            return bend(x)
        @jit
        def counted(x):
            return 1.0 * whole(x)
        @jit
        def rounded(x):
            return level(x)
        @jit
        def kinds(sites):
            return sites.kind[0]
        @jit
        def paired(x):
            return Pair(x, 2 * x).first
        @jit
        def late(x):
            return x + BELOW + SHIFTED
        def made(by):
            return jit(lambda x: by * x)
        twofold = made(2)
        BELOW = 1000
        from .codes import OTHER as SHIFTED
        """,
}
"""A package with kernels that take in whatever a kernel can."""
ARGUMENTS = {
    "numbers": 1,
    "table": 0,
    "walked": 2,
    "bent": 3,
    "counted": 2.75,
    "rounded": 2.5,
    "paired": 4.0,
    "late": 5,
    "twofold": 6,
}


class Package:
    """The files, which are edited; and their kernels, as a new process finds them."""

    def __init__(self, folder):
        self.folder = folder
        for name, text in {"__init__": "", **SOURCES}.items():
            (folder / f"{name}.py").write_text(dedent(text))

    def edit(self, name, before, after):
        file = self.folder / f"{name}.py"
        assert before in file.read_text()
        file.write_text(file.read_text().replace(before, after))

    def load(self):
        for name in [name for name in sys.modules if name.partition(".")[0] == "edited"]:
            del sys.modules[name]
        importlib.invalidate_caches()
        return importlib.import_module("edited.rule")

    def run(self):
        """What each kernel answers, and which were compiled for it."""
        rule = self.load()
        sites = sys.modules["edited.places"].Sites(
            **{name: np.full(1, value) for name, value in (("kind", 7.0), ("zone", 8.0))}
        )
        answers = {name: getattr(rule, name)(argument) for name, argument in (ARGUMENTS | {"kinds": sites}).items()}
        return answers, {name for name in answers if getattr(rule, name).stats.cache_misses}


@pytest.fixture
def package(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(cache, "folder", lambda: tmp_path / "kept")
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "edited").mkdir()
    yield Package(tmp_path / "edited")
    for name in [name for name in sys.modules if name.partition(".")[0] == "edited"]:
        del sys.modules[name]


@COMPILED
def test_what_is_edited_is_compiled_afresh_and_nothing_else(package):
    answers, compiled = package.run()
    assert compiled == set(answers)
    assert package.run() == (answers, set())
    for name, before, after, changed in (
        ("codes", "DIED = 12", "DIED = 13", {"numbers": 1 + 13 + 2.25}),
        ("codes", "(0.25, np.float32(2))", "(0.25, np.float32(3))", {"numbers": 1 + 13 + 3.25}),
        ("codes", "[3.0, 4.0]", "[6.0, 4.0]", {"table": 6.0}),
        ("codes", "ARRIVED = 1", "ARRIVED = 2", {"walked": 22}),
        ("codes", "OTHER = 5", "OTHER = 6", {"late": 5 + 1000 + 6}),
        ("walk", "10 * x", "20 * x", {"walked": 42}),
        ("walk", "x + 100", "x + 200", {"bent": 203}),
        ("walk", "int64(int64)", "float64(float64)", {"counted": 2.75}),
        ("places", "    first: float\n    second: float", "    second: float\n    first: float", {"paired": 8.0}),
        (
            "places",
            "    kind: np.ndarray\n    zone: np.ndarray",
            "    zone: np.ndarray\n    kind: np.ndarray",
            {"kinds": 7.0},
        ),
        ("rule", "BELOW = 1000", "BELOW = 2000", {"late": 5 + 2000 + 6}),
        ("rule", "floor as level", "ceil as level", {"rounded": 3}),
        ("rule", "made(2)", "made(3)", {"twofold": 18}),
        ("rule", "return TABLE[x]", "return -TABLE[x]", {"table": -6.0}),
    ):
        package.edit(name, before, after)
        answers |= changed
        assert package.run() == (answers, set(changed)), (name, before, after)


@COMPILED
def test_a_named_tuple_with_another_name_or_home_is_compiled_for(package):
    """What is kept speaks of a class that is not there any more."""
    package.run()
    package.edit("places", "class Sites", "class Lattices")
    rule = package.load()
    sites = sys.modules["edited.places"].Lattices(np.full(1, 7.0), np.full(1, 8.0))
    assert rule.kinds(sites) == 7.0 and rule.kinds.stats.cache_misses
    assert package.load().kinds(sys.modules["edited.places"].Lattices(np.full(1, 5.0), np.full(1, 8.0))) == 5.0


@COMPILED
@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("codes", "ARRIVED = 1", "# a word\nARRIVED = 1\nUNUSED = 3"),
        ("walk", "@jit\ndef stride", "\n@jit\n# a word\ndef stride"),
        ("rule", "BELOW = 1000", "@jit\ndef another(x):\n    return x\nBELOW = 1000"),
    ],
)
def test_an_edit_that_no_kernel_takes_in_compiles_nothing(package, name, before, after):
    answers, _ = package.run()
    package.edit(name, before, after)
    assert package.run() == (answers, set())


@COMPILED
def test_a_file_that_is_imported_under_another_name_is_compiled_for_it(package):
    """As users' files are after every edit: numba looks for what it kept under the old name."""
    (package.folder / "mine.py").write_text("from abm.kernels.jit import jit\n@jit\ndef plus(x):\n    return x + 1\n")
    for name in ("edited_before", "edited_after"):
        spec = importlib.util.spec_from_file_location(name, package.folder / "mine.py")
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        assert module.plus(2) == 3 and module.plus.stats.cache_misses
        del sys.modules[name]


@COMPILED
def test_what_has_been_stale_for_long_is_let_go_of(package):
    def kept():
        return [*package.folder.parent.glob("kept/*/rule.table-*")]

    answers, _ = package.run()
    package.edit("codes", "[3.0", "[7.0")
    assert package.run()[1] == {"table"} and len(kept()) == 4  # an index and a compiled function each
    package.edit("codes", "[7.0", "[3.0")
    assert package.run() == (answers, set())
    for file in kept():
        os.utime(file, (0, 0))
    package.edit("codes", "[3.0", "[8.0")
    package.run()
    assert len(kept()) == 2
    assert package.run()[1] == set()


@COMPILED
def test_whether_a_package_is_compiled_is_known_before_its_first_call(package):
    package.load()
    assert not are_compiled("edited")
    package.run()
    package.load()
    assert len(kernels_of("edited")) == 13 and are_compiled("edited")
    package.edit("rule", "return TABLE[x]", "return -TABLE[x]")
    package.load()
    assert are_compiled("edited")  # the others are
    package.edit("walk", "10 * x", "20 * x")
    package.edit("walk", "x + 100", "x + 200")
    for name in ("DIED = 12", "OTHER = 5", "ARRIVED = 1"):
        package.edit("codes", name, f"{name}0")
    package.load()
    assert not are_compiled("edited")


@COMPILED
def test_a_function_of_no_file_is_compiled_and_not_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "folder", lambda: tmp_path)
    names = {}
    exec("from abm import jit\n@jit\ndef twice(x):\n    return 2 * x\n", names)
    assert names["twice"](4) == 8 and [*tmp_path.rglob("*")] == []


@COMPILED
def test_kernels_are_kept_from_one_process_to_the_next(tmp_path):
    code = (
        "from abm.kernels import jit, random\n"
        "print(sum(random.philox.stats.cache_hits.values()), sum(random.philox.stats.cache_misses.values()))"
    )
    env = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    runs = [
        subprocess.run([sys.executable, "-c", code], env=env, check=True, capture_output=True, text=True).stdout
        for _ in range(2)
    ]
    assert [run.split() for run in runs] == [["0", "1"], ["1", "0"]]


def test_every_numba_and_the_kernels_with_bounds_have_a_folder_of_their_own(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    found = [cache.folder.__wrapped__()]
    monkeypatch.setattr(cache.numba, "__version__", "99.0")
    found.append(cache.folder.__wrapped__())
    monkeypatch.setattr(cache.numba.config, "BOUNDSCHECK", None if numba.config.BOUNDSCHECK else 1)
    found.append(cache.folder.__wrapped__())
    assert len(set(found)) == 3


def test_the_cache_lies_where_the_user_wants_it(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "kernels"))
    folder = cache.folder.__wrapped__()
    assert folder == tmp_path / "kernels" / NAME
    assert folder.is_dir()


def test_without_a_wish_it_lies_in_the_users_cache(tmp_path, monkeypatch):
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(cache.platformdirs, "user_cache_dir", lambda name: str(tmp_path / name))
    assert cache.folder.__wrapped__().parent == tmp_path / "crlm"


@pytest.mark.parametrize("obstacle", ["file", "read-only"])
def test_where_nothing_can_be_written_the_temporary_folder_serves(tmp_path, monkeypatch, obstacle):
    wish = tmp_path / "wish"
    if obstacle == "file":
        wish.write_text("a file where the folder should be")
    else:
        wish.mkdir()
        monkeypatch.setattr(cache.os, "access", lambda path, mode: not str(path).startswith(str(wish)))
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(wish))
    monkeypatch.setattr(cache.tempfile, "tempdir", str(tmp_path))
    folder = cache.folder.__wrapped__()
    assert folder.is_dir() and folder.is_relative_to(tmp_path) and not folder.is_relative_to(wish)
    assert cache.folder.__wrapped__() == folder


def test_a_user_without_a_home_has_a_private_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(cache.tempfile, "tempdir", str(tmp_path))

    def nowhere(name):
        raise RuntimeError("could not determine the home directory")

    for home in (nowhere, lambda name: f"~/.cache/{name}"):
        monkeypatch.setattr(cache.platformdirs, "user_cache_dir", home)
        folder = cache.folder.__wrapped__()
        assert folder.is_relative_to(tmp_path) and folder == cache.folder.__wrapped__()


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="Windows has a temporary folder per user")
@pytest.mark.parametrize("who", ["everybody writes", "a link", "somebody else's", "a file"])
def test_compiled_code_that_others_could_have_written_is_not_run(tmp_path, monkeypatch, who):
    monkeypatch.setattr(cache.tempfile, "tempdir", str(tmp_path))
    private = cache._private_folder()
    assert stat.S_IMODE(private.stat().st_mode) == 0o700 and cache._private_folder() == private
    if who == "everybody writes":
        private.chmod(0o777)
    elif who == "somebody else's":
        somebody = os.getuid() + 1
        monkeypatch.setattr(cache.os, "getuid", lambda: somebody)
        private.rename(tmp_path / f"crlm-kernels-{cache.os.getuid()}")
    else:
        private.rmdir()
        private.symlink_to(tmp_path) if who == "a link" else private.write_text("")
    other = cache._private_folder()
    assert other.parent == tmp_path and other.name not in (private.name, f"crlm-kernels-{cache.os.getuid()}")
    assert stat.S_IMODE(other.stat().st_mode) == 0o700
