"""`crlm batch`: what will be run, the runs, and where their results are."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ..batches.batch import (
    BatchResult,
    BatchStopped,
    Progress,
    forecast,
    missing_runs,
    refuse_folder,
    refuse_other,
    run_batch,
)
from ..batches.executors import ExecutorError
from ..batches.one_run import Keep
from ..batches.store import FAILED, read_results
from ..estimate import duration_in_words, in_words
from ..folder.names import BATCH, EXPERIMENT, RESULTS, RUNS, SERIES
from ..progress import StatusLine, progress
from ..simulation import RunInterrupted
from . import UserError, typed
from .ahead import compile_for_runs
from .run import available_processors

if TYPE_CHECKING:
    from ..batches.experiment import Experiment

_SHOWN_ERRORS = 3
_SHOWN_POINTS = 20


class RunsFailed(RuntimeError):
    """The batch came to its end, but some of its runs failed."""


def run_experiment_batch(
    experiment: "Experiment",
    folder: Path,
    *,
    workers: int | None,
    cluster: str | None,
    resume: bool,
    keep: Keep,
    quiet: bool,
    again: str,
    retry_failed: bool = False,
    ending: bool = True,
) -> None:
    """Run what is missing of `experiment` in `folder`, with `retry_failed` also what failed; `again` is the user's command
    line without --resume; ending : say at the end what is in the folder.

    Raises UserError, RunsFailed, and what `run_batch` raises.
    """
    refuse_nothing_measured(experiment, keep)
    refuse_folder(folder, resume)
    refuse_other(experiment, folder, keep, retry_failed)
    missing = missing_runs(experiment, folder, retry_failed)
    workers = workers_for(experiment, missing, workers, cluster, keep)
    with progress(quiet) as shown:
        shown.tell(f"{experiment.name}: {_design(experiment)}.")
        if resume and not (folder / BATCH).exists():
            shown.tell(f"{folder} holds nothing to resume; the batch begins.")
        try:
            if missing and cluster is None:
                compile_for_runs(shown)
            shown.phase("computing the runs", of_batch)
            result = run_batch(
                experiment,
                folder,
                workers,
                cluster,
                resume=resume,
                retry_failed=retry_failed,
                keep=keep,
                tell=shown.tell,
                progress=shown,
            )
        except RunInterrupted as error:
            raise RunInterrupted(f"Interrupted: {error}.\nTo go on: {again} --resume") from None
        except KeyboardInterrupt:
            raise RunInterrupted(f"Interrupted before the first run.\nTo go on: {again} --resume") from None
        except (BatchStopped, ExecutorError, OSError) as error:
            raise BatchStopped(stopped("The batch", error, folder, [folder], again)) from error
    if ending and not quiet:
        print(_ending(result))
    if result.failed:
        raise RunsFailed(_failures(result, f"{again} --resume" if retry_failed else f"{again} --resume --retry-failed"))


def stopped(what: str, error: Exception, folder: Path, batches: Iterable[Path], again: str) -> str:
    """What to tell when the batches in `folder` stopped, or did not even begin: why, what is there, and how to go on."""
    reason = str(error)
    if isinstance(error, OSError):
        reason = f"{error.filename or folder}: {error.strerror or error}"
    begun = [batch for batch in batches if (batch / BATCH).exists()]
    if not begun:
        return f"{what} could not begin: {reason}.\nNothing was computed. When this is mended: {again}"
    kept = sum(read_results(batch).num_rows for batch in begun if (batch / RESULTS).exists())
    kept_words = f"What was computed is safe in {folder}" if kept else "Nothing was computed yet"
    return f"{what} stopped: {reason}.\n{kept_words}. When this is mended, go on with: {again} --resume"


def refuse_nothing_measured(experiment: "Experiment", keep: Keep) -> None:
    """Raise UserError when nothing would stay of the runs."""
    if not experiment.measures and not experiment.tables and keep == "measures":
        raise UserError(
            f"nothing is measured in {experiment.name}, so that nothing would stay of its runs: write measures "
            "(crlm measures shows them), or keep the runs with --keep tables or --keep all"
        )


def show_forecast(
    experiment: "Experiment",
    folder: Path,
    *,
    workers: int | None,
    cluster: str | None,
    resume: bool,
    keep: Keep,
    retry_failed: bool = False,
) -> None:
    """Print the runs, the expected time and disk; compute nothing. Raises UserError and ResumeRefused as the batch would,
    but not because `folder` holds this batch already."""
    refuse_nothing_measured(experiment, keep)
    refuse_folder(folder, resume or (folder / BATCH).exists())
    refuse_other(experiment, folder, keep, retry_failed)
    runs = experiment.runs()
    missing = missing_runs(experiment, folder, retry_failed)
    workers = workers_for(experiment, missing, workers, cluster, keep)
    print(f"{experiment.name}: {_design(experiment)}")
    wide = max(24, *map(len, experiment.arms))
    for arm in experiment.arms:
        ids = [run.id for run in runs if run.arm == arm]
        which = f"{len(ids):>6} runs, {ids[0]} to {ids[-1]}" if len(ids) > 1 else ids[0]
        print(f"  {arm:<{wide}} {which}")
    for number, point in enumerate(experiment.points if experiment.sweep else ()):
        if number >= _SHOWN_POINTS:
            print(f"  and {len(experiment.points) - number} more points")
            break
        print(f"  point {number}: " + ", ".join(f"{path} = {value}" for path, value in point.items()))
    print("measures: " + (", ".join(request.label for request in experiment.measures) or "none"))
    if experiment.tables:
        print("tables of each run: " + ", ".join(experiment.tables))
    needs = forecast(experiment, missing, keep)
    if len(missing) < len(runs):
        print(
            f"{folder} holds {len(runs) - len(missing)} of the runs; {len(missing)} {'is' if len(missing) == 1 else 'are'} missing"
        )
    print(
        f"time: about {duration_in_words(needs.seconds)} of one core, {duration_in_words(needs.seconds / workers)} with "
        f"{workers} worker{'s' * (workers != 1)}"
    )
    print(
        f"memory: about {in_words(needs.memory_bytes * workers)}; disk: about {in_words(needs.disk_bytes)} (--keep {keep})"
    )


def workers_for(experiment: "Experiment", runs: list, workers: int | None, cluster: str | None, keep: Keep) -> int:
    """How many workers to use: as asked for, else as many as there are processors, memory and runs for.

    Raises UserError when the memory of this machine does not suffice.
    """
    if cluster not in (None, "local"):
        return workers or 1
    import psutil

    processors, free = available_processors(), psutil.virtual_memory().available
    if workers is not None and workers > processors:
        raise UserError(
            f"--workers {workers} is more than the {processors} processor{'s' * (processors != 1)} that can be used here"
        )
    needed = forecast(experiment, runs, keep).memory_bytes
    fitting = int(free // needed) if needed else processors
    if fitting < (workers or 1):
        raise UserError(
            f"{workers or 1} worker{'s' * ((workers or 1) != 1)} would need about {in_words(needed * (workers or 1))} of "
            f"memory, and {in_words(free)} are free. "
            + (
                f"Use --workers {fitting}."
                if fitting
                else "Make tissue.width or tissue.height smaller, or the inoculum."
            )
        )
    return workers or max(1, min(processors, fitting, len(runs)))


def _design(experiment: "Experiment") -> str:
    """'2 arms x 3 points x 20 replicates = 120 runs'"""
    factors = [(len(experiment.arms), "arm"), (experiment.replicates, "replicate")]
    if experiment.sweep:
        factors.insert(1, (len(experiment.points), "point"))
    runs = len(experiment.arms) * len(experiment.points) * experiment.replicates
    product = " x ".join(f"{count} {what}{'s' * (count != 1)}" for count, what in factors)
    return f"{product} = {runs} run{'s' * (runs != 1)}"


def _ending(result: BatchResult) -> str:
    folder = result.folder
    line = f"The batch in {folder} was complete already." if not result.computed else f"Done: {folder}"
    contents = (
        (RESULTS, "a row per run: arm, replicate, parameters, measures"),
        (SERIES, "what was measured through time"),
        (EXPERIMENT, "the experiment, everything filled in"),
        (RUNS, "the runs' own folders"),
    )
    lines = [line, *(f"  {name:<16} {meaning}" for name, meaning in contents if (folder / name).exists())]
    if result.failed < result.results.num_rows:
        lines.append(f"Next: {typed('compare', folder)}")
    return "\n".join(lines)


def _failures(result: BatchResult, again: str) -> str:
    failures = result.results.select(["run", "status", "error"]).to_pylist()
    failed = [row for row in failures if row["status"] == FAILED]
    if len(failed) == len(failures):
        lines = [f"All {len(failures)} runs failed." if len(failures) > 1 else "The run failed."]
    else:
        lines = [f"{len(failed)} of {len(failures)} runs failed; the others are good."]
    lines += [f"  {row['run']}: {row['error']}" for row in failed[:_SHOWN_ERRORS]]
    if len(failed) > _SHOWN_ERRORS:
        lines.append(f"  and {len(failed) - _SHOWN_ERRORS} more, see the column error of {result.folder / RESULTS}")
    lines.append(f"When this is mended, they are computed again with: {again}")
    return "\n".join(lines)


def of_batch(now: Progress) -> StatusLine:
    """How far a batch is."""
    return StatusLine(now.finished, now.total, "run", (f"{now.failed} failed",) if now.failed else ())
