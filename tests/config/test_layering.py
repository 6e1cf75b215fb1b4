"""What a config draws on, in its order: extended files, presets and overrides, and what is wrong with them."""

import pytest

from abm.config.loading import read_layers

from .conftest import write


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


def test_the_files_that_were_read_are_known(folder):
    write(folder / "my.yaml", "extends: base.yaml\nline: mc38")
    write(folder / "base.yaml", "")
    assert [file.name for file in read_layers("my.yaml").files] == ["my.yaml", "base.yaml", "mc38.yaml"]


def test_files_that_are_not_there(report):
    text = report("extends: [splen.yaml, nothing.yaml, 3]\nline: mc83\nhost: zebra\nseed: x")
    assert "my.yaml:1:11  extends[0]\n    there is no file 'splen.yaml'; did you mean 'spleen.yaml'?" in text
    assert "my.yaml:1:23  extends[1]\n    there is no file 'nothing.yaml'; looked in ." in text
    assert "my.yaml:1:37  extends[2]\n    expected the name of a file, got '3'" in text
    assert "my.yaml:2:7  line\n    there is no line preset 'mc83'; did you mean 'mc38'?" in text
    assert "my.yaml:3:7  host\n    there is no host preset 'zebra'; there is 'nude' and 'resting'" in text
    assert "my.yaml:4:7  seed" in text, "the rest is checked all the same"


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
