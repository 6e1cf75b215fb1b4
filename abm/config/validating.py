"""Merged layers validated, and every error of pydantic's placed at its line and column, in plain words."""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from ..rules import Rule
from . import errors, plugins
from .errors import ConfigError, Problem, dotted, quoted
from .layering import LAYERING_KEYS, Layers
from .nodes import Node, sound, to_plain
from .schema import compose as default_schema
from .shipped import exists, shipped_configs

MAX_PROBLEMS = 200
NEED_THE_WHOLE = ("missing", "value_error", "assertion_error")
"""Errors of pydantic that may be due to a part of the config that could not be read."""


def validated(layers: Layers, name: str, compose: Callable | None = None):
    """The Config of merged layers. Raises ConfigError."""
    compose = compose or default_schema
    problems = list(layers.problems)
    root = sound(layers.root)
    config_class, plugins_sound = _with_plugins(root, compose, problems)
    return checked(root, config_class, problems, name, complete=layers.complete, plugins_sound=plugins_sound)


def schema_of(layers: Layers, compose: Callable | None = None) -> tuple[type[BaseModel], Any]:
    """The class that validates merged layers, and their values as plain data."""
    compose = compose or default_schema
    root = sound(layers.root)
    config_class, _ = _with_plugins(root, compose, [])
    _with_place_of_tissue(root)
    return config_class, without_empty_groups(to_plain(root), [config_class])


def checked(
    root: Node,
    schema: type[BaseModel],
    problems: list[Problem],
    name: str,
    *,
    complete: bool = True,
    plugins_sound: bool = True,
    extra_keys: Sequence[str] = LAYERING_KEYS,
) -> Any:
    """The `schema` of a sound tree. Raises ConfigError with `problems`, found before, and all that is wrong."""
    _with_place_of_tissue(root)
    document = without_empty_groups(to_plain(root), [schema])
    try:
        config = schema.model_validate(document)
    except ValidationError as error:
        errors_found = error.errors(include_url=False)
        if not complete:
            errors_found = [
                one
                for one in errors_found
                if one["type"] not in NEED_THE_WHOLE
                and not (errors.is_custom(one["type"]) and isinstance(one["input"], Mapping | BaseModel))
            ]
        reported = {problem.path for problem in problems}
        problems += problems_of(
            errors_found[:MAX_PROBLEMS], root, schema, document, reported, plugins_sound, extra_keys
        )
        raise ConfigError(problems, name, more=max(0, len(errors_found) - MAX_PROBLEMS)) from None
    for path in not_finite(config):
        path, _, node = _locate(root, path, schema, document)
        problems.append(node.shown.problem(path, f"the number {quoted(to_plain(node))} is too large"))
    if problems:
        raise ConfigError(problems, name)
    return config


def without_empty_groups(value: Any, annotations: list[Any]) -> Any:
    """`value` without the keys under which a group should stand and nothing does (`rules:` with all lines below it
    commented out)."""
    if not isinstance(value, dict):
        return value
    kept = {}
    for key, item in value.items():
        below = [part for annotation in annotations for part in errors.inside(annotation, key, value)]
        if item is None and any(map(errors.takes_group, below)) and not any(map(errors.takes_nothing, below)):
            continue
        kept[key] = without_empty_groups(item, below)
    return kept


def _with_plugins(root: Node, compose: Callable, problems: list[Problem]) -> tuple[type[BaseModel], bool]:
    """The class to validate with, and whether all plugins could be loaded. Paths under `plugins` become absolute."""
    node = root.value.get("plugins")
    if node is None:
        return compose(()), True
    if isinstance(node.value, str):
        node = root.value["plugins"] = replace(node, value=[node])
    if not isinstance(node.value, list):
        return compose(()), True
    known = [rule.name for rule in compose(()).registry.rules]
    files: dict[str, Path] = {}
    loaded: list[type] = []
    sound = True
    for index, item in enumerate(node.value):
        if not isinstance(item.value, str):
            continue
        try:
            path = item.place.source.folder / Path(item.value).expanduser()
            if path.resolve() != files.setdefault(path.name, path.resolve()):
                raise plugins.PluginError(
                    f"another plugin is named {path.name}; rename one, as a run keeps copies of both in one folder"
                )
            classes = plugins.load(path)
            for rule in (declared for declared in classes if issubclass(declared, Rule)):
                plugins.check_names(rule, known)
                known.append(rule.name)
            compose((*loaded, *classes))
        # ~nobody has no home folder; a path may contain a null byte
        except (plugins.PluginError, RuntimeError, ValueError) as error:
            problems.append(item.shown.problem(("plugins", index), f"{quoted(item.value)}: {error}"))
            sound = False
            continue
        node.value[index] = replace(item, value=str(path.resolve()))
        loaded += classes
    return compose(tuple(loaded)), sound


def _with_place_of_tissue(root: Node) -> None:
    """The file under `tissue.from` is looked for beside the file that names it, and becomes absolute."""
    tissue = root.value.get("tissue")
    node = tissue.value.get("from") if tissue is not None and isinstance(tissue.value, dict) else None
    if node is None or not isinstance(node.value, str) or not node.value:
        return
    path = Path(node.value)
    path = path if path.is_absolute() else node.place.source.folder / path
    shipped = shipped_configs() / node.value
    found = shipped if not exists(path) and exists(shipped) else path
    tissue.value["from"] = replace(node, value=str(found.resolve()))


