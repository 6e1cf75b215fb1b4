"""A user's own rules."""

import sys
import textwrap

import pytest

from abm.config.errors import ConfigError
from abm.config.loading import load_config
from abm.config.plugins import PluginError, load

GOOD = """
    '''Cells go for a walk.'''
    from abm.rules.rule import Rule, RuleParameters, rule
    from abm.units import PerHour, parameter

    @rule
    class Walk(Rule):
        name = "walk"
        after = "phagocytosis"

        class Parameters(RuleParameters):
            rate: PerHour = parameter("1 /h", low="0.1 /h", high="3 /h", mark="assumed", source="me", description="d")

        def apply(self, liver):
            pass
"""

FORGOTTEN = """
    class Rest(Rule):
        name = "rest"

        def apply(self, liver):
            pass
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("crlm_plugin_")]:
        del sys.modules[name]


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return path


def report(small, *overrides):
    with pytest.raises(ConfigError) as caught:
        load_config("my.yaml", overrides, compose=small)
    return str(caught.value)


def test_a_rule_of_ones_own(folder, small):
    write(folder / "sub" / "walk.py", GOOD)
    write(folder / "sub" / "base.yaml", "plugins: [walk.py]")
    write(folder / "my.yaml", "extends: sub/base.yaml\nrules: {walk: {rate: 2 /h}}")
    config = load_config("my.yaml", compose=small)
    assert config.rules.walk.rate == 2.0
    assert config.plugins == (str((folder / "sub" / "walk.py").resolve()),)
    assert type(config) is type(load_config("my.yaml", compose=small)), "the same file gives the same classes"
    assert not (folder / "sub" / "__pycache__").exists()
    assert type(config).registry.rules[-1].summary() == "Cells go for a walk."


def test_one_plugin_needs_no_list(folder, small):
    write(folder / "walk.py", GOOD)
    write(folder / "my.yaml", "plugins: walk.py")
    assert load_config("my.yaml", compose=small).rules.walk.rate == 1.0


def test_a_changed_file_is_loaded_anew(folder):
    path = write(folder / "walk.py", GOOD)
    before = load(path)
    write(path, GOOD.replace('"1 /h"', '"2 /h"'))
    assert load(path) != before
    assert load(path)[0].Parameters().rate == 2.0


def test_errors_in_its_parameters_are_placed(folder, small):
    write(folder / "walk.py", GOOD)
    write(folder / "my.yaml", "plugins: [walk.py]\nrules:\n  walk: {rat: 3}\n  wlak: off\n")
    text = report(small)
    assert "my.yaml:3:10  rules.walk.rat\n    unknown key; did you mean 'rate'?" in text
    assert "my.yaml:4:3  rules.wlak\n    unknown key; did you mean 'walk'?" in text


@pytest.mark.parametrize(
    "content, message",
    [
        (None, "'walk.py': there is no such file"),
        ("x = (1,\n", "not valid Python (line 1): '(' was never closed"),
        ("import nothing_at_all", "fails while it is imported (line 1): ModuleNotFoundError: No module named"),
        ("\n\nraise SystemExit(3)", "fails while it is imported (line 3): SystemExit: 3"),
        ("x = 1", "nothing inside that a config could use"),
        ("from abm.rules.rule import Rule, rule", "nothing inside that a config could use"),
        (GOOD.replace("@rule", ""), "the class Walk is not marked with @rule, and would not be used"),
        (GOOD + FORGOTTEN, "the class Rest is not marked with @rule, and would not be used"),
        (GOOD.replace('"walk"', '"phagocytosis"'), "there is already a rule named 'phagocytosis'"),
        (GOOD.replace('"walk"', '"go for a walk"'), "must be one word of letters"),
        (GOOD.replace('"phagocytosis"', '"phagocitosis"'), "which is not a rule; did you mean 'phagocytosis'?"),
        (GOOD.replace("(RuleParameters)", ""), "must be derived from abm.RuleParameters"),
        (GOOD.replace('"1 /h"', '"1 um"'), "the default of 'rate' in the rule 'walk' is wrong: '1 um' has the wrong"),
        (GOOD.replace("def apply", "def aply"), "has no method apply(self, liver)"),
    ],
)
def test_plugins_that_cannot_be_used(folder, small, content, message):
    if content is not None:
        write(folder / "walk.py", content)
    write(folder / "my.yaml", "seed: x\nplugins:\n- walk.py\nrules: {walk: {rate: 3 /h}}\n")
    text = report(small)
    assert f"my.yaml:3:3  plugins[0]\n    'walk.py': {message}" in text or message in text
    assert "my.yaml:1:7  seed" in text
    assert text.endswith("2 problems in my.yaml"), "no complaint about the parameters of a rule that did not load"


def test_what_is_no_plugin(folder):
    with pytest.raises(PluginError, match="not an ordinary file"):
        load(folder)
    with pytest.raises(PluginError, match="larger than 1 MB"):
        load(write(folder / "large.py", "#" * 1_000_001))
    with pytest.raises(PluginError, match="cannot be read"):
        load(folder / ("x" * 5000))
    with pytest.raises(PluginError):
        load(write(folder / "nothing.py", "\0"))
