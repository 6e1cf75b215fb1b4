"""The recorder that takes measures during a run, and their results."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ..folder import parquet
from ..folder.names import table_file
from ..kernels.tables import as_rows
from ..ledger.ledger import ENTRY
from ..record.recorder import Recorder
from ..units import in_time
from .look import Look
from .request import TOLERANCE, MeasureRequest


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


_LOOK = np.dtype([("request", "i4"), ("hours", "f8"), ("value", "f8"), ("count", "f8"), ("of", "f8")])


class Measures(Recorder):
    """Takes the measures of a run; in a run folder it leaves them in measures.parquet.

    Some measures need the events of the whole run. In a folder the recorder `Events` takes the entries out of the
    ledger, so this one keeps its own copy, and stands before it among the recorders of a simulation.

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
        self.schedule = self._plan = _Plan(self.requests)
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
        due = self._plan.due.get(model.step_number, ())
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
            parquet.write(self.table(), self.folder / table_file(self.name))

    def files(self):
        return (table_file(self.name),)

    def reopen(self, folder):
        super().reopen(folder)
        table = parquet.read(folder / table_file(self.name))
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
        look = Look(model, self._events_of(model))
        seen: dict[tuple, tuple] = {}
        for k in numbers:
            request = self.requests[k]
            question = request.measure.name, repr(request.parameters)
            if question not in seen:
                try:
                    seen[question] = request(look)
                except Exception as error:
                    error.add_note(f"in the measure '{request.measure.name}', at {in_time(look.hours)}")
                    raise
            self._looks.append((k, round(look.hours, 9), *seen[question]))

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
                "a simulation Measures stands before Events"
            )
        self._events = np.concatenate((self._events, entries[self._events.size - drained :]))

    def _refuse_others(self, labels: list[str]) -> None:
        if labels != [request.label for request in self.requests]:
            raise ValueError(f"the run in {self.folder} was observed with other measures: {', '.join(labels)}")

    def __repr__(self) -> str:
        return f"Measures({', '.join(request.label for request in self.requests)})"


def _drained(ledger) -> int:
    """How many entries have been drained from the ledger."""
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
            for step in sorted({math.ceil(hours / dt_hours - TOLERANCE) for hours in moments}):
                self.due.setdefault(min(max(step, first), last), []).append(k)
        return sorted(self.due)
