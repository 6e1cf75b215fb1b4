"""Inhibition: the rates of a rule are scaled, its times grow, and afterwards they are as in the config."""

import math

import numpy as np
import pytest

from abm.cells.neutrophil import N1, NETTING
from abm.config.schema import compose
from abm.rules import RULES
from abm.units import declared
from tests.worlds import assert_resumes, later, liver, put, sinusoids, without

INHIBITED = [rule for rule in RULES if rule.inhibited]


@pytest.mark.parametrize("rule", INHIBITED, ids=lambda rule: rule.name)
@pytest.mark.parametrize("fraction", [0.75, 1.0])
def test_rates_are_scaled_and_times_grow(rule, fraction):
    model = liver(
        rule.name, mm=0.3, interventions=[{"inhibit": rule.name, "fraction": fraction, "start": "1 h", "stop": "2 h"}]
    )
    units = {entry.name: entry.unit for entry in declared(rule.Parameters)}
    running = model.rules[rule.name]
    usual = running.parameters
    later(model, 1.0)
    assert running.parameters is usual
    later(model, 0.5)
    for name in rule.Parameters.model_fields:
        now, before = getattr(running.parameters, name), getattr(usual, name)
        if name not in rule.inhibited:
            assert now == before
        elif units[name] == "h":
            assert now == pytest.approx(4 * before if fraction < 1 else math.inf)
        else:
            assert now == pytest.approx(before * (1 - fraction))
    assert running.parameters.enabled
    later(model, 1.0)
    assert running.parameters is usual


def test_every_rule_that_can_be_inhibited_names_its_inhibitor():
    assert [rule.name for rule in INHIBITED if rule.inhibitor is None] == []


def test_rules_without_a_rate_are_refused_with_those_that_have_one():
    with pytest.raises(ValueError, match="'phagocytosis'") as caught:
        compose().model_validate({"interventions": [{"inhibit": "passage"}]})
    assert "'arrival'" not in str(caught.value)


def commitments(*entries):
    model = without(liver("netosis", mm=0.5, interventions=list(entries)))
    for row, column in sinusoids(model):
        put(model, "neutrophil", int(row), int(column), state=N1)
    model.fields["cxcl1"].values[:] = 100.0
    model.fields["cxcl1"].at_rest = True  # it stays as it is
    later(model, 2.0)
    return int(np.count_nonzero(model.neutrophil.alive_rows().state == NETTING))


def test_neutrophils_do_not_commit_under_a_pad4_inhibitor():
    free, half, none = (commitments({"inhibit": "netosis", "fraction": fraction}) for fraction in (0.0, 0.5, 1.0))
    assert none == 0 < half < free


def test_cells_do_not_divide_under_a_cytostatic():
    def cells(*entries):
        model = without(
            liver(
                "growth",
                mm=0.4,
                interventions=list(entries),
                parameters={
                    "growth": {
                        "dormancy_rate": "0 /h",
                        "death_rate": "0 /h",
                        "dormant_death": "0 /h",
                        "necrosis_rate": "0 /h",
                    }
                },
            ),
            "kupffer",
            "stellate",
        )
        for row, column in sinusoids(model)[::9]:
            put(model, "tumor", int(row), int(column), layer=1)
        return model.tumor.count, later(model, 30.0).tumor.count

    before, after = cells({"inhibit": "growth"})
    assert after == before
    before, after = cells()
    assert after > 1.5 * before


def test_resumes_in_the_middle_of_a_course():
    def make():
        model = liver(
            "emt", mm=0.3, interventions=[{"inhibit": "emt", "start": "1 h", "half_life": "1 h", "fraction": 0.9}]
        )
        for row, column in sinusoids(model, 1)[::9]:
            put(model, "tumor", int(row), int(column), layer=1)
        model.fields["tgf_beta"].values[:] = 3.0
        return model

    assert_resumes(make, 2.0, 2.0)
