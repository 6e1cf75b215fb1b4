"""What the folder of a run says, for its figures."""

import json
from pathlib import Path

import numpy as np

from ...config.recording import RecordParameters
from ...folder import manifest
from ...folder.files import DamagedFile
from ...record.tables import read_table
from ...units import Quantity


def timeseries(run_dir: Path) -> dict[str, np.ndarray]:
    """The columns of timeseries.parquet. Raises FileNotFoundError when there are none yet."""
    table = read_table(run_dir, "timeseries")
    if table.num_rows == 0:
        raise FileNotFoundError(f"the timeseries of {run_dir} is still empty")
    return {name: table[name].to_numpy() for name in table.column_names}


def settings(run_dir: Path) -> tuple[RecordParameters, float, str]:
    """What the run's manifest says of its records, the spacing of its lattice, and its name."""
    config = _config(run_dir)
    tissue = config.get("tissue", {})
    return (
        RecordParameters.model_validate(config.get("record", {})),
        _micrometers(tissue.get("site", "10 um")),
        str(config.get("name", "")),
    )


def are_edges_periodic(run_dir: Path) -> bool:
    """Whether what leaves the tissue of the run on one side comes in on the other."""
    return _config(run_dir).get("tissue", {}).get("edges", "periodic") == "periodic"


def _config(run_dir: Path) -> dict:
    """The config in the run's manifest, as plain data."""
    path = run_dir / manifest.NAME
    if not path.exists():
        raise FileNotFoundError(f"{run_dir} is not the folder of a run: it has no {manifest.NAME}")
    try:
        return dict(json.loads(path.read_text(encoding="utf-8"))["config"])
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedFile(f"{path} cannot be read ({error})") from error


def _micrometers(value) -> float:
    return Quantity("um", "a length", "10 um").parse(value)


def end_minutes(run_dir: Path, events) -> float:
    """Simulated minutes up to which the run has come."""
    try:
        return float(timeseries(run_dir)["time_min"][-1])
    except FileNotFoundError:
        return float(events["time_min"].to_numpy().max()) if len(events) else 0.0
