"""A run's snapshots, frame by frame: only as much in memory as one chunk of the store."""

from contextlib import contextmanager
from pathlib import Path

import numpy as np

from ..folder.files import DamagedFile
from .palette import UNITS
from .scene import Scene

SNAPSHOTS = "snapshots.zarr"
_LATTICES = ("lumen", "tissue", "perfused", "hepatocyte", "ecm", "nets", "e_selectin")
_LOOKS_FOR_LIMITS = 12  # frames from which the limits of an overlay are taken
_PEAK_SHARE = 99.0  # percentile that counts as the highest level: single sites at a secreting cell would hide the rest


class Recording:
    """The frames of one run.

    times_min : float64 [frames]; site_kind : uint8 [row, column]; title; spacing_um; fields : names that can be overlaid
    """

    def __init__(self, folder: Path | str):
        """Raises FileNotFoundError when the run folder has no snapshots, or none yet; DamagedFile, here and later, when
        they cannot be read."""
        import zarr
        from zarr.storage import LocalStore

        path = Path(folder) / SNAPSHOTS
        if not path.is_dir():
            raise FileNotFoundError(
                f"{folder} has no {SNAPSHOTS}: is it the folder of a run, and was it run with snapshots?"
            )
        self._path = path
        with self._whole():
            self._group = zarr.open_group(LocalStore(path, read_only=True), mode="r")
            times = self._read("time")
        self.times_min = times[np.isfinite(times)]
        if not self.times_min.size:
            raise FileNotFoundError(f"{path} holds no frames yet: they are written at each checkpoint and at the end")
        with self._whole():
            self.site_kind = self._read("site_kind")
            self.spacing_um = float(self._group.attrs["spacing_um"])
            self.title = str(self._group.attrs.get("title", ""))
            self.fields = tuple(
                sorted(name for name, array in self._group.arrays() if array.ndim == 3 and array.dtype.kind == "f")
            )
        self._blocks: dict[str, tuple[int, np.ndarray]] = {}

    def __len__(self) -> int:
        return self.times_min.size

    def unit(self, field: str) -> str:
        """The unit of a field; '' when it has none."""
        self._known(field)
        about = self._group[field].attrs
        unit = (
            "K" if "relative_to" in about else str(about.get("units", about.get("unit", "")))
        )  # "unit": of earlier versions
        return UNITS.get(unit, unit)

    def scene(self, index: int, field: str | None = None) -> Scene:
        """The liver at frame `index`, with `field` for the overlay. Raises ValueError for a field that is not there."""
        index = range(len(self))[index]
        lattices = {name: self._frame(name, index) for name in _LATTICES}
        level = None if field is None else self._frame(self._known(field), index)
        return Scene(minutes=float(self.times_min[index]), field=level, **lattices)

    def limits(self, field: str) -> tuple[float, float]:
        """Lower and upper limit of a field over the whole run; signals begin at 0."""
        self._known(field)
        chosen = np.unique(np.linspace(0, len(self) - 1, _LOOKS_FOR_LIMITS).round().astype(int))
        frames = [self._frame(field, int(i)) for i in chosen]
        return field_limits(frames)

    @contextmanager
    def _whole(self):
        """What is read inside is named when it cannot be."""
        try:
            yield
        except (OSError, ValueError, KeyError, RuntimeError) as error:  # what zarr and its codecs raise
            raise DamagedFile(f"{self._path} cannot be read ({type(error).__name__}: {error})") from error

    def _read(self, name: str, first: int = 0, end: int | None = None) -> np.ndarray:
        """Entries of an array along its first axis."""
        from ..folder import chunks

        array = self._group[name]
        size = array.shape[0]
        return chunks.read(self._path, array, first, size if end is None else min(end, size))

    def _known(self, field: str) -> str:
        if field not in self.fields:
            raise ValueError(f"there is no field '{field}'; there are: {', '.join(self.fields)}")
        return field

    def _frame(self, name: str, index: int) -> np.ndarray:
        array = self._group[name]
        length = array.chunks[0]
        number = index // length
        held = self._blocks.get(name)
        if held is None or held[0] != number:
            with self._whole():
                held = self._blocks[name] = (number, self._read(name, number * length, (number + 1) * length))
        frame = held[1][index - number * length]
        return frame.astype(np.float32) if frame.dtype.kind == "f" else frame


def field_limits(frames: list[np.ndarray]) -> tuple[float, float]:
    """Limits that suit all `frames`: from 0 for signals, from the lowest value where the level is nowhere near 0."""
    highest = max(float(np.percentile(frame, _PEAK_SHARE)) for frame in frames)
    lowest = min(float(np.percentile(frame, 100 - _PEAK_SHARE)) for frame in frames)
    low = lowest if lowest > 0.25 * highest else 0.0
    if highest <= low:
        highest = max(float(frame.max()) for frame in frames)
    return low, highest if highest > low else low + 1.0
