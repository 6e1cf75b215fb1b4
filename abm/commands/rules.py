"""`crlm rules`: the rules and their parameters."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from pydantic import BaseModel

from ..config.errors import keys_of, quantity_of
from ..config.schema import compose
from ..units import Declared, declared
from .catalogue import CHOICE, Entry, Number, show, untitled

if TYPE_CHECKING:
    from ..config.schema import Config
    from ..rules import Rule

FOOTER = (
    "Everything about some: crlm rules phagocytosis netosis. What speaks of a word, rules and parameters: crlm rules --grep "
    "kupffer. All parameters, those of tissue, cells, fields and blood as well: crlm rules --all. As a config has them: "
    "crlm rules my.yaml."
)


def show_rules(
    config: "Config | None", names: Sequence[str] = (), *, grep: str | None = None, everything: bool = False
) -> None:
    """Print the rules in their order, a line for each; some of them with all that their files say about the mechanism; what
    speaks of a word; or everything. Of a config also what it changes. Raises UserError for a name that is none."""
    shown = config if config is not None else compose()()
    show(
        rule_entries(shown, changed=config is not None),
        names,
        grep=grep,
        everything=everything,
        noun="rule",
        footer=FOOTER,
        command="rules",
        others=group_entries(shown),
    )


def rule_entries(config: "Config", changed: bool = False) -> list[Entry]:
    """An entry per rule of a config, in their order; `changed`: its line says what the config changes."""
    return [_entry(rule, config, changed) for rule in type(config).registry.rules]


def config_entry(config: "Config") -> Entry:
    """The keys that stand at the top of a config, outside of any group."""
    return Entry("config", "What stands at the top of a config.", numbers=numbers_of(config))


def group_entries(config: "Config") -> list[Entry]:
    """An entry per group of parameters besides the rules."""
    return [_group(path, group) for path, group in _groups(config)]


def _entry(rule: "type[Rule]", config: "Config", changed: bool) -> Entry:
    group = getattr(config.rules, rule.name)
    numbers = numbers_of(group)

    more = [f"{what}: {', '.join(getattr(rule, what))}" for what in ("reads", "writes") if getattr(rule, what)]
    more += [
        f"enters: {happens}" + (f", by {', '.join(causes)}" if causes else "")
        for happens, causes in rule.events.items()
    ]
    more.append(f"off with: --set rules.{rule.name}=off")
    sentence = untitled(rule.name, rule.summary())
    if changed:
        if not group.enabled:
            sentence += " (off)"
        unlike = [
            f"{number.about.name} = {number.value}"
            for number in numbers
            if not isinstance(number.about.default, tuple)
            and getattr(group, number.about.name) != getattr(rule.Parameters(), number.about.name)
        ]
        sentence += f" Here {', '.join(unlike)}." if unlike else ""
    return Entry(
        rule.name,
        sentence,
        rule.about(),
        numbers,
        more,
        size=_so_many(numbers),
        words=" ".join((*rule.reads, *rule.writes, *rule.events, *chain(*rule.events.values()))),
    )


def _group(path: str, group: BaseModel) -> Entry:
    sentence = (type(group).__doc__ or "").strip().split("\n\n")[0]
    numbers = [Number(number.about, number.value, f"{path}.{number.about.name}") for number in numbers_of(group)]
    return Entry(path, " ".join(sentence.split()), numbers=numbers, size=_so_many(numbers))


def _so_many(numbers: Sequence[Number]) -> str:
    return f"{len(numbers)} parameter{'s' * (len(numbers) != 1)}"


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


def numbers_of(group: BaseModel) -> list[Number]:
    """The parameters of a group with their values."""
    return [Number(entry, _value(entry, group)) for entry in _entries(group)]


def _entries(group: BaseModel) -> Iterator[Declared]:
    """The declared parameters, and before them what the experimenter chooses: fields without a source."""
    parameters = {entry.name: entry for entry in declared(type(group))}
    annotations = keys_of(type(group))
    for name, field in type(group).model_fields.items():
        if name not in parameters and name != "enabled" and not isinstance(getattr(group, name), BaseModel):
            quantity = quantity_of(annotations[field.alias or name])
            yield Declared(name, quantity, field.default, None, None, CHOICE, "", field.description or "")
    yield from parameters.values()


def _value(entry: Declared, group: BaseModel) -> str:
    value = getattr(group, entry.name)
    if value is None:
        return "not given"
    if isinstance(value, tuple):
        return f"{len(value)} {'entry' if len(value) == 1 else 'entries'}"
    return (
        entry.quantity.beside(entry.low, value)
        if entry.quantity is not None and isinstance(value, int | float)
        else str(value)
    )
