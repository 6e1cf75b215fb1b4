import numpy as np
import pytest
import xarray
import zarr

from abm.record import snapshots
from abm.record.snapshots import NAME, TABLES, Snapshots

from .fake_model import FakeModel


def recorded(recorder, model, frames):
    for _ in range(frames):
        recorder.record(model)
        model.step()


def opened(folder, group=None):
    return xarray.open_zarr(folder / NAME, consolidated=False, group=group)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(snapshots, "_CHUNK_FRAMES", 4)
    monkeypatch.setattr(snapshots, "_CHUNK_CELLS", 16)


def test_xarray_reads_lattices_and_tables(tmp_path):
    model, recorder = FakeModel(), Snapshots("10 min")
    recorder.begin(model, tmp_path, list(range(6)))
    tables = []
    for _ in range(6):
        tables.append(model.tumor.alive_rows())
        recorded(recorder, model, 1)
    recorder.finish(model)
    lattices = opened(tmp_path)
    assert lattices.time.values.tolist() == [0, 10, 20, 30, 40, 50]
    assert lattices.column.values[-1] == 290.0
    assert lattices.attrs["spacing_um"] == 10.0
    assert lattices.attrs["populations"]["kupffer"][0] == "resting"
    assert lattices.tnf.dims == ("time", "row", "column")
    assert lattices.tnf.dtype == np.float16
    assert lattices.oxygen.attrs["unit"] == "mmHg"
    assert (lattices.hepatocyte.values[0] == (lattices.site_kind.values == 2)).all()
    assert lattices.e_selectin.values[1].any()
    assert lattices.lumen.values[5].any()
    cells = opened(tmp_path, "cells/tumor")
    assert cells["count"].values.tolist() == [table.size for table in tables]
    assert cells.uid.values.tolist() == np.concatenate(tables)["uid"].tolist()
    assert "alive" not in cells


def test_frames_to_come_have_no_time(tmp_path):
    model, recorder = FakeModel(), Snapshots("10 min")
    recorder.begin(model, tmp_path, list(range(9)))
    recorded(recorder, model, 5)
    recorder.flush(model)
    assert np.isfinite(opened(tmp_path).time.values).tolist() == [True] * 5 + [False] * 4


@pytest.mark.parametrize("kept", [0, 3, 4, 6])
def test_resume_goes_on_from_the_checkpoint_whatever_came_after(tmp_path, kept):
    """Frames 0..kept are in the checkpoint; then the run goes on, writes more chunks, and is killed."""
    def whole(folder):
        model, recorder = FakeModel(), Snapshots("10 min")
        recorder.begin(model, folder, list(range(11)))
        recorded(recorder, model, 11)
        recorder.finish(model)

    for name in ("whole", "cut"):
        (tmp_path / name).mkdir()
    whole(tmp_path / "whole")
    model, recorder = FakeModel(), Snapshots("10 min")
    recorder.begin(model, tmp_path / "cut", list(range(11)))
    recorded(recorder, model, kept)
    recorder.flush(model)
    state = {name: np.copy(array) for name, array in recorder.state().items()}
    at = {name: np.copy(array) for name, array in model.state_arrays().items()}
    model.blood.levels["g_csf"] = 5
    recorded(recorder, model, 4)
    recorder.flush(model)
    (tmp_path / "cut" / NAME / "tnf" / "zarr.json.abc.partial").write_text("half")

    model, recorder = FakeModel(), Snapshots("10 min")
    model.load_state(at)
    recorder.resume(model, tmp_path / "cut", list(range(11)), state)
    recorded(recorder, model, 11 - kept)
    recorder.finish(model)
    one, other = (zarr.open_group(tmp_path / name / NAME, mode="r") for name in ("whole", "cut"))
    members = dict(one.members(max_depth=None))
    for path, array in other.members(max_depth=None):
        if isinstance(array, zarr.Array):
            assert array[...].tobytes() == members[path][...].tobytes(), path
    assert not list((tmp_path / "cut" / NAME).rglob("*.partial"))


def test_a_run_that_stops_early_has_no_empty_frames(tmp_path):
    model, recorder = FakeModel(), Snapshots("10 min")
    recorder.begin(model, tmp_path, list(range(20)))
    recorded(recorder, model, 6)
    recorder.finish(model)
    assert opened(tmp_path).sizes["time"] == 6
    assert opened(tmp_path, "cells/kupffer").sizes["time"] == 6
    again = Snapshots("10 min")
    again.resume(model, tmp_path, list(range(20)), recorder.state())
    recorded(again, model, 1)
    again.finish(model)
    assert opened(tmp_path).sizes["time"] == 7


def test_levels_beyond_the_format_are_cut_off(tmp_path):
    model, recorder = FakeModel(), Snapshots("10 min")
    recorder.begin(model, tmp_path, [0])
    model.fields["tnf"].values[0, 0] = 1e9
    recorded(recorder, model, 1)
    recorder.finish(model)
    assert np.isfinite(opened(tmp_path).tnf.values).all()


def test_a_folder_is_needed():
    with pytest.raises(ValueError, match="run folder"):
        Snapshots().begin(FakeModel(), None, [0])


def test_all_moving_populations_are_kept():
    assert set(TABLES) == set(FakeModel().populations) - {"endothelium"}


def test_tables_of_a_run_that_goes_on_end_with_a_whole_chunk(tmp_path, monkeypatch):
    monkeypatch.setattr(snapshots, "_CHUNK_CELLS", 4)
    model, recorder = FakeModel(), Snapshots("10 min")
    recorder.begin(model, tmp_path, list(range(9)))
    sizes = []
    for _ in range(5):
        sizes.append(model.tumor.count)
        recorded(recorder, model, 1)
    recorder.flush(model)
    cells = opened(tmp_path, "cells/tumor")
    assert 0 < cells.uid.size == sum(sizes) // 4 * 4 < sum(sizes)
    shown = np.flatnonzero(np.cumsum(sizes) <= cells.uid.size).size
    assert cells["count"].values.tolist() == sizes[:shown] + [0] * (9 - shown)
