"""From a YAML file to an `Experiment`, with every mistake placed at its line and column.

The config of an arm is read as if the arm's keys were a file that extends the base; `--set` comes above both, and the
swept values above all. An override whose first word is a key of experiments (`replicates=3`, `arms.a.duration=2 d`)
changes the experiment, any other the config of every arm (`tissue.width=1 mm`).
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError, create_model
from pydantic_core import PydanticCustomError

from ..config import errors, loading
from ..config.errors import ConfigError, Problem, closest, dotted, quoted
from ..config.loading import OVERRIDE_KEY, PRESETS, Reader, Setting, checked, problems_of, set_at, to_plain
from ..config.nodes import BROKEN, Node, Source
from ..config.plugins import PluginError
from ..config.schema import Config
from ..config.shipped import here_or_shipped
from ..measures.measure import Line, Measure, MeasureRequest, load_measures, read_request
from ..units import Quantity, in_time
from .design import DesignError, points_of
from .expectation import Comparison, Expectation, own_parameters, read_expectation
from .experiment import ONLY_ARM, Experiment, ExperimentFile, Method, Point, Sweep, SweepFile, Swept
from .store import RESERVED, columns_of

MAX_RUNS = 1_000_000
ENOUGH_PROBLEMS = 50
"""Found in the configs of some sweep points, after which the others are not looked at."""
OWN_SEED = "replicates have seeds of their own: write seed, that of the first, at the top of the experiment"
_BASE = "the name of a config, such as mouse_splenic_injection.yaml, or a group of keys"
_ARM = re.compile(r"[^\W_][\w+.-]{0,79}")


def load_experiment(
    path: str | os.PathLike, overrides: Sequence[str] = (), *, published: bool = False, defaults: Point | None = None
) -> Experiment:
    """The experiment of the file at `path`, or of the one of this name that comes with crlm (`who_stops_them`), changed by
    `overrides` such as `'replicates=3'`.

    published : it must say what was published and expected, and may not set parameters that are no part of its system
    defaults : key path -> value, instead of the declared defaults: they count where nothing else is written

    Raises ConfigError with everything that is wrong.
    """
    path = here_or_shipped(Path(path), "experiment", "published")
    source = Source(os.fspath(path), path.parent)
    reader = Reader()
    root = reader.read(path, source)
    if not reader.files:  # not even a text: nothing else can be said about it
        raise ConfigError(reader.problems, source.label)
    return _Loading(reader, root, source, overrides, published, defaults or {}).experiment(path)


class _Loading:
    """One reading of an experiment; what is wrong is collected in the reader."""

    def __init__(
        self, reader: Reader, root: Node, source: Source, overrides: Sequence[str], published: bool, defaults: Point
    ):
        self.reader, self.source, self.published, self.defaults = reader, source, published, defaults
        self.problems: list[Problem] = reader.problems
        self.chain = tuple(reader.files)
        self.config_settings: list[Setting] = []
        self.root = self._with_overrides(replace(root, value=dict(root.value)), overrides)

    def _with_overrides(self, root: Node, overrides: Sequence[str]) -> Node:
        for override in overrides:
            name = re.split(r"[.\[=]", override.strip(), maxsplit=1)[0].strip()
            near = closest(name, ExperimentFile.model_fields, errors.VERY_CLOSE)
            if near is None or name in Config.model_fields.keys() - ExperimentFile.model_fields.keys():
                self.config_settings += loading.settings_of(self.reader, [override])
                continue
            setting = loading.read_override(self.reader, override)
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
                    node.place.problem(path[:2], f"there is no arm {quoted(path[1])}", _arms_hint(path[1], arms))
                )
                continue
            root = set_at(self.reader, root, path, node, ())
        return root

    def experiment(self, path: Path) -> Experiment:
        """All of it. Raises ConfigError."""
        file = self._file()
        arms = self._arms()
        sweep, points, point_settings = self._sweep(arms)
        configs = self._configs(arms, points, point_settings)
        self._refuse_plugins_of_one_name(configs)
        known = self._known_measures()
        measures = self._measures(known)
        expectations = self._expectations(known, list(arms))
        requests = measures + [(path, expectation.request) for path, expectation in expectations]
        self._refuse_namesakes(requests, {swept.path for swept in sweep.parameters} if sweep else set())
        self._refuse_looks_outside(requests, _on_one_clock(configs))
        control = self._control(list(arms))
        if file is not None and len(arms) * len(points) * file.replicates > MAX_RUNS:
            self._wrong(
                ("replicates",),
                f"{len(arms)} arms, {len(points)} points and {file.replicates} replicates make "
                f"{len(arms) * len(points) * file.replicates} runs",
                f"at most {MAX_RUNS} are possible",
            )
        if file is not None:
            self._refuse_fewer_than_replicates(file)
        if self.published and file is not None:
            self._refuse_unpublished(file)
        if self.problems or file is None:
            raise ConfigError(self.problems, self.source.label)
        return Experiment(
            file=file,
            name=file.name or path.stem,
            arms=tuple(arms),
            control=control,
            configs=_on_one_clock(configs),
            replicates=file.replicates,
            points=points,
            sweep=sweep,
            measures=tuple({request.label: request for _, request in requests}.values()),
            expect=tuple(expectation for _, expectation in expectations),
            plugins=tuple((self.source.folder / Path(name).expanduser()).resolve() for name in file.plugins),
            path=path,
        )

    # --- The file ---------------------------------------------------------------------------------------------------

    def _file(self) -> ExperimentFile | None:
        """The keys of the experiment itself."""
        try:
            return checked(
                loading.sound(self.root),
                ExperimentFile,
                [],
                self.source.label,
                complete=self.reader.complete,
                extra_keys=(),
            )
        except ConfigError as error:
            self.problems += error.problems
            return None

    def _node(self, *path: str | int) -> Node | None:
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

    def _wrong(self, path: tuple, message: str, hint: str = "") -> None:
        """Note a problem at `path`, or at the nearest above that is written."""
        node = next(node for end in range(len(path), -1, -1) if (node := self._node(*path[:end])) is not None)
        self.problems.append(node.shown.problem(path, message, hint))

    # --- Arms -------------------------------------------------------------------------------------------------------

    def _arms(self) -> dict[str, Node]:
        """The arms' own keys."""
        node = self._node("arms")
        if node is None or not isinstance(node.value, dict) or not node.value:
            return {ONLY_ARM: Node({}, self.root.place)}
        arms: dict[str, Node] = {}
        for name, arm in node.value.items():
            path = ("arms", name)
            if not _ARM.fullmatch(name):
                self.problems.append(
                    (arm.key or arm.place).problem(
                        path,
                        "the name of an arm becomes part of file names",
                        "use letters, digits, _, - and +, beginning with a letter or digit",
                    )
                )
            if name.casefold() in {other.casefold() for other in arms}:
                self.problems.append(
                    (arm.key or arm.place).problem(path, "another arm has this name, apart from its case")
                )
            if arm.value is None:
                arm = replace(arm, value={})
            if arm.value is BROKEN:
                self.reader.complete = False
                arm = replace(arm, value={})
            if not isinstance(arm.value, dict):
                self.problems.append(
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
            self.problems.append(
                (seed.key or seed.place).problem((*path, "seed"), "a seed cannot stand here", OWN_SEED)
            )
        return replace(node, value={key: child for key, child in node.value.items() if key != "seed"})

    def _base(self) -> Node | None:
        """The base that the arms change: the name of a file or a group of keys; None, and a problem, without one."""
        node = self._node("base")
        if node is not None and isinstance(node.value, dict):
            return self._without_seed(node, ("base",))
        if node is not None and isinstance(node.value, str) and node.value:
            return node
        if "base" not in self.root.value and self.reader.complete:
            self._wrong(("base",), "the key 'base' is missing", f"expected {_BASE}")
        elif node is not None:
            self._wrong(("base",), f"expected {_BASE}, got {quoted(node.value or None)}")
        return None

    def _layers(self, base: Node, arm: Node, settings: Sequence[Setting] = ()) -> loading.Layers:
        layers = loading.read_arm(self.reader, base, arm, [*self.config_settings, *settings], self.chain)
        if self.published:
            self.problems += own_parameters(layers)
        root = layers.root
        for key, value in self.defaults.items():
            if not is_written(root, path_of(key)):
                root = set_at(self.reader, root, path_of(key), Node(value, root.place), ())
        return replace(layers, root=root)

    def _refuse_unpublished(self, file: ExperimentFile) -> None:
        """Note what a published experiment must and must not say."""
        if file.published is None:
            self._wrong(
                (),
                "the block `published` is missing: it says what was found, and where",
                "such as published: {id: ..., source: ..., finding: ...}",
            )
        if not file.expect:
            self._wrong(
                ("expect",),
                "it is not said what is expected",
                "such as expect: [{measure: nodules, arm: treated, relative_to: control, between: [0.05, 0.30]}]",
            )
        if file.sweep is not None:
            self._wrong(("sweep",), "a published experiment cannot have a sweep: what is expected is said of arms")

    def _refuse_fewer_than_replicates(self, file: ExperimentFile) -> None:
        """Note a file whose most replicates are fewer than those it begins with."""
        written = self._node("replicates")
        if (
            file.most_replicates is None
            or file.most_replicates >= file.replicates
            or written is None
            or written.place.source.override
        ):
            return
        self._wrong(
            ("most_replicates",),
            f"these are fewer than the {file.replicates} replicates that are run at first",
            "it says how far they may be raised",
        )

    def _configs(
        self, arms: Mapping[str, Node], points: Sequence[Point], settings: Sequence[Sequence[Setting]]
    ) -> dict[tuple[str, int], Any]:
        """The config of every arm and point."""
        base = self._base()
        if base is None:
            return {}
        configs: dict[tuple[str, int], Any] = {}
        found: dict[Problem, Problem] = {}
        for number in range(len(points)):
            for name, arm in arms.items():
                before = len(self.problems)
                layers = self._layers(base, arm, settings[number])
                said, self.problems[before:] = self.problems[before:], []
                try:
                    configs[name, number] = loading.validated(replace(layers, problems=said), self.source.label)
                except ConfigError as error:
                    for problem in error.problems:
                        found.setdefault(problem, self._in_full(problem, {("arms", name): arm, ("base",): base}))
            if len(found) >= ENOUGH_PROBLEMS:
                break
        self.problems += found.values()
        if not found:
            self._refuse_twins(arms, configs)
        return configs

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
                self._wrong(
                    ("arms", name),
                    f"this arm is the same as '{twin}'",
                    "write below it what it changes"
                    if not arms[name].value
                    else "remove it, or let it change something",
                )

    def _control(self, arms: Sequence[str]) -> str:
        node = self._node("control")
        if node is None or not isinstance(node.value, str):
            return arms[0] if arms else ""
        self._refuse_unknown_arm(node.value, ("control",), arms)
        return node.value

    def _refuse_unknown_arm(self, name: str, path: tuple, arms: Sequence[str]) -> None:
        if name not in arms:
            self._wrong(path, f"there is no arm {quoted(name)}", _arms_hint(name, arms))

    # --- Sweep ------------------------------------------------------------------------------------------------------

    def _sweep(self, arms: Mapping[str, Node]) -> tuple[Sweep | None, tuple[Point, ...], list[list[Setting]]]:
        """The sweep, its points, and for each the settings of the config that make it."""
        nothing = None, ({},), [[]]
        node, base = self._node("sweep"), self._base_quietly()
        if node is None or node.value is None or not arms or base is None:
            return nothing
        before = len(self.problems)
        read = {name: loading.schema_of(self._layers(base, arm)) for name, arm in arms.items()}
        del self.problems[before:]  # told by _configs
        try:
            written = SweepFile.model_validate(to_plain(loading.sound(node)))
        except ValidationError:  # told by _file, but for the keys
            parameters = self._node("sweep", "parameters")
            for key in parameters.value if parameters is not None and isinstance(parameters.value, dict) else ():
                self._can_be_swept(key, read)
            return nothing
        parameters = [self._swept(key, written.method, read) for key in written.parameters]
        said = written.model_fields_set
        if written.method == "grid" and "points" in said:
            self._wrong(("sweep", "points"), "a grid has the points that its values make", "remove it")
        if written.method != "morris" and "levels" in said:
            self._wrong(("sweep", "levels"), "levels belong to the method morris", "remove it")
        if None in parameters:
            return nothing
        sweep = Sweep(written.method, tuple(parameters), written.points, written.levels, written.seed)
        try:
            points = points_of(sweep)
        except DesignError as error:
            self._wrong(("sweep", "points" if "points" in str(error) else "method"), str(error))
            return nothing
        if len(points) > MAX_RUNS:
            self._wrong(("sweep",), f"the values make {len(points)} points", f"at most {MAX_RUNS} are possible")
            return nothing
        return sweep, points, [list(self._settings(sweep, point)) for point in points]

    def _base_quietly(self) -> Node | None:
        before = len(self.problems)
        base = self._base()
        del self.problems[before:]  # told by _configs
        return base

    def _settings(self, sweep: Sweep, point: Point) -> Iterator[Setting]:
        """What makes a point of the sweep, each value with the place where it is written."""
        for swept in sweep.parameters:
            above = self._node("sweep", "parameters", swept.path)
            value = point[swept.path]
            if swept.values:
                written = above.value[swept.values.index(value)]
            else:
                written = Node(value, above.shown)
            yield path_of(swept.path), replace(written, key=written.place)

    def _swept(self, key: str, method: Method, read: Mapping[str, tuple[type, Any]]) -> Swept | None:
        """The swept parameter of that key; None, and a problem, when it cannot be swept so. `read`: the schema and the
        values of each arm."""
        at = ("sweep", "parameters", key)
        if not self._can_be_swept(key, read):
            return None
        node, path = self._node(*at), path_of(key)
        schema, document = next(iter(read.values()))
        annotations = _annotations(key, schema, document)
        quantity = next(filter(None, map(errors.quantity_of, annotations)), None)
        kinds = {part for annotation in annotations for part in errors.alternatives(annotation)}
        number = quantity is not None or (bool(kinds & {int, float}) and bool not in kinds)
        about = _description(schema, path, document)
        listed = isinstance(node.value, list)
        if method == "grid":
            if not listed or not node.value:
                return self._wrong(at, "a grid needs a list of values", "such as [0.05 /h, 0.1 /h, 0.2 /h]")
            values = tuple(map(to_plain, node.value))
            text = not number or any(isinstance(value, dict | list | bool) for value in values)
            swept = Swept(key, quantity, about, text=text, values=values)
            if not text and not self._numbers(at, swept):
                return None
            held = [swept.held(value) for value in values]
            if len({f"{value:.12g}" if isinstance(value, float) else value for value in held}) < len(values):
                return self._wrong(at, "a value stands here twice", "remove one of them")
            return swept
        if listed:
            return self._wrong(at, f"{method} draws values between two bounds", "write {low: ..., high: ...}")
        if not number:
            return self._wrong(
                at,
                f"{method} can vary numbers only; this takes {errors.wanted(annotations[0])}",
                "vary it with the method grid, or in arms",
            )
        whole = quantity is None and float not in kinds
        return self._range(at, node, Swept(key, quantity, about, whole=whole))

    def _can_be_swept(self, key: str, read: Mapping[str, tuple[type, Any]]) -> bool | None:
        """Whether there is such a key in every arm; told where not. `read`: the schema and the values of each arm."""
        at = ("sweep", "parameters", key)
        if not OVERRIDE_KEY.fullmatch(key):
            return self._wrong(at, "expected a key path such as rules.phagocytosis.rate")
        path = path_of(key)
        if path[0] == "seed":
            return self._wrong(at, "the seed cannot be swept", OWN_SEED)
        if any(path[: len(set_path)] == set_path[: len(path)] for set_path, _ in self.config_settings):
            return self._wrong(at, "this key is swept and given with --set", "leave out one of them")
        for name, (_, document) in read.items():
            if (part := _without_entry(path, document)) is not None:
                return self._wrong(
                    at, f"the arm '{name}' has no {dotted(part)}", "what is swept must be there in every arm"
                )
        schema, document = next(iter(read.values()))
        if not _annotations(key, schema, document):
            unknown = next(end for end in range(1, len(path) + 1) if not errors.at(schema, path[:end], document))
            return self._wrong(at, *errors.unknown_key(schema, path[:unknown], document, tuple(PRESETS), whole=True))
        return True

    def _numbers(self, at: tuple, swept: Swept) -> bool:
        """Whether all values of a grid are numbers; told where one is not."""
        sound = True
        for index, value in enumerate(swept.values):
            try:
                swept.held(value)
            except (ValueError, TypeError) as error:
                said = (
                    str(error) if isinstance(error, PydanticCustomError) else f"expected a number, got {quoted(value)}"
                )
                self._wrong((*at, index), said)
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
                self._wrong((*at, end), str(error))
                continue
            if swept.whole and not ends[end].is_integer():
                self._wrong((*at, end), f"expected a whole number, got {ends.pop(end):g}")
        if len(ends) < 2:
            return None
        if not ends["low"] < ends["high"]:
            return self._wrong((*at, "high"), "high must be more than low")
        log = "scale" in node.value and node.value["scale"].value == "log"
        if log and ends["low"] <= 0:
            return self._wrong((*at, "low"), "a logarithmic scale needs a low bound above zero")
        return replace(swept, low=ends["low"], high=ends["high"], log=log)

    # --- Measures and expectations ----------------------------------------------------------------------------------

    def _refuse_plugins_of_one_name(self, configs: Mapping[tuple[str, int], Any]) -> None:
        """A batch keeps copies of all plugins, of the arms and of the measures, in one folder."""
        named = [
            (path, item.place.source.folder / os.path.expanduser(item.value))
            for path, item in self._items("plugins")
            if isinstance(item.value, str)
        ]
        named += [
            (("arms", arm, "plugins"), Path(plugin))
            for (arm, _), config in configs.items()
            for plugin in config.plugins
        ]
        files: dict[str, Path] = {}
        for path, file in dict.fromkeys((path, file.resolve()) for path, file in named):
            if files.setdefault(file.name, file) != file:
                self._wrong(
                    path,
                    f"{quoted(str(file))}: another plugin is named {file.name}, {files[file.name]}",
                    "rename one, as a batch keeps copies of both in one folder",
                )

    def _known_measures(self) -> dict[str, Measure]:
        """The measures that may be named, the user's own included."""
        known, files = load_measures(()), []
        for path, item in self._items("plugins"):
            if not isinstance(item.value, str):
                continue
            try:
                file = item.place.source.folder / Path(item.value).expanduser()
                known = load_measures([*files, file])
                files.append(file)
            except (
                PluginError,
                RuntimeError,
                ValueError,
            ) as error:  # ~nobody has no home folder; a null byte is no name
                self._wrong(path, f"{quoted(item.value)}: {error}")
        return known

    def _measures(self, known: Mapping[str, Measure]) -> list[tuple[tuple, MeasureRequest]]:
        """What is asked for under `measures`, each with its path."""
        requests: list[tuple[tuple, MeasureRequest]] = []
        for path, item in self._items("measures"):
            request = self._read(path, item, known, read_request)
            if request is None:
                continue
            if request.label in {other.label for _, other in requests}:
                self._wrong(
                    path,
                    f"there is a measure called '{request.label}' above",
                    "remove one of them, or give it another name: name: ...",
                )
            requests.append((path, request))
        return requests

    def _expectations(self, known: Mapping[str, Measure], arms: Sequence[str]) -> list[tuple[tuple, Expectation]]:
        """What is asked for under `expect`, each with its path."""
        found = []
        for path, item in self._items("expect"):
            expectation = self._read(path, item, known, read_expectation)
            for key in ("arm", "relative_to", "difference_from"):
                named = self._node(*path, key)
                if named is not None and isinstance(named.value, str):
                    self._refuse_unknown_arm(named.value, (*path, key), arms)
            if expectation is not None:
                found.append((path, expectation))
        return found

    def _items(self, key: str) -> list[tuple[tuple, Node]]:
        """The entries of a list at the top, each with its path."""
        node = self._node(key)
        items = node.value if node is not None and isinstance(node.value, list) else []
        return [((key, index), item) for index, item in enumerate(items)]

    def _refuse_namesakes(self, requests: Sequence[tuple[tuple, MeasureRequest]], swept: set[str]) -> None:
        """A label means one column: what is expected may repeat a measure, but not give its name to another, nor to a
        column that is there anyway."""
        first: dict[str, tuple] = {}
        taken: dict[str, str] = {}
        for path, request in requests:
            for column in columns_of(request.label, request.kind):
                if column in RESERVED | swept or taken.setdefault(column, request.label) != request.label:
                    self._wrong(
                        path, f"the results have another column '{column}'", "give the measure another name: name: ..."
                    )
        for path, request in requests:
            asked = (
                request.measure,
                dict(request.parameters),
                request.at,
                request.every,
                request.first,
                request.until,
                request.take,
            )
            if first.setdefault(request.label, asked) != asked:
                self._wrong(path, f"another measure is called '{request.label}' already", "give this one another name")

    def _read(self, path: tuple, node: Node, known: Mapping[str, Measure], read: Any) -> Any:
        """What `read` makes of a line; None, and problems, when it is wrong."""
        if node.value is BROKEN:
            return None
        line = to_plain(loading.sound(node))
        if not isinstance(line, dict | str):
            self._wrong(
                path, f"expected a measure, got {quoted(line)}", "such as {measure: nodules, min_cells: 10, at: 14 d}"
            )
            return None
        name = line if isinstance(line, str) else line.get("measure")
        schema = known[name].line if isinstance(name, str) and name in known else Line
        if read is read_expectation:
            schema = create_model("Expectation", __base__=(schema, Comparison))
        try:
            return read(line, known)
        except PydanticCustomError as error:
            self._wrong(path, str(error))
        except ValidationError as error:
            for problem in problems_of(error.errors(include_url=False), node, schema, line, extra_keys=()):
                inner = problem.path if problem.path.startswith("[") or not problem.path else f".{problem.path}"
                self.problems.append(replace(problem, path=dotted(path) + inner))
        return None

    def _refuse_looks_outside(self, requests: Sequence[tuple[tuple, MeasureRequest]], configs: Mapping) -> None:
        """Note the measures that look before the beginning or after the end of some run."""
        runs = {(config.duration, config.begins) for config in configs.values()}
        for path, request in requests:
            for duration, begin in sorted(runs):
                try:
                    looks = request.moments(duration, begin)
                except ValueError as error:
                    self._wrong(path, str(error))
                    break
                if request.is_series and len(looks) < 2:
                    self._wrong(
                        (*path, "every"),
                        f"{request.label} looks only once, at {in_time(looks[0])}, in a run from "
                        f"{in_time(begin)} to {in_time(duration)}",
                        "make every shorter, or say at, when to look",
                    )
                    break


def _arms_hint(name: str, arms: Iterable[str]) -> str:
    arms = list(arms)
    return errors.did_you_mean(name, arms, f"the arms are {errors.choice(arms, 'and')}")


def path_of(key: str) -> tuple[str | int, ...]:
    """'rules.arrival.doses[0].share' as a path."""
    return tuple(int(part) if part.isdigit() else part for part in re.split(r"[.\[]", key.replace("]", "")))


def is_written(node: Node, path: Sequence[str | int]) -> bool:
    """Whether a value stands at `path` below `node`."""
    for part in path:
        if not isinstance(node.value, dict) or part not in node.value:
            return False
        node = node.value[part]
    return node.value is not None


def _without_entry(path: tuple[str | int, ...], document: Any) -> tuple[str | int, ...] | None:
    """The path of the first entry of a list that `path` names and `document` does not have."""
    for end, part in enumerate(path, start=1):
        if isinstance(part, int) and errors.child(document, part) is None:
            return path[:end]
        document = errors.child(document, part)
    return None


def _on_one_clock(configs: dict) -> dict:
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
