"""The layers that a config is made of, each value with the place it came from, merged lowest first:

    defaults < the files under `extends`, in order < `host` preset < `line` preset < the file's own keys < `--set`

Each extended file brings its own presets with it, in the same order; when the extending file names another line (or
host), the extended file's line (host) preset is dropped and the new one stands above that file's keys. `line: null`
drops it without another. `--set line=...` counts as written in the file itself. Groups of keys merge, lists and single
values replace; `name` and `description` of a preset describe the preset and are not merged.
"""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import NoneType

from pydantic import BaseModel

from ..pharmacology import Drug, Regimen
from ..pharmacology.drug import Enhances, Slows
from . import errors
from .errors import Problem, dotted, quoted, shorten
from .nodes import BROKEN, MAX_DEPTH, Node, Place, Source, compose_nodes, to_plain
from .reading import ConfigLayer, Reader, configs_in
from .shipped import PRESETS, exists, presets, shipped_configs

MAX_FILES = 100
LAYERING_KEYS = ("extends", "line", "host")
"""Keys of the file that name other files; they do not reach the Config."""
NOT_INHERITED_FROM_PRESETS = ("name", "description")
_WHOLE: dict[str, type[BaseModel]] = {"regimen": Regimen, "drug": Drug}
"""What a config may draw from files of their own, in this order: regimens, and the drugs that these name."""
OVERRIDE_KEY = re.compile(r"[^.\[\]=\s]+(?:\.[^.\[\]=\s]+|\[[0-9]{1,6}\])*")


@dataclass
class Layers:
    """A config that is read and merged, but not validated.

    files : what was read
    complete : False when a part could not be read; then missing keys are not reported
    parts : the layers that were merged, lowest first
    """

    root: Node
    problems: list[Problem]
    files: list[Path] = field(default_factory=list)
    complete: bool = True
    parts: list[ConfigLayer] = field(default_factory=list)


Setting = tuple[tuple[str | int, ...], Node]
"""A path, and the node to put there."""


def merged(reader: Reader, root: Node, source: Source, overrides: Sequence[str]) -> Layers:
    """The file, all that it draws on, and the overrides, as one tree."""
    root = replace(root, value=dict(root.value))
    settings = _presets_set(root, settings_of(reader, overrides))
    top = next((path for path, node in reader.files.items() if node.place.source is source), None)
    layers = _layers(reader, root, (top,) if top else ())
    return _with_unknown_told(reader, _stacked(reader, layers, root.place, settings))


def read_arm(reader: Reader, base: Node, arm: Node, settings: Iterable["Setting"], chain: tuple[Path, ...]) -> Layers:
    """The config of an arm of an experiment: `base` (the name of a file, or a group of keys), `arm` over it as if it
    extended the base, and `settings` over both. `chain` is the experiment's own file."""
    arm = replace(arm, value=dict(arm.value))
    settings = _presets_set(arm, settings)
    if isinstance(base.value, dict):
        below = _layers(reader, base, chain)
    else:
        below = _named_file(reader, base, ("base",), chain, "")
    layers = _layers(reader, arm, chain, below=below)
    return _with_unknown_told(reader, _stacked(reader, layers, arm.place, settings))


def _layers(
    reader: Reader, root: Node, chain: tuple[Path, ...], within: str = "", below: Sequence[ConfigLayer] = ()
) -> list[ConfigLayer]:
    """The layers of one file, lowest first. `chain` is the files being read (to see cycles), `within` the kind of
    preset being read, `below` what the file stands on, as if it extended that first."""
    layers: list[ConfigLayer] = [*below]
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
    return [*layers, ConfigLayer("file", replace(root, value=body))]


def _entries(reader: Reader, node: Node | None, key: str) -> list[tuple[tuple[int, ...], Node]]:
    """The texts of a key that takes one or a list of them, each with its index."""
    if node is None or node.value is None or node.value is BROKEN:
        return []
    items: list[tuple[tuple[int, ...], Node]] = [((), node)]
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


