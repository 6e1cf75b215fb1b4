"""The cohort of a trial as one tree: the file that the trial names, and the cohort that this extends."""

import os
from dataclasses import replace
from pathlib import Path

from ..config.errors import did_you_mean, quoted
from ..config.nodes import Node, Source
from ..config.reading import Reader
from ..config.shipped import find_shipped, names_of

EXTENDS = "extends"
"""The key that names the cohort below."""
_DRAWN = ("genes", "draw")
_BY_NAME = (*_DRAWN, "correlations", "alike", "enrich")
"""Groups whose entries are taken from the cohort below one by one, each whole; `null` takes one away, and of what is no longer drawn
what the others say of it."""


def with_cohort(reader: Reader, root: Node) -> Node:
    """The tree of a trial with the cohort that it names, or whose keys it writes, in it; what was wrong is noted."""
    node = root.value.get("cohort") if isinstance(root.value, dict) else None
    if node is None:
        return root
    cohort = _named(reader, node, ("cohort",), ()) if isinstance(node.value, str) else _extended(reader, node, ())
    if cohort is None:
        reader.complete = False
        return replace(root, value={key: child for key, child in root.value.items() if key != "cohort"})
    return replace(root, value={**root.value, "cohort": replace(cohort, key=node.key)})


def _named(reader: Reader, name: Node, path: tuple[str, ...], chain: tuple[Path, ...]) -> Node | None:
    """The cohort of a file beside the one that names it, or of one that comes with crlm. `chain`: the files being read."""
    folder = name.place.source.folder
    try:
        here = [file for file in (folder / name.value, folder / f"{name.value}.yaml") if file.is_file()]
    except (OSError, ValueError):  # no file can have that name
        here = []
    file = here[0] if here else find_shipped(Path(name.value), "cohort")
    if file is None:
        hint = did_you_mean(name.value, names_of("cohort"), f"looked in {folder} and among those that come with crlm")
        reader.problems.append(name.shown.problem(path, f"there is no cohort {quoted(name.value)}", hint))
        return None
    if file.resolve() in chain:
        reader.problems.append(name.shown.problem(path, "the cohort extends itself", "remove this extends"))
        return None
    cohort = reader.read(file, Source(os.path.relpath(file), file.parent))
    return _extended(reader, cohort, (*chain, file.resolve()))


def _extended(reader: Reader, cohort: Node, chain: tuple[Path, ...]) -> Node | None:
    """A cohort over the one that it extends."""
    if not isinstance(cohort.value, dict) or EXTENDS not in cohort.value:
        return cohort
    own = {key: child for key, child in cohort.value.items() if key != EXTENDS}
    name = cohort.value[EXTENDS]
    if not isinstance(name.value, str) or not name.value:
        reader.problems.append(name.shown.problem(("cohort", EXTENDS), "expected the name of a cohort"))
        return None
    below = _named(reader, name, ("cohort", EXTENDS), chain)
    if below is None or not isinstance(below.value, dict):
        return None
    value = {**below.value, **own}
    gone = {name for group in _DRAWN for name, node in _entries(cohort, group).items() if node.value is None}
    for group in _BY_NAME:
        if group not in value or not isinstance(value[group].value, dict):
            continue
        under, over = _entries(below, group), _entries(cohort, group)
        under = {name: node for name, node in under.items() if group in _DRAWN or gone.isdisjoint(name.split("|"))}
        kept = {name: node for name, node in {**under, **over}.items() if node.value is not None}
        value[group] = replace(value[group], value=kept)
    return replace(cohort, value=value)


def _entries(cohort: Node, group: str) -> dict[str, Node]:
    """The entries of a group of a cohort; none where there is no such group."""
    node = cohort.value.get(group)
    return node.value if node is not None and isinstance(node.value, dict) else {}
