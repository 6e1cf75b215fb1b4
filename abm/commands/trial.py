"""`crlm trial`: a cohort of virtual patients treated in every arm, scanned, and judged as in the clinic."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ..batches.one_run import Keep
from ..extras import how_to_install
from ..folder.files import refuse_others
from ..folder.names import BATCH
from . import UserError
from .batch import RunsFailed, run_experiment_batch, show_forecast

if TYPE_CHECKING:
    from ..trials.outcome import TrialOutcome
    from ..trials.trial import ClinicalTrial


def run_trial(
    trial: "ClinicalTrial",
    folder: Path,
    *,
    workers: int | None,
    cluster: str | None,
    resume: bool,
    retry_failed: bool,
    keep: Keep,
    dry_run: bool,
    quiet: bool,
    again: str,
) -> None:
    """Run what is missing of a trial in `folder`, write what came of the patients, and print it; the rest as of `crlm batch`.

    dry_run : say what would be run, and stop

    Raises UserError, and what a batch raises.
    """
    from ..trials.outcome import NoPatients
    from ..trials.writing import FILES, write_trial

    refuse_others(folder, [BATCH], FILES)
    if dry_run:
        print("\n".join(_cohort(trial)))
        show_forecast(
            trial.experiment,
            folder,
            workers=workers,
            cluster=cluster,
            resume=resume,
            keep=keep,
            retry_failed=retry_failed,
        )
        return
    if find_spec("lifelines") is None:  # told before the runs, which are long
        raise UserError(f"a trial needs lifelines: {how_to_install('trials')}")
    failed = None
    try:
        run_experiment_batch(
            trial.experiment,
            folder,
            workers=workers,
            cluster=cluster,
            resume=resume,
            keep=keep,
            quiet=quiet,
            again=again,
            retry_failed=retry_failed,
            ending=False,
        )
    except RunsFailed as error:  # the patients whose runs are sound are judged all the same
        failed = error
    try:
        outcome = write_trial(trial, folder)
    except NoPatients as error:
        raise failed or UserError(str(error)) from error
    if not quiet:
        print("\n".join(_ending(outcome, folder)))
    if failed:
        raise failed


def _cohort(trial: "ClinicalTrial") -> list[str]:
    """The patients, and what was drawn of them."""
    from ..clinical.words import counted

    about, file = trial.cohort.about(), trial.cohort.file
    lines = [
        f"{counted(len(about), 'patient')} with {counted(len(trial.cohort.lesions), 'lesion')}, of cohort seed {file.seed}"
    ]
    lines += [f"  {gene}: mutated in {about[gene].sum()}" for gene in file.genes]
    for path, distribution in file.draw.items():
        if distribution.choice:
            counts = about[path].value_counts()
            lines.append(f"  {path}: " + ", ".join(f"{word} {counts.get(word, 0)}" for word in distribution.choice))
        else:
            low, middle, high = (f"{about[path].quantile(share):.3g}" for share in (0, 0.5, 1))
            lines.append(f"  {path}: {middle} ({low} to {high}) {distribution.unit}".rstrip())
    return lines


def _ending(outcome: "TrialOutcome", folder: Path) -> list[str]:
    from ..clinical.words import counted
    from ..trials.text import SIMULATED, against, left_out
    from ..trials.writing import FILES

    count = len(outcome.patients) // len(outcome.trial.experiment.arms)
    lines = [f"{outcome.trial.name}: {counted(count, 'patient')} in each arm."]
    for row in against(outcome):
        lines.append(f"  {row['readout']}: {row[SIMULATED]}; expected {row['expected']}; {row['verdict']}")
    if outcome.left_out:
        lines.append(f"{left_out(outcome)}.")
    return lines + [f"Wrote {folder / name}" for name in FILES if (folder / name).exists()]
