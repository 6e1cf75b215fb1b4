"""The page of a batch: verdicts, arms and ratios with their intervals, figures, one replicate's movie; of a trial its own text first."""

from pathlib import Path

from ..batches.experiment import Experiment
from ..batches.loading import load_experiment
from ..comparison.compare import TEXT, compare
from ..comparison.outcome import Outcome
from ..config import ConfigError
from ..folder.names import EXPERIMENT, RESULTS, SNAPSHOTS, TRIAL
from ..published.reproduce import judged
from ..published.table import Row, simulated_in_words
from ..trials.writing import REPORT
from ..view.arms import MOST_ARMS, write_arms_movie
from .document import Document


def report_of_batch(folder: Path, scratch: Path, movie: bool = True, progress=None) -> Document:
    """The page of the batch in `folder`; `scratch` is an empty folder for what is drawn, `movie` whether one is, `progress`
    called with (frames done, frames in all).

    Raises FileNotFoundError for another folder, ValueError for a batch that measured nothing or of which no run is done.
    """
    if not (folder / RESULTS).exists():
        raise FileNotFoundError(f"{folder} is not the folder of a batch: it has no {RESULTS}")
    comparison = compare(folder, output=scratch)
    outcome = comparison.outcome
    experiment, is_trial = _experiment(folder), (folder / REPORT).exists()
    document = Document(outcome.name, experiment.description if experiment and not is_trial else "")
    if is_trial:
        document.markdown((folder / REPORT).read_text(encoding="utf-8"), folder)
        document.heading("All runs, compared as those of a batch")
    document.facts(
        {
            "arms": ", ".join(outcome.arms),
            "control": outcome.control,
            "runs": f"{outcome.runs} of {outcome.planned}" + (f", {outcome.failed} failed" if outcome.failed else ""),
        }
    )
    if experiment is not None and experiment.expect:
        _verdicts(document, experiment, folder)
    if movie and (drawn := _movie(outcome, scratch, progress)) is not None:
        document.figure(drawn, "One replicate of each arm, under one clock, from the same seed.")
    document.markdown((scratch / TEXT).read_text(encoding="utf-8"), scratch)
    what, name = ("trial", TRIAL) if is_trial else ("batch", EXPERIMENT)
    document.heading(f"The same {what} again")
    document.text(f"Save what follows as {name}, and run it: crlm {what} {name}.")
    document.code((folder / name).read_text(encoding="utf-8"), f"{name}, everything filled in")
    return document


def _experiment(folder: Path) -> Experiment | None:
    """The experiment that the batch ran; None when this version cannot read it."""
    try:
        return load_experiment(folder / EXPERIMENT)
    except ConfigError:
        return None


def _verdicts(document: Document, experiment: Experiment, folder: Path) -> None:
    """What a published experiment found, and whether it comes out."""
    if experiment.published is not None:
        document.heading("The published finding")
        document.text(f"{experiment.published.finding} ({experiment.published.source})")
    for judgement in judged(experiment, folder):
        estimate = judgement.simulated.estimate
        row: Row = {
            "value": estimate.value,
            "low": estimate.low,
            "high": estimate.high,
            "unit": judgement.expectation.unit,
        }
        reason = f" ({judgement.verdict.reason})" if judgement.verdict.reason else ""
        document.verdict(
            judgement.verdict.word,
            f"{judgement.expectation}, expected {judgement.expectation.window}, simulated {simulated_in_words(row)}{reason}",
        )


def _movie(outcome: Outcome, scratch: Path, progress) -> Path | None:
    """One replicate of the first arms side by side; None where no snapshots were kept."""
    kept = outcome.folders(SNAPSHOTS)
    point = outcome.points[0] if outcome.points else 0
    runs = {arm: kept[arm, point][0] for arm in outcome.arms[:MOST_ARMS] if kept.get((arm, point))}
    if not runs:
        return None
    return write_arms_movie(
        list(runs.values()), list(runs), scratch / "movie.mp4", title=outcome.name, progress=progress
    )
