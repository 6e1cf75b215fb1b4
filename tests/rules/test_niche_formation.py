"""Niche formation: how Kupffer cells are educated and forget, and who is supported by what."""

import numpy as np
import pytest

from abm.cells.stellate import ACTIVATED, QUIESCENT
from abm.cells.tumor import ADHERENT, CIRCULATING, DORMANT, EXTRAVASATED
from abm.rules.niche_formation import educate, support
from abm.tissue.sites import LUMEN, TISSUE
from tests.worlds import around, changed, every, lattice, liver, put, settle, sinusoids, state_of, without

TEACHING, FORGETTING = 0.01, np.log(2) / 168


def exosomes(level, **course):
    """Exosomes at a constant level in the blood."""
    return {"stimulate": "exosomes", "level": level, "half_life": None, **course}


def steps(model, hours):
    for _ in range(round(hours / model.dt_hours)):
        model.step()
    return model


def naive_support(tumor, stellate, sites, ecm, half, by_stellate):
    """Support by slot."""
    activated = {(int(c.row), int(c.column)) for c in stellate if c.alive and c.state == ACTIVATED}
    found = {}
    for slot, cell in enumerate(tumor):
        if cell.alive and cell.state != CIRCULATING:
            amount = float(ecm[cell.row, cell.column])
            touched = any(place in activated for place in around(sites, cell.row, cell.column, own=True))
            found[slot] = min(1.0, amount / (amount + half) + by_stellate * touched)
    return found


@pytest.mark.parametrize("periodic", [True, False])
def test_support_is_its_naive_twin(periodic):
    rng = np.random.default_rng(5)
    sites = lattice(20, 20, periodic=periodic)
    places = rng.permutation(every(20, 20))
    helpers = settle(sites, "stellate", places[:60], state=rng.integers(0, 2, 60))
    state = rng.integers(0, 5, 200)
    tumor = settle(
        sites,
        "tumor",
        places[60:260],
        on_site=False,
        state=state,
        layer=np.where(state < EXTRAVASATED, LUMEN, TISSUE),
        niche=0.123,
        alive=rng.random(200) < 0.8,
    )
    ecm = (rng.random((20, 20)) * (rng.random((20, 20)) < 0.6)).astype(np.float32)
    expected = naive_support(tumor.rows, helpers.rows, sites, ecm, 0.3, 0.5)
    support(tumor.used, helpers.rows, sites, ecm, np.float32(0.3), np.float32(0.5))
    assert {0.0, 0.5, 1.0} <= set(np.round(list(expected.values()), 6))
    for slot, cell in enumerate(tumor.rows):
        assert cell.niche == pytest.approx(expected.get(slot, 0.123), abs=1e-6)


def test_education_is_its_naive_twin():
    rng = np.random.default_rng(6)
    cells = settle(
        lattice(9, 9), "kupffer", every(9, 9)[:60], on_site=False, education=rng.random(60), alive=rng.random(60) < 0.8
    )
    before, burden = cells.rows.copy(), np.full((9, 9), 9.0, np.float32)
    educate(cells.used, burden, 0.1, 0.9)
    expected = np.zeros((9, 9))
    for cell, was in zip(cells.rows, before, strict=True):
        taught = 0.9 * was.education + 0.1 * (1 - 0.9 * was.education) if was.alive else was.education
        assert cell.education == pytest.approx(taught, abs=1e-6)
        if was.alive:
            expected[was.row, was.column] = taught
    np.testing.assert_allclose(burden, expected, atol=1e-6)


