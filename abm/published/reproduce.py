"""Reproducing published experiments: runs, verdicts, and more runs where a verdict needs them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ..batches.expectation import (
    UNRESOLVED,
    Expectation,
    Published,
    Simulated,
    Verdict,
    judge,
    more_replicates,
    overall,
    simulate,
)
from ..batches.experiment import Experiment
from ..batches.store import read_results, read_series

QUICK_REPLICATES = 3

Computes = Callable[[int], tuple[pa.Table, pa.Table | None]]
"""Runs so many replicates of every arm, as far as they have not been run yet, and returns the results and the series (None:
no series was asked for)."""


@dataclass(frozen=True)
class Judgement:
    """One expectation, what was simulated, and whether that meets it."""

    expectation: Expectation
    simulated: Simulated
    verdict: Verdict


@dataclass(frozen=True)
class Reproduction:
    """A published experiment as it was reproduced: `replicates` per arm, `runs` in all, of them `failed` ones, and their
    CPU time."""

    experiment: Experiment
    outcomes: tuple[Judgement, ...]
    replicates: int
    runs: int
    failed: int
    seconds: float
    quick: bool = False

    @property
    def word(self) -> str:
        return overall([outcome.verdict.word for outcome in self.outcomes])


def reproduce(
    experiment: Experiment, run: Computes, quick: bool = False, tell: Callable[[str], None] = lambda line: None
) -> Reproduction:
    """Run a published experiment until every expectation is resolved, or its most replicates are used.

    `quick` runs QUICK_REPLICATES at most.
    """
    most = experiment.most_replicates
    replicates = min(experiment.replicates, QUICK_REPLICATES) if quick else experiment.replicates
    while True:
        results, series = run(replicates)
        results = _first(results, replicates)
        series = None if series is None else _first(series, replicates)
        outcomes = tuple(_judged(expectation, results, series, replicates < most) for expectation in experiment.expect)
        open_ones = [outcome for outcome in outcomes if outcome.verdict.word == UNRESOLVED]
        if quick or not open_ones or replicates >= most:
            break
        replicates = more_replicates(replicates, most)
        tell(
            f"{len(open_ones)} of {len(outcomes)} unresolved "
            f"({open_ones[0].verdict.reason}); going on to {replicates} replicates"
        )
    failed = pc.sum(pc.equal(results["status"], "failed")).as_py() or 0
    seconds = pc.sum(results["seconds"]).as_py() or 0.0
    return Reproduction(experiment, outcomes, replicates, results.num_rows, failed, seconds, quick)


def judged(experiment: Experiment, folder: Path) -> list[Judgement]:
    """Its expectations, judged by the runs that are in the folder of its batch, whether or not more will follow."""
    results, series = read_results(folder), read_series(folder)
    return [_judged(expectation, results, series, more=False) for expectation in experiment.expect]


def published_as(experiment: Experiment) -> Published:
    """Where the finding of a published experiment stands. Raises ValueError for another experiment."""
    if experiment.published is None:
        raise ValueError(f"{experiment.name} is no published experiment")
    return experiment.published


def _first(table: pa.Table, replicates: int) -> pa.Table:
    """The rows of the first replicates: a folder may hold more, also some of the next ones only."""
    return table.filter(pc.less_equal(table["replicate"], replicates))


def _judged(expectation: Expectation, results: pa.Table, series: pa.Table | None, more: bool) -> Judgement:
    simulated = simulate(expectation, results, series)
    return Judgement(expectation, simulated, judge(expectation, simulated, more))
