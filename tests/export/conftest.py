"""The little run, to be exported."""

import pytest

from abm import open_run

from ..kept.conftest import folder, simulation  # noqa: F401


@pytest.fixture(scope="module")
def run(folder):  # noqa: F811
    return open_run(folder)
