"""Drugs: levels, the marrow, who is hit and what is reached."""

import math

import numpy as np
import pytest

from abm.measures.request import read_request
from abm.measures.topics.drugs import (
    doomed_share,
    dose_intensity,
    drug_level,
    drug_reach,
    infected_share,
    neutrophil_count,
)
from tests.worlds import liver, put

from .worlds import look

FOLFOX = [{"therapy": "folfox4"}]


def test_the_level_in_the_blood():
    model = liver(empty=True, interventions=FOLFOX, step="5 min")
    assert drug_level(look(model), drug="oxaliplatin") == 0.0
    for _ in range(24):
        model.step()
    level = drug_level(look(model), drug="oxaliplatin")
    assert level == model.drugs.in_blood("oxaliplatin") == pytest.approx(0.83, rel=0.1), "at the end of the infusion"
    assert drug_level(look(model), drug="cetuximab") == 0.0
    assert read_request({"measure": "drug_level", "drug": "oxaliplatin"}).unit == "mg/L"


def test_neutrophils_are_those_of_the_patient_times_what_the_marrow_brings():
    model = liver(empty=True, interventions=FOLFOX, patient={"neutrophils": 4.0})
    assert neutrophil_count(look(model)) == 4.0
    model.drugs.marrow[-1] = 0.25
    assert neutrophil_count(look(model)) == 1.0


@pytest.mark.parametrize(("share", "clock"), [(doomed_share, "doomed_h"), (infected_share, "infected_h")])
def test_the_share_that_a_drug_has_hit_or_a_virus_infected(share, clock):
    model = liver(empty=True)
    assert math.isnan(share(look(model)).fraction)
    put(model, "tumor", 3, 5, **{clock: 12.0})
    for column in (7, 9, 11):
        put(model, "tumor", 3, column)
    assert share(look(model)) == (1, 4)


def test_the_reach_is_that_at_tumor_cells():
    model = liver(empty=True, interventions=FOLFOX)
    assert math.isnan(drug_reach(look(model), kind="small_molecule")), "no tumor cell"
    put(model, "tumor", 3, 5)
    put(model, "tumor", 3, 6)
    reach = model.drugs.reach["small_molecule"]
    reach[:] = 0.0
    reach[3, 5], reach[3, 6] = 0.5, 0.25
    assert drug_reach(look(model), kind="small_molecule") == 0.375
    assert math.isnan(drug_reach(look(model), kind="antibody")), "none is given"
    with pytest.raises(ValueError, match="antibody"):
        drug_reach(look(model), kind="antibodi")
    assert np.isnan(drug_reach(look(liver(empty=True)), kind="small_molecule"))


def test_the_intensity_is_what_was_given_of_what_was_planned():
    limited = [{"therapy": "folfox4", "limits": {"delay": "1 h"}}]
    few, many = (liver(empty=True, interventions=limited, patient={"neutrophils": n}) for n in (1.2, 5.0))
    assert math.isnan(dose_intensity(look(many), drug="oxaliplatin"))
    for model in (few, many):
        model.step()
    assert dose_intensity(look(few), drug="oxaliplatin") == 0.0
    assert dose_intensity(look(many), drug="oxaliplatin") == 1.0
    assert math.isnan(dose_intensity(look(many), drug="cetuximab"))
