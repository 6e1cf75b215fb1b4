"""What is skipped because nothing can happen there: with everything looked at, the same liver to the byte.

Skipped are fields at rest, lattices without nets, matrix or exosomes, walls at rest (a test of their own, below), Kupffer
cells without a tumor cell beside them, and sinusoid sites that nothing can obstruct or collapse. Cells that crawl:
tests/rules/test_migration.py.
"""

import numpy as np
import pytest

from abm.cells.endothelium import ACTIVATED, QUIESCENT, RETRACTED
from abm.fields.field import REST
from abm.kernels.relax import relaxed
from abm.rules.endothelial_activation import express
from tests.worlds import LIVELY

from .world import liver

SEEDS = range(1, 21)
HOURS = 8.0
STIRRED = {
    "arrival": {"per_area": "60 /mm^2", "doses": [{"over": "4 h"}]},
    "netosis": LIVELY["netosis"],
    "growth": LIVELY["growth"],
}
EMPTY_LATTICES = (
    "liver",
    "fields.oxygen",
    "rules.angiogenesis",
    "rules.niche_formation",
    "rules.netosis",
    "rules.net_trapping",
    "rules.stellate_activation",
    "fields.field",
    "fields.solver.multigrid",
)


def looked_at_everywhere(patch: pytest.MonkeyPatch) -> None:
    for module in EMPTY_LATTICES:
        patch.setattr(f"abm.{module}.is_zero", lambda array: False)
    for rule in ("phagocytosis", "perfusion"):
        patch.setattr(f"abm.rules.{rule}.beside_tumor", lambda model: np.full(model.shape, 18, np.uint8))


def after(hours: float, seed: int, patch: pytest.MonkeyPatch | None = None):
    model = liver(seed=seed, rules=STIRRED)
    if patch is not None:
        looked_at_everywhere(patch)
        for field in model.fields.values():
            field.at_rest = False
    while model.hours < hours:
        model.step()
    return model


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_changes_where_everything_is_looked_at(seed, monkeypatch):
    skipping = after(HOURS, seed)
    everywhere = after(HOURS, seed, monkeypatch)
    np.testing.assert_array_equal(np.asarray(skipping.ledger.entries), np.asarray(everywhere.ledger.entries))
    assert len(skipping.ledger.entries) > 20
    for name, array in skipping.state_arrays().items():
        assert np.asarray(array).tobytes() == np.asarray(everywhere.state_arrays()[name]).tobytes(), name


@pytest.mark.parametrize("hours", [1 / 60, 1 / 6, 1.0])
def test_walls_that_are_passed_over_would_stay_at_rest(hours):
    """Each molecule of each wall is as its equation says, also where TNF is too faint for the wall to be looked at."""
    model = liver(seed=1)
    wall = model.endothelium.used
    tnf = np.zeros(model.shape, np.float32)
    tnf[wall.row, wall.column] = levels = np.geomspace(1e-8, 1e-2, wall.size).astype(np.float32)
    rates = {"e_selectin": (0.3, 0.2), "vcam1": (0.2, 0.06), "icam1": (0.3, 0.05)}
    express(wall, tnf, hours, *rates["e_selectin"], *rates["vcam1"], *rates["icam1"], 4.0, np.float32(0.1))
    signals = (levels / (np.float32(1) + levels)).astype(np.float64)
    for molecule, (on, off) in rates.items():
        expected = np.array(
            [relaxed(np.float32(0.0), signal, on, off, hours, np.float32(1e-6)) for signal in signals], np.float32
        )
        assert getattr(wall, molecule).tobytes() == expected.tobytes()
        assert expected[0] == 0.0 < expected[-1]


@pytest.mark.parametrize("active", [0, 1, 255, 256, 257, 600])
def test_walls_that_are_gathered_are_as_each_would_be(active):
    """In whatever number, with gaps between them, and what is retracted only closes."""
    random = np.random.default_rng(active)
    model = liver(seed=1)
    wall = model.endothelium.used
    chosen = np.sort(random.permutation(wall.size)[:active])
    tnf = np.zeros(model.shape, np.float32)
    levels = {name: np.zeros(wall.size, np.float32) for name in ("e_selectin", "vcam1", "icam1", "retraction")}
    for k, name in enumerate(levels):
        some = chosen[k::2]
        levels[name][some] = random.random(some.size, np.float32)
    exposed = chosen[::3]
    tnf[wall.row[exposed], wall.column[exposed]] = random.gamma(0.5, 2.0, exposed.size)
    for name, values in levels.items():
        wall[name] = values
    wall.state = 0
    express(wall, tnf, 0.5, 0.3, 0.2, 0.2, 0.06, 0.3, 0.05, 4.0, np.float32(0.1))
    felt = tnf[wall.row, wall.column].astype(np.float64)
    felt /= 1 + felt
    for name, (on, off) in {"e_selectin": (0.3, 0.2), "vcam1": (0.2, 0.06), "icam1": (0.3, 0.05)}.items():
        rate = on * felt + off
        expected = on * felt / rate + (levels[name] - on * felt / rate) * np.exp(-rate * 0.5)
        np.testing.assert_allclose(wall[name], np.where(expected > 1e-6, expected, 0), rtol=1e-6)
    closing = np.where(levels["retraction"] > 1e-3, levels["retraction"] * np.float32(np.exp(-0.5 / 4.0)), 0)
    np.testing.assert_allclose(wall.retraction, closing, rtol=1e-6)
    state = np.where(wall.e_selectin > np.float32(0.1), ACTIVATED, QUIESCENT)
    assert (wall.state == np.where(wall.retraction > 0.5, RETRACTED, state)).all()
    assert active < 200 or set(wall.state) == {QUIESCENT, ACTIVATED, RETRACTED}


def test_there_is_something_to_skip(monkeypatch):
    """Else the test above could not fail."""
    early = after(0.5, 1)
    assert early.fields["cxcl1"].at_rest or early.fields["tnf"].at_rest
    assert not early.nets.any()
    looked = after(0.5, 1, monkeypatch)
    assert not looked.fields["cxcl1"].at_rest and not looked.fields["tnf"].at_rest


@pytest.mark.parametrize("name", ["tnf", "cxcl1", "lactate"])
def test_values_next_to_rest_are_set_to_rest(name):
    field = after(HOURS, 1).fields[name]
    excess = np.asarray(field.excess)
    assert (excess > 0).any(), "the field is at rest all over"
    assert not ((excess > 0) & (excess < REST)).any()
