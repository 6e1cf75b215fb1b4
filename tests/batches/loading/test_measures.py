"""What an experiment measures and expects."""

from pathlib import Path

import pytest

from ..little import EXPERIMENT, TROUBLE
from .test_sweep import SWEEP


def test_what_is_expected_is_measured(load):
    experiment = load(
        EXPERIMENT
        + """
expect:
  - {measure: adherent_cells, at: 1 h, arm: no_kupffer, relative_to: control, between: [0.1, 0.9]}
  - {measure: tumor_cells, arm: control, between: [1, null]}
published: {id: V00, source: nobody, finding: nothing}
most_replicates: 40
calibrated: true
"""
    )
    assert [request.label for request in experiment.measures][3:] == ["adherent_cells(at=1 h)"]
    assert [expectation.arm for expectation in experiment.expect] == ["no_kupffer", "control"]
    assert experiment.published.id == "V00" and experiment.most_replicates == 40 and experiment.calibrated


def test_measures_of_ones_own(load):
    experiment = load(
        "base: base.yaml\nplugins: [mine.py]\nmeasures: [{measure: trouble, seed: 3, how: raise}]",
        **{"mine.py": TROUBLE},
    )
    assert experiment.measures[0].label == "trouble(seed=3, how=raise)"
    assert experiment.plugins == (Path("mine.py").resolve(),)


@pytest.mark.parametrize(
    ("measure", "column"),
    [
        ("{measure: tumor_cells, at: 1 h, name: arm}", "arm"),
        ("{measure: tumor_cells, at: 1 h, name: rules.phagocytosis.rate}", "rules.phagocytosis.rate"),
        ("{measure: dormant, at: 1 h, name: a}, {measure: tumor_cells, at: 1 h, name: a count}", "a count"),
    ],
)
def test_a_measure_takes_no_name_of_another_column(report, measure, column):
    text = SWEEP.format("method: grid", "rules.phagocytosis.rate: [0.1 /h]")
    text = "\n".join(line for line in text.splitlines() if not line.startswith("measures"))
    assert f"the results have another column '{column}'" in report(f"{text}\nmeasures: [{measure}]\n")


DRUGS = """
base: base.yaml
arms:
  control: {{}}
  mine:
    drugs: {{mine: {{kind: antibody, dosed: mg, central: 3 L, clearance: 0.5 L/d}}}}
measures:
  - {{measure: drug_level, drug: {}}}
"""


@pytest.mark.parametrize("name", ["cetuximab", "mine"])
def test_a_drug_that_is_measured_is_known_or_in_some_arm(load, name):
    assert load(DRUGS.format(name)).measures[0].label == f"drug_level(drug={name})"


def test_an_unknown_drug_is_told_at_its_line(report):
    assert "my.yaml:8:33  measures[0].drug\n    there is no drug 'cetuximb'; did you mean 'cetuximab'?" in report(
        DRUGS.format("cetuximb")
    )
    assert "there is no drug 'xyzzy'; crlm drugs lists those" in report(DRUGS.format("xyzzy"))
