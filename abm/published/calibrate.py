"""Calibration: default numbers, moved inside their plausible ranges until published windows are met.

The loss of a set of parameters is the sum over all expectations of the distance between the simulated centre and the
window (0 inside; outside in half-widths of the window, for ratios on a logarithmic scale), and a small pull towards
the defaults, so that a number moves only when it is needed.

Trials are proposed by optuna's TPE sampler in generations of a fixed size, the defaults being the first trial, and
told in their order. So what is tried follows from the seed, whatever the number of workers; and a calibration that was
interrupted goes on by proposing again, without simulating, what is recorded already.
"""

import hashlib
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

import numpy as np
import pyarrow as pa
import yaml
from pydantic import BaseModel, ConfigDict, Field

from ..batches import store
from ..batches.batch import BatchStopped, resolved, tasks_of
from ..batches.executors import Local
from ..batches.expectation import Expectation, simulate
from ..batches.experiment import Experiment, Run
from ..batches.loading import load_experiment
from ..batches.one_run import STOPPED, Task, code_digest
from ..config import ConfigError
from ..config.errors import Problem, alternatives, at, did_you_mean, every_key, is_group
from ..config.nodes import Node, Place, Source, sound
from ..config.reading import Reader
from ..config.schema import compose
from ..config.validating import checked
from ..estimate import kernels_are_cold
from ..folder import parquet
from ..folder.files import FolderInUse, refuse_no_folder, refuse_others, remove_folder, write_text
from ..folder.names import RESULTS
from ..units import Declared, Quantity, declared, value_at
from .reproduce import published_as
from .table import markdown_row, time_in_words

GENERATION = 4
"""Trials that are proposed together, and may run at the same time."""
STARTUP = 16
"""Trials drawn at random before the sampler learns from them."""
FARTHEST = 5.0
"""Distance from its window beyond which an expectation counts no more, and that of one without a value."""
TRIALS, REPORT, BEST = "trials.parquet", "calibration.md", "best.yaml"
RUNNING = "running"
_UNDER_WAY = re.compile(r"[0-9a-f]{16}/([0-9]+/([^/]+/(?P<kept>.+)?)?)?")
"""Names below that folder: of the calibration, the trial, the experiment, and what is kept of its runs."""
SHOWN_TRIALS = 10
DIGEST = b"calibration"


class OtherCalibration(ValueError):
    """The recorded trials cannot be continued; the text says why."""


# --- The file ---------------------------------------------------------------------------------------------------------


class Bounds(BaseModel):
    """Between which values a parameter may move; left out: its whole plausible range."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    low: float | str | None = None
    high: float | str | None = None
    scale: Literal["linear", "log"] = "linear"


class CalibrationFile(BaseModel):
    """What may be moved, and on which experiments."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(max_length=200)] = "calibration"
    description: Annotated[str, Field(max_length=5000)] = ""
    experiments: Annotated[list[str], Field(min_length=1)]
    parameters: Annotated[dict[str, Bounds], Field(min_length=1)]
    trials: Annotated[int, Field(ge=1, le=100_000)] = 200
    replicates: Annotated[int, Field(ge=1)] | None = None
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 1
    pull: Annotated[float, Field(ge=0)] = 0.1


@dataclass(frozen=True)
class Movable:
    """A parameter that may be moved: its key path, what is declared about it, and between what it moves (in the unit
    in which it is held)."""

    path: str
    about: Declared
    default: float
    low: float
    high: float
    log: bool = False

    @property
    def quantity(self) -> Quantity:
        assert self.about.quantity is not None  # others cannot be moved
        return self.about.quantity

    @property
    def declared_range(self) -> tuple[float, float]:
        return self.quantity.parse(self.about.low), self.quantity.parse(self.about.high)

    def moved(self, value: float) -> float:
        """How far `value` is from the default, as a share of the plausible range."""
        low, high = self.declared_range
        scale = math.log if self.log and low > 0 and min(value, self.default) > 0 else float
        return (scale(value) - scale(self.default)) / (scale(high) - scale(low))


