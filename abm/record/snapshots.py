"""snapshots.zarr: the liver as a series of pictures and cell tables, readable with xarray.

`xarray.open_zarr(run / "snapshots.zarr", consolidated=False)` has the lattices over (time, row, column), in um from the
left and, as pictures and plots stand, from below: the first row is the uppermost, and its coordinate the largest.
`group="cells/tumor"` has that population's living cells as contiguous ragged arrays: the cells of frame t are the
`count[t]` entries after the first `count[:t].sum()`, and stand at `x_um`, `y_um`, on the same scales. What the codes of an
array mean is in its attributes (`flag_values`, `flag_meanings`).

Frames and tables gather in memory and are written as whole chunks. What is in memory is part of each checkpoint, so
that a run killed at any moment, even while a chunk is being written, finds everything again; what is in the store alone is
read before a run goes on. Time is NaN at frames to
come. As long as a run goes on, the tables may end some frames before the lattices, with `count` 0 from there on: most
take days to fill a chunk, and to write a part of one costs as much as a whole one.
"""

import re
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import zarr
from zarr.errors import ZarrUserWarning
from zarr.storage import LocalStore

from ..cells.species import Species
from ..folder import chunks
from ..folder.files import TEMPORARY, DamagedFile, remove_files, remove_folder, sync
from ..folder.names import SNAPSHOTS as NAME
from ..folder.schedule import Every, EveryAndFirst
from ..kernels.tables import Rows, columns_in
from ..liver import Liver
from ..rules.arrival import is_injected
from ..tissue.sites import CAVITY, KINDS, STANDING
from .recorder import Recorder, as_hours
from .scene import SCARS, aspects, levels, scars, standing

LIVING = "alive"
"""The column that is left out: all cells kept are alive."""
_PLACES = {"row": "y_um", "column": "x_um"}
"""Places of cells are kept in um, under names that differ from the coordinates of the lattices: xarray would confuse them."""

_CHUNK_SITES = 4_000_000
_CHUNK_FRAMES = 12
"""A chunk holds at most so many sites and frames: by default the frames between two checkpoints, so that no chunk is written
twice."""
_CHUNK_CELLS = 1 << 15
_FIXED = ("row", "column", "site_kind", "zone")
"""The arrays that are written once."""
_UNFINISHED = rf"(\.\w+)*{re.escape(TEMPORARY)}"
"""What zarr appends to the name of a file, or to its stem, while writing it."""
_FULL = np.float32(np.finfo(np.float16).max)
"""Highest level that the frames can hold."""
_EFFECT = "K"
"""The unit of the signals: the level of their half-maximal effect."""


