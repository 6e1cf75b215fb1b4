"""The process of a page, obeying: here in a thread, with the smallest liver."""

import io
import multiprocessing
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from abm.app.form import Form
from abm.app.messages import Order, View
from abm.app.worker import work
from abm.config import load_config
from abm.model import LiverModel
from abm.simulation import Simulation

CHANGES = {
    "duration": "3 h",
    "tissue.width": "0.4 mm",
    "tissue.height": "0.5 mm",
    "rules.arrival.per_area": "250 /mm^2",
    "record.movie": "false",
    "record.figures": "false",
}
PATIENCE = 120.0


class Page:
    """What a page hears and says."""

    def __init__(self):
        self.connection, theirs = multiprocessing.Pipe()
        self.thread = threading.Thread(target=work, args=(theirs,), daemon=True)
        self.thread.start()
        self.heard = []

    def order(self, what, *about):
        self.connection.send(Order(what, about))

    def wait(self, what, like=lambda *about: True):
        """The next news of a kind that are like that."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self.connection.poll(1.0):
                news = self.connection.recv()
                self.heard.append(news)
                assert news.what != "failed" or what == "failed", news.about
                if news.what == what and like(*news.about):
                    return news.about
        raise AssertionError(f"no {what} came; {[news.what for news in self.heard]}")

    def comes_to(self, doing):
        (moment,) = self.wait("moment", lambda moment: moment.doing == doing)
        return moment


@pytest.fixture
def page(tmp_path):
    page = Page()
    yield page
    page.connection.close()
    page.thread.join(PATIENCE)
    assert not page.thread.is_alive()


def begin(page, tmp_path, **changes):
    form = Form(Path("quickstart"), changes=CHANGES | {key.replace("__", "."): text for key, text in changes.items()})
    page.order("begin", form, tmp_path / "scratch", View(pixels=200))
    return form


def test_a_run_pauses_steps_goes_on_and_is_complete(page, tmp_path):
    begin(page, tmp_path)
    page.order("pause")
    (liver,) = page.wait("liver")
    assert liver.shape == (50, 40) and liver.spacing_um == 10 and liver.ends == 3
    assert "tnf" in liver.fields and "tumor.emt" in liver.columns
    paused = page.comes_to("paused")
    page.order("step", 3)
    later = page.comes_to("paused")
    assert later.hours == pytest.approx(paused.hours + 3 * liver.step_hours)
    page.order("play")
    complete = page.comes_to("complete")
    assert complete.hours == pytest.approx(3.0)
    assert complete.events["arrived"] > 0


def test_the_liver_is_seen_before_the_first_step(page, tmp_path):
    begin(page, tmp_path)
    _, _, moment = page.wait("picture")
    assert moment.doing == "preparing" and moment.hours == 0


def test_pictures_show_what_is_asked_for_and_come_once_when_nothing_changes(page, tmp_path):
    begin(page, tmp_path)
    page.order("pause")
    page.comes_to("paused")
    page.order("look", View(field="tnf", colour_by="tumor.emt", hidden=frozenset({"kupffer"}), pixels=200))
    whole, region, _ = page.wait("picture", lambda image, region, moment: moment.doing == "paused")
    assert region is None
    image = Image.open(io.BytesIO(whole))
    assert image.height == 200 and image.width == 160
    page.order("look", None)
    page.order("look", View(region=(10, 5, 20, 16), pixels=200))
    part, region, _ = page.wait("picture")
    assert region == (10, 5, 20, 16)
    assert not np.array_equal(np.asarray(Image.open(io.BytesIO(part)).resize(image.size)), np.asarray(image))
    page.order("pick", 3, 4)
    page.wait("picked")
    assert [news.what for news in page.heard].count("picture") == 3  # and the one before the first step


def test_a_field_that_is_not_there_is_said_and_the_picture_comes_without(page, tmp_path):
    begin(page, tmp_path)
    page.order("pause")
    page.comes_to("paused")
    page.order("look", View(field="nosuch", pixels=200))
    (words,) = page.wait("said", lambda words: "nosuch" in words)
    assert "there are" in words
    page.wait("picture")


def test_a_site_tells_everything_that_stands_there(page, tmp_path):
    begin(page, tmp_path)
    page.order("pause")
    page.comes_to("paused")
    cells = set()
    for row in range(12):
        for column in range(40):
            page.order("pick", row, column)
            (site,) = page.wait("picked")
            assert (site.row, site.column) == (row, column)
            facts = dict(site.facts)
            assert facts["what it is"] in ("portal tract", "sinusoid", "parenchyma", "central vein")
            assert "oxygen" in facts and facts["oxygen"].endswith("mmHg")
            for title, known in site.cells:
                cells.add(title.partition(":")[0])
                assert dict(known)["uid"]
    assert "Kupffer cells" in cells


def test_the_cascade_so_far_is_a_picture(page, tmp_path):
    begin(page, tmp_path)
    page.comes_to("complete")
    page.order("cascade")
    (figure,) = page.wait("cascade")
    assert Image.open(io.BytesIO(figure)).format == "PNG"


def test_what_is_saved_in_the_middle_is_what_crlm_run_writes(page, tmp_path):
    form = begin(page, tmp_path)
    page.order("pause")
    page.comes_to("paused")
    page.order("step", 9)
    page.comes_to("paused")
    page.order("save", str(tmp_path / "runs" / "mine"))
    (folder,) = page.wait("saved")
    page.order("play")
    page.comes_to("complete")
    ours = Simulation(LiverModel(form.config()), folder=tmp_path / "whole").run()
    assert ours.folder is not None
    for name in (
        "events.parquet",
        "timeseries.parquet",
        "nodules.parquet",
        "flows.parquet",
        "summary.json",
        "config.yaml",
    ):
        assert (Path(folder) / name).read_bytes() == (ours.folder / name).read_bytes(), name


def test_a_complete_run_is_saved_as_often_as_wanted(page, tmp_path):
    begin(page, tmp_path)
    page.comes_to("complete")
    for name in ("one", "two"):
        page.order("save", str(tmp_path / name))
        assert page.wait("saved") == (str(tmp_path / name),)
        assert load_config(tmp_path / name / "config.yaml").duration == 3
    page.order("cascade")  # which still reads the events of where the run was written
    page.wait("cascade")


def test_another_run_takes_the_place_of_one_that_runs(page, tmp_path):
    begin(page, tmp_path, duration="5 d")
    page.wait("liver")
    form = Form(Path("quickstart"), changes=CHANGES | {"seed": "7", "duration": "1 h"})
    page.order("begin", form, tmp_path / "second", View())
    (liver,) = page.wait("liver")
    assert liver.ends == 1
    page.comes_to("complete")


def test_a_pace_is_held(page, tmp_path):
    begin(page, tmp_path, duration="20 h")
    page.order("pace", 10.0)
    page.wait("liver")
    began = time.monotonic()
    page.wait("moment", lambda moment: moment.hours >= 15)
    assert (
        time.monotonic() - began > 0.9
    )  # 10 h of simulated time a second, and some are behind it when the order comes


def test_a_config_that_cannot_be_is_told_at_its_key(page, tmp_path):
    begin(page, tmp_path, rules__phagocytosis__rate="3 um")
    words, places = page.wait("failed")
    assert set(places) == {"rules.phagocytosis.rate"} and "wrong dimension" in words
    begin(page, tmp_path)
    page.comes_to("complete")
