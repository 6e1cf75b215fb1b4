"""`crlm reproduce`: run published experiments with the default parameters, and say which of them come out."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pyarrow as pa
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..batches.batch import BatchStopped, missing_runs, refuse_folder, run_batch
from ..batches.executors import ExecutorError
from ..batches.expectation import FAILS, HOLDS, UNRESOLVED
from ..batches.experiment import Experiment
from ..batches.loading import load_experiment
from ..batches.store import read_results, read_series
from ..config import ConfigError
from ..config.nodes import Source
from ..config.reading import Reader
from ..config.shipped import find_shipped, names_of, shipped_configs
from ..folder.files import refuse_others
from ..folder.names import BATCH
from ..progress import progress
from ..published.reproduce import Reproduction, published_as, reproduce
from ..published.table import (
    HEADINGS,
    REPORT,
    TABLE,
    Row,
    as_markdown,
    cells_of,
    experiments_of,
    rows_of,
    summary,
    write_table,
)
from ..simulation import RunInterrupted
from . import UserError, typed
from .ahead import compile_for_runs
from .batch import of_batch, stopped, workers_for
from .catalogue import paragraph

WIDE = 140
"""Columns from which a table can be read."""
STYLES = {HOLDS: "green", FAILS: "red", UNRESOLVED: "yellow"}


def reproduce_files(
    paths: Sequence[Path], folder: Path, *, workers: int | None, quick: bool, resume: bool, quiet: bool, again: str
) -> None:
    """Run the published experiments in the files (or folders of files) `paths`, by default the shipped ones, each as a
    batch in a folder of its own, and write and print the table; `again` is the user's command line without --resume.

    Raises UserError, ConfigError, and what `run_batch` raises.
    """
    files = files_of(paths or [shipped_configs() / "published"])
    experiments = load_all(files)
    refuse_others(folder, [TABLE], [REPORT])
    for file in files:
        refuse_folder(folder / file.stem, resume)
    done: list[Reproduction] = []
    tell = progress(quiet).tell
    if resume and not any((folder / file.stem / BATCH).exists() for file in files):
        tell(f"{folder} holds nothing to resume; the experiments begin.")
    for file, experiment in zip(files, experiments, strict=True):
        published = published_as(experiment)
        name = published.id
        tell(f"{name}: {published.finding}")
        run = _Runs(experiment, folder / file.stem, workers, resume, quiet)
        try:
            done.append(reproduce(experiment, run, quick, partial(_tell_of, tell, name)))
        except RunInterrupted as error:
            raise RunInterrupted(f"Interrupted: {error}.\nTo go on: {again} --resume") from None
        except (BatchStopped, ExecutorError, OSError) as error:
            raise BatchStopped(stopped(name, error, folder, [folder / file.stem for file in files], again)) from error
        tell(f"{name}: {done[-1].word}")
        write_table(folder, done)
    show(done, folder)


def _tell_of(tell: Callable[[str], None], name: str, line: str) -> None:
    tell(f"{name}: {line}")


class _Runs:
    """An experiment's batch in a folder: begun or resumed as asked for, then continued with more replicates."""

    def __init__(self, experiment: Experiment, folder: Path, workers: int | None, resume: bool, quiet: bool):
        self.experiment, self.folder, self.workers, self.resume, self.quiet = experiment, folder, workers, resume, quiet

    def __call__(self, replicates: int) -> tuple[pa.Table, pa.Table | None]:
        experiment = replace(self.experiment, replicates=replicates)
        workers = workers_for(experiment, missing_runs(experiment, self.folder), self.workers, None, "measures")
        with progress(self.quiet) as shown:
            compile_for_runs(shown)
            shown.phase(f"{published_as(experiment).id}: computing the runs", of_batch)
            run_batch(experiment, self.folder, workers, resume=self.resume, tell=shown.tell, progress=shown)
        self.resume = True
        has_series = any(request.is_series for request in experiment.measures)
        return read_results(self.folder), read_series(self.folder) if has_series else None


