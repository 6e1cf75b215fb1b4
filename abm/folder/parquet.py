"""Parquet files: every page has a checksum, which is looked at when it is read, so that altered values are not taken for data.

The description of the pages, and of the columns at the end of the file, has no checksum in this format: of the bits there some
can still be altered unnoticed.
"""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from .files import write_whole


def write(table: pa.Table, path: Path, row_group_size: int | None = None) -> None:
    """Put the table into its place, whole. Raises OSError."""
    write_whole(
        path,
        lambda beside: pq.write_table(
            table, beside, row_group_size=row_group_size, compression="zstd", write_page_checksum=True
        ),
    )


def read(path: Path) -> pa.Table:
    """The table of a file. Raises OSError, ArrowException or ValueError when it is spoilt."""
    return pq.read_table(path, page_checksum_verification=True)
