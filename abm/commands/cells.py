"""`crlm cells`: the populations, their states, columns and parameters."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from ..cells.population import LiverCell
from ..cells.species import Column, Species
from ..config.schema import Config, compose
from ..registry import Registry
from ..target import Target, about
from ..tissue.sites import STANDING
from ..units import declared
from .catalogue import MARK_STYLES, Entry, Number, paragraph, show, untitled
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
    shown = config if config is not None else compose()()
    registry = type(shown).registry
    show(
        [_entry(agent, shown, registry) for agent in registry.populations],
        names,
        grep=grep,
        everything=everything,
        noun="population",
        footer=FOOTER,
        command="cells",
    )


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

    def more(console: Console) -> None:
        paragraph(console, "states:", indent=2)
        for number, state in enumerate(species.states):
            where = " or ".join(STANDING[layer] for layer in species.layers_of(number))
            _item(console, state.name, f"in the {where}" if where else "carried by the blood")
        paragraph(console, "columns of each cell:", indent=2)
        for column in species.columns:
            _item(console, column.name, _column(column))
        for secreted in species.secretes:
            words = next(field.words for field in registry.fields if field.name == secreted.field)
            who = f" when {', '.join(secreted.states)}" if secreted.states else ""
            paragraph(console, f"secretes {words}{who}: {secreted.amount}", indent=2, hanging=4)
        for name, target in species.molecules.items():
            done(console, f"block: {name}", target)
        for what, means in (("deplete", species.depleted), ("infuse", species.infused)):
            if means is not None:
                done(console, f"{what}: {species.name}", means)

    return Entry(
        species.name,
        untitled(species.name, description.splitlines()[0]),
        description,
        numbers,
        more,
        size=f"{len(species.states)} states, {len(species.columns)} column{'s' * (len(species.columns) != 1)}",
        words=_words(species, amounts),
    )


def _column(column: Column) -> str:
    unit = f", {column.unit}" if column.unit else ""
    within = f", {column.within[0]:g} to {column.within[1]:g}" if column.within and ".." not in column.meaning else ""
    return f"{column.meaning}{unit}{within}"


def _words(species: Species, amounts: set[str]) -> str:
    """What is searched besides what is shown anyway."""
    columns = " ".join(f"{column.name} {column.meaning}" for column in species.columns)
    return f"{' '.join(species.state_names)} {columns} {' '.join(sorted(amounts))} {' '.join(species.molecules)} {species.synonyms}"


def _item(console: Console, name: str, meaning: str) -> None:
    paragraph(console, Text.assemble((name, "bold"), (f"  {meaning}", "dim")), indent=4, hanging=4)


def done(console: Console, what: str, target: Target) -> None:
    """By what something is done in the laboratory, and who showed it."""
    head = Text.assemble((what, "bold"), f"  {target.agent}  ", (target.mark, MARK_STYLES[target.mark]))
    paragraph(console, head, indent=2, hanging=4)
    paragraph(console, target.source, indent=6, style="dim")
