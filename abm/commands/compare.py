"""`crlm compare`: the arms of a batch against its control."""

from pathlib import Path

from ..folder import manifest
from ..folder.names import RESULTS
from ..progress import progress
from . import UserError

SHOWN = 12
"""Sentences that are printed; comparison.md has all."""


def compare_arms(folder: Path, control: str | None, output: Path | None) -> None:
    """Write the comparison of the batch in `folder`, and print its headlines. Raises UserError."""
    refuse_other_folders(folder)
    from ..comparison.compare import compare

    try:
        with progress(quiet=False) as shown:
            shown.phase("comparing the arms, and drawing the figures")
            comparison = compare(folder, control, output)
    except ValueError as error:
        raise UserError(str(error)) from error
    for sentence in comparison.headlines[:SHOWN]:
        print(sentence.replace("**", "").replace("`", ""))
    if len(comparison.headlines) > SHOWN:
        print(f"... and {len(comparison.headlines) - SHOWN} more in {comparison.written[0]}")
    if comparison.outcome.runs < comparison.outcome.planned:
        print(f"Only {comparison.outcome.runs} of {comparison.outcome.planned} runs are finished.")
    if comparison.outcome.failed:
        print(f"{comparison.outcome.failed} of {comparison.outcome.runs} runs failed and are left out.")
    print("\n".join(f"Wrote {path}" for path in comparison.written))


def refuse_other_folders(folder: Path, command: str = "compare") -> None:
    """Raise UserError when `folder` holds no results of a batch, saying what it is instead; `command` needs them."""
    if (folder / RESULTS).exists():
        return
    if (folder / manifest.NAME).exists():
        raise UserError(f"{folder} is the folder of one run; crlm {command} needs that of a batch (crlm batch)")
    raise UserError(f"{folder} is not the folder of a batch: it has no {RESULTS}")
