"""`crlm measures`: what can be measured in an experiment."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args, get_origin

from ..config.errors import alternatives, keys_of, wanted
from ..config.plugins import PluginError
from ..measures.known import load_measures
from ..measures.measure import TAKES, Line, Measure
from ..measures.topics import MEASURES
from ..units import Declared
from . import UserError
from .catalogue import Entry, Item, Items, Number, a_console, show, show_whole

FOOTER = (
    "Everything about some, with their parameters: crlm measures nodules cascade. What speaks of a word: crlm measures --grep "
    "kupffer. Everything: crlm measures --all. In an experiment: {measure: nodules, min_cells: 10, at: 14 d}."
)


def show_measures(
    names: Sequence[str] = (), plugins: Sequence[Path] = (), *, grep: str | None = None, everything: bool = False
) -> None:
    """Print a line per measure, those of the files `plugins` among them; everything about some; what speaks of a word; or
    everything.

    Raises UserError when there is none of that name, or when a file cannot be used.
    """
    show(
        measure_entries(_with(plugins)),
        names,
        grep=grep,
        everything=everything,
        noun="measure",
        footer=FOOTER,
        command="measures",
    )
    if names or everything:
        show_whole(a_console(), of_every_measure())


def _with(plugins: Sequence[Path]) -> dict[str, Measure]:
    measures = MEASURES
    for number, path in enumerate(plugins, start=1):
        try:
            measures = load_measures(plugins[:number])
        except PluginError as error:
            raise UserError(f"{path}: {error}") from error
    return measures


def measure_entries(measures: Mapping[str, Measure]) -> list[Entry]:
    """An entry per measure."""
    return [_entry(measure) for measure in measures.values()]


def _entry(measure: Measure) -> Entry:
    annotations, unit = keys_of(measure.line), _unit(measure)
    kind = measure.kind if unit in (measure.kind, "1") else f"{measure.kind}, {unit}"
    numbers = [
        Number(
            _said(entry.name, f"{_takes(annotations[entry.name])}. {_sentence(entry.description)}"),
            _value(entry.default),
        )
        for entry in measure.parameters
    ]
    return Entry(measure.name, measure.summary, measure.description, numbers, size=kind)


def of_every_measure() -> Entry:
    """What a line of `measures` may say whatever it measures."""
    numbers = [
        Number(_said(field.alias or name, _sentence(field.description or "")), _value(field.default))
        for name, field in Line.model_fields.items()
        if name != "measure"
    ]

    takes = Items("what `take` makes of a series", [Item(take, meaning) for take, meaning in TAKES.items()])
    return Entry("Of every measure", "In a line of `measures` may also stand:", numbers=numbers, more=[takes])


def _said(name: str, meaning: str) -> Declared:
    return Declared(name, None, None, None, None, "", "", meaning.strip())


def _unit(measure: Measure) -> str:
    if callable(measure.unit):
        return "varies"
    return measure.unit or {"share": "share", "level": "1"}.get(measure.kind, "1")


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
