"""Bad input: whatever stands in a config, loading it ends soon, in a config or in a report of what is wrong, and runs nothing.

2300 documents of the grammar in `broken_yaml` (300 of them in the fast tests), and more in tests/config/test_loading.py.
"""

import contextlib
import os
import signal
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from abm import cli
from abm.batches.loading import load_experiment
from abm.config.describe import resolved_yaml, warnings
from abm.config.errors import ConfigError
from abm.config.loading import load_config, load_text
from abm.config.validating import not_finite
from abm.estimate import estimate
from abm.kernels import cache

from .broken_yaml import BOMBS, folders

ACTIONS = (
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "subprocess.Popen",
    "socket.connect",
    "shutil.rmtree",
    "os.remove",
    "os.mkdir",
)
SECONDS = 20
"""No document may take longer; the worst takes a tenth of it."""

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs POSIX timers")


class TookTooLong(BaseException):
    pass


@contextlib.contextmanager
def at_most(seconds: float):
    def stop(*_):
        raise TookTooLong(f"longer than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


_watched: list[str] | None = None


def _listen(event: str, arguments: tuple) -> None:
    if _watched is None:
        return
    written = event == "open" and (set(arguments[1] or "") & set("wax+") or arguments[2] & (os.O_WRONLY | os.O_RDWR))
    # Python's own, when a module is imported for the first time, and kernels
    compiled = any(folder in str(arguments[:2]) for folder in ("__pycache__", str(cache.folder())))
    if (written or event in ACTIONS) and not compiled:
        _watched.append(f"{event} {arguments}")


@contextlib.contextmanager
def nothing_is_run():
    """Fails when a process is started, a file is written or removed, or a connection is made inside."""
    global _watched
    if not getattr(sys, "crlm_listens", False):
        sys.addaudithook(_listen)  # hooks cannot be removed: one for the whole session
        sys.crlm_listens = True
    _watched = seen = []
    try:
        yield
    finally:
        _watched = None
    assert seen == []


def lay_out(folder, files):
    for name, content in files.items():
        (folder / name).write_bytes(content)


def load_and_show(load, *arguments):
    """Loading ends in what was loaded, or in a report that can be shown."""
    try:
        return load(*arguments)
    except ConfigError as error:
        assert error.problems and all(problem.message for problem in error.problems)
        report = str(error)
        assert all(char.isprintable() or char == "\n" for char in report)
        assert len(report) < 200_000
        return None


def check_documents(folder, files):
    lay_out(folder, files)
    with at_most(SECONDS), nothing_is_run():
        config = load_and_show(load_config, "my.yaml")
        if config is not None:
            assert not list(not_finite(config))
            assert estimate(config).memory_bytes > 0
            warnings(config)
            assert load_text(resolved_yaml(config)) == config, "the resolved config is another one"
        load_and_show(load_experiment, "my.yaml")
    assert set(os.listdir(folder)) == set(files)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        pytest.param("seed: [1]", "my.yaml:1:1  seed\n    expected a whole number, got a list", id="type"),
        pytest.param("rules: {phagocytosis: {rate: fast}}", "expected a rate such as '0.1 /h', got 'fast'", id="word"),
        pytest.param("rules: {phagocytosis: {rate: 3 um}}", "'3 um' has the wrong dimension", id="dimension"),
        pytest.param("duration: 14", "the unit is missing", id="no unit"),
        pytest.param("duration: 3 dd", "has the unit deciday, which is hardly meant; did you mean '3 d'?", id="unit"),
        pytest.param("rules: {phagocytosis: {rate: .nan}}", "'.nan' is not a finite number", id="nan"),
        pytest.param("duration: -.inf", "'-.inf' is not a finite number", id="infinity"),
        pytest.param("duration: 1e309 h", "expected a finite number", id="overflow"),
        pytest.param("rules: {arrival: {per_area: -3 /mm^2}}", "-3 /mm^2 is out of bounds", id="negative density"),
        pytest.param("cells: {kupffer: {density: -180 /mm^2}}", "-180 /mm^2 is out of bounds", id="negative cells"),
        pytest.param("tissue: {width: 0 um}", "must be more than 0 um", id="empty domain"),
        pytest.param("tissue: {width: 10 um, height: 10 um}", "too small for one lobule", id="one site"),
        pytest.param("extends: my.yaml", "the file extends itself", id="cycle"),
        pytest.param(
            "extends: base.yaml", "the files extend each other: my.yaml -> base.yaml -> my.yaml", id="longer cycle"
        ),
        pytest.param(BOMBS[0], "repetitions through * counted", id="bomb of lists"),
        pytest.param(BOMBS[1], "repetitions through * counted", id="bomb of groups"),
        pytest.param("labels: &a [*a]", "'*a' stands inside the value that it", id="anchor in itself"),
        pytest.param("name: *nobody", "nothing before is marked '&nobody'", id="anchor"),
        pytest.param(
            "seed: 1\nseed: 2", "my.yaml:2:1  seed\n    the key stands here twice, first in line 1", id="duplicate key"
        ),
        pytest.param("seed: " + "1" * 200_000, "is too large", id="huge number"),
        pytest.param("tissue: {width: 1 km, height: 1 km}", "1 km is out of bounds", id="huge domain"),
        pytest.param("tissue: {width: 1 m, height: 1 m}", "The run would need about", id="memory"),
        pytest.param(b"name: \xff", "my.yaml:1:7\n    the file is not text in UTF-8 (byte 0xff)", id="not UTF-8"),
        pytest.param(
            "extends: ../../../../../../../../etc/passwd",
            "a config is a group of 'key: value' lines",
            id="not a config",
        ),
        pytest.param("line: ../lines/cx1", "there is no line preset '../lines/cx1'", id="path"),
        pytest.param(
            "name: !!python/object/apply:os.system ['touch pwned']",
            "tags such as '!!python/object/apply:os.system'",
            id="tag",
        ),
        pytest.param("rules: {phagocitosis: off}", "did you mean 'phagocytosis'?", id="key"),
    ],
)
def test_what_is_wrong_is_said_where_it_stands(folder, capsys, document, said):
    files = {
        "my.yaml": document if isinstance(document, bytes) else document.encode(),
        "base.yaml": b"extends: my.yaml",
    }
    lay_out(folder, files)
    with at_most(SECONDS), nothing_is_run():
        assert cli.status_of(["check", "my.yaml"]) == cli.WRONG_INPUT
    told = capsys.readouterr()
    assert said in told.err and told.out == ""
    assert set(os.listdir(folder)) == set(files)


