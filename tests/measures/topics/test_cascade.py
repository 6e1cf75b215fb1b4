"""Shares of founders and losses, from a ledger written by hand."""

from types import SimpleNamespace

import pytest
from pydantic import ValidationError

from abm.config.loading import load_text
from abm.measures.look import Look, Share
from abm.measures.topics.cascade import cascade, events, ever, grown, loss_share, losses
from abm.model import LiverModel
from abm.record.fates import STAGES
from abm.simulation import Simulation
from tests.worlds import liver

from .worlds import at_hours, look

DAY = 1440


@pytest.fixture
def run():
    return look(
        at_hours(liver(empty=True), 72),
        (0, 0, "arrived"),
        (1, 0, "arrived"),
        (2, 0, "arrived"),
        (3, 0, "arrived"),
        (4, 0, "arrived"),
        (0, 0, "passed"),
        *((clone, 0, "held", "kupffer") for clone in (1, 2, 3, 4)),
        (1, 10, "phagocytosed", "kupffer"),
        (2, 60, "extravasated"),
        (3, 240, "extravasated"),
        (4, 300, "killed", "fasl"),
        (2, DAY + 60, "divided"),
        (2, DAY + 90, "divided"),
        (2, DAY + 120, "divided"),
        (3, 2 * DAY, "killed", "trail"),
        (2, 2 * DAY + 5, "died", "hypoxia", 77),
    )


def test_any_stage_of_any_earlier_one(run):
    assert cascade(run, stage="arrested") == Share(4, 5)
    assert cascade(run, stage="alive_24h", of="arrested") == Share(2, 4)
    assert cascade(run, stage="extravasated", of="alive_24h") == Share(2, 2)
    assert cascade(run, stage="micrometastasis", of="extravasated") == Share(1, 2)
    assert cascade(run, stage="macrometastasis", of="micrometastasis") == Share(0, 1)
    assert cascade(run, stage="micrometastasis", micrometastasis_cells=5) == Share(0, 5)
    assert cascade(run, stage="macrometastasis", macrometastasis_diameter="20 um") == Share(1, 5)


def test_a_stage_is_no_share_of_a_later_one(run):
    with pytest.raises(ValidationError, match="'arrested' comes before 'extravasated'"):
        cascade(run, stage="arrested", of="extravasated")


def test_ever_looks_at_one_event_alone(run):
    assert ever(run) == Share(2, 4)
    assert ever(run, within="1 h") == Share(1, 4)
    assert ever(run, within="3.9 h") == Share(1, 4)
    assert ever(run, within="4 h") == Share(2, 4)
    assert ever(run, event="killed", of="extravasated") == Share(1, 2)
    assert ever(run, event="divided", of="arrived") == Share(1, 5)


def test_within_a_time_only_those_count_that_had_it():
    run = look(
        at_hours(liver(empty=True), 5),
        *((clone, 0, "arrived") for clone in range(3)),
        (0, 0, "held"),
        (1, 61, "held"),
        (0, 60, "extravasated"),
        (1, 70, "extravasated"),
        (7, 0, "held"),
        (7, 5, "extravasated"),
    )
    assert ever(run, within="4 h") == Share(1, 1)
    assert ever(run, within="3 h") == Share(2, 2)
    assert ever(run) == Share(2, 2)  # clone 7 never arrived


def test_clones_that_grew(run):
    assert grown(run, to_cells=4) == Share(1, 5)
    assert grown(run, to_cells=4, from_cells=2) == Share(1, 1)  # though one cell of it has died since
    assert grown(run, to_cells=5, from_cells=2) == Share(0, 1)


def test_events_and_losses(run):
    assert events(run, event="divided") == 3
    assert events(run, event="held", cause="kupffer") == 4
    assert events(run, event="held", cause="size") == 0
    assert losses(run) == 5
    assert losses(run, way="killed") == 2
    assert losses(run, way="killed", cause="trail") == 1
    assert losses(run, cause="hypoxia") == 1
    assert loss_share(run, way="killed") == Share(2, 5)
    assert loss_share(run, way="passed", of="cells") == Share(1, 8)


def test_a_real_run_as_its_summary_tells_it():
    model = LiverModel(
        load_text("{tissue: {width: 0.5 mm, height: 0.5 mm}, rules: {arrival: {per_area: 300 /mm^2}}, duration: 30 h}")
    )
    summary = Simulation(model, recorders=[]).run().summary()
    run = Look(model, model.ledger.entries)
    for stage in STAGES:
        told = summary["cascade"][stage]
        assert cascade(run, stage=stage) == Share(told["count"], told["of"])
    assert cascade(run, stage="extravasated").count > 0
    told = summary["founders"]["ever_extravasated"]
    assert ever(run, of="arrived") == Share(told["count"], told["of"])
    assert losses(run, way="phagocytosed") == summary["losses"]["phagocytosed"] > 0
    assert losses(run) == sum(summary["losses"].values())
    for name, count in summary["events"].items():
        assert events(run, event=name) == count


def test_within_counts_from_the_first_of_on(monkeypatch):
    """What befell a founder before is not in the time after it."""
    first = {"held": {1: 100.0, 2: 100.0, 3: 100.0, 4: 580.0}, "extravasated": {1: 50.0, 2: 100.0, 3: 161.0}}
    monkeypatch.setattr("abm.measures.topics.cascade._first", lambda look, event: first[event])
    found = ever(SimpleNamespace(hours=10.0), event="extravasated", of="held", within="1 h")
    assert (found.count, found.of) == (1, 3)  # the second; the fourth has not been watched for so long
