"""`crlm export`: where files are put, and what is refused."""

import shutil

import pandas as pd
import pytest

from abm import cli

from ..kept.conftest import folder, simulation  # noqa: F401


@pytest.fixture
def run(folder, tmp_path, monkeypatch):  # noqa: F811
    shutil.copytree(folder, tmp_path / "runs" / "little")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "runs" / "little"


def test_by_default_it_is_put_beside_the_run(run, capsys):
    assert cli.status_of(["export", "runs/little", "--to", "csv", "--quiet"]) == 0
    assert capsys.readouterr().out == "Wrote runs/little.csv.d\n"
    assert sorted(path.name for path in run.parent.iterdir()) == ["little", "little.csv.d"]
    assert cli.status_of(["export", "runs/little", "--to", "csv"]) == 2
    assert "--force replaces it" in capsys.readouterr().err
    assert cli.status_of(["export", "runs/little", "--to", "csv", "--force", "--day", "0", "--day", "0.5"]) == 0
    assert set(pd.read_csv(run.parent / "little.csv.d" / "cells.csv")["day"]) == {0, 0.5}


def test_from_inside_of_the_run(run, monkeypatch):
    monkeypatch.chdir(run)
    assert cli.status_of(["export", ".", "--to", "csv", "--quiet", "-o", "../tables"]) == 0
    assert (run.parent / "tables" / "cells.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["runs/little", "--to", "csv", "--day", "9"], "no snapshot at day 9; there are 0, 0.25, 0.5, 0.75, 1"),
        (["runs", "--to", "csv"], "runs is not the folder of a run: it has no manifest.json"),
        (["nothing", "--to", "csv"], "nothing is not the folder of a run; only --to omex takes configs"),
        (["runs/little", "--to", "excel"], "excel"),
    ],
)
def test_what_cannot_be_exported(run, arguments, told, capsys):
    assert cli.status_of(["export", *arguments]) == 2
    assert told in capsys.readouterr().err
    assert [path.name for path in run.parent.iterdir()] == ["little"]


def test_a_file_in_the_place_of_a_folder_stays(run, capsys):
    (run.parent / "mine").write_text("mine")
    assert cli.status_of(["export", "runs/little", "--to", "csv", "-o", "runs/mine", "--force"]) == 1
    assert "This is a file, not a folder" in capsys.readouterr().err and (run.parent / "mine").read_text() == "mine"
