import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray
import zarr

from abm.cells import KupfferCell
from abm.cells.species import Shown
from abm.config.schema import SHIPPED
from abm.folder import chunks
from abm.folder.files import DamagedFile
from abm.record import snapshots
from abm.record.snapshots import NAME, Snapshots
from tests.worlds import FakeLiver


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
    model, recorder = FakeLiver(), Snapshots("10 min")
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
    assert lattices.oxygen.attrs["units"] == "mmHg"
    assert (lattices.tnf.attrs["units"], lattices.tnf.attrs["long_name"]) == ("1", "tnf (× half-maximal effect)")
    assert (lattices.hepatocyte.values[0] == (lattices.site_kind.values == 2)).all()
    assert lattices.e_selectin.values[1].any()
    assert lattices.lumen.values[5].any()
    cells = opened(tmp_path, "cells/tumor")
    assert cells["count"].values.tolist() == [table.size for table in tables]
    assert cells.uid.values.tolist() == np.concatenate(tables)["uid"].tolist()
    assert "alive" not in cells


def test_the_usual_readers_find_every_cell_at_its_place_and_what_codes_mean(tmp_path):
    """With lattices that carry rows and columns of their own, and a tree that hands these down to the cells."""
    model, recorder = FakeLiver(), Snapshots("10 min")
    recorder.begin(model, tmp_path, list(range(4)))
    recorded(recorder, model, 4)
    recorder.finish(model)
    tree = xarray.open_datatree(tmp_path / NAME, engine="zarr", consolidated=False)
    cells = tree["cells/tumor"].to_dataset()
    assert not {"x_um", "y_um"} & set(cells.coords) and not {"row", "column"} & set(cells.data_vars)
    last = cells.isel(tumor_cell=slice(-int(cells["count"][-1]), None))
    assert last["x_um"].size > 3 and {last["x_um"].dtype, last["y_um"].dtype} == {np.dtype("f4")}
    codes = tree["lumen"].isel(time=-1), tree["tissue"].isel(time=-1)
    meaning = dict(zip(codes[0].attrs["flag_values"], codes[0].attrs["flag_meanings"].split(), strict=True))
    states = last["state"].attrs["flag_meanings"].split()
    for x, y, layer, state in zip(last["x_um"], last["y_um"], last["layer"], last["state"], strict=True):
        code = codes[int(layer)].sel(row=float(y), column=float(x))
        assert meaning[int(code)] == f"tumor_{states[int(state)]}"
    kinds = dict(
        zip(tree["site_kind"].attrs["flag_values"], tree["site_kind"].attrs["flag_meanings"].split(), strict=True)
    )
    assert kinds[2] == "parenchyma" and last["state"].attrs["flag_values"] == list(range(len(states)))


def test_plots_stand_as_the_movie_does(tmp_path):
    """The first row of a lattice is the uppermost: its coordinate is the largest, and axes point upwards."""
    model, recorder = FakeLiver(), Snapshots("10 min")
    recorder.begin(model, tmp_path, [0])
    recorded(recorder, model, 1)
    recorder.finish(model)
    lattices = opened(tmp_path)
    assert lattices.row.values.tolist() == [10.0 * k for k in range(model.shape[0] - 1, -1, -1)]
    assert lattices.column.values.tolist() == [10.0 * k for k in range(model.shape[1])]
    mesh = lattices.tnf.isel(time=0).plot()
    low, high = mesh.axes.get_ylim()
    assert low < high and mesh.axes.get_ylabel().split() == ["height", "above", "the", "lowest", "row", "[um]"]
    plt.close("all")


def test_frames_to_come_have_no_time(tmp_path):
    model, recorder = FakeLiver(), Snapshots("10 min")
    recorder.begin(model, tmp_path, list(range(9)))
    recorded(recorder, model, 5)
    recorder.flush(model)
    assert np.isfinite(opened(tmp_path).time.values).tolist() == [True] * 5 + [False] * 4


