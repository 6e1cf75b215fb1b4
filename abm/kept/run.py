"""The folder of a run, read back: cells, fields, layers and tables, with their units and meanings.

Places are in um from the left and, as pictures and plots stand, from below. Nothing is read before it is asked for.
"""

import json
from collections.abc import Collection
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..config.errors import choice, did_you_mean
from ..folder import manifest
from ..folder.files import DamagedFile
from ..folder.names import BATCH, SUMMARY
from ..record.tables import kept_tables, read_table
from ..view.recording import Recording
from .tables import described, end_to_end

if TYPE_CHECKING:
    import xarray as xr

    from ..config.schema import Config

_MINUTES_OF_DAY = 1440.0
_SAME_MOMENT = 0.5  # minutes by which the day that is asked for may differ from that of a snapshot
_SHOWN_DAYS = 4  # days that a message names before it leaves some out


class KeptRun:
    """What a run left in its folder.

    folder : the run's folder
    manifest : what was run, with what, where and how long
    """

    def __init__(self, folder: Path | str):
        """Raises FileNotFoundError when it is not the folder of a run."""
        self.folder = Path(folder)
        if not (self.folder / manifest.NAME).is_file():
            is_batch = (self.folder / BATCH).exists()
            raise FileNotFoundError(
                f"{self.folder} is not the folder of a run: "
                + ("it is that of a batch (abm.open_batch)" if is_batch else f"it has no {manifest.NAME}")
            )
        self.manifest = _json(self.folder / manifest.NAME)

    # --- the whole run --------------------------------------------------------------------------------------------

    @property
    def title(self) -> str:
        return str(self.manifest["config"]["name"])

    @property
    def seed(self) -> int:
        return int(self.manifest["seed"])

    @property
    def is_complete(self) -> bool:
        """Whether the run has ended; of one that has not, what its last checkpoint has is seen."""
        return self.manifest["status"] == manifest.COMPLETE

    @cached_property
    def config(self) -> "Config":
        """The config of the run, everything filled in. Raises ConfigError when this version cannot read it."""
        from ..config.loading import load_config

        return load_config(self.folder / manifest.CONFIG)

    @cached_property
    def summary(self) -> dict[str, Any]:
        """What became of the tumor cells. Raises FileNotFoundError for a run that has not ended."""
        return _json(self.folder / SUMMARY)

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of the tables that the run has kept."""
        return kept_tables(self.folder)

    @cached_property
    def timeseries(self) -> pd.DataFrame:
        """Everything that was counted, a row per moment."""
        return self._table("timeseries")

    @cached_property
    def flows(self) -> pd.DataFrame:
        """How cells came and went, a row per moment and population."""
        return self._table("flows")

    @cached_property
    def events(self) -> pd.DataFrame:
        """What happened to tumor cells, a row per event."""
        return self._table("events")

    @cached_property
    def nodules(self) -> pd.DataFrame:
        """Groups of touching tumor cells, a row per survey and nodule."""
        return self._table("nodules")

    @cached_property
    def lesions(self) -> pd.DataFrame:
        """Lesions followed through time, a row per survey and lesion. Raises FileNotFoundError for a run that kept none."""
        return self._table("lesions")

    # --- its snapshots --------------------------------------------------------------------------------------------

    @cached_property
    def recording(self) -> Recording:
        """The snapshots, frame by frame. Raises FileNotFoundError for a run that kept none."""
        return Recording(self.folder)

    @property
    def has_snapshots(self) -> bool:
        """Whether there are any, yet."""
        try:
            return len(self.recording) > 0
        except FileNotFoundError:
            return False

    @property
    def days(self) -> tuple[float, ...]:
        """The days of the snapshots."""
        return tuple((self.recording.times_min / _MINUTES_OF_DAY).tolist())

    @property
    def even_days(self) -> tuple[float, ...]:
        """Those at the interval between snapshots, without what is kept between them of the first hours."""
        return tuple(self.days[frame] for frame in self.recording.regular)

    @property
    def populations(self) -> tuple[str, ...]:
        """The populations of which every cell is known, in the order of the simulator."""
        known = self._columns
        shown = [shown.name for shown in self.recording.cast if shown.name in known]
        return (*shown, *(name for name in known if name not in shown))

    @property
    def fields(self) -> tuple[str, ...]:
        """The lattices of levels: what diffuses, what lies in the tissue, what the wall expresses."""
        return self.recording.fields

    @property
    def layers(self) -> tuple[str, ...]:
        """The lattices of codes: who stands where, what kind of site, which zone, blood flow, living hepatocytes."""
        return tuple(sorted(name for name in self._lattices if name not in self.fields))

    def cells(self, population: str | None = None, day: float | None = None) -> pd.DataFrame:
        """The living cells of a population (None: of all, with a column `population`) at the snapshot of a day (None: the
        last), a row each.

        `x_um`, `y_um` are their places, `state` and `layer` words; `attrs["units"]` and `attrs["long_name"]` say for each
        column what it is. Raises ValueError for a population or a day that is not there, naming those that are.
        """
        index = self.frame(day)
        if population is not None:
            return self._cells(_known(population, self.populations, "population"), index)
        together = end_to_end({name: self._cells(name, index) for name in self.populations})
        together.attrs |= self._about(index)
        return together

    def field(self, name: str, day: float | None = None) -> "xr.DataArray":
        """The levels of a field on the lattice at the snapshot of a day (None: the last), with its unit. Raises ValueError for a field
        or a day that is not there, naming those that are."""
        return self._lattice(_known(name, self.fields, "field"), self.frame(day))

    def layer(self, name: str, day: float | None = None) -> "xr.DataArray":
        """The codes of a layer on the lattice at the snapshot of a day (None: the last); `flag_values` and `flag_meanings`
        say what each code means. Raises ValueError for a layer or a day that is not there, naming those that are."""
        return self._lattice(_known(name, self.layers, "layer"), self.frame(day))

    def frame(self, day: float | None) -> int:
        """The number of the snapshot of a day (None: the last). Raises ValueError, which names the days, when there is none."""
        times = self.recording.times_min
        if day is None:
            return times.size - 1
        apart = np.abs(times - float(day) * _MINUTES_OF_DAY)
        nearest = int(np.argmin(apart))
        if apart[nearest] > _SAME_MOMENT:
            raise ValueError(
                f"no snapshot at day {day:g}; there are {_enumerated(self.days)}; the nearest is {self.days[nearest]:g}"
            )
        return nearest

    @cached_property
    def _columns(self) -> dict[str, dict[str, dict[str, Any]]]:
        return self.recording.kept_columns()

    @cached_property
    def _lattices(self) -> dict[str, dict[str, Any]]:
        return self.recording.kept_lattices()

    def _about(self, index: int) -> dict[str, Any]:
        return {"title": self.title, "seed": self.seed, "day": self.days[index]}

    def _refuse_unwritten(self, population: str, index: int) -> None:
        """Raise ValueError for a snapshot whose cells a run that goes on has not written yet: lattices come first."""
        counts = self.recording.cells_in_frames(population)
        last = int(np.flatnonzero(counts)[-1]) if counts.any() else counts.size
        if index > last:
            raise ValueError(
                f"the {population} cells of day {self.days[index]:g} are not written yet, only those up to day {self.days[last]:g}: "
                "the run goes on, or was interrupted (--resume)"
            )

    def _cells(self, population: str, index: int) -> pd.DataFrame:
        if not self.is_complete:
            self._refuse_unwritten(population, index)
        about = self._columns[population]
        first = [name for name in ("uid", "state", "layer", "x_um", "y_um") if name in about]
        columns = [*first, *(name for name in about if name not in first)]
        values: dict[str, Any] = dict(self.recording.kept_cells(population, index, columns))
        for name in columns:
            if "flag_meanings" in about[name]:
                values[name] = pd.Categorical.from_codes(
                    values[name].astype(np.int64), about[name]["flag_meanings"].split(" ")
                )
        cells = pd.DataFrame(values)
        cells.attrs = {
            **self._about(index),
            "population": population,
            "units": {name: about[name].get("units", "1") for name in columns},
            "long_name": {name: about[name].get("long_name", name) for name in columns},
        }
        return cells

    def _lattice(self, name: str, index: int) -> "xr.DataArray":
        import xarray as xr

        values, spacing = self.recording.lattice(name, index), self.recording.spacing_um
        rows, columns = values.shape
        about = dict(self._lattices[name])
        if "flag_values" in about:
            about["flag_values"] = np.array(about["flag_values"], values.dtype)
        return xr.DataArray(
            values,
            {
                "y": (
                    "y",
                    np.arange(rows - 1, -1, -1) * spacing,
                    {"units": "um", "long_name": "height above the lowest row"},
                ),
                "x": (
                    "x",
                    np.arange(columns) * spacing,
                    {"units": "um", "long_name": "distance from the first column"},
                ),
                "day": ((), self.days[index], {"units": "d", "long_name": "simulated time"}),
            },
            dims=("y", "x"),
            name=name,
            attrs=about,
        )

    def _table(self, name: str) -> pd.DataFrame:
        frame = described(read_table(self.folder, name))
        frame.attrs |= {"title": self.title, "seed": self.seed}
        return frame


def _known(name: str, names: Collection[str], kind: str) -> str:
    if name not in names:
        there = f"there is {choice(list(names), 'and')}" if names else "none was kept"
        raise ValueError(f"there is no {kind} '{name}'; {did_you_mean(name, names, there)}")
    return name


def _enumerated(days: tuple[float, ...]) -> str:
    """'0, 1, 2', or of many the first and the last ones."""
    if len(days) <= 2 * _SHOWN_DAYS:
        return ", ".join(f"{day:.4g}" for day in days)
    return f"{', '.join(f'{day:.4g}' for day in days[:_SHOWN_DAYS])}, ..., {days[-1]:.4g}"


def _json(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DamagedFile(f"{path} cannot be read ({error})") from error
