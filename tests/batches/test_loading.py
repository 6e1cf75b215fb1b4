"""Experiment files: what they mean, and that every mistake in one is told at its line."""

import os
import re
import textwrap
from pathlib import Path

import pytest

from abm.batches.loading import load_experiment
from abm.config import ConfigError, load_config

from .little import EXPERIMENT, TROUBLE, little, write


@pytest.fixture
def load(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def load(text, *overrides, **files):
        write(tmp_path, text, **files)
        return load_experiment("my.yaml", overrides)

    return load


@pytest.fixture
def report(load):
    """The report of an experiment that is wrong."""

    def report(text, *overrides, **files):
        with pytest.raises(ConfigError) as caught:
            load(text, *overrides, **files)
        return str(caught.value)

    return report


# --- What is right ----------------------------------------------------------------------------------------------------


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


def test_the_least_experiment(load):
    experiment = load("base: base.yaml")
    assert experiment.name == "my" and experiment.arms == ("control",) and experiment.points == ({},)
    assert experiment.replicates == 1 and experiment.most_replicates == 1 and experiment.measures == ()
    assert len(experiment.runs()) == 1


def test_a_base_may_be_shipped_or_written_here(load):
    shipped = load("base: quickstart.yaml").configs["control", 0]
    assert shipped == load_config(Path(__file__).parents[2] / "configs" / "quickstart.yaml")
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


# --- What is wrong ----------------------------------------------------------------------------------------------------


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


SWEEP = "base: base.yaml\nsweep:\n  {}\n  parameters:\n    {}\n"


@pytest.mark.parametrize(
    ("method", "parameters", "words"),
    [
        ("method: gird", "tissue.width: [1 mm]", "did you mean 'grid'?"),
        ("points: 3", "tissue.width: [1 mm]", "sweep.points\n    a grid has the points that its values make"),
        ("levels: 3", "tissue.width: [1 mm]", "levels belong to the method morris"),
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
        ("method: grid", "rules.phagocytosis.rate: []", "a grid needs a list of values"),
        ("method: grid", "rules.phagocytosis.rate: 0.1 /h", "expected a list or a group of keys"),
        ("method: grid", "rules.phagocytosis.rate: {low: 0.1 /h, high: 1 /h}", "a grid needs a list of values"),
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


def test_without_arms_there_is_the_control_only(report):
    assert "there is no arm 'treated'; the arms are control" in report(
        "base: {duration: 1 h}\nmeasures: [tumor_cells]\n", "arms.treated.duration=2 h"
    )


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


def test_a_key_cannot_be_swept_and_set(report):
    text = SWEEP.format("method: grid", "rules.phagocytosis.rate: [0.1 /h]")
    assert "swept and given with --set" in report(text, "rules.phagocytosis.rate=0.2 /h")
    assert "swept and given with --set" in report(text, "rules.phagocytosis=off")


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


def test_the_experiment_in_the_readme(load):
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    text = next(text for text in re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL) if "replicates:" in text)
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
