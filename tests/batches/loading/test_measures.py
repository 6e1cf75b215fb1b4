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
