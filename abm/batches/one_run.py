"""One run of a batch: what every executor calls, in whatever process.

The run's row is kept here, in the process that computed it, so that what is computed is not lost when others die.
"""

import errno
import functools
import gc
import hashlib
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ..config.describe import resolved_yaml
from ..config.plugins import load, place_of
from ..config.schema import Config, compose
from ..folder import manifest, parquet
from ..folder.files import TEMPORARY, put, remove_files, write_text
from ..folder.names import RUNS, SUMMARY, table_file
from ..measures.known import load_measures
from ..measures.recorder import Measures, Observed
from ..measures.request import MeasureRequest, read_request
from ..model import LiverModel
from ..record.event_table import events_table
from ..simulation import RunInterrupted, Simulation, default_recorders
from .store import DONE, FAILED, read_part, write_part

Keep = Literal["all", "tables", "measures"]
STOPPED = "stopped"
"""Status of a run that cannot be kept, and is no failure of its own: the batch stops."""
DISK_TROUBLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.EACCES, errno.EPERM)

_TABLES = re.compile(rf"(\w+\.parquet|{re.escape(SUMMARY)}|{re.escape(manifest.CONFIG)})({re.escape(TEMPORARY)})?")
"""What is kept of a run of which the tables are."""
_LONG = 5.0
"""Seconds of a run, beside which a collection of garbage counts nothing."""


@dataclass(frozen=True)
class Task:
    """A run as plain data, which travels to other processes and machines.

    config : the validated config as JSON, the files with the user's own rules among it; the seed is that of `row`
    measures : the lines of the experiment, as written
    measure_plugins : files with the user's own measures
    row : what is known of the run's row
    folder : of the batch, visible from where the run is computed
    code : digest of the code that the batch was begun with
    plugins : all files that this digest covers besides the package
    tables : names of those that are kept of the run whatever `keep` says
    """

    config: str
    measures: tuple[Mapping[str, Any], ...]
    measure_plugins: tuple[str, ...]
    row: Mapping[str, Any]
    folder: str
    keep: Keep
    code: str
    plugins: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return self.row["run"]


@dataclass(frozen=True)
class Report:
    """How a run ended: done, failed, or stopped (then nothing is kept, and the batch should stop)."""

    id: str
    status: str
    error: str = ""
    seconds: float = 0.0


def compute(task: Task) -> Report:
    """Run, measure, keep the row. Errors of the run are kept in its row; nothing is raised but what ends processes."""
    try:
        same = _is_same_code(task.plugins, task.code)
    except OSError as problem:
        return Report(task.id, STOPPED, f"a plugin cannot be read here: {_in_words(problem)}")
    if not same:
        return Report(
            task.id, STOPPED, "the source code of crlm, or of a plugin, is not that with which the batch was begun"
        )
    folder, clock = Path(task.folder), time.thread_time()
    if not folder.is_dir():
        return Report(task.id, STOPPED, f"there is no folder {folder} here; workers and crlm must share a file system")
    kept = kept_report(task)
    if kept is not None:
        return kept
    series: list = []
    try:
        observed = _observed(task, folder)
        row = {**observed.values, **_counts(observed)}
        series = observed.series
        status, error = DONE, ""
    except RunInterrupted:
        return Report(task.id, STOPPED, "interrupted")
    except Exception as problem:
        if isinstance(problem, OSError) and problem.errno in DISK_TROUBLE:
            return Report(task.id, STOPPED, _of_disk(problem, folder))
        row, status, error = {}, FAILED, _in_words(problem)
    seconds = time.thread_time() - clock
    if seconds > _LONG:
        gc.collect()  # models refer to themselves, and large ones should not wait for the collector
    try:
        write_part(folder, {**task.row, "status": status, "error": error, "seconds": seconds, **row}, series)
    except OSError as problem:
        return Report(task.id, STOPPED, _of_disk(problem, folder))
    return Report(task.id, status, error, seconds)


def kept_report(task: Task) -> Report | None:
    """The report of a run whose row was kept before its worker was killed."""
    row = read_part(Path(task.folder), task.id)
    return None if row is None else Report(task.id, row["status"], row["error"], row["seconds"])