@dataclass(frozen=True)
class Calibration:
    """A calibration as read: `file` is what was written, `experiments` what it is calibrated on."""

    file: CalibrationFile
    experiments: tuple[Experiment, ...]
    parameters: tuple[Movable, ...]
    path: Path

    @property
    def expectations(self) -> dict[str, Expectation]:
        """All that is expected, by names such as 'V01: adherent_cells(at=6 h), no_kupffer / control'."""
        expectations: dict[str, Expectation] = {}
        for experiment in self.experiments:
            for expectation in experiment.expect:
                expectations[name_of(experiment, expectation)] = expectation
        return expectations

    @property
    def runs_per_trial(self) -> int:
        return sum(len(experiment.runs()) for experiment in self.experiments)

    def with_values(self, values: Mapping[str, float]) -> tuple[Experiment, ...]:
        """The experiments with other defaults: `values` in the held units."""
        defaults = {one.path: one.quantity.format(values[one.path]) for one in self.parameters if one.path in values}
        paths = [
            experiment.path for experiment in self.experiments if experiment.path is not None
        ]  # all are from files
        return tuple(_experiment(path, self.file, defaults) for path in paths)


def name_of(experiment: Experiment, expectation: Expectation) -> str:
    return f"{published_as(experiment).id}: {expectation}"


def _experiment(path: Path, file: CalibrationFile, defaults: Mapping[str, Any] = MappingProxyType({})) -> Experiment:
    overrides = [f"replicates={file.replicates}"] if file.replicates else []
    return load_experiment(path, overrides, published=True, defaults=defaults)


def load_calibration(path: Path) -> Calibration:
    """The calibration that the file at `path` describes. Raises ConfigError with everything that is wrong."""
    reader = Reader()
    root = sound(reader.read(path, Source(str(path), path.parent)))
    written = checked(root, CalibrationFile, reader.problems, str(path), complete=reader.complete, extra_keys=())
    problems: list[Problem] = []
    experiments = _experiments(written, path.parent, root, problems)
    movable = [_movable(key, bounds, root, problems) for key, bounds in written.parameters.items()]
    if problems:
        raise ConfigError(problems, str(path))
    parameters = [parameter for parameter in movable if parameter is not None]
    calibration = Calibration(written, tuple(experiments), tuple(parameters), path)
    for one in parameters:
        ends = [
            [experiment.configs for experiment in calibration.with_values({one.path: end})]
            for end in (one.low, one.high)
        ]
        if ends[0] == ends[1]:
            place = _place(root, "parameters", one.path)
            problems.append(
                place.problem(
                    ("parameters", one.path),
                    "its default counts in none of these experiments: the "
                    "presets of their lines and hosts say something else",
                )
            )
    if problems:
        raise ConfigError(problems, str(path))
    return calibration


def _experiments(written: CalibrationFile, folder: Path, root: Node, problems: list[Problem]) -> list[Experiment]:
    """The experiments; a problem for each that cannot be calibrated on."""
    experiments: list[Experiment] = []
    for index, name in enumerate(written.experiments):
        place, path = _place(root, "experiments", index), ("experiments", index)
        if not (folder / name).is_file():
            problems.append(place.problem(path, f"there is no file '{name}'"))
            continue
        try:
            experiment = _experiment(folder / name, written)
        except ConfigError as error:
            problems += error.problems
            continue
        if not experiment.calibrated:
            problems.append(
                place.problem(
                    path,
                    f"{name} does not say that it is calibrated on",
                    "write `calibrated: true` into it, so that `crlm reproduce` tells",
                )
            )
        if len({name_of(experiment, one) for one in experiment.expect}) < len(experiment.expect):
            problems.append(
                place.problem(
                    path,
                    f"{name} expects something of the same measure and arms twice",
                    "give one of the measures a name: name: ...",
                )
            )
        identity = published_as(experiment).id
        if identity in {published_as(other).id for other in experiments}:
            problems.append(place.problem(path, f"the experiment {identity} stands here twice"))
        experiments.append(experiment)
    return experiments


def _place(node: Node, *path: str | int) -> Place:
    for part in path:
        node = node.value[part]
    return node.shown


