"""Parameters that several measures have in common."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, Field, WrapValidator

from ...cells.tumor import TumorCell
from ...config.plugins import declared_in_plugins
from ...registry import name_of
from ...units import Micrometers


def listed(value: Any) -> Any:
    """One word as a list of one, so that `states: held` may be written for `states: [held]`."""
    return [value] if isinstance(value, str) else value


def or_own(base: type[Any]) -> WrapValidator:
    """Accepts also the names of what loaded plugins declare of this kind."""

    def validate(value: Any, known: Callable[[Any], Any]) -> Any:
        own = [name_of(declared) for declared in declared_in_plugins(base)]
        return value if isinstance(value, str) and value in own else known(value)

    return WrapValidator(validate)


STATES = TumorCell.states
if TYPE_CHECKING:
    State = str
else:
    State = Literal[STATES]
SETTLED: tuple[State, ...] = ("held", "adherent", "extravasated", "dormant")
"""States of tumor cells that are somewhere in the field of a microscope."""
ARRESTED: tuple[State, ...] = ("held", "adherent")
"""States of tumor cells that are stopped inside a vessel."""

States = Annotated[
    tuple[State, ...], BeforeValidator(listed), Field(min_length=1, description="states of the tumor cells that count")
]
MinCells = Annotated[int, Field(ge=1, description="fewest tumor cells of a nodule")]
Solid = Annotated[bool, Field(description="sizes are of the sphere of which the slab shows the disc, not of the disc")]
Near = Annotated[Micrometers | None, Field(description="only within this distance, from site centre to site centre")]

SPHERE_OF_DISC = 0.7522527780636751
"""4/(3 sqrt(pi)): a disc of n sites through the centre of a sphere means a sphere of this times n^1.5 sites."""


def cells_of_sphere(cells_of_disc):
    """Cells of the sphere through whose centre a slab of one cell shows a disc of so many; a number or an array.

    A single cell is a sphere of one, and no group shrinks by being solid.
    """
    return np.maximum(cells_of_disc, SPHERE_OF_DISC * np.power(cells_of_disc, 1.5))