def _locate(
    root: Node, location: Sequence[str | int], config_class: type[BaseModel], document: Any
) -> tuple[tuple[str | int, ...], list[Any], Node]:
    """The document's path for one of pydantic's locations, the annotations of what may stand there, and the node there
    or the nearest above. Parts that are neither in the document nor in the schema (a union's tags) are left out."""
    node, annotations, value = root, [config_class], document
    path: tuple[str | int, ...] = ()
    virtual = False
    for part in location:
        below = [found for annotation in annotations for found in errors.inside(annotation, part, value)]
        child = None
        if not virtual and isinstance(node.value, dict) and isinstance(part, str):
            child = node.value.get(part)
        elif not virtual and isinstance(node.value, list) and isinstance(part, int) and part < len(node.value):
            child = node.value[part]
        if child is None and not below:
            continue
        path, annotations, value = (*path, part), below, errors.child(value, part)
        if child is None:
            virtual = True
        else:
            node = child
    return path, annotations, node


def problems_of(
    errors_found: Sequence[Mapping[str, Any]],
    root: Node,
    config_class: type[BaseModel],
    document: Any,
    reported: Collection[str] = (),
    plugins_sound: bool = True,
    extra_keys: Sequence[str] = LAYERING_KEYS,
) -> list[Problem]:
    """pydantic's errors, placed and in plain words. `reported` are the paths of problems known already, `extra_keys`
    what is accepted at the top besides the schema's keys."""
    placed: dict[tuple, list] = {}
    above = {error["loc"][:length] for error in errors_found for length in range(len(error["loc"]))}
    for error in errors_found:
        if error["type"] == "too_short" and error["loc"] in above:
            continue  # pydantic does not count the entries that are wrong
        path, annotations, node = _locate(root, error["loc"], config_class, document)
        unknown = error["type"] in ("extra_forbidden", "unexpected_keyword_argument")
        branch = "unknown" if unknown else "key" if error["loc"][-1:] == ("[key]",) else ""
        placed.setdefault((path, branch), []).append((error, annotations, node))
    problems = []
    for (path, branch), errors_here in placed.items():
        error, annotations, node = errors_here[0]
        if dotted(path) in reported and error["type"] in ("missing", "misfit"):
            continue  # it is there, but could not be read, or was not found
        override = node.place.source.override
        if branch == "unknown":
            maybe_plugin = len(path) > 1 and path[0] == "rules" and not plugins_sound
            message, hint = errors.unknown_key(config_class, path, document, extra_keys, whole=override)
            if maybe_plugin and len(path) == 2 and not hint.startswith("did you mean"):
                continue  # it may belong to the rule that could not be loaded
            problems.append((node.key or node.place).problem(path, message, hint))
        elif branch == "key":
            words = errors.options_of(errors.keys_held(errors.at(config_class, path[:-1], document)))
            hint = errors.did_you_mean(str(path[-1]), words)
            problems.append((node.key or node.place).problem(path, "unknown key", hint))
        elif error["type"] == "missing":
            wanted = " or ".join(dict.fromkeys(map(errors.wanted, annotations)))
            message = f"the key '{path[-1]}' is missing" if path else "something is missing"
            problems.append((node.key or node.place).problem(path, message, f"expected {wanted}" if wanted else ""))
        else:
            problems.append(_problem_of_value([one for one, _, _ in errors_here], path, annotations, node))
    return problems


def _problem_of_value(
    errors_here: Sequence[Mapping[str, Any]], path: tuple, annotations: list[Any], node: Node
) -> Problem:
    """One problem for what pydantic said about one value: a union speaks once for each of its members."""
    wanted = " or ".join(dict.fromkeys(map(errors.wanted, annotations))) or "something else"
    if len(errors_here) == 1:
        quantity = next(filter(None, map(errors.quantity_of, annotations)), None)
        unit, options = quantity.unit if quantity else "", errors.options_of(annotations)
        return node.shown.problem(path, *errors.in_words(errors_here[0], wanted, unit, options))
    of_quantity = next((one for one in errors_here if one["type"] == "quantity"), None)
    value = errors_here[0].get("input")
    if of_quantity and isinstance(value, str) and value[:1] in "+-.0123456789":
        return node.shown.problem(path, *errors.in_words(of_quantity, wanted))
    if value is None:
        return node.shown.problem(path, "no value is given", f"expected {wanted}")
    spoken = next((one for one in errors_here if one["type"] in ("value_error", "assertion_error")), None)
    if spoken:
        return node.shown.problem(path, *errors.in_words(spoken, wanted))
    return node.shown.problem(path, f"expected {wanted}, got {quoted(value)}")


def not_finite(value: Any, path: tuple[str | int, ...] = ()) -> Iterable[tuple[str | int, ...]]:
    """The paths of the numbers in a config that are infinite or not numbers."""
    if isinstance(value, BaseModel):
        for name, about in type(value).model_fields.items():
            yield from not_finite(getattr(value, name), (*path, about.alias or name))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from not_finite(item, (*path, key))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from not_finite(item, (*path, index))
    elif isinstance(value, float) and not math.isfinite(value):
        yield path