def _movable(key: str, bounds: Bounds, root: Node, problems: list[Problem]) -> Movable | None:
    """The parameter at `key` with its bounds; None, and a problem, when it cannot be moved so."""

    def refuse(message: str, hint: str = "", part: str | None = None) -> None:
        place = ("parameters", key, *([part] if part else []))
        problems.append(_place(root, *place).problem(place, message, hint))

    defaults = compose()()
    path = tuple(key.split("."))
    about = declared_at(type(defaults), path)
    if about is None:
        known = [".".join(place) for place in every_key(type(defaults)) if declared_at(type(defaults), place)]
        refuse("there is no declared parameter of this name", did_you_mean(key, known, "`crlm rules --all` lists them"))
        return None
    if about.quantity is None or about.low is None:
        refuse("it has no plausible range inside which it could move")
        return None
    default = float(value_at(defaults, key))
    low, high = about.quantity.parse(about.low), about.quantity.parse(about.high)
    ends = {"low": low, "high": high}
    for part in ends:
        wanted = getattr(bounds, part)
        if wanted is None:
            continue
        try:
            ends[part] = about.quantity.parse(wanted)
        except ValueError as error:  # pydantic's custom errors are ValueErrors
            refuse(str(error), part=part)
            return None
        if about.outside(ends[part]):
            refuse(
                f"{wanted} lies outside the plausible range of {key}, {about.low} to {about.high}",
                f"{about.mark}: {about.source}",
                part,
            )
            return None
    if not ends["low"] < ends["high"]:
        refuse("the low bound must be below the high one")
        return None
    if not ends["low"] <= default <= ends["high"]:
        refuse(f"the default, {about.default}, lies outside these bounds; a calibration begins with the defaults")
        return None
    if bounds.scale == "log" and ends["low"] <= 0:
        refuse("a logarithmic scale needs a low bound above zero", part="scale")
        return None
    return Movable(key, about, default, ends["low"], ends["high"], bounds.scale == "log")


def declared_at(config_class: type[BaseModel], path: Sequence[str]) -> Declared | None:
    """What is declared about the parameter at `path`, None when it is none."""
    for annotation in at(config_class, path[:-1]):
        for group in filter(is_group, alternatives(annotation)):
            for entry in declared(group):
                if entry.name == path[-1]:
                    return entry
    return None


# --- The loss ---------------------------------------------------------------------------------------------------------


def distance(expectation: Expectation, value: float) -> float:
    """How far a simulated centre is from its window: 0 inside, at most FARTHEST.

    Outside of a two-sided window in its half-widths; of a one-sided one in units of its bound. Ratios count on a
    logarithmic scale, where one unit of a one-sided window is a factor of two.
    """
    window = expectation.window
    if not math.isfinite(value):
        return FARTHEST
    if value in window:
        return 0.0
    low, high = window.low, window.high
    bound = low if low is not None and value < low else high
    assert bound is not None  # for the value lies outside
    if expectation.relative_to and bound > 0:
        if value <= 0:
            return FARTHEST
        unit = math.log(high / low) / 2 if low is not None and high is not None and low > 0 else math.log(2)
        return min(FARTHEST, abs(math.log(value / bound)) / unit)
    unit = (high - low) / 2 if low is not None and high is not None else abs(bound) or 1.0
    return min(FARTHEST, abs(value - bound) / unit)


def pull(parameters: Iterable[Movable], values: Mapping[str, float]) -> float:
    """The sum of the squared moves from the defaults, each as a share of its plausible range."""
    return sum(parameter.moved(values[parameter.path]) ** 2 for parameter in parameters)


def refuse_folder(
    folder: Path, resume: bool, what: str = "a calibration", reports: Iterable[str] = (REPORT, BEST)
) -> None:
    """Raise FolderInUse when trials (of `what`, with these `reports`) would overwrite what is in `folder`, whoever made it."""
    refuse_no_folder(folder)
    if (folder / TRIALS).exists() and not resume:
        raise FolderInUse(f"{folder} holds {what} already: go on (--resume), or choose another folder (-o)")
    refuse_others(folder, [TRIALS], reports)


# --- The search -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Trial:
    """One set of parameters and what came of it: `centres` has a value per expectation, `distances` how far it is from its window,
    both by their names."""

    number: int
    values: Mapping[str, float]
    centres: Mapping[str, float]
    distances: Mapping[str, float]
    pulled: float
    seconds: float

    @property
    def loss(self) -> float:
        return sum(self.distances.values()) + self.pulled


