"""What a recorder is: it observes the model on a schedule and keeps what it observes."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..folder.schedule import Every, Schedule
from ..units import Quantity

if TYPE_CHECKING:
    from ..model import LiverModel

_DURATION = Quantity("h", "a duration", "24 h")


def as_hours(value: Any) -> float:
    """'3 d' or a bare number of hours, as hours."""
    return _DURATION.parse(f"{value} h" if isinstance(value, int | float) else value)


class Recorder:
    """Observes the model on a schedule, without changing it.

    In a run folder, `flush` writes what was observed to the disk, and `state` is what a checkpoint must hold so that `resume`
    goes on as if nothing had happened. Without a folder everything stays in memory.
    """

    name: str
    """Unique within a simulation; the stem of its file."""

    def __init__(self, every: Any):
        self.every_hours = as_hours(every)
        self.schedule: Schedule = Every(self.every_hours)
        self.folder: Path | None = None

    @property
    def run_folder(self) -> Path:
        """The folder, of a run that is kept in one."""
        assert self.folder is not None
        return self.folder

    def begin(self, model: "LiverModel", folder: Path | None, steps: list[int]) -> None:
        """Called before the first step: makes the files. `steps` : those at which `record` will be called."""
        self.folder = folder

    def check(self, folder: Path, state: dict[str, np.ndarray]) -> None:
        """Called before `resume`; changes nothing. Raises DamagedFile unless the files that belong to `state` are intact."""

    def resume(self, model: "LiverModel", folder: Path, steps: list[int], state: dict[str, np.ndarray]) -> None:
        """Called instead of `begin`: goes on from `state`, and discards everything newer."""
        self.folder = folder

    def is_last(self, model: "LiverModel") -> bool:
        """Called before `record`: whether this look is the last one, with which the run ends."""
        return False

    def record(self, model: "LiverModel") -> None:
        """Observe the model."""
        raise NotImplementedError(f"the recorder '{self.name}' has no record(self, model)")

    def flush(self, model: "LiverModel") -> None:
        """Write everything observed so far to the disk; called before each checkpoint and at the end."""

    def state(self) -> dict[str, np.ndarray]:
        """What a checkpoint must hold, right after `flush`."""
        return {}

    def finish(self, model: "LiverModel") -> None:
        """Write the final files. May be called again after an interruption."""

    def files(self) -> tuple[str, ...]:
        """The names of its files in the folder of a complete run."""
        return ()

    def reopen(self, folder: Path) -> None:
        """Called instead of `begin` when the run in `folder` is complete and is only read."""
        self.folder = folder

    def __repr__(self) -> str:
        return f"{type(self).__name__}(every='{self.every_hours:g} h')"


class Calling(Recorder):
    """Calls a function of the model on schedule: `Calling(lambda model: print(model.minutes), every="1 d")`.

    What the function keeps is not part of the run's checkpoints.
    """

    def __init__(self, function, every: Any, name: str = ""):
        super().__init__(every)
        self.function = function
        self.name = name or getattr(function, "__name__", "calling")

    def record(self, model: "LiverModel") -> None:
        self.function(model)
