"""Experiment files: what they mean, and that every mistake in one is told at its line."""

import os
import re
import textwrap
from pathlib import Path

import pytest

from abm.batches.loading import load_experiment
from abm.config import ConfigError

from ..little import EXPERIMENT, TROUBLE, little


def test_the_least_experiment(load):
    experiment = load("base: base.yaml")
    assert experiment.name == "my" and experiment.arms == ("control",) and experiment.points == ({},)
    assert experiment.replicates == 1 and experiment.most_replicates == 1 and experiment.measures == ()
    assert len(experiment.runs()) == 1


def test_overrides_change_the_experiment_or_every_arm(load):
    experiment = load(EXPERIMENT, "replicates=7", "arms.no_kupffer.rules.emt=off", "tissue.width=0.5 mm", "host=nude")
    assert experiment.replicates == 7
    assert [experiment.configs[arm, 0].rules.emt.enabled for arm in experiment.arms] == [True, False]
    assert {config.tissue.width for config in experiment.configs.values()} == {500.0}
    assert {config.labels["host"] for config in experiment.configs.values()} == {"nude"}


def test_what_the_lattice_cannot_show_is_told_of_every_arm_and_point(load, report):
    """Before anything is computed, and at the values that are to blame."""
    text = """
base: base.yaml
arms:
  control: {}
  coarse: {tissue: {site: 12 um}}
sweep:
  method: latin_hypercube
  points: 3
  parameters: {fields.vegf.washout: {low: %s, high: %s}}
"""
    assert len(load(text % ("0.09 /s", "0.1 /s")).runs()) == 6
    said = report(text % ("1.0 /s", "1.1 /s"))
    assert said.count("my.yaml:9:16  fields.vegf.washout") == 6
    assert (
        said.count("sites of 12 um cannot show") == 3 and "diffusion 10 um^2/s, decay 0.94 /h and washout 1.0" in said
    )


