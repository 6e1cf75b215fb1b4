"""The kernels one by one, to be compared with themselves after a change.

    pytest benchmarks -n 0 --benchmark-autosave                          before
    pytest benchmarks -n 0 --benchmark-compare --benchmark-compare-fail=median:10%    and after

CPU time; not a part of the default test run. The liver is a square millimetre half a day after an injection.
"""

import time

import numpy as np
import pytest

from abm import LiverModel, load_config
from abm.config.shipped import shipped_configs
from abm.fields import FIELDS
from abm.fields.field import Diffusing
from abm.fields.secretion import secrete
from abm.fields.solver import DiffusionSolver
from abm.kernels.random import hash64
from abm.rules import RULES
from abm.tissue import anatomy
from abm.tissue.sites import SINUSOID

pytestmark = pytest.mark.benchmark(timer=time.process_time, warmup=True, warmup_iterations=2, max_time=0.5)

DIFFUSING = [field.name for field in FIELDS if issubclass(field, Diffusing)]
_ROUNDS, _CALLS = 20, 10


@pytest.fixture(scope="module")
def state() -> tuple:
    model = LiverModel(load_config(shipped_configs() / "quickstart.yaml"))
    while model.hours < 12:
        model.step()
    return model.config, {name: array.copy() for name, array in model.state_arrays().items()}


@pytest.fixture(scope="module")
def liver(state) -> LiverModel:
    return LiverModel(state[0])


@pytest.fixture
def measure(benchmark, liver, state):
    """Measures some calls, the same number after the same state of the liver each time."""
    liver.load_state(state[1])
    secreted = {name: liver.fields[name] for name in DIFFUSING}
    secrete(liver.populations, secreted, liver.fields["oxygen"].values, liver.config)
    return lambda action: benchmark.pedantic(action, rounds=_ROUNDS, iterations=_CALLS, warmup_rounds=1)


@pytest.mark.parametrize("name", [rule.name for rule in RULES])
def test_rule(measure, liver, name):
    measure(lambda: liver.rules[name].apply(liver))


def test_whole_step(measure, liver):
    measure(lambda: liver.step())


@pytest.mark.parametrize("name", DIFFUSING)
def test_field(measure, liver, name):
    measure(lambda: liver.fields[name].advance())


def test_oxygen(measure, liver):
    tumor_sites = np.zeros(liver.shape, bool)
    measure(lambda: liver.fields["oxygen"].solve(liver.flow, liver.sites, liver.hepatocytes, tumor_sites))


@pytest.mark.parametrize("side", [200, 201, 1000])
def test_diffusion(benchmark, side):
    """One step of TNF-alpha, whose sources change every hour."""
    random = np.random.default_rng(1)
    solver = DiffusionSolver((side, side), spacing_um=10.0, periodic=True, diffusion_um2_per_s=20.0, step_s=300.0)
    solver.set_sink((0.12 / 3600 + 0.02 * (random.random((side, side)) < 0.3)).astype(np.float32))
    sources = [(random.random((side, side)) < 0.01).astype(np.float32) for _ in range(2)]
    values, steps = np.zeros_like(sources[0]), [0]

    def advance() -> None:
        steps[0] += 1
        solver.advance(values, sources[steps[0] // 12 % 2])

    benchmark(advance)


def test_flow(benchmark, liver):
    benchmark(liver.flow.update, (liver.sites.kind == SINUSOID) & (liver.sites.perfused != 0))


def test_anatomy(benchmark, liver):
    benchmark(anatomy.grow, liver.config.tissue, 1)


def test_order(benchmark, liver):
    """The order in which the cells of a population act."""
    benchmark(liver.endothelium.order, liver.key("benchmark"), 1)


def test_hash(benchmark):
    benchmark(hash64, np.uint64(1), np.uint64(2), 3, 4)


def test_checkpoint(benchmark, liver, state):
    benchmark(liver.load_state, state[1])