@pytest.mark.parametrize("kept", [0, 3, 4, 6])
def test_resume_goes_on_from_the_checkpoint_whatever_came_after(tmp_path, kept):
    """Frames 0..kept are in the checkpoint; then the run goes on, writes more chunks, and is killed."""

    def whole(folder):
        model, recorder = FakeLiver(), Snapshots("10 min")
        recorder.begin(model, folder, list(range(11)))
        recorded(recorder, model, 11)
        recorder.finish(model)

    for name in ("whole", "cut"):
        (tmp_path / name).mkdir()
    whole(tmp_path / "whole")
    model, recorder = FakeLiver(), Snapshots("10 min")
    recorder.begin(model, tmp_path / "cut", list(range(11)))
    recorded(recorder, model, kept)
    recorder.flush(model)
    state = {name: np.copy(array) for name, array in recorder.state().items()}
    at = {name: np.copy(array) for name, array in model.state_arrays().items()}
    model.blood.levels["g_csf"] = 5
    recorded(recorder, model, 4)
    recorder.flush(model)
    for name in (
        "tnf/zarr.0123456789abcdef0123456789abcdef.partial",
        "tnf/c/0/0/0.0123456789abcdef0123456789abcdef.partial",
    ):
        (tmp_path / "cut" / NAME / name).write_text("half")

    model, recorder = FakeLiver(), Snapshots("10 min")
    model.load_state(at)
    recorder.resume(model, tmp_path / "cut", list(range(11)), state)
    recorded(recorder, model, 11 - kept)
    recorder.finish(model)
    assert contents(tmp_path / "cut") == contents(tmp_path / "whole")


