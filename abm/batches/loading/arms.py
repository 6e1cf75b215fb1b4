"""The arms of an experiment and their configs."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ...config.errors import ConfigError, Problem, dotted, quoted
from ...config.layering import Layers, Setting, path_of, read_arm, set_at
from ...config.nodes import BROKEN, Node, to_plain
from ...config.validating import validated
from ..expectation import own_parameters
from ..experiment import ONLY_ARM, Point
from .written import Written

ENOUGH_PROBLEMS = 50
"""Found in the configs of some sweep points, after which the others are not looked at."""
OWN_SEED = "replicates have seeds of their own: write seed, that of the first, at the top of the experiment"
_BASE = "the name of a config, such as mouse_splenic_injection.yaml, or a group of keys"
_ARM = re.compile(r"[^\W_][\w+.-]{0,79}")


class Arms:
    """The arms of an experiment: their names, their own keys, and the configs that they and a sweep make.

    published : their configs may not set parameters that are no part of the published system
    defaults : key path -> value, instead of the declared defaults
    """

    def __init__(self, written: Written, published: bool, defaults: Point):
        self.written, self.published, self.defaults = written, published, defaults
        self.keys = self._own_keys()

    @property
    def names(self) -> list[str]:
        return list(self.keys)

    def configs(self, points: Sequence[Point], settings: Sequence[Sequence[Setting]]) -> dict[tuple[str, int], Any]:
        """The config of every arm and point."""
        base, arms = self.base(), self.keys
        if base is None:
            return {}
        configs: dict[tuple[str, int], Any] = {}
        found: dict[Problem, Problem] = {}
        for number in range(len(points)):
            for name, arm in arms.items():
                before = len(self.written.problems)
                layers = self.layers(base, arm, settings[number])
                said, self.written.problems[before:] = self.written.problems[before:], []
                try:
                    configs[name, number] = validated(replace(layers, problems=said), self.written.source.label)
                except ConfigError as error:
                    for problem in error.problems:
                        found.setdefault(problem, self._in_full(problem, {("arms", name): arm, ("base",): base}))
            if len(found) >= ENOUGH_PROBLEMS:
                break
        self.written.problems += found.values()
        if not found:
            self._refuse_twins(arms, configs)
        return configs

    def control(self) -> str:
        """The arm that the others are compared with, by default the first."""
        arms = self.names
        node = self.written.node("control")
        if node is None or not isinstance(node.value, str):
            return arms[0] if arms else ""
        self.written.refuse_unknown_arm(node.value, ("control",), arms)
        return node.value

    def base(self) -> Node | None:
        """The base that the arms change: the name of a file or a group of keys; None, and a problem, without one."""
        node = self.written.node("base")
        if node is not None and isinstance(node.value, dict):
            return self._without_seed(node, ("base",))
        if node is not None and isinstance(node.value, str) and node.value:
            return node
        if "base" not in self.written.root.value and self.written.reader.complete:
            self.written.wrong(("base",), "the key 'base' is missing", f"expected {_BASE}")
        elif node is not None:
            self.written.wrong(("base",), f"expected {_BASE}, got {quoted(node.value or None)}")
        return None

    def layers(self, base: Node, arm: Node, settings: Sequence[Setting] = ()) -> Layers:
        """The config of an arm, merged but not validated."""
        layers = read_arm(
            self.written.reader, base, arm, [*self.written.config_settings, *settings], self.written.chain
        )
        if self.published:
            self.written.problems += own_parameters(layers)
        root = layers.root
        for key, value in self.defaults.items():
            if not is_written(root, path_of(key)):
                root = set_at(self.written.reader, root, path_of(key), Node(value, root.place), ())
        return replace(layers, root=root)

    def _own_keys(self) -> dict[str, Node]:
        """The arms' own keys."""
        node = self.written.node("arms")
        if node is None or not isinstance(node.value, dict) or not node.value:
            return {ONLY_ARM: Node({}, self.written.root.place)}
        arms: dict[str, Node] = {}
        for name, arm in node.value.items():
            path = ("arms", name)
            if not _ARM.fullmatch(name):
                self.written.problems.append(
                    (arm.key or arm.place).problem(
                        path,
                        "the name of an arm becomes part of file names",
                        "use letters, digits, _, - and +, beginning with a letter or digit",
                    )
                )
            if name.casefold() in {other.casefold() for other in arms}:
                self.written.problems.append(
                    (arm.key or arm.place).problem(path, "another arm has this name, apart from its case")
                )
            if arm.value is None:
                arm = replace(arm, value={})
            if arm.value is BROKEN:
                self.written.reader.complete = False
                arm = replace(arm, value={})
            if not isinstance(arm.value, dict):
                self.written.problems.append(
                    arm.shown.problem(
                        path,
                        f"expected the keys that this arm changes, got {quoted(to_plain(arm))}",
                        "such as {rules: {phagocytosis: off}}; {} for an arm that changes nothing",
                    )
                )
                continue
            arms[name] = self._without_seed(arm, path)
        return arms

    def _without_seed(self, node: Node, path: tuple) -> Node:
        if "seed" in node.value:
            seed = node.value["seed"]
            self.written.problems.append(
                (seed.key or seed.place).problem((*path, "seed"), "a seed cannot stand here", OWN_SEED)
            )
        return replace(node, value={key: child for key, child in node.value.items() if key != "seed"})

    @staticmethod
    def _in_full(problem: Problem, parts: Mapping[tuple, Node]) -> Problem:
        """A problem of a config with the whole path of its key, when it stands in one of the `parts` of the experiment."""
        for path, part in parts.items():
            if (
                problem.path
                and isinstance(part.value, dict)
                and (problem.file, problem.line, problem.column) in _places(part)
            ):
                return replace(problem, path=f"{dotted(path)}.{problem.path}")
        return problem

    def _refuse_twins(self, arms: Mapping[str, Node], configs: Mapping) -> None:
        """Two arms with the same config cannot be compared: something was forgotten, or misspelled in both."""
        names = list(arms)
        for index, name in enumerate(names):
            twin = next((other for other in names[:index] if configs[other, 0] == configs[name, 0]), None)
            if twin is not None:
                self.written.wrong(
                    ("arms", name),
                    f"this arm is the same as '{twin}'",
                    "write below it what it changes"
                    if not arms[name].value
                    else "remove it, or let it change something",
                )


def is_written(node: Node, path: Sequence[str | int]) -> bool:
    """Whether a value stands at `path` below `node`."""
    for part in path:
        if not isinstance(node.value, dict) or part not in node.value:
            return False
        node = node.value[part]
    return node.value is not None


def on_one_clock(configs: dict) -> dict:
    """The configs, all beginning with the earliest of them, so that paired runs share their clock."""
    begins = {config.begins for config in configs.values()}
    if len(begins) < 2:
        return configs
    return {key: config.model_copy(update={"begin": min(begins)}) for key, config in configs.items()}


def _places(node: Node) -> set[tuple[str, int, int]]:
    """File, line and column of everything in `node`, keys and values, and of itself."""
    children = (
        node.value.values() if isinstance(node.value, dict) else node.value if isinstance(node.value, list) else ()
    )
    own = {(place.source.label, place.line, place.column) for place in (node.key, node.place) if place is not None}
    return own.union(*map(_places, children))
