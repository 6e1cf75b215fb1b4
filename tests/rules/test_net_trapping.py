"""Net trapping: who is wrapped, how strongly, and that it is told once."""

import numpy as np
import pytest

from abm.cells.tumor import ADHERENT, CIRCULATING, DORMANT, EXTRAVASATED, HELD
from abm.ledger import cause, event
from abm.ledger.ledger import Ledger
from abm.rules.holding import holding
from abm.rules.net_trapping import wrap
from abm.tissue.sites import LUMEN, TISSUE
from tests.worlds import changed, every, lattice, liver, put, settle, sinusoids, state_of


@pytest.fixture
def model():
    return liver("net_trapping", mm=0.3, parameters={"net_trapping": {"half_hold": 0.2, "wrapped_above": 0.5}})


def naive_wrap(tumor, nets, half_hold, wrapped_above):
    """Holds by slot, and the slots of the cells that become wrapped."""
    holds, wrapped = {}, []
    for slot, cell in enumerate(tumor):
        if not cell.alive:
            continue
        amount = nets[cell.row, cell.column]
        inside = cell.layer == LUMEN and cell.state in (HELD, ADHERENT)
        holds[slot] = amount / (amount + half_hold) if inside and amount > 0 else np.float32(0)
        if holds[slot] > wrapped_above >= cell.net:
            wrapped.append(slot)
    return holds, wrapped


def test_kernel_is_its_naive_twin():
    rng = np.random.default_rng(1)
    sites = lattice(20, 20)
    nets = (rng.random((20, 20)) * (rng.random((20, 20)) < 0.7)).astype(np.float32)
    nets[::4] = 0.2  # which is half of the strongest hold
    state = rng.integers(0, 5, 400)
    cells = settle(
        sites,
        "tumor",
        every(20, 20),
        on_site=False,
        state=state,
        layer=np.where(state >= EXTRAVASATED, TISSUE, LUMEN),
        net=rng.integers(0, 5, 400) / np.float32(4),
        alive=rng.random(400) < 0.8,
        clone=np.arange(400),
    )
    before = cells.rows.copy()
    holds, wrapped = naive_wrap(before, nets, np.float32(0.2), np.float32(0.5))
    ledger = Ledger()
    wrap(cells.used, sites, ledger.book(400), 30.0, nets, np.float32(0.2), np.float32(0.5))
    assert len(wrapped) > 20
    assert ledger.entries.clone.tolist() == wrapped
    assert set(zip(ledger.entries.event, ledger.entries.cause, strict=True)) == {(event.TRAPPED, cause.NET)}
    for slot, cell in enumerate(cells.used):
        assert cell.net == holds.get(slot, before[slot].net), "dead rows stay as they are"


@pytest.mark.parametrize(("amount", "hold"), [(0.0, 0.0), (0.2, 0.5), (1.0, 1 / 1.2)])
def test_hold_saturates_with_the_net(model, amount, hold):
    row, column = sinusoids(model)[0]
    slot = put(model, "tumor", row, column, state=HELD)
    model.nets[row, column] = amount
    model.rules["net_trapping"].apply(model)
    assert model.tumor.rows[slot].net == pytest.approx(hold, rel=1e-6)


def test_trapped_is_entered_once_per_wrapping(model):
    row, column = sinusoids(model)[0]
    put(model, "tumor", row, column)
    for amount, told in [(1.0, 1), (1.0, 1), (0.3, 1), (0.1, 1), (0.0, 1), (0.9, 2)]:
        model.nets[row, column] = amount
        model.rules["net_trapping"].apply(model)
        model.ledger.count()
        assert model.ledger.total("trapped", "net") == told
    assert model.tumor.count == model.ledger.balance


def test_only_cells_stopped_in_the_lumen_are_wrapped(model):
    places = iter(sinusoids(model))
    free = [
        put(model, "tumor", *next(places), state=EXTRAVASATED, layer=TISSUE),
        put(model, "tumor", *next(places), state=DORMANT, layer=TISSUE),
        put(model, "tumor", *next(places), state=CIRCULATING),
    ]
    held = put(model, "tumor", *next(places), state=HELD)
    model.nets[model.sites.kind == 1] = 1.0
    model.rules["net_trapping"].apply(model)
    assert not model.tumor.rows.net[free].any()
    assert model.tumor.rows.net[held] > 0.8


def test_a_cleared_net_lets_go(model):
    slot = put(model, "tumor", *sinusoids(model)[0], net=0.8)
    model.rules["net_trapping"].apply(model)
    assert model.tumor.rows[slot].net == 0.0


def test_it_strengthens_what_holds_passing_cells():
    on, off = liver("arrest", "net_trapping", mm=0.3), liver("arrest", mm=0.3)
    assert holding(on).net_fold == on.rules["net_trapping"].parameters.capture_fold
    assert holding(off).net_fold == 0.0


def test_nothing_happens_without_nets_or_cells_or_rule(model):
    for _ in range(2):
        before = state_of(model)
        model.rules["net_trapping"].apply(model)
        assert changed(model, before) == set()
        put(model, "tumor", *sinusoids(model)[0])
    off = liver(mm=0.3)
    slot = put(off, "tumor", *sinusoids(off)[0])
    off.nets[:] = 1.0
    off.step()
    assert off.tumor.rows[slot].net == 0.0
    assert off.ledger.total("trapped") == 0
