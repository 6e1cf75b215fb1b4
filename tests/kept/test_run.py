"""What was kept of a run comes back as it was, and says what it means."""

import json

import numpy as np
import pandas as pd
import pytest

from abm.kept.run import KeptRun

from .conftest import TITLE


@pytest.fixture(scope="module")
def run(folder):
    return KeptRun(folder)


def test_it_says_what_it_is(run, simulation):
    assert (run.title, run.seed, run.is_complete) == (TITLE, 1, True)
    assert run.days == (0, 0.25, 0.5, 0.75, 1)
    assert run.populations[0] == "tumor" and set(run.populations) == {
        name for name, each in simulation.model.populations.items() if not each.species.is_wall
    }
    assert {"tnf", "ecm", "e_selectin"} <= set(run.fields) and {"lumen", "zone", "site_kind"} <= set(run.layers)
    assert run.config.model_dump() == simulation.model.config.model_dump()
    assert run.summary["title"] == TITLE


@pytest.mark.parametrize("population", ["tumor", "kupffer"])
def test_cells_are_those_of_the_model(run, simulation, population):
    model = simulation.model
    cells, rows = run.cells(population, day=1), model.populations[population].alive_rows()
    assert len(cells) == len(rows) > 3
    assert cells["uid"].tolist() == rows.uid.tolist()
    states = model.populations[population].states
    assert cells["state"].tolist() == [states[state] for state in rows.state]
    assert list(cells["state"].cat.categories) == list(states)
    assert np.allclose(cells["x_um"], rows.column * 10.0)
    assert np.allclose(cells["y_um"], (model.shape[0] - 1 - rows.row) * 10.0)
    assert cells.attrs["units"]["x_um"] == "um" and cells.attrs["day"] == 1
    assert set(cells.attrs["units"]) == set(cells.attrs["long_name"]) == set(cells.columns)


def test_without_a_day_it_is_the_last_one(run):
    assert run.cells("tumor").equals(run.cells("tumor", day=1)) and not run.cells("tumor").equals(
        run.cells("tumor", 0.5)
    )
    assert float(run.field("tnf")["day"]) == 1


def test_all_cells_are_in_one_table_with_what_each_kind_has(run):
    cells, tumor = run.cells(day=1), run.cells("tumor", day=1)
    assert len(cells) == sum(len(run.cells(name, day=1)) for name in run.populations)
    mine = cells[cells["population"] == "tumor"]
    assert mine["uid"].tolist() == tumor["uid"].tolist() and mine["state"].tolist() == tumor["state"].tolist()
    assert mine["clone"].tolist() == tumor["clone"].tolist() and mine["emt"].tolist() == tumor["emt"].tolist()
    others = cells[cells["population"] == "kupffer"]
    assert others["clone"].isna().all() and others["emt"].isna().all() and len(others)
    assert cells["uid"].dtype == np.uint64 and cells["clone"].dtype == pd.Int32Dtype()
    assert cells.attrs["units"]["population"] == "1" and cells.attrs["units"]["arrived_h"] == "h"


def test_fields_have_their_unit_and_stand_the_right_way_up(run, simulation):
    model = simulation.model
    tnf = run.field("tnf", day=1)
    assert np.allclose(tnf, model.fields["tnf"].values, atol=1e-3)
    assert tnf.attrs["long_name"] == "tnf (× half-maximal effect)" and run.field("oxygen").attrs["units"] == "mmHg"
    assert tnf["y"].attrs["units"] == tnf["x"].attrs["units"] == "um"
    assert tnf["y"].values[0] == 390 and tnf["y"].values[-1] == 0 == tnf["x"].values[0]
    highest = np.unravel_index(np.argmax(model.fields["oxygen"].values), model.shape)
    place = run.field("oxygen").stack(site=("y", "x")).idxmax().item()
    assert place == ((model.shape[0] - 1 - highest[0]) * 10, highest[1] * 10)


