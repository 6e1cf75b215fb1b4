"""Loading configs: files and texts that are right, and any text at all."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from abm.config import schema
from abm.config.errors import ConfigError, every_key
from abm.config.loading import load_config, load_text
from abm.config.validating import not_finite

from .conftest import write


def test_an_empty_file_is_the_defaults(load, small):
    assert load("") == load("# nothing\n") == load("rules:\n  # phagocytosis: off\n") == small(())()
    assert load_config(None, compose=small) == small(())()


def test_values_and_units(load):
    config = load("""
        seed: 1e3
        duration: 14 d
        rules: {phagocytosis: off, natural_killing: {memory: null}}
        tissue:
          width: 2e3 um
          height: 0.5 mm
        record: {every: never, times: [1 d, 36 h]}
        """)
    assert config.seed == 1000 and config.duration == 336.0
    assert not config.rules.phagocytosis.enabled
    assert (config.tissue.width, config.tissue.height) == (2000.0, 500.0)
    assert config.record.every == "never" and config.record.times == (24.0, 36.0)


def test_a_text_loads_like_a_file(small, folder):
    assert load_text("extends: spleen.yaml\nseed: 5", ["seed=6"], compose=small).seed == 6
    with pytest.raises(ConfigError, match="editor:1:7"):
        load_text("seed: x", name="editor", compose=small)


KEYS = [
    "name",
    "seed",
    "duration",
    "tissue",
    "width",
    "cells",
    "kupffer",
    "density",
    "rules",
    "phagocytosis",
    "rate",
    "arrival",
    "enabled",
    "record",
    "every",
    "times",
    "fields",
    "tnf",
    "diffusion",
    "interventions",
    "kind",
    "dose",
    "extends",
    "line",
    "host",
    "labels",
    "plugins",
    "phagocitosis",
    "NK",
    "<<",
    "5",
    "null",
    "true",
    "[a]",
    "rate.x",
    "? x",
    "'quoted'",
    "*a",
    "&a x",
    "!!str k",
    "é",
    "",
]
SCALARS = [
    "14 d",
    "3 um",
    "-1 /h",
    "180 /mm^2",
    ".nan",
    "-.inf",
    "1e999",
    "1e308 d",
    "nan",
    "inf",
    "'nan'",
    "off",
    "on",
    "true",
    "null",
    "~",
    "",
    "5",
    "-3",
    "0.5",
    "9" * 400,
    "0x" + "f" * 299,
    "1e-400",
    "bolus",
    "mc38",
    "my.yaml",
    "base.yaml",
    "[my.yaml, base.yaml]",
    "/dev/zero",
    "/etc/hostname",
    "..",
    "missing.py",
    "*a",
    "&a 3",
    "!!int 3",
    "!x y",
    "|",
    ">",
    "!!python/object/apply:os.system ['touch pwned']",
    "!!python/name:os.system",
    "'open",
    '"open',
    '"\\ud800"',
    '"\\x00"',
    "\t",
    "@",
    "%",
    "a: b",
    "- a",
    "{}",
    "[]",
    "{a: 1",
    "[1, 2",
    "3 parsec",
    "3 h h h h",
    "1 /",
    "3 °C",
    "3 ㎛",
    "٣ d",
    "1 d # comment",
    "'14 d'",
    "1 d 2 h",
    "{{{{",
    "[" * 60,
]
documents = st.recursive(
    st.sampled_from(SCALARS) | st.text(max_size=12),
    lambda inner: st.lists(st.tuples(st.sampled_from(KEYS), inner), max_size=6) | st.lists(inner, max_size=4),
    max_leaves=20,
)


def written(document, depth=0):
    indent = "  " * depth
    if isinstance(document, str):
        return f" {document}\n"
    if not document:
        return " {}\n"
    text = "\n"
    for item in document:
        if isinstance(item, tuple):
            text += f"{indent}{item[0]}:{written(item[1], depth + 1)}"
        else:
            text += f"{indent}-{written(item, depth + 1)}"
    return text


def check(data, folder, compose, overrides=()):
    """Loading ends in a config or in a ConfigError that can be shown."""
    (folder / "my.yaml").write_bytes(data)
    try:
        config = load_config("my.yaml", overrides, compose=compose)
    except ConfigError as error:
        assert error.problems
        text = str(error)
        assert all(char.isprintable() or char == "\n" for char in text)
        assert all(problem.message for problem in error.problems)
    else:
        assert not list(not_finite(config))
    assert not (folder / "pwned").exists()


any_config = settings(
    max_examples=200, deadline=5000, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@any_config
@given(document=documents)
@example(document=[("rules", [("phagocytosis", [("rate", "!!python/object/apply:os.system ['touch pwned']")])])])
def test_no_document_breaks_the_loader(folder, small, document):
    check(written(document).encode("utf-8", "surrogatepass"), folder, small)


@any_config
@given(data=st.binary(max_size=60) | st.text("abc:-[]{}&*!|>'\"#%@,? \n\t0", max_size=60).map(str.encode))
def test_no_bytes_break_the_loader(folder, small, data):
    check(data, folder, small)


VALID = """\
name: x
seed: 3
rules:
  phagocytosis:
    rate: 0.2 /h
  natural_killing: off
interventions:
- kind: bolus
  dose: 3
record: {every: 6 h, times: [1 h, 2 h]}
"""


@any_config
@given(
    start=st.integers(0, len(VALID)),
    length=st.integers(0, 10),
    inserted=st.sampled_from(SCALARS) | st.text(max_size=4),
    overrides=st.lists(
        st.tuples(
            st.sampled_from(["seed", "rules.phagocytosis.rate", "record.times[0]", "rules", "a.b", "line", "plugins"]),
            st.sampled_from(SCALARS),
        ).map("=".join),
        max_size=2,
    ),
)
def test_no_damage_to_a_valid_config_breaks_the_loader(folder, small, start, length, inserted, overrides):
    text = VALID[:start] + inserted + VALID[start + length :]
    check(text.encode("utf-8", "surrogatepass"), folder, small, overrides)


PATHS = sorted(every_key(schema.compose(())))


@any_config
@given(
    settings_=st.lists(st.tuples(st.sampled_from(PATHS), st.sampled_from(SCALARS)), max_size=3),
    overrides=st.lists(st.tuples(st.sampled_from(PATHS), st.sampled_from(SCALARS)), max_size=3),
)
def test_no_values_break_the_whole_schema(folder, settings_, overrides):
    text = "".join(
        "".join("  " * depth + f"{key}:\n" for depth, key in enumerate(path)).rstrip() + f" {value}\n"
        for path, value in settings_
    )
    check(text.encode(), folder, schema.compose, [f"{'.'.join(path)}={value}" for path, value in overrides])


def test_a_plugin_that_no_path_can_name(folder):
    with pytest.raises(ConfigError, match="plugins"):
        load_config(None, ['plugins="\\x00"'])


def test_two_plugins_of_one_name_are_refused(folder):
    rule = """
        from abm import Rule, rule

        @rule
        class Mine(Rule):
            name = "NAME"

            def apply(self, liver):
                pass
        """
    write(folder / "a" / "mine.py", rule.replace("NAME", "one"))
    write(folder / "b" / "mine.py", rule.replace("NAME", "two"))
    write(folder / "my.yaml", "plugins: [a/mine.py, b/mine.py]")
    with pytest.raises(ConfigError, match=r"another plugin is named mine\.py; rename one"):
        load_config("my.yaml")
