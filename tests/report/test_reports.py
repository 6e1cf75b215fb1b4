"""The pages of a run and of a batch, made of real ones."""

import pytest
import yaml

from abm.cli import status_of
from abm.folder.names import TRIAL
from abm.report.document import data_address
from abm.report.of_batch import report_of_batch
from abm.report.of_run import report_of_run
from abm.trials.writing import FIGURES, REPORT

from ..batches.made_up_batch import write_batch
from .test_document import Addresses

CONFIG = """
name: A <small> run
description: What happens in six hours?
line: mc38
duration: 6 h
tissue: {width: 0.4 mm, height: 0.4 mm}
rules: {arrival: {per_area: 250 /mm^2}}
record: {figures: off, movie: off, snapshots: 2 h}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    (folder / "config.yaml").write_text(CONFIG)
    assert status_of(["run", str(folder / "config.yaml"), "-o", str(folder / "run"), "--quiet"]) == 0
    return folder / "run"


def test_a_run_without_figures_has_a_page(run):
    page = report_of_run(run).render()
    assert "A &lt;small&gt; run" in page and "What happens in six hours?" in page and "line mc38" in page
    assert page.count("not yet") == 4  # of the stages that take a day
    assert "arrested" in page and "data:" not in Addresses(page).found
    assert yaml.safe_load((run / "config.yaml").read_text())["name"] in "A <small> run"


def test_the_command_draws_what_is_missing_and_writes_one_file(run, tmp_path, capsys):
    page = tmp_path / "page.html"
    assert status_of(["report", str(run), "-o", str(page)]) == 0
    assert "one file that needs nothing else" in capsys.readouterr().out
    found = Addresses(page.read_text()).found
    assert any(address.startswith("data:video/mp4") for address in found)
    assert sum(address.startswith("data:image/png") for address in found) >= 3
    assert status_of(["report", str(run), "-o", str(page), "--no-movie"]) == 0
    assert not any(address.startswith("data:video") for address in Addresses(page.read_text()).found)


def test_a_batch_has_a_page_with_intervals_and_figures(tmp_path):
    folder = write_batch(tmp_path / "batch", tables=True)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    page = report_of_batch(folder, scratch).render()
    assert "no_kupffer" in page and "95 % interval" in page
    addresses = Addresses(page).found
    assert len(addresses) >= 2 and all(address.startswith("data:image/png") for address in addresses)
    before = sorted(path.name for path in folder.iterdir())
    assert "comparison.md" not in before  # the page leaves the batch as it is


def test_the_page_of_a_trial_begins_with_its_text_and_figures(tmp_path):
    folder = write_batch(tmp_path / "trial", tables=True)
    figures = [f"![{name}]({name})" for name in FIGURES]
    (folder / REPORT).write_text("\n\n".join(["# my trial", "## Arms of the trial", "| n |\n|---|\n| 3 |", *figures]))
    (folder / TRIAL).write_text("cohort: {patients: 3}\n")
    for name in FIGURES:
        (folder / name).write_bytes(b"a picture of " + name.encode())
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    page = report_of_batch(folder, scratch).render()
    images = [data_address(folder / name) for name in FIGURES]
    places = [
        page.index(words) for words in ("Arms of the trial", *images, "compared as those of a batch", "95 % interval")
    ]
    assert places == sorted(places)
    assert "crlm trial trial.yaml" in page and "cohort: {patients: 3}" in page and "crlm batch" not in page


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], "is not the folder of a run or a batch"),
        (["{run}", "-o", "page.pdf"], "should end in .html"),
    ],
)
def test_what_cannot_be_reported_is_said(run, tmp_path, monkeypatch, capsys, arguments, words):
    monkeypatch.chdir(tmp_path)
    assert status_of(["report", *(text.format(run=run) for text in arguments)]) == 2
    assert words in capsys.readouterr().err


def test_a_run_that_was_interrupted_has_none_yet(run, tmp_path, capsys):
    unfinished = tmp_path / "unfinished"
    unfinished.mkdir()
    (unfinished / "manifest.json").write_bytes((run / "manifest.json").read_bytes())
    assert status_of(["report", str(unfinished)]) == 2
    assert "has not come to its end" in capsys.readouterr().err
