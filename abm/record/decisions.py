"""decisions.parquet: what was decided of the treatment while the run went on, of therapies within limits cycle by cycle."""

import numpy as np

from ..interventions import Therapy
from ..pharmacology.courses import WORDS, Turn
from .tables import TableColumn, TableRecorder


class Decisions(TableRecorder):
    """One row per decision, in the order in which they were made."""

    name = "decisions"

    def columns(self, model):
        return (
            TableColumn("time_min", "f8", "min", "simulated time of the decision"),
            TableColumn("intervention", "i1", "", "what it is about", tuple(model.interventions)),
            TableColumn("decision", "i1", "", "what was decided", WORDS),
            TableColumn("cycle", "i4", "", "which cycle of the therapy, 1 is the first"),
            TableColumn("neutrophils", "f8", "1e9/L", "neutrophils in the blood"),
            TableColumn("share", "f8", "", "share of the prescribed doses that is given from then on"),
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
        made = _decisions(model)
        for number, turn in made[self._told :]:
            row = turn._asdict() | {"time_min": 60.0 * turn.hours, "intervention": number}
            self.add({name: np.array([row[name]]) for name in (column.name for column in self._columns)})
        self._told = len(made)

    def flush(self, model):
        self.record(model)
        super().flush(model)


def decides(model) -> bool:
    """Whether anything is decided while a run of this liver goes on."""
    return bool(model.drugs.courses)


def _decisions(model) -> list[tuple[int, Turn]]:
    """What was decided so far, with the number of the intervention, by time."""
    therapies = [number for number, entry in enumerate(model.interventions.values()) if isinstance(entry, Therapy)]
    made = [(therapies[number], turn) for number, course in model.drugs.courses.items() for turn in course.turns]
    return sorted(made, key=lambda one: (one[1].hours, one[0]))
