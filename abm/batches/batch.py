"""A batch: every run of an experiment, computed by an executor, kept in a folder, resumed after any interruption."""

import json
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from ..config.describe import as_yaml, with_copies
from ..estimate import estimate, kernels_are_cold
from ..folder import manifest
from ..folder.files import copy_files, refuse_no_folder, refuse_other_copies, refuse_others, write_text
from ..folder.lock import locked
from ..folder.manifest import ResumeRefused
from ..folder.names import BATCH, EXPERIMENT, RESULTS, RUNS, SERIES, TRIAL
from ..folder.schedule import Every
from ..simulation import FolderInUse, RunInterrupted
from . import store
from .executors import Dask, Executor, Local, refuse_cluster
from .experiment import Experiment, Run
from .one_run import STOPPED, Keep, Task, code_digest

PLUGINS = "plugins"
_BEGINNING = "beginning"
"""Status of a batch whose folder is not made up yet; by its manifest it is known that what is there is ours."""
_BYTES_PER_ROW = 1000.0
_BYTES_PER_RUN_OF_TABLES = 60e3
_BYTES_PER_ROW_OF_TABLES = 600.0
"""Disk, measured: a row with its part; what a run's tables take, and what for each moment of timeseries.parquet."""


class BatchStopped(Exception):
    """The batch cannot go on as things are; what was computed is kept, and it can be resumed."""


@dataclass(frozen=True)
class Progress:
    """How far a batch is: how many runs are finished of all, how many of these failed, how many were finished before
    this session."""

    finished: int
    failed: int
    total: int
    before: int


@dataclass(frozen=True)
class BatchResult:
    """A batch that came to its end. `computed`: the runs of this session; `failed`: those of all sessions."""

    folder: Path
    runs: int
    computed: int
    failed: int

    @property
    def results(self) -> pa.Table:
        """A row per run; see `store`."""
        return store.read_results(self.folder)


def run_batch(
    experiment: Experiment,
    folder: str | Path,
    workers: int = 1,
    cluster: str | None = None,
    *,
    resume: bool = False,
    retry_failed: bool = False,
    keep: Keep = "measures",
    tell: Callable[[str], None] = lambda line: None,
    progress: Callable[[Progress], None] = lambda progress: None,
) -> BatchResult:
    """Compute those runs of an experiment that `folder` does not hold yet.

    workers : processes of this machine, or of a Dask cluster that can be asked for some
    cluster : None for processes of this machine; else see `executors.Dask`
    resume : go on with the batch in `folder`; more replicates than before are added to it
    retry_failed : with `resume`, compute the runs again that failed; the row of each is replaced when its new one is
        there. When no run is done yet, the code and the plugins may have changed since
    keep : measures (rows only), tables (each run's tables too), all (each run's whole folder, which is resumed)
    tell : called with one line when something noteworthy happens
    progress : called before the first run and after each

    Raises ExecutorError for a cluster that cannot be used, if possible before the folder is made; FolderInUse when the
    folder holds a batch and `resume` is not set; ResumeRefused when it holds another batch than this; FolderLocked when it
    is being computed; RunInterrupted after Ctrl-C; BatchStopped when runs cannot be kept (a full disk) or computed by
    these workers; OSError. What was kept before stays good in all cases.
    """
    folder = Path(folder)
    refuse_folder(folder, resume)
    if cluster is not None:
        refuse_cluster(cluster)
    with locked(folder):
        runs = experiment.runs()
        begun = _read(folder)
        missing = missing_runs(experiment, folder, retry_failed)
        noted, other_code = _description(experiment, keep), False
        if begun:
            _refuse_other(folder, begun, noted, bool(missing), retry_failed)
            noted |= {
                "sessions": begun["sessions"] + bool(missing),
                "replicates": max(begun["replicates"], noted["replicates"]),
            }
            other_code = bool(missing) and _changed(begun, noted)
            if other_code:
                store.begin_columns_again(folder, experiment)
        else:
            if not (folder / BATCH).exists():
                refuse_other_copies(plugins_of(experiment), folder / PLUGINS)
            _write(folder, noted | {"status": _BEGINNING})
            store.begin(folder, experiment)
        if missing or not begun:
            _describe(experiment, folder, noted, other_code or not begun)
        store.merge(folder)
        computed = 0
        if missing:
            ids = {run.id for run in missing}
            again = store.failed(folder) & ids
            # a run goes on in its own folder: not in one that a failure left, nor with other code
            for own in (folder / RUNS / run for run in sorted(ids if other_code else again)):
                if keep == "all" and own.is_dir():
                    manifest.note_again(own)
            (folder / store.PARTS).mkdir(exist_ok=True)
            executor = _executor(cluster, min(workers, len(missing)), tell)
            tasks = tasks_of(experiment, missing, folder.resolve(), keep)
            computed = _compute(
                executor,
                tasks,
                folder,
                Progress(
                    len(runs) - len(missing), len(store.failed(folder) - again), len(runs), len(runs) - len(missing)
                ),
                progress,
            )
        finished = store.finished(folder)
        if all(run.id in finished for run in runs) and (missing or not begun or begun["status"] != manifest.COMPLETE):
            _write(folder, noted | {"status": manifest.COMPLETE})
            store.tidy(folder)
    return BatchResult(folder, len(runs), computed, store.failures(folder))


