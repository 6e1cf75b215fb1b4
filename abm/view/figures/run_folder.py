"""What the folder of a run says, for its figures."""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
from pydantic import TypeAdapter

from ...config.recording import RecordParameters
from ...config.schema import SHIPPED
from ...folder import manifest
from ...folder.files import DamagedFile
from ...record.tables import read_table
from ...tissue.parameters import TissueParameters
from ...units import Moment, Quantity

_MOMENT = TypeAdapter(Moment)


class Done(NamedTuple):
    """What the experimenter did: in words, and from when until when (hours); None: it has no end of its own."""

    words: str
    start: float
    stop: float | None


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


def area_mm2(run_dir: Path) -> float:
    """The area of the tissue of the run."""
    tissue = TissueParameters.model_validate(_config(run_dir).get("tissue", {}))
    rows, columns = tissue.shape
    return rows * columns * (tissue.site / 1000.0) ** 2


def interventions(run_dir: Path) -> list[Done]:
    """The interventions of the run that begin at some time, in the order of these times; what holds from the beginning, as a
    knock-out, is none of them."""
    agents = {
        (kind.kind, name): target.agent
        for kind in SHIPPED.interventions
        for name, target in kind.for_registry(SHIPPED).targets.items()
    }
    done = []
    for entry in _config(run_dir).get("interventions", []):
        if "start" in entry:
            kind, target = next(iter(entry.items()))
            words = agents.get((kind, target), f"{kind} {target}".replace("_", " ")).partition(",")[0]
            stop = entry.get("stop")
            done.append(
                Done(
                    words,
                    _MOMENT.validate_python(entry["start"]),
                    None if stop is None else _MOMENT.validate_python(stop),
                )
            )
    return sorted(done, key=lambda each: each.start)


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
