"""A little run, made once for each file of tests."""

import pytest

from abm import Simulation
from tests.worlds import lively


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory):
    """A run of a day, a snapshot every 6 h, in which tumor cells divide and are killed."""
    folder = tmp_path_factory.mktemp("opened") / "run"
    model = lively(mm=0.4, name="A <little> run", record={"snapshots": "6 h", "movie": False, "figures": False})
    Simulation(model, until="1 d", folder=folder).run()
    return folder
