"""Arms: the base with changes."""

from pathlib import Path

from abm.config import load_config

from ..little import EXPERIMENT


def test_arms_are_the_base_with_changes(load):
    experiment = load(EXPERIMENT)
    control, treated = (experiment.configs[arm, 0] for arm in ("control", "no_kupffer"))
    assert (
        experiment.name == "little" and experiment.arms == ("control", "no_kupffer") and experiment.control == "control"
    )
    assert control == load_config("base.yaml")
    assert treated == load_config("base.yaml", ["cells.kupffer.density=0 /mm^2"])
    assert [request.label for request in experiment.measures] == [
        "tumor_cells",
        "touching_kupffer(at=1.5 h)",
        "adherent_cells(every=30 min)",
    ]


def test_a_base_may_be_shipped_or_written_here(load):
    shipped = load("base: quickstart.yaml").configs["control", 0]
    assert shipped == load_config(Path(__file__).parents[3] / "configs" / "quickstart.yaml")
    inline = load("base: {extends: base.yaml, duration: 3 h, line: cx1}").configs["control", 0]
    assert inline == load_config("base.yaml", ["duration=3 h", "line=cx1"])


def test_an_arm_may_have_another_line_and_host(load):
    experiment = load("""
        base: {extends: base.yaml, line: mc38, host: nude}
        arms: {mc38: {}, b16: {line: b16f1}, human: {host: human, rules: {emt: off}}}
        control: b16
        """)
    assert experiment.control == "b16"
    labels = {arm: experiment.configs[arm, 0].labels for arm in experiment.arms}
    assert labels == {
        "mc38": {"host": "nude", "line": "mc38"},
        "b16": {"host": "nude", "line": "b16f1"},
        "human": {"host": "human", "line": "mc38"},
    }
    assert experiment.configs["b16", 0] == load_config("base.yaml", ["line=b16f1", "host=nude"])
    assert not experiment.configs["human", 0].rules.emt.enabled


def test_arms_share_the_earliest_beginning(load):
    experiment = load("""
        base: base.yaml
        arms:
          control: {}
          early: {interventions: [{deplete: kupffer, fraction: 0.9, start: -2 d}]}
        """)
    assert {config.begins for config in experiment.configs.values()} == {-48.0}


def test_without_arms_there_is_the_control_only(report):
    assert "there is no arm 'treated'; the arms are control" in report(
        "base: {duration: 1 h}\nmeasures: [tumor_cells]\n", "arms.treated.duration=2 h"
    )
