"""A run as an object: what was kept of it, pictures, exports.

run = abm.open_run("runs/quickstart-seed1")
run.cells("tumor", day=3)
run.field("tnf", day=3).plot()
run.show(day=3)
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..config.errors import did_you_mean
from ..export import FORMATS
from ..export.cells import anndata_of
from ..export.format import put_into_place
from ..export.spatial_data import spatialdata_of
from ..kept.run import KeptRun
from ..notebook import card
from ..view.frames import Film
from ..view.movie import write_movie

if TYPE_CHECKING:
    from PIL.Image import Image

_CARD_PIXELS = 400
_CASCADE = " → "


class OpenedRun(KeptRun):
    """The folder of a run: what was kept of it (see `abm.kept.run.KeptRun`), pictures, exports."""

    def show(
        self,
        day: float | None = None,
        field: str | None = None,
        *,
        colour_by: str | None = None,
        pixels: int = 800,
        legend: bool = True,
        borders: bool = False,
    ) -> "Image":
        """A picture of the liver at the snapshot of a day (None: the last): a PIL image, which Jupyter shows.

        field : a field or layer to lay over it; colour_by : a column of a population, "emt" or "tumor.emt", by which its
        cells are coloured; pixels : of the longer side of the tissue; borders : whether those of nodules are coloured by how they
        grow. Raises ValueError for what is not there.
        """
        from PIL import Image

        recording, index = self.recording, self.frame(day)
        recording.tint = None if colour_by is None else recording.tint_by(colour_by)
        film = Film.of_recording(recording, field=field, pixels=pixels, legend=legend, borders=borders)
        return Image.fromarray(film.frame(recording.scene(index, field)))

    def movie(self, path: Path | str | None = None, **how) -> Path:
        """Draw the movie of the run and return its file; `how` : format, field, colour_by, fps, pixels ... of
        `abm.view.movie.write_movie`. By default it is written into the folder of the run."""
        return write_movie(self.folder, path, **how)

    def to_anndata(self, days: Sequence[float] | None = None) -> Any:
        """The cells at the snapshots of `days` (None: all) as an `anndata.AnnData`: see `abm.export.cells`."""
        return anndata_of(self, days)

    def to_spatialdata(self, days: Sequence[float] | None = None) -> Any:
        """The snapshots of `days` (None: the last) as a `spatialdata.SpatialData`: see `abm.export.spatial_data`."""
        return spatialdata_of(self, days)

    def export(
        self, to: str, path: Path | str | None = None, *, days: Sequence[float] | None = None, force: bool = False
    ) -> Path:
        """Write the run for other programs, as `crlm export` does, and return what was written.

        to : anndata, spatialdata, ome-zarr, simularium, vtk, csv or ro-crate; path : by default beside the run's folder; days :
        of the snapshots (None: those that suit the format); force : replace an earlier export. Raises ValueError for another
        format or a day without snapshot, FolderInUse when something is there already, NotInstalled without the library of the
        format.
        """
        named = {format.name: format for format in FORMATS}
        if to not in named:
            raise ValueError(f"there is no format '{to}'; {did_you_mean(to, named, 'there are ' + ', '.join(named))}")
        format = named[to]
        place = self.folder.with_name(self.folder.resolve().name + format.ending) if path is None else Path(path)
        return put_into_place(place, lambda draft: format.write(self, draft, days), files=format.files, force=force)

    def _repr_html_(self) -> str:
        """What Jupyter shows: the last picture, and a table."""
        facts = {
            "folder": str(self.folder),
            "seed": str(self.seed),
            "status": "complete" if self.is_complete else "not complete",
            "simulated time": f"{self.manifest['until_hours'] / 24:.4g} d",
        }
        pictures: Sequence = ()
        if self.is_complete:
            cascade = self.summary["cascade"]
            facts["cells at the end"] = ", ".join(
                f"{name.replace('_', ' ')} {cells['alive']:,.0f}"
                for name, cells in self.summary["cells"].items()
                if cells["alive"]
            )
            facts["founders"] = _CASCADE.join(
                f"{stage.replace('_', ' ')} {counts['count']:,}" for stage, counts in cascade.items()
            )
        if self.has_snapshots:
            facts["snapshots"] = f"{len(self.days)}, day {self.days[0]:.4g} to {self.days[-1]:.4g}"
            pictures = [self.show(pixels=_CARD_PIXELS, legend=False)]
        return card(f"Run '{self.title}'", facts, pictures=pictures)

    def __repr__(self) -> str:
        kept = f"{len(self.days)} snapshots" if self.has_snapshots else "no snapshots"
        return f"<Run '{self.title}', seed {self.seed}: {kept}, in {self.folder}>"


def open_run(folder: Path | str) -> OpenedRun:
    """The run in a folder, complete or not. Raises FileNotFoundError when there is none."""
    return OpenedRun(folder)
