"""Measures: named numbers of a run, asked for in one line of an experiment file.

    - {measure: nodules, min_cells: 10, at: 14 d}
    - {measure: wall_expression, molecule: e_selectin, within: 50 um, every: 30 min, until: 48 h, take: peak}

A measure is one decorated function. It is shown a liver at one moment (`Looking`) and returns a number; its keyword
parameters are what a user may write, with the types of `abm.units`, Literal, int, float or bool:

    @measure(unit="nodules", kind="count")
    def nodules(run: Looking, min_cells: int = 4) -> float:
        \"\"\"Groups of at least `min_cells` touching tumor cells.\"\"\"

Its kind says how runs are taken together: a "count" of things or events adds up, a "share" returns Share(count, of), of
which both add up, a "level" is averaged. A line looks once (`at`, by default the end of the run) or again and again
(`every`, `from`, `until`), of which `take` makes one number.

The shipped measures are in `measures/`, by topic. A user's own stand in a Python file that an experiment names under
`plugins` (`load_measures`).
"""

import dataclasses
import inspect
import math
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
import pyarrow as pa
from pydantic import Field, ValidationError, create_model, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from ..config import plugins
from ..config.errors import did_you_mean, keys_of, quantity_of, quoted
from ..folder import parquet
from ..kernels.tables import as_rows
from ..ledger.ledger import ENTRY
from ..record.recorder import Recorder
from ..units import Declared, Hours, Moment, Parameters, in_time
from .look import Looking, Share

if TYPE_CHECKING:
    from ..model import LiverModel

Kind = Literal["count", "share", "level"]
Take = Literal["last", "mean", "peak", "peak_time", "last_of_peak"]

TAKES = {
    "last": "the value of the last look",
    "mean": "the mean over the looks",
    "peak": "the highest value",
    "peak_time": "the hours at which it is highest",
    "last_of_peak": "the value of the last look as a share of the highest",
}
ELSEWHERE = ("arm", "relative_to", "difference_from", "between", "peak_between", "why")
"""Keys that an experiment's `expect` entries have besides the measure's, which no parameter may be called."""
_TOLERANCE = 1e-9
"""Share of a step by which a moment may miss a step through rounding alone."""


# --- A measure --------------------------------------------------------------------------------------------------------


class Line(Parameters):
    """What every line of `measures` may say besides the parameters of its measure."""

    measure: str = Field(description="name of the measure")
    name: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")] | None = Field(
        default=None, description="name of its column, instead of one made of this line"
    )
    at: Moment | None = Field(default=None, description="when to look; by default at the end of the run")
    every: Annotated[Hours, Field(ge=1 / 120)] | None = Field(
        default=None, description="time between looks, for a series"
    )
    from_: Moment = Field(default="0 h", alias="from", description="first look of a series")
    until: Moment | None = Field(default=None, description="last look of a series; by default at the end of the run")
    take: Take = Field(default="peak", description="what number is made of a series")

    @model_validator(mode="after")
    def _makes_sense(self):
        if self.at is not None and self.every is not None:
            raise PydanticCustomError("measure", "give either at (one look) or every (a series), not both")
        if self.every is None:
            for name in ("from_", "until", "take"):
                if name in self.model_fields_set:
                    raise PydanticCustomError("measure", f"{name.rstrip('_')} belongs to a series; say every as well")
        if self.until is not None and self.until < self.from_:
            raise PydanticCustomError("measure", "until lies before from")
        return self


