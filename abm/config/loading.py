"""From a YAML file to a validated `Config`, with every mistake placed at its line and column.

Every value keeps the place it came from while layers are merged, lowest first:

    defaults < the files under `extends`, in order < `host` preset < `line` preset < the file's own keys < `--set`

Each extended file brings its own presets with it, in the same order; when the extending file names another line (or
host), the extended file's line (host) preset is dropped and the new one stands above that file's keys. `line: null`
drops it without another. `--set line=...` counts as written in the file itself. Groups of keys merge, lists and single
values replace; `name` and `description` of a preset describe the preset and are not merged.
"""

import math
import os
import re
import stat
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from . import errors
from .errors import ConfigError, Problem, dotted, quoted, shorten
from .nodes import BROKEN, MAX_DEPTH, Node, Place, Source, compose_nodes, position

MAX_BYTES = 1_000_000
MAX_FILES = 100
MAX_PROBLEMS = 200

LAYERING_KEYS = ("extends", "line", "host")
"""Keys of the file that name other files; they do not reach the Config."""
PRESETS = {"host": "hosts", "line": "lines"}
"""The presets, in the order in which they are merged, and their folders among the shipped configs."""
NOT_INHERITED_FROM_PRESETS = ("name", "description")

NEED_THE_WHOLE = ("missing", "value_error", "assertion_error")
"""pydantic's errors that may come from a part of the config that could not be read."""
KEYWORDS = "LiverModel(...)"
"""How errors name what was given as keywords, in Python."""

OVERRIDE_KEY = re.compile(r"[^.\[\]=\s]+(?:\.[^.\[\]=\s]+|\[[0-9]{1,6}\])*")


@dataclass
class Layers:
    """A config as read, merged, not yet validated. `files` lists what was read; `complete` is False when a part could
    not be read, so that nothing can be said about keys that are missing. `parts` is what was merged, lowest first."""

    root: Node
    problems: list[Problem]
    files: list[Path] = field(default_factory=list)
    complete: bool = True
    parts: "list[Layer]" = field(default_factory=list)


