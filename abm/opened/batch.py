"""A batch as an object: its arms, its tables, its runs.

batch = abm.open_batch("batches/my_experiment")
batch.table.groupby("arm").mean(numeric_only=True)
batch.run("control", 1).show()
"""

from functools import cached_property
from pathlib import Path

import pandas as pd

from ..batches.store import read_results, read_series
from ..comparison.outcome import Outcome
from ..config.errors import choice, did_you_mean
from ..folder import manifest
from ..folder.names import RESULTS, RUNS, SNAPSHOTS
from ..kept.tables import described
from ..notebook import card
from .run import OpenedRun

_CARD_PIXELS = 300
_MOST_PICTURES = 4


class OpenedBatch:
    """The folder of a batch.

    folder : the batch's folder
    name, arms, control : of the experiment, the control first among the arms
    replicates : how many runs each arm shall have
    points : point of the sweep -> its settings, path -> value; one point, without settings, where nothing is swept
    measures : what was measured, as the columns of the table are called
    """

    def __init__(self, folder: Path | str):
        """Raises FileNotFoundError when it is not the folder of a batch, or holds no results yet."""
        self.folder = Path(folder)
        self._outcome = Outcome.read(self.folder)
        self.name, self.control = self._outcome.name, self._outcome.control
        self.arms = tuple(self._outcome.arms)
        self.replicates = self._outcome.replicates
        self.points = dict(self._outcome.settings)
        self.measures = tuple(measure.label for measure in self._outcome.measures)

    @cached_property
    def table(self) -> pd.DataFrame:
        """A row per run: arm, replicate, seed, swept parameters, measures; `attrs["units"]` and `attrs["long_name"]` say for
        each column what it is."""
        return described(read_results(self.folder))

    @cached_property
    def series(self) -> pd.DataFrame:
        """What was measured through time: a row per run, measure and moment. Raises FileNotFoundError when nothing was."""
        table = read_series(self.folder)
        if table is None:
            raise FileNotFoundError(f"the experiment in {self.folder} measured nothing through time (`every`)")
        return described(table)

    def run(self, arm: str, replicate: int = 1, point: int = 0) -> OpenedRun:
        """One of its runs. Raises ValueError when there is none, FileNotFoundError when its folder was not kept."""
        if arm not in self.arms:
            there = f"there is {choice(self.arms, 'and')}"
            raise ValueError(f"there is no arm '{arm}'; {did_you_mean(arm, self.arms, there)}")
        status = self._outcome.status_of(arm, point, replicate)
        if status is None:
            raise ValueError(
                f"there is no replicate {replicate} of {arm} at point {point}; there are replicates 1 to {self.replicates} and "
                f"points {min(self.points, default=0)} to {max(self.points, default=0)}"
            )
        name, done = status
        folder = self.folder / RUNS / name
        if not (folder / manifest.NAME).exists():
            raise FileNotFoundError(
                f"replicate {replicate} of {arm} failed; its error is in {self.folder / RESULTS}"
                if not done
                else f"the folder of replicate {replicate} of {arm} was not kept: crlm batch ... --keep all keeps the runs"
            )
        return OpenedRun(folder)

    def _repr_html_(self) -> str:
        """What Jupyter shows: the first replicate of some arms as far as its snapshots are kept, and the means of what was measured."""
        kept = self._outcome.folders(SNAPSHOTS)
        first = [folders[0] for (_, point), folders in kept.items() if point == min(self.points, default=0)]
        pictures = [OpenedRun(folder).show(pixels=_CARD_PIXELS, legend=False) for folder in first[:_MOST_PICTURES]]
        facts = {
            "folder": str(self.folder),
            "arms": ", ".join(self.arms),
            "replicates": str(self.replicates),
            "runs": f"{self._outcome.runs} of {self._outcome.planned}, {self._outcome.failed} failed",
        }
        means = self.table.groupby("arm", observed=True).mean(numeric_only=True)
        for measure in self._outcome.measures:
            unit = f" {measure.unit}" if measure.unit else ""
            facts[measure.label] = ", ".join(
                f"{arm} {means.at[arm, measure.label]:.4g}{unit}" for arm in self.arms if arm in means.index
            )
        return card(f"Batch '{self.name}' (means)", facts, pictures=pictures)

    def __repr__(self) -> str:
        return f"<Batch '{self.name}': {len(self.arms)} arms, {self._outcome.runs} runs, in {self.folder}>"


def open_batch(folder: Path | str) -> OpenedBatch:
    """The batch in a folder, so far as it is computed. Raises FileNotFoundError when there is none."""
    return OpenedBatch(folder)
