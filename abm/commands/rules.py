"""The rules and their parameters as tables on a terminal."""

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pydantic import BaseModel
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..config.errors import alternatives, choice, closest, keys_of
from ..config.schema import compose
from ..units import Declared, Quantity, declared
from . import UserError

if TYPE_CHECKING:
    from ..config.schema import Config
    from ..rules import Rule

NARROW = 110
"""Columns of the terminal below which each parameter is shown as a paragraph."""
PIPED = 200
"""Width taken where there is no terminal."""
CHOICE = "choice"
"""Mark of what the experimenter chooses, and no source can give."""
MARK_STYLES = {"checked": "green", "derived": "cyan", "unverified": "yellow", "assumed": "red", CHOICE: "default"}


def show_rules(config: "Config | None", everything: bool) -> None:
    """Print the rules in their order; `everything` adds the other groups of the config."""
    shown, console = config if config is not None else compose()(), a_console()
    for number, rule in enumerate(type(shown).rule_classes, start=1):
        _show(console, _title(number, rule, shown), rule.summary(), getattr(shown.rules, rule.name))
    if everything:
        for path, group in _groups(shown):
            _show(console, path, (type(group).__doc__ or "").strip().splitlines()[0], group)
    show_marks(console)


def show_named_rules(config: "Config | None", names: list[str]) -> None:
    """Print some rules, with all that their files say about the mechanism. Raises UserError for a name that is none."""
    shown, console = config if config is not None else compose()(), a_console()
    numbered = {rule.name: (number, rule) for number, rule in enumerate(type(shown).rule_classes, start=1)}
    unknown = [name for name in names if name not in numbered]
    if unknown:
        near = closest(unknown[0], numbered)
        raise UserError(f"there is no rule '{unknown[0]}'; " + (f"did you mean '{near}'?" if near else
                        f"rules are {choice(list(numbered), 'and')}; a config ends in .yaml"))
    for number, rule in (numbered[name] for name in names):
        _show(console, _title(number, rule, shown), rule.about(), getattr(shown.rules, rule.name))
        for what in ("reads", "writes", "events", "causes"):
            if getattr(rule, what):
                console.print(f"{what}: {', '.join(getattr(rule, what))}")
        console.print(f"off with: --set rules.{rule.name}=off\n")
    show_marks(console)


def a_console() -> Console:
    """A console as wide as the terminal, or wide enough for tables where there is none."""
    known = Console().is_terminal or "COLUMNS" in os.environ
    return Console(width=None if known else PIPED, highlight=False)


def _title(number: int, rule: "type[Rule]", config: "Config") -> str:
    return f"{number}. {rule.name}" + ("" if getattr(config.rules, rule.name).enabled else " (off)")


def show_marks(console: Console) -> None:
    """What the marks mean."""
    marks = ", ".join(f"[{style}]{mark}[/]" for mark, style in MARK_STYLES.items())
    console.print(f"Marks: {marks}. checked: read in its source; derived: its arithmetic is given; unverified: quoted from "
                  "memory; assumed: a guess; choice: the experimenter's.")


def _groups(config: "Config") -> Iterator[tuple[str, BaseModel]]:
    """The groups of parameters besides the rules, with their paths."""
    def below(path: str, group: BaseModel):
        if any(True for _ in declared(type(group))):
            yield path, group
        for name in type(group).model_fields:
            value = getattr(group, name)
            if isinstance(value, BaseModel):
                yield from below(f"{path}.{name}", value)

    for name in type(config).model_fields:
        if name != "rules" and isinstance(getattr(config, name), BaseModel):
            yield from below(name, getattr(config, name))


def _show(console: Console, title: str, summary: str, group: BaseModel) -> None:
    show_numbers(console, title, summary, [(entry, _value(entry, group)) for entry in _entries(group)])


def show_numbers(console: Console, title: str, summary: str, rows: Sequence[tuple[Declared, str]]) -> None:
    """A title, a line below it, and a table of parameters with their values."""
    console.print(Text(title, style="bold"))
    console.print(Text(summary, style="italic"))
    if not rows:
        console.print()
        return
    if console.width < NARROW:
        for entry, value in rows:
            console.print(Text.assemble("  ", (entry.name, "bold"), f" = {value}", f"  ({_range(entry)}) " if _range(entry) else "  ",
                                        (entry.mark, MARK_STYLES[entry.mark])))
            console.print(Text(f"    {entry.description}" + (f". {entry.source}" if entry.source else ""), style="dim"))
        console.print()
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for heading, wide in (("parameter", 0), ("value", 0), ("plausible", 0), ("mark", 0), ("meaning", 3), ("source", 3)):
        table.add_column(heading, no_wrap=not wide, overflow="fold", ratio=wide or None)
    for entry, value in rows:
        table.add_row(entry.name, value, _range(entry), Text(entry.mark, MARK_STYLES[entry.mark]), Text(entry.description),
                      Text(entry.source))
    console.print(table)
    console.print()


def _entries(group: BaseModel) -> Iterator[Declared]:
    """The declared parameters, and before them what the experimenter chooses: fields without a source."""
    parameters = {entry.name: entry for entry in declared(type(group))}
    annotations = keys_of(type(group))
    for name, field in type(group).model_fields.items():
        if name not in parameters and name != "enabled" and not isinstance(getattr(group, name), BaseModel):
            markers = [marker for part in alternatives(annotations[field.alias or name]) for marker in getattr(part, "__metadata__", ())]
            quantity = next((marker for marker in markers if isinstance(marker, Quantity)), None)
            yield Declared(name, quantity, field.default, None, None, CHOICE, "", field.description or "")
    yield from parameters.values()


def _value(entry: Declared, group: BaseModel) -> str:
    value = getattr(group, entry.name)
    if value is None:
        return "not given"
    if isinstance(value, tuple):
        return f"{len(value)} {'entry' if len(value) == 1 else 'entries'}"
    return str(entry.quantity.format(value)) if entry.quantity is not None and isinstance(value, int | float) else str(value)


def _range(entry: Declared) -> str:
    if entry.low is None:
        return ""
    low, high = str(entry.low), str(entry.high)
    unit = low.partition(" ")[2]
    # '0.05 /h - 0.5 /h' is said as '0.05 - 0.5 /h'
    return f"{low.partition(' ')[0] if unit and high.endswith(f' {unit}') else low} - {high}"