@pytest.mark.parametrize("step", ["30 s", "5 min", "1 h"])
@pytest.mark.parametrize(("level", "strength"), [(1.0, 1.0), (0.05, 2 * 0.05 / 1.05), (1e6, 2.0)])
def test_education_follows_its_equation_at_any_step(step, level, strength):
    """d education/dt = rate*(1 - education) - forgetting*education, also where a step teaches hardly anything."""
    hours = 12.0
    model = steps(liver("niche_formation", mm=0.2, step=step, interventions=[exosomes(level)]), hours)
    total = TEACHING * strength + FORGETTING
    expected = TEACHING * strength / total * (1 - np.exp(-total * hours))
    kupffer = model.kupffer.used
    np.testing.assert_allclose(kupffer.education, expected, rtol=0.01)
    assert (model.exosomes[kupffer.row, kupffer.column] == kupffer.education).all()
    assert np.count_nonzero(model.exosomes) == model.kupffer.count > 0


def test_three_weeks_of_exosomes_educate_and_weeks_without_undo_it():
    """Costa-Silva 2015: three weeks of education."""
    model = steps(liver("niche_formation", mm=0.3, step="1 h", interventions=[exosomes(1, stop="21 d")]), 21 * 24)
    educated = float(model.kupffer.used.education[0])
    assert educated == pytest.approx(TEACHING / (TEACHING + FORGETTING), rel=0.01)
    steps(model, 168)
    assert model.kupffer.used.education[0] == pytest.approx(educated / 2, rel=1e-3)
    steps(model, 15 * 168)
    assert not model.kupffer.used.education.any(), "in the end it is forgotten"
    assert not model.exosomes.any()


def test_the_burden_goes_with_the_kupffer_cells():
    model = steps(liver("niche_formation", mm=0.3, interventions=[exosomes(1)]), 0.1)
    assert model.exosomes.any()
    without(model, "kupffer")
    model.rules["niche_formation"].apply(model)
    assert not model.exosomes.any()


def test_rule_supports_by_matrix_and_by_stellate_cells():
    model = without(liver("niche_formation", mm=0.3), "stellate")
    place, far = sinusoids(model)[0], sinusoids(model)[-1]
    cell = model.tumor.rows[put(model, "tumor", *place, state=ADHERENT)]
    model.ecm[tuple(place)] = 0.3
    expected = []
    for change in ("nothing", "quiescent", "activated", "full", "gone"):
        if change == "quiescent":
            helper = put(model, "stellate", *place, state=QUIESCENT)
            put(model, "stellate", *far, state=ACTIVATED)
        elif change == "activated":
            model.stellate.rows[helper].state = ACTIVATED
        elif change == "full":
            model.ecm[:] = 1.0
        elif change == "gone":
            model.remove_cell(model.stellate, helper)
            model.ecm[:] = 0.0
        model.rules["niche_formation"].apply(model)
        expected.append(float(cell.niche))
    assert expected == pytest.approx([0.5, 0.5, 1.0, 1.0, 0.0])


@pytest.mark.parametrize("molecule", ["hgf", "met"])
def test_support_by_stellate_cells_but_not_by_matrix_goes_when_hgf_or_its_receptor_is_blocked(molecule):
    support = {}
    for fraction in (0.0, 0.5, 1.0):
        block = {"block": molecule, "fraction": fraction}
        model = without(liver("niche_formation", mm=0.3, interventions=[block]), "stellate")
        place = sinusoids(model)[0]
        cell = model.tumor.rows[put(model, "tumor", *place, state=ADHERENT)]
        put(model, "stellate", *place, state=ACTIVATED)
        model.ecm[tuple(place)] = 0.3 / 4
        model.rules["niche_formation"].apply(model)
        support[fraction] = float(cell.niche)
    assert support == pytest.approx({0.0: 0.7, 0.5: 0.45, 1.0: 0.2})


def test_off_or_without_exosomes_nothing_changes():
    model = liver("niche_formation", mm=0.3)
    before = state_of(model)
    model.rules["niche_formation"].apply(model)
    assert changed(model, before) == set()
    off = liver(mm=0.3, interventions=[{"stimulate": "exosomes", "level": 5}])
    slot = put(off, "tumor", *sinusoids(off, TISSUE)[0], layer=TISSUE, state=DORMANT)
    off.ecm[:] = 1.0
    off.step()
    assert not off.kupffer.used.education.any()
    assert off.tumor.rows[slot].niche == 0.0
