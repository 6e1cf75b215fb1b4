"""The sweep of an experiment: what is varied, in what range, and the points that come of it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from ...config import errors
from ...config.errors import dotted, quoted
from ...config.layering import OVERRIDE_KEY, Setting, path_of
from ...config.nodes import Node, sound, to_plain
from ...config.shipped import PRESETS
from ...config.validating import schema_of
from ...units import Quantity
from ..design import DesignError, points_of
from ..experiment import Method, Point, Sweep, SweepFile, Swept
from .arms import OWN_SEED, Arms
from .written import Written

MAX_RUNS = 1_000_000


class SweepReader:
    """Reads the sweep of an experiment, of which every value must fit the configs of all arms."""

    def __init__(self, written: Written, arms: Arms):
        self.written, self.arms = written, arms

    def read(self) -> tuple[Sweep | None, tuple[Point, ...], list[list[Setting]]]:
        """The sweep, its points, and for each the settings of the config that make it."""
        nothing: tuple[None, tuple[Point, ...], list[list[Setting]]] = None, ({},), [[]]
        node, base = self.written.node("sweep"), self._base_quietly()
        if node is None or node.value is None or not self.arms.keys or base is None:
            return nothing
        before = len(self.written.problems)
        read = {name: schema_of(self.arms.layers(base, arm)) for name, arm in self.arms.keys.items()}
        del self.written.problems[before:]  # told by `Arms.configs`
        try:
            asked = SweepFile.model_validate(to_plain(sound(node)))
        except ValidationError:  # told with the rest of the file, but for the keys
            keys = self.written.node("sweep", "parameters")
            for key in keys.value if keys is not None and isinstance(keys.value, dict) else ():
                self._can_be_swept(key, read)
            return nothing
        parameters = [self._swept(key, asked.method, read) for key in asked.parameters]
        given = asked.model_fields_set
        if asked.method in ("grid", "listed") and "points" in given:
            self.written.wrong(
                ("sweep", "points"), f"a {asked.method} sweep has the points that its values make", "remove it"
            )
        if asked.method != "listed" and "seeds" in given:
            self.written.wrong(("sweep", "seeds"), "seeds of the points belong to the method listed", "remove them")
        if asked.method != "morris" and "levels" in given:
            self.written.wrong(("sweep", "levels"), "levels belong to the method morris", "remove it")
        good = tuple(swept for swept in parameters if swept is not None)
        if len(good) < len(parameters):
            return nothing
        sweep = Sweep(asked.method, good, asked.points, asked.levels, asked.seed, tuple(asked.seeds))
        try:
            points = points_of(sweep)
        except DesignError as error:
            self.written.wrong(("sweep", "points" if "points" in str(error) else "method"), str(error))
            return nothing
        if len(points) > MAX_RUNS:
            self.written.wrong(("sweep",), f"the values make {len(points)} points", f"at most {MAX_RUNS} are possible")
            return nothing
        return sweep, points, [list(self._settings(sweep, point, number)) for number, point in enumerate(points)]

    def _base_quietly(self) -> Node | None:
        before = len(self.written.problems)
        base = self.arms.base()
        del self.written.problems[before:]  # told by `Arms.configs`
        return base

    def _settings(self, sweep: Sweep, point: Point, number: int) -> Iterator[Setting]:
        """What makes a point of the sweep, each value with the place where it is written."""
        for swept in sweep.parameters:
            above = self.written.present("sweep", "parameters", swept.path)
            value = point[swept.path]
            if swept.values:
                written = above.value[number if sweep.method == "listed" else swept.values.index(value)]
            else:
                written = Node(value, above.shown)
            yield path_of(swept.path), replace(written, key=written.place)

    def _swept(self, key: str, method: Method, read: Mapping[str, tuple[type, Any]]) -> Swept | None:
        """The swept parameter of that key; None, and a problem, when it cannot be swept so. `read`: the schema and the
        values of each arm."""
        at = ("sweep", "parameters", key)
        if not self._can_be_swept(key, read):
            return None
        node, path = self.written.present(*at), path_of(key)
        schema, document = next(iter(read.values()))
        annotations = _annotations(key, schema, document)
        quantity = next(filter(None, map(errors.quantity_of, annotations)), None)
        kinds = {part for annotation in annotations for part in errors.alternatives(annotation)}
        number = quantity is not None or (bool(kinds & {int, float}) and bool not in kinds)
        about = _description(schema, path, document)
        listed = isinstance(node.value, list)
        if method in ("grid", "listed"):
            if not listed or not node.value:
                self.written.wrong(at, f"a {method} sweep needs a list of values", "such as [0.05 /h, 0.1 /h, 0.2 /h]")
                return None
            values = tuple(map(to_plain, node.value))
            text = not number or any(isinstance(value, dict | list | bool) for value in values)
            swept = Swept(key, quantity, about, text=text, values=values)
            if not text and not self._numbers(at, swept):
                return None
            held = [swept.held(value) for value in values]
            if method == "grid" and len(
                {f"{value:.12g}" if isinstance(value, float) else value for value in held}
            ) < len(values):
                self.written.wrong(at, "a value stands here twice", "remove one of them")
                return None
            return swept
        if listed:
            self.written.wrong(at, f"{method} draws values between two bounds", "write {low: ..., high: ...}")
            return None
        if not number:
            self.written.wrong(
                at,
                f"{method} can vary numbers only; this takes {errors.wanted(annotations[0])}",
                "vary it with the method grid, or in arms",
            )
            return None
        whole = quantity is None and float not in kinds
        return self._range(at, node, Swept(key, quantity, about, whole=whole))

    def _can_be_swept(self, key: str, read: Mapping[str, tuple[type, Any]]) -> bool:
        """Whether there is such a key in every arm; told where not. `read`: the schema and the values of each arm."""
        at = ("sweep", "parameters", key)
        if not OVERRIDE_KEY.fullmatch(key):
            self.written.wrong(at, "expected a key path such as rules.phagocytosis.rate")
            return False
        path = path_of(key)
        if path[0] == "seed":
            self.written.wrong(at, "the seed cannot be swept", OWN_SEED)
            return False
        if any(path[: len(set_path)] == set_path[: len(path)] for set_path, _ in self.written.config_settings):
            self.written.wrong(at, "this key is swept and given with --set", "leave out one of them")
            return False
        for name, (_, document) in read.items():
            if (part := _without_entry(path, document)) is not None:
                self.written.wrong(
                    at, f"the arm '{name}' has no {dotted(part)}", "what is swept must be there in every arm"
                )
                return False
        schema, document = next(iter(read.values()))
        if not _annotations(key, schema, document):
            unknown = next(end for end in range(1, len(path) + 1) if not errors.at(schema, path[:end], document))
            self.written.wrong(at, *errors.unknown_key(schema, path[:unknown], document, tuple(PRESETS), whole=True))
            return False
        return True

    def _numbers(self, at: tuple, swept: Swept) -> bool:
        """Whether all values of a grid are numbers; told where one is not."""
        sound = True
        for index, value in enumerate(swept.values):
            try:
                swept.held(value)
            except (ValueError, TypeError) as error:
                message = (
                    str(error) if isinstance(error, PydanticCustomError) else f"expected a number, got {quoted(value)}"
                )
                self.written.wrong((*at, index), message)
                sound = False
        return sound

    def _range(self, at: tuple, node: Node, swept: Swept) -> Swept | None:
        """The swept parameter with its bounds."""
        quantity = swept.quantity or Quantity(
            "", "a whole number" if swept.whole else "a number", "5", minimum=-float("inf")
        )
        ends = {}
        for end in ("low", "high"):
            try:
                ends[end] = quantity.parse(to_plain(node.value[end]))
            except PydanticCustomError as error:
                self.written.wrong((*at, end), str(error))
                continue
            if swept.whole and not ends[end].is_integer():
                self.written.wrong((*at, end), f"expected a whole number, got {ends.pop(end):g}")
        if len(ends) < 2:
            return None
        if not ends["low"] < ends["high"]:
            self.written.wrong((*at, "high"), "high must be more than low")
            return None
        log = "scale" in node.value and node.value["scale"].value == "log"
        if log and ends["low"] <= 0:
            self.written.wrong((*at, "low"), "a logarithmic scale needs a low bound above zero")
            return None
        return replace(swept, low=ends["low"], high=ends["high"], log=log)


def _without_entry(path: tuple[str | int, ...], document: Any) -> tuple[str | int, ...] | None:
    """The path of the first entry of a list that `path` names and `document` does not have."""
    for end, part in enumerate(path, start=1):
        if isinstance(part, int) and errors.child(document, part) is None:
            return path[:end]
        document = errors.child(document, part)
    return None


def _annotations(key: str, schema: type, document: Any) -> list[Any]:
    """What a config takes at a key path; nothing where it has no such key."""
    return [str] if key in PRESETS else errors.at(schema, path_of(key), document)


def _description(schema: type, path: tuple, document: Any) -> str:
    """What the schema says about the key at `path`."""
    for annotation in errors.at(schema, path[:-1], document):
        for group in filter(errors.is_group, errors.alternatives(annotation)):
            for name, about in group.model_fields.items():
                if (about.alias or name) == path[-1]:
                    return about.description or ""
    return ""
