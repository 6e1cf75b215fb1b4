"""Cells coloured by what is known of them: by a number of each cell of one population, such as `emt` or `clone`."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from ..cells.species import Appearance, Colour, Shown
from ..config.errors import did_you_mean
from ..tissue.sites import STANDING
from .palette import NAMES, TUMOR_GROUP

SHADES = 24
"""Colours of a scale from low to high."""
_MAP = "plasma"
_MAP_START = 0.12
"""Where in the colour map the scale begins: its darkest colours would vanish in the tissue."""


class Tint(NamedTuple):
    """By what cells are coloured.

    population, column : of whom, and by which of their columns; words, unit : what is written at the scale; nominal : whether
    the numbers are names; limits : what the lowest and the highest colour stand for, unless they are; open : whether there may be
    values beyond
    """

    population: str
    column: str
    words: str
    unit: str
    nominal: bool
    limits: tuple[float, float]
    open: bool = False

    def codes(self, values: np.ndarray) -> np.ndarray:
        """The colour of each value, uint8 from 1 on."""
        if self.nominal:
            return (1 + np.asarray(values).astype(np.int64) % len(NAMES)).astype(np.uint8)
        low, high = self.limits
        share = np.clip((np.asarray(values, np.float64) - low) / max(high - low, 1e-12), 0.0, 1.0)
        return (1 + np.rint(share * (SHADES - 1))).astype(np.uint8)

    @property
    def colours(self) -> list[Colour]:
        """The colours of the codes, from the first on."""
        from matplotlib import colormaps

        if self.nominal:
            return list(NAMES)
        shades = np.rint(255 * colormaps[_MAP](np.linspace(_MAP_START, 1.0, SHADES))[:, :3]).astype(int)
        return [(red, green, blue) for red, green, blue in shades.tolist()]

    def looks(self) -> dict[int, Appearance]:
        """How cells of each colour are drawn."""
        return {
            code: Appearance("", colour, "round", 0.70, 0.35, TUMOR_GROUP)
            for code, colour in enumerate(self.colours, start=1)
        }

    def lattices(
        self, standing: Mapping[str, np.ndarray], shown: Shown, cells: np.ndarray | Mapping[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        """The codes of the cells (columns layer, row, column, and that of the tint) where they stand, by layer: uint8
        [row, column]. `standing` says who stands where; cells that hold no site are left out."""
        numbers = list(shown.looks)
        codes, lattices = self.codes(cells[self.column]), {}
        for name, who in standing.items():
            here = np.asarray(cells["layer"]) == STANDING.index(name)
            lattice = np.zeros(who.shape, np.uint8)
            lattice[cells["row"][here], cells["column"][here]] = codes[here]
            lattices[name] = np.where(np.isin(who, numbers), lattice, 0).astype(np.uint8)
        return lattices


def column_of(wanted: str, columns: Mapping[str, Iterable[str]]) -> tuple[str, str]:
    """The population and its column that `wanted` names, "emt" or "tumor.emt"; `columns`: population -> names.

    Raises ValueError when there is none, or more than one.
    """
    population, _, column = wanted.rpartition(".")
    candidates = [name for name, known in columns.items() if column in known and population in ("", name)]
    if len(candidates) == 1:
        return candidates[0], column
    if candidates:
        raise ValueError(
            f"{', '.join(candidates)} all have a '{column}'; write which, such as {candidates[0]}.{column}"
        )
    known = sorted({f"{name}.{one}" for name, names in columns.items() for one in names})
    near = did_you_mean(wanted, [*known, *(one for names in columns.values() for one in names)])
    raise ValueError(
        f"no population has a '{wanted}' by which its cells could be coloured; {near or 'there are: ' + ', '.join(known)}"
    )


def limits_of(about: Mapping[str, Any], values: np.ndarray) -> tuple[float, float]:
    """What the ends of the scale stand for: the limits of the column (`valid_range`), or of most of its values."""
    if "valid_range" in about:
        low, high = about["valid_range"]
        return float(low), float(high)
    if not values.size:
        return 0.0, 1.0
    low, high = float(np.percentile(values, 1)), float(np.percentile(values, 99))
    return (min(low, 0.0) if low >= 0 else low), high if high > low else low + 1.0
