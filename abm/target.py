"""What the experimenter can act on, declared where it lives: beside a population, a field, a level in the blood, a rule."""

import inspect
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic.fields import FieldInfo

from .units import Mark

TAKEN = "share of the cells that a dose takes"
RETURN = "half-life with which the missing share comes back"
AWAY = "time for which all that a dose took stay away"
"""What the numbers of a depletion mean."""
HALF_LIFE_IN_BLOOD = "half-life in the blood"
"""What that number of a stimulus means."""


def about(declared: type) -> str:
    """What is said of something declared: by its file, or by the class where a file holds several."""
    own = declared.__doc__ if "is_plugin" in vars(declared) else None
    return inspect.cleandoc(own or sys.modules[declared.__module__].__doc__ or declared.__doc__ or "")


@dataclass(frozen=True)
class Target:
    """What a kind of intervention can act on: by what it is done in the laboratory, who showed it, and the numbers
    (made with `parameter`) in which the target differs from others."""

    agent: str
    source: str
    mark: Mark
    numbers: Mapping[str, FieldInfo] = field(default_factory=dict)
