"""What can be taken away from a config: all that its registry declares, each in an arm that differs by that alone."""

from pathlib import Path

import pytest

from abm import load_config
from abm.levers.levers import CONTROL, INTERVENTION, MOLECULE, POPULATION, RULE, experiment_of, levers_of, readouts_of

LITTLE = (
    "tissue.width=0.4 mm",
    "tissue.height=0.4 mm",
    "duration=2 d",
    "rules.arrival.per_area=250 /mm^2",
)
PLUGIN = '''"""Ageing: the test's own rule. Nothing ages in it."""
import abm

@abm.rule
class Ageing(abm.Rule):
    """Cells grow old."""
    name = "ageing"
    def apply(self, liver):
        pass
'''


def config(*changes):
    return load_config(None, [*LITTLE, *changes])


def names(levers, kind):
    return [lever.name for lever in levers if lever.kind == kind]


def test_all_that_is_declared_is_a_lever():
    little = config()
    registry, levers = type(little).registry, levers_of(little)
    assert names(levers, MOLECULE) == list(registry.molecules())
    assert names(levers, POPULATION) == list(registry.depleted())
    assert names(levers, RULE) == [rule.name for rule in registry.rules if rule.name != "arrival"]
    assert names(levers, INTERVENTION) == []
    assert len({lever.arm for lever in levers}) == len(levers) > 35
    assert all(lever.about for lever in levers)


def test_what_is_missing_already_is_no_lever():
    given = "interventions=[{knock_out: tnf}, {block: vegf}, {stimulate: lps, level: 1}, {stimulate: lps, level: 2}]"
    levers = levers_of(config(given, "rules.emt=off"))
    assert "tnf" not in names(levers, MOLECULE) and "vegf" in names(levers, MOLECULE)
    assert "emt" not in names(levers, RULE)
    assert names(levers, INTERVENTION) == ["knock_out tnf", "block vegf", "stimulate lps 1", "stimulate lps 2"]


def test_a_rule_of_a_plugin_is_a_lever(tmp_path):
    (tmp_path / "ageing.py").write_text(PLUGIN)
    (tmp_path / "mine.yaml").write_text("plugins: [ageing.py]\nduration: 2 d\n")
    mine = load_config(tmp_path / "mine.yaml")
    [lever] = [lever for lever in levers_of(mine) if lever.name == "ageing"]
    assert (lever.kind, lever.about) == (RULE, "Cells grow old.")
    experiment, _ = experiment_of(mine, [lever], [48.0], 1)
    assert not experiment.configs[lever.arm, 0].rules.ageing.enabled
    assert experiment.configs[CONTROL, 0].rules.ageing.enabled


def test_each_arm_differs_from_the_control_by_its_lever_alone():
    little = config("interventions=[{block: vegf, start: -1 d}, {deplete: kupffer}]", "duration=9 d", "seed=7")
    levers = levers_of(little)
    experiment, _ = experiment_of(little, levers, [24.0, 48.0], 3)
    plain = {arm: each.model_dump(mode="json") for (arm, _), each in experiment.configs.items()}
    control = plain.pop(CONTROL)
    assert control == little.model_dump(mode="json") | {"duration": "48 h", "begin": "-24 h"}
    for lever in levers:
        other = plain.pop(lever.arm)
        differing = {key for key in control if control[key] != other[key]}
        if lever.kind == RULE:
            assert differing == {"rules"}
            assert [rule for rule in control["rules"] if control["rules"][rule] != other["rules"][rule]] == [lever.name]
            assert other["rules"][lever.name] == control["rules"][lever.name] | {"enabled": False}
        else:
            assert differing == {"interventions"}
            more = [entry for entry in other["interventions"] if entry not in control["interventions"]]
            fewer = [entry for entry in control["interventions"] if entry not in other["interventions"]]
            if lever.kind == INTERVENTION:
                assert more == [] and len(fewer) == 1
            else:
                assert more == [{"knock_out": lever.name}] and fewer == []
    assert plain == {}
    assert {run.seed for run in experiment.runs()} == {7, 8, 9}


def test_the_readouts_are_the_stages_in_their_order():
    little = config("record.micrometastasis_cells=6")
    readouts = readouts_of(little, [48.0])
    assert [readout.name for readout in readouts] == [
        "held",
        "adherent",
        "alive at 24 h",
        "extravasated",
        "micrometastasis",
        "nodules",
        "burden",
    ]
    assert [readout.of for readout in readouts][:5] == ["arrived", "held", "held", "alive at 24 h", "extravasated"]
    assert readouts[-2].line["min_cells"] == 6
    named = [readout.name for readout in readouts_of(little, [24.0, 48.0])]
    assert named[5:] == ["nodules at 1 d", "burden at 1 d", "nodules at 2 d", "burden at 2 d"]
    assert {readout.line["at"] for readout in readouts_of(little, [24.0, 48.0])[:5]} == {"2 d"}


@pytest.mark.parametrize("hours", [12.0, 72.0])
def test_looks_that_tell_nothing_are_refused(hours):
    little = config()
    with pytest.raises(ValueError, match="is no time to look: the run ends at 2 d, and before 1 d"):
        experiment_of(little, levers_of(little), [hours], 1)


def test_the_shipped_configs_have_levers():
    from abm.config.shipped import shipped_configs

    for path in sorted(Path(shipped_configs()).glob("*.yaml")):
        if path.stem in ("calibration",):
            continue
        found = load_config(path)
        levers = levers_of(found)
        experiment, _ = experiment_of(found, levers[::10], [found.duration], 1)
        assert len(levers) > 35 and len(experiment.arms) > 3
