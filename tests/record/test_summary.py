import json

import pytest

from abm.ledger import cause, event
from abm.record.event_table import events_table
from abm.record.fates import way_out
from abm.record.nodules import survey
from abm.record.summary import losses, summarise
from tests.worlds import FakeLiver


def test_ways_out_add_up():
    model = FakeLiver()
    for _ in range(40):
        model.step()
    ways = losses(model.ledger.totals)
    assert ways["died_by_shear"] > 0
    assert model.ledger.total(event.ARRIVED) - sum(ways.values()) == model.tumor.count
    assert {way_out(code, reason) for code in event.ENDINGS for reason in range(len(cause.NAMES))} == set(ways)


def test_the_summary_is_plain_and_the_same_again():
    def one():
        model = FakeLiver()
        for _ in range(30):
            model.step()
        return summarise(model, events_table(model.ledger.entries), survey(model, 4), model.config.record)

    summary = one()
    assert json.dumps(summary) == json.dumps(one())
    assert summary["cascade"]["arrived"]["count"] == summary["events"]["arrived"]
    ends = [stage["ends"] for stage in summary["cascade"].values()]
    assert sum(sum(ways.values()) for ways in ends) == summary["events"]["arrived"]
    assert set().union(*ends) <= {"alive", *summary["losses"]}
    assert summary["founders"]["ever_arrested"]["count"] > 0
    assert summary["cells"]["tumor"]["alive"] == sum(
        summary["cells"]["tumor"][state] for state in FakeLiver().tumor.states
    )
    assert summary["cells"]["endothelium"]["alive"] == pytest.approx(35)
    assert summary["causes"]["held"]["kupffer"] == summary["events"]["held"]
    assert cause.NAMES
