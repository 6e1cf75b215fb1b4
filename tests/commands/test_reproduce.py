"""`crlm reproduce` from files to the table, on runs of a moment."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from abm import cli
from abm.commands import UserError
from abm.commands.reproduce import files_of, load_all
from abm.config import ConfigError
from abm.config.shipped import shipped_configs

FILE = """\
base:
  extends: quickstart.yaml
  duration: 30 min
  tissue: {{width: 400 um, height: 400 um}}
  rules: {{arrival: {{per_area: 200 /mm^2, doses: [{{start: 0 h, over: 0 h}}]}}}}
replicates: 2
most_replicates: {most}
arms:
  control: {{}}
  few: {{rules: {{arrival: {{per_area: 100 /mm^2}}}}}}
published: {{id: {id}, source: Nobody 2000, finding: half the cells arrive}}
expect:
  - {{measure: events, event: arrived, arm: few, relative_to: control, between: [{low}, {high}]}}
"""


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(cli.DEBUG, raising=False)

    def write(name, low=0.4, high=0.6, most=2):
        path = tmp_path / f"{name}.yaml"
        path.write_text(FILE.format(id=name, low=low, high=high, most=most))
        return path

    return write


def test_files_and_folders(write, tmp_path):
    one, two = write("one"), write("two")
    (tmp_path / "base.yaml").write_text("extends: quickstart.yaml\n")
    (tmp_path / "inner").mkdir()
    assert files_of([tmp_path]) == [one, two]
    assert files_of([two, one, two]) == [two, one]
    with pytest.raises(UserError, match="no file in"):
        files_of([tmp_path / "inner"])
    (tmp_path / "inner" / "one.yaml").write_text(one.read_text())
    with pytest.raises(UserError, match="same name"):
        files_of([one, tmp_path / "inner"])
    # a file that cannot be read is not passed over in silence
    (tmp_path / "inner" / "broken.yaml").write_text("published: [\n")
    assert [path.name for path in files_of([tmp_path / "inner"])] == ["broken.yaml", "one.yaml"]


def test_shipped_experiments_by_their_id(write):
    shipped = shipped_configs() / "published" / "V24_e_selectin_kinetics.yaml"
    for name in ("V24", "v24", "V24_e_selectin_kinetics", "V24_e_selectin_kinetics.yaml"):
        assert files_of([Path(name)]) == [shipped]
    for name in ("V2", "my/V24", "V99"):
        with pytest.raises(UserError, match=rf"no file {name}, and no published experiment .* are V01, .*, W79$"):
            files_of([Path(name)])
    own = write("V24")
    own.rename("V24")
    assert files_of([Path("V24")]) == [Path("V24")]


def test_the_output_folder_is_no_folder_of_experiments(tmp_path, capsys):
    (tmp_path / "out" / "V24").mkdir(parents=True)
    (tmp_path / "out" / "V24" / "batch.json").write_text("{}")
    assert cli.status_of(["reproduce", str(tmp_path / "out"), "--resume"]) == 2
    said = capsys.readouterr().err
    assert "is an output folder" in said and f"crlm reproduce -o {tmp_path / 'out'} --resume" in said


def test_where_nothing_can_be_written_nothing_is_safe(write, tmp_path, monkeypatch, capsys):
    def refused(path, *_, **__):
        raise PermissionError(13, "Permission denied", str(path))

    one = write("one")
    monkeypatch.setattr(Path, "mkdir", refused)
    assert cli.status_of(["reproduce", str(one), "-o", "out", "--workers", "1"]) == 1
    said = capsys.readouterr().err
    assert "one could not begin: out/one: Permission denied.\nNothing was computed." in said and "safe" not in said


def test_all_files_are_checked_before_the_first_run(write):
    one, two = write("one", low=0.9), write("two")
    two.write_text(
        two.read_text().replace("few: {rules: {arrival: {per_area: 100 /mm^2}}}", "few: {rules: {growth: off}}")
    )
    with pytest.raises(ConfigError) as caught:
        load_all([one, two])
    assert {(problem.file, problem.line) for problem in caught.value.problems} == {(str(one), 13), (str(two), 10)}


def test_the_command(write, tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    good, wrong = write("good"), write("wrong", low=2, high=3)
    arguments = ["reproduce", str(good), str(wrong), "-o", "out", "--workers", "1"]
    assert cli.status_of(arguments) == 0
    told = capsys.readouterr()
    assert "good: holds" in told.err and "wrong: fails" in told.err
    assert "half the cells arrive" in told.out and "too low" in told.out
    assert "| experiment | published | expected |" in told.out  # Markdown, as there is no terminal
    assert "2 experiments: 1 hold (1 of them not calibrated on), 1 fail, 0 unresolved; 8 runs" in told.out
    table = pq.read_table("out/reproduce.parquet")
    rows = table.to_pylist()
    assert [(row["id"], row["verdict"]) for row in rows] == [("good", "holds"), ("wrong", "fails")]
    assert rows[0]["value"] == pytest.approx(0.5, abs=0.05) and rows[0]["runs"] == 4 and rows[0]["seconds"] > 0

    assert cli.status_of(arguments) == 2  # a folder is not overwritten
    assert "--resume" in capsys.readouterr().err
    assert cli.status_of([*arguments, "--resume", "--quiet"]) == 0
    assert "good: holds" not in capsys.readouterr().err
    assert pq.read_table("out/reproduce.parquet").equals(table)


def test_the_table_is_as_wide_as_the_terminal(write, capsys, monkeypatch):
    arguments = ["reproduce", str(write("good")), "-o", "out", "--workers", "1", "--quiet", "--resume"]
    for width in (80, 100, 200):
        monkeypatch.setenv("COLUMNS", str(width))
        assert cli.status_of(arguments) == 0
        lines = capsys.readouterr().out.splitlines()
        assert max(map(len, lines)) <= width and ("┃" in lines[1]) == (width == 200)
        text = " ".join(" ".join(lines).split())
        assert "half the cells arrive" in text and "1 experiment: 1 hold" in text and "0.4 to 0.6" in text


def test_a_quick_look_can_be_gone_on_with(write, capsys):
    path = write("one", most=4)
    path.write_text(path.read_text().replace("\nreplicates: 2", "\nreplicates: 4"))
    assert cli.status_of(["reproduce", str(path), "-o", "out", "--quick", "--workers", "1", "--quiet"]) == 0
    assert "6 runs" in (told := capsys.readouterr().out) and "Quick" in told
    assert cli.status_of(["reproduce", str(path), "-o", "out", "--resume", "--workers", "1", "--quiet"]) == 0
    assert "8 runs" in (told := capsys.readouterr().out) and "Quick" not in told
