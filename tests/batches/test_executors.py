"""Workers of all kinds give the same rows; whatever is killed, nothing is lost and nothing is doubled."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pyarrow.compute as pc
import pytest

from abm.batches import batch, executors, store
from abm.batches.batch import BatchStopped, run_batch
from abm.batches.executors import Dask, ExecutorError, Local

from .little import Here, little, rows, with_trouble, without_trouble, write

SECONDS = 240


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The little batch, never interrupted, computed in this process."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch, "_executor", lambda *_: Here())
        return run_batch(little(folder), folder / "batch")


def resumed(experiment, folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch, "_executor", lambda *_: Here())
        return run_batch(experiment, folder, resume=True)


def of_seeds(table, *seeds):
    return table.filter(pc.is_in(table["seed"], pc.cast(list(seeds), "int64")))


# --- Processes --------------------------------------------------------------------------------------------------------


def deadly(marker) -> str:
    """One arm; of its runs the second kills its worker once, the third whenever it is computed."""
    text = with_trouble(seed=6, how="kill", marker=marker).replace(
        "  no_kupffer: {cells: {kupffer: {density: 0 /mm^2}}}\n", ""
    )
    return text.replace("plugins:", "  - {measure: trouble, at: 1 h, seed: 7, how: kill, name: more}\nplugins:")


def assert_survived(result, whole):
    """Whatever was killed once is there, what kills again and again failed, and nobody else was harmed."""
    assert (result.computed, result.failed) == (3, 1)
    good = without_trouble(of_seeds(result.results, 5, 6)).drop_columns(["more"])
    expected = rows(whole.results).filter(pc.equal(whole.results["arm"], "control"))
    assert good.to_pylist() == of_seeds(expected, 5, 6).to_pylist()
    error = of_seeds(result.results, 7)["error"][0].as_py()
    assert error.startswith("WorkerKilled: the process that computed it was killed, 2 times")


def test_processes_survive_a_kill(whole, tmp_path):
    seen = []
    result = run_batch(
        little(tmp_path, deadly(tmp_path / "marker")), tmp_path / "batch", workers=2, progress=seen.append
    )
    assert (tmp_path / "marker").exists()
    assert_survived(result, whole)
    assert [progress.finished for progress in seen] == [0, 1, 2, 3]
    assert not [child for child in psutil.Process().children() if "spawn_main" in " ".join(child.cmdline())]


def test_a_full_disk_in_a_worker(whole, tmp_path):
    experiment = little(tmp_path, with_trouble(seed=6, how="full", marker=tmp_path / "marker"))
    with pytest.raises(BatchStopped, match="File too large"):
        run_batch(experiment, tmp_path / "batch", workers=1)
    kept = store.read_results(tmp_path / "batch").num_rows
    result = resumed(experiment, tmp_path / "batch")
    assert result.computed == 6 - kept and 0 < kept < 6
    assert without_trouble(result.results) == rows(whole.results)


@pytest.mark.parametrize(
    ("number", "status", "where"),
    [
        (signal.SIGKILL, -signal.SIGKILL, ()),
        pytest.param(signal.SIGINT, 130, (), marks=pytest.mark.slow),
        pytest.param(signal.SIGKILL, -signal.SIGKILL, ("--cluster", "local"), marks=pytest.mark.slow),
    ],
)
def test_the_batch_is_killed(whole, tmp_path, number, status, where):
    text = with_trouble(seed=6, how="slow")
    path = write(tmp_path, text)
    parent = subprocess.Popen(
        [sys.executable, "-m", "abm.cli", "batch", path, "-o", tmp_path / "batch", "--workers", "1", *where],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_for(lambda: len(list((tmp_path / "batch" / store.PARTS).glob("*.json"))) >= 1, parent)
        workers = psutil.Process(parent.pid).children(recursive=True)
        parent.send_signal(number)
        said = parent.communicate(timeout=SECONDS)[1]
    finally:
        parent.kill()
    assert parent.returncode == status
    gone, alive = psutil.wait_procs(workers, timeout=30)
    assert gone and not alive
    if number == signal.SIGINT:
        assert "runs are kept" in said and "To go on: crlm batch" in said and said.rstrip().endswith("--resume")
    kept = store.read_results(tmp_path / "batch").num_rows
    result = resumed(little(tmp_path, text), tmp_path / "batch")
    assert 0 < kept < 6 and result.computed == 6 - kept
    assert without_trouble(result.results) == rows(whole.results)
    assert store.read_series(result.folder) == store.read_series(whole.folder)


def wait_for(condition, process):
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert process.poll() is None and time.monotonic() < deadline, process.stderr.read()
        time.sleep(0.01)


def test_workers_that_cannot_begin(tmp_path, monkeypatch):
    monkeypatch.setattr(executors, "_work", os._exit)
    with pytest.raises(ExecutorError, match="end before they have begun"):
        run_batch(little(tmp_path), tmp_path / "batch", workers=1)


def test_while_kernels_are_cold_one_worker_begins():
    local = Local(workers=4, cold=True)
    started = []

    class Process:
        task = None
        idle = False

        def __init__(self):
            started.append(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(executors, "_Process", Process)
        local._keep_up(10)
        assert len(started) == 1
        local._alone = False
        local._keep_up(2)
        assert len(started) == 2
        local._keep_up(10)
        assert len(started) == 4


# --- Dask -------------------------------------------------------------------------------------------------------------


def test_a_dask_cluster_survives_a_kill(whole, tmp_path):
    result = run_batch(little(tmp_path, deadly(tmp_path / "marker")), tmp_path / "batch", workers=2, cluster="local")
    assert (tmp_path / "marker").exists()
    assert_survived(result, whole)


def test_a_scheduler_at_an_address(whole, tmp_path):
    from distributed import LocalCluster

    with LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=":0") as cluster:
        result = run_batch(little(tmp_path), tmp_path / "batch", cluster=cluster.scheduler_address)
    assert rows(result.results) == rows(whole.results)


def test_no_scheduler_at_an_address(tmp_path):
    import dask

    with (
        dask.config.set({"distributed.comm.timeouts.connect": "1s"}),
        pytest.raises(ExecutorError, match="no Dask scheduler at"),
    ):
        run_batch(little(tmp_path), tmp_path / "batch", cluster="tcp://127.0.0.1:9")


def test_without_dask(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ExecutorError, match=r"pip install '\.\[cluster\]'"):
        run_batch(little(tmp_path), tmp_path / "batch", cluster="local")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # half-made clusters of dask_jobqueue
@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "there is no file"),
        ("a: [", "not valid YAML"),
        ("cores", "should hold options"),
        ("cores: 2\nmemory: 1GB\nquue: long", "quue"),
        ("cores: 2", "memory"),
    ],
)
def test_a_wrong_slurm_file(tmp_path, text, words):
    pytest.importorskip("dask_jobqueue")
    path = tmp_path / "slurm.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ExecutorError, match=words), Dask(str(path)):
        pass
