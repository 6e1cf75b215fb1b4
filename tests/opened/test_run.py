"""A run as an object: pictures, exports, and what notebooks show."""

import numpy as np
import pytest

from abm import open_run
from abm.folder.files import FolderInUse

from ..kept.conftest import TITLE, folder, simulation  # noqa: F401


@pytest.fixture(scope="module")
def run(folder):  # noqa: F811
    return open_run(folder)


def test_a_day_is_shown(run):
    first, last = run.show(day=0, pixels=200, legend=False), run.show(day=1, pixels=200, legend=False)
    assert first.size == last.size == (200, 200) and np.asarray(first).tobytes() != np.asarray(last).tobytes()
    assert (
        np.asarray(run.show("oxygen" and 1, "oxygen", pixels=200, legend=False)).tobytes() != np.asarray(last).tobytes()
    )
    assert np.asarray(run.show(1, colour_by="emt", pixels=200, legend=False)).tobytes() != np.asarray(last).tobytes()
    assert np.asarray(run.show(day=1, pixels=200, legend=False)).tobytes() == np.asarray(last).tobytes()
    assert run.show(day=1, pixels=200).width > 200
    with pytest.raises(ValueError, match="no snapshot at day 9"):
        run.show(day=9)


def test_a_movie_is_drawn_where_it_is_asked_for(run, tmp_path):
    written = run.movie(tmp_path / "frames", format="png", pixels=120)
    assert len(list(written.glob("*.png"))) == len(run.days)


def test_a_notebook_shows_a_picture_and_a_table_and_no_markup_of_others(run):
    text = run._repr_html_()
    assert "Run &#x27;A &lt;little&gt; run&#x27;" in text and "<little>" not in text
    assert 'src="data:image/jpeg;base64,' in text and "arrived " in text and "snapshots" in text
    assert "color: #" not in text and "background: #" not in text, "colours are those of the notebook, dark or light"
    assert repr(run) == f"<Run '{TITLE}', seed 1: 5 snapshots, in {run.folder}>"


def test_a_config_is_shown_likewise(run):
    text = run.config._repr_html_()
    assert "many &amp; quick" in text and "interventions" not in text.partition("<details>")[0] and "cycle_time" in text
    assert repr(run.config) == f"<Config '{TITLE}', seed 1: 14 d of 0.4 x 0.4 mm2 of liver>"
    assert (
        str(run.config).startswith(f"name: {TITLE!r}\n".replace("'", '"')) or TITLE in str(run.config).splitlines()[0]
    )


def test_an_export_is_written_once(run, tmp_path):
    written = run.export("csv", tmp_path / "tables")
    assert written == tmp_path / "tables" and (written / "cells.csv").exists()
    with pytest.raises(FolderInUse, match="is there already; --force replaces it"):
        run.export("csv", written)
    before = (written / "cells.csv").stat().st_size
    run.export("csv", written, days=[1], force=True)
    assert (written / "cells.csv").stat().st_size < before
    (written / "mine.txt").write_text("mine")
    with pytest.raises(FolderInUse, match=r"holds mine.txt, which is no part of an earlier export"):
        run.export("csv", written, force=True)
    assert [path.name for path in tmp_path.iterdir()] == ["tables"]


def test_what_cannot_be_exported_leaves_nothing(run, tmp_path):
    with pytest.raises(ValueError, match="there is no format 'excel'; there are anndata, "):
        run.export("excel", tmp_path / "x")
    with pytest.raises(ValueError, match="no snapshot at day 9"):
        run.export("csv", tmp_path / "x", days=[9])
    assert not list(tmp_path.iterdir())