def files_of(paths: Sequence[Path]) -> list[Path]:
    """The files, of folders those that hold a published experiment, and the shipped ones that are named by their id or
    name. Raises UserError."""
    files: list[Path] = []
    for path in paths:
        if not path.is_dir():
            files.append(path if path.exists() else find_shipped(path, "published") or _refused(path))
            continue
        inside = [file for file in sorted(path.glob("*.y*ml")) if _is_published(file)]
        if not inside and any((batch / BATCH).exists() for batch in (path, *path.iterdir())):
            raise UserError(
                f"{path} is an output folder; the experiments are given as files or folders of files, by default "
                f"those that come with crlm, and the output folder with -o: {typed('reproduce', '-o', path, '--resume')}"
            )
        if not inside:
            raise UserError(f"no file in {path} has a `published` block")
        files += inside
    stems: dict[str, Path] = {}
    for path in files:
        if path.stem in stems and stems[path.stem] != path:
            raise UserError(
                f"{stems[path.stem]} and {path} have the same name; reproduce them into different folders, with -o"
            )
        stems[path.stem] = path
    return list(stems.values())


def _refused(path: Path) -> Path:
    """Raises UserError, with the ids that there are."""
    raise UserError(
        f"there is no file {path}, and no published experiment of that name; those that come with crlm are "
        + ", ".join(names_of("published"))
    )


def _is_published(path: Path) -> bool:
    """Whether a file holds a published experiment, or cannot be read, which is then told."""
    reader = Reader()
    return "published" in reader.read(path, Source(str(path), path.parent)).value or not reader.complete


def load_all(files: Sequence[Path]) -> list[Experiment]:
    """The experiments, all of them checked before the first is run. Raises ConfigError with what is wrong in all."""
    experiments, problems = [], []
    for file in files:
        try:
            experiments.append(load_experiment(file, published=True))
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems, str(files[0]) if len(files) == 1 else "")
    return experiments


def show(reproductions: Sequence[Reproduction], folder: Path) -> None:
    """Print the table: as wide as the terminal or COLUMNS say, a block per experiment where that is narrow, and in Markdown
    where there is no terminal."""
    console, rows = Console(highlight=False), rows_of(reproductions)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        print(as_markdown(rows), end="")
    else:
        if console.width >= WIDE:
            console.print(_table(rows))
        else:
            for those in experiments_of(rows):
                _show_block(console, those)
        console.print(summary(rows), markup=False)
    print(f"Written: {folder / REPORT}, {folder / TABLE}")


def _table(rows: Sequence[Row]) -> Table:
    table = Table(show_lines=False, header_style="dim", padding=(0, 1))
    for heading in HEADINGS:
        table.add_column(heading, overflow="fold", ratio={"published": 3, "expected": 2}.get(heading))
    for those in experiments_of(rows):
        for row, cells in zip(those, cells_of(those), strict=True):
            table.add_row(
                *(
                    Text(cell, STYLES[row["verdict"]]) if heading == "verdict" else Text(cell)
                    for heading, cell in zip(HEADINGS, cells, strict=True)
                )
            )
        table.add_section()
    return table


def _show_block(console: Console, rows: Sequence[Row]) -> None:
    """The rows of one experiment, below each other."""
    for row, cells in zip(rows, cells_of(rows), strict=True):
        cell_under = dict(zip(HEADINGS, cells, strict=True))
        if cell_under["experiment"]:
            paragraph(
                console, Text.assemble((cell_under["experiment"], "bold"), f"  {cell_under['published']}"), hanging=4
            )
        paragraph(
            console,
            Text.assemble(
                "expected ",
                cell_under["expected"],
                ", simulated ",
                cell_under[HEADINGS[3]],
                ": ",
                (cell_under["verdict"], STYLES[row["verdict"]]),
            ),
            indent=4,
            hanging=4,
        )
    calibrated, runs, seconds = cells_of(rows)[0][-3:]
    paragraph(console, f"calibrated on: {calibrated}; {runs} runs, {seconds}", indent=4, style="dim")
    console.print()
