"""Simularium: the cells through time, to be played at simularium.allencell.org, in the colours and sizes of pictures.

Its viewer goes on by the same time from one frame to the next, cuts off what is far from the camera, and reads the `_` in the
name of a state as "and": so frames are even, the longer side of the tissue is always drawn as long, and names have spaces.
"""

import io
import math
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np

from ..folder.files import write_text
from ..kept.run import KeptRun
from .colours import Looks
from .format import Format, needed_for

_SPHERE = 1000.0
"""Simularium's number for what is drawn as one thing."""
_MIDDLE = 0.5
_LONGER_SIDE = 100.0
"""Of the tissue, in units of the viewer."""
_VIEW_DEGREES = 20.0
"""From bottom to top of the view: narrow, so that cells at the edge are round as well."""
_DISTANCE = 1.15 * _LONGER_SIDE / 2 / math.tan(math.radians(_VIEW_DEGREES / 2))
"""Of the camera, such that all of the tissue is seen."""


def _write(run: KeptRun, path: Path, days: Sequence[float] | None) -> None:
    with needed_for("Simularium"):
        import simulariumio as simularium

    looks, site = Looks(run), run.recording.spacing_um
    rows, columns = run.recording.site_kind.shape
    size = np.array([columns * site, rows * site, site])
    scale = _LONGER_SIDE / size.max()
    tables = [run.cells(day=day) for day in (run.even_days if days is None else days)]
    most = max(1, *(len(cells) for cells in tables))
    shape = (len(tables), most)
    positions, radii, who = np.zeros((*shape, 3)), np.ones(shape), np.zeros(shape)
    types: list[list[str]] = []
    numbers: dict[tuple[str, int], int] = {}
    drawn: dict[str, tuple[str, str]] = {}
    for k, cells in enumerate(tables):
        count = len(cells)
        positions[k, :count, :2] = (cells[["x_um", "y_um"]].to_numpy() - (size[:2] - site) * _MIDDLE) * scale
        each = list(zip(cells["population"], cells["state"], strict=True))
        radii[k, :count] = [looks[cell].radius * site * scale for cell in each]
        names = list(zip(cells["population"], cells["uid"].tolist(), strict=True))
        who[k, :count] = [numbers.setdefault(name, len(numbers)) for name in names]
        types.append([_name(*cell) for cell in each])
        drawn |= {_name(*cell): cell for cell in each}
    data = simularium.TrajectoryData(
        meta_data=simularium.MetaData(
            box_size=size * scale,
            camera_defaults=simularium.CameraData(position=np.array([0, 0, _DISTANCE]), fov_degrees=_VIEW_DEGREES),
            trajectory_title=f"{run.title}, seed {run.seed}",
            model_meta_data=simularium.ModelMetaData(
                title=run.title,
                version=run.manifest["versions"]["crlm"],
                description=run.manifest["config"]["description"],
            ),
        ),
        agent_data=simularium.AgentData(
            times=np.array([cells.attrs["day"] for cells in tables]),
            n_agents=np.array([len(cells) for cells in tables]),
            viz_types=np.full(shape, _SPHERE),
            unique_ids=who,
            types=types,
            positions=positions,
            radii=radii,
            display_data={
                name: simularium.DisplayData(
                    name=name, display_type=simularium.DISPLAY_TYPE.SPHERE, color=looks.colour(*cell)
                )
                for name, cell in drawn.items()
            },
        ),
        time_units=simularium.UnitData("day"),
        spatial_units=simularium.UnitData("µm", 1.0 / scale),
    )
    counts = run.timeseries
    plot = simularium.ScatterPlotData(
        title="Cells",
        xaxis_title="day",
        yaxis_title="cells",
        xtrace=counts["time_min"].to_numpy() / 1440.0,
        ytraces={name: counts[name].to_numpy(np.float64) for name in run.populations if counts[name].any()},
        render_mode="lines",
    )
    converter = simularium.TrajectoryConverter(data)
    with redirect_stdout(io.StringIO()):  # it says what it does
        converter.add_plot(plot, "scatter")
    write_text(path, converter.to_JSON())


def _name(population: str, state: str) -> str:
    return f"{population}#{state}".replace("_", " ")


SIMULARIUM = Format(
    "simularium",
    ".simularium",
    "cells through time, to be played in the viewer of Simularium",
    _write,
)