def shipped_configs() -> Path:
    """The folder of the configs and presets that come with the simulator."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "configs"
    return installed if installed.is_dir() else package.parent / "configs"


def find_config(path: Path) -> Path:
    """The file at `path`; where there is none, the shipped config that it names: `quickstart`, `quickstart.yaml` or, as
    from a checkout, `configs/quickstart.yaml`. `path` again when there is neither."""
    if _exists(path) or path.is_absolute() or ".." in path.parts:
        return path
    name = Path(*path.parts[path.parts[:1] == ("configs",) :])
    for candidate in (name, Path(f"{name}.yaml")):
        if _exists(shipped_configs() / candidate) and candidate.parts[0] not in PRESETS.values():
            return shipped_configs() / candidate
    return path


def presets(kind: str) -> list[str]:
    """The names that `line` or `host` accept."""
    return sorted(file.stem for file in (shipped_configs() / PRESETS[kind]).glob("*.yaml"))


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


def with_changes(config: Any, changes: Mapping[str, Any]):
    """`config` with `changes` over it, as in a file that extends it, validated as a whole.

    `config` is a Config, the path of a file or the name of a shipped config, the keys of a file as a mapping, or None for
    the defaults. Raises ConfigError with everything that is wrong, TypeError for what is no config.
    """
    from .schema import Config

    reader = Reader()
    above = _node_of(changes, Place(Source(KEYWORDS, Path.cwd(), override=True)))
    if isinstance(config, Config):
        if not changes:
            return config
        base = _node_of(config.model_dump(mode="json"), Place(Source("the config", Path.cwd(), override=True)))
        reader.problems += [problem for key in changes for problem in _fixed_when_loaded(config, key, above)]
        layers = read_arm(reader, base, above, (), ())
        return checked(sound(layers.root), type(config), layers.problems, "", complete=layers.complete)
    if config is None or isinstance(config, Mapping):
        base = _node_of(config or {}, Place(Source("the config", Path.cwd(), override=True)))
        return validated(read_arm(reader, base, above, (), ()), "")
    if not isinstance(config, str | os.PathLike):
        raise TypeError(
            f"a config is a Config (from `load_config`), the path of a file, the name of a shipped config or a mapping, "
            f"not {type(config).__name__}"
        )
    path = find_config(Path(config))
    base = reader.read(path, Source(os.fspath(path), path.parent))
    return validated(read_arm(reader, base, above, (), (path.resolve(),)), os.fspath(path))


def _fixed_when_loaded(config, key: str, changes: Node) -> Iterable[Problem]:
    """What can be said of a file only, of whose layers a loaded config knows nothing any more."""
    if key in ("plugins", "extends"):
        yield changes.value[key].shown.problem((key,), f"'{key}' is read with the file", "give it to `load_config`")
    elif key in PRESETS and key in config.labels:
        message = f"the config has the {key} '{config.labels[key]}' already, and what is of it cannot be told from its other values"
        yield changes.value[key].shown.problem(
            (key,), message, f"load it with another: load_config(path, ['{key}=...'])"
        )


def _node_of(value: Any, place: Place) -> Node:
    """Plain data as the tree that a file would give."""
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return Node({str(key): _node_of(item, place) for key, item in value.items()}, place, key=place)
    if isinstance(value, list | tuple | set | frozenset):
        return Node([_node_of(item, place) for item in value], place, key=place)
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    return Node(value.item() if hasattr(value, "item") else value, place, key=place)  # numpy's numbers


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
    return validated(_merged(reader, reader.compose(text, source), source, overrides), name, compose)


def read_layers(path: str | os.PathLike | None, overrides: Sequence[str] = ()) -> Layers:
    """Read a config with all that it draws on, and merge it. Problems are collected, not raised."""
    reader = Reader()
    if path is None:
        source = Source("the defaults", Path.cwd())
        return _merged(reader, Node({}, Place(source)), source, overrides)
    source = Source(os.fspath(path), Path(path).parent)
    return _merged(reader, reader.read(Path(path), source), source, overrides)


# --- Reading files ----------------------------------------------------------------------------------------------------


class Reader:
    """Reads files, each once, and keeps what was wrong with them."""

    def __init__(self):
        self.problems: list[Problem] = []
        self.files: dict[Path, Node] = {}
        self.layers: dict[tuple[Path, str], list[Layer]] = {}
        self.complete = True

    def unreadable(self, problem: Problem, source: Source) -> Node:
        self.problems.append(problem)
        self.complete = False
        return Node({}, Place(source))

    def read(self, path: Path, source: Source) -> Node:
        """The root mapping of a file; an empty one, and a problem, when it cannot be read."""
        try:
            key = path.resolve()
            if key in self.files:
                return self.files[key]
            status = path.stat()
            if stat.S_ISDIR(status.st_mode):
                return self.unreadable(Problem(source.label, None, None, "", "this is a folder, not a config"), source)
            if not stat.S_ISREG(status.st_mode):
                return self.unreadable(Problem(source.label, None, None, "", "this is not an ordinary file"), source)
            with path.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except FileNotFoundError:
            hint = errors.did_you_mean(path.name, [*_configs_in(path.parent), *_configs_in(shipped_configs())])
            return self.unreadable(Problem(source.label, None, None, "", "there is no such file", hint), source)
        except (OSError, ValueError, RuntimeError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            message = f"the file cannot be read: {reason}"
            return self.unreadable(Problem(source.label, None, None, "", message), source)
        if len(data) > MAX_BYTES:
            message = f"the file is larger than {MAX_BYTES // 1_000_000} MB; this is not a config"
            return self.unreadable(Problem(source.label, None, None, "", message), source)
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            before = data[: error.start].decode("utf-8")
            place = Place(source, *position(before, len(before)))
            message = f"the file is not text in UTF-8 (byte 0x{data[error.start]:02x})"
            return self.unreadable(place.problem((), message, "save it as UTF-8 in your editor"), source)
        node = self.files[key] = self.compose(text, source)
        return node

    def compose(self, text: str, source: Source) -> Node:
        """The root mapping of a text; an empty one, and a problem, when it has none."""
        if len(text) > MAX_BYTES:
            message = f"the text is larger than {MAX_BYTES // 1_000_000} MB; this is not a config"
            return self.unreadable(Problem(source.label, None, None, "", message), source)
        root = compose_nodes(text, source, self.problems)
        if root is None:
            return Node({}, Place(source))
        if root.value is None:
            return replace(root, value={})
        if root.value is BROKEN:
            self.complete = False
            return replace(root, value={})
        if not isinstance(root.value, dict):
            return self.unreadable(root.place.problem((), "a config is a group of 'key: value' lines"), source)
        return root


# --- Files that a file draws on ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Layer:
    """`kind` is 'file', 'line' or 'host'; `label` the preset's name and `place` where it was asked for."""

    kind: str
    node: Node
    label: str = ""
    place: Place | None = None


