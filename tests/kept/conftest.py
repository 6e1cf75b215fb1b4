"""A little run, made once for each process of tests."""

import pytest

from abm import Simulation
from tests.worlds import lively

TITLE = "A <little> run"


def little_run(folder):
    """A run of a day with a snapshot every 6 h, in which tumor cells divide and are killed."""
    record = {"snapshots": "6 h", "nodules": "6 h", "movie": False, "figures": False}
    model = lively(mm=0.4, name=TITLE, description="many & quick", record=record)
    return Simulation(model, until="1 d", folder=folder).run()


@pytest.fixture(scope="session")
def simulation(tmp_path_factory):
    """The run, and its model as it ended."""
    return little_run(tmp_path_factory.mktemp("kept") / "run")


@pytest.fixture(scope="session")
def folder(simulation):
    return simulation.folder
