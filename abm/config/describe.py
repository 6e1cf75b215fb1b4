"""A config as text: resolved (nothing left to look up), as a starter to edit, and as a schema for editors."""

import inspect
import re
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import PydanticUndefined

from ..units import Declared, Parameters, declared, in_time
from .errors import alternatives, at, dotted, is_group, keys_of, quantity_of
from .nodes import NOT_FINITE, plain_scalar
from .shipped import PRESETS, presets

USUAL = {"line": "mc38", "host": "c57bl6_resting"}
"""The presets that the starter names."""

LINE_LENGTH = 100
"""Lists of plain values are written on one line up to here."""

_PLAIN = re.compile(r"[\w./+-](?:[\w ./+^%*µ²³-]*[\w./+^%*µ²³-])?")
_YAML_1_1_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))
_LOOKS_LIKE_A_NUMBER = re.compile(r"[-+.]?[0-9][0-9a-f_.,:xo+-]*", re.IGNORECASE)


# --- The resolved config ----------------------------------------------------------------------------------------------


def resolved_yaml(config: BaseModel, copies: str | None = None, readable: bool = False) -> str:
    """Every key of `config` with its value and unit, in the order of the schema. Loading the text gives an equal
    config, the floats bit for bit. `readable` writes each number in the unit in which it is shortest (14 d, not 336 h).

    The paths of files that it names are absolute in a loaded config; with `copies` they are those of copies in that folder, for a
    text that travels with them (`plugins/my_rule.py`).
    """
    content = config.model_dump(mode="json", by_alias=True, context={"readable": readable})
    return as_yaml(content if copies is None else with_copies(content, copies))


def with_copies(content: Mapping[str, Any], folder: str) -> dict[str, Any]:
    """A config as plain data whose files (plugins, that of the tissue) are named as their copies in `folder`."""
    named = {"plugins": [f"{folder}/{Path(plugin).name}" for plugin in content["plugins"]]}
    tissue = content.get("tissue", {})
    if tissue.get("from") is not None:
        named["tissue"] = tissue | {"from": f"{folder}/{Path(tissue['from']).name}"}
    return {**content, **named}


def as_yaml(content: Mapping[str, Any]) -> str:
    """Plain data as YAML, in the given order."""
    return "\n".join(_lines(content, 0)) + "\n"


def _lines(content: Mapping[str, Any], depth: int) -> Iterator[str]:
    indent = "  " * depth
    for key, value in content.items():
        written = f"{indent}{text_scalar(key)}:"
        if isinstance(value, Mapping) and value:
            yield written
            yield from _lines(value, depth + 1)
        elif isinstance(value, list) and any(isinstance(item, Mapping | list) for item in value):
            yield written
            yield from _list_lines(value, depth)
        elif isinstance(value, str) and _fits_a_block(value):
            yield f"{written} |" + ("-" if not value.endswith("\n") else "")
            for line in value.removesuffix("\n").split("\n"):
                yield f"{indent}  {line}" if line else ""
        else:
            line = f"{written} {_inline(value)}"
            if isinstance(value, list) and len(line) > LINE_LENGTH:
                yield written
                yield from _list_lines(value, depth)
            else:
                yield line


def _list_lines(items: list, depth: int) -> Iterator[str]:
    indent = "  " * depth
    for item in items:
        if isinstance(item, Mapping) and item:
            first, *rest = _lines(item, depth + 1)
            yield f"{indent}- {first.lstrip()}"
            yield from rest
        else:
            yield f"{indent}- {_inline(item)}"


