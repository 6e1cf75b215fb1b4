"""What "the same bytes" means: the digest of the data of a run folder.

Compared are the data of the Parquet and zarr files, `summary.json` and `config.yaml`; not the manifest, which has the
wall time, nor pictures and movies.
"""

import hashlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import zarr

from ..folder import parquet
from .snapshots import NAME as SNAPSHOTS

TABLES = ("timeseries", "events", "nodules")
TEXTS = ("summary.json", "config.yaml")


def digest(folder: Path) -> dict[str, str]:
    """One digest per table, text and snapshot array of a run, by name; of what the run kept."""
    found = {name: _hash((folder / name).read_bytes()) for name in TEXTS if (folder / name).exists()}
    for name in (f"{table}.parquet" for table in TABLES):
        if (folder / name).exists():
            found[name] = _hash(*_table_bytes(parquet.read(folder / name)))
    if (folder / SNAPSHOTS).exists():
        for path, member in sorted(zarr.open_group(folder / SNAPSHOTS, mode="r").members(max_depth=None)):
            if isinstance(member, zarr.Array):
                values = np.ascontiguousarray(member[...])
                found[f"{SNAPSHOTS}/{path}"] = _hash(f"{values.dtype} {values.shape}".encode(), values.tobytes())
    return found


def differing(first: Path, second: Path) -> list[str]:
    """The names of what differs between two complete runs; empty when they have the same bytes."""
    one, other = digest(first), digest(second)
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def _table_bytes(table: pa.Table):
    yield str(table.schema.to_string(show_field_metadata=True, show_schema_metadata=False)).encode()
    for name, column in zip(table.column_names, table.columns, strict=True):
        yield name.encode()
        if pa.types.is_dictionary(column.type):
            yield "\n".join(column.cast(pa.string()).to_pylist()).encode()
        else:
            yield column.to_numpy().tobytes()


def _hash(*pieces: bytes) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()
