"""The table of reproduced published experiments: `reproduce.parquet`, a row per expectation, and `reproduce.md`."""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa

from ..batches.expectation import FAILS, HOLDS, UNRESOLVED, Window
from ..folder import parquet
from ..folder.files import write_text
from .reproduce import QUICK_REPLICATES, Reproduction, published_as

TABLE, REPORT = "reproduce.parquet", "reproduce.md"

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


_SCHEMA = pa.schema(
    [pa.field(name, kind, metadata={"unit": unit, "description": about}) for name, kind, unit, about in _COLUMNS]
)

Row = Mapping[str, Any]


def write_table(folder: Path, reproductions: Sequence[Reproduction]) -> None:
    """Write reproduce.parquet and reproduce.md. What the folder's table says of other experiments is kept."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = rows_of(reproductions)
    new = {(row["id"], row["name"]) for row in rows}
    if (folder / TABLE).exists():
        rows += [row for row in parquet.read(folder / TABLE).to_pylist() if (row["id"], row["name"]) not in new]
    rows.sort(key=lambda row: (row["id"], row["name"]))  # stable: expectations stay in their order
    table = pa.Table.from_pylist(rows, _SCHEMA)
    parquet.write(table, folder / TABLE)
    write_text(folder / REPORT, as_markdown(rows))


def rows_of(reproductions: Iterable[Reproduction]) -> list[Row]:
    """A row per expectation, with the columns of reproduce.parquet."""
    rows: list[Row] = []
    for one in reproductions:
        published = published_as(one.experiment)
        for outcome in one.outcomes:
            expectation, estimate = outcome.expectation, outcome.simulated.estimate
            rows.append(
                {
                    "id": published.id,
                    "name": one.experiment.name,
                    "source": published.source,
                    "finding": published.finding,
                    "expectation": str(expectation),
                    "window_low": expectation.window.low,
                    "window_high": expectation.window.high,
                    "why": expectation.why,
                    "value": estimate.value,
                    "low": estimate.low,
                    "high": estimate.high,
                    "unit": expectation.unit,
                    "verdict": outcome.verdict.word,
                    "reason": outcome.verdict.reason,
                    "experiment_verdict": one.word,
                    "calibrated": one.experiment.calibrated,
                    "replicates": one.replicates,
                    "runs": one.runs,
                    "failed_runs": one.failed,
                    "seconds": one.seconds,
                    "quick": one.quick,
                }
            )
    return rows


# --- In words ---------------------------------------------------------------------------------------------------------

HEADINGS = (
    "experiment",
    "published",
    "expected",
    "simulated (95 % interval)",
    "verdict",
    "calibrated on",
    "runs",
    "CPU time",
)


def experiments_of(rows: Iterable[Row]) -> list[list[Row]]:
    """The rows of each experiment."""
    return [list(those) for _, those in groupby(rows, key=lambda row: (row["id"], row["name"]))]


def cells_of(rows: Sequence[Row]) -> list[tuple[str, ...]]:
    """The cells under the `HEADINGS` for the rows of one experiment; what belongs to all of them stands in the first."""
    cells: list[tuple[str, ...]] = []
    for index, row in enumerate(rows):
        first = index == 0
        cells.append(
            (
                str(row["id"]) if first else "",
                f"{row['finding']} ({row['source']})" if first else "",
                f"{row['expectation']}: {Window(row['window_low'], row['window_high'])}{_unit(row)}",
                simulated_in_words(row),
                row["verdict"] + (f" ({row['reason']})" if row["reason"] else ""),
                ("yes" if row["calibrated"] else "no") if first else "",
                str(row["runs"]) + (f" ({row['failed_runs']} failed)" if row["failed_runs"] else "") if first else "",
                time_in_words(row["seconds"]) if first else "",
            )
        )
    return cells


def simulated_in_words(row: Row) -> str:
    """'0.14 (0.09 to 0.21)'"""
    if math.isnan(row["value"]):
        return "no value"
    ends = [f"{end:.3g}" if math.isfinite(end) else "?" for end in (row["low"], row["high"])]
    return f"{row['value']:.3g} ({ends[0]} to {ends[1]}){_unit(row)}"


def _unit(row: Row) -> str:
    return f" {row['unit']}" if row["unit"] else ""


def time_in_words(seconds: float) -> str:
    return (
        f"{seconds:.0f} s"
        if seconds < 100
        else f"{seconds / 60:.0f} min"
        if seconds < 6000
        else f"{seconds / 3600:.1f} h"
    )


def summary(rows: Sequence[Row]) -> str:
    """'5 experiments: 3 hold (2 of them not calibrated on), 1 fails, 1 is unresolved; quick: ...'"""
    ones = [those[0] for those in experiments_of(rows)]
    words = [first["experiment_verdict"] for first in ones]
    free = sum(not first["calibrated"] for first in ones if first["experiment_verdict"] == HOLDS)
    sentence = (
        f"{len(ones)} experiment{'s' * (len(ones) != 1)}: {words.count(HOLDS)} hold ({free} of them not calibrated on), "
        f"{words.count(FAILS)} fail, {words.count(UNRESOLVED)} unresolved; "
        f"{sum(first['runs'] for first in ones)} runs, {time_in_words(sum(first['seconds'] for first in ones))} of CPU time."
    )
    if any(first["quick"] for first in ones):
        sentence += f" Quick: at most {QUICK_REPLICATES} replicates per arm, too few for most verdicts."
    return sentence


def markdown_row(cells: Iterable[str]) -> str:
    """One row of a table in Markdown."""
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def as_markdown(rows: Sequence[Row]) -> str:
    lines = [
        "# Published experiments",
        "",
        summary(rows),
        "",
        "An experiment holds when all of its expectations do. All were run with the default parameters, "
        "those with a patient's lesion with the ones of `lesion.yaml`.",
        "",
        markdown_row(HEADINGS),
        "|" + "---|" * len(HEADINGS),
    ]
    for those in experiments_of(rows):
        lines += [markdown_row(cells) for cells in cells_of(those)]
    changed = [row for row in rows if row["why"]]
    if changed:
        lines += ["", "Windows that differ from the suggested ones, and why:", ""]
        lines += [f"* {row['id']}, {row['expectation']}: {row['why']}" for row in changed]
    return "\n".join(lines) + "\n"
