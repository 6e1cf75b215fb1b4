"""`crlm odd`: the model as the ODD protocol asks for it; the prose stands in `odd.md`, the tables come from what is declared."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from string import Template

from .. import __version__
from ..cells.species import WHERE, Column
from ..config.schema import Config, compose
from ..config.shipped import shipped
from ..interventions import Intervention
from ..measures.topics import MEASURES
from ..tissue.sites import STANDING
from ..units import in_time
from . import markdown
from .catalogue import Entry
from .cells import meaning_of, population_entries
from .fields import field_entries
from .markdown import code, prose, table
from .measures import measure_entries
from .rules import group_entries, rule_entries

TEMPLATE = Path(__file__).with_suffix(".md")


def odd_of(config: Config | None = None) -> str:
    """The ODD description, Markdown, of the model as a config has it, its plugins included; by default of the model's own defaults."""
    shown = config if config is not None else compose()()
    registry = type(shown).registry
    populations, fields, groups = population_entries(shown), field_entries(shown), group_entries(shown)
    rules, tissue = rule_entries(shown), _called(groups, "tissue")
    told = {entry.name for entry in populations} | {field.name for field in registry.fields}
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        title=f"ODD: {prose(shown.name)}"
        if config is not None
        else "ODD: colorectal cancer cells that colonise the liver",
        version=__version__,
        subject=f"the config *{prose(shown.name)}*" if config is not None else "its defaults",
        patterns=table(
            ("experiment", "what was found"),
            ((code(one.id), prose(one.sentence)) for one in shipped() if one.kind == "published"),
        ),
        scales=_scales(shown),
        populations=table(
            ("population", "what", "states, and where they stand"),
            (
                (code(entry.name), prose(entry.sentence), _states(agent.species))
                for entry, agent in zip(populations, registry.populations, strict=True)
            ),
        ),
        where=_columns(WHERE),
        columns="\n\n".join(
            f"*{species.words}* (`{species.name}`):\n\n{_columns(species.columns)}"
            for species in registry.species
            if species.columns
        ),
        fields=markdown.lines(_those(fields, registry.fields)),
        layers=markdown.lines(_those(fields, registry.layers)),
        levels=markdown.lines(fields[-len(registry.levels) :]),
        rules=_schedule(shown, rules),
        measures=", ".join(code(entry.name) for entry in measure_entries(MEASURES)) + ".",
        residents=table(
            ("population", "per mm² of a 10 µm slab"),
            (
                (code(species.name), f"{getattr(shown.cells, species.name).density:g}")
                for species in registry.species
                if hasattr(getattr(shown.cells, species.name), "density")
            ),
        ),
        tissue=markdown.numbers(tissue.numbers),
        interventions=_interventions(shown.interventions),
        marks=markdown.marks(),
        rule_details=_details(rules),
        population_details=_details(populations),
        field_details=_details(fields),
        other_details=_details(
            [entry for entry in groups if entry is not tissue and entry.name.rpartition(".")[2] not in told]
        ),
    )


def _called(entries: Iterable[Entry], name: str) -> Entry:
    return next(entry for entry in entries if entry.name == name)


def _those(entries: Iterable[Entry], declared: Iterable[type]) -> list[Entry]:
    """The entries of fields or layers; levels, which may have the name of a layer, stand behind all of them."""
    entries = list(entries)
    return [_called(entries, each.name) for each in declared]  # type: ignore[attr-defined]


def _scales(config: Config) -> str:
    tissue = config.tissue
    rows = [
        ("extent", f"{tissue.width / 1000:g} mm × {tissue.height / 1000:g} mm, {tissue.edges} at the edges"),
        ("site", f"{tissue.site:g} µm"),
        ("thickness of the slab", f"{tissue.slab_thickness:g} µm"),
        ("step of the cells", in_time(config.step)),
        ("begin and end", f"{in_time(config.begins)} to {in_time(config.duration)}"),
    ]
    return table(("scale", "here"), [*rows, ("layers of standing", ", ".join(STANDING))])


def _states(species) -> str:
    """`held` (lumen), ..."""
    shown = []
    for number, state in enumerate(species.states):
        where = " or ".join(STANDING[layer] for layer in species.layers_of(number))
        shown.append(f"{code(state.name)} ({where or 'in the blood'})")
    return ", ".join(shown)


def _columns(columns: Iterable[Column]) -> str:
    return table(("column", "meaning"), ((code(column.name), prose(meaning_of(column))) for column in columns))


def _schedule(config: Config, entries: Iterable[Entry]) -> str:
    """The rules in their order."""
    rows: Iterator[tuple[str, ...]] = (
        (
            str(number),
            code(rule.name),
            prose(entry.sentence),
            ", ".join(rule.reads),
            ", ".join(rule.writes),
            "" if getattr(config.rules, rule.name).enabled else "off",
        )
        for number, (rule, entry) in enumerate(zip(type(config).registry.rules, entries, strict=True), start=1)
    )
    return table(("", "rule", "what", "reads", "writes", "here"), rows)


def _interventions(entries: tuple[Intervention, ...]) -> str:
    if not entries:
        return "Here nothing is done."
    written = (entry.model_dump(mode="json", exclude_none=True, context={"readable": True}) for entry in entries)
    return table(
        ("intervention", "how"),
        (
            (code(entry.kind), code(", ".join(f"{key}: {value}" for key, value in keys.items())))
            for entry, keys in zip(entries, written, strict=True)
        ),
    )


def _details(entries: Iterable[Entry]) -> str:
    return "\n\n".join(markdown.whole(entry, 4, paths=False) for entry in entries)
