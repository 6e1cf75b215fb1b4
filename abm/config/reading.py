"""Files and texts read into trees of values that know their places; what cannot be read is noted, not raised."""

import stat
from dataclasses import dataclass, replace
from pathlib import Path

from . import errors
from .errors import Problem
from .nodes import BROKEN, Node, Place, Source, compose_nodes, position
from .shipped import shipped_configs

MAX_BYTES = 1_000_000


@dataclass(frozen=True)
class ConfigLayer:
    """Keys that are merged as one: those of a file, or of a preset.

    `kind` is 'file', 'line' or 'host'; `label` the preset's name and `place` where it was asked for.
    """

    kind: str
    node: Node
    label: str = ""
    place: Place | None = None


class Reader:
    """Reads files, each once, and keeps what was wrong with them."""

    def __init__(self):
        self.problems: list[Problem] = []
        self.files: dict[Path, Node] = {}
        self.layers: dict[tuple[Path, str], list[ConfigLayer]] = {}
        self.complete = True

    def unreadable(self, problem: Problem, source: Source) -> Node:
        """An empty mapping in place of what cannot be read, and the problem noted."""
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
            hint = errors.did_you_mean(path.name, [*configs_in(path.parent), *configs_in(shipped_configs())])
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


def configs_in(folder: Path) -> list[str]:
    """The names of the YAML files in a folder, for hints; none where it cannot be read."""
    try:
        return sorted(file.name for file in folder.iterdir() if file.suffix in (".yaml", ".yml"))
    except (OSError, ValueError):
        return []
