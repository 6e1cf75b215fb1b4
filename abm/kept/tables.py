"""Tables of runs and batches as DataFrames that say what their columns are."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa


def described(table: pa.Table) -> pd.DataFrame:
    """The table, with the units of its columns in `attrs["units"]` ("1": without unit), and what they say in
    `attrs["long_name"]`."""
    frame = table.to_pandas()
    said = {field.name: field.metadata or {} for field in table.schema}
    frame.attrs = {
        "units": {column: about.get(b"unit", b"1").decode() for column, about in said.items()},
        "long_name": {column: about.get(b"description", b"").decode() for column, about in said.items()},
    }
    return frame


def end_to_end(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The cells of several populations (name -> described table) in one table, with a first column `population`. Columns that
    only some have are missing for the others: nan, or of whole numbers the `NA` of pandas."""
    sizes = [len(table) for table in tables.values()]
    names = dict.fromkeys(column for table in tables.values() for column in table)
    columns: dict[str, Any] = {
        "population": pd.Categorical.from_codes(np.repeat(np.arange(len(tables)), sizes), list(tables))
    }
    bare = [pd.DataFrame(dict(table.items())) for table in tables.values()]  # pandas copies `attrs` at every touch
    for name in names:
        parts = [table.get(name) for table in bare]
        if any(part is not None and isinstance(part.dtype, pd.CategoricalDtype) for part in parts):
            columns[name] = _words(parts)
        else:
            columns[name] = _numbers(parts, sizes)
    together = pd.DataFrame(columns)
    for key in ("units", "long_name"):
        together.attrs[key] = {"population": "1" if key == "units" else "population"}
        for table in tables.values():
            together.attrs[key] |= table.attrs[key]
    return together


def moment_by_moment(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Cells of one kind of table at several moments (`attrs["day"]`), one below the other, with a last column `day`."""
    first, bare = tables[0], [dict(table.items()) for table in tables]
    columns: dict[str, Any] = {}
    for name, column in bare[0].items():
        parts = [table[name] for table in bare]
        if isinstance(column.dtype, pd.CategoricalDtype):
            columns[name] = _words(parts)
        elif isinstance(column.dtype, np.dtype):
            columns[name] = np.concatenate([part.to_numpy() for part in parts])
        else:
            values = [part.to_numpy(column.dtype.numpy_dtype, na_value=0) for part in parts]
            columns[name] = pd.arrays.IntegerArray(
                np.concatenate(values), np.concatenate([part.isna() for part in parts])
            )
    columns["day"] = np.repeat([table.attrs["day"] for table in tables], [len(table) for table in tables])
    together = pd.DataFrame(columns)
    together.attrs["units"] = first.attrs["units"] | {"day": "d"}
    together.attrs["long_name"] = first.attrs["long_name"] | {"day": "simulated time"}
    return together


def _words(parts: Sequence[Any]) -> pd.Categorical:
    """One column of words, with the words of all."""
    words = list(dict.fromkeys(word for part in parts for word in part.cat.categories))
    codes = [np.array([words.index(word) for word in part.cat.categories])[part.cat.codes] for part in parts]
    return pd.Categorical.from_codes(np.concatenate(codes), words)


def _numbers(parts: Sequence[Any], sizes: Sequence[int]) -> Any:
    """One column of numbers; those that lack it are marked."""
    kind = np.result_type(*(part.dtype for part in parts if part is not None))
    values = np.concatenate(
        [
            np.zeros(size, kind) if part is None else part.to_numpy().astype(kind)
            for part, size in zip(parts, sizes, strict=True)
        ]
    )
    lacking = np.repeat([part is None for part in parts], sizes)
    if all(part is not None for part in parts):
        return values
    if kind.kind in "iu":
        return pd.arrays.IntegerArray(values, lacking)
    values[lacking] = np.nan
    return values
