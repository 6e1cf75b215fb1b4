"""A config as text: resolved (nothing left to look up), as a starter to edit, and as a schema for editors."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import PydanticUndefined

from ..units import Declared, Quantity, declared
from .errors import alternatives, dotted, is_group, keys_of
from .loading import PRESETS, presets
from .nodes import NOT_FINITE, plain_scalar

LINE_LENGTH = 100
"""Lists of plain values are written on one line up to here."""

_PLAIN = re.compile(r"[\w./+-](?:[\w ./+^%*µ²³-]*[\w./+^%*µ²³-])?")
_YAML_1_1_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))
_LOOKS_LIKE_A_NUMBER = re.compile(r"[-+.]?[0-9][0-9a-f_.,:xo+-]*", re.IGNORECASE)


# --- The resolved config ----------------------------------------------------------------------------------------------


def resolved_yaml(config: BaseModel, plugins: Sequence[str] | None = None) -> str:
    """Every key of `config` with its value and unit, in the order of the schema. Loading the text gives an equal
    config, the floats bit for bit.

    The paths of plugins are absolute in a loaded config; `plugins` replaces them, for a text that travels with copies
    of the files (`['plugins/my_rule.py']`).
    """
    content = config.model_dump(mode="json", by_alias=True)
    if plugins is not None:
        content["plugins"] = list(plugins)
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
    if (_PLAIN.fullmatch(text) and isinstance(plain_scalar(text), str) and text.lower() not in _YAML_1_1_WORDS
            and not _LOOKS_LIKE_A_NUMBER.fullmatch(text) and not NOT_FINITE.fullmatch(text) and not re.match(r"-(?![\w.])|\.\.", text)):
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
    return len(lines) > 1 and all(line.isprintable() for line in lines) and lines[0] != "" and lines[-1] != "" \
        and not lines[0].startswith(" ")


# --- What is implausible ----------------------------------------------------------------------------------------------


def warnings(config: BaseModel) -> list[str]:
    """One sentence for each value outside its plausible range; rules that are switched off are passed over."""
    return list(_warnings(config, ()))


def _warnings(value: Any, path: tuple[str | int, ...]) -> Iterator[str]:
    if isinstance(value, BaseModel):
        if getattr(value, "enabled", True) is False:
            return
        about = {entry.name: entry for entry in declared(type(value))}
        for name, field in type(value).model_fields.items():
            item, here = getattr(value, name), (*path, field.alias or name)
            if name in about and about[name].outside(item):
                yield (f"{dotted(here)}: {about[name].quantity.format(item)} is outside the plausible range "
                       f"{_range(about[name])} ({about[name].mark}; {about[name].source})")
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
    ignored_warning_kinds = frozenset(("skipped-choice", "non-serializable-default"))

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
    keys = {"extends": {"anyOf": [names, {"type": "array", "items": names}],
                        "description": "a config, or a list of them, that this one builds on"}}
    for kind in reversed(PRESETS):
        about = {"line": "the tumor cell line", "host": "the mouse"}[kind]
        keys[kind] = {"anyOf": [{"enum": presets(kind)}, {"type": ["string", "null"]}],
                      "description": f"preset of {about}: {', '.join(presets(kind)) or 'none shipped'}, "
                                     "or the path of your own"}
    schema["properties"] = {**keys, **schema["properties"]}
    if "plugins" in schema["properties"]:
        written = schema["properties"]["plugins"]
        schema["properties"]["plugins"] = {"anyOf": [names, {"type": "array", "items": names}],
                                           "description": written.get("description", "")}
    schema.pop("required", None)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _finish(group: dict) -> None:
    """Say in every description what unit, range and source a parameter has; let a rule be switched by one word, and a
    group stand empty (all its lines commented out)."""
    group.pop("title", None)
    for facts in group.get("properties", {}).values():
        low, high, mark, source = (facts.pop(name, None) for name in ("low", "high", "mark", "source"))
        facts.pop("title", None)
        said = [facts["description"]] if facts.get("description") else []
        if facts.get("default") is not None and mark:
            said.append(f"default {facts['default']}")
        if low is not None:
            said.append(f"plausible {low} to {high}")
        if mark:
            said.append(f"{mark}: {source}")
        if said:
            facts["description"] = "; ".join(said)
    if "enabled" in group.get("properties", {}):
        content = {key: group.pop(key) for key in list(group) if key != "description"}
        group["anyOf"] = [{"enum": ["on", "off", True, False]}, {"type": "null"}, content]
    elif group.get("type") == "object" and "properties" in group:
        group["type"] = ["object", "null"]


# --- The starter ------------------------------------------------------------------------------------------------------

FIRST_GROUPS = ("tissue", "record")
"""Groups whose numbers the starter writes out: no preset sets them, so writing them overrides nothing unseen."""
COMMENTED_GROUPS = ("cells",)
"""Groups whose numbers stand in comments: presets set them too."""
FIRST_RULE = "arrival"
"""The rule whose parameters the starter shows: how many tumor cells arrive, and when."""


def starter_yaml(config_class: type[BaseModel]) -> str:
    """A commented config to begin with. What is changed first stands there; more stands in comments."""
    lines = [
        "# An experiment for crlm. Every key has a default: what you leave out keeps it.",
        "# Check this file with `crlm check FILE`, run it with `crlm run FILE -o FOLDER`.",
        "# Numbers carry their unit, any unit of the right dimension: 14 d, 0.1 /h, 180 /mm^2, 20 um^2/s.",
        "",
    ]
    keys = keys_of(config_class)
    for key in keys:
        default = "my experiment" if key == "name" else _default(config_class, key)
        if key not in ("labels", "plugins") and isinstance(default, str | int | float):
            lines += _entry(config_class, key, default, 0)
    lines += ["", "# Another config to build on, and presets of the cell line and of the mouse.",
              "# extends: another_experiment.yaml"]
    for kind in reversed(PRESETS):
        if presets(kind):
            lines.append(_with_comment(f"# {kind}: {presets(kind)[0]}", f"there is {', '.join(presets(kind))}"))
    for key, annotation in keys.items():
        group = next((part for part in alternatives(annotation) if is_group(part)), None)
        if group is None:
            continue
        lines += ["", *_about(config_class, key)]
        if key == "rules":
            lines += ["rules:", *_starter_rules(group)]
        elif key in FIRST_GROUPS:
            lines += [f"{key}:", *_starter_group(group, 1)]
        elif key in COMMENTED_GROUPS:
            lines += [f"# {key}:", *("# " + line for line in _starter_group(group, 1))]
        else:
            lines += [f"# {key}:", _with_comment("#   ...", "there is " + ", ".join(keys_of(group)))]
    if "plugins" in keys:
        lines += ["", "# Rules of your own, in Python files.", "# plugins: [my_rule.py]"]
    return "\n".join(lines) + "\n"


def _default(group: type[BaseModel], key: str) -> Any:
    field = next(field for name, field in group.model_fields.items() if key == (field.alias or name))
    return field.get_default(call_default_factory=True)


def _description(group: type[BaseModel], key: str) -> str:
    field = next(field for name, field in group.model_fields.items() if key == (field.alias or name))
    return field.description or ""


def _about(group: type[BaseModel], key: str) -> list[str]:
    text = _description(group, key)
    return ["# " + text[:1].upper() + text[1:]] if text else []


def _with_comment(written: str, comment: str) -> str:
    return f"{written:<34}  # {comment}" if comment else written


def _entry(group: type[BaseModel], key: str, default: Any, depth: int) -> list[str]:
    """`key: value  # meaning; plausible range`."""
    about = next((entry for entry in declared(group) if entry.name == key), None)
    quantity = next((extra for part in alternatives(keys_of(group)[key])
                     for extra in getattr(part, "__metadata__", ()) if isinstance(extra, Quantity)), None)
    if quantity and isinstance(default, float):
        default = quantity.format(default)
    said = _description(group, key)
    if about and about.low is not None:
        said += f"; plausible {_range(about)}"
    return [_with_comment(f"{'  ' * depth}{key}: {_inline(default)}", said)]


def _starter_group(group: type[BaseModel], depth: int) -> list[str]:
    lines = []
    for key, annotation in keys_of(group).items():
        inner = next((part for part in alternatives(annotation) if is_group(part)), None)
        default = _default(group, key)
        if inner is not None:
            lines += ["  " * depth + f"{key}:", *_starter_group(inner, depth + 1)]
        elif isinstance(default, tuple) and not any(isinstance(item, BaseModel) for item in default):
            lines += _entry(group, key, list(default), depth)
        elif isinstance(default, str | int | float) and key != "enabled":
            lines += _entry(group, key, default, depth)
    return lines


def _starter_rules(group: type[BaseModel]) -> list[str]:
    lines = ["  # `off` switches a rule off; `on` or its parameters, below its name, keep it on."]
    for key, annotation in keys_of(group).items():
        rule = next((part for part in alternatives(annotation) if is_group(part)), None)
        if key == FIRST_RULE and rule is not None:
            lines += [_with_comment(f"  # {key}:", _description(group, key)),
                      *("  # " + line for line in _starter_group(rule, 1))]
        else:
            lines.append(_with_comment(f"  # {key}: off", _description(group, key)))
    return lines
