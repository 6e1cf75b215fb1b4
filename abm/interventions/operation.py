"""What an operation is: something done at a moment to the nodules that are seen, and to a margin of the tissue around them."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from ..tissue.distances import distance_to
from ..tissue.pieces import connected, from_edge, outside_of
from ..units import Micrometers, Moment, Parameters, Positive, parameter, written
from .intervention import Conditional

Nodules = Literal["all", "largest"]
"""Which of the nodules that are seen."""
MARGIN = "how far beyond the edge of a nodule it reaches"


class Disc(Parameters):
    """A round part of the tissue."""

    x: Micrometers = Field(description="distance of its middle from the left edge of the tissue")
    y: Micrometers = Field(description="distance of its middle from the lower edge of the tissue")
    radius: Annotated[Micrometers, Positive] = Field(description="its radius")

    def meets(self, tissue) -> bool:
        """Whether any of it lies in a tissue of that width and height."""
        beyond = [max(at - size, 0.0) for at, size in ((self.x, tissue.width), (self.y, tissue.height))]
        return float(np.hypot(*beyond)) < self.radius

    def sites(self, liver) -> np.ndarray:
        """The sites whose middles lie in it: bool lattice."""
        rows, columns = liver.shape
        middle = rows - 1 - self.y / liver.spacing_um + 0.5, self.x / liver.spacing_um - 0.5
        apart = [np.abs(np.arange(size) - at) for size, at in zip((rows, columns), middle, strict=True)]
        if liver.periodic:
            apart = [np.minimum(off, size - off) for off, size in zip(apart, (rows, columns), strict=True)]
        return np.hypot(apart[0][:, None], apart[1][None, :]) * liver.spacing_um <= self.radius


class Operation(Conditional):
    """An intervention at the nodules that are seen at its moment, of which it keeps nothing but what it has left in the tissue."""

    start: Moment = Field(default=written("0 h"), description="when; negative: before time 0")
    margin: Micrometers = parameter(
        "0.2 mm",
        low="0 um",
        high="1 mm",
        mark="assumed",
        source="5 mm beside a lesion of 25 mm, where a nodule of 1 mm stands for it",
        description=MARGIN,
    )
    seen: Micrometers = parameter(
        "0.1 mm",
        low="20 um",
        high="0.3 mm",
        mark="assumed",
        source="ultrasound shows 3 to 5 mm beside lesions of 3 to 5 cm, for which a nodule of 1 mm stands",
        description="diameter of the smallest nodule that is seen; of smaller ones nobody knows",
    )
    within: Disc | None = Field(default=None, description="only nodules that reach into this part of the tissue")

    @property
    def begins(self) -> float:
        return self.start

    def zone(self, liver) -> np.ndarray:
        """Where it is done (bool lattice): the nodules that are chosen, as far as they are seen, with the margin; for the whole tissue
        all of it, or the part."""
        if self.target == "tissue":
            return np.ones(liver.shape, bool) if self.within is None else self.within.sites(liver)
        nodules, count = connected(~outside_of(liver.tumor_sites(), liver.periodic), liver.periodic)
        area = np.bincount(nodules.ravel(), minlength=count + 1) * liver.spacing_um**2
        area[0] = 0.0
        if self.within is not None:
            reached = np.unique(nodules[self.within.sites(liver)])
            area[~np.isin(np.arange(count + 1), reached)] = 0.0
        chosen = (area > 0.0) & (np.sqrt(4 / np.pi * area) >= self.seen)
        if self.target == "largest":
            chosen &= np.arange(count + 1) == np.argmax(area)
        return from_edge(chosen[nodules], liver.spacing_um, liver.periodic) <= self.margin


def how_far(liver, where: np.ndarray) -> np.ndarray:
    """The distance of every site from the nearest of those that are `where` (bool lattice), middle to middle, in um: float32
    lattice, very far where there is none."""
    return distance_to(where.astype(np.uint8), 1, liver.periodic) * np.float32(liver.spacing_um)
