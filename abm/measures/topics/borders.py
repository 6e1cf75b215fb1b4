"""Borders: how nodules grow into the liver, by the growth patterns that pathologists tell apart."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from ...record.borders import PATTERNS, pattern_of_each
from ..look import Look, Share
from ..measure import measure
from .parameters import MinCells

MIXED = "mixed"

Pattern = Annotated[
    Literal["replacement", "desmoplastic", "pushing"],
    Field(
        description="replacement: hepatocytes and an open sinusoid; desmoplastic: dense matrix between; pushing: neither of them"
    ),
]


@measure(unit="", kind="share")
def border_share(look: Look, pattern: Pattern, min_cells: MinCells = 50) -> Share:
    """Share of the border of all nodules that grows in a `pattern` (Vermeulen 2001, 10.1002/path.966)."""
    stretches = look.borders(min_cells)
    return Share(int(stretches[:, PATTERNS.index(pattern)].sum()), int(stretches.sum()))


@measure(unit="", kind="share")
def growth_pattern(
    look: Look,
    pattern: Annotated[Literal["replacement", "desmoplastic", "pushing", "mixed"], Field(description="which of them")],
    pure: Annotated[
        bool, Field(description="only nodules whose whole border grows so; by default more than half of it")
    ] = False,
    min_cells: MinCells = 50,
) -> Share:
    """Share of the nodules that grow in a `pattern`, "mixed" where none has enough of the border.

    With `pure` as Galjart 2019 (10.1007/s10456-019-09661-5), who call a metastasis desmoplastic when all of its border is.
    """
    found = pattern_of_each(look.borders(min_cells), pure)
    wanted = 0 if pattern == MIXED else 1 + PATTERNS.index(pattern)
    return Share(int(np.count_nonzero(found == wanted)), found.size)
