"""CSV: a folder with every table of a run as text, and one that says what each column is."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from ..folder.names import TABLES
from ..kept.run import KeptRun
from ..kept.tables import moment_by_moment
from .format import Format

COLUMNS = "columns.csv"


def _write(run: KeptRun, path: Path, days: Sequence[float] | None) -> None:
    path.mkdir()
    chosen = tuple(run.days if days is None else days)
    tables = {name: getattr(run, name) for name in run.tables}
    tables["cells"] = moment_by_moment([run.cells(day=day) for day in chosen])
    sites = [_sites(run, day) for day in (run.days[-1:] if days is None else chosen)]
    tables["sites"] = pd.concat(sites, ignore_index=True)
    tables["sites"].attrs = sites[0].attrs
    said = [
        {
            "table": name,
            "column": column,
            "unit": table.attrs["units"][column],
            "meaning": table.attrs["long_name"][column],
        }
        for name, table in tables.items()
        for column in table
    ]
    for name, table in tables.items():
        table.to_csv(path / f"{name}.csv", index=False)
    pd.DataFrame(said).to_csv(path / COLUMNS, index=False)


def _sites(run: KeptRun, day: float) -> pd.DataFrame:
    """A row for each site: its place, the meaning of its codes, its levels."""
    layers = {name: run.layer(name, day) for name in run.layers}
    fields = {name: run.field(name, day) for name in run.fields}
    any_of = next(iter(layers.values()))
    y, x = (any_of[name].broadcast_like(any_of).to_numpy().ravel() for name in ("y", "x"))
    columns = {"day": float(any_of["day"]), "x_um": x, "y_um": y}
    for name, layer in layers.items():
        meanings = dict(zip(layer.attrs["flag_values"].tolist(), layer.attrs["flag_meanings"].split(" "), strict=True))
        columns[name] = [meanings[code] for code in layer.to_numpy().ravel().tolist()]
    columns |= {name: field.to_numpy().ravel() for name, field in fields.items()}
    sites = pd.DataFrame(columns)
    about = {name: array.attrs for name, array in (layers | fields).items()}
    sites.attrs = {
        "units": {"day": "d", "x_um": "um", "y_um": "um"}
        | {name: each.get("units", "1") for name, each in about.items()},
        "long_name": {"day": "simulated time", "x_um": "x of the site", "y_um": "y of the site"}
        | {name: each.get("long_name", name) for name, each in about.items()},
    }
    return sites


CSV = Format(
    "csv",
    ".csv.d",
    "every table as text: cells of all snapshots, sites of the last one, events, nodules, counts",
    _write,
    files=rf"({'|'.join(('cells', 'sites', 'columns', *TABLES))})\.csv",
)
