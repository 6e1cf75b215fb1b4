import numpy as np
import pyarrow.parquet as pq
import pytest

from abm.folder.files import DamagedFile
from abm.record.tables import PARTS, TableColumn, TableRecorder, read_table
from tests.worlds import FakeLiver


class Steps(TableRecorder):
    name = "steps"

    def columns(self, model):
        return (
            TableColumn("step", "i8", "", "number of the step"),
            TableColumn("time_min", "f8", "min", "time"),
            TableColumn("parity", "u1", "", "even or odd", ("even", "odd")),
        )

    def record(self, model):
        self.add({"step": model.step_number, "time_min": model.minutes, "parity": model.step_number % 2})


def recorded(recorder, model, steps):
    for step in steps:
        model.step_number = step
        recorder.record(model)


def test_parts_are_merged_with_units_and_words(tmp_path):
    model, recorder = FakeLiver(), Steps("1 h")
    recorder.begin(model, tmp_path, [])
    recorded(recorder, model, range(3))
    recorder.flush(model)
    recorded(recorder, model, range(3, 5))
    assert read_table(tmp_path, "steps")["step"].to_pylist() == [0, 1, 2]
    recorder.finish(model)
    table = pq.read_table(tmp_path / "steps.parquet")
    assert table["step"].to_pylist() == [0, 1, 2, 3, 4]
    assert table["parity"].to_pylist() == ["even", "odd", "even", "odd", "even"]
    assert table.schema.field("time_min").metadata == {b"unit": b"min", b"description": b"time"}
    assert table.schema.field("step").metadata[b"unit"] == b"1"
    assert recorder.to_dataframe().shape == (5, 3)
    assert read_table(tmp_path, "steps").equals(table)


def test_resume_discards_what_is_newer_than_the_checkpoint(tmp_path):
    model, recorder = FakeLiver(), Steps("1 h")
    recorder.begin(model, tmp_path, [])
    recorded(recorder, model, range(2))
    recorder.flush(model)
    state = recorder.state()
    recorded(recorder, model, range(2, 4))
    recorder.flush(model)
    (tmp_path / PARTS / "steps-000002.parquet.partial").write_bytes(b"half")
    again = Steps("1 h")
    again.resume(model, tmp_path, [], state)
    assert again.table()["step"].to_pylist() == [0, 1]
    assert [part.name for part in (tmp_path / PARTS).iterdir()] == ["steps-000000.parquet"]


def test_files_of_other_names_are_not_read(tmp_path):
    model, recorder = FakeLiver(), Steps("1 h")
    recorder.begin(model, tmp_path, [])
    recorded(recorder, model, range(2))
    recorder.flush(model)
    for name in ("steps-old.parquet", "steps-000000 (copy).parquet", "more-steps-000001.parquet"):
        (tmp_path / PARTS / name).write_text("mine")
    assert read_table(tmp_path, "steps")["step"].to_pylist() == [0, 1]
    again = Steps("1 h")
    again.begin(model, tmp_path, [])
    assert len(list((tmp_path / PARTS).iterdir())) == 3


def test_altered_values_are_noticed(tmp_path):
    """One bit of every byte before the description of the columns; only of the headers of pages a few go unnoticed."""
    model, recorder = FakeLiver(), Steps("1 h")
    recorder.begin(model, tmp_path, [])
    recorded(recorder, model, range(200))
    recorder.finish(model)
    path, table = tmp_path / "steps.parquet", read_table(tmp_path, "steps")
    content = path.read_bytes()
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    noticed = missed = 0
    for at in range(4, footer):
        path.write_bytes(content[:at] + bytes([content[at] ^ 1 << at % 8]) + content[at + 1 :])
        try:
            same = read_table(tmp_path, "steps").equals(table)
        except DamagedFile:
            noticed += 1
        else:
            missed += not same
    assert noticed > 0.7 * (footer - 4)
    assert missed <= 0.002 * (footer - 4)


def test_without_a_folder_rows_stay_in_memory():
    model, recorder = FakeLiver(), Steps("1 h")
    recorder.begin(model, None, [])
    recorder.flush(model)
    assert len(recorder.to_dataframe()) == 0
    recorded(recorder, model, range(3))
    recorder.flush(model)
    recorder.finish(model)
    assert list(recorder.to_dataframe().step) == [0, 1, 2]


def test_nothing_recorded_makes_an_empty_table(tmp_path):
    recorder = Steps("1 h")
    recorder.begin(FakeLiver(), tmp_path, [])
    recorder.finish(FakeLiver())
    assert pq.read_table(tmp_path / "steps.parquet").num_rows == 0


def test_a_missing_table_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no table 'events'"):
        read_table(tmp_path, "events")


def test_large_identities_survive():
    column = TableColumn("uid", "u8", "", "identity")
    assert column.array([np.array([2**64 - 1], np.uint64)]).to_pylist() == [2**64 - 1]