def _named_file(reader: Reader, item: Node, path: tuple, chain: tuple[Path, ...], within: str) -> list[ConfigLayer]:
    """The layers of a file named under `extends`."""
    folder, shipped, name = item.place.source.folder, shipped_configs(), item.value
    names = [name] if name.endswith((".yaml", ".yml")) else [name, name + ".yaml"]
    places = [where / candidate for where in (folder, shipped) for candidate in names]
    file_path = next((place for place in places if exists(place)), None)
    if file_path is None:
        hint = errors.did_you_mean(
            Path(name).name,
            [*configs_in(folder), *configs_in(shipped)],
            f"looked in {_shown(folder)} and {_shown(shipped)}",
        )
        reader.problems.append(item.shown.problem(path, f"there is no file {quoted(name)}", hint))
        reader.complete = False
        return []
    return _file_layers(reader, item, file_path, path, chain, within)


def _file_layers(
    reader: Reader, item: Node, path_read: Path, path: tuple, chain: tuple[Path, ...], within: str
) -> list[ConfigLayer]:
    resolved = path_read.resolve()
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
    source = Source(_shown(path_read), path_read.parent)
    if (resolved, within) not in reader.layers:  # a file drawn upon in many ways is resolved once
        node = reader.read(path_read, source)
        reader.layers[resolved, within] = _layers(reader, node, (*chain, resolved), within)
    return reader.layers[resolved, within]


def _shown(path: Path) -> str:
    """A path as errors show it: relative when that is short."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive
        return str(path)
    return str(path) if relative.startswith("..") else relative


def _preset(reader: Reader, node: Node, kind: str, chain: tuple[Path, ...]) -> list[ConfigLayer]:
    """The layers of `line: mc38`: a shipped preset by name, or the user's own by its path."""
    name = node.value
    if name.endswith((".yaml", ".yml")):
        file, label = node.place.source.folder / name, Path(name).stem
    else:
        file, label = shipped_configs() / PRESETS[kind] / f"{name}.yaml", name
        if not re.fullmatch(r"[\w-]+", name):
            file = Path()
    if not exists(file):
        hint = errors.did_you_mean(name, presets(kind), _preset_hint(kind))
        reader.problems.append(node.shown.problem((kind,), f"there is no {kind} preset {quoted(name)}", hint))
        reader.complete = False
        return []
    layers = _file_layers(reader, node, file, (kind,), chain, kind)
    return [ConfigLayer(kind, layer.node, label, node.key or node.place) for layer in layers]


def _preset_hint(kind: str) -> str:
    names = presets(kind)
    return "there is " + errors.choice([f"'{name}'" for name in names], "and") if names else ""


def _stacked(reader: Reader, layers: list[ConfigLayer], place: Place, settings: Sequence[Setting]) -> Layers:
    """The layers, lowest first, and the settings, as one tree."""
    tree = Node({}, place)
    labels: dict[str, Node] = {}
    for layer in layers:
        tree = _merge(tree, layer.node, ())
        if layer.kind in PRESETS:
            labels[layer.kind] = Node(layer.label, layer.place or layer.node.place)
    tree = replace(tree, place=place)
    if labels:
        written = tree.value.get("labels")
        kept = written.value if written and isinstance(written.value, dict) else {}
        above = next(iter(labels.values())).place
        tree.value["labels"] = Node({**kept, **labels}, above, key=above)
    tree = _with_drugs(reader, tree)
    for path, node in settings:
        tree = set_at(reader, tree, path, node, ())
    if settings:  # which may be of drugs, or name others
        tree = _with_drugs(reader, tree)
    return Layers(tree, reader.problems, list(reader.files), reader.complete, layers)


def _with_drugs(reader: Reader, tree: Node) -> Node:
    """The tree with the regimens that its therapies name, and the drugs that these name, below what it says of them itself.

    They are looked for in files of the folders `regimens` and `drugs` beside the file that names them, and among those that come
    with the simulator. What the tree says in full, as a resolved config does, needs no file.
    """
    for kind in _WHOLE:
        for _, named in _named(tree, kind):
            tree = _with_file(reader, tree, kind, named)
    return tree


def _named(tree: Node, kind: str) -> list[tuple[tuple[str | int, ...], Node]]:
    """The regimens that therapies name, or the drugs that regimens and interventions name: the keys that hold their names, each with
    its path."""
    entries: list[tuple[tuple[str | int, ...], Node]]
    if kind == "regimen":
        entries = [(("interventions", n, "therapy"), entry) for n, entry in enumerate(_items(tree, "interventions"))]
    else:
        entries = [
            (("regimens", name, "doses", n, "drug"), given)
            for name, regimen in _group(tree, "regimens").items()
            for n, given in enumerate(_items(regimen, "doses"))
        ]
        entries += [(("interventions", n, "drug"), entry) for n, entry in enumerate(_items(tree, "interventions"))]
    found = [(path, _child(entry, str(path[-1]))) for path, entry in entries]
    return [(path, node) for path, node in found if node is not None and isinstance(node.value, str)]


