"""Tables of cells as AnnData: where they stand, what is known of each, and the levels that it feels.

`X` holds the levels of all fields at the site of each cell, `var` says what they are. `obs` has population, state, day and
every column that is kept of cells; `obsm["spatial"]` is in um, from the left and from below. `uns["timeseries"]` is the
table of all counts through time, `uns["crlm"]` says what the run was; the colours are where scanpy looks for them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..kept.run import KeptRun
from ..kept.tables import moment_by_moment
from .colours import Looks
from .format import Format, needed_for


def anndata_of(run: KeptRun, days: Sequence[float] | None = None) -> Any:
    """The cells of a run at the snapshots of `days` (None: all) as an `anndata.AnnData`. Raises ValueError for a day without
    snapshot, NotInstalled without anndata."""
    with needed_for("AnnData"):
        import anndata

    tables = [run.cells(day=day) for day in (run.days if days is None else days)]
    obs = moment_by_moment(tables)
    about = dict(obs.attrs)
    obs.index = pd.Index(names_of(obs), dtype=object)
    table = anndata.AnnData(
        np.concatenate([levels_felt(run, cells) for cells in tables]),
        obs=obs,
        var=fields_of(run, run.days[0]),
        obsm={"spatial": obs[["x_um", "y_um"]].to_numpy(np.float64)},
    )
    table.uns["crlm"] = {
        "title": run.title,
        "seed": run.seed,
        "version": run.manifest["versions"]["crlm"],
        "site_um": run.recording.spacing_um,
        **about,
        "spatial": "um, x from the left, y from below",
    }
    looks, categories = Looks(run), {name: obs[name].cat.categories for name in ("population", "state")}
    table.uns["population_colors"] = np.array([looks.colour_of_population(name) for name in categories["population"]])
    table.uns["state_colors"] = np.array([looks.colour_of_state(name) for name in categories["state"]])
    table.uns["timeseries"] = pd.DataFrame(run.timeseries)
    return table


def levels_felt(run: KeptRun, cells: pd.DataFrame) -> np.ndarray:
    """The levels of all fields at the sites of the cells: float32 [cells, fields]."""
    frame = run.frame(cells.attrs["day"])
    spacing, rows = run.recording.spacing_um, run.recording.site_kind.shape[0]
    row = rows - 1 - np.rint(cells["y_um"].to_numpy() / spacing).astype(np.int64)
    column = np.rint(cells["x_um"].to_numpy() / spacing).astype(np.int64)
    return np.stack([run.recording.lattice(name, frame)[row, column] for name in run.fields], axis=1)


def fields_of(run: KeptRun, day: float) -> pd.DataFrame:
    """What each field is called and in which unit it is; its name is the index."""
    about = [run.field(name, day).attrs for name in run.fields]
    return pd.DataFrame(
        {
            "long_name": [each.get("long_name", name) for name, each in zip(run.fields, about, strict=True)],
            "units": [each.get("units", "1") for each in about],
        },
        index=pd.Index(run.fields, dtype=object),
    )


def names_of(cells: pd.DataFrame) -> list[str]:
    """A name for each row: who it is and, where there are several days, when."""
    several = cells["day"].nunique() > 1
    return [
        f"{population}-{uid}" + (f"@{day:.6g}" if several else "")
        for population, uid, day in zip(cells["population"], cells["uid"], cells["day"], strict=True)
    ]


def _write(run: KeptRun, path: Path, days: Sequence[float] | None) -> None:
    anndata_of(run, days).write_h5ad(path)


ANNDATA = Format("anndata", ".h5ad", "cells of all snapshots, for scanpy and squidpy", _write)