def _counts(observed: Observed) -> dict[str, float]:
    shares = {label: pair for label, pair in observed.counts.items() if pair[1] == pair[1]}
    return {
        f"{label} {what}": value
        for label, pair in shares.items()
        for what, value in zip(("count", "of"), pair, strict=True)
    }


def _in_words(error: Exception) -> str:
    """What became wrong, and where in the user's own files, if there."""
    notes = list(getattr(error, "__notes__", ()))
    own = place_of(error)
    if own is not None:
        notes.append(f"{Path(own.filename).name}, line {own.lineno}")
    return "".join((f"{type(error).__name__}: {error}", *(f", {note}" for note in notes)))


def _of_disk(error: OSError, folder: Path) -> str:
    """An error of the disk; writing into an open file names none, so that at least the folder is said."""
    return _in_words(error) + ("" if error.filename else f", in {folder}")


def _observed(task: Task, folder: Path) -> Observed:
    config = _config(task.config, task.code).model_copy(update={"seed": task.row["seed"]})
    measures = Measures(_requests(json.dumps(task.measures), task.measure_plugins, task.code))
    own = folder / RUNS / task.id
    if task.keep == "all":
        model = LiverModel(config)
        # measures stand before Events, which takes entries out of the ledger; a worker that was given up may still be at it
        Simulation(
            model, recorders=[measures, *default_recorders(model, True)], folder=own, resume=True, wait=True
        ).run()
        return measures.observed
    model = LiverModel(config)
    tables = [one for one in default_recorders(model, False) if task.keep == "tables" or one.name in task.tables]
    simulation = Simulation(model, recorders=[measures, *tables])
    simulation.run()
    if tables:
        _write_tables(simulation, tables, own, task.keep == "tables")
    return measures.observed


def _write_tables(simulation, recorders, folder: Path, with_events: bool) -> None:
    """The tables of a run, in a folder that is whole or not there; one that is there keeps its other files."""
    beside = folder.with_name(folder.name + TEMPORARY)
    remove_files(beside, _TABLES.fullmatch)  # of a worker that was killed
    beside.mkdir(parents=True, exist_ok=True)
    tables = {recorder.name: recorder.table() for recorder in recorders}
    if with_events:
        tables["events"] = events_table(simulation.model.ledger.entries)
    for name, table in tables.items():
        parquet.write(table, beside / table_file(name))
    write_text(beside / SUMMARY, json.dumps(simulation.summary(), indent=2, ensure_ascii=False) + "\n")
    write_text(beside / manifest.CONFIG, resolved_yaml(simulation.model.config))
    put(beside, folder)


# --- What the runs of a process share ---------------------------------------------------------------------------------


@functools.lru_cache(maxsize=256)
def _config(text: str, code: str) -> Config:
    """The config that a task carries; `code` stands for what its files hold."""
    content = json.loads(text)
    own = tuple(one for path in content["plugins"] for one in load(Path(path)))
    return compose(own).model_validate(content)


@functools.lru_cache(maxsize=16)
def _requests(lines: str, plugins: tuple[str, ...], code: str) -> tuple[MeasureRequest, ...]:
    known = load_measures(plugins)
    return tuple(read_request(line, known) for line in json.loads(lines))


_same: set[tuple[tuple[str, ...], str]] = set()
"""Plugins and digests that were found to agree: this process has loaded that code, whatever the files hold later."""


def _is_same_code(plugins: tuple[str, ...], code: str) -> bool:
    """Whether the code here is that of the digest. Raises OSError."""
    if (plugins, code) not in _same:
        if code_digest(plugins) != code:
            return False
        _same.add((plugins, code))
    return True


def code_digest(plugins: tuple[str, ...] = ()) -> str:
    """Digest of everything that decides the rows: the model's code, the measures', and the user's own files as they are
    now. Raises OSError."""
    return hashlib.blake2b(manifest.code_digest(plugins).encode() + _sources_of_measures(), digest_size=8).hexdigest()


@functools.cache
def _sources_of_measures() -> bytes:
    """Read once: what counts is the code that this process has loaded."""
    paths = sorted((Path(__file__).parent.parent / "measures").rglob("*.py"))
    return b"".join(path.name.encode() + path.read_bytes() for path in paths)
