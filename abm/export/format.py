"""What a format is in which runs are exported, and how an export gets into its place."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from ..extras import how_to_install
from ..folder.files import FolderInUse, refuse_no_folder, refuse_other_kind, replace_whole, scratch_folder
from ..kept.run import KeptRun


class Format(NamedTuple):
    """A format of exports.

    name : on the command line
    ending : of its files or folders
    words : what is in it, and who reads it
    write : called with the run, the path of a draft that is not there yet, and the days (None: those that suit the format)
    files : for a format that is a folder, the pattern of the names of its files; "" for one that is a file
    """

    name: str
    ending: str
    words: str
    write: Callable[[KeptRun, Path, Sequence[float] | None], object]
    files: str = ""


ZARR_FILES = r"(.+/)?(zarr\.json|c(/\d+)*|shapes\.parquet)"
"""The files of a Zarr store, and the one that SpatialData adds."""


class NotInstalled(ImportError):
    """A library that an export needs is not there; the message says how it is installed."""


@contextmanager
def needed_for(what: str) -> Iterator[None]:
    """What is imported inside belongs to the extra `export`. Raises NotInstalled, which says how to get it."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise NotInstalled(
            f"{what} needs {error.name}: pip install {error.name}, or what all exports need: {how_to_install('export')}"
        ) from None


def put_into_place(path: Path, write: Callable[[Path], object], *, files: str = "", force: bool = False) -> Path:
    """Let `write` make a draft, and put it to `path` when it is whole; returns `path`. `files` : as of a format.

    Raises FolderInUse when something is there already, unless `force` replaces it; with `force`, too, when that is a folder
    with a file that is none of an export.
    """
    if path.exists() and not force:
        raise FolderInUse(f"{path} is there already; --force replaces it, or choose another name (-o)")
    refuse_other_kind(path, bool(files))
    if path.is_dir():
        _refuse_files_of_others(path, re.compile(files))
    refuse_no_folder(path.parent)
    path.parent.mkdir(parents=True, exist_ok=True)
    with scratch_folder(path.parent, ".export-") as scratch:
        draft = scratch / path.name
        write(draft)
        replace_whole(draft, path)
    return path


def _refuse_files_of_others(folder: Path, files: re.Pattern) -> None:
    names = (file.relative_to(folder).as_posix() for file in sorted(folder.rglob("*")) if not file.is_dir())
    other = next((name for name in names if not files.fullmatch(name)), None)
    if other is not None:
        raise FolderInUse(
            f"{folder} holds {other}, which is no part of an earlier export. Nothing was changed; choose another name (-o)"
        )
