"""Tables that grow during a run: part files per checkpoint, merged into one Parquet file at the end.

Every column carries its unit and its meaning in the metadata of its Parquet field.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from ..folder import parquet
from ..folder.files import TEMPORARY, DamagedFile, remove_files, remove_folder
from ..folder.names import TABLES, table_file
from .recorder import Recorder

if TYPE_CHECKING:
    import pandas as pd

    from ..model import LiverModel

PARTS = "parts"
"""The folder of the part files in the run folder, until the run is complete."""
_ROW_GROUP = 1 << 18
_DIGEST_BYTES = 16
_PART = re.compile(rf"(?P<table>[^/]+)-(?P<number>[0-9]{{6,}})\.parquet(?P<unfinished>{re.escape(TEMPORARY)})?")
"""The names of part files; files of other names are not ours."""


@dataclass(frozen=True)
class TableColumn:
    """One column: its NumPy type, its unit ("" for none), what it says; `names` turn codes into words."""

    name: str
    type: str
    unit: str
    description: str
    names: tuple[str, ...] = ()

    @property
    def field(self) -> pa.Field:
        kind = pa.dictionary(pa.int8(), pa.string()) if self.names else pa.from_numpy_dtype(np.dtype(self.type))
        return pa.field(self.name, kind, metadata={"unit": self.unit or "1", "description": self.description})

    def array(self, pieces: list[np.ndarray]) -> pa.Array:
        values = np.concatenate([np.atleast_1d(piece) for piece in pieces]) if pieces else np.empty(0)
        values = values.astype("i1" if self.names else self.type)
        return pa.DictionaryArray.from_arrays(values, list(self.names)) if self.names else pa.array(values)


class TableRecorder(Recorder):
    """A recorder of a table; derived classes define `columns`, and add rows in `record`."""

    def __init__(self, every):
        super().__init__(every)
        self._pieces: list[dict[str, np.ndarray]] = []
        self._digests: list[np.ndarray] = []  # of the part files; a checkpoint holds them
        self._merged = False
        self._columns: tuple[TableColumn, ...] = ()

    def columns(self, model: "LiverModel") -> tuple[TableColumn, ...]:
        """The columns of the table, in order."""
        raise NotImplementedError

    def add(self, rows: dict[str, np.ndarray]) -> None:
        """Append rows: one value or an array per column, codes for columns with names."""
        self._pieces.append(rows)

    def begin(self, model, folder, steps):
        super().begin(model, folder, steps)
        self._columns = self.columns(model)
        self._pieces, self._digests = [], []
        if folder is not None:
            (folder / PARTS).mkdir(parents=True, exist_ok=True)
            self._discard_from(0)

    def check(self, folder, state):
        for number, digest in enumerate(state["parts"]):
            path = _part(folder, self.name, number)
            if not path.exists():
                raise DamagedFile(f"{path} is missing")
            if not np.array_equal(_digest(path), digest):
                raise DamagedFile(f"{path} is not what was written: it was truncated or altered")

    def resume(self, model, folder, steps, state):
        super().resume(model, folder, steps, state)
        self._columns = self.columns(model)
        self._pieces, self._digests = [], list(state["parts"])
        self._discard_from(len(self._digests))

    def flush(self, model):
        if self.folder is None or not self._pieces:
            return
        table, path = self._in_memory(), _part(self.folder, self.name, len(self._digests))
        parquet.write(table, path)
        self._digests.append(_digest(path))
        self._pieces = []

    def state(self):
        return {"parts": np.array(self._digests, np.uint8).reshape(-1, _DIGEST_BYTES)}

    def finish(self, model):
        self.flush(model)
        if self.folder is not None:
            parquet.write(self.table(), _whole(self.folder, self.name), _ROW_GROUP)
            self._merged = True

    def files(self):
        return (table_file(self.name),)

    def reopen(self, folder):
        super().reopen(folder)
        self._merged = True

    def table(self) -> pa.Table:
        """Everything recorded so far. Raises DamagedFile."""
        if self._merged:
            return _read(_whole(self.run_folder, self.name))
        parts = (
            []
            if self.folder is None
            else [_part(self.folder, self.name, number) for number in range(len(self._digests))]
        )
        return pa.concat_tables([*map(_read, parts), self._in_memory()]).combine_chunks()

    def to_dataframe(self) -> "pd.DataFrame":
        """Everything recorded so far, as a pandas DataFrame."""
        return self.table().to_pandas()

    def _in_memory(self) -> pa.Table:
        arrays = [column.array([rows[column.name] for rows in self._pieces]) for column in self._columns]
        return pa.Table.from_arrays(arrays, schema=pa.schema([column.field for column in self._columns]))

    def _discard_from(self, number: int) -> None:
        def newer(name: str) -> bool:
            part = _PART.fullmatch(name)
            return (
                part is not None
                and part["table"] == self.name
                and bool(part["unfinished"] or int(part["number"]) >= number)
            )

        remove_files(self.run_folder / PARTS, newer)


def remove_parts(folder: Path) -> None:
    """Remove the part files of a run whose tables are in their final place."""
    remove_folder(folder / PARTS, _PART.fullmatch)


def _whole(folder: Path, name: str) -> Path:
    return folder / table_file(name)


def _part(folder: Path, name: str, number: int) -> Path:
    return folder / PARTS / f"{name}-{number:06d}.parquet"


def _digest(path: Path) -> np.ndarray:
    """Digest of a file's bytes, uint8 [16]."""
    return np.frombuffer(hashlib.blake2b(path.read_bytes(), digest_size=_DIGEST_BYTES).digest(), np.uint8)


def _read(path: Path) -> pa.Table:
    try:
        return parquet.read(path)
    except (pa.ArrowException, OSError, ValueError) as error:  # ValueError: the names of columns are not valid text
        raise DamagedFile(f"{path} cannot be read ({error})") from error


def read_table(folder: Path, name: str) -> pa.Table:
    """The table `name` (timeseries, flows, events, nodules, lesions, decisions) of a run folder; of a run that has not ended, what its last
    checkpoint has. Raises FileNotFoundError when the folder has no such table, DamagedFile when it cannot be read."""
    merged = _whole(folder, name)
    if merged.exists():
        return _read(merged)
    parts = _parts(folder, name)
    if not parts:
        raise FileNotFoundError(f"{folder} has no table '{name}'")
    return pa.concat_tables(map(_read, parts)).combine_chunks()


def kept_tables(folder: Path) -> tuple[str, ...]:
    """The tables that the run in the folder has kept so far."""
    return tuple(name for name in TABLES if _whole(folder, name).exists() or _parts(folder, name))


def _parts(folder: Path, name: str) -> list[Path]:
    found = {path: _PART.fullmatch(path.name) for path in sorted((folder / PARTS).glob("*.parquet"))}
    return [path for path, part in found.items() if part and part["table"] == name]