def _inline(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{text_scalar(key)}: {_inline(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_inline(item) for item in value) + "]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        mantissa, e, exponent = repr(value).partition("e")
        # YAML 1.1 readers take 1e-05 for a text
        return f"{mantissa if '.' in mantissa else mantissa + '.0'}e{exponent}" if e else mantissa
    return text_scalar(value)


def text_scalar(text: str) -> str:
    """A text as YAML, in quotes where readers of YAML 1.1 or 1.2 could take it for something else."""
    if (
        _PLAIN.fullmatch(text)
        and isinstance(plain_scalar(text), str)
        and text.lower() not in _YAML_1_1_WORDS
        and not _LOOKS_LIKE_A_NUMBER.fullmatch(text)
        and not NOT_FINITE.fullmatch(text)
        and not re.match(r"-(?![\w.])|\.\.", text)
    ):
        return text
    return '"' + "".join(_escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    if char.isprintable():
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _fits_a_block(text: str) -> bool:
    """Whether a text of several lines can be written as a literal block without loss."""
    lines = text.removesuffix("\n").split("\n")
    return (
        len(lines) > 1
        and all(line.isprintable() for line in lines)
        and lines[0] != ""
        and lines[-1] != ""
        and not lines[0].startswith(" ")
    )


# --- What is implausible ----------------------------------------------------------------------------------------------


def warnings(config: Any) -> list[str]:
    """One sentence for each value of a config outside its plausible range; rules that are switched off are passed over. And one for
    each intervention that would begin when the run has ended."""
    late = [
        f"interventions[{number}]: {entry.kind} begins when the run has ended, after {in_time(config.duration)}"
        for number, entry in enumerate(config.interventions)
        if entry.begins is not None and entry.begins >= config.duration
    ]
    return [*_warnings(config, ()), *late]


def _warnings(value: Any, path: tuple[str | int, ...]) -> Iterator[str]:
    if isinstance(value, Parameters):
        if getattr(value, "enabled", True) is False:
            return
        about = {entry.name: entry for entry in value.facts()}
        for name, field in type(value).model_fields.items():
            item, here = getattr(value, name), (*path, field.alias or name)
            for one in item.values() if name in about and isinstance(item, Mapping) else [item]:
                if name not in about or not (quantity := about[name].quantity) or not about[name].outside(one):
                    continue
                yield (
                    f"{dotted(here)}: {quantity.readable(one)} is outside the plausible range "
                    f"{_range(about[name])} ({about[name].mark}; {about[name].source})"
                )
            yield from _warnings(item, here)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _warnings(item, (*path, key))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _warnings(item, (*path, index))


def _range(about: Declared) -> str:
    return f"{about.low} to {about.high}"


# --- The schema for editors -------------------------------------------------------------------------------------------


class _EditorSchema(GenerateJsonSchema):
    ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}  # noqa: RUF012

    def default_schema(self, schema):
        """Defaults as a user writes them ('0.1 /h'); pydantic would try to serialise them as held floats."""
        content = self.generate_inner(schema["schema"])
        default = schema.get("default", PydanticUndefined)
        if default is None or isinstance(default, str | int | float):
            content = {**content, "default": default}
        return content


def json_schema(config_class: type[BaseModel]) -> dict:
    """A JSON Schema of what a user may write, for completion and hover in editors (the YAML language server)."""
    schema = config_class.model_json_schema(by_alias=True, mode="validation", schema_generator=_EditorSchema)
    _finish(schema)
    for definition in schema.get("$defs", {}).values():
        _finish(definition)
    names = {"type": "string"}
    keys = {
        "extends": {
            "anyOf": [names, {"type": "array", "items": names}],
            "description": "a config, or a list of them, that this one builds on",
        }
    }
    for kind in reversed(PRESETS):
        about = {"line": "the tumor cell line", "host": "the mouse"}[kind]
        keys[kind] = {
            "anyOf": [{"enum": presets(kind)}, {"type": ["string", "null"]}],
            "description": f"preset of {about}: {', '.join(presets(kind)) or 'none shipped'}, or the path of your own",
        }
    schema["properties"] = {**keys, **schema["properties"]}
    if "plugins" in schema["properties"]:
        written = schema["properties"]["plugins"]
        schema["properties"]["plugins"] = {
            "anyOf": [names, {"type": "array", "items": names}],
            "description": written.get("description", ""),
        }
    rules = schema["properties"].get("rules", {}).get("$ref", "").removeprefix("#/$defs/")
    for rule in config_class.registry.rules if hasattr(config_class, "registry") else ():
        schema["$defs"][rules]["properties"][rule.name]["description"] = rule.summary()
    schema.pop("required", None)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _finish(group: dict) -> None:
    """Say in every description what unit, range and source a parameter has; let a rule be switched by one word, and a
    group stand empty (all its lines commented out)."""
    group.pop("title", None)
    for facts in group.get("properties", {}).values():
        low, high, mark, source = (facts.pop(name, None) for name in ("low", "high", "mark", "source"))
        facts.pop("title", None)
        description = [facts["description"]] if facts.get("description") else []
        if facts.get("default") is not None and mark:
            description.append(f"default {facts['default']}")
        if low is not None:
            description.append(f"plausible {low} to {high}")
        if mark:
            description.append(f"{mark}: {source}")
        if description:
            facts["description"] = "; ".join(description)
    if "enabled" in group.get("properties", {}):
        content = {key: group.pop(key) for key in list(group) if key != "description"}
        group["anyOf"] = [{"enum": ["on", "off", True, False]}, {"type": "null"}, content]
    elif group.get("type") == "object" and "properties" in group:
        group["type"] = ["object", "null"]


# --- The starter ------------------------------------------------------------------------------------------------------

FIRST = (
    "name",
    "description",
    "seed",
    "duration",
    "tissue.width",
    "tissue.height",
    "tissue.edges",
    "rules.arrival.per_liver",
    "rules.arrival.enrichment",
    "record.snapshots",
    "record.movie",
)
"""What the starter writes out. No preset sets these, so writing them overrides nothing unseen."""
OFTEN = ("cells.kupffer.density", "cells.natural_killer.density", "cells.neutrophil.density")
"""What stands in comments, with its value, ready to be uncommented."""
EXAMPLES = {
    "name": "my experiment",
    "duration": "12 d",
    "tissue.width": "1.4 mm",
    "tissue.height": "1.4 mm",
    "rules.arrival.per_liver": "5e5",
    "rules.arrival.enrichment": "14",
}
"""What the starter gives instead of the defaults, by which no tumor cell arrives: a piece of liver with some colonies at the end."""
COMMENT_COLUMN = 34
WIDTH = 120


def starter_yaml(config_class: type[BaseModel]) -> str:
    """A commented config to begin with. What is changed first stands there; more stands in comments."""
    lines = [
        "# A config for crlm: one run. Every key has a default: what you leave out keeps it.",
        "# Check this file with `crlm check FILE`, run it with `crlm run FILE`; then look at overview.png and movie.mp4.",
        "# Numbers carry their unit, any unit of the right dimension: 14 d, 0.1 /h, 180 /mm^2, 20 um^2/s.",
        "",
    ]
    for key, annotation in keys_of(config_class).items():
        if key in FIRST and not any(map(is_group, alternatives(annotation))):
            lines += _entry(config_class, (key,), "")
    lines += [
        "",
        "# Presets of the cell line and of the animal, and another config to build on; `crlm examples` says what they are.",
    ]
    for kind in reversed(PRESETS):
        lines += _with_comment(f"{kind}: {USUAL[kind]}", f"there is {', '.join(presets(kind))}")
    lines.append("# extends: another_config.yaml")
    for key, annotation in keys_of(config_class).items():
        group = next((part for part in alternatives(annotation) if is_group(part)), None)
        if group is None:
            continue
        first = any(path.startswith(f"{key}.") for path in FIRST)
        description = _description(config_class, (key,))
        lines += ["", *([f"# {description[:1].upper()}{description[1:]}"] if description else [])]
        if key == "rules":
            lines += [
                "rules:",
                "  # Write `off` behind a rule to switch it off, or its parameters below it.",
                *_starter_rules(config_class),
            ]
            continue
        lines += [
            f"{key}:" if first else f"# {key}:",
            *_starter_group(config_class, (key,), group, "" if first else "# "),
            *textwrap.wrap(
                f"accepted here: {', '.join(keys_of(group))}",
                WIDTH - 10,
                initial_indent="  # " if first else "#   # ",
                subsequent_indent="  # " if first else "#   # ",
            ),
        ]
    if "interventions" in keys_of(config_class):
        lines += [
            "",
            "# What is done to the liver, and when; `crlm interventions` shows what there is.",
            "# interventions: [{deplete: kupffer, start: -2 d}, {block: e_selectin, start: 0 h, stop: 3 d}]",
        ]
    if "plugins" in keys_of(config_class):
        lines += ["", "# Rules of your own, in Python files.", "# plugins: [my_rule.py]"]
    return "\n".join(lines) + "\n"


def _starter_group(
    config_class: type[BaseModel], path: tuple[str, ...], group: type[BaseModel], mark: str
) -> list[str]:
    """The lines of the keys below `path` that the starter shows; `mark` comments them out."""
    lines = []
    for key, annotation in keys_of(group).items():
        here = (*path, key)
        inner = next((part for part in alternatives(annotation) if is_group(part)), None)
        if dotted(here) in FIRST or dotted(here) in OFTEN:
            lines += _entry(config_class, here, mark)
        elif inner is not None:
            below = _starter_group(config_class, here, inner, mark)
            lines += [f"{mark}{'  ' * len(path)}{key}:", *below] if below else []
    return lines


def _starter_rules(config_class: Any) -> list[str]:
    lines = []
    for rule in config_class.registry.rules:
        below = _starter_group(config_class, ("rules", rule.name), rule.Parameters, "")
        written = f"  {rule.name}:" if below else f"  # {rule.name}: off"
        lines += [*_with_comment(written, rule.summary(), "  "), *below]
    return lines


def _entry(config_class: type[BaseModel], path: tuple[str, ...], mark: str) -> list[str]:
    """`key: value  # meaning; plausible range`."""
    quantity = next(filter(None, map(quantity_of, at(config_class, path))), None)
    value = EXAMPLES.get(dotted(path), _field(config_class, path).get_default(call_default_factory=True))
    if value is None:
        value = quantity.example if quantity else None
    elif quantity and not isinstance(value, str):
        value = quantity.readable(value)
    # a quantity without a unit may be declared as '0.5'
    written = value if quantity and isinstance(value, str) else _inline(value)
    group = _group(config_class, path[:-1])
    description = _description(config_class, path)
    about = next((entry for entry in declared(group) if entry.name == path[-1]), None)
    if about and about.low is not None:
        description += f"; plausible {_range(about)}"
    indent = "  " * (len(path) - 1)
    return _with_comment(f"{mark}{indent}{path[-1]}: {written}", description, mark + indent)


def _with_comment(written: str, comment: str, indent: str = "") -> list[str]:
    """The comment behind what is written, or above it where it is too long for the line."""
    line = f"{written:<{COMMENT_COLUMN}}  # {comment}" if comment else written
    if len(line) <= WIDTH:
        return [line]
    marked = f"{indent}# "
    return [*textwrap.wrap(comment, WIDTH, initial_indent=marked, subsequent_indent=marked), written]


def _group(config_class: type[BaseModel], path: tuple[str, ...]) -> type[BaseModel]:
    return next(part for annotation in at(config_class, path) for part in alternatives(annotation) if is_group(part))


def _field(config_class: type[BaseModel], path: tuple[str, ...]) -> FieldInfo:
    fields = _group(config_class, path[:-1]).model_fields
    return next(field for name, field in fields.items() if path[-1] == (field.alias or name))


def _description(config_class: type[BaseModel], path: tuple[str, ...]) -> str:
    """What a key is for: its own description, or what its group says about itself."""
    field = _field(config_class, path)
    group = next((part for part in alternatives(field.annotation) if is_group(part)), None)
    own_text = group.__doc__ if group is not None and "__doc__" in vars(group) else None
    return field.description or (inspect.cleandoc(own_text).splitlines()[0] if own_text else "")
