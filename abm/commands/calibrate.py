"""`crlm calibrate`: look for default parameters with which published experiments come out, and show what was tried."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ..batches.batch import BatchStopped
from ..extras import how_to_install
from ..folder.lock import locked
from ..progress import StatusLine, progress
from ..published.calibrate import (
    BEST,
    REPORT,
    TRIALS,
    Calibration,
    OtherCalibration,
    Simulations,
    Trial,
    best,
    digest_of,
    load_calibration,
    refuse_folder,
    search,
    write_report,
)
from ..simulation import RunInterrupted
from . import UserError
from .ahead import compile_for_runs
from .batch import workers_for
from .run import available_processors


def calibrate_file(
    file: Path, folder: Path, *, trials: int | None, workers: int | None, resume: bool, quiet: bool, again: str
) -> None:
    """Calibrate as `file` says into `folder`; `again` is the user's command line without --resume.

    Raises ConfigError, UserError, FolderInUse, RunInterrupted, BatchStopped.
    """
    refuse_without_optuna()
    calibration = load_calibration(file)
    refuse_folder(folder, resume)
    trials = trials if trials is not None else calibration.file.trials
    workers = workers if workers is not None else available_processors()
    for experiment in calibration.experiments:
        workers_for(experiment, experiment.runs(), workers, None, "measures")  # there is memory for them
    digest = digest_of(calibration)
    done: list[Trial] = []

    def told(so_far: list[Trial]) -> None:
        done[:] = so_far
        write_report(folder, calibration, so_far)

    with locked(folder), progress(quiet) as shown:
        shown.tell(
            f"{calibration.file.name}: {len(calibration.parameters)} parameters, {len(calibration.expectations)} expectations, "
            f"{trials} trials of {calibration.runs_per_trial} runs."
        )
        if resume and not (folder / TRIALS).exists():
            shown.tell(f"{folder} holds nothing to resume; the calibration begins.")
        with told_apart("The calibration", "trials", folder, done, again):
            compile_for_runs(shown)
            shown.phase("computing the trials", lambda runs: standing(runs, calibration, trials, done))
            with Simulations(calibration, folder, digest, workers, shown) as simulations:
                told(search(calibration, folder, simulations, trials, digest, told))
                simulations.clear()
    if not quiet:
        print(
            f"Done: {folder}\n  {REPORT:<18} the best set against the defaults\n  {BEST:<18} the same, as part of a config\n"
            f"  {TRIALS:<18} every trial: its parameters, each expectation, the loss"
        )


@contextmanager
def told_apart(what: str, kept: str, folder: Path, done: Sequence[Trial], again: str) -> Iterator[None]:
    """Says of what can end a computation of trials how to go on. what : it, `kept` : what of it is `done` and in the folder."""
    try:
        yield
    except OtherCalibration as error:
        raise UserError(f"{folder} cannot be continued: {error}; choose another folder (-o)") from error
    except KeyboardInterrupt:
        raise RunInterrupted(
            f"Interrupted. {len(done)} {kept} are in {folder}, and the finished runs of the next.\nTo go on: {again} --resume"
        ) from None
    except (BatchStopped, OSError) as error:
        raise BatchStopped(
            f"{what} stopped: {error}.\n{len(done)} {kept} are safe in {folder}. When this is mended, "
            f"go on with: {again} --resume"
        ) from error


def standing(runs: int, calibration: Calibration, trials: int, done: list[Trial]) -> StatusLine:
    """How far a calibration is."""
    words = [f"trial {runs // calibration.runs_per_trial} of {trials}"]
    if done:
        words.append(f"loss {done[0].loss:.2f} -> {best(done).loss:.2f}")
    return StatusLine(runs, trials * calibration.runs_per_trial, said=tuple(words))


def refuse_without_optuna() -> None:
    try:
        import optuna  # noqa: F401
    except ImportError:
        raise UserError(f"calibrating needs optuna: {how_to_install('calibrate')}") from None