def _configs_in(folder: Path) -> list[str]:
    try:
        return sorted(file.name for file in folder.iterdir() if file.suffix in (".yaml", ".yml"))
    except (OSError, ValueError):
        return []


def _shown(path: Path) -> str:
    """A path as errors show it: relative when that is short."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive
        return str(path)
    return str(path) if relative.startswith("..") else relative


def _layers(
    reader: Reader, root: Node, chain: tuple[Path, ...], within: str = "", below: Sequence[Layer] = ()
) -> list[Layer]:
    """The layers of one file, lowest first. `chain` is the files being read (to see cycles), `within` the kind of
    preset being read, `below` what the file stands on, as if it extended that first."""
    layers: list[Layer] = [*below]
    for index, item in _entries(reader, root.value.get("extends"), "extends"):
        layers += _named_file(reader, item, ("extends", *index), chain, within)
        if len(layers) > MAX_FILES:
            place = item.shown
            reader.problems.append(place.problem(("extends",), f"more than {MAX_FILES} files are drawn upon"))
            reader.complete = False
            return layers[:MAX_FILES]
    for kind in PRESETS:
        if kind not in root.value:
            continue
        node = root.value[kind]
        if within:
            message = f"a preset cannot name a {kind}; only a config can"
            reader.problems.append((node.key or node.place).problem((kind,), message))
            continue
        layers = [layer for layer in layers if layer.kind != kind]
        if node.value is None or node.value is BROKEN:
            continue
        if not isinstance(node.value, str):
            message = f"expected the name of a preset, got {quoted(to_plain(node))}"
            reader.problems.append(node.shown.problem((kind,), message, _preset_hint(kind)))
            continue
        layers += _preset(reader, node, kind, chain)
    body = {
        key: child
        for key, child in root.value.items()
        if key not in LAYERING_KEYS and not (within and key in NOT_INHERITED_FROM_PRESETS)
    }
    return [*layers, Layer("file", replace(root, value=body))]


def _entries(reader: Reader, node: Node | None, key: str) -> list[tuple[tuple[int, ...], Node]]:
    """The texts of a key that takes one or a list of them, each with its index."""
    if node is None or node.value is None or node.value is BROKEN:
        return []
    items = [((), node)]
    if isinstance(node.value, list):
        items = [((index,), item) for index, item in enumerate(node.value)]
    if len(items) > MAX_FILES:
        reader.problems.append(node.shown.problem((key,), f"more than {MAX_FILES} files are named here"))
        reader.complete = False
        return []
    good = []
    for index, item in items:
        if isinstance(item.value, str) and item.value:
            good.append((index, item))
        elif item.value is not BROKEN:
            message = f"expected the name of a file, got {quoted(to_plain(item))}"
            reader.problems.append(item.shown.problem((key, *index), message))
    return good


def _exists(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _named_file(reader: Reader, item: Node, path: tuple, chain: tuple[Path, ...], within: str) -> list[Layer]:
    """The layers of a file named under `extends`."""
    folder, shipped, name = item.place.source.folder, shipped_configs(), item.value
    names = [name] if name.endswith((".yaml", ".yml")) else [name, name + ".yaml"]
    places = [where / candidate for where in (folder, shipped) for candidate in names]
    found = next((place for place in places if _exists(place)), None)
    if found is None:
        hint = errors.did_you_mean(
            Path(name).name,
            [*_configs_in(folder), *_configs_in(shipped)],
            f"looked in {_shown(folder)} and {_shown(shipped)}",
        )
        reader.problems.append(item.shown.problem(path, f"there is no file {quoted(name)}", hint))
        reader.complete = False
        return []
    return _file_layers(reader, item, found, path, chain, within)


def _file_layers(
    reader: Reader, item: Node, found: Path, path: tuple, chain: tuple[Path, ...], within: str
) -> list[Layer]:
    resolved = found.resolve()
    if resolved in chain:
        names = [file.name for file in (*chain[chain.index(resolved) :], resolved)]
        message = "the file extends itself" if len(names) == 2 else f"the files extend each other: {' -> '.join(names)}"
        reader.problems.append(item.shown.problem(path, message, "remove one of these extends"))
        reader.complete = False
        return []
    if len(chain) >= MAX_DEPTH:
        reader.problems.append(item.shown.problem(path, f"files extend each other more than {MAX_DEPTH} deep"))
        reader.complete = False
        return []
    if resolved not in reader.files and len(reader.files) >= MAX_FILES:
        reader.problems.append(item.shown.problem(path, f"more than {MAX_FILES} files are drawn upon"))
        reader.complete = False
        return []
    source = Source(_shown(found), found.parent)
    if (resolved, within) not in reader.layers:  # a file drawn upon in many ways is resolved once
        node = reader.read(found, source)
        reader.layers[resolved, within] = _layers(reader, node, (*chain, resolved), within)
    return reader.layers[resolved, within]


def _preset_hint(kind: str) -> str:
    names = presets(kind)
    return "there is " + errors.choice([f"'{name}'" for name in names], "and") if names else ""


def _preset(reader: Reader, node: Node, kind: str, chain: tuple[Path, ...]) -> list[Layer]:
    """The layers of `line: mc38`: a shipped preset by name, or the user's own by its path."""
    name = node.value
    if name.endswith((".yaml", ".yml")):
        found, label = node.place.source.folder / name, Path(name).stem
    else:
        found, label = shipped_configs() / PRESETS[kind] / f"{name}.yaml", name
        if not re.fullmatch(r"[\w-]+", name):
            found = Path()
    if not _exists(found):
        hint = errors.did_you_mean(name, presets(kind), _preset_hint(kind))
        reader.problems.append(node.shown.problem((kind,), f"there is no {kind} preset {quoted(name)}", hint))
        reader.complete = False
        return []
    layers = _file_layers(reader, node, found, (kind,), chain, kind)
    return [Layer(kind, layer.node, label, node.key or node.place) for layer in layers]


