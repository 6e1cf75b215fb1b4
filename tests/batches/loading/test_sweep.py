"""Sweeps: what is varied, and mistakes in it."""

import pytest

from ..little import EXPERIMENT

SWEEP = "base: base.yaml\nsweep:\n  {}\n  parameters:\n    {}\n"


def test_a_grid_is_crossed_with_the_arms(load):
    experiment = load(
        EXPERIMENT
        + """
sweep:
  parameters:
    rules.phagocytosis.rate: [0.05 /h, 2.4 /d]
    rules.phagocytosis: [on, off]
    line: [mc38, b16f1]
"""
    )
    assert len(experiment.points) == 8 and len(experiment.runs()) == 2 * 8 * 3
    assert experiment.points[0] == {"rules.phagocytosis.rate": "0.05 /h", "rules.phagocytosis": "on", "line": "mc38"}
    config = experiment.configs["no_kupffer", 7]
    assert config.rules.phagocytosis.rate == pytest.approx(0.1) and not config.rules.phagocytosis.enabled
    assert config.labels["line"] == "b16f1" and config.cells.kupffer.density == 0.0
    rate, switch, line = experiment.sweep.parameters
    assert (rate.held("2.4 /d"), rate.unit) == (pytest.approx(0.1), "/h") and "engulfment" in rate.description
    assert switch.text and switch.held("off") == "off" and line.text


@pytest.mark.parametrize(
    ("method", "parameters", "words"),
    [
        ("method: gird", "tissue.width: [1 mm]", "did you mean 'grid'?"),
        ("points: 3", "tissue.width: [1 mm]", "sweep.points\n    a grid sweep has the points that its values make"),
        ("levels: 3", "tissue.width: [1 mm]", "levels belong to the method morris"),
        ("seeds: [3]", "tissue.width: [1 mm]", "seeds of the points belong to the method listed"),
        ("method: listed\n  points: 3", "tissue.width: [1 mm]", "a listed sweep has the points that its values make"),
        (
            "method: listed\n  seeds: [1, 2]",
            "tissue.width: [1 mm]",
            "my.yaml:3:11  sweep.method\n    listed takes lists of one length",
        ),
        ("method: listed", "tissue.width: [0.5 mm, 1 h]", "sweep.parameters.tissue.width[1]\n    "),
        ("method: grid", "rules.phagocytosis.rat: [0.1 /h]", "did you mean rules.phagocytosis.rate?"),
        (
            "method: grid",
            "rule.phagocytosis.rate: [0.1 /h]",
            "my.yaml:5:5  sweep.parameters.rule.phagocytosis.rate\n    unknown key 'rule'",
        ),
        ("method: grid", "rules phagocytosis: [0.1 /h]", "expected a key path"),
        (
            "method: grid",
            "rules.phagocytosis.rate: [0.1 /h, 0.2]",
            "my.yaml:5:39  sweep.parameters.rules.phagocytosis.rate[1]\n    the unit",
        ),
        ("method: grid", "rules.phagocytosis.rate: [0.1 /h, 2.4 /d]", "a value stands here twice"),
        ("method: grid", "rules.phagocytosis.rate: []", "a grid sweep needs a list of values"),
        ("method: grid", "rules.phagocytosis.rate: 0.1 /h", "expected a list or a group of keys"),
        ("method: grid", "rules.phagocytosis.rate: {low: 0.1 /h, high: 1 /h}", "a grid sweep needs a list of values"),
        ("method: grid", "rules.growth.push_depth: [few]", "my.yaml:5:31  sweep.parameters.rules.growth.push_depth[0]"),
        ("method: grid", "line: [mc38, mc39]", "my.yaml:5:18  line\n    there is no line preset 'mc39'"),
        ("method: grid", "seed: [1, 2]", "the seed cannot be swept"),
        ("method: grid", "interventions[0].fraction: [0.1]", "the arm 'control' has no interventions[0]"),
        ("method: grid", "interventions: [[{deplete: kupffer, fraction: 1.5}], []]", "1.5 is out of bounds"),
        ("method: sobol", "rules.phagocytosis.rate: [0.1 /h]", "sobol draws values between two bounds"),
        ("method: sobol", "rules.phagocytosis.rate: {low: 0.1 /h}", "the key 'high' is missing"),
        ("method: sobol", "rules.phagocytosis.rate: {low: 0.1 /h, high: 0.1 /h}", "high must be more than low"),
        ("method: sobol", "rules.phagocytosis.rate: {low: 0.1, high: 1 /um}", "the unit is missing"),
        (
            "method: sobol",
            "rules.phagocytosis.rate: {low: 0 /h, high: 1 /h, scale: log}",
            "needs a low bound above zero",
        ),
        ("method: sobol", "rules.growth.push_depth: {low: 1, high: 5.5}", "expected a whole number, got 5.5"),
        ("method: sobol", "rules.phagocytosis: {low: 1, high: 2}", "sobol can vary numbers only"),
        ("method: morris\n  levels: 3", "rules.growth.push_depth: {low: 1, high: 5}", "an even number of levels"),
        (
            "method: sobol\n  points: 5",
            "rules.growth.push_depth: {low: 1, high: 5}",
            "sobol needs a power of 2 as points, such as 4 or 8",
        ),
    ],
)
def test_a_wrong_sweep(report, method, parameters, words):
    assert words in report(SWEEP.format(method, parameters))


def test_a_key_cannot_be_swept_and_set(report):
    text = SWEEP.format("method: grid", "rules.phagocytosis.rate: [0.1 /h]")
    assert "swept and given with --set" in report(text, "rules.phagocytosis.rate=0.2 /h")
    assert "swept and given with --set" in report(text, "rules.phagocytosis=off")