def test_layers_say_what_their_codes_mean(run, simulation):
    kind = run.layer("site_kind")
    meanings = dict(zip(kind.attrs["flag_values"].tolist(), kind.attrs["flag_meanings"].split(), strict=True))
    assert meanings == {0: "portal_tract", 1: "sinusoid", 2: "parenchyma", 3: "central_vein"}
    assert (kind.to_numpy() == simulation.model.anatomy.kind).all() and kind.attrs["flag_values"].dtype == kind.dtype
    lumen = run.layer("lumen", day=1)
    codes = dict(zip(lumen.attrs["flag_meanings"].split(), lumen.attrs["flag_values"].tolist(), strict=True))
    cells = run.cells("kupffer", day=1)
    resting = cells[(cells["state"] == "resting") & (cells["layer"] == "lumen")]
    assert (
        len(resting)
        and (lumen.sel(x=resting["x_um"].to_xarray(), y=resting["y_um"].to_xarray()) == codes["kupffer_resting"]).all()
    )


def test_tables_say_what_their_columns_are(run):
    assert run.timeseries.attrs["units"]["time_min"] == "min" and run.flows["population"].nunique() > 3
    assert "arrived" in run.events["event"].unique() and run.nodules.attrs["long_name"]["cells"]
    assert set(run.events.attrs["units"]) == set(run.events.columns)


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda run: run.cells("tumour"), "there is no population 'tumour'; did you mean 'tumor'?"),
        (lambda run: run.field("glucose"), "there is no field 'glucose'; there is .*oxygen"),
        (lambda run: run.layer("tnf"), "there is no layer 'tnf'; there is hepatocyte, "),
        (
            lambda run: run.cells("tumor", day=3),
            "no snapshot at day 3; there are 0, 0.25, 0.5, 0.75, 1; the nearest is 1",
        ),
        (lambda run: run.field("tnf", day=0.3), "no snapshot at day 0.3; .* the nearest is 0.25"),
    ],
)
def test_what_is_not_there_is_said_with_what_is(run, ask, told):
    with pytest.raises(ValueError, match=told):
        ask(run)


def test_of_many_days_some_are_named(run, monkeypatch):
    monkeypatch.setattr(KeptRun, "days", tuple(range(100)))
    with pytest.raises(ValueError, match=r"there are 0, 1, 2, 3, \.\.\., 99; the nearest"):
        run.frame(7.5)


def test_of_a_run_that_goes_on_cells_that_are_not_written_are_not_taken_for_none(folder, tmp_path):
    import shutil

    import zarr

    shutil.copytree(folder, tmp_path / "run")
    zarr.open_group(tmp_path / "run" / "snapshots.zarr")["cells/kupffer/count"][3:] = 0
    assert len(KeptRun(tmp_path / "run").cells("kupffer", day=1)) == 0
    about = json.loads((tmp_path / "run" / "manifest.json").read_text()) | {"status": "running"}
    (tmp_path / "run" / "manifest.json").write_text(json.dumps(about))
    run = KeptRun(tmp_path / "run")
    assert len(run.cells("kupffer", day=0.5)) and len(run.cells("tumor", day=1)) and run.cells("cd8", day=1).empty
    with pytest.raises(ValueError, match=r"kupffer cells of day 1 are not written yet, only those up to day 0.5"):
        run.cells("kupffer", day=1)


def test_what_is_no_run_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"not the folder of a run: it has no manifest.json"):
        KeptRun(tmp_path)
    (tmp_path / "batch.json").write_text("{}")
    with pytest.raises(FileNotFoundError, match=r"that of a batch \(abm.open_batch\)"):
        KeptRun(tmp_path)


def test_a_run_without_snapshots_still_has_its_tables(folder, tmp_path):
    for name in ("manifest.json", "timeseries.parquet"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    run = KeptRun(tmp_path)
    assert not run.has_snapshots and len(run.timeseries) > 10
    with pytest.raises(FileNotFoundError, match=r"no snapshots.zarr"):
        run.cells("tumor")
    manifest = json.loads((tmp_path / "manifest.json").read_text()) | {"status": "running"}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    assert not KeptRun(tmp_path).is_complete