def test_everything_that_is_wrong_is_told_at_its_line(report):
    said = report("""\
        base: base.yaml
        replicates: 0
        contrl: control
        arms:
          control: {}
          no_kupffer: {rules: {phagocitosis: off}}
          other: {duration: 3 um, line: mc39}
          empty: 5
        control: contrl
        measures:
          - {measure: tumor_cels}
          - {measure: touching_kupffer, at: 90 um}
          - {measure: touching_kupffer, att: 1 h}
          - {measure: tumor_cells, at: 3 h}
          - tumor_cells
          - tumor_cells
          - 5
        plugins: [nothing.py]
        expect:
          - {measure: tumor_cells, arm: contol, between: [0.1, 0.9]}
          - {measure: tumor_cells, arm: control}
          - {measure: tumor_cells, between: [0.1, 0.9]}
          - {measure: tumor_cells, arm: control, relative_to: treated, between: [0.1, 0.9]}
        published: {id: V00, source: nobody}
        """)
    for line, path, words in (
        (2, "replicates", "must be at least 1"),
        (3, "contrl", "did you mean 'control'?"),
        (6, "arms.no_kupffer.rules.phagocitosis", "did you mean 'phagocytosis'?"),
        (7, "arms.other.duration", "'3 um' has the wrong dimension"),
        (7, "arms.other.line", "there is no line preset 'mc39'; did you mean 'mc38'?"),
        (8, "arms.empty", "expected the keys that this arm changes, got '5'"),
        (9, "control", "there is no arm 'contrl'; did you mean 'control'?"),
        (11, "measures[0].measure", "did you mean 'tumor_cells'?"),
        (12, "measures[1].at", "'90 um' has the wrong dimension"),
        (13, "measures[2].att", "unknown key; accepted here: measure, name, at"),
        (14, "measures[3]", "looks at 3 h, but the run is from 0 h to 2 h"),
        (16, "measures[5]", "there is a measure called 'tumor_cells' above"),
        (17, "measures[6]", "expected a measure, got '5'"),
        (18, "plugins[0]", "there is no such file"),
        (20, "expect[0].arm", "there is no arm 'contol'; did you mean 'control'?"),
        (21, "expect[1]", "give one of between"),
        (22, "expect[2].arm", "the key 'arm' is missing"),
        (23, "expect[3].relative_to", "there is no arm 'treated'; the arms are control, no_kupffer and other"),
        (24, "published.finding", "the key 'finding' is missing"),
    ):
        at = next((entry for entry in said.split("\nmy.yaml:") if f"  {path}\n" in entry and words in entry), None)
        assert at is not None, f"{path}: {words}\n{said}"
        assert at.removeprefix("my.yaml:").startswith(f"{line}:"), at


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "base: base.yaml\ntables: [lesions]",
            "my.yaml:2:10  tables[0]\n    lesions are not surveyed; say how often in the config",
        ),
        ("base: base.yaml\ntables: [nodles]", "did you mean 'nodules'?"),
        ("arms: {a: {}}", "my.yaml:1:1  base\n    the key 'base' is missing; expected the name of a config"),
        ("base:", "base\n    expected the name of a config, such as"),
        ("base: 5", "got '5'"),
        ("base: bas.yaml", "there is no file 'bas.yaml'; did you mean 'base.yaml'?"),
        ("base: base.yaml\narms: {}", "arms\n    needs at least 1 entry"),
        ("base: base.yaml\narms: [a]", "arms\n    expected a group of keys, got a list"),
        ("base: base.yaml\narms: {a/b: {}}", "the name of an arm becomes part of file names"),
        ("base: base.yaml\narms: {a: {}, A: {rules: {emt: off}}}", "another arm has this name"),
        (
            "base: base.yaml\narms:\n  a: {}\n  b:\n",
            "my.yaml:4:3  arms.b\n    this arm is the same as 'a'; write below it what it changes",
        ),
        ("base: base.yaml\narms: {a: {seed: 3}}", "write seed, that of the first, at the top of the experiment"),
        ("base: {extends: base.yaml, seed: 3}", "base.seed\n    a seed cannot stand here"),
        ("base: {extends: base.yaml, tisue: {}}", "did you mean 'tissue'?"),
        ("base: base.yaml\narms: {a: {extends: my.yaml}}", "the file extends itself"),
        ("base: base.yaml\nreplicates: 1000001", "must be at most 1000000"),
        ("base: base.yaml\narms: {a: {}, b: {line: cx1}}\nreplicates: 1000000", "make 2000000 runs"),
        (
            "base: base.yaml\nmeasures: [{measure: tumor_cells, name: x}]\n"
            "expect: [{measure: adherent_cells, name: x, arm: control, between: [1, 2]}]",
            "another measure is called 'x'",
        ),
        (
            "base: base.yaml\narms:\n  a: {}\n  b:\n    interventions: [{deplet: kupffer, start: 0 h}]",
            "my.yaml:5:30  arms.b.interventions[0].deplet\n    there is no such kind",
        ),
        (
            "base: base.yaml\nmeasures:\n  - {measure: tumor_cells, every: 5 h}",
            "my.yaml:3:35  measures[0].every\n    "
            "tumor_cells(every=5 h) looks only once, at 0 h, in a run from 0 h to 2 h; make every shorter",
        ),
        (
            "base: base.yaml\nreplicates: 3\nmost_replicates: 2",
            "my.yaml:3:18  most_replicates\n    these are fewer than the 3",
        ),
        (
            "base: base.yaml\nexpect: [{measure: tumor_cells, arm: control, between: [1 um, 2 h]}]",
            "'1 um' has the wrong dimension; expected a number in cells",
        ),
        (
            "base: base.yaml\nexpect: [{measure: tumor_cells, arm: control, between: [1 cels, 2]}]",
            "'cels' is not a unit",
        ),
        ("base: [", "1 problem in my.yaml"),
        ("", "the key 'base' is missing"),
    ],
)
def test_one_mistake(report, text, words):
    assert words in report(text)


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("replicates=x", "--set replicates=x\n    expected a whole number"),
        ("replicate=3", "did you mean replicates?"),
        ("arms.none.duration=1 h", "there is no arm 'none'; the arms are control and no_kupffer"),
        ("sweep.parameters.tissue.width=[1 mm]", "what is swept cannot be set on the command line"),
        ("rules.phagocytosis.rate=1 um", "--set rules.phagocytosis.rate=1 um"),
        ("rules.fagocytosis.rate=1 /h", "did you mean rules.phagocytosis?"),
        ("extends=x", "cannot be set on the command line"),
        ("nothing", "expected key.path=value"),
    ],
)
def test_a_wrong_override(report, override, words):
    assert words in report(EXPERIMENT, override)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match="there is no such file") as caught:
        load_experiment(tmp_path / "none.yaml", ["replicates=x"], published=True)
    assert len(caught.value.problems) == 1


