"""Checkpoints: everything a run needs to go on, in one file of plain arrays with a checksum.

`checkpoints/000000288.npz` is the state after step 288. A new one is written beside and renamed when it is whole; then
only the one before is kept, for the case that the newest turns out to be damaged.
"""

import hashlib
import json
import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .files import TEMPORARY, DamagedFile, remove_files, remove_folder, write_whole

FOLDER = "checkpoints"
_ABOUT = "about"
_FORMAT = 1
_KEPT = 2
_NAME = re.compile(rf"-?[0-9]{{8,}}\.npz({re.escape(TEMPORARY)})?")
"""The names of checkpoints; files of other names are not ours."""


class DamagedCheckpoint(DamagedFile):
    """A checkpoint that is truncated or altered."""


@dataclass
class Checkpoint:
    """The state after `step` steps: arrays by name, and what else there is to know (plain JSON values)."""

    step: int
    arrays: dict[str, np.ndarray]
    about: dict = field(default_factory=dict)

    def part(self, prefix: str) -> dict[str, np.ndarray]:
        """The arrays whose names begin with `prefix/`, without it."""
        return {
            name.removeprefix(f"{prefix}/"): array
            for name, array in self.arrays.items()
            if name.startswith(f"{prefix}/")
        }


def save(run: Path, checkpoint: Checkpoint) -> Path:
    """Write the checkpoint of a run folder; afterwards it and the one before are there. Raises OSError."""
    folder = run / FOLDER
    folder.mkdir(exist_ok=True)
    path = folder / f"{checkpoint.step:09d}.npz"
    arrays = {
        name: np.ascontiguousarray(array) if np.ndim(array) else np.asarray(array)
        for name, array in checkpoint.arrays.items()
    }
    objects = [name for name, array in arrays.items() if array.dtype.hasobject]
    if objects:
        raise TypeError(f"a checkpoint holds plain arrays only, and these hold Python objects: {', '.join(objects)}")
    about = {"format": _FORMAT, "step": checkpoint.step, "checksum": _checksum(arrays, checkpoint), **checkpoint.about}
    content: dict[str, Any] = {_ABOUT: np.frombuffer(json.dumps(about).encode(), np.uint8), **arrays}

    def write(beside: Path) -> None:
        with open(beside, "wb") as file:
            np.savez(file, **content)

    write_whole(path, write)
    remove_files(folder, {older.name for older in saved(run)[_KEPT:]}.__contains__)
    return path


def saved(run: Path) -> list[Path]:
    """The checkpoints of a run folder, newest first."""
    ours = [path for path in (run / FOLDER).glob("*.npz") if _NAME.fullmatch(path.name)]
    return sorted(ours, key=lambda path: int(path.stem), reverse=True)


def remove(run: Path) -> None:
    """Remove the checkpoints of a run that is complete."""
    remove_folder(run / FOLDER, _NAME.fullmatch)


def load(path: Path) -> Checkpoint:
    """Read a checkpoint. Raises DamagedCheckpoint when it is not what was saved."""
    try:
        with zipfile.ZipFile(path) as archive:  # first, as a size that is spoilt looks like a lack of memory
            spoilt = archive.testzip()
        if spoilt is not None:
            raise DamagedCheckpoint(f"{path} is not what was saved: {spoilt} in it was altered")
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as stored:
            about = json.loads(stored[_ABOUT].tobytes())
            arrays = {name: stored[name] for name in stored.files if name != _ABOUT}
        if about.pop("format") != _FORMAT:
            raise DamagedCheckpoint(f"{path} was written by another version")
        checkpoint = Checkpoint(about.pop("step"), arrays)
        checksum = about.pop("checksum")
        checkpoint.about = about
        same = checksum == _checksum(arrays, checkpoint)
    except (DamagedCheckpoint, MemoryError):
        raise
    except (
        Exception
    ) as error:  # zipfile and NumPy raise many kinds for what is spoilt: NotImplementedError, TokenError ...
        raise DamagedCheckpoint(f"{path} cannot be read ({type(error).__name__}: {error})") from error
    if not same:
        raise DamagedCheckpoint(f"{path} is not what was saved: its checksum differs")
    return checkpoint


def _checksum(arrays: dict[str, np.ndarray], checkpoint: Checkpoint) -> str:
    digest = hashlib.blake2b(json.dumps([checkpoint.step, checkpoint.about], sort_keys=True).encode(), digest_size=16)
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"{name} {array.dtype.descr} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data if array.size else b"")
    return digest.hexdigest()
