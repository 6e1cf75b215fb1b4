"""Reproducing published experiments: runs, verdicts, and more runs where a verdict needs them; the table that results."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..record.files import write_text, write_whole
from .experiment import Experiment
from .published import (
    FAILS,
    HOLDS,
    UNRESOLVED,
    Expectation,
    Simulated,
    Verdict,
    judge,
    more_replicates,
    overall,
    simulate,
)

QUICK_REPLICATES = 3
TABLE, REPORT = "reproduce.parquet", "reproduce.md"

Run = Callable[[int], tuple[pa.Table, pa.Table | None]]
"""Runs so many replicates of every arm, as far as they have not been run yet, and returns the results and the series (None:
no series was asked for)."""


@dataclass(frozen=True)
class Outcome:
    """One expectation, what was simulated, and whether that meets it."""

    expectation: Expectation
    simulated: Simulated
    verdict: Verdict


@dataclass(frozen=True)
class Reproduction:
    """A published experiment as it was reproduced: `replicates` per arm, `runs` in all, of them `failed` ones, and their
    CPU time."""

    experiment: Experiment
    outcomes: tuple[Outcome, ...]
    replicates: int
    runs: int
    failed: int
    seconds: float
    quick: bool = False

    @property
    def word(self) -> str:
        return overall([outcome.verdict.word for outcome in self.outcomes])


def reproduce(experiment: Experiment, run: Run, quick: bool = False, tell: Callable[[str], None] = lambda line: None) -> Reproduction:
    """Run a published experiment until every expectation is resolved, or its most replicates are used.

    `quick` runs QUICK_REPLICATES at most.
    """
    most = experiment.most_replicates
    replicates = min(experiment.replicates, QUICK_REPLICATES) if quick else experiment.replicates
    while True:
        results, series = (_first(table, replicates) for table in run(replicates))
        outcomes = tuple(_judged(expectation, results, series, replicates < most) for expectation in experiment.expect)
        open_ones = [outcome for outcome in outcomes if outcome.verdict.word == UNRESOLVED]
        if quick or not open_ones or replicates >= most:
            break
        replicates = more_replicates(replicates, most)
        tell(f"{len(open_ones)} of {len(outcomes)} unresolved "
             f"({open_ones[0].verdict.reason}); going on to {replicates} replicates")
    failed = pc.sum(pc.equal(results["status"], "failed")).as_py() or 0
    seconds = pc.sum(results["seconds"]).as_py() or 0.0
    return Reproduction(experiment, outcomes, replicates, results.num_rows, failed, seconds, quick)


def _first(table: pa.Table | None, replicates: int) -> pa.Table | None:
    """The rows of the first replicates: a folder may hold more, also some of the next ones only."""
    return table if table is None else table.filter(pc.less_equal(table["replicate"], replicates))


def _judged(expectation: Expectation, results: pa.Table, series: pa.Table | None, more: bool) -> Outcome:
    simulated = simulate(expectation, results, series)
    return Outcome(expectation, simulated, judge(expectation, simulated, more))


# --- The table --------------------------------------------------------------------------------------------------------


def write_table(folder: Path, reproductions: Sequence[Reproduction]) -> None:
    """reproduce.parquet, one row per expectation, and reproduce.md."""
    folder.mkdir(parents=True, exist_ok=True)
    table = as_table(reproductions)
    write_whole(folder / TABLE, lambda beside: pq.write_table(table, beside))
    write_text(folder / REPORT, as_markdown(reproductions))


_COLUMNS = (
    ("id", pa.string(), "", "the published experiment"),
    ("name", pa.string(), "", "name of the experiment"),
    ("source", pa.string(), "", "where the finding was published"),
    ("finding", pa.string(), "", "what was found"),
    ("expectation", pa.string(), "", "the measure and the arms compared"),
    ("window_low", pa.float64(), "", "expected at least, in `unit`; null: no bound"),
    ("window_high", pa.float64(), "", "expected at most, in `unit`; null: no bound"),
    ("why", pa.string(), "", "why the window differs from the suggested one"),
    ("value", pa.float64(), "", "simulated, in `unit`"),
    ("low", pa.float64(), "", "lower end of the 95 % interval"),
    ("high", pa.float64(), "", "upper end of the 95 % interval"),
    ("unit", pa.string(), "", "unit of the window and the simulated value"),
    ("verdict", pa.string(), "", "holds, fails or unresolved"),
    ("reason", pa.string(), "", "why it does not hold"),
    ("experiment_verdict", pa.string(), "", "the verdict over all expectations of the experiment"),
    ("calibrated", pa.bool_(), "", "whether the default numbers were calibrated on this experiment"),
    ("replicates", pa.int64(), "", "replicates per arm"),
    ("runs", pa.int64(), "", "runs of the experiment"),
    ("failed_runs", pa.int64(), "", "of them, runs that ended in an error"),
    ("seconds", pa.float64(), "s", "CPU time of the experiment's runs"),
    ("quick", pa.bool_(), "", "whether it was a quick look with few replicates"),
)


def as_table(reproductions: Iterable[Reproduction]) -> pa.Table:
    schema = pa.schema([pa.field(name, kind, metadata={"unit": unit, "description": about})
                        for name, kind, unit, about in _COLUMNS])
    rows = []
    for one in reproductions:
        published = one.experiment.published
        for outcome in one.outcomes:
            expectation, estimate = outcome.expectation, outcome.simulated.estimate
            rows.append({
                "id": published.id, "name": one.experiment.name, "source": published.source, "finding": published.finding,
                "expectation": str(expectation), "window_low": expectation.window.low, "window_high": expectation.window.high,
                "why": expectation.why, "value": estimate.value, "low": estimate.low, "high": estimate.high,
                "unit": expectation.unit, "verdict": outcome.verdict.word, "reason": outcome.verdict.reason,
                "experiment_verdict": one.word, "calibrated": one.experiment.calibrated, "replicates": one.replicates,
                "runs": one.runs, "failed_runs": one.failed, "seconds": one.seconds, "quick": one.quick,
            })
    return pa.Table.from_pylist(rows, schema)


HEADINGS = ("experiment", "published", "expected", "simulated (95 % interval)", "verdict", "calibrated on", "runs", "CPU time")


def rows_of(one: Reproduction) -> list[tuple[str, ...]]:
    """The cells of the printed table, one row per expectation; what belongs to the experiment stands in its first row."""
    published = one.experiment.published
    rows = []
    for index, outcome in enumerate(one.outcomes):
        first = index == 0
        verdict = outcome.verdict.word + (f" ({outcome.verdict.reason})" if outcome.verdict.reason else "")
        rows.append((
            published.id if first else "", f"{published.finding} ({published.source})" if first else "",
            f"{outcome.expectation}: {outcome.expectation.window}{_unit(outcome.expectation)}",
            simulated_in_words(outcome), verdict, ("yes" if one.experiment.calibrated else "no") if first else "",
            str(one.runs) + (f" ({one.failed} failed)" if one.failed else "") if first else "",
            time_in_words(one.seconds) if first else "",
        ))
    return rows


def simulated_in_words(outcome: Outcome) -> str:
    """'0.14 (0.09 to 0.21)'"""
    estimate = outcome.simulated.estimate
    if math.isnan(estimate.value):
        return "no value"
    ends = [f"{end:.3g}" if math.isfinite(end) else "?" for end in (estimate.low, estimate.high)]
    return f"{estimate.value:.3g} ({ends[0]} to {ends[1]}){_unit(outcome.expectation)}"


def _unit(expectation: Expectation) -> str:
    return f" {expectation.unit}" if expectation.unit else ""


def time_in_words(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def summary(reproductions: Sequence[Reproduction]) -> str:
    """'5 experiments: 3 hold (2 of them not calibrated on), 1 fails, 1 is unresolved; quick: ...'"""
    words = [one.word for one in reproductions]
    holding = [one for one in reproductions if one.word == HOLDS]
    free = sum(not one.experiment.calibrated for one in holding)
    said = (f"{len(words)} experiment{'s' * (len(words) != 1)}: {len(holding)} hold ({free} of them not calibrated on), "
            f"{words.count(FAILS)} fail, {words.count(UNRESOLVED)} unresolved; "
            f"{sum(one.runs for one in reproductions)} runs, {time_in_words(sum(one.seconds for one in reproductions))} of CPU time.")
    if any(one.quick for one in reproductions):
        said += f" Quick: at most {QUICK_REPLICATES} replicates per arm, too few for most verdicts."
    return said


def as_markdown(reproductions: Sequence[Reproduction]) -> str:
    lines = ["# Published experiments", "", summary(reproductions), "",
             "An experiment holds when all of its expectations do. All were run with the default parameters.", "",
             "| " + " | ".join(HEADINGS) + " |", "|" + "---|" * len(HEADINGS)]
    for one in reproductions:
        lines += ["| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in rows_of(one)]
    changed = [(one, outcome.expectation) for one in reproductions for outcome in one.outcomes if outcome.expectation.why]
    if changed:
        lines += ["", "Windows that differ from the suggested ones, and why:", ""]
        lines += [f"* {one.experiment.published.id}, {expectation}: {expectation.why}" for one, expectation in changed]
    return "\n".join(lines) + "\n"
