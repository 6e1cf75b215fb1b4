import json
from types import SimpleNamespace

import numpy as np
import pytest

from abm.record import cause, event
from abm.record.event_table import events_table
from abm.record.ledger import ENTRY
from abm.record.nodules import survey
from abm.record.summary import cascade, losses, macrometastasis_cells, summarise

from .fake_model import FakeModel

DAY = 1440.0


def events(*entries):
    """Entries (clone, time, event) as a table."""
    rows = np.zeros(len(entries), ENTRY).view(np.recarray)
    for row, (clone, time, code) in zip(rows, entries, strict=True):
        row.clone, row.time_min, row.event = clone, time, code
    return events_table(rows)


def fractions(*entries, end=10 * DAY, macro=4, micro=3):
    return {name: (stage["count"], stage["of"]) for name, stage in cascade(events(*entries), end, macro, micro).items()}


def test_fates_are_counted_per_founder():
    found = fractions(
        (0, 0, event.ARRIVED), (1, 0, event.ARRIVED), (2, 0, event.ARRIVED), (3, 0, event.ARRIVED),
        (0, 0, event.PASSED),
        (1, 5, event.HELD), (1, 9, event.DETACHED), (1, 9, event.HELD), (1, 60, event.PHAGOCYTOSED),
        (2, 5, event.HELD), (2, 30, event.ADHERENT), (2, 60, event.EXTRAVASATED), (2, DAY, event.DIVIDED),
        (2, DAY + 5, event.DIED), (2, 2 * DAY, event.DIVIDED), (2, 3 * DAY, event.DIVIDED), (2, 4 * DAY, event.KILLED),
    )
    assert found == {
        "arrived": (4, 4), "passed": (1, 4), "arrested": (2, 4), "adherent": (1, 4), "alive_24h": (2, 4), "extravasated": (1, 4),
        "divided": (1, 4), "micrometastases": (1, 4), "macrometastases": (0, 4),
    }


def test_alive_at_24_h_is_by_each_cells_own_arrival():
    entries = [
        (0, 0, event.ARRIVED), (1, DAY, event.ARRIVED), (2, 9.5 * DAY, event.ARRIVED),
        (0, DAY, event.DIED), (1, 2 * DAY + 5, event.DIED),
    ]
    entries.sort(key=lambda entry: entry[1])
    assert fractions(*entries)["alive_24h"] == (1, 2)


def test_no_cells_at_all():
    found = cascade(events(), DAY, 4, 3)
    assert found["arrived"] == {"count": 0, "of": 0, "fraction": None}


def test_ways_out_add_up():
    model = FakeModel()
    for _ in range(40):
        model.step()
    ways = losses(model.ledger.totals)
    assert ways["died_by_shear"] > 0
    assert model.ledger.total(event.ARRIVED) - sum(ways.values()) == model.tumor.count


def test_the_disc_of_a_macrometastasis():
    parameters = SimpleNamespace(macrometastasis_diameter=200.0)
    assert macrometastasis_cells(parameters, 10.0) == 315


def test_the_summary_is_plain_and_the_same_again():
    def one():
        model = FakeModel()
        for _ in range(30):
            model.step()
        return summarise(model, events_table(model.ledger.entries), survey(model, 4), model.config.record)

    summary = one()
    assert json.dumps(summary) == json.dumps(one())
    assert summary["cascade"]["arrived"]["count"] == summary["events"]["arrived"]
    assert summary["cells"]["tumor"]["alive"] == sum(summary["cells"]["tumor"][state] for state in FakeModel().tumor.states)
    assert summary["cells"]["endothelium"]["alive"] == pytest.approx(35)
    assert summary["causes"]["held"]["kupffer"] == summary["events"]["held"]
    assert cause.NAMES
