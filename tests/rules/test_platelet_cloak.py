"""The cloak of platelets: who gains it and how fast, who loses it, and what it is good for."""

import numpy as np
import pytest

from abm.cells.tumor import ADHERENT, CIRCULATING, DORMANT, EXTRAVASATED, HELD
from abm.rules.platelet_cloak import cover
from tests.worlds import (
    assert_resumes,
    changed,
    every,
    later,
    lattice,
    lively,
    liver,
    put,
    run_rule,
    settle,
    sinusoids,
    state_of,
)

STATES = (CIRCULATING, HELD, ADHERENT, EXTRAVASATED, DORMANT)


def cells_in(state, platelets=0.0, **config):
    """A liver with ten tumor cells in one state, in which platelets cover them."""
    config.setdefault("parameters", {"platelet_cloak": {"rate": "12 /h"}})
    model = liver("platelet_cloak", mm=0.3, **config)
    for site in sinusoids(model)[:10]:
        slot = put(model, "tumor", *map(int, site), platelets=platelets)
        model.tumor.rows.state[slot] = state
    return model


def test_kernel_is_its_naive_twin():
    rng = np.random.default_rng(4)
    cells = settle(
        lattice(12, 12),
        "tumor",
        every(12, 12),
        on_site=False,
        state=rng.choice(STATES, 144),
        platelets=np.where(rng.random(144) < 0.2, 1.05e-6, rng.random(144)),
        alive=rng.random(144) < 0.8,
    )
    before = cells.rows.copy()
    cover(cells.used, np.float32(0.6), np.float32(0.3), np.float32(0.9))
    for was, now in zip(before, cells.rows, strict=True):
        expected = old = float(was.platelets)
        if was.alive:
            expected = 0.9 * old if 0.9 * old > 1e-6 else 0.0
            if was.state in (CIRCULATING, HELD) and expected < 0.6:
                expected += 0.3 * (0.6 - expected)
        assert now.platelets == pytest.approx(expected, rel=1e-6)
    names = [name for name in before.dtype.names if name != "platelets"]
    np.testing.assert_array_equal(np.asarray(before)[names], np.asarray(cells.rows)[names])


@pytest.mark.parametrize("state", [CIRCULATING, HELD])
@pytest.mark.parametrize("step", ["5 min", "10 min", "30 min"])
def test_the_stream_covers_within_minutes_whatever_the_step(state, step):
    model = cells_in(state, step=step, cells={"tumor": {"platelet_cover": 0.5}})
    run_rule(model, "platelet_cloak", 0.5)
    np.testing.assert_allclose(model.tumor.alive_rows().platelets, 0.5 * (1 - np.exp(-12 * 0.5)), rtol=0.01)
    run_rule(model, "platelet_cloak", 24.0)
    np.testing.assert_allclose(
        model.tumor.alive_rows().platelets, 0.5, rtol=0.01
    )  # as fast as it is lost it comes back


@pytest.mark.parametrize("state", [ADHERENT, EXTRAVASATED, DORMANT])
@pytest.mark.parametrize("step", ["5 min", "10 min"])
def test_whoever_leaves_the_stream_loses_it_with_its_half_life(state, step):
    model = cells_in(state, platelets=0.8, step=step)
    run_rule(model, "platelet_cloak", 8.0)
    np.testing.assert_allclose(model.tumor.alive_rows().platelets, 0.4, rtol=1e-4)
    run_rule(model, "platelet_cloak", 160.0)
    assert not model.tumor.alive_rows().platelets.any(), "hardly any is none"


def test_without_a_half_life_it_is_gone_at_once():
    model = cells_in(ADHERENT, platelets=0.8, parameters={"platelet_cloak": {"half_life": "0 h"}})
    run_rule(model, "platelet_cloak", model.dt_hours)
    assert not model.tumor.alive_rows().platelets.any()


@pytest.mark.parametrize(
    ("taken", "left"),
    [
        ({"deplete": "platelets", "fraction": 0.75, "recovery": None}, 0.25),
        ({"deplete": "platelets", "start": "-1 h", "away": "1 d"}, 0.03),
        ({"knock_out": "platelets"}, 0.0),
        ({"block": "p_selectin", "fraction": 0.6}, 0.4),
        ({"block": "gpiib_iiia"}, 1.0),
    ],
)
def test_the_cover_is_that_of_the_platelets_in_the_blood_and_of_their_p_selectin(taken, left):
    model = cells_in(HELD, interventions=[taken], cells={"tumor": {"platelet_cover": 0.8}})
    later(model, 3.0)
    np.testing.assert_allclose(model.tumor.alive_rows().platelets, 0.8 * left, rtol=0.01)


def test_a_cloak_that_is_there_outlives_the_platelets():
    model = cells_in(HELD, platelets=0.8, interventions=[{"knock_out": "platelets"}])
    later(model, 8.0)
    np.testing.assert_allclose(model.tumor.alive_rows().platelets, 0.4, rtol=1e-4)


def test_the_cloak_cannot_exceed_the_cell():
    model = cells_in(HELD, cells={"tumor": {"platelet_cover": 1}})
    model.blood["platelets"] = 3.0
    run_rule(model, "platelet_cloak", 5.0)
    assert (model.tumor.alive_rows().platelets <= 1.0).all()


@pytest.mark.parametrize("state", [HELD, ADHERENT, EXTRAVASATED])
def test_a_cloak_at_the_wall_gives_tgf_beta(state):
    at_the_wall = state in (HELD, ADHERENT)

    def level(platelets):
        model = liver(mm=0.3, secretion={"tumor_tgf_beta": 0, "platelet_tgf_beta": 1})
        row, column = map(int, sinusoids(model)[20])
        model.tumor.rows.state[put(model, "tumor", row, column, platelets=platelets)] = state
        return float(later(model, 2.0).fields["tgf_beta"].values[row, column])

    assert level(0.0) == 0.0
    assert (level(0.8) > 0.2) == at_the_wall
    if at_the_wall:
        assert level(0.8) == pytest.approx(2 * level(0.4), rel=0.01)


def test_nobody_there_changes_nothing():
    model = liver("platelet_cloak", mm=0.3)
    before = state_of(model)
    run_rule(model, "platelet_cloak", 2.0)
    assert changed(model, before) <= {"clock/step_number"}


def test_resumes():
    assert_resumes(lambda: lively(mm=0.3, interventions=[{"deplete": "platelets", "start": "1 h"}]), 1.5, 1.5)