# --- Merging ----------------------------------------------------------------------------------------------------------


def _merged(reader: Reader, root: Node, source: Source, overrides: Sequence[str]) -> Layers:
    """The file, all that it draws on, and the overrides, as one tree."""
    root = replace(root, value=dict(root.value))
    settings = _presets_set(root, settings_of(reader, overrides))
    top = next((path for path, node in reader.files.items() if node.place.source is source), None)
    return _stacked(reader, _layers(reader, root, (top,) if top else ()), root.place, settings)


def read_arm(reader: Reader, base: Node, arm: Node, settings: Iterable["Setting"], chain: tuple[Path, ...]) -> Layers:
    """The config of an arm of an experiment: `base` (the name of a file, or a group of keys), `arm` over it as if it
    extended the base, and `settings` over both. `chain` is the experiment's own file."""
    arm = replace(arm, value=dict(arm.value))
    settings = _presets_set(arm, settings)
    if isinstance(base.value, dict):
        below = _layers(reader, base, chain)
    else:
        below = _named_file(reader, base, ("base",), chain, "")
    return _stacked(reader, _layers(reader, arm, chain, below=below), arm.place, settings)


Setting = tuple[tuple[str | int, ...], Node]
"""A path and what shall stand there."""


def settings_of(reader: Reader, overrides: Iterable[str]) -> list[Setting]:
    """The overrides that can be read and may be given on the command line."""
    settings = []
    for override in overrides:
        setting = read_override(reader, override)
        if setting is None:
            continue
        path, node = setting
        if path[0] in LAYERING_KEYS and not (path[0] in PRESETS and len(path) == 1):
            message = f"'{path[0]}' cannot be set on the command line" if path[0] == "extends" else "unknown key"
            reader.problems.append(node.place.problem(path, message, "write it into the file"))
        else:
            settings.append(setting)
    return settings


