"""Files that are either whole or not there: written beside, brought to the disk, then renamed."""

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

TEMPORARY = ".partial"
"""Ending of a file that is being written; one that is found later was left by a killed run."""


class DamagedFile(Exception):
    """A file of a run that is missing, truncated or altered; the message names it."""


def write_whole(path: Path, write: Callable[[Path], None]) -> None:
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


def remove_files(folder: Path, names: re.Pattern) -> None:
    """Remove the working files with such names, and their folder unless it holds others."""
    if not folder.is_dir():
        return
    for path in list(folder.iterdir()):
        if names.fullmatch(path.name):
            path.unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()


def remove_folder(folder: Path) -> None:
    """Remove a folder of working files, if it is there."""
    if folder.exists():
        shutil.rmtree(folder)