@dataclass(frozen=True)
class Measure:
    """A registered measure.

    unit : "" for a plain number; or a function of the parameters (a dict) where it depends on them
    line : the pydantic model of a line that asks for it, parameters included
    plugin : the user's file that it comes from, if any
    """

    name: str
    kind: Kind
    unit: str | Callable[[Mapping[str, Any]], str]
    function: Callable[..., float | Share]
    line: type[Line]
    plugin: Path | None = None

    def __call__(self, run: Looking, **parameters: Any) -> float | Share:
        """What it says of `run`; parameters as in an experiment file (`within="50 um"`). Raises ValidationError."""
        return self.function(run, **self._values(self.line(measure=self.name, **parameters)))

    @property
    def description(self) -> str:
        return inspect.cleandoc(self.function.__doc__)

    @property
    def summary(self) -> str:
        """The first paragraph of its description, in one line."""
        return " ".join(self.description.split("\n\n")[0].split())

    @property
    def parameters(self) -> list[Declared]:
        """Its own parameters, as tables show them; the default is None where there is none and `...` where one must
        be given."""
        annotations, found = keys_of(self.line), []
        for name in self.parameter_names:
            field = self.line.model_fields[name]
            default = ... if field.is_required() else field.default
            found.append(
                Declared(name, quantity_of(annotations[name]), default, None, None, "", "", field.description or "")
            )
        return found

    @property
    def parameter_names(self) -> tuple[str, ...]:
        return tuple(name for name in self.line.model_fields if name not in Line.model_fields)

    def unit_of(self, parameters: Mapping[str, Any]) -> str:
        return self.unit if isinstance(self.unit, str) else self.unit(parameters)

    def _values(self, line: Line) -> dict[str, Any]:
        return {name: getattr(line, name) for name in self.parameter_names}

    def __repr__(self) -> str:
        return f"<measure {self.name}: {self.summary}>"


def measure(*, unit: str | Callable[[Mapping[str, Any]], str], kind: Kind) -> Callable[[Callable], Measure]:
    """Make a measure of a function. Raises ValueError or TypeError for one that cannot be a measure."""

    def made(function: Callable[..., float | Share]) -> Measure:
        name = function.__name__
        if kind not in typing.get_args(Kind):
            raise ValueError(f"the kind of the measure '{name}' must be count, share or level, not {quoted(kind)}")
        if not (function.__doc__ or "").strip():
            raise ValueError(f"the measure '{name}' needs a docstring that says what it is")
        return Measure(name, kind, unit, function, _line_of(function))

    return made


def _line_of(function: Callable) -> type[Line]:
    """The model of the lines that ask for the measure, from the function's keyword parameters."""
    hints = typing.get_type_hints(function, include_extras=True)
    _, *parameters = inspect.signature(function).parameters.values()
    taken = {*keys_of(Line), *Line.model_fields, *ELSEWHERE}
    fields = {}
    for parameter in parameters:
        if parameter.name in taken:
            raise ValueError(f"a parameter of a measure cannot be called '{parameter.name}': every line has that key")
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD) or parameter.name not in hints:
            raise TypeError(
                f"the parameter '{parameter.name}' of the measure '{function.__name__}' needs a name and a type"
            )
        default = ... if parameter.default is parameter.empty else parameter.default
        fields[parameter.name] = (hints[parameter.name], default)
    return create_model(f"{function.__name__}_line", __base__=Line, __doc__=function.__doc__, **fields)


# --- Measures by name -------------------------------------------------------------------------------------------------


def shipped() -> dict[str, Measure]:
    """The measures that come with the simulator, by name."""
    from .topics import MEASURES

    return MEASURES


def load_measures(paths: Iterable[str | Path]) -> dict[str, Measure]:
    """The shipped measures and those that the files at `paths` mark with `@measure`, by name.

    Raises config.plugins.PluginError, whose text says in one line what is wrong with a file.
    """
    known = dict(shipped())
    for path in map(Path, paths):
        module = plugins.load_module(path)
        found = {
            value.name: value
            for value in vars(module).values()
            if isinstance(value, Measure) and value.function.__module__ == module.__name__
        }
        if not found:
            raise plugins.PluginError("no measure inside; a measure is a function marked with @measure(...)")
        for name, value in found.items():
            if name in known:
                raise plugins.PluginError(f"there is already a measure named '{name}'; choose another name")
            known[name] = dataclasses.replace(value, plugin=path.resolve())
    return known


