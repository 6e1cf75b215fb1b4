"""`crlm reproduce`: run published experiments with the default parameters, and say which of them come out."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..config import ConfigError
from ..config.loading import Reader, shipped_configs, to_plain
from ..config.nodes import Source
from ..experiments.batch import NAME, BatchStopped, missing_runs, refuse_folder, run_batch
from ..experiments.executors import ExecutorError
from ..experiments.experiment import Experiment
from ..experiments.loading import load_experiment
from ..experiments.published import FAILS, HOLDS, UNRESOLVED
from ..experiments.published_table import (
    HEADINGS,
    REPORT,
    TABLE,
    cells_of,
    experiments_of,
    rows_of,
    summary,
    write_table,
)
from ..experiments.reproduce import Reproduction, reproduce
from ..experiments.store import read_results, read_series
from ..record.files import refuse_others
from ..simulation import RunInterrupted
from . import UserError, command
from .batch import of_batch, stopped, workers_for
from .progress import progress

PIPED = 200
"""Width taken where there is no terminal."""
STYLES = {HOLDS: "green", FAILS: "red", UNRESOLVED: "yellow"}


def reproduce_files(paths: Sequence[Path], folder: Path, *, workers: int | None, quick: bool, resume: bool, quiet: bool,
                    again: str) -> None:
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
    for file, experiment in zip(files, experiments, strict=True):
        name = experiment.published.id
        tell(f"{name}: {experiment.published.finding}")
        run = _Runs(experiment, folder / file.stem, workers, resume, quiet)
        try:
            done.append(reproduce(experiment, run, quick, lambda line, name=name: tell(f"{name}: {line}")))
        except RunInterrupted as error:
            raise RunInterrupted(f"Interrupted: {error}.\nTo go on: {again} --resume") from None
        except (BatchStopped, ExecutorError, OSError) as error:
            raise BatchStopped(stopped(name, error, folder, [folder / file.stem for file in files], again)) from error
        tell(f"{name}: {done[-1].word}")
        write_table(folder, done)
    show(done, folder)


class _Runs:
    """An experiment's batch in a folder: begun or resumed as asked for, then continued with more replicates."""

    def __init__(self, experiment: Experiment, folder: Path, workers: int | None, resume: bool, quiet: bool):
        self.experiment, self.folder, self.workers, self.resume, self.quiet = experiment, folder, workers, resume, quiet

    def __call__(self, replicates: int) -> tuple[pa.Table, pa.Table | None]:
        experiment = replace(self.experiment, replicates=replicates)
        workers = workers_for(experiment, missing_runs(experiment, self.folder), self.workers, None, "measures")
        with progress(self.quiet, of_batch) as shown:
            run_batch(experiment, self.folder, workers, resume=self.resume, tell=shown.tell, progress=shown)
        self.resume = True
        has_series = any(request.is_series for request in experiment.measures)
        return read_results(self.folder), read_series(self.folder) if has_series else None


def files_of(paths: Sequence[Path]) -> list[Path]:
    """The files, of folders those that hold a published experiment, and the shipped ones that are named by their id or
    name. Raises UserError."""
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path if path.exists() else shipped_file(path))
            continue
        inside = [file for file in sorted(path.glob("*.y*ml")) if _is_published(file)]
        if not inside and any((batch / NAME).exists() for batch in (path, *path.iterdir())):
            raise UserError(f"{path} is an output folder; the experiments are given as files or folders of files, by default "
                            f"those that come with crlm, and the output folder with -o: {command('reproduce', '-o', path, '--resume')}")
        if not inside:
            raise UserError(f"no file in {path} has a `published` block")
        found += inside
    stems: dict[str, Path] = {}
    for path in found:
        if path.stem in stems and stems[path.stem] != path:
            raise UserError(f"{stems[path.stem]} and {path} have the same name; reproduce them into different folders, with -o")
        stems[path.stem] = path
    return list(stems.values())


def shipped_file(path: Path) -> Path:
    """The published experiment that comes with crlm and whose id or file is named (V24, v24, V24_e_selectin_kinetics); else
    `path`."""
    name = path.name.removesuffix(".yaml").casefold()
    if path.parent != Path():
        return path
    for file in sorted((shipped_configs() / "published").glob("*.yaml")):
        if name in (file.stem.casefold(), _id_of(file).casefold()):
            return file
    return path


def _id_of(path: Path) -> str:
    """The id that a published experiment gives itself."""
    content = to_plain(Reader().read(path, Source(str(path), path.parent)))
    return str(content["published"]["id"])


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
    """Print the table."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(width=PIPED, highlight=False)
    table = Table(show_lines=False, header_style="dim", padding=(0, 1))
    for heading in HEADINGS:
        table.add_column(heading, overflow="fold", ratio={"published": 3, "expected": 2}.get(heading))
    rows = rows_of(reproductions)
    for those in experiments_of(rows):
        for row, cells in zip(those, cells_of(those), strict=True):
            table.add_row(*(Text(cell, STYLES[row["verdict"]]) if heading == "verdict" else Text(cell)
                            for heading, cell in zip(HEADINGS, cells, strict=True)))
        table.add_section()
    console.print(table)
    console.print(summary(rows), markup=False)
    console.print(f"Written: {folder / REPORT}, {folder / TABLE}", markup=False)
