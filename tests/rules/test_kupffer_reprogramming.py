"""Kupffer reprogramming: how fast, how near, by which signals."""

import numpy as np
import pytest

from abm.cells.kupffer import ENGULFING, REPROGRAMMED, RESTING
from abm.cells.tumor import TUMOR
from abm.rules.kupffer_reprogramming import reprogram
from abm.tissue.sites import LUMEN, TISSUE
from tests.worlds import changed, every, lattice, liver, put, settle, sinusoids, sized, state_of, without

RATE, RADIUS, NODULE, HALF, ABOVE = 0.01, 5.0, 4, 10.0, np.float32(0.5)

EVERYWHERE = np.full((1, 1), 1000)  # so many tumor cells around that everybody looks for a nodule


def run(cells, sites, tgf_beta, lactate, *, il10=None, hours=1.0, rate=RATE, radius=RADIUS):
    il10 = np.zeros_like(tgf_beta) if il10 is None else il10
    reprogram(cells.used, sites, EVERYWHERE, hours, rate, radius, NODULE, HALF, ABOVE, tgf_beta, lactate, il10)


def naive_reprogram(cells, sites, tgf_beta, lactate, hours):
    """New scores by slot of the living cells."""
    size = np.array(sites.kind.shape)
    tumor = np.argwhere(sites.population[TISSUE] == TUMOR)
    scores = {}
    for slot, cell in enumerate(cells):
        if not cell.alive:
            continue
        away = np.abs(tumor - [cell.row, cell.column])
        if sites.periodic:
            away = np.minimum(away, size - away)
        signal = tgf_beta[cell.row, cell.column] / (1 + tgf_beta[cell.row, cell.column])
        signal += lactate[cell.row, cell.column] / (HALF + lactate[cell.row, cell.column])
        near = (np.hypot(*away.T) <= RADIUS).sum() >= NODULE
        gained = (1 - np.exp(-RATE * min(signal, 1) * hours)) if near else 0
        scores[slot] = cell.reprogramming + gained * (1 - cell.reprogramming)
    return scores