def _presets_set(root: Node, settings: Iterable[Setting]) -> list[Setting]:
    """The settings without those of presets, which count as if `root` named them."""
    rest = []
    for path, node in settings:
        if path[0] in PRESETS:
            root.value[path[0]] = node
        else:
            rest.append((path, node))
    return rest


def _stacked(reader: Reader, layers: list[Layer], place: Place, settings: Iterable[Setting]) -> Layers:
    """The layers, lowest first, and the settings, as one tree."""
    tree = Node({}, place)
    labels: dict[str, Node] = {}
    for layer in layers:
        tree = _merge(tree, layer.node, ())
        if layer.kind in PRESETS:
            labels[layer.kind] = Node(layer.label, layer.place)
    tree = replace(tree, place=place)
    if labels:
        written = tree.value.get("labels")
        kept = written.value if written and isinstance(written.value, dict) else {}
        above = next(iter(labels.values())).place
        tree.value["labels"] = Node({**kept, **labels}, above, key=above)
    for path, node in settings:
        tree = set_at(reader, tree, path, node, ())
    return Layers(tree, reader.problems, list(reader.files), reader.complete, layers)


def _merge(low: Node, high: Node, path: tuple[str, ...]) -> Node:
    """`high` over `low`: groups of keys merge, everything else replaces; an empty group (`rules:`) changes nothing."""
    if high.value is None and isinstance(low.value, dict):
        return low
    if _is_rule(path):
        low, high = _switch_as_group(low, high)
    if not (isinstance(low.value, dict) and isinstance(high.value, dict)):
        return high
    value = dict(low.value)
    for key, node in high.value.items():
        value[key] = _merge(value[key], node, (*path, key)) if key in value else node
    return replace(high, value=value)


def _is_rule(path: tuple[str | int, ...]) -> bool:
    return len(path) == 2 and path[0] == "rules"


def _switch_as_group(low: Node, high: Node) -> tuple[Node, Node]:
    """`off` beside a group of keys means its `enabled`: a rule switched off below stays off when a rate is set above,
    and a rule switched off above keeps its rates."""
    if _is_switch(low) and isinstance(high.value, dict):
        return _as_group(low), high
    if isinstance(low.value, dict) and _is_switch(high):
        return low, _as_group(high)
    return low, high


def _is_switch(node: Node) -> bool:
    return isinstance(node.value, bool) or (isinstance(node.value, str) and node.value.lower() in ("on", "off"))


def _as_group(node: Node) -> Node:
    return replace(node, value={"enabled": Node(node.value, node.place, key=node.key)})


