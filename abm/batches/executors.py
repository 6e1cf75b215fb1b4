"""Where the runs of a batch are computed: processes of this machine, or the workers of a Dask cluster.

An executor takes tasks and yields their reports, in whatever order they come. A run that ends its worker (by SIGKILL,
or for want of memory) is computed again by another one, and given up when it does so twice.
"""

import gc
import os
import signal
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from multiprocessing import connection, get_context, parent_process
from pathlib import Path
from typing import Any, Protocol

from ..extras import how_to_install
from .one_run import STOPPED, Report, Task, compute, kept_report
from .store import FAILED, write_part

ATTEMPTS = 2
"""So many workers may die over one run."""
ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "NUMBA", "VECLIB_MAXIMUM")}
_SECONDS_TO_END = 10.0
_SECONDS_BETWEEN_COUNTS = 1.0
_TASKS_PER_THREAD = 2


class ExecutorError(RuntimeError):
    """The workers cannot be used; the text says why."""


class Executor(AbstractContextManager, Protocol):
    """Used as a context; leaving it ends the workers."""

    def compute(self, tasks: Iterable[Task]) -> Iterator[Report]:
        """The report of every task, as they come."""


def given_up(task: Task) -> Report:
    """Keep, and report, that a run ended its workers."""
    kept = kept_report(task)
    if kept is not None:
        return kept
    error = (
        f"WorkerKilled: the process that computed it was killed, {ATTEMPTS} times; perhaps the memory does not suffice"
    )
    try:
        write_part(Path(task.folder), {**task.row, "status": FAILED, "error": error, "seconds": 0.0})
    except OSError as problem:
        return Report(task.id, STOPPED, str(problem))
    return Report(task.id, FAILED, error)


# --- Processes of this machine ----------------------------------------------------------------------------------------


class Local:
    """Spawned processes with one thread each, which live as long as the batch.

    While the kernels are `cold`, not compiled yet, the first process computes its first run alone, so that they are
    compiled once.
    """

    def __init__(self, workers: int = 1, cold: bool = False):
        self.workers, self._alone = workers, cold
        self._processes: list[_Process] = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self._processes:
            process.end()
        deadline = time.monotonic() + _SECONDS_TO_END
        for process in self._processes:
            process.wait(deadline)
        self._processes.clear()

    def compute(self, tasks):
        waiting = deque(tasks)
        deaths: Counter[str] = Counter()
        unborn = 0
        while waiting or any(process.task for process in self._processes):
            self._keep_up(len(waiting))
            for process in self._processes:
                if waiting and process.idle:
                    process.give(waiting.popleft())
            for process in _heard(self._processes):
                try:
                    report = process.hear()
                except EOFError:
                    self._processes.remove(process)
                    process.bury()
                    if process.task is not None:
                        deaths[process.task.id] += 1
                        if deaths[process.task.id] < ATTEMPTS:
                            waiting.appendleft(process.task)
                        else:
                            yield given_up(process.task)
                    elif not process.ready:
                        unborn += 1
                        if unborn >= ATTEMPTS:
                            raise ExecutorError(
                                "the worker processes end before they have begun; what they said is above"
                            ) from None
                    continue
                if report is not None:
                    self._alone = False
                    yield report

    def _keep_up(self, waiting: int) -> None:
        """Start as many processes as there is work for."""
        busy = sum(process.task is not None for process in self._processes)
        wanted = 1 if self._alone else min(self.workers, busy + waiting)
        while len(self._processes) < wanted:
            self._processes.append(_Process())


class _Process:
    """One worker process and what it is at. It is ready once it has loaded the simulator."""

    def __init__(self):
        self.pipe, theirs = get_context("spawn").Pipe()
        self.task: Task | None = None
        self.ready = False
        self._process = get_context("spawn").Process(target=_work, args=(theirs,), name="crlm-worker", daemon=True)
        with _environment(ONE_THREAD):
            self._process.start()
        theirs.close()  # so that the pipe ends with the process

    @property
    def idle(self) -> bool:
        return self.ready and self.task is None

    def give(self, task: Task) -> None:
        self.task = task
        with suppress(OSError):  # it died meanwhile: heard next
            self.pipe.send(task)

    def hear(self) -> Report | None:
        """A report, or None when it says that it is ready. Raises EOFError when it is dead."""
        try:
            message = self.pipe.recv()
        except OSError as error:
            raise EOFError from error
        if not self.ready:
            self.ready = True
            return None
        self.task = None
        return message

    def bury(self) -> None:
        self.pipe.close()
        self._process.join()
        self._process.close()

    def end(self) -> None:
        """Ask it to end; a run that is kept in its folder makes a checkpoint first."""
        if self.idle:
            with suppress(OSError):
                self.pipe.send(None)
        else:
            self._process.terminate()

    def wait(self, deadline: float) -> None:
        self._process.join(max(0.0, deadline - time.monotonic()))
        if self._process.is_alive():
            self._process.kill()
        self.bury()


def _heard(processes: list[_Process]) -> list[_Process]:
    """The processes that said something, or died; waits for one."""
    pipes: dict[Any, _Process] = {process.pipe: process for process in processes}
    return [pipes[pipe] for pipe in connection.wait(list(pipes))]