class Snapshots(Recorder):
    """Keeps a frame of every lattice and the tables of cells."""

    name = "snapshots"

    def __init__(self, every="2 h", first_hours=0.0):
        """first_hours : so long from time 0 on every step has a frame."""
        super().__init__(every)
        self.schedule = EveryAndFirst(Every(self.every_hours), as_hours(first_hours))
        self.frames = self._synced_ns = 0

    def begin(self, model, folder, steps):
        super().begin(model, folder, steps)
        if folder is None:
            raise ValueError("snapshots need a run folder")
        self._allocate(model, steps)
        remove_folder(folder / NAME, self._ours())  # of a run that was killed before its first checkpoint
        self._arrays = _create(folder / NAME, model, self._frames, self._tables, len(steps), self.every_hours)

    def check(self, folder, state):
        store = folder / NAME
        try:
            arrays = _arrays(zarr.open_group(LocalStore(store, read_only=True), mode="r"))
        except MemoryError:
            raise
        except Exception as error:  # zarr raises many kinds for metadata that are spoilt
            raise DamagedFile(f"{store} cannot be read ({type(error).__name__}: {error})") from error
        kept = _kept(state)
        missing = [name for name in (*_FIXED, *kept) if name not in arrays]
        if missing:
            raise DamagedFile(f"{store} has lost {', '.join(missing)}")
        for name, (held, end) in kept.items():
            array = arrays[name]
            if array.dtype != held.dtype or array.shape[1:] != held.shape[1:] or array.shape[0] < end:
                raise DamagedFile(f"{store / name / 'zarr.json'} is not what was written")
        for name in _FIXED:
            chunks.check(store, arrays[name], 0, arrays[name].shape[0])
        for name, (_, end) in kept.items():
            chunks.check(store, arrays[name], 0, end)

    def resume(self, model, folder, steps, state):
        super().resume(model, folder, steps, state)
        self._allocate(model, steps)
        ours = self._ours()
        remove_files(folder / NAME, lambda name: name.endswith(TEMPORARY) and ours(name))
        self._arrays = _arrays(zarr.open_group(LocalStore(folder / NAME), mode="r+"))
        self._resize(len(steps))  # `finish` may have shortened it before the run was marked complete
        self.frames = int(state["frames"])
        self._times[: self.frames] = state["time"]
        for name, frames in self._frames.items():
            frames[: self._buffered] = state[f"frames/{name}"]
        for name, table in self._tables.items():
            table.resume(state, name)

    def record(self, model):
        at = self._buffered
        for name, values in _lattices(model).items():
            self._frames[name][at] = values
        for name, table in self._tables.items():
            table.add(model.populations[name].alive_rows(), self.frames)
        self._times[self.frames] = model.minutes
        self.frames += 1
        if self._buffered == 0:
            self._write_frames(self.frames - self._length)

    def flush(self, model):
        self._write(cells_together=_CHUNK_CELLS)

    def state(self):
        state = {"frames": np.int64(self.frames), "time": self._times[: self.frames]}
        for name, frames in self._frames.items():
            state[f"frames/{name}"] = frames[: self._buffered]
        for name, table in self._tables.items():
            state |= table.state(name)
        return state

    def finish(self, model):
        self._write(cells_together=1)
        self._resize(self.frames)  # shorter than planned when the run was stopped before its time

    def files(self):
        return (NAME,)

    def _write(self, cells_together: int) -> None:
        """Write all frames, and of each table as many cells as make up whole pieces of `cells_together`."""
        if self._buffered:
            self._write_frames(self.frames - self._buffered)
        self._arrays["time"][:] = self._times
        for name, table in self._tables.items():
            table.write(self._arrays, f"cells/{name}", cells_together)
        self._sync()

    def _ours(self) -> Callable[[str], object]:
        """Whether a name below the store's folder is that of one of its files and folders, whole or unfinished."""
        groups = "|".join(["cells", *(f"cells/{name}" for name in self._tables)])
        arrays = "|".join(
            [
                *_FIXED,
                "time",
                *self._frames,
                *(
                    f"cells/{name}/{column}"
                    for name, table in self._tables.items()
                    for column in ("count", *table.columns)
                ),
            ]
        )
        return re.compile(
            rf"(({groups}|{arrays})/)?(zarr\.json|zarr{_UNFINISHED})?"
            rf"|({arrays})/c/([0-9]+/)*([0-9]+({_UNFINISHED})?)?"
        ).fullmatch

    @property
    def _buffered(self) -> int:
        return self.frames % self._length

    def _resize(self, frames: int) -> None:
        for name in ("time", *self._frames, *(f"cells/{name}/count" for name in self._tables)):
            array = self._arrays[name]
            if array.shape[0] != frames:
                array.resize((frames, *array.shape[1:]))

    def _sync(self) -> None:
        """Bring the files written since the last time to the disk."""
        newest = self._synced_ns
        for file in (self.run_folder / NAME).rglob("*"):
            written = file.stat().st_mtime_ns
            if file.is_file() and written >= self._synced_ns:
                sync(file)
                newest = max(newest, written)
        self._synced_ns = newest

    def _allocate(self, model: Liver, steps: list[int]) -> None:
        self.frames = 0
        self._length = max(1, min(_CHUNK_FRAMES, _CHUNK_SITES // (model.shape[0] * model.shape[1])))
        self._times = np.full(len(steps), np.nan)
        self._frames = {
            name: np.zeros((self._length, *values.shape), values.dtype) for name, values in _lattices(model).items()
        }
        self._tables = {name: _Ragged(model, species, len(steps)) for name, species in _tables(model).items()}
        self._synced_ns = 0

    def _write_frames(self, first: int) -> None:
        """Write the chunk that begins with frame `first`; what lies beyond the last frame is zero."""
        held = self.frames - first
        for name, frames in self._frames.items():
            frames[held:] = 0
            end = min(first + self._length, self._times.size)
            self._arrays[name][first:end] = frames[: end - first]


class _Ragged:
    """The tables of one population in all frames, end to end; the cells after the last whole chunk are in memory."""

    def __init__(self, model: Liver, species: Species, frames: int):
        self.columns = {
            _PLACES.get(name, name): np.dtype("f4") if name in _PLACES else species.dtype[name]
            for name in columns_in(species.dtype)
            if name != LIVING
        }
        self._lowest, self._spacing_um = model.shape[0] - 1, np.float32(model.spacing_um)
        self.counts = np.zeros(frames, np.int64)
        self.first, self.written = 0, -1  # the counts are written even when a population stays empty
        self.pieces = {name: [np.empty(0, kind)] for name, kind in self.columns.items()}

    def add(self, rows: Rows, frame: int) -> None:
        self.counts[frame] = rows.size
        places = {"y_um": (self._lowest - rows.row) * self._spacing_um, "x_um": rows.column * self._spacing_um}
        for name, pieces in self.pieces.items():
            pieces.append(places[name].astype(np.float32) if name in places else rows[name].copy())

    def write(self, arrays: dict[str, zarr.Array], group: str, together: int) -> None:
        """Write the cells up to the last whole piece of `together`, unless they are there already; the others wait."""
        end = self.first + sum(piece.size for piece in self.pieces["uid"])
        end -= end % together
        if end == self.written:
            return
        whole = end - end % _CHUNK_CELLS
        for name, pieces in self.pieces.items():
            values = np.concatenate(pieces)
            array = arrays[f"{group}/{name}"]
            if array.shape != (end,):
                array.resize((end,))
            if end > self.first:
                array[self.first : end] = values[: end - self.first]
            self.pieces[name] = [values[whole - self.first :]]
        self.first, self.written = whole, end
        arrays[f"{group}/count"][:] = np.where(np.cumsum(self.counts) <= end, self.counts, 0)

    def state(self, name: str) -> dict[str, np.ndarray]:
        state = {f"{name}/first": np.asarray(self.first, np.int64), f"{name}/count": self.counts}
        return state | {f"{name}/{column}": np.concatenate(pieces) for column, pieces in self.pieces.items()}

    def resume(self, state: dict[str, np.ndarray], name: str) -> None:
        self.first = int(state[f"{name}/first"])
        self.written = -1  # the run may have gone on after this checkpoint
        self.counts = state[f"{name}/count"]
        self.pieces = {column: [state[f"{name}/{column}"]] for column in self.columns}


def _arrays(group: zarr.Group) -> dict[str, zarr.Array]:
    """All arrays of the store by their names, as they are written to."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ZarrUserWarning)  # a file of others that lies in the store
        members = group.members(max_depth=None)
    return {name: chunks.kept_whole(member) for name, member in members if isinstance(member, zarr.Array)}


def _kept(state: dict[str, np.ndarray]) -> dict[str, tuple[np.ndarray, int]]:
    """The arrays of the store on which a checkpoint builds: what of each is in the checkpoint, and how many entries before
    that are in the store alone."""
    frames = int(state["frames"])
    kept = {"time": (state["time"], 0)}
    for name, held in state.items():
        group, _, rest = name.partition("/")
        if group == "frames" and rest:
            kept[rest] = held, frames - len(held)
        elif f"{group}/first" in state and rest != "first":
            kept[f"cells/{name}"] = held, 0 if rest == "count" else int(state[f"{group}/first"])
    return kept


def _tables(model: Liver) -> dict[str, Species]:
    """The populations whose tables are kept; the wall does not move, and is kept as lattices."""
    return {
        name: population.species for name, population in model.populations.items() if not population.species.is_wall
    }


def _lattices(model: Liver) -> dict[str, np.ndarray]:
    """The lattices of one frame by name, [row, column]: uint8 codes and float16 levels."""
    frame = standing(model) | {
        "perfused": model.perfused_sinusoids().astype(np.uint8),
        "hepatocyte": model.living_hepatocytes().astype(np.uint8),
    }
    left = scars(model)
    if left is not None:
        frame["scars"] = left
    return frame | {name: np.minimum(values, _FULL).astype(np.float16) for name, values in levels(model).items()}


def _create(
    path, model: Liver, frames: dict[str, np.ndarray], tables: dict[str, _Ragged], count: int, every_hours: float
) -> dict[str, zarr.Array]:
    """The arrays of a new store with room for `count` frames, as they are written to."""
    arrays: dict[str, zarr.Array] = {}
    group = zarr.create_group(
        LocalStore(path),
        attributes={
            "title": model.config.name,
            "spacing_um": float(model.spacing_um),
            "dt_minutes": float(model.dt_minutes),
            "every_minutes": 60.0 * every_hours,
            "injected": is_injected(model.config),
            "populations": {name: list(population.states) for name, population in model.populations.items()},
            "cast": [population.species.shown.plain for population in model.populations.values()],
            "aspects": [told._asdict() for told in aspects(model)],
        },
    )
    rows, columns = model.shape
    um = np.float32(model.spacing_um)
    _fixed(
        group,
        "row",
        np.arange(rows - 1, -1, -1, dtype=np.float32) * um,
        ("row",),
        {"units": "um", "long_name": "height above the lowest row"},
    )
    _fixed(
        group,
        "column",
        np.arange(columns, dtype=np.float32) * um,
        ("column",),
        {"units": "um", "long_name": "distance from the first column"},
    )
    _fixed(
        group,
        "site_kind",
        model.anatomy.kind.astype(np.uint8),
        ("row", "column"),
        _flags("kind of site", enumerate(KINDS[:CAVITY])),  # of the anatomy; cavities are `scars`
    )
    _fixed(
        group,
        "zone",
        model.anatomy.zone.astype(np.uint8),
        ("row", "column"),
        _flags("zone", enumerate(("none", "periportal", "midzonal", "pericentral"))),
    )
    arrays["time"] = group.create_array(
        "time",
        shape=(count,),
        chunks=(max(1, count),),
        dtype="f8",
        fill_value=np.nan,
        dimension_names=("time",),
        compressors=chunks.COMPRESSORS,
        config=chunks.KEPT_WHOLE,
        attributes={"units": "min", "long_name": "simulated time"},
    )
    arrays["time"][...] = np.nan
    for name, values in frames.items():
        arrays[name] = group.create_array(
            name,
            shape=(count, rows, columns),
            chunks=values.shape,
            dtype=values.dtype,
            fill_value=0,
            compressors=chunks.COMPRESSORS,
            config=chunks.KEPT_WHOLE,
            dimension_names=("time", "row", "column"),
            attributes=_about(model, name),
        )
    for name, table in tables.items():
        species = model.populations[name].species
        cells = group.create_group(f"cells/{name}", attributes={"states": list(species.state_names)})
        along = f"{name}_cell"
        arrays[f"cells/{name}/count"] = cells.create_array(
            "count",
            shape=(count,),
            chunks=(max(1, count),),
            dtype="i8",
            fill_value=0,
            dimension_names=("time",),
            compressors=chunks.COMPRESSORS,
            config=chunks.KEPT_WHOLE,
            attributes={"units": "1", "long_name": "cells in the frame", "sample_dimension": along},
        )
        for column, kind in table.columns.items():
            arrays[f"cells/{name}/{column}"] = cells.create_array(
                column,
                shape=(0,),
                chunks=(_CHUNK_CELLS,),
                dtype=kind,
                fill_value=0,
                dimension_names=(along,),
                compressors=chunks.COMPRESSORS,
                config=chunks.KEPT_WHOLE,
                attributes=_about_column(species, column),
            )
    return arrays


def _about_column(species: Species, name: str) -> dict:
    """The attributes of a column of a table of cells."""
    if name == "state":
        return _flags("state", enumerate(species.state_names))
    if name == "layer":
        return _flags("where it stands", enumerate(STANDING))
    place = next((column for column, kept in _PLACES.items() if kept == name), None)
    if place is not None:
        return {"units": "um", "long_name": f"{name[0]} of the cell"}
    column = species.column[name]
    about: dict[str, Any] = {"long_name": column.meaning}
    if column.unit:
        about["units"] = column.unit
    if column.within:
        about["valid_range"] = list(column.within)
    if column.nominal:
        about["nominal"] = True
    return about


def _about(model: Liver, name: str) -> dict:
    """The attributes of a lattice of the frames, as readers of the CF conventions know them."""
    if name in STANDING:
        codes = [(0, "nobody")]
        for population, species in _tables(model).items():
            for number, state in enumerate(species.state_names):
                codes.append((species.first_picture_code + number, f"{population}_{state}"))
        return _flags(f"who stands in the {name}", codes)
    if name == "scars":
        return _flags("what operations have left", enumerate(SCARS))
    if name in ("perfused", "hepatocyte"):
        return _flags({"perfused": "blood flow", "hepatocyte": "living hepatocyte"}[name], enumerate(("no", "yes")))
    words = type(model.config).registry.words()[name]
    if name not in model.fields:
        return {"units": "1", "long_name": words if name in model.layers else f"{words} on the wall", "words": words}
    unit = model.fields[name].unit
    if unit == _EFFECT:
        effect = "half-maximal effect"
        return {"units": "1", "long_name": f"{name} (× {effect})", "relative_to": effect, "words": words}
    return {"units": unit, "long_name": name, "words": words}


def _flags(long_name: str, codes: Iterable[tuple[int, str]]) -> dict:
    """The attributes of an array of codes."""
    values, meanings = zip(*codes, strict=True)
    return {"long_name": long_name, "flag_values": list(values), "flag_meanings": " ".join(meanings)}


def _fixed(group: zarr.Group, name: str, values: np.ndarray, dimensions: tuple[str, ...], attributes: dict) -> None:
    array = group.create_array(
        name,
        shape=values.shape,
        chunks=values.shape,
        dtype=values.dtype,
        dimension_names=dimensions,
        fill_value=0,
        compressors=chunks.COMPRESSORS,
        config=chunks.KEPT_WHOLE,
        attributes=attributes,
    )
    array[...] = values
