"""`crlm levers`: take away all that can be taken away, one by one, and say what that does to each stage of the cascade."""

import math
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import ValidationError
from pydantic_core import PydanticCustomError
from rich.table import Table
from rich.text import Text

from ..config.errors import did_you_mean, quantity_of
from ..folder.files import refuse_others
from ..folder.names import BATCH
from ..units import Hours, in_time
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
    name: str,
    at: str | None,
    measures: Sequence[str],
    only: Sequence[str],
    replicates: int,
    workers: int | None,
    resume: bool,
    dry_run: bool,
    quiet: bool,
    again: str,
) -> None:
    """Run `config` with and without each lever (those called `only`, if any are) as a batch in `folder`, write what each
    does, and print it.

    name : of the config, where it gives itself none
    at : times to look, "1 d,7 d"; by default the end
    measures : more readouts: names of measures, or lines as of an experiment, "{measure: population_density, population: cd8}"
    dry_run : say what would be run, and stop

    Raises UserError, and what a batch raises.
    """
    from ..levers.levers import FIRST_LOOK_H, experiment_of, levers_of

    levers = chosen(config, levers_of(config), only)
    looks = looks_of(at) if at is not None else [config.duration]
    if at is None and config.duration < FIRST_LOOK_H:
        raise UserError(
            f"runs must last {in_time(FIRST_LOOK_H)} or more, for it to be known who lives on, not {in_time(config.duration)}"
        )
    asked = [asked_measure(text) for text in measures]
    named = "" if "name" in config.model_fields_set else name
    try:
        experiment, readouts = experiment_of(config, levers, looks, replicates, named, asked)
    except ValueError as error:
        raise UserError(str(error)) from error
    refuse_others(folder, [BATCH], [TABLE, TEXT, FIGURE])
    if dry_run:
        show_forecast(experiment, folder, workers=workers, cluster=None, resume=resume, keep="measures")
        return
    run_experiment_batch(
        experiment,
        folder,
        workers=workers,
        cluster=None,
        resume=resume,
        keep="measures",
        quiet=quiet,
        again=again,
        ending=False,
    )
    effects = write_effects(folder, levers, readouts)
    if not quiet:
        show_effects(effects)
        print("\n".join(f"Wrote {folder / file}" for file in (TEXT, FIGURE, TABLE)))


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
    cascade = sum(not stage.readout.is_asked for stage in effects.stages)
    shown = [k for k, stage in enumerate(effects.stages) if stage.readout.of or k >= cascade - 2]
    stages = [effects.stages[k] for k in shown]
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column("without", no_wrap=True)
    for stage in stages:
        heading = stage.readout.name.replace("metastasis", "-\nmetastasis").replace("extravasated", "extra-\nvasated")
        if stage.readout.is_asked:
            heading = heading.replace("(", "(\n").replace(", ", ",\n")
        table.add_column(heading.replace(" at ", "\nat "), justify="right", no_wrap=True)
    for name, cells in (
        ("of", [stage.readout.of_briefly.replace("extravasated", "these") for stage in stages]),
        ("control has", [rounded(stage.estimate.value) for stage in stages]),
        ("raise at most", ["" if math.isnan(stage.ceiling) else f"x{times(stage.ceiling)}" for stage in stages]),
    ):
        table.add_row(name, *cells, style="dim", end_section=name == "raise at most")
    for lever, of_lever in effects.rows:
        table.add_row(lever.name, *(_cell(of_lever[k]) for k in shown))
    console.print(table)
    console.print(
        "Times the control, paired by seed; bold: the 95 % interval leaves 1 out, by 5 % or more; =: every run gave what its control "
        "gave. Raise at most: what a perfect lever on the stage could, as the others pass anyway.",
        style="dim",
    )
    if len(shown) < len(effects.stages):
        console.print(f"Nodules and burden at the earlier looks are in {TEXT}.", style="dim")
    for remark in remarks(effects):
        console.print(remark, markup=False)


def _cell(effect: "Effect") -> Text:
    from ..comparison.figures import times

    style = "dim" if not effect.moves else "bold red" if effect.ratio.value > 1 else "bold blue"
    return Text("=" if effect.is_same else times(effect.ratio.value), style)


def chosen(config: "Config", levers: "Sequence[Lever]", only: Sequence[str]) -> "list[Lever]":
    """The levers of these names, kinds or patterns ("tnf", "rule", "nk_*", several with commas), in whatever case; all, where none
    are given. Raises UserError for one that is not there."""
    asked = [word.strip() for words in only for word in words.split(",") if word.strip()]
    for wanted in asked:
        if any(_is_called(lever, wanted) for lever in levers):
            continue
        if any(rule.name == wanted for rule in type(config).registry.rules):
            off = not getattr(config.rules, wanted).enabled
            why = "is off already" if off else "brings the tumor cells, without which there is nothing to see"
            raise UserError(f"the rule '{wanted}' {why}")
        if wanted in type(config).registry.molecules() | type(config).registry.depleted():
            raise UserError(f"'{wanted}' is knocked out in this config already")
        raise UserError(
            f"there is no lever '{wanted}'; "
            + did_you_mean(wanted, (lever.name for lever in levers), "--dry-run lists what there is")
        )
    return [lever for lever in levers if not asked or any(_is_called(lever, wanted) for wanted in asked)]


def _is_called(lever: "Lever", wanted: str) -> bool:
    unnumbered = lever.name.rstrip("0123456789 ")
    return any(fnmatchcase(name.lower(), wanted.lower()) for name in (lever.name, unnumbered, lever.kind, lever.arm))


def asked_measure(text: str) -> "dict[str, Any] | str":
    """A measure that is asked for: its name, or a line as of an experiment. Raises UserError for what cannot be read as such."""
    from ..measures.request import read_request

    try:
        line = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UserError(f"--measure {text}: {error}") from error
    example = "such as --measure pdl1_score or --measure '{measure: population_density, population: cd8}'"
    if not isinstance(line, str) and not (isinstance(line, dict) and isinstance(line.get("measure"), str)):
        raise UserError(f"--measure {text} names no measure; {example}")
    try:
        read_request(line)
    except ValidationError as error:
        first = error.errors()[0]
        where = "".join(f"{part}: " for part in first["loc"] if part != "measure")
        raise UserError(f"--measure {text}: {where}{first['msg']}; crlm measures tells what each takes") from error
    return line


def looks_of(at: str) -> list[float]:
    """The hours of "1 d,7 d", rising, each once. Raises UserError for what is no time."""
    quantity = quantity_of(Hours)
    assert quantity is not None
    try:
        looks = sorted({quantity.parse(text) for text in at.split(",") if text.strip()})
    except PydanticCustomError as error:
        raise UserError(f"--at {at}: {error}; such as --at '1 d,7 d'") from error
    if not looks:
        raise UserError("--at says no time; such as --at '1 d,7 d'")
    return looks
