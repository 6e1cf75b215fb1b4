"""AnnData: opened again by anndata, with all that is known of each cell."""

import anndata
import numpy as np
import pandas as pd
import pytest

from abm.view.palette import as_hex, look_of


@pytest.fixture(scope="module")
def table(run, tmp_path_factory):
    return anndata.read_h5ad(run.export("anndata", tmp_path_factory.mktemp("anndata") / "cells.h5ad"))


def test_all_cells_of_all_days_are_there(table, run):
    assert table.n_obs == sum(len(run.cells(day=day)) for day in run.days)
    assert table.obs_names.is_unique and sorted(table.obs["day"].unique()) == list(run.days)
    last = table[table.obs["day"] == 1]
    cells = run.cells(day=1)
    assert last.obs["uid"].tolist() == cells["uid"].tolist() and last.obs["uid"].dtype == np.uint64
    assert last.obs["state"].tolist() == cells["state"].tolist() and last.obs["clone"].isna().any()
    assert set(cells.columns) <= set(table.obs.columns)
    assert last.obs["clone"].dropna().tolist() == cells["clone"].dropna().tolist()


def test_places_are_in_um_and_words_are_categories(table):
    assert np.allclose(table.obsm["spatial"], table.obs[["x_um", "y_um"]])
    assert table.uns["crlm"]["units"]["x_um"] == "um" and table.uns["crlm"]["spatial"].startswith("um")
    for name in ("population", "state", "layer"):
        assert isinstance(table.obs[name].dtype, pd.CategoricalDtype)
        assert len(table.uns.get(f"{name}_colors", table.obs[name].cat.categories)) == len(
            table.obs[name].cat.categories
        )
    colours = dict(zip(table.obs["population"].cat.categories, table.uns["population_colors"], strict=True))
    assert colours["kupffer"] == as_hex(look_of("kupffer", "resting").colour)


def test_each_cell_has_the_levels_at_its_site(table, run):
    last = table[table.obs["day"] == 1]
    assert list(table.var_names) == list(run.fields) and table.var.loc["oxygen", "units"] == "mmHg"
    oxygen = run.field("oxygen", day=1)
    for number in (0, len(last) // 2, len(last) - 1):
        x, y = last.obsm["spatial"][number]
        assert last[number, "oxygen"].X.item() == oxygen.sel(x=x, y=y).item()


def test_counts_through_time_are_there(table, run):
    counts = table.uns["timeseries"]
    assert counts["time_min"].tolist() == run.timeseries["time_min"].tolist() and "tumor" in counts


def test_chosen_days_in_memory(run):
    table = run.to_anndata(days=[0.5])
    assert table.n_obs == len(run.cells(day=0.5)) and set(table.obs["day"]) == {0.5}
    assert table.obs_names[0] == f"{table.obs['population'].iloc[0]}-{table.obs['uid'].iloc[0]}"
