"""Infection: whom a virus infects as it comes, and when."""

import numpy as np
import pytest

from abm.config.errors import ConfigError
from abm.config.loading import load_text, with_changes
from abm.kernels.sites import neighbour
from abm.tissue.sites import TISSUE
from tests.worlds import assert_chance, assert_resumes, assert_sound, later, liver, put, sinusoids


def full(*entries, **config):
    """A liver with a tumor cell behind the wall of every sinusoid."""
    model = liver("viral_spread", empty=True, mm=0.6, interventions=list(entries), **config)
    for row, column in sinusoids(model, TISSUE):
        put(model, "tumor", int(row), int(column), layer=TISSUE)
    return model


def struck(model):
    """Which of the cells a virus has infected."""
    return model.tumor.alive_rows().infected_h > 0


def beside_blood(model):
    """Which of the cells touch a sinusoid that carries blood, or a new vessel."""
    carries = model.perfused_sinusoids() | (model.vessels > 0)
    around = (
        [neighbour(model.sites, int(cell.row), int(cell.column), k) for k in range(9)]
        for cell in model.tumor.alive_rows()
    )
    return np.array([any(row >= 0 and carries[row, column] for row, column in sites) for sites in around])


@pytest.mark.parametrize("dose", [0.05, 0.7])
def test_a_share_of_the_cells_beside_the_blood_is_infected(dose):
    model = full({"infect": dose})
    model.sites.perfused[:30] = 0
    model.vessels[5, 5] = 1.0
    reached = beside_blood(model)
    later(model, model.dt_hours)
    assert not struck(model)[~reached].any() and (~reached).any()
    assert_chance(int(struck(model)[reached].sum()), int(reached.sum()), 1 - np.exp(-dose))
    assert_sound(model)


def test_it_comes_at_its_time_and_again():
    doses = {"infect": 0.1, "start": "1 h", "every": "2 h", "stop": "4 h"}
    model = full(doses, parameters={"viral_spread": {"rate": "0 /h"}})
    counts = [int(struck(later(model, 1.0)).sum()) for _ in range(5)]
    assert 0 == counts[0] < counts[1] == counts[2] < counts[3] == counts[4]
    assert_chance(counts[3] - counts[2], int(beside_blood(model).sum()) - counts[2], 1 - np.exp(-0.1))


def test_without_the_rule_it_is_refused_at_its_line():
    with pytest.raises(ConfigError, match="does nothing without the rule 'viral_spread', which is off; leave it on"):
        with_changes(None, {"rules": {"viral_spread": False}, "interventions": [{"infect": 0.1}]})
    text = "rules: {viral_spread: off}\ninterventions:\n  - {deplete: kupffer}\n  - {infect: 0.1}\n"
    with pytest.raises(ConfigError, match="4"):
        load_text(text)


@pytest.mark.parametrize("dose", [0, -1, 1000, "much"])
def test_a_dose_that_cannot_be_is_refused(dose):
    with pytest.raises(ConfigError):
        with_changes(None, {"interventions": [{"infect": dose}]})


def test_the_same_seed_infects_the_same_cells():
    models = [later(full({"infect": 0.1}, seed=seed), 0.1) for seed in (1, 1, 2)]
    first, again, other = (set(model.tumor.alive_rows().uid[struck(model)].tolist()) for model in models)
    assert first == again != other


def test_resumes_between_two_doses():
    assert_resumes(lambda: full({"infect": 0.1, "every": "2 h", "stop": "5 h"}), 1.5, 2.0)