Fresh = Sequence[tuple[int, Mapping[str, float]]]
"""Numbers and parameters of trials."""
Centres = Sequence[tuple[Mapping[str, float], float]]
"""Of trials: the centre of each expectation, and the CPU seconds that it took."""
Evaluate = Callable[[Fresh], Centres]
"""Computes some trials."""


def search(
    calibration: Calibration,
    folder: Path,
    evaluate: Evaluate,
    trials: int,
    digest: str,
    tell: Callable[[list[Trial]], None] = lambda trials: None,
) -> list[Trial]:
    """Try `trials` sets of parameters and return them all; those recorded in `folder` are not tried again.

    digest : what the recorded trials must have been made with
    tell : called after each generation that was simulated, with all trials so far

    Raises OtherCalibration when the folder holds the record of another one.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.TPESampler(seed=calibration.file.seed, n_startup_trials=STARTUP)
    study = optuna.create_study(sampler=sampler)
    study.enqueue_trial({parameter.path: parameter.default for parameter in calibration.parameters})
    recorded = read_trials(folder, calibration, digest)
    trials = max(trials, len(recorded))
    expectations = calibration.expectations
    done: list[Trial] = []
    while len(done) < trials:
        generation = []
        for _ in range(GENERATION):
            asked = study.ask()
            values = {
                parameter.path: asked.suggest_float(parameter.path, parameter.low, parameter.high, log=parameter.log)
                for parameter in calibration.parameters
            }
            generation.append((asked, values))
        fresh = [(asked.number, values) for asked, values in generation if len(recorded) <= asked.number < trials]
        results = dict(zip((number for number, _ in fresh), evaluate(fresh) if fresh else [], strict=True))
        for asked, values in generation:
            if asked.number >= trials:
                break  # it was asked for all the same, so that a longer search goes on as if it had been begun so
            if asked.number < len(recorded):
                trial = recorded[asked.number]
                if any(not math.isclose(trial.values[path], value, rel_tol=1e-12) for path, value in values.items()):
                    raise OtherCalibration("the recorded trials were proposed by another version of optuna")
            else:
                centres, seconds = results[asked.number]
                distances = {name: distance(expectation, centres[name]) for name, expectation in expectations.items()}
                pulled = calibration.file.pull * pull(calibration.parameters, values)
                trial = Trial(asked.number, values, centres, distances, pulled, seconds)
            study.tell(asked, trial.loss)
            done.append(trial)
        if fresh:
            write_trials(folder, calibration, done, digest)
            tell(done)
    return done


def best(trials: Sequence[Trial]) -> Trial:
    return min(trials, key=lambda trial: (trial.loss, trial.number))


def digest_of(calibration: Calibration) -> str:
    """What decides the losses: what may be moved, the pull, the experiments with all their configs, and the code."""
    written = calibration.file.model_dump(mode="json", exclude={"name", "description", "trials", "experiments"})
    plugins = tuple(str(path) for experiment in calibration.experiments for path in experiment.plugins)
    content = [
        written,
        [resolved(experiment) for experiment in calibration.experiments],
        code_digest(plugins),
        GENERATION,
        STARTUP,
    ]
    return hashlib.blake2b(json.dumps(content).encode(), digest_size=8).hexdigest()


# --- The simulations --------------------------------------------------------------------------------------------------


class Simulations:
    """Evaluates trials by their runs, all runs of a generation at the same time. Used as a context: leaving it ends the
    workers.

    folder : of the calibration; what is under way is in running/, so that it can be resumed
    progress : called after each run with the number of runs that are finished, of all trials
    """

    def __init__(
        self,
        calibration: Calibration,
        folder: Path,
        digest: str,
        workers: int,
        progress: Callable[[int], None] = lambda runs: None,
    ):
        self.calibration, self.progress = calibration, progress
        self.folder = folder / RUNNING / digest
        self.executor = Local(workers, kernels_are_cold())

    def __enter__(self):
        self.executor.__enter__()
        return self

    def __exit__(self, *problem):
        self.executor.__exit__(*problem)

    def __call__(self, fresh: Fresh) -> Centres:
        """What `Evaluate` says. Raises BatchStopped when runs cannot be kept or computed."""
        if not (self.folder / str(fresh[0][0])).exists():
            self.clear()  # what is there was recorded, or belongs to another calibration
        batches = {
            (number, identity): (self.folder / str(number) / identity, experiment)
            for number, values in fresh
            for experiment in self.calibration.with_values(values)
            for identity in (published_as(experiment).id,)
        }
        tasks = [
            (run.config.duration, task)
            for folder, experiment in batches.values()
            for run, task in _missing(folder, experiment)
        ]
        before = fresh[0][0] * self.calibration.runs_per_trial
        done = len(fresh) * self.calibration.runs_per_trial - len(tasks)
        self.progress(before + done)
        # the longest first, so that the workers are done at about the same time
        for report in self.executor.compute(task for _, task in sorted(tasks, key=lambda one: -one[0])):
            if report.status == STOPPED:
                raise BatchStopped(report.error)
            done += 1
            self.progress(before + done)
        centres_found = []
        for number, _ in fresh:
            centres, seconds = {}, 0.0
            for folder, experiment in (batches[number, published_as(one).id] for one in self.calibration.experiments):
                results = store.read_results(folder)
                series = (
                    store.read_series(folder) if any(request.is_series for request in experiment.measures) else None
                )
                seconds += sum(results["seconds"].to_pylist())
                for expectation in experiment.expect:
                    centres[name_of(experiment, expectation)] = simulate(expectation, results, series).estimate.value
            centres_found.append((centres, seconds))
        return centres_found

    def clear(self) -> None:
        """Remove the runs of the trials that are recorded."""
        remove_folder(self.folder.parent, _is_under_way)


def _is_under_way(name: str) -> bool:
    """Whether a name below running/ is ours."""
    match = _UNDER_WAY.fullmatch(name)
    return match is not None and (match["kept"] is None or store.is_ours(match["kept"]))


def _missing(folder: Path, experiment: Experiment) -> list[tuple[Run, Task]]:
    """The runs that the folder of a trial's experiment does not hold yet, and their tasks."""
    if not (folder / RESULTS).exists():
        store.begin(folder, experiment)
    finished = store.finished(folder)
    runs = [run for run in experiment.runs() if run.id not in finished]
    return list(zip(runs, tasks_of(experiment, runs, folder.resolve()), strict=True))