# --- A line of an experiment file -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MeasureRequest:
    """One line of `measures`, read: what to measure, when, and what to call it.

    parameters : the measure's, all of them, in the units that their types name
    label : the name of its column
    at : hours, None for the end of the run; every, first, until : hours of a series
    take : which number is made of a series
    written : the line as it was given
    """

    measure: Measure
    parameters: Mapping[str, Any]
    label: str
    at: float | None
    every: float | None
    first: float
    until: float | None
    take: Take
    written: Mapping[str, Any]

    @property
    def is_series(self) -> bool:
        return self.every is not None

    @property
    def kind(self) -> Kind:
        """How its values over runs are taken together: what was made of a series may no longer be a count."""
        return self.measure.kind if not self.is_series or self.take in ("last", "peak") else "level"

    @property
    def unit(self) -> str:
        if self.is_series and self.take == "peak_time":
            return "h"
        return "" if self.is_series and self.take == "last_of_peak" else self.measure.unit_of(self.parameters)

    @property
    def description(self) -> str:
        taken = f"; {TAKES[self.take]}" if self.is_series else ""
        return self.measure.summary.rstrip(".") + taken

    def moments(self, duration_h: float, begin_h: float = 0.0) -> list[float]:
        """The hours at which to look in a run of that duration.

        Raises ValueError when that is before its beginning or after its end, so that there would be no look.
        """
        if not self.is_series:
            moment = duration_h if self.at is None else self.at
            if not begin_h - _TOLERANCE <= moment <= duration_h + _TOLERANCE:
                raise ValueError(
                    f"{self.label} looks at {in_time(moment)}, but the run is from {in_time(begin_h)} to "
                    f"{in_time(duration_h)}"
                )
            return [moment]
        end = duration_h if self.until is None else min(self.until, duration_h)
        first = math.ceil((begin_h - self.first) / self.every - _TOLERANCE) if self.first < begin_h else 0
        last = math.floor((end - self.first) / self.every + _TOLERANCE)
        if last < first:
            raise ValueError(f"{self.label} never looks in a run from {in_time(begin_h)} to {in_time(duration_h)}")
        return [self.first + k * self.every for k in range(first, last + 1)]

    def __call__(self, run: Looking) -> tuple[float, float, float]:
        """Value, count and of; of a count the count is the value, and what does not apply is nan."""
        found = self.measure.function(run, **self.parameters)
        if self.measure.kind == "share":
            count, of = map(float, found)
            return Share(count, of).fraction, count, of
        value = float(found)
        return value, value if self.measure.kind == "count" else math.nan, math.nan

    def taken(
        self, hours: np.ndarray, values: np.ndarray, counts: np.ndarray, ofs: np.ndarray
    ) -> tuple[float, float, float]:
        """Value, count and of that stand in the table, from all looks in their order; nan without a look."""
        known = np.flatnonzero(np.isfinite(values))
        if not self.is_series or self.take == "last":
            return (values[-1], counts[-1], ofs[-1]) if values.size else (math.nan, math.nan, math.nan)
        if not known.size:
            return math.nan, math.nan, math.nan
        highest = known[np.argmax(values[known])]
        if self.take == "peak":
            return values[highest], counts[highest], ofs[highest]
        if self.take == "mean":
            return values[known].mean(), math.nan, math.nan
        if self.take == "peak_time":  # what never changes has no peak
            flat = values[known].min() == values[highest]
            return math.nan if flat else hours[highest], math.nan, math.nan
        return values[-1] / values[highest] if values[highest] > 0 else math.nan, math.nan, math.nan

    def __reduce__(self):
        return _read_again, (dict(self.written), self.measure.plugin)

    def __str__(self) -> str:
        return self.label


def read_request(line: Mapping[str, Any] | str, measures: Mapping[str, Measure] | None = None) -> MeasureRequest:
    """The request of one line of `measures`: a mapping, or just a measure's name. `measures` are those that are known
    (the shipped ones; `load_measures` gives them with a user's own).

    Raises pydantic's ValidationError; the locations of its errors are keys of the line.
    """
    measures = shipped() if measures is None else measures
    written = {"measure": line} if isinstance(line, str) else line
    if not isinstance(written, Mapping) or not isinstance(written.get("measure"), str):
        known = Line.model_validate(written)  # raises: the name is missing, or is no text
        raise TypeError(f"not a line of measures: {known}")
    name = written["measure"]
    if name not in measures:
        message = f"there is no measure named {quoted(name)}; {did_you_mean(name, measures, 'see `crlm measures`')}"
        raise ValidationError.from_exception_data(
            "measure",
            [
                InitErrorDetails(
                    type=PydanticCustomError("measure", "{message}", {"message": message}), loc=("measure",), input=name
                )
            ],
        )
    found = measures[name]
    read = found.line.model_validate(dict(written))
    return MeasureRequest(
        measure=found,
        parameters=found._values(read),
        label=read.name or _label(found, read),
        at=read.at,
        every=read.every,
        first=read.from_,
        until=read.until,
        take=read.take,
        written=dict(written),
    )


