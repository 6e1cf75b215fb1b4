"""A little liver in which a lot happens, and runs of it in processes of their own that may be killed.

The processes are forked from a server that has imported everything and loaded the kernels, so that each starts at once.
"""

import multiprocessing
import os
import sys
from pathlib import Path

from abm import LiverModel, Simulation
from tests.worlds import LIVELY

WORLD = {
    "name": "little",
    "duration": "6 h",
    "tissue": {"width": "0.4 mm", "height": "0.4 mm"},
    "rules": LIVELY,
    "record": {"checkpoint": "30 min", "snapshots": "30 min", "nodules": "1 h", "movie": False, "figures": False},
}


def liver(**overrides) -> LiverModel:
    return LiverModel(**(WORLD | overrides))


def run(folder: Path | str, resume: bool = False, **overrides) -> Simulation:
    """The little liver's run, in this process."""
    return Simulation(liver(**overrides), folder=folder, resume=resume).run()


def child(folder: Path | str) -> multiprocessing.Process:
    """The run, or what is left of it, in a process of its own that has been started."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.trust.warm"])
    process = context.Process(target=_run_or_resume, args=(str(folder),))
    process.start()
    return process


def _run_or_resume(folder: str) -> None:
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115 (for the rest of the process)
    run(folder, resume=True)
