"""Which runs an experiment has, and where the points of a sweep lie."""

import sys

import numpy as np
import pytest

from abm.batches.design import DesignError, points_of, problem, samples
from abm.batches.experiment import Sweep, Swept, run_id
from abm.units import Quantity

from .little import EXPERIMENT, little

RATE = Swept("rules.phagocytosis.rate", Quantity("/h", "a rate", "0.1 /h"), low=0.01, high=1.0, log=True)
DEPTH = Swept("rules.growth.push_depth", whole=True, low=1, high=5)
SHARE = Swept("some.share", Quantity("", "a fraction", "0.5", maximum=1.0), low=0.25, high=0.75)
ALL = (RATE, DEPTH, SHARE)


def test_runs_are_arms_times_points_times_replicates(tmp_path):
    experiment = little(tmp_path, EXPERIMENT + "sweep: {parameters: {rules.phagocytosis.rate: [0.1 /h, 0.2 /h]}}\n")
    runs = experiment.runs()
    assert len(runs) == len({run.id for run in runs}) == 2 * 2 * 3
    assert {(run.arm, run.point, run.replicate) for run in runs} == {
        (arm, point, replicate) for arm in experiment.arms for point in (0, 1) for replicate in (1, 2, 3)
    }
    for run in runs:
        assert run.id == run_id(run.arm, run.point, run.replicate)
        # replicate k has the same seed everywhere
        assert run.seed == run.config.seed == 5 + run.replicate - 1
        assert run.config.rules.phagocytosis.rate == pytest.approx((0.1, 0.2)[run.point])
        assert run.config == experiment.configs[run.arm, run.point].model_copy(update={"seed": run.seed})
    assert runs[0].id == "control-0000-0001"


def test_a_grid_is_the_product_of_its_values():
    sweep = Sweep("grid", (Swept("a", values=(1, 2)), Swept("b", text=True, values=("x", "y", "z"))))
    points = points_of(sweep)
    assert [(point["a"], point["b"]) for point in points] == [(a, b) for a in (1, 2) for b in "xyz"]
    assert points_of(None) == ({},)


def test_a_list_takes_its_values_side_by_side_with_seeds_of_their_own(tmp_path):
    listed = """
sweep:
  method: listed
  parameters: {rules.phagocytosis.rate: [0.1 /h, 0.2 /h, 0.1 /h], cells.tumor.mutations: [[ras], [], [ras, pten]]}
  seeds: [3, 50, 700]
"""
    experiment = little(tmp_path, EXPERIMENT + listed)
    assert [tuple(point.values()) for point in experiment.points] == [
        ("0.1 /h", ["ras"]),
        ("0.2 /h", []),
        ("0.1 /h", ["ras", "pten"]),
    ]
    assert {(run.point, run.replicate, run.seed) for run in experiment.runs()} == {
        (point, replicate, seed + replicate - 1) for point, seed in enumerate((3, 50, 700)) for replicate in (1, 2, 3)
    }
    assert experiment.configs["control", 2].labels["mutations"] == "ras, pten"
    assert "mutations" not in experiment.plain["control"].labels


@pytest.mark.parametrize(
    ("values", "seeds"), [(((1, 2), ("x",)), ()), (((1, 2), ("x", "y")), (1,)), (((1,), ("x",)), (1, 2))]
)
def test_a_list_needs_as_many_of_everything(values, seeds):
    sweep = Sweep(
        "listed", tuple(Swept(name, values=those) for name, those in zip("ab", values, strict=True)), seeds=seeds
    )
    with pytest.raises(DesignError, match="takes lists of one length"):
        points_of(sweep)


def held(sweep):
    return np.array([[swept.held(point[swept.path]) for swept in sweep.parameters] for point in points_of(sweep)])


@pytest.mark.parametrize(("method", "count"), [("latin_hypercube", 16), ("sobol", 16 * 5), ("morris", 16 * 4)])
def test_drawn_points_lie_within_their_bounds(method, count):
    sweep = Sweep(method, ALL, points=16, seed=3)
    values = held(sweep)
    assert values.shape == (count, 3)
    for column, swept in enumerate(ALL):
        assert swept.low <= values[:, column].min() and values[:, column].max() <= swept.high
    assert points_of(sweep)[0].keys() == {"rules.phagocytosis.rate", "rules.growth.push_depth", "some.share"}
    assert isinstance(points_of(sweep)[0]["rules.phagocytosis.rate"], str) and isinstance(
        points_of(sweep)[0]["some.share"], float
    )
    assert set(values[:, 1]) <= {1, 2, 3, 4, 5} and len(set(values[:, 1])) > 1
    assert points_of(sweep) == points_of(sweep)
    assert points_of(sweep) != points_of(Sweep(method, ALL, points=16, seed=4))


def test_latin_hypercube_points_are_spread_evenly():
    values = held(Sweep("latin_hypercube", ALL, points=50))
    # one point in each of as many strips; even on the logarithmic scale for what is logarithmic
    strips = np.floor((np.log10(values[:, 0]) + 2) / 2 * 50)
    assert sorted(strips) == list(range(50))
    assert sorted(np.floor((values[:, 2] - 0.25) / 0.5 * 50)) == list(range(50))
    # whole numbers come equally often
    assert {int((values[:, 1] == depth).sum()) for depth in range(1, 6)} == {10}


def test_salib_can_analyse_a_design():
    from SALib.analyze import sobol as analyze

    sweep = Sweep("sobol", ALL, points=256)
    drawn = samples(sweep)
    low, high = np.array(problem(sweep)["bounds"]).T
    result = (drawn - low) / (high - low) @ np.array([2.0, 1.0, 0.0])
    found = analyze.analyze(problem(sweep), result, calc_second_order=False, seed=1)
    np.testing.assert_allclose(found["S1"], [0.8, 0.2, 0.0], atol=0.05)


@pytest.mark.parametrize("sweep", [Sweep("sobol", ALL, points=12), Sweep("morris", ALL, levels=3)])
def test_designs_that_cannot_be(sweep):
    with pytest.raises(DesignError, match="needs"):
        points_of(sweep)


def test_without_salib(monkeypatch):
    monkeypatch.setitem(sys.modules, "SALib.sample", None)
    with pytest.raises(DesignError, match=r"pip install '\.\[sensitivity\]'"):
        points_of(Sweep("morris", ALL))


def test_what_is_written_is_what_is_held():
    assert RATE.written(0.125) == "0.125 /h" and RATE.held("0.125 /h") == 0.125 and RATE.unit == "/h"
    assert DEPTH.written(3.0) == 3 and DEPTH.held(3) == 3.0
    assert (
        Swept("a", text=True).held({"enabled": True}) == '{"enabled": true}'
        and Swept("a", text=True).held("off") == "off"
    )
    assert RATE.held(None) is None
