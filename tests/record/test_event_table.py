from abm.ledger import cause, event
from abm.record.event_table import Events, events_table
from tests.worlds import FakeLiver, put


def test_the_ledger_is_drained_into_the_table(tmp_path):
    model, recorder = FakeLiver(), Events()
    recorder.begin(model, tmp_path, [])
    for _ in range(4):
        model.step()
    expected = events_table(model.ledger.entries)
    totals = model.ledger.totals.copy()
    recorder.record(model)
    assert model.ledger.entries.size == 0
    assert (model.ledger.totals == totals).all()
    recorder.finish(model)
    assert recorder.table().equals(expected)
    assert recorder.table().column_names == ["time_min", "event", "cause", "uid", "clone", "row", "column", "zone"]


def test_without_a_folder_the_ledger_keeps_them():
    model, recorder = FakeLiver(), Events()
    recorder.begin(model, None, [])
    model.step()
    recorder.record(model)
    recorder.flush(model)
    assert model.ledger.entries.size > 0


def test_words_instead_of_codes():
    model = FakeLiver()
    model.enter(event.PHAGOCYTOSED, cause.KUPFFER, put(model, "tumor", 1, 2, clone=5, uid=2**64 - 1))
    row = events_table(model.ledger.entries).to_pylist()[0]
    assert (row["event"], row["cause"], row["uid"], row["clone"], row["column"]) == (
        "phagocytosed",
        "kupffer",
        2**64 - 1,
        5,
        2,
    )
