"""`crlm fields`: what diffuses, what lies in the tissue, and what the blood carries."""

import math
from collections.abc import Iterator, Sequence

from ..config.schema import Config, compose
from ..fields.layers import Layer
from ..target import about
from ..units import declared
from .catalogue import Entry, Item, Items, done, show, untitled
from .rules import numbers_of

FOOTER = (
    "Everything about some: crlm fields tnf oxygen. What speaks of a word: crlm fields --grep CXCL1. Everything: crlm fields "
    "--all. With fields of your own, and the numbers of a config: crlm fields my.yaml."
)


def show_fields(
    config: Config | None, names: Sequence[str] = (), *, grep: str | None = None, everything: bool = False
) -> None:
    """Print a line per field, layer and level in the blood; some of them with every number; what speaks of a word; or
    everything. Raises UserError for a name that is none."""
    show(
        field_entries(config if config is not None else compose()()),
        names,
        grep=grep,
        everything=everything,
        noun="field, layer or level",
        footer=FOOTER,
        command="fields",
    )


def field_entries(config: Config) -> list[Entry]:
    """An entry per field, layer and level of a config."""
    return [*_fields(config), *map(_layer, type(config).registry.layers), *_levels(config)]


def _fields(config: Config) -> Iterator[Entry]:
    registry = type(config).registry
    for field in registry.fields:
        numbers = numbers_of(getattr(config.fields, field.name))
        sources = [
            Item(f"{species.words}{_those(secreted.states)}", secreted.amount)
            for species in registry.species
            for secreted in species.secretes
            if secreted.field == field.name
        ]

        more: list[str | Items] = [Items("secreted by", sources)] if sources else []
        if field.receptors:
            more.append(f"felt by {', '.join(field.receptors)}")
        more += done({f"block: {name}": target for name, target in field.molecules.items()})
        unit = "half-maximal effect = 1" if field.unit == "K" else field.unit
        description = about(field)
        yield Entry(
            field.name,
            untitled(field.name, description.splitlines()[0]),
            description,
            numbers,
            more,
            size=f"field, {unit}",
            words=" ".join(
                (field.words, field.synonyms, *(f"{one.name} {one.meaning}" for one in sources), *field.molecules)
            ),
        )


def _layer(layer: type[Layer]) -> Entry:
    full = f", at most {layer.full:g} at a site" if layer.full < math.inf else ""
    sentence = f"{layer.words[:1].upper()}{layer.words[1:]}{full}"
    return Entry(layer.name, sentence, layer.__doc__ or "", size="layer", words=layer.synonyms)


def _levels(config: Config) -> Iterator[Entry]:
    for level in type(config).registry.levels:
        own = {entry.name for entry in declared(level.Parameters)} if level.Parameters else set()
        numbers = [number for number in numbers_of(config.blood) if number.about.name in own]

        possible = {f"block: {name}": target for name, target in level.molecules.items()}
        possible |= {f"stimulate: {name}": target for name, target in level.given.items()}
        if level.depleted is not None:
            possible[f"deplete: {level.name}"] = level.depleted
        description = about(level)
        yield Entry(
            level.name,
            untitled(level.name, description.splitlines()[0]),
            description,
            numbers,
            done(possible),
            size="level in the blood",
            words=f"{level.words} {' '.join(level.given)}",
        )


def _those(states: Sequence[str]) -> str:
    return f" ({', '.join(states)})" if states else ""
