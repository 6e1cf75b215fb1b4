"""A little experiment, for tests: two arms, three replicates, two simulated hours of the smallest liver."""

import textwrap
from pathlib import Path

import pyarrow as pa

from abm.batches.executors import given_up
from abm.batches.loading import load_experiment
from abm.batches.one_run import compute

BASE = """
duration: 2 h
tissue: {width: 0.4 mm, height: 0.4 mm}
rules: {arrival: {per_area: 250 /mm^2}}
record: {checkpoint: 30 min, snapshots: 1 h}
"""
EXPERIMENT = """
name: little
base: base.yaml
replicates: 3
seed: 5
arms:
  control: {}
  no_kupffer: {cells: {kupffer: {density: 0 /mm^2}}}
measures:
  - {measure: tumor_cells}
  - {measure: touching_kupffer, at: 90 min}
  - {measure: adherent_cells, every: 30 min}
"""
TROUBLE = '''
import os
import resource
import signal
import time
from pathlib import Path

from abm.measures.measure import measure


@measure(unit="", kind="level")
def trouble(run, seed: int, how: str, marker: str = "") -> float:
    """What goes wrong in the run of one seed."""
    if run.liver.seed != seed:
        return 0.0
    if marker:
        if Path(marker).exists():
            return 0.0
        Path(marker).write_text("")
    if how == "raise":
        raise ArithmeticError("one and one are three")
    if how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "full":
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
    if how == "slow":
        time.sleep(1.0)
    return 1.0
'''


def write(folder: Path, text: str = EXPERIMENT, **files: str) -> Path:
    """The experiment, its base and other files in `folder`; returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in {"base.yaml": BASE, "my.yaml": text, "trouble.py": TROUBLE, **files}.items():
        (folder / name).write_text(textwrap.dedent(content), encoding="utf-8")
    return folder / "my.yaml"


def with_trouble(**trouble) -> str:
    """The experiment with a measure that makes trouble."""
    line = ", ".join(
        f"{key}: {value}" for key, value in {"measure": "trouble", "at": "1 h", "name": "trouble", **trouble}.items()
    )
    return f"{EXPERIMENT}  - {{{line}}}\nplugins: [trouble.py]\n"


def little(folder: Path, text: str = EXPERIMENT, *overrides: str):
    return load_experiment(write(folder, text), overrides)


class Here:
    """An executor that computes in this process."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def compute(self, tasks):
        return map(compute, tasks)


class Dying(Here):
    """One whose workers die over every run."""

    def compute(self, tasks):
        return map(given_up, tasks)


def rows(table: pa.Table) -> pa.Table:
    """The rows without what may differ."""
    return table.drop_columns(["seconds"])


def without_trouble(table: pa.Table) -> pa.Table:
    return rows(table).drop_columns(["trouble"])