def read_override(reader: Reader, override: str) -> tuple[tuple[str | int, ...], Node] | None:
    """`rules.phagocytosis.rate=0.2 /h` as a path and a node."""
    source = Source(f"--set {shorten(override, 100)}", Path.cwd(), override=True)
    place = Place(source)
    key, equals, text = override.partition("=")
    key = key.strip()
    if not equals or not OVERRIDE_KEY.fullmatch(key):
        reader.problems.append(
            place.problem((), "expected key.path=value", "e.g. --set 'rules.phagocytosis.rate=0.2 /h'")
        )
        return None
    path = tuple(int(part) if part.isdigit() else part for part in re.split(r"[.\[]", key.replace("]", "")))
    node = compose_nodes(text.strip(), source, reader.problems)
    if node is None:
        node = Node(None, place)
    if node.value is BROKEN:
        return None
    return path, replace(node, key=place)


def set_at(reader: Reader, tree: Node, path: tuple[str | int, ...], node: Node, above: tuple[str | int, ...]) -> Node:
    """A copy of `tree` in which `node` stands at `path`; groups merge."""
    if not path:
        return _merge(tree, node, above)
    key, here = path[0], (*above, path[0])
    if isinstance(tree.value, list):
        if not isinstance(key, int) or key >= len(tree.value):
            count = len(tree.value)
            message = f"{dotted(above)} is a list of {count} {'entry' if count == 1 else 'entries'}"
            hint = f"name one by its number, {dotted((*above, 0))} is the first" if count else ""
            reader.problems.append(node.place.problem(here, message, hint))
            return tree
        items = list(tree.value)
        items[key] = set_at(reader, items[key], path[1:], node, here)
        return replace(tree, value=items)
    if _is_rule(above) and _is_switch(tree):
        tree = _as_group(tree)
    key = str(key)
    value = dict(tree.value) if isinstance(tree.value, dict) else {}
    value[key] = set_at(reader, value.get(key, Node(None, node.place, key=node.key)), path[1:], node, here)
    return replace(tree, value=value) if isinstance(tree.value, dict) else Node(value, node.place, key=node.key)


# --- Validating -------------------------------------------------------------------------------------------------------


def sound(node: Node) -> Node:
    """The tree without the values about which a problem was reported already."""
    if isinstance(node.value, dict):
        return replace(node, value={key: sound(item) for key, item in node.value.items() if item.value is not BROKEN})
    if isinstance(node.value, list):
        return replace(node, value=[sound(item) for item in node.value if item.value is not BROKEN])
    return node


def to_plain(node: Node) -> Any:
    if isinstance(node.value, dict):
        return {key: to_plain(item) for key, item in node.value.items()}
    if isinstance(node.value, list):
        return [to_plain(item) for item in node.value]
    return None if node.value is BROKEN else node.value


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


def validated(layers: Layers, name: str, compose: Callable | None = None):
    """The Config of merged layers. Raises ConfigError."""
    if compose is None:
        from .schema import compose
    problems = list(layers.problems)
    root = sound(layers.root)
    config_class, plugins_sound = _with_plugins(root, compose, problems)
    return checked(root, config_class, problems, name, complete=layers.complete, plugins_sound=plugins_sound)


def schema_of(layers: Layers, compose: Callable | None = None) -> tuple[type[BaseModel], Any]:
    """The class that validates merged layers, and their values as plain data."""
    if compose is None:
        from .schema import compose
    root = sound(layers.root)
    config_class, _ = _with_plugins(root, compose, [])
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
    document = without_empty_groups(to_plain(root), [schema])
    try:
        config = schema.model_validate(document)
    except ValidationError as error:
        found = error.errors(include_url=False)
        if not complete:
            found = [
                one
                for one in found
                if one["type"] not in NEED_THE_WHOLE
                and not (errors.is_custom(one["type"]) and isinstance(one["input"], Mapping | BaseModel))
            ]
        reported = {problem.path for problem in problems}
        problems += problems_of(found[:MAX_PROBLEMS], root, schema, document, reported, plugins_sound, extra_keys)
        raise ConfigError(problems, name, more=max(0, len(found) - MAX_PROBLEMS)) from None
    for path in _not_finite(config):
        path, _, node = _locate(root, path, schema, document)
        problems.append(node.shown.problem(path, f"the number {quoted(to_plain(node))} is too large"))
    if problems:
        raise ConfigError(problems, name)
    return config


