"""OME-Zarr (OME-NGFF): all levels as one image over time and channels, in um per pixel, and all codes as labels.

The first row of an image is the uppermost. Days between snapshots are the scale of time; where those that were chosen are not even
it is their mean, and `crlm.days` of the attributes has the days themselves.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..kept.run import KeptRun
from ..view.palette import ARMS_ON_DARK, as_hex
from .colours import Looks
from .format import ZARR_FILES, Format, needed_for

_SPACE = [{"name": name, "type": "space", "unit": "micrometer"} for name in ("y", "x")]
_TIME = {"name": "t", "type": "time", "unit": "day"}
_OF_IMAGE = [_TIME, {"name": "c", "type": "channel"}, *_SPACE]
_OF_LABELS = [_TIME, *_SPACE]
_OPAQUE = 255


def _write(run: KeptRun, path: Path, days: Sequence[float] | None) -> None:
    import zarr

    with needed_for("OME-Zarr"):
        import dask
        from ome_zarr import writer

    chosen = tuple(run.even_days if days is None else days)
    frames = [run.frame(day) for day in chosen]
    moments = [run.days[frame] for frame in frames]
    between = (moments[-1] - moments[0]) / (len(moments) - 1) if len(moments) > 1 else 1.0
    site = run.recording.spacing_um
    begins, step = {"t": moments[0]}, {"t": between, "y": site, "x": site}
    group = zarr.open_group(path, mode="w")
    with dask.config.set(scheduler="synchronous"):  # one frame at a time, and never all of them in memory
        image = _through_time(run, run.fields, frames)
        writer.write_multiscale([image], group, axes=_OF_IMAGE, name=run.title, storage_options=_chunked(image))
        for name in run.layers:
            codes = _through_time(run, [name], frames)[:, 0]
            writer.write_multiscale_labels(
                [codes],
                group,
                name,
                axes=_OF_LABELS,
                storage_options=_chunked(codes),
                label_metadata=_meanings(run, run.layer(name, moments[0]).attrs),
            )
            _put(group[f"labels/{name}"], _OF_LABELS, begins, step)
    seen = next((number for number, name in enumerate(run.fields) if _varies(image[-1, number])), 0)
    channels = [_channel(run, number, number == seen) for number in range(len(run.fields))]
    _put(group, _OF_IMAGE, begins, step, omero={"channels": channels})
    group.attrs["crlm"] = {
        "title": run.title,
        "seed": run.seed,
        "version": run.manifest["versions"]["crlm"],
        "days": moments,
        "units": {name: run.field(name, moments[0]).attrs.get("units", "1") for name in run.fields},
    }


def _through_time(run: KeptRun, names: Sequence[str], frames: Sequence[int]) -> Any:
    """Lattices as a dask array [time, channel, row, column], a chunk for each frame, which is read when it is needed."""
    import dask
    import dask.array

    def read(frame: int) -> np.ndarray:
        return np.stack([run.recording.lattice(name, frame) for name in names])

    like = read(frames[0])
    later = dask.delayed(read)
    return dask.array.stack([dask.array.from_delayed(later(frame), like.shape, like.dtype) for frame in frames])


def _put(
    group: Any, axes: list[dict[str, str]], begins: Mapping[str, float], step: Mapping[str, float], **more: Any
) -> None:
    """Say in the metadata of an image where it lies and when, by axis; versions of ome-zarr have different ways of being told."""
    about = dict(group.attrs)["ome"] | more
    image = about["multiscales"][0]
    image["axes"] = axes  # ome-zarr 0.21 leaves their units out
    image["datasets"][0]["coordinateTransformations"] = [
        {"type": "scale", "scale": [step.get(axis["name"], 1.0) for axis in axes]},
        {"type": "translation", "translation": [begins.get(axis["name"], 0.0) for axis in axes]},
    ]
    group.attrs["ome"] = about


def _varies(level: Any) -> bool:
    """Whether there is anything to be seen of a lattice."""
    return bool((level.max() > level.min()).compute())


def _chunked(values: Any) -> dict[str, Any]:
    """One chunk for each moment."""
    return {"chunks": (1, *values.shape[1:])}


def _channel(run: KeptRun, number: int, is_on: bool) -> dict[str, Any]:
    """How viewers show a channel."""
    name = run.fields[number]
    unit = run.recording.unit(name)
    low, high = run.recording.limits(name)
    return {
        "label": f"{name} ({unit})" if unit else name,
        "color": as_hex(ARMS_ON_DARK[number % len(ARMS_ON_DARK)]).removeprefix("#").upper(),
        "active": is_on,
        "window": {"start": low, "end": high, "min": low, "max": high},
    }


def _meanings(run: KeptRun, about: Mapping[str, Any]) -> dict[str, Any]:
    """The meaning of each code and, where pictures draw it, its colour."""
    looks = Looks(run)
    states = {f"{population}_{state}": look.colour for (population, state), look in looks.of.items()}
    codes = list(zip(map(int, about["flag_values"]), about["flag_meanings"].split(" "), strict=True))
    return {
        "properties": [{"label-value": code, "name": meaning} for code, meaning in codes],
        "colors": [
            {"label-value": code, "rgba": [*states[meaning], _OPAQUE]} for code, meaning in codes if meaning in states
        ],
    }


OME_ZARR = Format(
    "ome-zarr",
    ".ome.zarr",
    "levels as an image through time and codes as labels, for napari and other viewers of OME-NGFF",
    _write,
    files=ZARR_FILES,
)