@pytest.mark.parametrize("periodic", [True, False])
def test_kernel_is_its_naive_twin(periodic):
    rng = np.random.default_rng(7)
    size = sized(40, 20)
    sites = lattice(size, size, periodic=periodic)
    places = rng.permutation(every(size, size))
    settle(sites, "tumor", places[: size * size // 25], layer=TISSUE)
    settle(sites, "stellate", places[size * size // 25 : size * size // 5])
    n = size * size // 4
    cells = settle(
        sites,
        "kupffer",
        rng.permutation(every(size, size))[:n],
        state=rng.choice([RESTING, ENGULFING], n),
        reprogramming=rng.random(n),
        alive=rng.random(n) < 0.9,
    )
    tgf_beta = rng.gamma(0.4, 2.0, (size, size)).astype(np.float32)
    lactate = rng.gamma(0.4, 10.0, (size, size)).astype(np.float32)
    before = cells.rows.copy()
    scores = naive_reprogram(before, sites, tgf_beta, lactate, 20.0)
    run(cells, sites, tgf_beta, lactate, hours=20.0)
    moved = cells.rows.reprogramming > before.reprogramming
    assert 0.2 < moved.mean() < 0.9
    for slot, cell in enumerate(cells.rows):
        assert cell.reprogramming == pytest.approx(scores.get(slot, before[slot].reprogramming), abs=1e-6)
        turned = slot in scores and moved[slot] and cell.reprogramming > ABOVE
        assert cell.state == (REPROGRAMMED if turned else before[slot].state)


@pytest.mark.parametrize("steps", [12, 24, 72])
@pytest.mark.parametrize(
    ("level", "acid", "calm", "signal"),
    [
        (1.0, 0.0, 0.0, 0.5),
        (0.0, 10.0, 0.0, 0.5),
        (1.0, 2.5, 0.0, 0.7),
        (9.0, 90.0, 0.0, 1.0),
        (0.0, 0.0, 0.0, 0.0),
        (0.0, 0.0, 3.0, 0.75),
        (0.25, 0.0, 0.25, 0.4),
    ],
)
def test_score_follows_its_closed_form_at_any_step(steps, level, acid, calm, signal):
    sites = lattice(9, 9)
    settle(sites, "tumor", [(0, 0), (0, 1), (1, 0), (1, 1)], layer=TISSUE)
    cells = settle(sites, "kupffer", [(2, 2)], reprogramming=0.1)
    for _ in range(steps):
        tgf_beta, lactate, il10 = (np.full((9, 9), amount, np.float32) for amount in (level, acid, calm))
        run(cells, sites, tgf_beta, lactate, il10=il10, hours=72 / steps)
    assert cells.rows.reprogramming[0] == pytest.approx(1 - 0.9 * np.exp(-RATE * signal * 72), abs=1e-5)


def test_a_nodule_counts_within_its_radius_in_every_direction():
    for row, column in every(17, 17):
        sites = lattice(17, 17, periodic=False)
        sites.population[TISSUE, row, column] = TUMOR
        cells = settle(sites, "kupffer", [(8, 8)])
        reprogram(cells.used, sites, EVERYWHERE, 1.0, RATE, RADIUS, 1, HALF, ABOVE, *np.ones((3, 17, 17), np.float32))
        assert (cells.rows.reprogramming[0] > 0) == (np.hypot(row - 8, column - 8) <= RADIUS)


def nodule(cells: int, layer: int = TISSUE):
    """A liver with tumor cells around its first sinusoid sites and one Kupffer cell among them."""
    model = without(liver("kupffer_reprogramming", mm=0.3, step="1 h"))
    places = sinusoids(model)
    nearest = places[np.argsort(np.hypot(*(places - places[100]).T), kind="stable")]
    eater = put(model, "kupffer", *nearest[0], reprogramming=0.0)
    for place in nearest[1 : cells + 1]:
        put(model, "tumor", *place, layer=layer)
    return model, model.kupffer.rows[eater]


@pytest.mark.parametrize(("cells", "layer", "turns"), [(4, TISSUE, True), (3, TISSUE, False), (6, LUMEN, False)])
def test_only_an_established_nodule_reprograms(cells, layer, turns):
    model, eater = nodule(cells, layer)
    model.fields["tgf_beta"].values[:] = 1e6
    for _ in range(100):
        model.rules["kupffer_reprogramming"].apply(model)
    assert (eater.state == REPROGRAMMED) == turns
    assert eater.reprogramming == pytest.approx(1 - np.exp(-1) if turns else 0, abs=1e-4)
    assert model.tumor.count == model.ledger.balance


def test_lactate_at_rest_is_no_signal_but_that_of_a_tumor_is():
    model, eater = nodule(5)
    rule, lactate = model.rules["kupffer_reprogramming"], model.fields["lactate"]
    assert lactate.values.min() == 1.0
    rule.apply(model)
    assert eater.reprogramming == 0.0
    lactate.excess[:] = 10.0
    rule.apply(model)
    assert eater.reprogramming == pytest.approx(1 - np.exp(-0.005), rel=1e-3)


def test_it_never_goes_back():
    model, eater = nodule(5)
    eater.reprogramming, eater.state = 0.7, REPROGRAMMED
    model.rules["kupffer_reprogramming"].apply(model)
    assert eater.reprogramming == np.float32(0.7)
    assert eater.state == REPROGRAMMED


def test_off_or_without_tumor_nothing_changes():
    model = liver("kupffer_reprogramming", mm=0.3)
    model.fields["tgf_beta"].values[:] = 5.0
    before = state_of(model)
    model.rules["kupffer_reprogramming"].apply(model)
    assert changed(model, before) == set()
    off = liver(mm=0.3)
    for place in sinusoids(off, TISSUE):
        put(off, "tumor", *place, layer=TISSUE)
    off.fields["tgf_beta"].values[:] = 5.0
    off.step()
    assert not off.kupffer.used.reprogramming.any()
