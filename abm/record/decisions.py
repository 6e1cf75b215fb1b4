"""decisions.parquet: what was decided of the treatment while the run went on: of therapies within limits cycle by cycle, and of what hangs
on a condition at its scan."""

from collections.abc import Iterator

import numpy as np

from ..interventions.condition import conditions
from ..pharmacology.courses import WORDS
from .tables import TableColumn, TableRecorder

VERDICTS = ("called off", "goes ahead")


class Decisions(TableRecorder):
    """One row per decision, in the order in which they were made."""

    name = "decisions"

    def columns(self, model):
        return (
            TableColumn("time_min", "f8", "min", "simulated time of the decision"),
            TableColumn("intervention", "i1", "", "what it is about", tuple(model.interventions)),
            TableColumn("decision", "i1", "", "what was decided", (*WORDS, *VERDICTS)),
            TableColumn("cycle", "i4", "", "which cycle of the therapy, 1 is the first; 0: of the whole"),
            TableColumn("neutrophils", "f8", "1e9/L", "neutrophils in the blood"),
            TableColumn("share", "f8", "", "share of the prescribed doses that is given; nan: of a condition"),
            TableColumn(
                "change",
                "f8",
                "",
                "change of the sum of diameters since time 0; nan: of a cycle, or nothing to measure",
            ),
        )

    def begin(self, model, folder, steps):
        super().begin(model, folder, steps)
        self._told = 0

    def resume(self, model, folder, steps, state):
        super().resume(model, folder, steps, state)
        self._told = int(state["told"])

    def state(self):
        return super().state() | {"told": np.array(self._told)}

    def record(self, model):
        made = sorted(_decisions(model), key=lambda row: (row["time_min"], row["intervention"]))
        for row in made[self._told :]:
            self.add({name: np.array([value]) for name, value in row.items()})
        self._told = len(made)

    def flush(self, model):
        self.record(model)
        super().flush(model)


def decides(config) -> bool:
    """Whether anything is decided while a run of this config goes on: of a therapy within limits, or of what hangs on a condition."""
    within = (each.limits_within(config.regimens[each.regimen]) for each in config.prescriptions)
    return bool(conditions(config.interventions)) or any(limits is not None for limits in within)


def _decisions(model) -> Iterator[dict[str, float]]:
    """What was decided so far."""
    for number, course in model.drugs.courses.items():
        for turn in course.turns:
            yield {
                "time_min": 60.0 * turn.hours,
                "intervention": number,
                "decision": turn.decision,
                "cycle": turn.cycle,
                "neutrophils": turn.neutrophils,
                "share": turn.share,
                "change": np.nan,
            }
    for number, verdict in enumerate(model.looks.get("verdicts", ())):
        if np.isfinite(verdict["hours"]):
            yield {
                "time_min": 60.0 * verdict["hours"],
                "intervention": number,
                "decision": len(WORDS) + int(verdict["holds"]),
                "cycle": 0,
                "neutrophils": np.nan,
                "share": np.nan,
                "change": float(verdict["change"]),
            }