def missing_runs(experiment: Experiment, folder: str | Path, retry_failed: bool = False) -> list[Run]:
    """The runs that a batch in `folder` has to compute; all, where there is none yet."""
    folder = Path(folder)
    finished = store.finished(folder) if _read(folder) else set()
    if finished and retry_failed:
        finished -= store.failed(folder)
    return [run for run in experiment.runs() if run.id not in finished]


def refuse_other(
    experiment: Experiment, folder: str | Path, keep: Keep = "measures", retry_failed: bool = False
) -> None:
    """Raise ResumeRefused when `folder` holds another batch than this, as `run_batch` would."""
    folder = Path(folder)
    begun = _read(folder)
    if begun:
        _refuse_other(
            folder,
            begun,
            _description(experiment, keep),
            bool(missing_runs(experiment, folder, retry_failed)),
            retry_failed,
        )


# --- Computing --------------------------------------------------------------------------------------------------------


def _executor(cluster: str | None, workers: int, tell: Callable[[str], None]) -> Executor:
    cold = kernels_are_cold()
    if cold:
        tell("The kernels are compiled first, which takes most of a minute.")
    return Local(workers, cold) if cluster is None else Dask(cluster, workers, cold, tell)


def tasks_of(experiment: Experiment, runs: Iterable[Run], folder: Path, keep: Keep = "measures") -> Iterator[Task]:
    """The tasks of some runs, for an executor; `folder` is absolute."""
    configs = {
        key: json.dumps(config.model_dump(mode="json", by_alias=True)) for key, config in experiment.configs.items()
    }
    measures = tuple(dict(request.written) for request in experiment.measures)
    plugins, code = tuple(map(str, plugins_of(experiment))), digest_of(experiment)
    for run in runs:
        yield Task(
            config=configs[run.arm, run.point],
            measures=measures,
            measure_plugins=tuple(map(str, experiment.plugins)),
            row=store.row_of(run, experiment),
            folder=str(folder),
            keep=keep,
            code=code,
            plugins=plugins,
            tables=experiment.tables,
        )


def _compute(
    executor: Executor, tasks: Iterable[Task], folder: Path, begun: Progress, progress: Callable[[Progress], None]
) -> int:
    """Compute the tasks and merge their rows; returns how many there were."""
    before, failed, total, computed = begun.before, begun.failed, begun.total, 0
    try:
        with _interruptions(), executor:
            progress(begun)
            for report in executor.compute(tasks):
                if report.status == STOPPED:
                    raise BatchStopped(report.error)
                computed += 1
                failed += report.status == store.FAILED
                progress(Progress(before + computed, failed, total, before))
    except BaseException as error:
        with suppress(OSError):  # on a full disk the parts remain as they are
            store.merge(folder)
        if isinstance(error, KeyboardInterrupt):
            raise RunInterrupted(f"{before + computed} of {total} runs are kept in {folder}") from None
        raise
    store.merge(folder)
    return computed


