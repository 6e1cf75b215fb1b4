"""Experiments written into the working folder and loaded."""

import pytest

from abm.batches.loading import load_experiment
from abm.config import ConfigError

from ..little import write


@pytest.fixture
def load(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def load(text, *overrides, **files):
        write(tmp_path, text, **files)
        return load_experiment("my.yaml", overrides)

    return load


@pytest.fixture
def report(load):
    """The report of an experiment that is wrong."""

    def report(text, *overrides, **files):
        with pytest.raises(ConfigError) as caught:
            load(text, *overrides, **files)
        return str(caught.value)

    return report