# --- The record -------------------------------------------------------------------------------------------------------


def write_trials(folder: Path, calibration: Calibration, trials: Sequence[Trial], digest: str) -> None:
    """trials.parquet: one row per trial; parameters in the units of their metadata, and for each expectation the
    simulated centre and its distance from the window."""
    fields, columns = [], []

    def column(name: str, values: Iterable, kind: pa.DataType, unit: str, description: str) -> None:
        fields.append(pa.field(name, kind, metadata={"unit": unit, "description": description}))
        columns.append(pa.array(list(values), kind))

    column("trial", (trial.number for trial in trials), pa.int64(), "", "number of the trial; 0 is the defaults")
    column("loss", (trial.loss for trial in trials), pa.float64(), "", "sum of the distances and of the pull")
    column("pull", (trial.pulled for trial in trials), pa.float64(), "", "what moving away from the defaults costs")
    column("seconds", (trial.seconds for trial in trials), pa.float64(), "s", "CPU time of the trial's runs")
    for parameter in calibration.parameters:
        column(
            parameter.path,
            (trial.values[parameter.path] for trial in trials),
            pa.float64(),
            parameter.about.unit,
            parameter.about.description,
        )
    for name in trials[0].centres:
        column(f"{name}", (trial.centres[name] for trial in trials), pa.float64(), "", "simulated centre")
        column(
            f"{name} distance",
            (trial.distances[name] for trial in trials),
            pa.float64(),
            "",
            "distance from the window",
        )
    table = pa.table(columns, schema=pa.schema(fields, metadata={DIGEST: digest.encode()}))
    folder.mkdir(parents=True, exist_ok=True)
    parquet.write(table, folder / TRIALS)


