"""Loading configs: layers, overrides, and errors that are all found, placed and understandable."""

import os
import textwrap

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from abm.config import loading, schema
from abm.config.errors import ConfigError, every_key
from abm.config.loading import load_config, load_text, read_layers


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working folder with shipped configs of its own."""
    shipped = tmp_path / "shipped"
    for name, text in {
        "lines/mc38.yaml": "name: MC38\nrules: {phagocytosis: {rate: 0.2 /h, share: 0.2}}",
        "lines/hct116.yaml": "rules: {phagocytosis: {rate: 0.3 /h}}",
        "hosts/nude.yaml": "rules: {phagocytosis: {rate: 0.4 /h}}\ncells: {natural_killer: {density: 40 /mm^2}}",
        "hosts/resting.yaml": "cells: {natural_killer: {density: 10 /mm^2}}",
        "spleen.yaml": "name: spleen\nduration: 7 d",
    }.items():
        write(shipped / name, text)
    monkeypatch.setattr(loading, "shipped_configs", lambda: shipped)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return work


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text), encoding="utf-8")


@pytest.fixture
def load(folder, small):
    """Writes files (the first is loaded) and loads."""

    def load(text, *overrides, **files):
        write(folder / "my.yaml", text)
        for name, content in files.items():
            write(folder / f"{name}.yaml", content)
        return load_config("my.yaml", overrides, compose=small)

    return load


@pytest.fixture
def report(load):
    """The report of a config that is wrong."""

    def report(*args, **files):
        with pytest.raises(ConfigError) as caught:
            load(*args, **files)
        return str(caught.value)

    return report


# --- What is right ----------------------------------------------------------------------------------------------------


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


def test_a_byte_order_mark_is_no_problem(folder, small):
    (folder / "my.yaml").write_bytes(b"\xef\xbb\xbfseed: 3\r\nname: x\r\n")
    assert load_config(folder / "my.yaml", compose=small).seed == 3


def test_extends_merges_groups_and_replaces_the_rest(load):
    config = load(
        "extends: base\nrules: {phagocytosis: {rate: 0.3 /h}}\nrecord: {times: [5 h]}",
        base="extends: [one.yaml, two.yaml]\nrules: {phagocytosis: {share: 0.3}}\nrecord: {times: [1 h]}",
        one="seed: 1\nname: one\ndescription: one",
        two="name: two\nseed: 2",
    )
    assert config.rules.phagocytosis.rate == 0.3 and config.rules.phagocytosis.share == 0.3
    assert config.record.times == (5.0,)
    assert (config.name, config.description, config.seed) == ("two", "one", 2)


def test_extends_finds_shipped_configs(load):
    assert load("extends: spleen.yaml").duration == 168.0
    assert load("extends: spleen.yaml", spleen="duration: 2 d").duration == 48.0, "the file beside comes first"


def test_presets_stand_below_the_own_keys_and_host_below_line(load):
    config = load("line: mc38\nhost: nude\nrules: {phagocytosis: {share: 0.9}}")
    assert config.rules.phagocytosis.rate == 0.2 and config.rules.phagocytosis.share == 0.9
    assert config.cells.natural_killer.density == 40.0
    assert config.labels == {"line": "mc38", "host": "nude"}
    assert config.name == "untitled", "a preset's name is its own"


def test_a_preset_of_an_extended_file_holds_until_another_is_named(load):
    base = "line: mc38\nhost: resting\nrules: {natural_killing: {reach: 7 um}}"
    same = load("extends: base.yaml", base=base)
    assert same == load(base)
    assert same.labels == {"host": "resting", "line": "mc38"}
    other = load("extends: base.yaml\nline: hct116", base=base)
    assert other.labels == {"host": "resting", "line": "hct116"}
    assert (other.rules.phagocytosis.rate, other.rules.phagocytosis.share) == (0.3, 0.5)
    assert other.rules.natural_killing.reach == 7.0
    none = load("extends: base.yaml\nline: null", base=base)
    assert none.labels == {"host": "resting"} and none.rules.phagocytosis.rate == 0.1


def test_a_preset_of_ones_own(load, folder):
    write(folder / "mine" / "sw620.yaml", "seed: 7")
    config = load("line: mine/sw620.yaml")
    assert config.seed == 7 and config.labels == {"line": "sw620"}


def test_a_rule_switched_off_stays_off_when_its_rate_is_set(load):
    base = "rules: {phagocytosis: off}"
    above = load("extends: base.yaml\nrules: {phagocytosis: {rate: 0.3 /h}}", base=base)
    assert not above.rules.phagocytosis.enabled and above.rules.phagocytosis.rate == 0.3
    below = load("line: mc38\nrules: {phagocytosis: false}")
    assert not below.rules.phagocytosis.enabled and below.rules.phagocytosis.rate == 0.2
    assert load("extends: base.yaml\nrules: {phagocytosis: on}", base=base).rules.phagocytosis.enabled


def test_an_empty_group_keeps_what_is_below(load):
    assert load("line: mc38\nrules:\n").rules.phagocytosis.rate == 0.2


def test_overrides(load):
    config = load(
        "seed: 3\nrecord: {times: [1 h, 2 h]}\nrules: {natural_killing: off}",
        "seed=4",
        "rules.phagocytosis.rate=0.3 /h",
        "rules.arrival={density: 3 /mm^2}",
        "record.times[1]=9 h",
        "record.times.0=8 h",
        "rules.natural_killing.reach=5 um",
        "name=''",
        "description=a = b",
    )
    assert config.seed == 4 and config.rules.phagocytosis.rate == 0.3 and config.rules.arrival.density == 3.0
    assert config.record.times == (8.0, 9.0)
    assert not config.rules.natural_killing.enabled and config.rules.natural_killing.reach == 5.0
    assert (config.name, config.description) == ("", "a = b")


def test_an_override_of_a_preset_counts_as_written_in_the_file(load):
    config = load("line: mc38\nrules: {phagocytosis: {share: 0.9}}", "line=hct116")
    assert config.rules.phagocytosis.share == 0.9 and config.rules.phagocytosis.rate == 0.3
    assert config.labels == {"line": "hct116"}


def test_a_text_loads_like_a_file(small, folder):
    assert load_text("extends: spleen.yaml\nseed: 5", ["seed=6"], compose=small).seed == 6
    with pytest.raises(ConfigError, match="editor:1:7"):
        load_text("seed: x", name="editor", compose=small)


def test_the_files_that_were_read_are_known(folder):
    write(folder / "my.yaml", "extends: base.yaml\nline: mc38")
    write(folder / "base.yaml", "")
    assert [file.name for file in read_layers("my.yaml").files] == ["my.yaml", "base.yaml", "mc38.yaml"]


# --- What is wrong ----------------------------------------------------------------------------------------------------


def test_everything_is_reported_at_once(report):
    assert report(
        """\
        name: x
        rules:
          phagocytosis:
            rate: 3 um
            shar: 2
          phagocitosis: {rate: 1 /h}
          natural_killing: of
          arrival: {density: -3 /mm^2}
        rate: 0.2 /h
        seed: abc
        duraton: 3 d
        duration: 14
        cells:
          kupffer: 3
          NK: {}
        tissue: {width: 10 um}
        record:
          every: nevr
          times: [1 h, 3 um]
        interventions:
        - kind: bolus
        - kind: bollus
        - kind: infusion
          duration: 3 K
          dose: 3
        - dose: 3
        seed: 3
        description:
        """,
        "rules.phagocytosis.rat=3",
        "seed=-1",
        "record.times[4]=3 h",
        "name",
    ) == textwrap.dedent("""\
        my.yaml:4:11  rules.phagocytosis.rate
            '3 um' has the wrong dimension; expected a rate (in units like '/h'), e.g. '0.1 /h'
        my.yaml:5:5  rules.phagocytosis.shar
            unknown key; did you mean 'share'?
        my.yaml:6:3  rules.phagocitosis
            unknown key; did you mean 'phagocytosis'?
        my.yaml:7:20  rules.natural_killing
            expected on, off or a group of keys, got 'of'; did you mean 'off'?
        my.yaml:8:22  rules.arrival.density
            -3 /mm^2 is out of bounds; a density per area of section must be at least 0 /mm^2
        my.yaml:9:1  rate
            unknown key; did you mean rules.phagocytosis.rate?
        my.yaml:11:1  duraton
            unknown key; did you mean 'duration'?
        my.yaml:12:11  duration
            the unit is missing; write a duration such as '24 h'
        my.yaml:14:12  cells.kupffer
            expected a group of keys, got '3'
        my.yaml:15:3  cells.NK
            unknown key; did you mean 'natural_killer'?
        my.yaml:16:1  tissue
            the domain is empty: width and height must be at least 50 um
        my.yaml:18:10  record.every
            expected a duration such as '24 h' or 'never', got 'nevr'
        my.yaml:19:16  record.times[1]
            '3 um' has the wrong dimension; expected a duration (in units like 'h'), e.g. '24 h'
        my.yaml:21:3  interventions[0].dose
            the key 'dose' is missing; expected a number such as '1.5'
        my.yaml:22:3  interventions[1]
            'bollus' is not one of bolus or infusion; did you mean 'bolus'?
        my.yaml:24:13  interventions[2].duration
            '3 K' has the wrong dimension; expected a duration (in units like 'h'), e.g. '24 h'
        my.yaml:25:3  interventions[2].dose
            unknown key; accepted here: kind, start, duration
        my.yaml:26:3  interventions[3]
            the key 'kind' is missing; it says what this is
        my.yaml:27:1  seed
            the key stands here twice, first in line 10; remove one of them
        my.yaml:28:1  description
            no value is given; expected a text
        --set name
            expected key.path=value; e.g. --set 'rules.phagocytosis.rate=0.2 /h'
        --set record.times[4]=3 h
            record.times is a list of 2 entries; name one by its number, record.times[0] is the first
        --set rules.phagocytosis.rat=3
            unknown key 'rat'; did you mean rules.phagocytosis.rate?
        --set seed=-1
            must be at least 0, got '-1'
        24 problems in my.yaml and on the command line""")


def test_a_value_is_reported_where_it_was_written(report):
    text = report(
        "extends: base.yaml\nline: mc38\nseed: x",
        "rules.arrival.density=3 um",
        base="name: base\nrules:\n  natural_killing: {reach: 3 K}",
    )
    assert "my.yaml:3:7  seed\n    expected a whole number, got 'x'" in text
    assert "base.yaml:3:28  rules.natural_killing.reach\n    '3 K' has the wrong" in text
    assert "--set rules.arrival.density=3 um\n    '3 um' has the wrong dimension" in text


@pytest.mark.parametrize(
    "text, message",
    [
        ("rules: {phagocytosis: {rate: 0,1 /h}}", "unknown key '1 /h'; the decimal sign is a point"),
        ("duration: 1,5 d", "the decimal sign is a point: 0.1, not 0,1"),
        (
            "cells: {kupffer: {density: 180 /mm2}}",
            "'/mm2' is not a unit; write a density per area of section such as '180 /mm^2'; did you mean '180 /mm^2'?",
        ),
        ("rules:\n- phagocytosis: off", "expected a group of keys, got a list; write 'key: value' lines, without '- '"),
    ],
)
def test_common_slips(report, text, message):
    assert message in report(text)


def test_bounds_and_relations(report, folder):
    text = report(
        "duration: 0 h\ntissue: {width: 9 mm, height: 0.1 mm}\ncells:\n  kupffer: off\nseed: 99999999999999999999"
    )
    assert "my.yaml:1:11  duration\n    must be more than 0 h, got '0 h'" in text
    assert "my.yaml:2:1  tissue\n    the domain is more than 50 times as wide as high\n" in text
    assert "my.yaml:4:12  cells.kupffer\n    expected a group of keys, got 'off'\n" in text
    assert "my.yaml:5:7  seed\n    must be at most 9223372036854775807, got '99999999999999999999'" in text


def test_what_cannot_be_judged_without_a_missing_file_is_not_judged(report):
    text = report("extends: gone.yaml\ntissue: {width: 9 mm, height: 0.1 mm}\ninterventions: [{kind: bolus}]\nseed: x")
    assert text.endswith("2 problems in my.yaml")


def test_files_that_are_not_there(report):
    text = report("extends: [splen.yaml, nothing.yaml, 3]\nline: mc83\nhost: zebra\nseed: x")
    assert "my.yaml:1:11  extends[0]\n    there is no file 'splen.yaml'; did you mean 'spleen.yaml'?" in text
    assert "my.yaml:1:23  extends[1]\n    there is no file 'nothing.yaml'; looked in ." in text
    assert "my.yaml:1:37  extends[2]\n    expected the name of a file, got '3'" in text
    assert "my.yaml:2:7  line\n    there is no line preset 'mc83'; did you mean 'mc38'?" in text
    assert "my.yaml:3:7  host\n    there is no host preset 'zebra'; there is 'nude' and 'resting'" in text
    assert "my.yaml:4:7  seed" in text, "the rest is checked all the same"


def test_the_config_itself_is_not_there(small, folder):
    write(folder / "my.yaml", "")
    with pytest.raises(ConfigError, match="there is no such file; did you mean 'my"):
        load_config("mi.yaml", compose=small)
    with pytest.raises(ConfigError, match="this is a folder"):
        load_config(".", compose=small)
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config("a\0b.yaml", compose=small)
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config("x" * 5000, compose=small)


def test_a_shipped_config_is_found_by_name_or_as_from_a_checkout(folder):
    from pathlib import Path

    shipped = loading.shipped_configs() / "spleen.yaml"
    for name in ("spleen", "spleen.yaml", "configs/spleen.yaml", "configs/spleen"):
        assert loading.find_config(Path(name)) == shipped
    for name in ("nowhere", "lines/mc38.yaml", "../shipped/spleen.yaml", "/spleen.yaml", "configs", "."):
        assert loading.find_config(Path(name)) == Path(name)
    write(folder / "spleen", "")
    assert loading.find_config(Path("spleen")) == Path("spleen"), "one's own file comes first"


def test_cycles(report):
    assert report("extends: my.yaml").startswith("my.yaml:1:10  extends\n    the file extends itself")
    text = report("extends: one.yaml", one="extends: two.yaml", two="extends: my.yaml")
    assert text.startswith("two.yaml:1:10  extends\n    the files extend each other: my.yaml -> one.yaml -> two.yaml")


def test_a_file_drawn_upon_in_many_ways_is_read_once(load, report):
    files = {f"f{n}": f"extends: [f{n + 1}.yaml, f{n + 1}.yaml]" for n in range(5)}
    assert load("extends: f0.yaml", **files, f5="seed: 9").seed == 9
    files = {f"f{n}": f"extends: [f{n + 1}.yaml, f{n + 1}.yaml]" for n in range(30)}
    assert "more than 100 files" in report("extends: f0.yaml", **files, f30="seed: 9")


def test_a_preset_names_no_preset(report, folder):
    write(folder / "mine.yaml", "host: nude")
    assert "mine.yaml:1:1  host\n    a preset cannot name a host" in report("line: mine.yaml")


@pytest.mark.parametrize(
    "content, message",
    [
        (b"name: 20 \xb5m", "my.yaml:1:10\n    the file is not text in UTF-8 (byte 0xb5); save it as UTF-8"),
        (b"\xff\xfen\x00", "not text in UTF-8"),
        (b"name: " + b"x" * 1_000_001, "larger than 1 MB"),
        (b"- a\n- b", "a config is a group of 'key: value' lines"),
        (b"just text", "a config is a group of 'key: value' lines"),
        (b"!!map {seed: 1}", "tags such as '!!map' are not read"),
    ],
)
def test_files_that_are_no_configs(content, message, folder, small):
    (folder / "my.yaml").write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load_config("my.yaml", compose=small)
    assert message in str(caught.value)


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="needs /dev/zero")
def test_endless_files_are_not_read(report, small):
    assert "there is no file" in report("extends: /dev/zero")
    with pytest.raises(ConfigError, match="not an ordinary file"):
        load_config("/dev/zero", compose=small)


@pytest.mark.parametrize(
    "override, message",
    [
        ("seed", "expected key.path=value"),
        ("=3", "expected key.path=value"),
        ("a..b=3", "expected key.path=value"),
        ("extends=x.yaml", "cannot be set on the command line"),
        ("line=mc83", "did you mean 'mc38'?"),
        ("rules.phagocitosis.rate=3", "unknown key 'phagocitosis'; did you mean rules.phagocytosis?"),
        ("seed.x=3", "expected a whole number, got a group of keys"),
        ("name=[a", "a bracket opens here"),
        ("name=\udcff", "control character"),
        ("name=!!python/name:os.system ''", "tags such as"),
        ("rate=0.2 /h", "did you mean rules.phagocytosis.rate?"),
    ],
)
def test_overrides_that_are_wrong(report, override, message):
    assert message in report("", override)


def test_too_many_problems_are_counted(report):
    text = report("".join(f"key{n}: {n}\n" for n in range(1000)))
    assert text.count("unknown key") == 200
    assert text.endswith("1000 problems in my.yaml; the first 200 are shown")


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "value",
    [
        "1 h^9^9^9",
        "1 h**99**99**99",
        "3 h*9^9^9^9^9/9",
        "1 " + "(" * 30 + "h",
        "1e308 d",
        "1 9^99^99",
        "1 h^(9^9)^(9^9)",
        "9" * 5000 + " h",
        "1 h^1000000",
        "1 9²²²²²²²²²²²",
        "1 9^9²²²²²²²",
    ],
)
def test_quantities_that_are_meant_to_hurt(report, value):
    assert "my.yaml:1:11  duration" in report(f"duration: {value}")


# --- Any text at all --------------------------------------------------------------------------------------------------

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
        assert not list(loading._not_finite(config))
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
