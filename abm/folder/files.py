"""Files that are either whole or not there: written beside, brought to the disk, then renamed. And the one place through
which anything is removed or replaced: always by name, so that the files of others stay wherever they lie.
"""

import errno
import functools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from pathlib import Path

TEMPORARY = ".partial"
"""Ending of a file that is being written; one that is found later was left by a killed run."""


class FolderInUse(Exception):
    """The output folder holds something already that would be overwritten, or is no folder."""


class DamagedFile(Exception):
    """A file of a run that is missing, truncated or altered; the message names it."""


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` make a file beside `path`, and put it into its place once it is safely on the disk.

    Raises OSError (full disk, no permission), which names the file; then `path` is as it was before.
    """
    beside = path.with_name(path.name + TEMPORARY)
    try:
        write(beside)
        sync(beside)
        os.replace(beside, path)
    except BaseException as error:
        if isinstance(error, OSError) and error.strerror and error.filename is None:
            error.filename = str(path)  # writing into an open file names none
        beside.unlink(missing_ok=True)
        raise
    sync(path.parent)


def write_text(path: Path, text: str) -> None:
    """`write_whole` for a text."""
    write_whole(path, lambda beside: beside.write_text(text, encoding="utf-8"))


def sync(path: Path) -> None:
    """Bring a file or the entries of a folder to the disk."""
    if path.is_dir() and os.name == "nt":
        return  # Windows cannot open folders, and brings their entries to the disk by itself
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# --- Removing and replacing -------------------------------------------------------------------------------------------


def remove_files(folder: Path, ours: Callable[[str], object]) -> None:
    """Remove what is ours below a folder, if it is there; everything else stays.

    `ours` says so of a name, which is relative to the folder: "a/b" for a file (or a link), "a/" for a folder, which goes
    only when nothing is left in it. Folders behind links are not looked into.
    """
    for place, _, names in os.walk(folder, topdown=False):
        here = Path(place)
        for name in names:
            if ours((here / name).relative_to(folder).as_posix()):
                (here / name).unlink(missing_ok=True)
        if here != folder and ours(f"{here.relative_to(folder).as_posix()}/"):
            _remove_empty(here)


def remove_folder(folder: Path, ours: Callable[[str], object]) -> None:
    """`remove_files`, and then the folder itself unless it holds others."""
    remove_files(folder, ours)
    if folder.is_dir():
        _remove_empty(folder)


def _remove_empty(folder: Path) -> None:
    if not folder.is_symlink() and not any(folder.iterdir()):
        folder.rmdir()


def put(draft: Path, path: Path) -> None:
    """Put a file, or the files of a folder, into their place; a folder that is there keeps its other files.

    Raises FileExistsError when a folder is in the place of a file, or the other way round.
    """
    refuse_other_kind(path, draft.is_dir())
    if not path.is_dir():
        os.replace(draft, path)
        return
    for file in sorted(draft.iterdir()):
        os.replace(file, path / file.name)
    draft.rmdir()


def replace_whole(draft: Path, path: Path) -> None:
    """Put a file, or a folder as a whole, into the place of what is at `path`, which goes when the scratch folder of the draft does."""
    for part in sorted(draft.rglob("*")) if draft.is_dir() else [draft]:
        if part.is_file():
            sync(part)
    if path.is_dir():
        os.replace(path, draft.with_name(f"{draft.name}.before"))
    os.replace(draft, path)
    sync(path.parent)


def bring(folder: Path, to: Path, *, copied: bool = False) -> None:
    """Move a folder with everything in it to where nothing is, or a copy of it. Raises FolderInUse when something is there."""
    if to.exists():
        raise FolderInUse(f"{to} is there already; choose another name")
    to.parent.mkdir(parents=True, exist_ok=True)
    if copied:
        shutil.copytree(folder, to)
    else:
        shutil.move(folder, to)


def refuse_other_kind(path: Path, folder: bool) -> None:
    """Raise FileExistsError when there is a file where a `folder` shall be, or a folder where a file shall be."""
    if path.exists() and path.is_dir() != folder:
        what = "a file, not a folder" if folder else "a folder, not a file"
        raise FileExistsError(errno.EEXIST, f"This is {what}; move it away, or give it another name", str(path))


def copy_files(sources: Iterable[Path], folder: Path, replace: bool = False) -> None:
    """Keep copies of files in a folder under their names, if they are not there; with `replace`, also if others are."""
    for source in sources:
        copy, content = folder / source.name, source.read_bytes()
        if not copy.exists() or (replace and copy.read_bytes() != content):
            folder.mkdir(exist_ok=True)
            write_whole(copy, functools.partial(Path.write_bytes, data=content))


@contextmanager
def scratch_folder(beside: Path, prefix: str):
    """A new folder for drafts in the folder `beside`, removed with everything in it at the end."""
    with tempfile.TemporaryDirectory(dir=beside, prefix=prefix) as name:
        yield Path(name)


# --- Folders that hold files of others --------------------------------------------------------------------------------


def refuse_no_folder(folder: Path) -> None:
    """Raise FolderInUse when a folder is, or lies in, a file, or in a folder in which it cannot be made."""
    nearest = next((path for path in (folder, *folder.absolute().parents) if path.exists()), folder)
    if nearest.exists() and not nearest.is_dir():
        raise FolderInUse(f"{nearest} is a file, not a folder; choose another folder (-o)")
    if nearest != folder and not os.access(nearest, os.W_OK | os.X_OK):
        raise FolderInUse(f"nothing can be written into {nearest}; choose another folder (-o)")


def refuse_others(folder: Path, marks: Iterable[str], names: Iterable[str]) -> None:
    """Raise FolderInUse when files of such `names` are in a folder without any of the `marks`, the files by which a folder
    of ours is known: they are somebody else's, and would be overwritten."""
    taken = [name for name in names if (folder / name).exists()]
    marks = tuple(marks)
    if taken and not any((folder / mark).exists() for mark in marks):
        raise FolderInUse(
            f"{folder} holds {', '.join(taken)}, which would be overwritten, and no {' or '.join(marks)}, so that "
            "it cannot be told whose they are. Nothing was changed; choose another folder (-o)"
        )


def refuse_other_copies(sources: Iterable[Path], folder: Path) -> None:
    """Raise FolderInUse when a folder holds other files under the names of these `sources`."""
    for source in sources:
        copy = folder / source.name
        if copy.exists() and (not copy.is_file() or copy.read_bytes() != source.read_bytes()):
            raise FolderInUse(
                f"{copy} is not the same as {source}, of which a copy shall be kept there. Nothing was changed; "
                "choose another folder (-o)"
            )
