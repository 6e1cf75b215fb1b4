"""`crlm cells`: the populations, their states, columns and parameters."""

import re
from collections.abc import Sequence

from ..cells.population import LiverCell
from ..cells.species import Column, Species
from ..config.schema import Config, compose
from ..registry import Registry
from ..target import about
from ..tissue.sites import STANDING
from ..units import declared
from .catalogue import Entry, Item, Items, Number, done, show, untitled
from .rules import numbers_of

FOOTER = (
    "Everything about some: crlm cells kupffer tumor. What speaks of a word: crlm cells --grep TNF. Everything: crlm cells --all. "
    "With populations of your own, and the numbers of a config: crlm cells my.yaml."
)


def show_cells(
    config: Config | None, names: Sequence[str] = (), *, grep: str | None = None, everything: bool = False
) -> None:
    """Print a line per population; some of them with every state, column and number; what speaks of a word; or everything.
    Raises UserError for a name that is none."""
    show(
        population_entries(config if config is not None else compose()()),
        names,
        grep=grep,
        everything=everything,
        noun="population",
        footer=FOOTER,
        command="cells",
    )


def population_entries(config: Config) -> list[Entry]:
    """An entry per population of a config."""
    registry = type(config).registry
    return [_entry(agent, config, registry) for agent in registry.populations]


def _entry(agent: type[LiverCell], config: Config, registry: Registry) -> Entry:
    species = agent.species
    description = about(agent)
    numbers = numbers_of(getattr(config.cells, species.name))
    amounts = {secreted.amount for secreted in species.secretes}
    if species.secretion is not None:
        numbers += [
            Number(number.about, number.value, f"secretion.{number.about.name}")
            for number in numbers_of(config.secretion)
            if number.about.name in {entry.name for entry in declared(species.secretion)}
        ]

    states = [Item(state.name, _where(species, number)) for number, state in enumerate(species.states)]
    columns = [Item(column.name, meaning_of(column)) for column in species.columns]
    words = {field.name: field.words for field in registry.fields}
    secretes = [
        Item(words[each.field] + (f" when {', '.join(each.states)}" if each.states else ""), each.amount)
        for each in species.secretes
    ]
    possible = {f"block: {name}": target for name, target in species.molecules.items()}
    for what, means in (("deplete", species.depleted), ("infuse", species.infused)):
        if means is not None:
            possible[f"{what}: {species.name}"] = means
    possible |= {f"infuse: {name}": product.target for name, product in species.products.items()}
    lists = (Items("states", states), Items("columns of each cell", columns), Items("secretes", secretes))
    return Entry(
        species.name,
        untitled(species.name, description.splitlines()[0]),
        description,
        numbers,
        [*(part for part in lists if part.items), *done(possible)],
        size=f"{len(species.states)} states, {len(species.columns)} column{'s' * (len(species.columns) != 1)}",
        words=_words(species, amounts),
    )


def _where(species: Species, state: int) -> str:
    layers = " or ".join(STANDING[layer] for layer in species.layers_of(state))
    return f"in the {layers}" if layers else "carried by the blood"


def meaning_of(column: Column) -> str:
    """What a column means, with its unit, and its limits where the meaning does not say them."""
    unit = f", {column.unit}" if column.unit else ""
    told = re.search(r"\.\.|\b0 or 1\b", column.meaning)
    within = f", {column.within[0]:g} to {column.within[1]:g}" if column.within and not told else ""
    return f"{column.meaning}{unit}{within}"


def _words(species: Species, amounts: set[str]) -> str:
    """What is searched besides what is shown anyway."""
    columns = " ".join(f"{column.name} {column.meaning}" for column in species.columns)
    return f"{' '.join(species.state_names)} {columns} {' '.join(sorted(amounts))} {' '.join(species.molecules)} {species.synonyms}"
