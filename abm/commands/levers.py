"""`crlm levers`: take away all that can be taken away, one by one, and say what that does to each stage of the cascade."""

import math
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic_core import PydanticCustomError
from rich.table import Table
from rich.text import Text

from ..config.errors import did_you_mean, quantity_of
from ..units import Hours
from . import UserError
from .batch import run_experiment_batch, show_forecast
from .catalogue import a_console

if TYPE_CHECKING:
    from ..config.schema import Config
    from ..levers.effects import Effect, Effects
    from ..levers.levers import Lever, Readout

TABLE, TEXT, FIGURE = "levers.parquet", "levers.md", "levers.png"


def pull_levers(
    config: "Config",
    folder: Path,
    *,
    at: str | None,
    only: Sequence[str],
    replicates: int,
    workers: int | None,
    resume: bool,
    dry_run: bool,
    quiet: bool,
    again: str,
) -> None:
    """Run `config` with and without each lever (those called `only`, if any are) as a batch in `folder`, write what each
    does, and print it. at : times to look, "1 d,7 d"; by default the end; dry_run : say what would be run, and stop.

    Raises UserError, and what a batch raises.
    """
    from ..levers.levers import experiment_of, levers_of

    levers = chosen(levers_of(config), only)
    try:
        experiment, readouts = experiment_of(config, levers, looks_of(at) or [config.duration], replicates)
    except ValueError as error:
        raise UserError(f"--at: {error}" if at else f"{config.name}: {error}") from error
    if dry_run:
        show_forecast(experiment, folder, workers=workers, cluster=None, resume=resume, keep="measures")
        return
    run_experiment_batch(
        experiment, folder, workers=workers, cluster=None, resume=resume, keep="measures", quiet=quiet, again=again
    )
    effects = write_effects(folder, levers, readouts)
    if not quiet:
        show_effects(effects)
        print("\n".join(f"Wrote {folder / name}" for name in (TEXT, FIGURE, TABLE)))


def write_effects(folder: Path, levers: "Sequence[Lever]", readouts: "Sequence[Readout]") -> "Effects":
    """What the levers do, from the tables of the batch in `folder`: computed, written there, and returned."""
    from ..comparison.outcome import Outcome
    from ..folder import parquet
    from ..folder.files import write_text
    from ..levers.drawing import levers_figure
    from ..levers.effects import effects_of, table_of, text_of
    from ..view.style import save_figure

    effects = effects_of(Outcome.read(folder), levers, readouts)
    parquet.write(table_of(effects), folder / TABLE)
    save_figure(levers_figure(effects), folder / FIGURE)
    write_text(folder / TEXT, text_of(effects, FIGURE))
    return effects


def show_effects(effects: "Effects") -> None:
    """Print the control with its ceilings, the ratio of every lever and stage, and what is to be said of them."""
    from ..comparison.figures import rounded, times
    from ..levers.effects import remarks

    console = a_console()
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column("without", no_wrap=True)
    for stage in effects.stages:
        table.add_column(stage.readout.name.replace("metastasis", "- metastasis"), justify="right")
    table.add_row("control", *(rounded(stage.estimate.value) for stage in effects.stages), style="dim")
    table.add_row(
        "ceiling",
        *("" if math.isnan(stage.ceiling) else f"x{times(stage.ceiling)}" for stage in effects.stages),
        style="dim",
        end_section=True,
    )
    for lever, of_lever in effects.rows:
        table.add_row(lever.name, *map(_cell, of_lever))
    console.print(table)
    console.print(
        "Shares are of the stage before. Ratios are to the control, paired by seed; bold: the 95 % interval leaves 1 out, by "
        "5 % or more. Ceiling: the most that a perfect lever on the stage could do to all that comes after.",
        style="dim",
    )
    for remark in remarks(effects):
        console.print(remark)


def _cell(effect: "Effect") -> Text:
    from ..comparison.figures import times

    style = "dim" if not effect.moves else "bold red" if effect.ratio.value > 1 else "bold blue"
    return Text(times(effect.ratio.value), style)


def chosen(levers: "Sequence[Lever]", only: Sequence[str]) -> "list[Lever]":
    """The levers of these names, kinds or patterns ("tnf", "rule", "nk_*"); all, where none are given. Raises UserError for one
    that is not there."""
    for wanted in only:
        if not any(_is_called(lever, wanted) for lever in levers):
            raise UserError(
                f"there is no lever '{wanted}'; "
                + did_you_mean(wanted, (lever.name for lever in levers), "--dry-run lists what there is")
            )
    return [lever for lever in levers if not only or any(_is_called(lever, wanted) for wanted in only)]


def _is_called(lever: "Lever", wanted: str) -> bool:
    return any(fnmatchcase(name, wanted) for name in (lever.name, lever.kind, lever.arm))


def looks_of(at: str | None) -> list[float]:
    """The hours of "1 d,7 d", rising, each once. Raises UserError for what is no time."""
    quantity = quantity_of(Hours)
    assert quantity is not None
    try:
        return sorted({quantity.parse(text) for text in (at or "").split(",") if text.strip()})
    except PydanticCustomError as error:
        raise UserError(f"--at {at}: {error}; such as --at '1 d,7 d'") from error