def _read_again(written: dict[str, Any], plugin: Path | None) -> MeasureRequest:
    return read_request(written, load_measures([plugin]) if plugin else None)


def _label(found: Measure, line: Line) -> str:
    """The measure's name and what was written, in one spelling: 'nodules(min_cells=10, at=14 d)'."""
    annotations = keys_of(type(line))
    said = []
    for name in (*found.parameter_names, "at", "every", "from_", "until", "take"):
        if name in line.model_fields_set and getattr(line, name) is not None:
            key = type(line).model_fields[name].alias or name
            said.append(f"{key}={_said(getattr(line, name), quantity_of(annotations[key]))}")
    return found.name + (f"({', '.join(said)})" if said else "")


def _said(value: Any, quantity) -> str:
    if isinstance(value, tuple | list):
        return "+".join(_said(item, None) for item in value)
    if isinstance(value, bool):
        return str(value).lower()
    if quantity is not None and quantity.unit == "h":
        return in_time(value)
    if isinstance(value, float):
        return f"{value:.10g}" + (f" {quantity.unit}" if quantity is not None and quantity.unit else "")
    return str(value)


# --- Looking at a run -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Observed:
    """What the measures said of one run.

    values : label -> number (nan where there is none)
    counts : label -> (count, of) of shares, (count, nan) of counts
    series : (label, hours, value) of every look of the requests that are series, in the order of time
    """

    values: dict[str, float]
    counts: dict[str, tuple[float, float]]
    series: list[tuple[str, float, float]]


def observe(model: "LiverModel", requests: Sequence[MeasureRequest], until: Any = None) -> Observed:
    """Run the model to its end (the config's duration, or `until`) in memory, keeping the measures only."""
    from ..simulation import Simulation

    observer = Observer(requests)
    Simulation(model, until, recorders=[observer]).run()
    return observer.observed


_LOOK = np.dtype([("request", "i4"), ("hours", "f8"), ("value", "f8"), ("count", "f8"), ("of", "f8")])