@contextmanager
def _environment(variables: dict[str, str]):
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _work(pipe: connection.Connection) -> None:
    """The life of a worker process: load the simulator, compute what comes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends us
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # orderly, so that nothing is left behind
    threading.Thread(target=_end_with_parent, daemon=True).start()
    gc.freeze()  # the simulator is loaded by now, and nothing of it need be looked at by the collector
    try:
        pipe.send(None)
        while (task := pipe.recv()) is not None:
            pipe.send(compute(task))
    except (EOFError, BrokenPipeError):
        return


def _end_with_parent() -> None:
    """A worker whose parent was killed must not go on: the batch may be resumed at once."""
    parent = parent_process()
    assert parent is not None  # this is a worker
    parent.join()
    os._exit(1)


# --- Dask -------------------------------------------------------------------------------------------------------------


class Dask:
    """The workers of a Dask cluster.

    When a worker dies, Dask suspects every run that it held. Suspects are computed again at the end, one at a time, so
    that it is known which of them ends its worker.

    cluster : "local" for one on this machine, the address of a scheduler, or a YAML file with the options of
        dask_jobqueue.SLURMCluster
    workers : how many to ask for; a scheduler at an address has the workers that it has
    """

    def __init__(self, cluster: str, workers: int = 1, cold: bool = False, tell=lambda line: None):
        self.workers, self._alone, self._tell = workers, cold, tell
        self._cluster: Any = None
        self._client: Any = None
        self._where = cluster

    def __enter__(self):
        refuse_cluster(self._where)
        import dask
        from distributed import Client, LocalCluster

        # a run is a suspect at once, rather than after some more workers
        with dask.config.set({"distributed.scheduler.allowed-failures": 0}):
            if self._where == "local":
                self._cluster = LocalCluster(n_workers=self.workers, threads_per_worker=1, dashboard_address=":0")
            elif _is_file(self._where):
                self._cluster = _slurm_cluster(self._where)
                self._cluster.scale(n=self.workers)
        try:
            self._client = Client(self._cluster or self._where)
        except (OSError, ValueError) as error:
            raise ExecutorError(f"there is no Dask scheduler at {self._where}: {error}") from error
        return self

    def __exit__(self, *_):
        for opened in (self._client, self._cluster):
            if opened is not None:
                opened.close()

    def compute(self, tasks):
        threads = self._client.nthreads().values()
        if not threads:
            self._tell("Waiting for the workers of the cluster.")
        elif max(threads) > 1:
            self._tell(
                "Workers of this cluster have several threads; runs go faster with more workers of one (--nthreads 1)."
            )
        suspects: list[Task] = []
        for task, report in self._reports(tasks):
            if report is None:
                suspects.append(task)
            else:
                yield report
        for suspect in suspects:
            for task, report in self._reports([suspect]):
                yield given_up(task) if report is None else report

    def _reports(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Report | None]]:
        """Each task with its report, None where its worker died."""
        from distributed import as_completed

        waiting = deque(tasks)
        given: dict[str, Task] = {}
        coming = as_completed(loop=self._client.loop)
        window, counted = 1, -_SECONDS_BETWEEN_COUNTS
        while waiting or given:
            now = time.monotonic()
            if now - counted > _SECONDS_BETWEEN_COUNTS:
                # few are under way at a time, so that few are suspected when a worker dies
                window, counted = _TASKS_PER_THREAD * max(1, sum(self._client.nthreads().values())), now
            while waiting and len(given) < (1 if self._alone else window):
                task = waiting.popleft()
                future = self._client.submit(
                    compute, task, key=f"crlm-{task.id}-{time.time_ns()}", pure=False, retries=0
                )
                given[future.key] = task
                coming.add(future)
            future = next(coming)
            self._alone = False
            yield given.pop(future.key), self._report(future)

    @staticmethod
    def _report(future) -> Report | None:
        from distributed import KilledWorker

        if future.status == "finished":
            return future.result()
        if future.status == "error" and isinstance(future.exception(), KilledWorker):
            return None
        if future.status == "error":
            raise ExecutorError(f"a worker of the cluster cannot compute runs of this crlm: {future.exception()!r}")
        raise ExecutorError("the scheduler of the cluster is gone")


def refuse_cluster(cluster: str) -> None:
    """Raise ExecutorError for a cluster that cannot be used as things are: what it needs is not installed, or its file
    is wrong. Whether it answers is not asked."""
    try:
        import dask  # noqa: F401
        import distributed  # noqa: F401
    except ImportError:
        raise ExecutorError(f"Dask is not installed: {how_to_install('cluster')}") from None
    if _is_file(cluster):
        try:
            import dask_jobqueue  # noqa: F401
        except ImportError:
            raise ExecutorError(f"dask-jobqueue is not installed: {how_to_install('cluster')}") from None
        _slurm_options(cluster)


def _is_file(cluster: str) -> bool:
    return cluster.endswith((".yaml", ".yml"))


def _slurm_options(path: str) -> dict:
    """What a YAML file says of a SLURM cluster. Raises ExecutorError."""
    import yaml

    try:
        with open(path, encoding="utf-8") as file:
            options = yaml.safe_load(file)
    except FileNotFoundError:
        raise ExecutorError(f"there is no file {path}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ExecutorError(f"{path} is not valid YAML: {error}") from None
    if not isinstance(options, dict):
        raise ExecutorError(
            f"{path} should hold options of dask_jobqueue.SLURMCluster, such as 'cores: 8', 'memory: 16 GB'"
        )
    # one thread per worker process
    options.setdefault("processes", options.get("cores", 1))
    return options


def _slurm_cluster(path: str):
    """The SLURM cluster that a YAML file describes."""
    from dask_jobqueue import SLURMCluster

    options = _slurm_options(path)
    try:
        return SLURMCluster(**options)
    except (TypeError, ValueError) as error:
        raise ExecutorError(f"{path}: {error}") from None