def _with_plugins(root: Node, compose: Callable, problems: list[Problem]) -> tuple[type[BaseModel], bool]:
    """The class to validate with, and whether all plugins could be loaded. Paths under `plugins` become absolute."""
    node = root.value.get("plugins")
    if node is None:
        return compose(()), True
    if isinstance(node.value, str):
        node = root.value["plugins"] = replace(node, value=[node])
    if not isinstance(node.value, list):
        return compose(()), True
    from . import plugins  # the rules bring numba with them, which reading a file does not need

    known, files = [rule.name for rule in compose(()).rule_classes], {}
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
            rules = plugins.load_rules(path)
            for rule in rules:
                plugins.check_names(rule, known)
                known.append(rule.name)
        except (
            plugins.PluginError,
            RuntimeError,
            ValueError,
        ) as error:  # ~nobody has no home folder; a path may hold a null
            problems.append(item.shown.problem(("plugins", index), f"{quoted(item.value)}: {error}"))
            sound = False
            continue
        node.value[index] = replace(item, value=str(path.resolve()))
        loaded += rules
    return compose(tuple(loaded)), sound


def _locate(
    root: Node, location: Sequence[str | int], config_class: type[BaseModel], document: Any
) -> tuple[tuple[str | int, ...], list[Any], Node]:
    """The document's path for one of pydantic's locations, the annotations of what may stand there, and the node there
    or the nearest above. Parts that are neither in the document nor in the schema (a union's tags) are left out."""
    node, path, annotations, value = root, (), [config_class], document
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
    found: Sequence[Mapping[str, Any]],
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
    for error in found:
        path, annotations, node = _locate(root, error["loc"], config_class, document)
        unknown = error["type"] in ("extra_forbidden", "unexpected_keyword_argument")
        branch = "" if not unknown else "unknown"
        placed.setdefault((path, branch), []).append((error, annotations, node))
    problems = []
    for (path, branch), errors_here in placed.items():
        error, annotations, node = errors_here[0]
        if dotted(path) in reported and error["type"] == "missing":
            continue  # it is there, and was left out because it cannot be read
        override = node.place.source.override
        if branch == "unknown":
            maybe_plugin = len(path) > 1 and path[0] == "rules" and not plugins_sound
            message, hint = errors.unknown_key(config_class, path, document, extra_keys, whole=override)
            if maybe_plugin and len(path) == 2 and not hint.startswith("did you mean"):
                continue  # it may belong to the rule that could not be loaded
            problems.append((node.key or node.place).problem(path, message, hint))
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
    said = next((one for one in errors_here if one["type"] == "quantity"), None)
    value = errors_here[0].get("input")
    if said and isinstance(value, str) and value[:1] in "+-.0123456789":
        return node.shown.problem(path, *errors.in_words(said, wanted))
    if value is None:
        return node.shown.problem(path, "no value is given", f"expected {wanted}")
    spoken = next((one for one in errors_here if one["type"] in ("value_error", "assertion_error")), None)
    if spoken:
        return node.shown.problem(path, *errors.in_words(spoken, wanted))
    return node.shown.problem(path, f"expected {wanted}, got {quoted(value)}")


def _not_finite(value: Any, path: tuple[str | int, ...] = ()) -> Iterable[tuple[str | int, ...]]:
    """The paths of the numbers in a config that are infinite or not numbers."""
    if isinstance(value, BaseModel):
        for name, about in type(value).model_fields.items():
            yield from _not_finite(getattr(value, name), (*path, about.alias or name))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _not_finite(item, (*path, key))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _not_finite(item, (*path, index))
    elif isinstance(value, float) and not math.isfinite(value):
        yield path