def test_one_mistake_hides_no_other(report):
    said = report("""\
        base: base.yaml
        arms: {a: {rules: &rules {emd: off}}, b: {rules: *rules, duration: 3 h}}
        sweep: {method: grit, parameters: {rules.phagocitosis.rate: [0.1 /h], duration: [1 h]}}
        expect: [{measure: tumor_cels, arm: c, relative_to: d, between: [1, 2]}]
        """)
    for words in (
        "sweep.method\n",
        "did you mean rules.phagocytosis?",
        "did you mean 'tumor_cells'?",
        "expect[0].arm\n",
        "expect[0].relative_to\n",
        "arms.a.rules.emd\n",
        "6 problems",
    ):
        assert words in said
    assert "arms.b.rules.emd" not in said  # it is written once


def test_more_replicates_than_the_file_allows_may_be_asked_for(load):
    assert load("base: base.yaml\nreplicates: 2\nmost_replicates: 2", "replicates=3").replicates == 3


def test_the_folder_of_the_reader_does_not_matter(tmp_path, monkeypatch):
    experiment = little(tmp_path)
    monkeypatch.chdir(os.sep)
    assert load_experiment(tmp_path / "my.yaml").configs == experiment.configs


def test_a_text_is_read_whole(load):
    assert (
        load(
            textwrap.dedent("""
        base: base.yaml
        name: A title
        description: >
          What is asked,
          in two lines.
        """)
        ).description
        == "What is asked, in two lines.\n"
    )


def test_the_experiment_in_the_documentation(load):
    page = (Path(__file__).parents[3] / "docs" / "howto" / "experiments.md").read_text(encoding="utf-8")
    text = next(text for text in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) if "replicates:" in text)
    experiment = load(text)
    assert experiment.arms == ("control", "no_kupffer") and len(experiment.runs()) == 2 * 3 * 20
    assert len(experiment.measures) == 3 and {config.begins for config in experiment.configs.values()} == {-48.0}


OWN_RULE = """
from abm import Rule, RuleParameters, rule


@rule
class {name}(Rule):
    \"\"\"A rule of one's own.\"\"\"

    name = "{name}"

    class Parameters(RuleParameters):
        pass

    def apply(self, liver):
        pass
"""


@pytest.mark.parametrize(
    "text",
    [
        "base: base.yaml\narms:\n  a: {plugins: [a/extra.py]}\n  b: {plugins: [b/extra.py]}\nmeasures: [tumor_cells]",
        "base: {extends: base.yaml, plugins: [a/extra.py]}\nplugins: [m/extra.py]\nmeasures: [tumor_cells]",
        "base: base.yaml\nplugins: [m/extra.py, n/extra.py]\nmeasures: [tumor_cells]",
    ],
)
def test_two_plugins_of_one_name_are_refused(report, tmp_path, text):
    other = TROUBLE.replace("def trouble", "def other")
    for folder, source in {
        "a": OWN_RULE.format(name="one"),
        "b": OWN_RULE.format(name="two"),
        "m": TROUBLE,
        "n": other,
    }.items():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "extra.py").write_text(source)
    said = report(text)
    assert "another plugin is named extra.py" in said and "rename one" in said


def test_arms_may_share_a_plugin(load, tmp_path):
    (tmp_path / "extra.py").write_text(OWN_RULE.format(name="one"))
    experiment = load(
        "base: base.yaml\narms:\n  a: {plugins: extra.py}\n  b: {plugins: [extra.py], duration: 3 h}\n"
        "measures: [tumor_cells]"
    )
    assert all(Path(config.plugins[0]) == tmp_path / "extra.py" for config in experiment.configs.values())
