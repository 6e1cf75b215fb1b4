"""Simularium: the cells through time, to be played at simularium.allencell.org, in the colours and sizes of pictures."""

import io
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


def _write(run: KeptRun, path: Path, days: Sequence[float] | None) -> None:
    with needed_for("Simularium"):
        import simulariumio as simularium

    looks, site = Looks(run), run.recording.spacing_um
    rows, columns = run.recording.site_kind.shape
    size = np.array([columns * site, rows * site, site])
    tables = [run.cells(day=day) for day in (run.days if days is None else days)]
    most = max(1, *(len(cells) for cells in tables))
    shape = (len(tables), most)
    positions, radii, who = np.zeros((*shape, 3)), np.ones(shape), np.zeros(shape)
    types: list[list[str]] = []
    numbers: dict[tuple[str, int], int] = {}
    drawn: dict[str, tuple[str, str]] = {}
    for k, cells in enumerate(tables):
        count = len(cells)
        positions[k, :count, :2] = cells[["x_um", "y_um"]].to_numpy() - (size[:2] - site) * _MIDDLE
        each = list(zip(cells["population"], cells["state"], strict=True))
        radii[k, :count] = [looks[cell].radius * site for cell in each]
        names = list(zip(cells["population"], cells["uid"].tolist(), strict=True))
        who[k, :count] = [numbers.setdefault(name, len(numbers)) for name in names]
        types.append([f"{population}#{state}" for population, state in each])
        drawn |= {f"{population}#{state}": (population, state) for population, state in each}
    data = simularium.TrajectoryData(
        meta_data=simularium.MetaData(
            box_size=size,
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
        spatial_units=simularium.UnitData("µm"),
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


SIMULARIUM = Format(
    "simularium",
    ".simularium",
    "cells through time, to be played in the viewer of Simularium",
    _write,
)
