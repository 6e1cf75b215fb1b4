"""Convergence: neither the step nor the orientation of the lattice changes the cascade beyond sampling error.

All cells come in one bolus, of five minutes: within one step of the usual length, or five short ones. Compared are
founders' stages and fates, what passed, and every cause of every event, between groups of seeds, by Welch's t-test over
the seeds (which also feels what cells of one liver have in common), at a confidence of 99.9 % for each group of seeds as
a whole (Bonferroni); seeds are fixed. There are enough seeds that a change by three tenths, or by 4 in 100 founders, would
be found in nine of ten suites. Slow. The solver's order in dt and dx: tests/fields/test_solver.py; courses of
interventions: tests/interventions/test_moments.py.
"""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from abm.ledger import cause, event
from abm.model import LiverModel
from abm.record.event_table import events_table
from abm.record.fates import STAGES, fates_of
from abm.tissue import anatomy

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

HOURS = 48.0
SEEDS = range(1, 61)
CONFIDENCE, POWER = 0.999, 0.9
RELATIVE, ABSOLUTE = 0.3, 0.04
"""The change that is found with that power: of the value, or in founders, whichever is more."""
MEASURES = (*STAGES[1:5], *(name for name in event.NAMES if name != "arrived"))
BY_CAUSE = tuple((what, by) for what in event.NAMES for by in cause.NAMES if by != "none")
SEEN = 0.002
"""Causes of at least so many events per founder are compared."""
RULES = {
    "arrival": {"per_area": "60 /mm^2"},
    "phagocytosis": {"handling_time": "1 h"},
    "growth": {"cycle_time": "12 h"},
}
"""Denser and quicker than in a mouse, so that all stages are reached by some."""


def cascade(seed: int, **overrides) -> dict[str, float]:
    """Shares of the founders that reached each stage, and events per founder."""
    model = LiverModel(seed=seed, rules=RULES, **overrides)
    while model.hours < HOURS - 1e-9:
        model.step()
    fates = fates_of(events_table(model.ledger.entries), model.minutes, model.config.record, model.spacing_um)
    reached = dict(zip(STAGES, fates.reached, strict=True))
    assert fates.count == reached["arrived"] > 100
    counts = {name: model.ledger.total(name) for name in MEASURES if name not in reached} | {
        f"{what} by {by}": model.ledger.total(what, by) for what, by in BY_CAUSE
    }
    return {name: reached.get(name, counts.get(name)) / fates.count for name in (*MEASURES, *counts)}


def table(runs) -> dict[str, np.ndarray]:
    runs = list(runs)
    return {name: np.array([run[name] for run in runs]) for name in runs[0]}


def assert_alike(one: dict[str, np.ndarray], other: dict[str, np.ndarray], paired: bool = False) -> None:
    compared = [name for name in one if max(one[name].mean(), other[name].mean()) > SEEN]
    confidence = 1 - (1 - CONFIDENCE) / len(compared)
    assert len(compared) > 20
    for name in compared:
        test = (
            stats.ttest_rel(one[name], other[name])
            if paired
            else stats.ttest_ind(one[name], other[name], equal_var=False)
        )
        low, high = test.confidence_interval(confidence)
        found = (high - low) / 2 * (1 + stats.norm.ppf(POWER) / stats.t.ppf((1 + confidence) / 2, test.df))
        told = (
            f"{name}: {one[name].mean():.4f} +- {stats.sem(one[name]):.4f} and {other[name].mean():.4f} +- "
            f"{stats.sem(other[name]):.4f}, p = {test.pvalue:.3f}, a change by {found:.3f} would be found"
        )
        print(told)
        assert test.pvalue > 1 - confidence, told
        assert found <= max(RELATIVE * one[name].mean(), ABSOLUTE), told


@pytest.fixture(scope="module")
def usual():
    """With the usual step of 5 min."""
    return table(cascade(seed, step="5 min") for seed in SEEDS)


def test_all_stages_are_reached(usual):
    rare = {"trapped", "woken", "passed"}  # nets come later; few wake in two days
    assert all(usual[name].mean() > 0.01 for name in MEASURES if name not in rare), usual
    assert usual["passed"].mean() > 0 and usual["held by plug"].mean() > 0.02


@pytest.mark.parametrize("step", ["10 min", "2.5 min", "1 min"])
def test_the_step_does_not_change_the_cascade(usual, step):
    assert_alike(usual, table(cascade(seed + 100, step=step) for seed in SEEDS))


def turned(tissue: anatomy.Anatomy, quarters: int, mirrored: bool) -> anatomy.Anatomy:
    """The same liver on a lattice that is turned by so many quarters and mirrored. Positions in micrometres, which only
    measures use, are left out."""

    def turn(lattice):
        lattice = np.rot90(lattice, quarters)
        return np.ascontiguousarray(lattice[:, ::-1] if mirrored else lattice)

    at_inlets = np.zeros(tissue.shape, bool)
    at_inlets[tuple(tissue.inlets.T)] = True
    lattices = ("kind", "zone", "lobule", "portal_distance_um", "central_distance_um", "radius_um")
    return replace(
        tissue,
        **{name: turn(getattr(tissue, name)) for name in lattices},
        inlets=np.argwhere(turn(at_inlets)).astype(np.int32),
    )


@pytest.mark.parametrize("edges", ["periodic", "closed"])
def test_the_orientation_of_the_lattice_does_not_change_the_cascade(monkeypatch, edges):
    """The livers of 42 seeds, each as it is and in one of the seven other orientations."""
    grow, seeds = anatomy.grow, range(1, 43)
    as_they_are = table(cascade(seed, tissue={"edges": edges}) for seed in seeds)
    orientation = [(seed % 7 + 1) % 4 for seed in seeds], [(seed % 7 + 1) >= 4 for seed in seeds]
    assert set(zip(*orientation, strict=True)) == {(q, m) for q in range(4) for m in (False, True)} - {(0, False)}
    runs = []
    for seed, quarters, mirrored in zip(seeds, *orientation, strict=True):
        monkeypatch.setattr(
            anatomy, "grow", lambda tissue, seed, q=quarters, m=mirrored: turned(grow(tissue, seed), q, m)
        )
        runs.append(cascade(seed, tissue={"edges": edges}))
    assert_alike(as_they_are, table(runs), paired=True)
