"""Runs and batches that were kept, as pages show them: their moments, pictures, and the page that can be mailed."""

import tempfile
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlencode

import numpy as np

from ..folder.files import scratch_folder
from ..folder.names import RUNS
from ..notebook import as_jpeg
from ..report.of_batch import report_of_batch
from ..report.of_run import report_of_run
from ..view.paint import paint
from ..view.recording import Recording
from .looking import pixels_for
from .working_folder import WorkingFolder, kind_of

_KEPT_OPEN = 6


@dataclass(frozen=True)
class RunInBrief:
    """A run: its name in the working folder, title, rows and columns, spacing (um), moments (minutes), what time 0 is
    called, and what can be laid over it and colour its cells (name -> words)."""

    name: str
    title: str
    shape: tuple[int, int]
    spacing_um: float
    minutes: tuple[float, ...]
    since: str
    fields: dict[str, str]
    columns: dict[str, str]


@dataclass(frozen=True)
class KeptView:
    """What is to be seen of a run."""

    run: str
    minutes: float = 0.0
    field: str = ""
    colour_by: str = ""
    region: tuple[int, int, int, int] | None = None
    pixels: int = 800

    def at(self, **changes) -> "KeptView":
        """Another view of the same run."""
        return replace(self, **changes)

    @property
    def address(self) -> str:
        """Where its picture is."""
        asked = {"run": self.run, "minutes": self.minutes, "field": self.field, "colour_by": self.colour_by}
        if self.region is not None:
            asked["region"] = ",".join(map(str, self.region))
        return f"/crlm/kept?{urlencode(asked)}"


class KeptRuns:
    """What is in a working folder; the runs looked at last are kept open. One picture is painted at a time."""

    def __init__(self, folder: WorkingFolder):
        self._folder = folder
        self._open: OrderedDict[Path, Recording] = OrderedDict()
        self._painting = threading.Lock()

    def _recording(self, name: str) -> Recording:
        """Raises OutsideFolder, FileNotFoundError, DamagedFile."""
        path = self._folder.inside(name)
        recording = self._open.pop(path, None) or Recording(path)
        self._open[path] = recording
        while len(self._open) > _KEPT_OPEN:
            self._open.popitem(last=False)
        return recording

    def about(self, name: str) -> RunInBrief:
        """What is known of a run. Raises OutsideFolder, FileNotFoundError, DamagedFile."""
        with self._painting:
            recording = self._recording(name)
            shape = recording.site_kind.shape
            return RunInBrief(
                name,
                recording.title,
                (int(shape[0]), int(shape[1])),
                recording.spacing_um,
                tuple(map(float, recording.times_min)),
                recording.since,
                {field: recording.words(field) for field in recording.fields},
                {
                    f"{population}.{column}": f"{population}: {column}".replace("_", " ")
                    for population, columns in recording.tinting().items()
                    if population in recording.present
                    for column in columns
                },
            )

    def common_times(self, names: list[str]) -> list[float]:
        """The moments (minutes) that all named runs have."""
        times = [np.round(self.about(name).minutes).astype(int) for name in names if name]
        common = set(times[0].tolist()).intersection(*(other.tolist() for other in times[1:]))
        return [float(minutes) for minutes in sorted(common)]

    def picture(self, view: KeptView) -> bytes:
        """A JPEG of a view. Raises OutsideFolder, FileNotFoundError, DamagedFile, ValueError for what is not there."""
        from PIL import Image

        region = None
        if view.region is not None:
            row, column, rows, columns = view.region
            region = (slice(row, row + rows), slice(column, column + columns))
        with self._painting:
            recording = self._recording(view.run)
            frame = int(np.argmin(np.abs(recording.times_min - view.minutes)))
            painted = paint(
                recording,
                view.field or None,
                frame=frame,
                region=region,
                pixels=pixels_for(view.region, view.pixels),
                colour_by=view.colour_by or None,
            )
        return as_jpeg(Image.fromarray(painted.image))

    def runs_of(self, batch: str) -> list[str]:
        """The runs of a batch that can be looked at."""
        runs = self._folder.inside(batch) / RUNS
        return sorted(run.name for run in runs.iterdir() if kind_of(run) == "run") if runs.is_dir() else []

    def report(self, name: str) -> str:
        """The page of a run or a batch. Raises OutsideFolder, FileNotFoundError, ValueError."""
        folder = self._folder.inside(name)
        if kind_of(folder) == "batch":
            with scratch_folder(Path(tempfile.gettempdir()), "crlm-report-") as scratch:
                return report_of_batch(folder, scratch).render()
        return report_of_run(folder).render()
