"""The one jit wrapper: where compiled kernels are kept, when they are compiled afresh, and with which flags."""

import os
import stat
import subprocess
import sys

import numpy as np
import pytest

from abm.kernels import jit as module
from abm.kernels.jit import jit

COMPILED = pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="there is nothing compiled")


@pytest.fixture
def package(tmp_path):
    """A small package: a kernel, the codes that it takes in, and a page of text."""
    for name, text in {
        "kernels/walk.py": "from .jit import jit\nfrom ..record.event import DIED\n",
        "ledger/event.py": "ARRIVED = 0\nDIED = 12\n",
        "cells/tumor.py": "HELD, ADHERENT = range(2)\n",
        "view/page.py": "TITLE = 'liver'\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize("name", ["kernels/walk.py", "ledger/event.py", "cells/tumor.py"])
def test_a_change_in_a_kernel_or_in_a_code_that_kernels_know_is_noticed(package, name):
    before = module._sources_digest(package)
    assert module._sources_digest(package) == before
    file = package / name
    file.write_text(file.read_text().replace("1", "3").replace("2", "4").replace("DIED", "LOST"))
    assert module._sources_digest(package) != before


def test_a_kernel_that_moves_is_noticed(package):
    before = module._sources_digest(package)
    (package / "kernels/walk.py").rename(package / "kernels/run.py")
    assert module._sources_digest(package) != before


def test_a_change_that_concerns_no_kernel_compiles_nothing(package):
    before = module._sources_digest(package)
    (package / "view/page.py").write_text("TITLE = 'a liver'\n")
    assert module._sources_digest(package) == before


def test_another_numba_compiles_afresh(package, monkeypatch):
    before = module._sources_digest(package)
    monkeypatch.setattr(module.numba, "__version__", "99.0")
    assert module._sources_digest(package) != before


def test_the_cache_lies_where_the_user_wants_it_under_the_digest(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "kernels"))
    folder = module._cache_folder()
    assert folder == tmp_path / "kernels" / module._sources_digest()
    assert folder.is_dir()


def test_without_a_wish_it_lies_in_the_users_cache(tmp_path, monkeypatch):
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(module.platformdirs, "user_cache_dir", lambda name: str(tmp_path / name))
    assert module._cache_folder().parent == tmp_path / "crlm"


@pytest.mark.parametrize("obstacle", ["file", "read-only"])
def test_where_nothing_can_be_written_the_temporary_folder_serves(tmp_path, monkeypatch, obstacle):
    wish = tmp_path / "wish"
    if obstacle == "file":
        wish.write_text("a file where the folder should be")
    else:
        wish.mkdir()
        monkeypatch.setattr(module.os, "access", lambda path, mode: not str(path).startswith(str(wish)))
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(wish))
    monkeypatch.setattr(module.tempfile, "tempdir", str(tmp_path))
    folder = module._cache_folder()
    assert folder.is_dir() and folder.is_relative_to(tmp_path) and not folder.is_relative_to(wish)
    assert module._cache_folder() == folder


def test_a_user_without_a_home_has_a_private_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(module.tempfile, "tempdir", str(tmp_path))

    def nowhere(name):
        raise RuntimeError("could not determine the home directory")

    for home in (nowhere, lambda name: f"~/.cache/{name}"):
        monkeypatch.setattr(module.platformdirs, "user_cache_dir", home)
        folder = module._cache_folder()
        assert folder.is_relative_to(tmp_path) and folder == module._cache_folder()


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="Windows has a temporary folder per user")
@pytest.mark.parametrize("who", ["everybody writes", "a link", "somebody else's", "a file"])
def test_compiled_code_that_others_could_have_written_is_not_run(tmp_path, monkeypatch, who):
    monkeypatch.setattr(module.tempfile, "tempdir", str(tmp_path))
    private = module._private_folder()
    assert stat.S_IMODE(private.stat().st_mode) == 0o700 and module._private_folder() == private
    if who == "everybody writes":
        private.chmod(0o777)
    elif who == "somebody else's":
        somebody = os.getuid() + 1
        monkeypatch.setattr(module.os, "getuid", lambda: somebody)
        private.rename(tmp_path / f"crlm-kernels-{module.os.getuid()}")
    else:
        private.rmdir()
        private.symlink_to(tmp_path) if who == "a link" else private.write_text("")
    other = module._private_folder()
    assert other.parent == tmp_path and other.name not in (private.name, f"crlm-kernels-{module.os.getuid()}")
    assert stat.S_IMODE(other.stat().st_mode) == 0o700


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
