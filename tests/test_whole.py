"""The whole model: its results depend neither on the step nor on how many cells share the slab, and it shows the cascade.

Slow; run with `pytest -m slow`. Seeds are fixed; two-sample tests at 99.9 %.
"""

import numpy as np
import pytest

from abm.config import load_config
from abm.config.loading import shipped_configs
from abm.kernels.sites import count_touching
from abm.model import LiverModel

pytestmark = pytest.mark.slow

FATES = ("passed", "phagocytosed", "killed", "extravasated")
Z = 3.29


def fates(seeds, *, hours: float = 24.0, mm: float = 2.0, **overrides) -> tuple[dict[str, int], int]:
    """How many of all arrived cells met each fate within `hours`, over several seeds."""
    counts, arrived = dict.fromkeys(FATES, 0), 0
    for seed in seeds:
        model = LiverModel(seed=seed, tissue={"width": f"{mm} mm", "height": f"{mm} mm"}, **overrides)
        for _ in range(round(hours / model.dt_hours)):
            model.step()
        arrived += model.ledger.total("arrived")
        for fate in FATES:
            counts[fate] += model.ledger.total(fate)
    return counts, arrived


def assert_alike(first, second):
    (a, n), (b, m) = first, second
    for fate in FATES:
        p = (a[fate] + b[fate]) / (n + m)
        spread = np.sqrt(p * (1 - p) * (1 / n + 1 / m)) if 0 < p < 1 else 1e-9
        # an event may befall a cell twice (detached and held again), which only widens the spread a little
        assert abs(a[fate] / n - b[fate] / m) < Z * 1.2 * spread, f"{fate}: {a[fate]}/{n} against {b[fate]}/{m}"


def arrival(density: float, enrichment: float = 1.0) -> dict:
    return {"arrival": {"per_area": f"{density} /mm^2", "enrichment": enrichment}}


@pytest.mark.parametrize("step", ["2 min", "10 min"])
def test_the_step_does_not_matter(step):
    assert_alike(
        fates(range(1, 6), step="5 min", rules=arrival(30)), fates(range(11, 16), step=step, rules=arrival(30))
    )


@pytest.mark.parametrize("enrichment", [3, 10])
def test_the_fate_of_a_cell_does_not_depend_on_enrichment(enrichment):
    alone = fates(range(1, 25), mm=2.5, hours=12, rules=arrival(3))
    together = fates(range(31, 31 + 24 // enrichment + 1), mm=2.5, hours=12, rules=arrival(3, enrichment))
    assert_alike(alone, together)


def test_the_shipped_mouse_run_shows_the_cascade():
    config = load_config(shipped_configs() / "mouse_splenic_injection.yaml")
    model = LiverModel(config)
    on_kupffer = zone_1 = 0
    for _ in range(round(14 * 24 / config.step)):
        model.step()
        if model.step_number == 36:  # two hours after the injection
            cells = model.tumor.alive_rows()
            settled = cells[cells.state != 0]
            touching = [count_touching(model.sites, 2, 0, int(cell.row), int(cell.column)) > 0 for cell in settled]
            on_kupffer, zone_1 = np.mean(touching), np.mean(model.sites.zone[settled.row, settled.column] == 1)
    assert on_kupffer > 0.5
    assert zone_1 > 0.5
    ledger = model.ledger
    assert ledger.total("phagocytosed") > 20
    assert ledger.total("killed") > 0
    assert ledger.total("extravasated") > 50
    assert ledger.total("dormant") > 20
    assert model.ecm.mean() > 0.005, "a niche forms"
    assert model.stellate.state_counts()[1] > 20
    clones = np.bincount(model.tumor.alive_rows().clone)
    growing = int((clones >= 16).sum())
    assert 1 <= growing <= 0.15 * ledger.total("arrived"), "few found growing nodules"


def test_nets_trap_cells_in_sepsis_and_hardly_any_at_rest():
    """Cools-Lartigue 2013, 10.1172/JCI67484: nets in the sinusoids come with the inflammation."""
    path, trapped = shipped_configs() / "mouse_splenic_injection.yaml", {}
    for name, overrides in (("rest", ()), ("sepsis", ("interventions=[{stimulate: lps, level: 3, start: -1 d}]",))):
        model = LiverModel(load_config(path, overrides))
        while model.hours < 24:
            model.step()
        trapped[name] = model.ledger.total("trapped")
    assert trapped["sepsis"] >= 3 and trapped["sepsis"] > 3 * trapped["rest"]


def test_with_everything_off_but_arrival_and_passage_cells_only_pass():
    from abm.rules import RULES

    rules = {rule.name: {"enabled": rule.name in ("arrival", "passage")} for rule in RULES}
    rules["arrival"] |= {"per_area": "50 /mm^2", "doses": [{"over": "2 h"}]}
    model = LiverModel(rules=rules)
    for _ in range(36):
        model.step()
    assert model.ledger.total("arrived") == 200
    assert model.ledger.total("passed") == 200
    assert model.ledger.totals.sum() == 400
