"""`crlm interventions`: what can be done to the liver."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..config.errors import alternatives, keys_of
from ..config.schema import compose
from ..interventions import Intervention
from ..units import Declared, Quantity
from .catalogue import CHOICE, Entry, Item, Items, Number, show, untitled

if TYPE_CHECKING:
    from ..config.schema import Config

FOOTER = (
    "Everything about some: crlm interventions deplete block. What speaks of a word: crlm interventions --grep kupffer. "
    "Everything: crlm interventions --all. With what a config's plugins add: crlm interventions my.yaml. "
    "In a config: interventions: [{deplete: kupffer, start: -2 d}]."
)


def show_interventions(
    config: "Config | None", names: Sequence[str] = (), *, grep: str | None = None, everything: bool = False
) -> None:
    """Print a line per kind of intervention (of a config with what its plugins add); everything about some; what speaks of a
    word; or everything. Raises UserError for an unknown name."""
    show(
        kind_entries(type(config) if config is not None else compose()),
        names,
        grep=grep,
        everything=everything,
        noun="kind of intervention",
        footer=FOOTER,
        command="interventions",
    )


def kind_entries(config_class: "type[Config]") -> list[Entry]:
    """An entry per kind of intervention that a config can use."""
    return [_entry(kind) for kind in config_class.registry.interventions]


def _entry(kind: type[Intervention]) -> Entry:
    acts_on = [Item(name, target.agent, target.mark, target.source) for name, target in kind.targets.items()]
    targets = f"{len(kind.targets)} targets" if len(kind.targets) > 1 else ""
    numbers = [Number(entry, _value(entry)) for entry in _entries(kind)]
    return Entry(
        kind.kind,
        untitled(kind.kind, kind.summary()),
        numbers=numbers,
        more=[Items("acts on", acts_on)] if acts_on else (),
        size=targets,
        words=" ".join(f"{name} {target.agent} {target.source}" for name, target in kind.targets.items()),
    )


def _entries(kind: type[Intervention]) -> Iterator[Declared]:
    """The keys of an entry; a number that differs between targets has a line for each."""
    declared = {entry.name: entry for entry in kind.known()}
    for key, annotation in sorted(keys_of(kind).items(), key=lambda item: item[0] != kind.kind):
        field = kind.model_fields[key]
        special = {
            target: entry
            for target, about in kind.targets.items()
            if key in about.numbers
            for entry in kind.known(target)
            if entry.name == key
        }
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
