"""A batch as an object: arms, replicates, tables, runs."""

import shutil

import pytest

from abm import open_batch

from ..batches.made_up_batch import write_batch
from ..view.conftest import kind, run, scene  # noqa: F401

RATE = "rules.phagocytosis.rate"


@pytest.fixture
def batch(tmp_path, run):  # noqa: F811
    folder = write_batch(tmp_path / "batch", arms=("control", "no_kupffer"), replicates=2)
    shutil.copytree(run, folder / "runs" / "no_kupffer-0000-0002")
    return open_batch(folder)


def test_it_has_arms_replicates_and_a_table(batch):
    assert batch.arms == ("control", "no_kupffer") and batch.control == "control" and batch.replicates == 2
    assert len(batch.table) == 4 and set(batch.measures) <= set(batch.table.columns) and batch.measures
    assert (
        set(batch.table.attrs["units"]) == set(batch.table.columns)
        and batch.table.attrs["long_name"][batch.measures[0]]
    )
    assert repr(batch).startswith("<Batch '") and "2 arms, 4 runs" in repr(batch)


def test_its_runs_are_opened(batch):
    opened = batch.run("no_kupffer", 2)
    assert opened.folder == batch.folder / "runs" / "no_kupffer-0000-0002" and len(opened.days) == 5
    with pytest.raises(FileNotFoundError, match="replicate 1 of control was not kept: crlm batch"):
        batch.run("control", 1)
    with pytest.raises(ValueError, match=r"there is no arm 'no_kupfer'; did you mean 'no_kupffer'\?"):
        batch.run("no_kupfer")
    with pytest.raises(ValueError, match="no replicate 3 of control at point 0; there are replicates 1 to 2"):
        batch.run("control", 3)


def test_a_notebook_shows_a_picture_of_each_arm_that_is_kept_and_the_means(batch):
    text = batch._repr_html_()
    assert text.count("data:image/jpeg") == 1 and batch.measures[0] in text and "control, no_kupffer" in text


def test_points_of_a_sweep(tmp_path):
    points = [{RATE: 0.1}, {RATE: 0.2}]
    folder = write_batch(tmp_path / "batch", arms=("control",), replicates=1, settings=points, sweep={"method": "grid"})
    assert open_batch(folder).points == {0: {RATE: 0.1}, 1: {RATE: 0.2}}


def test_what_is_no_batch_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError):
        open_batch(tmp_path)
