"""`crlm levers`, from the command line to the table that is printed."""

import pyarrow.parquet as pq
import pytest

from abm import cli
from abm.commands.levers import FIGURE, TABLE, TEXT, looks_of

LITTLE = """
name: little
duration: 30 h
tissue: {width: 0.4 mm, height: 0.4 mm}
rules: {arrival: {per_area: 250 /mm^2}}
"""


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "110")
    (tmp_path / "little.yaml").write_text(LITTLE)
    return tmp_path / "little.yaml"


def pull(*arguments):
    return cli.status_of(["levers", "little.yaml", *arguments])


def test_a_few_levers_are_pulled_and_told(config, capsys):
    asked = ("--only", "phagocytosis", "--only", "nk_*", "--only", "trail", "--replicates", "2", "--workers", "1")
    assert pull(*asked) == 0
    folder = config.parent / "batches" / "little-levers"
    said = capsys.readouterr().out
    assert all((folder / name).exists() for name in (TABLE, TEXT, FIGURE))
    lines = {line.split()[0] for line in said.splitlines() if line.strip()}
    assert {"control", "raise", "phagocytosis", "nk_killing", "trail"} <= lines and "tnf" not in lines
    assert "not resolved" in said.lower() or "moved by" in said.lower()
    assert said.index("Wrote") > said.index("control") and "crlm compare" not in said
    written = {name: (folder / name).read_bytes() for name in (TABLE, TEXT, FIGURE)}
    assert pull(*asked) == 2 and "--resume" in capsys.readouterr().err  # nothing is overwritten
    assert pull(*asked, "--resume", "--quiet") == 0
    assert capsys.readouterr().out == ""
    assert {name: (folder / name).read_bytes() for name in written} == written
    assert pull("--only", "trail", "--replicates", "2", "--resume") == 2  # another batch than that in the folder


def test_what_would_be_run_is_shown(config, capsys):
    assert pull("--dry-run", "--only", "rule") == 0
    said = capsys.readouterr().out
    assert "rule.netosis" in said and "molecule" not in said and "8 replicates" in said
    assert not (config.parent / "batches").exists()


def test_more_readouts_can_be_asked_for(config, capsys):
    density = "{measure: population_density, population: natural_killer}"
    asked = ("--measure", density, "--measure", "{measure: tumor_cells, at: 20 h}", "--measure", "dormant")
    assert pull(*asked, "--only", "natural_killer", "--at", "24 h,30 h", "--replicates", "2", "--workers", "1") == 0
    rows = pq.read_table(config.parent / "batches" / "little-levers" / TABLE).to_pylist()
    of_lever = {row["readout"]: row["ratio"] for row in rows if row["lever"] == "natural_killer"}
    looked = [f"population_density(population=natural_killer, at={at})" for at in ("1 d", "30 h")]
    assert {*looked, "tumor_cells(at=20 h)", "dormant(at=1 d)", "dormant(at=30 h)"} <= set(of_lever)
    assert of_lever[looked[0]] == of_lever[looked[1]] == 0.0
    assert "natural_killer" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--measure", "pdl1_scor"), "there is no measure named 'pdl1_scor'; did you mean 'pdl1_score'"),
        (("--measure", "{population: cd8}"), "names no measure; such as --measure pdl1_score"),
        (("--measure", "{measure: population_density, populaton: cd8}"), "populaton: "),
        (("--measure", "{measure: pdl1_score"), "--measure {measure: pdl1_score: "),
        (("--measure", "{measure: pdl1_score, at: 90 d}"), "the run is from"),
        (("--only", "kupfer"), "there is no lever 'kupfer'; did you mean 'kupffer'"),
        (("--only", "zzz"), "there is no lever 'zzz'; --dry-run lists what there is"),
        (("--only", "tnf,arrival"), "the rule 'arrival' brings the tumor cells"),
        (("--only", "growth", "--set", "rules.growth=off"), "the rule 'growth' is off already"),
        (("--only", "tnf", "--set", "interventions=[{knock_out: tnf}]"), "'tnf' is knocked out in this config already"),
        (("--at", ""), "--at says no time"),
        (("--at", "3 parsec"), "--at 3 parsec: '3 parsec' has the wrong dimension"),
        (("--at", "soon"), "--at soon: expected a duration"),
        (("--at", "6 h"), "6 h is no time to look: the run ends at 30 h, and before 1 d"),
        (("--at", "1 d,9 d"), "9 d is no time to look"),
    ],
)
def test_what_cannot_be_done_is_told(config, capsys, arguments, told):
    assert pull(*arguments) == 2
    assert told in " ".join(capsys.readouterr().err.split())


def test_a_run_that_is_too_short_is_told(config, capsys):
    assert pull("--set", "duration=12 h") == 2
    assert "runs must last 1 d or more, for it to be known who lives on, not 12 h" in " ".join(
        capsys.readouterr().err.split()
    )


def test_times_to_look_are_put_in_order():
    assert looks_of("7 d, 24 h,1 d") == [24.0, 168.0]


def test_levers_are_called_by_several_names_at_once(config, capsys):
    given = "interventions=[{block: tnf}, {block: tnf}]"
    assert pull("--dry-run", "--only", " TNF ,nk_*", "--only", "block tnf", "--set", given) == 0
    said = capsys.readouterr().out
    assert all(arm in said for arm in ("molecule.tnf", "rule.nk_killing", "intervention.1", "intervention.2"))
    assert "= 40 runs" in said


def test_files_of_others_are_left_alone(config, capsys):
    mine = config.parent / "mine"
    mine.mkdir()
    (mine / TEXT).write_text("precious")
    assert pull("--only", "tnf", "-o", "mine") == 2
    assert TEXT in capsys.readouterr().err and (mine / TEXT).read_text() == "precious"


def test_a_config_without_a_name_is_called_by_its_file(config, capsys):
    config.write_text(LITTLE.replace("name: little\n", ""))
    assert pull("--dry-run", "--only", "tnf") == 0
    assert "Levers of little" in capsys.readouterr().out
