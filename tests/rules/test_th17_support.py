"""Th17 support: how fast the tumor cells that a Th17 cell touches become mesenchymal, and while it calls neutrophils."""

import numpy as np
import pytest

from abm.cells.cd4 import CD4, SEARCHING, TH1, TH17
from abm.tissue.sites import INTERSTITIUM, LUMEN, TISSUE
from tests.worlds import assert_resumes, changed, later, liver, put, run_rule, sinusoids, state_of, without

PLACE = (15, 15)


def beside(helpers=((15, 15),), state=TH17, step="5 min", interventions=(), **prey):
    """A liver with one tumor cell and CD4 T cells at these places, in which the rule runs."""
    silent = {"tumor_cxcl1": 0}
    model = without(liver("th17_support", mm=0.3, step=step, secretion=silent, interventions=list(interventions)))
    put(model, "tumor", *PLACE, layer=TISSUE, **({"emt": 0.2} | prey))
    for row, column in helpers:
        put(model, "cd4", row, column, state=state)
    return model


def emt(model, hours=10.0):
    run_rule(model, "th17_support", hours)
    return float(model.tumor.alive_rows().emt[0])


@pytest.mark.parametrize("step", ["2.5 min", "5 min", "10 min"])
@pytest.mark.parametrize("helpers", [[(15, 15)], [(14, 16)], [(15, 15), (16, 14), (14, 15)]])
def test_tweak_drives_it_exactly_at_any_step_and_several_drive_more(helpers, step):
    assert emt(beside(helpers, step=step)) == pytest.approx(1 - 0.8 * np.exp(-0.2 * len(helpers)), rel=1e-4)


def test_those_that_do_not_touch_it_or_are_no_th17_cells_do_nothing():
    for model in (beside([(15, 17)]), beside(state=TH1), beside(state=SEARCHING)):
        assert emt(model) == pytest.approx(0.2)
        assert not model.cd4.alive_rows().il17.any()


@pytest.mark.parametrize(("blocked", "driven"), [(0.0, 0.2), (0.5, 0.1), (1.0, 0.0)])
def test_tweak_can_be_blocked(blocked, driven):
    model = beside(interventions=[{"block": "tweak", "fraction": blocked}])
    assert emt(model) == pytest.approx(1 - 0.8 * np.exp(-driven), rel=1e-4)


def test_il17_acts_while_it_touches_a_tumor_cell_and_as_far_as_it_is_not_blocked():
    model = beside()
    emt(model, 0.5)
    assert model.cd4.alive_rows().il17[0] == 1.0
    without(model, "tumor")
    run_rule(model, "th17_support", 1.0)
    assert model.cd4.alive_rows().il17[0] == 0.0
    blocked = beside(interventions=[{"block": "il17", "fraction": 0.75}])
    emt(blocked, 0.5)
    assert blocked.cd4.alive_rows().il17[0] == pytest.approx(0.25)


@pytest.mark.parametrize("blocked", [False, True])
def test_cxcl1_rises_around_it_by_il17(blocked):
    model = beside(interventions=[{"block": "il17"}] * blocked)
    later(model, 6.0)
    assert (model.fields["cxcl1"].values[PLACE] > 0.05) == (not blocked)


def test_those_in_the_lumen_are_left_alone():
    model = without(liver("th17_support", mm=0.3))
    row, column = map(int, sinusoids(model)[20])
    put(model, "tumor", row, column, layer=LUMEN, emt=0.2)
    put(model, "cd4", row, column, state=TH17)
    assert emt(model) == pytest.approx(0.2)
    assert model.sites.population[INTERSTITIUM, row, column] == CD4


def test_nothing_happens_without_th17_cells():
    model = beside(())
    before = state_of(model)
    run_rule(model, "th17_support", 2.0)
    assert changed(model, before) <= {"clock/step_number"}


def test_resumes():
    assert_resumes(beside, 1.0, 1.0)
