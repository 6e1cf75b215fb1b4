"""What stands in the folder of a run, and what each file is: for archives."""

from pathlib import Path
from typing import NamedTuple

from ..folder import manifest
from ..folder.names import SNAPSHOTS, SUMMARY, TABLES, table_file
from ..simulation import PICTURES, PLUGINS

MEDIA_TYPES = {
    ".yaml": "application/yaml",
    ".json": "application/json",
    ".jsonld": "application/ld+json",
    ".parquet": "application/vnd.apache.parquet",
    ".png": "image/png",
    ".mp4": "video/mp4",
    ".py": "text/x-python",
}
OTHER = "application/octet-stream"

_WORDS = {
    manifest.CONFIG: "the config, everything filled in",
    manifest.NAME: "what was run, with what, where and how long",
    SUMMARY: "what became of the tumor cells",
    table_file("timeseries"): "counts, fields and events through time",
    table_file("flows"): "how cells came and went through time",
    table_file("events"): "every event with its cause",
    table_file("nodules"): "groups of tumor cells through time",
    table_file("lesions"): "lesions followed through time",
    SNAPSHOTS: "lattices and cell tables through time (Zarr)",
}


class Content(NamedTuple):
    """A file, a folder or a text: its name in the archive, where it is (None for a text), what it is."""

    name: str
    path: Path | None
    words: str
    text: str = ""

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES.get(Path(self.name).suffix, OTHER)

    def files(self) -> list["Content"]:
        """The files in it, if it is a folder; else itself."""
        if self.path is None or not self.path.is_dir():
            return [self]
        return [
            Content(f"{self.name}/{file.relative_to(self.path).as_posix()}", file, self.words)
            for file in sorted(self.path.rglob("*"))
            if file.is_file()
        ]


def contents_of(folder: Path) -> list[Content]:
    """What a complete run left, the config first."""
    names = [manifest.CONFIG, manifest.NAME, SUMMARY, *map(table_file, TABLES), SNAPSHOTS, *PICTURES]
    plugins = sorted((folder / PLUGINS).glob("[!.]*.*")) if (folder / PLUGINS).is_dir() else []
    return [
        *(
            Content(name, folder / name, _WORDS.get(name, "a picture of the run"))
            for name in names
            if (folder / name).exists()
        ),
        *(Content(f"{PLUGINS}/{path.name}", path, "a file that the config names") for path in plugins),
    ]
