"""Determinism: the same config and seed give the same bytes, whatever runs them.

Threads and executors: tests/test_model.py, tests/test_cli.py, tests/batches/test_executors.py. Kills: test_faults.py.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

from abm import Simulation
from abm.record.compare import differing

from . import tiny, world

ROOT = Path(__file__).parents[2]
STEPS = 30
OTHER_PYTHON = "CRLM_OTHER_PYTHON"
"""Names another interpreter (or a virtual environment's) to compare with; by default those on the PATH are tried."""

compiled_only = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="compares with compiled kernels")


@pytest.fixture(scope="module")
def here():
    return tiny.state_after(STEPS)


def elsewhere(folder: Path, python: str = sys.executable, **environment: str) -> dict[str, np.ndarray]:
    """The tiny world's state as computed by another process."""
    path = folder / "state.npz"
    subprocess.run(
        [python, "-m", "tests.trust.tiny", str(STEPS), str(path)],
        check=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
    )
    with np.load(path) as stored:
        return {name.replace(".", "/"): stored[name] for name in stored.files}


def assert_same_bytes(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> None:
    assert one.keys() == other.keys()
    differing_arrays = [name for name in one if np.asarray(one[name]).tobytes() != other[name].tobytes()]
    assert differing_arrays == []


def columns(arrays: dict[str, np.ndarray]):
    """Every plain array, those of tables column by column."""
    for name, array in arrays.items():
        if array.dtype.names:
            yield from ((f"{name}.{column}", array[column]) for column in array.dtype.names)
        else:
            yield name, np.asarray(array)


def test_the_tiny_world_is_not_dull(here):
    counts = np.bincount(here["entries"]["event"], minlength=13)
    assert (counts > 0).all(), "an event that does not happen is not compared"


@compiled_only
def test_without_the_compiler_the_same_events_and_numbers(here, tmp_path):
    """Events and integers are equal, floats within 1e-5."""
    plain = elsewhere(tmp_path, NUMBA_DISABLE_JIT="1")
    assert np.array_equal(here["entries"], plain["entries"])
    other = dict(columns(plain))
    for name, values in columns(here):
        if values.dtype.kind == "f":
            np.testing.assert_allclose(other[name], values, rtol=1e-5, atol=1e-7, err_msg=name)
        else:
            np.testing.assert_array_equal(other[name], values, err_msg=name)


@pytest.mark.slow
def test_another_process_gives_the_same_bytes(here, tmp_path):
    assert_same_bytes(here, elsewhere(tmp_path, PYTHONHASHSEED="1"))


def other_pythons():
    """Interpreters of another version that have the same NumPy, SciPy and numba."""
    wanted = json.dumps([np.__version__, __import__("scipy").__version__, numba.__version__])
    ask = (
        "import json, sys, numpy, scipy, numba, mesa, pyarrow, zarr; "
        "print(json.dumps([numpy.__version__, scipy.__version__, numba.__version__]), *sys.version_info[:2])"
    )
    candidates = (
        [os.environ[OTHER_PYTHON]]
        if OTHER_PYTHON in os.environ
        else [found for minor in range(11, 16) if (found := shutil.which(f"python3.{minor}"))]
    )
    for python in candidates:
        told = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=False)
        said = told.stdout.strip().rpartition("] ")
        if (
            told.returncode == 0
            and f"{said[0]}]" == wanted
            and said[2] != f"{sys.version_info[0]} {sys.version_info[1]}"
        ):
            yield python


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_another_version_of_python_gives_the_same_bytes(here, tmp_path):
    python = next(other_pythons(), None)
    if python is None:
        assert OTHER_PYTHON not in os.environ, f"{os.environ[OTHER_PYTHON]} has not the same NumPy, SciPy and numba"
        pytest.skip(f"no other Python with the same NumPy, SciPy and numba; {OTHER_PYTHON} may name one")
    assert_same_bytes(here, elsewhere(tmp_path, python))


@compiled_only
def test_any_number_of_checkpoints_gives_the_same_bytes(tmp_path):
    for every in ("10 min", "1 h", "100 d"):
        world.run(
            tmp_path / every.replace(" ", ""), duration="2 h", record=world.WORLD["record"] | {"checkpoint": every}
        )
    for other in ("10min", "1h"):
        assert set(differing(tmp_path / other, tmp_path / "100d")) == {"config.yaml"}, (
            "which says how many checkpoints there are"
        )


@compiled_only
def test_interrupted_at_every_checkpoint_gives_the_same_bytes(tmp_path):
    class Stopped(Exception):
        pass

    def stop_behind(step):
        def look(simulation):
            if simulation.model.step_number == step:
                raise Stopped

        return look

    world.run(tmp_path / "whole", duration="2 h")
    for step in (7, 13, 19):
        with pytest.raises(Stopped):
            Simulation(
                world.liver(duration="2 h"), folder=tmp_path / "cut", resume=True, progress=stop_behind(step)
            ).run()
    assert Simulation(world.liver(duration="2 h"), folder=tmp_path / "cut", resume=True).run().resumed_from == 18
    assert differing(tmp_path / "cut", tmp_path / "whole") == []
