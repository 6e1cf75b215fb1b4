"""A run's snapshots, frame by frame: only as much in memory as one chunk of the store."""

from collections.abc import Iterable
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..cells.species import Shown
from ..folder.files import DamagedFile
from ..folder.names import SNAPSHOTS
from ..record.scene import SCARS, Scene, SeenAs, show_aspects
from ..tissue.sites import STANDING
from .palette import FIELD_LABELS, SHOWN, UNITS
from .tint import Tint, column_of, limits_of

if TYPE_CHECKING:
    import zarr

_LATTICES = ("perfused", "hepatocyte", "ecm", "nets", "e_selectin")
_LATER_LATTICES = ("vessels", "scars")
_LOOKS_FOR_LIMITS = 12  # frames from which the limits of an overlay are taken
_NO_TINT = ("count", "layer", "state", "uid", "x_um", "y_um")
_TOLERANCE_H = 1e-6
_PEAK_SHARE = 99.0  # percentile that counts as the highest level: single sites at a secreting cell would hide the rest


class Recording:
    """The frames of one run.

    times_min : float64 [frames]; site_kind : uint8 [row, column]; title; spacing_um; fields : names that can be overlaid;
    tint : by what the cells of its scenes are coloured (see `tint_by`), None for nothing
    """

    def __init__(self, folder: Path | str):
        """Raises FileNotFoundError when the run folder has no snapshots, or none yet; DamagedFile, here and later, when
        they cannot be read."""
        import zarr
        from zarr.storage import LocalStore

        path = Path(folder) / SNAPSHOTS
        if not path.is_dir():
            raise FileNotFoundError(
                f"{folder} has no {SNAPSHOTS}: is it the folder of a run, and was it run with snapshots?"
            )
        self._path = path
        self._arrays: dict[str, zarr.Array] = {}
        with self._whole():
            self._group = zarr.open_group(LocalStore(path, read_only=True), mode="r")
            times = self._read("time")
        self.times_min = times[np.isfinite(times)]
        if not self.times_min.size:
            raise FileNotFoundError(f"{path} holds no frames yet: they are written at each checkpoint and at the end")
        with self._whole():
            self.site_kind = self._read("site_kind")
            self.spacing_um = float(self._attributes["spacing_um"])
            self.title = str(self._attributes.get("title", ""))
            self.fields = tuple(
                sorted(name for name, array in self._group.arrays() if array.ndim == 3 and array.dtype.kind == "f")
            )
        self.tint: Tint | None = None
        self._blocks: dict[str, tuple[int, np.ndarray]] = {}
        self._held: dict[str, tuple[int, np.ndarray]] = {}

    @cached_property
    def cast(self) -> tuple[Shown, ...]:
        """What is shown of each population; of runs of earlier versions, which did not say, that of this version."""
        kept = self._attributes.get("cast")
        return SHOWN if kept is None else tuple(Shown.from_plain(shown) for shown in kept)

    @cached_property
    def aspects(self) -> list[SeenAs]:
        """What is told apart among cells in a state; nothing of runs of earlier versions."""
        return [SeenAs(**told) for told in self._attributes.get("aspects", [])]

    @property
    def since(self) -> str:
        """What time 0 is to a reader."""
        return since_what(bool(self._attributes.get("injected", False)))

    @cached_property
    def regular(self) -> np.ndarray:
        """The frames at the interval between snapshots, without those between them of the first hours."""
        every = self._attributes.get("every_minutes")
        if every is None or len(self) < 2:
            return np.arange(len(self))
        reached = np.floor(self.times_min / every + 1e-9)
        return np.flatnonzero(np.diff(reached, prepend=reached[0] - 1) > 0)

    def between(self, start: float | None, stop: float | None, every: float | None = None) -> np.ndarray:
        """The frames of the times from `start` to `stop` (hours; None: the run's own), all of them if both are given, or as
        far apart as `every` hours. Raises ValueError when there are none."""
        hours = self.times_min / 60.0
        given = start is not None or stop is not None
        low, high = -np.inf if start is None else start, np.inf if stop is None else stop
        chosen = np.arange(len(self)) if given or every is not None else self.regular
        chosen = chosen[(hours[chosen] >= low - _TOLERANCE_H) & (hours[chosen] <= high + _TOLERANCE_H)]
        if not chosen.size:
            raise ValueError(
                f"there is no frame between {low:g} h and {high:g} h; they go from {hours[0]:g} h to {hours[-1]:g} h"
            )
        if every is not None:
            kept = [chosen[0]]
            for frame in chosen[1:]:
                if hours[frame] - hours[kept[-1]] >= every - _TOLERANCE_H:
                    kept.append(frame)
            chosen = np.array(kept)
        return chosen

    @cached_property
    def present(self) -> set[str]:
        """The populations that have cells in any frame, all of a run of which the tables are not there; and the scars at the end."""
        tables = self._tables()
        with self._whole():
            return self._scars | {
                shown.name
                for shown in self.cast
                if shown.name not in tables or self._read(f"cells/{shown.name}/count").any()
            }

    @property
    def _scars(self) -> set[str]:
        if "scars" not in self._group:
            return set()
        return {SCARS[code] for code in np.unique(self._frame("scars", len(self) - 1)) if code}

    @property
    def charted(self) -> list[Shown]:
        """The populations whose courses figures show: those that have cells in any frame, and those that are not drawn."""
        present = self.present
        return [shown for shown in self.cast if not shown.looks or shown.name in present]

    def words(self, field: str) -> str:
        """What a field is called for readers."""
        return str(self._group[self._known(field)].attrs.get("words", FIELD_LABELS.get(field, field)))

    def __len__(self) -> int:
        return self.times_min.size

    def __contains__(self, name: str) -> bool:
        """Whether the store has an array of that name."""
        return name in self._group

    def unit(self, field: str) -> str:
        """The unit of a field as readers know it; '' when it has none."""
        unit = self.own_unit(field)
        return UNITS.get(unit, unit)

    def own_unit(self, field: str) -> str:
        """The unit of a field; "K" for signals, in units of their half-maximal effect."""
        about = self._group[self._known(field)].attrs
        # "unit" is what earlier versions wrote
        return "K" if "relative_to" in about else str(about.get("units", about.get("unit", "")))

    def scene(self, index: int, field: str | None = None) -> Scene:
        """The liver at frame `index`, with `field` for the overlay, and cells coloured by `tint` if that is set. Raises
        ValueError for a field that is not there."""
        index = range(len(self))[index]
        later = [name for name in _LATER_LATTICES if name in self._group]  # earlier versions and other runs have none
        lattices = {name: self._frame(name, index) for name in (*_LATTICES, *later)}
        standing = {name: self._frame(name, index) for name in STANDING if name in self._group}
        level = None if field is None else self._frame(self._known(field), index)
        standing = show_aspects(
            standing,
            self.aspects,
            lambda name: self._frame(name, index),
            lambda name, column: self.cells(name, index, ("layer", column)),
        )
        colours, tint = None, self.tint
        if tint is not None:
            shown = next(shown for shown in self.cast if shown.name == tint.population)
            colours = tint.lattices(standing, shown, self.cells(tint.population, index, ("layer", tint.column)))
        return Scene(minutes=float(self.times_min[index]), standing=standing, field=level, tint=colours, **lattices)

    def tinting(self) -> dict[str, list[str]]:
        """The columns by which cells can be coloured, by population."""
        with self._whole():
            return {
                name: [member for member, _ in group.arrays() if member not in _NO_TINT]
                for name, group in self._tables().items()
            }

    def tint_by(self, column: str) -> Tint:
        """How cells are coloured by a column, "emt" or "tumor.emt", over the whole run. Raises ValueError for one that is not
        there."""
        population, name = column_of(column, self.tinting())
        with self._whole():
            about, values = dict(self._tables()[population][name].attrs), self._read(f"cells/{population}/{name}")
        words = f"{population.replace('_', ' ')}: {name.replace('_', ' ')}"
        unit = str(about.get("units", ""))
        return Tint(
            population,
            name,
            words,
            unit,
            bool(about.get("nominal", False)),
            limits_of(about, values),
            "valid_range" not in about,
        )

    def keeps(self, population: str) -> bool:
        """Whether the run kept the table of a population."""
        return population in self._tables()

    def cells(self, population: str, index: int, columns: Iterable[str]) -> dict[str, np.ndarray]:
        """Columns of the cells of a population at frame `index`, and their row and column."""
        columns_read = self.kept_cells(population, index, (*columns, "x_um", "y_um"))
        place = {name: np.rint(columns_read.pop(name) / self.spacing_um).astype(np.int64) for name in ("x_um", "y_um")}
        return columns_read | {"row": self.site_kind.shape[0] - 1 - place["y_um"], "column": place["x_um"]}

    def kept_cells(self, population: str, index: int, columns: Iterable[str]) -> dict[str, np.ndarray]:
        """Columns of the cells of a population at frame `index`, as they were kept."""
        index = range(len(self))[index]
        group, counts = f"cells/{population}", self.cells_in_frames(population)
        with self._whole():
            first = int(counts[:index].sum())
            end = first + int(counts[index])
            return {name: self._near(f"{group}/{name}", first, end) for name in columns}

    def cells_in_frames(self, population: str) -> np.ndarray:
        """How many cells of a population are kept of each frame, int64 [frames]."""
        with self._whole():
            return self._near(f"cells/{population}/count", 0, len(self))

    def kept_columns(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Population -> column -> what the store says of it, of all columns that are kept of cells."""
        with self._whole():
            return {
                population: {name: dict(array.attrs) for name, array in sorted(group.arrays()) if name != "count"}
                for population, group in self._tables().items()
            }

    def kept_lattices(self) -> dict[str, dict[str, Any]]:
        """Lattice -> what the store says of it, of all that are kept; those of two dimensions were written once."""
        with self._whole():
            return {name: dict(array.attrs) for name, array in self._group.arrays() if array.ndim > 1}

    def lattice(self, name: str, index: int) -> np.ndarray:
        """A lattice [row, column] at frame `index`."""
        if self._array(name).ndim == 3:
            return self._frame(name, range(len(self))[index])
        with self._whole():
            return self._read(name)

    def limits(self, field: str) -> tuple[float, float]:
        """Lower and upper limit of a field over the whole run; signals begin at 0."""
        self._known(field)
        chosen = np.unique(np.linspace(0, len(self.regular) - 1, _LOOKS_FOR_LIMITS).round().astype(int))
        frames = [self._frame(field, int(i)) for i in self.regular[chosen]]
        return field_limits(frames)

    @contextmanager
    def _whole(self):
        """What is read inside is named when it cannot be."""
        try:
            yield
        except (OSError, ValueError, KeyError, RuntimeError) as error:  # what zarr and its codecs raise
            raise DamagedFile(f"{self._path} cannot be read ({type(error).__name__}: {error})") from error

    @property
    def _attributes(self) -> Any:
        """What the store says of itself, by name."""
        return self._group.attrs

    def _array(self, name: str) -> "zarr.Array":
        if name not in self._arrays:
            array: Any = self._group[name]
            self._arrays[name] = array
        return self._arrays[name]

    def _near(self, name: str, first: int, end: int) -> np.ndarray:
        """Entries of an array along its first axis; whole chunks are read and held, as neighbouring frames lie in them."""
        held_from, held = self._held.get(name, (0, None))
        if held is None or not held_from <= first <= end <= held_from + len(held):
            length = self._array(name).chunks[0]
            held_from = first // length * length
            held = self._read(name, held_from, -(-end // length) * length)
            self._held[name] = held_from, held
        return held[first - held_from : end - held_from]

    def _tables(self) -> "dict[str, zarr.Group]":
        """The tables of cells, by population."""
        tables: Any = self._group.get("cells")
        return {} if tables is None else dict(tables.groups())

    def _read(self, name: str, first: int = 0, end: int | None = None) -> np.ndarray:
        """Entries of an array along its first axis."""
        from ..folder import chunks

        array = self._array(name)
        size = array.shape[0]
        return chunks.read(self._path, array, first, size if end is None else min(end, size))

    def _known(self, field: str) -> str:
        if field not in self.fields:
            raise ValueError(f"there is no field '{field}'; there are: {', '.join(self.fields)}")
        return field

    def _frame(self, name: str, index: int) -> np.ndarray:
        array = self._array(name)
        length = array.chunks[0]
        number = index // length
        held = self._blocks.get(name)
        if held is None or held[0] != number:
            with self._whole():
                held = self._blocks[name] = (number, self._read(name, number * length, (number + 1) * length))
        frame = held[1][index - number * length]
        return frame.astype(np.float32) if frame.dtype.kind == "f" else frame


def since_what(injected: bool) -> str:
    """What time 0 is called."""
    return "injection" if injected else "time 0"


def field_limits(frames: list[np.ndarray]) -> tuple[float, float]:
    """Limits that suit all `frames`: from 0 for signals, from the lowest value where the level is nowhere near 0."""
    highest = max(float(np.percentile(frame, _PEAK_SHARE)) for frame in frames)
    lowest = min(float(np.percentile(frame, 100 - _PEAK_SHARE)) for frame in frames)
    low = lowest if lowest > 0.25 * highest else 0.0
    if highest <= low:
        highest = max(float(frame.max()) for frame in frames)
    return low, highest if highest > low else low + 1.0