def contents(folder):
    """Every file by its name: of each array the same chunks must be there, whether anything is in them or not."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def one_bit(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def half(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def chunk_files(store):
    """The files of all chunks by array and number along the first axis."""
    return {
        (
            str(path.relative_to(store)).split("/c/")[0],
            int(str(path.relative_to(store)).split("/c/")[1].split("/")[0]),
        ): path
        for path in store.rglob("c/**/*")
        if path.is_file()
    }


MOVING = [species.name for species in SHIPPED.species if not species.is_wall]
SPOILT = {"row", "site_kind", "time", "tnf", "lumen", "cells/tumor/count", "cells/tumor/uid", "cells/tumor/y_um"}
"""Of every kind of array one or two."""


def test_a_chunk_that_is_lost_or_spoilt_is_named_exactly_when_the_checkpoint_needs_it(tmp_path):
    """6 frames in chunks of 4: the second chunk is in the checkpoint too, and written again from it."""
    model, recorder = FakeLiver(), Snapshots("10 min")
    recorder.begin(model, tmp_path, list(range(11)))
    recorded(recorder, model, 6)
    recorder.flush(model)
    state = {name: np.copy(array) for name, array in recorder.state().items()}
    at = {name: np.copy(array) for name, array in model.state_arrays().items()}
    recorded(recorder, model, 4)
    recorder.flush(model)
    store, needed = tmp_path / NAME, set()
    Snapshots("10 min").check(tmp_path, state)
    files = {key: path for key, path in chunk_files(store).items() if key[0] in SPOILT}
    assert {name for name, _ in files} == SPOILT
    for k, ((name, number), path) in enumerate(files.items()):
        content = path.read_bytes()
        (one_bit, half, type(path).unlink)[k % 3](path)
        try:
            Snapshots("10 min").check(tmp_path, state)
        except DamagedFile as error:
            assert str(path) in str(error)
            needed.add((name, number))
        path.write_bytes(content)
    whole_cells = {name: int(state[f"{name}/first"]) // 16 for name in MOVING}
    assert whole_cells["tumor"] > 0
    for name, number in files:
        if name in ("row", "site_kind"):
            assert (name, number) in needed
        elif name == "time" or name.endswith("/count"):
            assert (name, number) not in needed
        elif name.startswith("cells/"):
            assert ((name, number) in needed) == (number < whole_cells[name.split("/")[1]])
        else:
            assert ((name, number) in needed) == (number == 0)

    for key in files.keys() - needed:
        half(files[key])
    again, model = Snapshots("10 min"), FakeLiver()
    model.load_state(at)
    again.resume(model, tmp_path, list(range(11)), state)
    recorded(again, model, 5)
    again.finish(model)
    assert np.isfinite(opened(tmp_path).load().time.values).all()
    assert opened(tmp_path, "cells/tumor").load()["count"].values[-1] > 0


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [("tnf", '"float16"', '"uint16"'), ("tnf", "20", "10"), ("cells/tumor/uid", '"uint64"', '"uint32"')],
)
def test_metadata_that_do_not_fit_the_checkpoint_are_named(tmp_path, name, old, new):
    model, recorder = FakeLiver(), Snapshots("10 min")
    recorder.begin(model, tmp_path, list(range(6)))
    recorded(recorder, model, 6)
    recorder.flush(model)
    path = tmp_path / NAME / name / "zarr.json"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(DamagedFile, match=f"{name}/zarr.json is not what was written"):
        Snapshots("10 min").check(tmp_path, recorder.state())


def test_stores_of_earlier_versions_are_read_without_the_chunks_that_hold_nothing(tmp_path):
    array = zarr.create_array(tmp_path / "old", shape=(4, 3), chunks=(2, 3), dtype="u1", fill_value=0)
    array[:2] = 7
    assert not chunks.is_kept_whole(array)
    assert chunks.read(tmp_path / "old", array, 0, 4).tolist() == [[7] * 3] * 2 + [[0] * 3] * 2


def test_a_run_that_stops_early_has_no_empty_frames(tmp_path):
    model, recorder = FakeLiver(), Snapshots("10 min")
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
    model, recorder = FakeLiver(), Snapshots("10 min")
    recorder.begin(model, tmp_path, [0])
    model.fields["tnf"].values[0, 0] = 1e9
    recorded(recorder, model, 1)
    recorder.finish(model)
    assert np.isfinite(opened(tmp_path).tnf.values).all()


def test_a_folder_is_needed():
    with pytest.raises(ValueError, match="run folder"):
        Snapshots().begin(FakeLiver(), None, [0])


def test_every_moving_population_layer_field_and_column_is_kept_and_explained(tmp_path):
    model, recorder = FakeLiver(), Snapshots("10 min")
    recorder.begin(model, tmp_path, [0])
    recorded(recorder, model, 1)
    recorder.finish(model)
    tree = xarray.open_datatree(tmp_path / NAME, engine="zarr", consolidated=False)
    assert set(tree["cells"].children) == set(MOVING)
    assert SHIPPED.words().keys() <= set(tree.data_vars)
    for name, words in SHIPPED.words().items():
        assert tree[name].attrs["words"] == words and tree[name].attrs["long_name"] and tree[name].attrs["units"]
    for species in SHIPPED.species:
        if species.is_wall:
            continue
        table = tree[f"cells/{species.name}"].to_dataset()
        for column in species.columns:
            about = table[column.name].attrs
            assert (about["long_name"], about.get("units", "")) == (column.meaning, column.unit)
            assert about.get("valid_range") == (list(column.within) if column.within else None)
    shown = {entry["name"]: entry for entry in tree.attrs["cast"]}
    assert list(shown) == MOVING
    assert Shown.from_plain(shown["kupffer"]) == KupfferCell.species.shown


def test_tables_of_a_run_that_goes_on_end_with_a_whole_chunk(tmp_path, monkeypatch):
    monkeypatch.setattr(snapshots, "_CHUNK_CELLS", 4)
    model, recorder = FakeLiver(), Snapshots("10 min")
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
