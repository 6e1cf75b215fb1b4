"""What a format is in which runs are exported, and how an export gets into its place."""

import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
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
    mark : for a format that is a folder the file by which it is known, "" for one that is a file
    needs : what is imported for it, of the extra `export`
    """

    name: str
    ending: str
    words: str
    write: Callable[[KeptRun, Path, Sequence[float] | None], object]
    mark: str = ""
    needs: tuple[str, ...] = ()


class NotInstalled(ImportError):
    """A library that an export needs is not there; the message says how it is installed."""


def needed(library: str, format: str) -> ModuleType:
    """A library of the extra `export`. Raises NotInstalled, which says how to get it."""
    try:
        return importlib.import_module(library)
    except ModuleNotFoundError as error:
        if error.name != library.partition(".")[0]:
            raise
        raise NotInstalled(f"the format '{format}' needs {library}: {how_to_install('export')}") from None


def put_into_place(format: Format, path: Path, write: Callable[[Path], object], force: bool = False) -> Path:
    """Let `write` make a draft, and put it to `path` when it is whole; returns `path`.

    Raises FolderInUse when something is there already, unless `force` replaces it; with `force`, too, when that is a folder
    that is none of this format, so that files of others stay.
    """
    if path.exists() and not force:
        raise FolderInUse(f"{path} is there already; --force replaces it, or choose another name (-o)")
    refuse_other_kind(path, bool(format.mark))
    if path.is_dir() and any(path.iterdir()) and not (path / format.mark).exists():
        raise FolderInUse(
            f"{path} holds files, and no {format.mark}, so that it is no earlier export. Nothing was changed; choose another name (-o)"
        )
    refuse_no_folder(path.parent)
    path.parent.mkdir(parents=True, exist_ok=True)
    with scratch_folder(path.parent, ".export-") as scratch:
        draft = scratch / path.name
        write(draft)
        replace_whole(draft, path)
    return path