@contextmanager
def _interruptions():
    """While inside, a queue's SIGTERM counts as Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


# --- The folder -------------------------------------------------------------------------------------------------------


def refuse_folder(folder: Path, resume: bool) -> None:
    """Raise FolderInUse when a new batch would overwrite what is in `folder`, whoever made it."""
    refuse_no_folder(folder)
    if (folder / manifest.NAME).exists():
        raise FolderInUse(f"{folder} holds a run, not a batch; choose another folder (-o)")
    if not resume and (folder / BATCH).exists():
        what = "trial" if (folder / TRIAL).exists() else "batch"
        raise FolderInUse(f"{folder} holds a {what} already: go on with it (--resume), or choose another folder (-o)")
    refuse_others(folder, [BATCH], [EXPERIMENT, RESULTS, SERIES, store.PARTS, RUNS])


def _read(folder: Path) -> dict | None:
    """What was noted about the batch in `folder`, None when there is none, or was only beginning.
    Raises ResumeRefused when it is unreadable."""
    path = folder / BATCH
    if not path.exists():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["status"] == _BEGINNING:
            return None
        (
            content["status"],
            content["decides"],
            content["versions"],
            content["code"],
            content["sessions"],
            content["replicates"],
        )
    except (ValueError, KeyError, TypeError) as error:
        raise ResumeRefused(f"{path} is not the manifest of a batch ({error})") from error
    return content


def _write(folder: Path, noted: Mapping[str, Any]) -> None:
    write_text(folder / BATCH, json.dumps(noted, indent=2, ensure_ascii=False) + "\n")


def _describe(experiment: Experiment, folder: Path, noted: Mapping[str, Any], other_code: bool) -> None:
    """Say in the folder what is computed in it; the manifest comes last."""
    copy_files(plugins_of(experiment), folder / PLUGINS, replace=other_code)
    content = resolved(experiment) | {"replicates": noted["replicates"]}
    if content.get("most_replicates"):  # more may have been asked for on the command line
        content["most_replicates"] = max(content["most_replicates"], content["replicates"])
    write_text(folder / EXPERIMENT, as_yaml(content))
    _write(folder, noted)


def plugins_of(experiment: Experiment) -> list[Path]:
    """The user's own files: rules, measures and tissues."""
    rules = (file for config in experiment.configs.values() for file in config.companions)
    return list(dict.fromkeys([*rules, *experiment.plugins]))


def digest_of(experiment: Experiment) -> str:
    """Digest of the code that decides the rows, the user's own files among it."""
    return code_digest(tuple(map(str, plugins_of(experiment))))


def _description(experiment: Experiment, keep: Keep) -> dict[str, Any]:
    """The manifest of a batch that begins now. `decides` is what the rows follow from, beside the code."""
    plain = {arm: _plain(experiment.configs[arm, 0]) for arm in experiment.arms}
    decides = {
        "keep": keep,
        "seed": experiment.seed,
        "arms": plain,
        "points": [dict(point) for point in experiment.points],
        **({"seeds": list(experiment.sweep.seeds)} if experiment.sweep and experiment.sweep.seeds else {}),
        "measures": [dict(request.written) for request in experiment.measures],
        **({"tables": list(experiment.tables)} if experiment.tables else {}),
    }
    return {
        "format": "crlm batch 1",
        "status": manifest.RUNNING,
        "name": experiment.name,
        "replicates": experiment.replicates,
        "control": experiment.control,
        "versions": manifest.versions(),
        "code": digest_of(experiment),
        "sessions": 1,
        "decides": json.loads(json.dumps(decides)),
    }


