"""COMBINE archives: what was packed is run again, to the same bytes."""

import json
import xml.etree.ElementTree as ElementTree
import zipfile

import pytest

from abm import LiverModel, Simulation, cli, load_config
from abm.export import omex
from abm.folder.files import DamagedFile

from ..same_bytes import differing

CONFIG = """
name: packed
description: a rule of its own
plugins: [sparing.py]
duration: 3 h
tissue: {width: 0.4 mm, height: 0.4 mm}
line: mc38
rules: {arrival: {per_area: 250 /mm^2, doses: [{over: 5 min}]}, sparing: {amount: 0.5}}
record: {snapshots: 1 h, movie: false, figures: false}
"""
PLUGIN = '''
from abm import Rule, RuleParameters, parameter, rule


@rule
class Sparing(Rule):
    """CD47 of tumor cells rises."""

    name, writes = "sparing", ("tumor",)

    class Parameters(RuleParameters):
        amount: float = parameter(0.1, mark="assumed", source="made up", description="how far")

    def apply(self, liver):
        liver.tumor.used.cd47 = 1 + self.parameters.amount
'''
EXPERIMENT = """
base: little.yaml
replicates: 1
arms: {control: {}, none: {rules: {arrival: off}}}
measures: [{measure: tumor_cells, at: 1 h}]
"""
_SPACE = "{http://identifiers.org/combine.specifications/omex-manifest}"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "little.yaml").write_text(CONFIG)
    (tmp_path / "sparing.py").write_text(PLUGIN)
    (tmp_path / "two_arms.yaml").write_text(EXPERIMENT)
    return tmp_path


@pytest.fixture
def done(here):
    """The run, computed here."""
    Simulation(LiverModel(load_config("little.yaml")), folder=here / "first").run()
    return here / "first"


def listed(path):
    with zipfile.ZipFile(path) as archive:
        root = ElementTree.fromstring(archive.read("manifest.xml"))
        names = set(archive.namelist())
    return {entry.attrib["location"]: entry.attrib for entry in root.iter(f"{_SPACE}content")}, names


@pytest.mark.parametrize("source", ["first", "little.yaml"])
def test_what_is_packed_is_run_to_the_same_bytes(here, done, source, capsys):
    assert cli.status_of(["export", source, "--to", "omex", "-o", "packed.omex"]) == 0
    assert "Next: crlm run packed.omex" in capsys.readouterr().out
    (here / "sparing.py").unlink()  # all that is needed is in the archive
    assert cli.status_of(["run", "packed.omex", "-o", "again", "--quiet"]) == 0
    assert differing(done, here / "again") == []
    assert (here / "again" / "plugins" / "sparing.py").read_text() == PLUGIN
    assert cli.status_of(["run", "packed.omex", "-o", "again", "--resume"]) == 0
    assert "was complete already" in capsys.readouterr().out


def test_the_manifest_lists_every_file_with_its_format(done, here):
    assert cli.status_of(["export", "first", "--to", "omex", "--quiet"]) == 0
    entries, names = listed(here / "first.omex")
    assert entries.keys() - {"."} == {f"./{name}" for name in names}
    assert entries["."]["format"] == "http://identifiers.org/combine.specifications/omex"
    assert [name for name, entry in entries.items() if entry.get("master") == "true"] == ["./config.yaml"]
    assert entries["./config.yaml"]["format"] == "http://purl.org/NET/mediatypes/application/yaml"
    assert {"./plugins/sparing.py", "./summary.json", "./events.parquet", "./ro-crate-metadata.json"} <= entries.keys()
    with zipfile.ZipFile(here / "first.omex") as archive:
        graph = json.loads(archive.read("ro-crate-metadata.json"))["@graph"]
        versions = json.loads(archive.read("versions.json"))
    assert {"config.yaml", "events.parquet"} <= {entity["@id"] for entity in graph}
    assert versions.keys() >= {"crlm", "numpy", "numba", "scipy"}


def test_an_experiment_and_a_batch(here, capsys):
    assert cli.status_of(["export", "two_arms.yaml", "--to", "omex", "--quiet"]) == 0
    assert cli.status_of(["batch", "two_arms.yaml", "-o", "batch", "--workers", "1", "--quiet"]) == 0
    (here / "sparing.py").unlink()
    assert cli.status_of(["run", "two_arms.omex", "-o", "again", "--quiet"]) == 0
    from abm import open_batch

    first, again = open_batch("batch").table, open_batch("again").table
    assert first.drop(columns="seconds").equals(again.drop(columns="seconds")) and len(first) == 2
    assert cli.status_of(["export", "batch", "--to", "omex", "--quiet"]) == 0
    entries, _ = listed(here / "batch.omex")
    assert "./results.parquet" in entries and entries["./experiment.yaml"]["master"] == "true"
    assert cli.status_of(["run", "two_arms.omex", "--seed", "3"]) == 2
    assert "--seed, --threads and --check do not apply" in capsys.readouterr().err


def test_other_versions_are_told(here, capsys, monkeypatch):
    assert cli.status_of(["export", "little.yaml", "--to", "omex", "--quiet"]) == 0
    now = omex.manifest.versions()
    monkeypatch.setattr(omex.manifest, "versions", lambda: now | {"numpy": "9.9"})
    assert cli.status_of(["run", "little.omex", "--set", "duration=10 min"]) == 0
    assert f"made with numpy {now['numpy']} (here 9.9)" in capsys.readouterr().err


def test_what_is_no_archive_is_refused(here, capsys):
    (here / "text.omex").write_text("no zip")
    assert cli.status_of(["run", "text.omex"]) == 1
    assert "text.omex is no COMBINE archive" in capsys.readouterr().err
    assert cli.status_of(["run", "nothing.omex"]) == 2
    with zipfile.ZipFile(here / "empty.omex", "w") as archive:
        archive.writestr("other.txt", "x")
    with pytest.raises(DamagedFile, match=r"no COMBINE archive that can be run"), omex.unpacked(here / "empty.omex"):
        pass


@pytest.mark.parametrize("name", ["plugins/../../outside.py", "plugins/.."])
def test_nothing_is_unpacked_elsewhere(here, name):
    text = omex._manifest([("config.yaml", "x"), (name, "x")], "config.yaml")
    with zipfile.ZipFile(here / "evil.omex", "w") as archive:
        archive.writestr("manifest.xml", text)
        archive.writestr("config.yaml", "name: x")
        archive.writestr(name, "print()")
    try:
        with omex.unpacked(here / "evil.omex") as content:
            assert sorted(path.name for path in content.file.parent.rglob("*")) == ["config.yaml"]
    except DamagedFile as error:
        assert "is not unpacked" in str(error)
    assert not (here.parent / "outside.py").exists()


def test_an_unfinished_run_and_days_are_refused(done, here, capsys):
    assert cli.status_of(["export", "first", "--to", "omex", "--day", "1"]) == 2
    assert "--day is not for --to omex" in capsys.readouterr().err
    text = json.loads((done / "manifest.json").read_text()) | {"status": "running"}
    (done / "manifest.json").write_text(json.dumps(text))
    assert cli.status_of(["export", "first", "--to", "omex"]) == 2
    assert "not complete yet; finish it with --resume" in capsys.readouterr().err
    assert cli.status_of(["export", "little.yaml", "--to", "csv"]) == 2
    assert "only --to omex takes configs" in capsys.readouterr().err
