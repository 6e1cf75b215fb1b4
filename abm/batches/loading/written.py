"""An experiment file as it stands: its tree with the overrides, and the problems found in it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from pydantic import BaseModel

from ...config import errors
from ...config.errors import Problem, closest, quoted
from ...config.layering import Setting, read_override, set_at, settings_of
from ...config.nodes import BROKEN, Node, Source
from ...config.reading import Reader
from ...config.schema import Config
from ..experiment import ONLY_ARM


class Written:
    """What stands in an experiment file, the overrides included; what is wrong is collected in the reader.

    root : the tree of the file
    keys : what the file may say: an override of one of these changes the file, any other the config of every arm
    config_settings : those of the overrides that change the config of every arm
    problems : what was found wrong so far
    chain : the files that a config may not draw on, as they draw on it
    """

    def __init__(self, reader: Reader, root: Node, source: Source, overrides: Sequence[str], schema: type[BaseModel]):
        self.reader, self.source = reader, source
        self.keys = set(schema.model_fields)
        self.problems: list[Problem] = reader.problems
        self.chain = tuple(reader.files)
        self.config_settings: list[Setting] = []
        self.root = self._with_overrides(replace(root, value=dict(root.value)), overrides)

    def node(self, *path: str | int) -> Node | None:
        """What stands at `path`, None when nothing does."""
        node = self.root
        for part in path:
            children = (
                node.value
                if isinstance(node.value, dict)
                else dict(enumerate(node.value))
                if isinstance(node.value, list)
                else {}
            )
            if part not in children:
                return None
            node = children[part]
        return None if node.value is BROKEN else node

    def present(self, *path: str | int) -> Node:
        """What stands at `path`, where something does."""
        node = self.node(*path)
        assert node is not None
        return node

    def items(self, key: str) -> list[tuple[tuple, Node]]:
        """The entries of a list at the top, each with its path."""
        node = self.node(key)
        items = node.value if node is not None and isinstance(node.value, list) else []
        return [((key, index), item) for index, item in enumerate(items)]

    def wrong(self, path: tuple, message: str, hint: str = "") -> None:
        """Note a problem at `path`, or at the nearest above that is written."""
        node = next(node for end in range(len(path), -1, -1) if (node := self.node(*path[:end])) is not None)
        self.problems.append(node.shown.problem(path, message, hint))

    def refuse_unknown_arm(self, name: str, path: tuple, arms: Sequence[str]) -> None:
        """Note that there is no such arm, when there is none."""
        if name not in arms:
            self.wrong(path, f"there is no arm {quoted(name)}", _arms_hint(name, arms))

    def _with_overrides(self, root: Node, overrides: Sequence[str]) -> Node:
        for override in overrides:
            name = re.split(r"[.\[=]", override.strip(), maxsplit=1)[0].strip()
            near = closest(name, self.keys, errors.VERY_CLOSE)
            if near is None or name in Config.model_fields.keys() - self.keys:
                self.config_settings += settings_of(self.reader, [override])
                continue
            setting = read_override(self.reader, override)
            if setting is None:
                continue
            path, node = setting
            if path[0] == "sweep" and "parameters" in path[1:-1]:
                self.problems.append(
                    node.place.problem(
                        path, "what is swept cannot be set on the command line", "write it into the file"
                    )
                )
                continue
            if near != name:
                self.problems.append(node.place.problem((name,), "unknown key", f"did you mean {near}?"))
                continue
            arms = root.value["arms"].value if "arms" in root.value else {ONLY_ARM: None}
            if path[0] == "arms" and len(path) > 1 and isinstance(arms, dict) and path[1] not in arms:
                self.problems.append(
                    node.place.problem(path[:2], f"there is no arm {quoted(path[1])}", _arms_hint(str(path[1]), arms))
                )
                continue
            root = set_at(self.reader, root, path, node, ())
        return root


def _arms_hint(name: str, arms: Iterable[str]) -> str:
    arms = list(arms)
    return errors.did_you_mean(name, arms, f"the arms are {errors.choice(arms, 'and')}")