def _plain(config: Any) -> dict[str, Any]:
    """A config as plain data, without its seed; files by the names of their copies."""
    content = config.model_dump(mode="json", by_alias=True, exclude={"seed"})
    return with_copies(content, PLUGINS)


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether the code that decides the rows has changed."""
    return old["code"] != new["code"] or any(
        old["versions"].get(package) != new["versions"].get(package) for package in manifest.DECISIVE
    )


def _refuse_other(
    folder: Path, old: Mapping[str, Any], new: Mapping[str, Any], missing: bool, retry_failed: bool
) -> None:
    """Raise ResumeRefused, naming what differs, unless `new` continues the batch that was noted as `old`.

    The number of replicates may differ, and points may be added behind those that there were. Where nothing is missing, the
    code may have changed; so it may where all runs that are finished failed and are computed again, as then no row follows
    from it.
    """
    was, now, none_done = old["decides"], new["decides"], not store.good(folder)
    grown = [key for key in ("points", "seeds") if key in was and was[key] == now.get(key, [])[: len(was[key])]]
    lines = manifest.differences(was, now | {key: was[key] for key in grown})
    only_code = not lines
    if missing and not (retry_failed and none_done):
        lines += manifest.changes_of_code(old, new, "a file")
    more = "\nNo run of it is done: with --retry-failed all are computed with what is there now."
    manifest.refuse_if_other(
        folder, lines, f"its experiment is {folder / EXPERIMENT}", more if only_code and none_done else ""
    )


def resolved(experiment: Experiment) -> dict[str, Any]:
    """The experiment as plain data with everything filled in; `base` holds what all arms share.

    Loading it as YAML gives an equal experiment.
    """
    base, arms = _shared({arm: _plain(experiment.plain[arm]) for arm in experiment.arms})
    file = experiment.file.model_dump(mode="json", exclude_unset=True)
    content = {
        "name": experiment.name,
        "description": experiment.description,
        "base": base,
        "replicates": experiment.replicates,
        "seed": experiment.seed,
        "arms": arms,
        "control": experiment.control,
    }
    plugins = [f"{PLUGINS}/{path.name}" for path in experiment.plugins]
    kept = {
        key: file[key]
        for key in ("sweep", "measures", "tables", "published", "expect", "most_replicates", "calibrated")
        if key in file
    }
    return content | kept | ({"plugins": plugins} if plugins else {})


def _shared(documents: Mapping[str, Mapping[str, Any]]) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """What the documents share, and of each the rest."""
    shared: dict[str, Any] = {}
    rest: dict[str, dict[str, Any]] = {name: {} for name in documents}
    for key in dict.fromkeys(key for document in documents.values() for key in document):
        values = {name: document[key] for name, document in documents.items() if key in document}
        if len(values) == len(documents) and all(isinstance(value, dict) for value in values.values()):
            shared[key], below = _shared(values)
            for name, part in below.items():
                if part:
                    rest[name][key] = part
            continue
        first = next(iter(values.values()))
        if len(values) == len(documents) and all(value == first for value in values.values()):
            shared[key] = first
        else:
            for name, value in values.items():
                rest[name][key] = value
    return shared, rest


# --- What it will take ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Forecast:
    """What runs will take: their number, CPU seconds of all, memory of the largest, disk."""

    runs: int
    seconds: float
    memory_bytes: float
    disk_bytes: float


def forecast(experiment: Experiment, runs: Sequence[Run], keep: Keep) -> Forecast:
    """What the `runs` of an experiment will take; rough."""
    each = {key: _forecast_of(config, keep) for key, config in experiment.configs.items()}
    estimates = [each[run.arm, run.point] for run in runs]
    return Forecast(
        len(estimates),
        sum(one.seconds for one in estimates),
        max((one.memory_bytes for one in estimates), default=0.0),
        sum(one.disk_bytes for one in estimates),
    )


def _forecast_of(config: Any, keep: Keep) -> Forecast:
    if keep == "all":
        needs = estimate(config)
        return Forecast(1, needs.seconds, needs.memory_bytes, needs.disk_bytes + _BYTES_PER_RUN_OF_TABLES)
    # without snapshots: as if there were one frame
    rarely = config.model_copy(update={"record": config.record.model_copy(update={"snapshots": 1e9})})
    needs = estimate(rarely)
    disk = _BYTES_PER_ROW
    if keep == "tables":
        rows = len(Every(config.record.timeseries).steps(0, needs.steps, config.step))
        disk += _BYTES_PER_RUN_OF_TABLES + _BYTES_PER_ROW_OF_TABLES * rows
    return Forecast(1, needs.seconds, needs.memory_bytes, disk)
