"""Treatment damage: the time of who was hit runs out, at any step, whether there are drugs or not."""

import numpy as np
import pytest

from tests.worlds import assert_resumes, assert_sound, changed, later, liver, put, sinusoids


def hit(hours, step="5 min"):
    """Tumor cells that have so many hours each."""
    model = liver("treatment_damage", mm=0.4, empty=True, step=step)
    for (row, column), left in zip(sinusoids(model, 1), hours, strict=False):
        put(model, "tumor", int(row), int(column), layer=1, doomed_h=left)
    return model


@pytest.mark.parametrize("step", ["2.5 min", "5 min", "10 min", "60 min"])
def test_each_dies_when_its_time_has_come(step):
    times = np.linspace(1.5, 20.5, 20)
    model = hit(times, step)
    for hour in range(1, 25):
        later(model, 1.0)
        assert model.ledger.total("died", "therapy") == int((times <= hour + 1e-6).sum()) if step != "60 min" else True
        left = model.tumor.alive_rows().doomed_h
        np.testing.assert_allclose(np.sort(left), times[20 - left.size :] - hour, atol=1e-3)
    assert model.tumor.count == 0
    assert_sound(model)


def test_who_was_not_hit_is_not_touched():
    model, other = hit([0.0] * 30), hit([0.0] * 30)
    assert model.tumor.count == 30
    other.rules.clear()
    assert changed(later(model, 5.0), later(other, 5.0)) == set()


def test_a_naive_twin_kills_the_same():
    times = np.random.default_rng(1).uniform(0.1, 4.0, 50).astype(np.float32)
    model = hit(times)
    left = {int(uid): np.float32(hours) for uid, hours in zip(model.tumor.used.uid, times, strict=True)}
    for _ in range(24):
        later(model, model.dt_hours)
        left = {uid: np.float32(max(hours - np.float32(model.dt_hours), 0)) for uid, hours in left.items()}
        left = {uid: hours for uid, hours in left.items() if hours > 0}
        rows = model.tumor.alive_rows()
        assert dict(zip(rows.uid.tolist(), rows.doomed_h.tolist(), strict=True)) == {
            uid: float(hours) for uid, hours in left.items()
        }


def test_resumes():
    assert_resumes(lambda: hit(np.linspace(0.5, 5, 40)), 2.0, 2.0)