def _acted_on(tree: Node) -> Iterator[tuple[tuple[str | int, ...], Node]]:
    """The drugs on which acts of others say that they act, each with its path: they need not be given."""
    for name, drug in _group(tree, "drugs").items():
        for n, act in enumerate(_items(drug, "acts")):
            for kind in (Enhances.kind, Slows.kind):
                other = _child(act, kind)
                if other is not None and isinstance(other.value, str):
                    yield ("drugs", name, "acts", n, kind), other


def _child(node: Node, key: str) -> Node | None:
    return node.value.get(key) if isinstance(node.value, dict) else None


def _items(node: Node, key: str) -> list[Node]:
    """The entries of the list under a key; none where there is no list."""
    child = _child(node, key)
    return child.value if child is not None and isinstance(child.value, list) else []


def _group(node: Node, key: str) -> dict[str, Node]:
    """The keys of the group under a key; none where there is no group."""
    child = _child(node, key)
    return child.value if child is not None and isinstance(child.value, dict) else {}


def _with_file(reader: Reader, tree: Node, kind: str, named: Node) -> Node:
    """The tree with the file of one regimen or drug, if there is one, below what stands under its name already."""
    group, above = f"{kind}s", _child(tree, f"{kind}s")
    if not re.fullmatch(r"[\w-]+", named.value) or (above is not None and not isinstance(above.value, dict | NoneType)):
        return tree
    known = _group(tree, group)
    own = known.get(named.value)
    if own is not None and isinstance(own.value, dict) and set(own.value) >= set(_WHOLE[kind].model_fields):
        return tree
    files = (folder / f"{named.value}.yaml" for folder in _folders(group, named))
    file = next(filter(exists, files), None)
    if file is None:
        return tree
    below = reader.read(file, Source(_shown(file), file.parent))
    whole = below if own is None else _merge(below, own, (group, named.value))
    place = named.place if above is None else above.place
    return replace(tree, value={**tree.value, group: Node({**known, named.value: whole}, place)})


def _folders(group: str, named: Node) -> list[Path]:
    """Where the file of what is named may be."""
    folder = named.place.source.folder
    return [where / group for where in (folder, folder.parent, shipped_configs())]


def _with_unknown_told(reader: Reader, layers: Layers) -> Layers:
    """The layers, with a problem for each regimen and drug that is named and is nowhere."""
    for kind in _WHOLE:
        group = f"{kind}s"
        known = {name for name, node in _group(layers.root, group).items() if node.value is not None}
        for path, named in [*_named(layers.root, kind), *(_acted_on(layers.root) if kind == "drug" else ())]:
            files = {Path(file).stem for folder in _folders(group, named) for file in configs_in(folder)}
            if named.value in known | files:
                continue
            meant = sorted(known | files)
            hint = errors.did_you_mean(Path(named.value).stem, meant, f"crlm {group} lists those that there are")
            reader.problems.append(named.shown.problem(path, f"there is no {kind} {quoted(named.value)}", hint))
    return layers


def _merge(low: Node, high: Node, path: tuple[str | int, ...]) -> Node:
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
    path = path_of(key)
    node = compose_nodes(text.strip(), source, reader.problems)
    if node is None:
        node = Node(None, place)
    if node.value is BROKEN:
        return None
    return path, replace(node, key=place)


def _presets_set(root: Node, settings: Iterable[Setting]) -> list[Setting]:
    """The settings without those that choose a preset: these are written into `root`."""
    rest = []
    for path, node in settings:
        if path[0] in PRESETS:
            root.value[path[0]] = node
        else:
            rest.append((path, node))
    return rest


def path_of(key: str) -> tuple[str | int, ...]:
    """'rules.arrival.doses[0].share' as a path."""
    return tuple(int(part) if part.isdigit() else part for part in re.split(r"[.\[]", key.replace("]", "")))


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
