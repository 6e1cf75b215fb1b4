"""`crlm reproduce --draws`: published experiments over draws of the assumed numbers."""

import os
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from ..config.shipped import shipped_configs
from ..folder.lock import locked
from ..progress import StatusLine, progress
from ..published.calibrate import RUNNING, TRIALS, Calibration, Simulations, Trial, digest_of, refuse_folder
from ..published.draws import (
    FAILS,
    HANGS,
    HOLDS,
    REPORT,
    TOO_FEW,
    as_markdown,
    cells_of,
    run,
    shown,
    summary,
    to_draw,
    write_report,
)
from . import UserError
from .ahead import compile_for_runs
from .batch import workers_for
from .calibrate import told_apart
from .catalogue import a_console, paragraph
from .reproduce import files_of, load_all
from .run import available_processors

STYLES = {HOLDS: "green", FAILS: "red", HANGS: "yellow", TOO_FEW: "dim"}


def draw_files(
    paths: Sequence[Path],
    folder: Path,
    *,
    count: int,
    replicates: int,
    workers: int | None,
    resume: bool,
    quiet: bool,
    again: str,
) -> None:
    """Run the published experiments `paths` (as `reproduce_files` takes them) with `count` draws of all assumed numbers, and write
    and print how they fare; `again` is the user's command line without --resume.

    Raises UserError, ConfigError, FolderInUse, RunInterrupted, BatchStopped.
    """
    try:
        draws = to_draw(load_all(files_of(paths or [shipped_configs() / "published"])), replicates)
    except ValueError as error:
        raise UserError(str(error)) from error
    refuse_folder(folder, resume, "draws", [REPORT])
    workers = workers if workers is not None else available_processors()
    for experiment in draws.experiments:
        workers_for(experiment, experiment.runs(), workers, None, "measures")  # there is memory for them
    digest = digest_of(draws)
    done: list[Trial] = []

    def told(so_far: list[Trial]) -> None:
        done[:] = so_far
        write_report(folder, draws, so_far)

    with locked(folder), progress(quiet) as phases:
        phases.tell(
            f"The defaults and {count} draw{'s' * (count != 1)} of {len(draws.parameters)} assumed numbers, each with "
            f"{draws.runs_per_trial} runs of {len(draws.experiments)} experiment{'s' * (len(draws.experiments) != 1)}."
        )
        if resume and not ((folder / TRIALS).exists() or (folder / RUNNING).exists()):
            phases.tell(f"{folder} holds nothing to resume; the draws begin.")
        with told_apart("The draws", "draws", folder, done, again):
            compile_for_runs(phases)
            phases.phase("computing the draws", lambda runs: _standing(runs, draws, count))
            with Simulations(draws, folder, digest, workers, phases) as simulations:
                told(run(draws, folder, simulations, count, digest, told))
                simulations.clear()
    show(draws, done)
    if not quiet:
        print(f"Written: {folder / REPORT}, {folder / TRIALS}")


def _standing(runs: int, draws: Calibration, count: int) -> StatusLine:
    return StatusLine(
        runs, (count + 1) * draws.runs_per_trial, "run", (f"draw {runs // draws.runs_per_trial} of {count}",)
    )


def show(draws: Calibration, trials: Sequence[Trial]) -> None:
    """Print how all fare: a block per experiment, and in Markdown where there is no terminal."""
    if not Console().is_terminal and "COLUMNS" not in os.environ:
        print(as_markdown(draws, trials), end="")
        return
    console, all_shown = a_console(), list(shown(draws, trials))
    for one in all_shown:
        name, expected, default, spread, holds, word = cells_of(one)
        if one.expectation is None:
            console.print()
            head = Text.assemble(
                (name, "bold"),
                f"  holds in {holds} of the draws ({one.drawn} numbers drawn): ",
                (word, STYLES[one.word]),
            )
            paragraph(console, Text.assemble(head, f"; with the defaults it is {default}"), hanging=4)
            continue
        line = f"expected {expected}; defaults {default}, draws {spread}; holds in {holds}"
        paragraph(console, line + (f"; {word}" if word else ""), indent=4, hanging=4)
    console.print(f"\n{summary(all_shown)}.", markup=False)