def read_trials(folder: Path, calibration: Calibration, digest: str) -> list[Trial]:
    """The recorded trials, in their order; none when there is no record. Raises OtherCalibration."""
    path = folder / TRIALS
    if not path.exists():
        return []
    table = parquet.read(path)
    if (table.schema.metadata or {}).get(DIGEST, b"").decode() != digest:
        raise OtherCalibration(
            "what is recorded there was computed with other experiments, replicates, parameters or code"
        )
    names = list(calibration.expectations)
    return [
        Trial(
            row["trial"],
            {parameter.path: row[parameter.path] for parameter in calibration.parameters},
            {name: _number(row[f"{name}"]) for name in names},
            {name: row[f"{name} distance"] for name in names},
            row["pull"],
            row["seconds"],
        )
        for row in table.to_pylist()
    ]


def _number(value: float | None) -> float:
    return np.nan if value is None else value


# --- The report -------------------------------------------------------------------------------------------------------


def write_report(folder: Path, calibration: Calibration, trials: Sequence[Trial]) -> None:
    """calibration.md, the best set against the defaults, and best.yaml, the same as part of a config."""
    write_text(folder / REPORT, as_markdown(calibration, trials))
    write_text(folder / BEST, best_yaml(calibration, best(trials)))


def as_markdown(calibration: Calibration, trials: Sequence[Trial]) -> str:
    defaults, best_trial = trials[0], best(trials)
    file = calibration.file
    lines = [
        f"# {file.name}",
        "",
        *([file.description.strip(), ""] if file.description else []),
        f"{len(trials)} trials (seed {file.seed}), {time_in_words(sum(trial.seconds for trial in trials))} of CPU time; the best "
        f"is trial {best_trial.number}: its loss is {best_trial.loss:.3g}, that of the defaults {defaults.loss:.3g}. All trials are in "
        f"{TRIALS}, the best set, as part of a config, in {BEST}.",
        "",
        "## Parameters",
        "",
        "| parameter | default | best | moved between | plausible range | mark | source |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in calibration.parameters:
        value, unit = best_trial.values[one.path], one.about.unit
        cells = (
            one.path,
            _written(one.default, unit),
            _written(value, unit),
            f"{_written(one.low, unit)} to {_written(one.high, unit)}",
            f"{one.about.low} to {one.about.high}",
            one.about.mark,
            one.about.source,
        )
        lines.append(markdown_row(cells))
    lines += [
        "",
        "## Expectations",
        "",
        "| expectation | window | defaults | distance | best | distance |",
        "|---|---|---|---|---|---|",
    ]
    for name, expectation in calibration.expectations.items():
        row = [name, f"{expectation.window} {expectation.unit}".strip()]
        for trial in (defaults, best_trial):
            row += [f"{trial.centres[name]:.3g}", f"{trial.distances[name]:.2f}"]
        lines.append(markdown_row(row))
    lines += [
        "",
        "Distances count in half-widths of the window (for ratios on a logarithmic scale), 0 is inside. "
        f"The pull towards the defaults adds {best_trial.pulled:.3g} to the loss of the best set.",
        "",
        "## The best trials",
        "",
    ]
    lines += [
        markdown_row(["trial", "loss", *(one.path for one in calibration.parameters)]),
        "|" + "---|" * (2 + len(calibration.parameters)),
    ]
    for trial in sorted(trials, key=lambda trial: (trial.loss, trial.number))[:SHOWN_TRIALS]:
        lines.append(
            markdown_row(
                [
                    str(trial.number),
                    f"{trial.loss:.3f}",
                    *(f"{trial.values[one.path]:.4g}" for one in calibration.parameters),
                ]
            )
        )
    return "\n".join(lines) + "\n"


def _written(value: float, unit: str) -> str:
    return f"{value:.4g} {unit}".strip()


def best_yaml(calibration: Calibration, trial: Trial) -> str:
    """The parameters of a trial as part of a config, in full precision."""
    content: dict = {}
    for one in calibration.parameters:
        *groups, name = one.path.split(".")
        group = content
        for part in groups:
            group = group.setdefault(part, {})
        group[name] = one.quantity.format(trial.values[one.path])
    return f"# Trial {trial.number} of {calibration.file.name}.\n" + yaml.safe_dump(content, sort_keys=False)
