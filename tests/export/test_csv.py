"""CSV: every table as text."""

import numpy as np
import pandas as pd
import pytest


@pytest.fixture(scope="module")
def tables(run, tmp_path_factory):
    return run.export("csv", tmp_path_factory.mktemp("csv") / "tables")


def test_tables_come_back(tables, run):
    events = pd.read_csv(tables / "events.csv")
    assert (
        events["event"].tolist() == run.events["event"].astype(str).tolist()
        and events["uid"].tolist() == run.events["uid"].tolist()
    )
    cells = pd.read_csv(tables / "cells.csv", dtype={"clone": "Int32"})
    assert len(cells) == sum(len(run.cells(day=day)) for day in run.days)
    last, mine = cells[cells["day"] == 1], run.cells(day=1)
    assert (
        last["uid"].tolist() == mine["uid"].tolist()
        and last["clone"].dropna().tolist() == mine["clone"].dropna().tolist()
    )


def test_sites_of_the_last_day_say_what_they_are(tables, run):
    sites = pd.read_csv(tables / "sites.csv")
    assert len(sites) == run.recording.site_kind.size and set(sites["day"]) == {1}
    assert np.allclose(sites["oxygen"], run.field("oxygen").to_numpy().ravel())
    assert set(sites["zone"]) <= {"none", "periportal", "midzonal", "pericentral"}
    kind = run.layer("site_kind").sel(x=sites["x_um"][17], y=sites["y_um"][17])
    assert sites["site_kind"][17] == kind.attrs["flag_meanings"].split()[int(kind)]


def test_every_column_is_explained(tables):
    said = pd.read_csv(tables / "columns.csv")
    for name in ("cells", "sites", "events", "nodules", "timeseries", "flows"):
        columns = list(pd.read_csv(tables / f"{name}.csv", nrows=1).columns)
        assert said[said["table"] == name]["column"].tolist() == columns
    assert said["meaning"].notna().all() and set(said[said["column"] == "x_um"]["unit"]) == {"um"}
