"""The kinds of interventions as tables on a terminal."""

from collections.abc import Iterator
from dataclasses import replace

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..config.errors import alternatives, choice, closest, keys_of
from ..config.schema import compose
from ..interventions import KINDS, Intervention
from ..units import Declared, Quantity
from . import UserError
from .rules import CHOICE, MARK_STYLES, NARROW, a_console, show_marks, show_numbers


def show_interventions(name: str | None) -> None:
    """Print every kind of intervention, or the one called so. Raises UserError for an unknown name."""
    rules = compose().rule_classes
    kinds = {kind.kind: kind.for_rules(rules) for kind in KINDS}
    if name is not None and name not in kinds:
        near = closest(name, kinds)
        hint = f"did you mean '{near}'?" if near else f"there is {choice(list(kinds), 'and')}"
        raise UserError(f"there is no kind of intervention '{name}'; {hint}")
    console = a_console()
    for kind in kinds.values() if name is None else [kinds[name]]:
        show_numbers(console, kind.kind, kind.summary(), [(entry, _value(entry)) for entry in _entries(kind)])
        _show_targets(console, kind)
    show_marks(console)


def _entries(kind: type[Intervention]) -> Iterator[Declared]:
    """The keys of an entry; a number that differs between targets has a line for each."""
    declared = {entry.name: entry for entry in kind.known()}
    for key, annotation in sorted(keys_of(kind).items(), key=lambda item: item[0] != kind.kind):
        field = kind.model_fields[key]
        special = {target: entry for target, about in kind.targets.items() if key in about.numbers
                   for entry in kind.known(target) if entry.name == key}
        if key in declared:
            yield declared[key]
        elif set(special) != set(kind.targets) or not special:
            markers = [marker for part in alternatives(annotation) for marker in getattr(part, "__metadata__", ())]
            quantity = next((marker for marker in markers if isinstance(marker, Quantity)), None)
            default = "needed" if field.is_required() else field.default
            yield Declared(key, quantity, default, None, None, CHOICE, "", field.description or "")
        for target, entry in special.items():
            yield replace(entry, name=f"{key} ({target})")


def _value(entry: Declared) -> str:
    return "not given" if entry.default is None else str(entry.default)


def _show_targets(console: Console, kind: type[Intervention]) -> None:
    if not kind.targets:
        return
    if console.width < NARROW:
        for name, target in kind.targets.items():
            mark = (target.mark, MARK_STYLES[target.mark])
            console.print(Text.assemble("  ", (name, "bold"), f": {target.agent}  ", mark))
            console.print(Text(f"    {target.source}", style="dim"))
        console.print()
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("target", "done by", "mark", "source"):
        table.add_column(heading, no_wrap=heading in ("target", "mark"), overflow="fold")
    for name, target in kind.targets.items():
        table.add_row(name, target.agent, Text(target.mark, MARK_STYLES[target.mark]), target.source)
    console.print(table)
    console.print()
