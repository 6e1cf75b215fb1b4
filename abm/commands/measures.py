"""The measures as a table on a terminal, and one of them in full."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args, get_origin

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..config.errors import alternatives, closest, keys_of, wanted
from ..config.plugins import PluginError
from ..experiments.measure import TAKES, Line, Measure, load_measures, shipped
from ..units import Declared
from . import UserError
from .rules import NARROW, PIPED


def show_measures(name: str | None = None, plugins: Sequence[Path] = ()) -> None:
    """Print all measures, those of the files `plugins` among them; or everything about the measure `name`.

    Raises UserError when there is none of that name, or when a file cannot be used.
    """
    measures = _with(plugins)
    known = Console().is_terminal or "COLUMNS" in os.environ
    console = Console(width=None if known else PIPED, highlight=False)
    if name is None:
        _list(console, measures.values())
        return
    if name not in measures:
        near = closest(name, measures)
        raise UserError(f"there is no measure named '{name}'" + (f"; did you mean '{near}'?" if near else "; see crlm measures"))
    _explain(console, measures[name])


def _with(plugins: Sequence[Path]) -> dict[str, Measure]:
    measures = shipped()
    for number, path in enumerate(plugins, start=1):
        try:
            measures = load_measures(plugins[:number])
        except PluginError as error:
            raise UserError(f"{path}: {error}") from error
    return measures


def _list(console: Console, measures) -> None:
    if console.width < NARROW:
        for measure in measures:
            console.print(Text.assemble((measure.name, "bold"), f"  {_unit(measure)}"))
            _indented(console, 2, measure.summary)
            for entry in measure.parameters:
                _indented(console, 4, _with_default(entry), "dim")
        console.print()
    else:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        for heading, ratio in (("measure", None), ("unit", None), ("parameters and their defaults", 2), ("what it is", 3)):
            table.add_column(heading, overflow="fold", ratio=ratio)
        for measure in measures:
            parameters = Text("\n").join(Text(_with_default(entry)) for entry in measure.parameters)
            table.add_row(Text(measure.name, "bold"), _unit(measure), parameters, Text(measure.summary))
        console.print(table)
        console.print()
    console.print("In an experiment: {measure: nodules, min_cells: 10, at: 14 d}. More about one: crlm measures NAME.", markup=False)


def _explain(console: Console, measure: Measure) -> None:
    unit = _unit(measure)
    console.print(Text(measure.name, style="bold"), Text(f"({measure.kind}" + (f", {unit})" if unit != measure.kind else ")")))
    for paragraph in measure.description.split("\n\n"):
        console.print(Text(" ".join(paragraph.split())))
    console.print()
    annotations = keys_of(measure.line)
    if measure.parameters:
        console.print(Text("Parameters", style="bold"))
        for entry in measure.parameters:
            _indented(console, 2, _with_default(entry))
            _indented(console, 4, f"{_takes(annotations[entry.name])}. {_sentence(entry.description)}", "dim")
    console.print(Text("Of every measure", style="bold"))
    for name, field in Line.model_fields.items():
        if name != "measure":
            _indented(console, 2, f"{field.alias or name}: {field.description}")
    for take, meaning in TAKES.items():
        _indented(console, 4, f"{take}: {meaning}", "dim")


def _indented(console: Console, by: int, text: str, style: str = "") -> None:
    console.print(Padding(Text(text, style), (0, 0, 0, by)))


def _unit(measure: Measure) -> str:
    if callable(measure.unit):
        return "varies"
    return measure.unit or {"share": "share", "level": "1"}.get(measure.kind, "1")


def _with_default(entry: Declared) -> str:
    return f"{entry.name}: {_value(entry.default)}"


def _value(default: Any) -> str:
    """A default as a user would write it in YAML."""
    if default is ...:
        return "(must be given)"
    if default is None:
        return "(not given)"
    if isinstance(default, tuple | list):
        return f"[{', '.join(map(_value, default))}]"
    return str(default).lower() if isinstance(default, bool) else str(default)


def _takes(annotation: Any) -> str:
    """What a parameter takes, in words."""
    words = []
    for part in alternatives(annotation):
        if get_origin(part) is tuple:
            word = get_args(part)[0]
            words.append("one or more words" if word is str else f"one or more of {wanted(word)}")
        elif part is not type(None):
            words.append(wanted(part))
    return " or ".join(dict.fromkeys(words))


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith(".") or not text else ".")
