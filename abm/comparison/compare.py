"""Compare the arms of a batch: comparison.parquet, comparison.md and figures, written into its folder."""

from dataclasses import dataclass
from pathlib import Path

from ..folder import parquet
from ..folder.files import put, refuse_others, scratch_folder, write_text
from ..folder.names import BATCH
from .drawing import draw_all
from .outcome import Outcome
from .rows import Row, compared, table_of
from .text import by_chance, comparison_text, headlines

TABLE, TEXT = "comparison.parquet", "comparison.md"


@dataclass(frozen=True)
class BatchComparison:
    """What was found, in numbers and in sentences, and the files that were written. Where there is more than one
    comparison, the first sentence says how many would look real by chance."""

    outcome: Outcome
    rows: list[Row]
    headlines: list[str]
    written: list[Path]


def compare(folder: Path | str, control: str | None = None, output: Path | str | None = None) -> BatchComparison:
    """Compare the arms of the batch in `folder` with the arm `control` (by default that of the experiment).

    Writes into `output`, by default the batch folder. Raises FileNotFoundError for a folder without results, FolderInUse for
    an `output` with files of these names that no comparison wrote, ValueError when `control` is no arm, when nothing was
    measured or no run was done.
    """
    outcome = Outcome.read(folder, control)
    if not outcome.measures:
        raise ValueError(f"the experiment in {folder} has no measures, so there is nothing to compare")
    if outcome.failed == outcome.runs:
        raise ValueError(
            f"all {outcome.runs} runs in {folder} failed; their errors are in results.parquet"
            if outcome.runs
            else f"no run of the batch in {folder} is finished yet"
        )
    rows = compared(outcome)
    output = Path(output) if output is not None else Path(folder)
    output.mkdir(parents=True, exist_ok=True)
    with scratch_folder(output, ".comparison-") as scratch:
        draft = scratch / "draft"
        draft.mkdir()
        drawn = draw_all(outcome, rows, draft)
        write_text(draft / TEXT, comparison_text(outcome, rows, drawn))
        refuse_others(output, [TABLE, BATCH], sorted(path.name for path in draft.iterdir()))
        parquet.write(table_of(outcome, rows), output / TABLE)
        put(draft, output)
    figures = [output / path.name for path in drawn.figures]
    sentences = headlines(outcome, rows, drawn.sensitivities)
    remark = by_chance(outcome, rows)
    return BatchComparison(
        outcome, rows, [remark, *sentences] if remark else sentences, [output / TEXT, output / TABLE, *figures]
    )