def test_no_name_leads_out_of_the_output_folder(folder, capsys, monkeypatch):
    here = folder / "some" / "where"
    here.mkdir(parents=True)
    monkeypatch.chdir(here)
    lay_out(
        here,
        {
            "my.yaml": b"extends: quickstart.yaml\nname: ../../out\nlabels: {../out: ../../out}\nduration: 10 min\n"
            b"tissue: {width: 0.4 mm, height: 0.4 mm}\nrecord: {movie: off, figures: off}",
            "batch.yaml": b"base: my.yaml\nname: ../out\nmeasures: [{measure: cells, name: ../../out}]\n"
            b"arms: {../../out: {}, a/b: {}, ..: {}}",
        },
    )
    assert cli.status_of(["run", "my.yaml", "-q"]) == 0
    assert cli.status_of(["batch", "batch.yaml"]) == cli.WRONG_INPUT
    assert capsys.readouterr().err.count("the name of an arm becomes part of file names") == 3
    assert [os.listdir(folder), os.listdir(folder / "some"), os.listdir(here / "runs")] == [
        ["some"],
        ["where"],
        ["my-seed1"],
    ]
    assert set(os.listdir(here)) == {"my.yaml", "batch.yaml", "runs"}


FAST, SLOW = (
    {
        "derandomize": True,
        "database": None,
        "deadline": None,
        "max_examples": count,
        "phases": [Phase.generate],
        "suppress_health_check": list(HealthCheck),
    }
    for count in (300, 2000)
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    load_config(None)  # so that everything is imported, and the kernels are loaded
    return tmp_path


@settings(**FAST)
@given(files=folders())
def test_no_document_breaks_the_loader(folder, files):
    check_documents(folder, files)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@settings(**SLOW)
@given(files=folders())
def test_no_document_of_thousands_breaks_the_loader(folder, files):
    check_documents(folder, files)


def through_the_command(folder, files):
    lay_out(folder, files)
    told = subprocess.run(
        [sys.executable, "-m", "abm", "check", "my.yaml"], capture_output=True, timeout=300, check=False
    )
    said = told.stderr.decode()
    assert told.returncode in (cli.DONE, cli.WRONG_INPUT), said
    assert "Traceback" not in said and "mistake in crlm" not in said
    assert (told.returncode == cli.DONE) == bool(told.stdout)
    assert set(os.listdir(folder)) == set(files)


def test_a_document_through_the_command(folder):
    through_the_command(
        folder,
        {"my.yaml": b"rules: {arrival: {enrichment: !!python/object/apply:os.system ['touch pwned']}}\nname: \xff"},
    )


@pytest.mark.slow
@pytest.mark.timeout(3600)
@settings(**(SLOW | {"max_examples": 100}))
@given(files=folders())
def test_a_hundred_documents_through_the_command(folder, files):
    through_the_command(folder, files)