class Observer(Recorder):
    """Takes the measures of a run; in a run folder it leaves them in measures.parquet.

    Some measures need the events of the whole run. In a folder the recorder `Events` takes the entries out of the
    ledger, so the observer keeps its own copy, and stands before it among the recorders of a simulation.

    Raises ValueError for two requests of the same label, and as `MeasureRequest.moments` does when the run begins.
    """

    name = "measures"

    def __init__(self, requests: Sequence[MeasureRequest]):
        super().__init__("1 h")
        self.requests = tuple(requests)
        labels = [request.label for request in self.requests]
        if len(set(labels)) < len(labels):
            twice = next(label for label in labels if labels.count(label) > 1)
            raise ValueError(f"two measures are called '{twice}'; give one of them another name")
        self.schedule = _Plan(self.requests)
        self._forget(np.zeros(0, ENTRY), np.zeros(0, _LOOK))

    def _forget(self, events: np.ndarray, looks: np.ndarray, before: int = 0) -> None:
        self._events = events
        self._looks = [look.tolist() for look in looks]
        self._before = before

    def begin(self, model, folder, steps):
        super().begin(model, folder, steps)
        self._forget(np.zeros(0, ENTRY), np.zeros(0, _LOOK), before=_drained(model.ledger))

    def resume(self, model, folder, steps, state):
        super().resume(model, folder, steps, state)
        self._refuse_others(state["labels"].tolist())
        self._forget(state["events"], state["looks"], int(state["before"]))

    def record(self, model):
        due = self.schedule.due.get(model.step_number, ())
        if due:
            self._look(model, due)

    def flush(self, model):
        if self.folder is not None:
            self._take(model.ledger)

    def state(self):
        return {
            "labels": np.array([request.label for request in self.requests], str),
            "looks": self.looks,
            "events": self._events,
            "before": np.int64(self._before),
        }

    def finish(self, model):
        seen = {look[0] for look in self._looks}
        at_the_end = [
            k
            for k, request in enumerate(self.requests)
            if k not in seen and request.at is None and not request.is_series
        ]
        if at_the_end:  # the run ended early
            self._look(model, at_the_end)
        if self.folder is not None:
            parquet.write(self.table(), self.folder / "measures.parquet")

    def files(self):
        return ("measures.parquet",)

    def reopen(self, folder):
        super().reopen(folder)
        table = parquet.read(folder / "measures.parquet")
        labels = table.schema.metadata[b"labels"].decode().split("\n")
        self._refuse_others(labels)
        looks = np.zeros(table.num_rows, _LOOK)
        looks["request"] = [labels.index(label) for label in table["measure"].to_pylist()]
        for name, column in (("hours", "time_h"), ("value", "value"), ("count", "count"), ("of", "of")):
            looks[name] = table[column].to_numpy()
        self._forget(np.zeros(0, ENTRY), looks)

    def table(self) -> pa.Table:
        """Every look: measure (its label), unit, time_h, value, and count and of where they apply (else nan)."""
        looks, labels = self.looks, [request.label for request in self.requests]
        units = [request.measure.unit_of(request.parameters) for request in self.requests]
        return pa.table(
            {
                "measure": pa.array([labels[k] for k in looks["request"]], pa.string()),
                "unit": pa.array([units[k] for k in looks["request"]], pa.string()),
                "time_h": looks["hours"],
                "value": looks["value"],
                "count": looks["count"],
                "of": looks["of"],
            }
        ).replace_schema_metadata({"labels": "\n".join(labels)})

    @property
    def looks(self) -> np.ndarray:
        """Every look so far: request (its number), hours, value, count, of."""
        return np.array([tuple(look) for look in self._looks], _LOOK)

    @property
    def observed(self) -> Observed:
        looks = self.looks
        values, counts, series = {}, {}, []
        for k, request in enumerate(self.requests):
            own = looks[looks["request"] == k]
            value, count, of = request.taken(own["hours"], own["value"], own["count"], own["of"])
            values[request.label] = float(value)
            if request.kind != "level":
                counts[request.label] = float(count), float(of)
            if request.is_series:
                series += [(request.label, hours, value) for hours, value in own[["hours", "value"]].tolist()]
        return Observed(values, counts, series)

    def _look(self, model, numbers: Sequence[int]) -> None:
        run = Looking(model, self._events_of(model))
        seen: dict[tuple, tuple] = {}
        for k in numbers:
            request = self.requests[k]
            question = request.measure.name, repr(request.parameters)
            if question not in seen:
                try:
                    seen[question] = request(run)
                except Exception as error:
                    error.add_note(f"in the measure '{request.measure.name}', at {in_time(run.hours)}")
                    raise
            self._looks.append((k, round(run.hours, 9), *seen[question]))

    def _events_of(self, model) -> np.ndarray:
        if self.folder is None:
            return model.ledger.entries
        self._take(model.ledger)
        return as_rows(self._events)

    def _take(self, ledger) -> None:
        """Copy the entries that are new since the last time."""
        entries, drained = np.asarray(ledger.entries), _drained(ledger) - self._before
        if drained > self._events.size:
            raise RuntimeError(
                "events were taken out of the ledger before the measures saw them: among the recorders of "
                "a simulation an Observer stands before Events"
            )
        self._events = np.concatenate((self._events, entries[self._events.size - drained :]))

    def _refuse_others(self, labels: list[str]) -> None:
        if labels != [request.label for request in self.requests]:
            raise ValueError(f"the run in {self.folder} was observed with other measures: {', '.join(labels)}")

    def __repr__(self) -> str:
        return f"Observer({', '.join(request.label for request in self.requests)})"


def _drained(ledger) -> int:
    """How many entries are no longer in the ledger."""
    ledger.count()
    return int(ledger.totals.sum()) - ledger.entries.size


class _Plan:
    """The steps at which requests are due: the first at or after each of their moments."""

    def __init__(self, requests: Sequence[MeasureRequest]):
        self.requests = requests
        self.due: dict[int, list[int]] = {}
        """Step -> numbers of the requests; filled when a simulation asks for the steps."""

    def steps(self, first: int, last: int, dt_hours: float, start: int = 0) -> list[int]:
        """The steps due from `first` to `last`; where the run began makes no difference to them."""
        self.due = {}
        for k, request in enumerate(self.requests):
            moments = request.moments(last * dt_hours, first * dt_hours)
            for step in sorted({math.ceil(hours / dt_hours - _TOLERANCE) for hours in moments}):
                self.due.setdefault(min(max(step, first), last), []).append(k)
        return sorted(self.due)
