"""From a YAML file to a validated `Config`, with every mistake placed at its line and column.

A file is read (`reading`), merged with all that it draws on (`layering`), and checked against the schema (`validating`).
"""

import functools
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .errors import Problem
from .layering import Layers, merged, read_arm
from .nodes import Node, Place, Source, node_of, sound
from .reading import Reader
from .schema import Config
from .schema import compose as default_schema
from .shipped import PRESETS, Kind, find_config, shipped
from .validating import checked, validated

KEYWORDS = "LiverModel(...)"
"""The name that errors give to keyword arguments."""


def load_config(
    path: str | os.PathLike | None = None, overrides: Sequence[str] = (), *, compose: Callable | None = None
):
    """The validated `Config` of the file at `path`, or of the shipped config of that name (`quickstart`; None: all
    defaults), with `overrides` such as `'seed=3'`.

    `compose(user_rules)` gives the class to validate with; by default `abm.config.schema.compose`.
    Raises ConfigError with everything that is wrong.
    """
    path = None if path is None else find_config(Path(path))
    return validated(read_layers(path, overrides), "" if path is None else os.fspath(path), compose)


def load_text(
    text: str,
    overrides: Sequence[str] = (),
    *,
    name: str = "config",
    folder: Path | None = None,
    compose: Callable | None = None,
):
    """Like `load_config`, of a text; `name` stands for the file in errors, `folder` is where its paths start."""
    reader = Reader()
    source = Source(name, folder or Path.cwd())
    return validated(merged(reader, reader.compose(text, source), source, overrides), name, compose)


def with_changes(config: Any, changes: Mapping[str, Any]):
    """`config` with `changes` over it, as in a file that extends it, validated as a whole.

    `config` is a Config, the path of a file or the name of a shipped config, the keys of a file as a mapping, or None for
    the defaults. Raises ConfigError with everything that is wrong, TypeError for what is no config.
    """
    reader = Reader()
    above = node_of(changes, Place(Source(KEYWORDS, Path.cwd(), override=True)))
    if isinstance(config, Config):
        if not changes:
            return config
        base = node_of(config.model_dump(mode="json"), Place(Source("the config", Path.cwd(), override=True)))
        reader.problems += [problem for key in changes for problem in _fixed_when_loaded(config, key, above)]
        layers = read_arm(reader, base, above, (), ())
        return checked(sound(layers.root), type(config), layers.problems, "", complete=layers.complete)
    if config is None or isinstance(config, Mapping):
        base = node_of(config or {}, Place(Source("the config", Path.cwd(), override=True)))
        return validated(read_arm(reader, base, above, (), ()), "")
    if not isinstance(config, str | os.PathLike):
        raise TypeError(
            f"a config is a Config (from `load_config`), the path of a file, the name of a shipped config or a mapping, "
            f"not {type(config).__name__}"
        )
    path = find_config(Path(config))
    base = reader.read(path, Source(os.fspath(path), path.parent))
    return validated(read_arm(reader, base, above, (), (path.resolve(),)), os.fspath(path))


@functools.cache
def pharmacy() -> Config:
    """A config of defaults with every regimen and drug that comes with the simulator."""
    reader = Reader()
    groups: dict[str, Kind] = {"regimens": "regimen", "drugs": "drug"}
    place = Place(Source("the regimens and drugs", Path.cwd()))
    root = {
        group: Node(
            {one.name: reader.read(one.path, Source(os.fspath(one.path), one.path.parent)) for one in files}, place
        )
        for group, kind in groups.items()
        for files in [[file for file in shipped() if file.kind == kind]]
    }
    return checked(
        sound(Node(root, place)), default_schema(()), reader.problems, place.source.label, complete=reader.complete
    )


def _fixed_when_loaded(config, key: str, changes: Node) -> Iterable[Problem]:
    """Keys that only a file can have: a loaded config no longer has layers."""
    if key in ("plugins", "extends"):
        yield changes.value[key].shown.problem((key,), f"'{key}' is read with the file", "give it to `load_config`")
    elif key in PRESETS and key in config.labels:
        message = f"the config has the {key} '{config.labels[key]}' already, and what is of it cannot be told from its other values"
        yield changes.value[key].shown.problem(
            (key,), message, f"load it with another: load_config(path, ['{key}=...'])"
        )


def read_layers(path: str | os.PathLike | None, overrides: Sequence[str] = ()) -> Layers:
    """Read a config with all that it draws on, and merge it. Problems are collected, not raised."""
    reader = Reader()
    if path is None:
        source = Source("the defaults", Path.cwd())
        return merged(reader, Node({}, Place(source)), source, overrides)
    source = Source(os.fspath(path), Path(path).parent)
    return merged(reader, reader.read(Path(path), source), source, overrides)
