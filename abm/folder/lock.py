"""The lock of an output folder: one process at a time. The system releases it when the process ends, however it ends."""

from contextlib import contextmanager
from pathlib import Path

LOCK = ".lock"


class FolderLocked(Exception):
    """Another process is computing in this folder now."""


@contextmanager
def locked(path: Path, wait: bool = False):
    """Hold the lock of a folder. Raises FolderLocked when another process holds it and we do not `wait`."""
    path.mkdir(parents=True, exist_ok=True)
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    with (path / LOCK).open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise FolderLocked(f"{path} is being computed by another process; wait for it, or end it") from None
        except OSError:  # a file system without locks
            pass
        yield
