"""The working folder of the app: what configs, runs and batches it holds. Nothing outside of it is read or written."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..commands.files import purpose_of
from ..config.shipped import shipped
from ..folder import manifest
from ..folder.names import BATCH, RESULTS, SNAPSHOTS

_DEPTH = 4
_MOST = 500
"""How deep runs and batches are looked for, and how many are listed."""
_STILL = ("__pycache__", SNAPSHOTS)

KeptKind = Literal["run", "batch"]


class OutsideFolder(ValueError):
    """A path that leads out of the working folder."""


@dataclass(frozen=True)
class KeptFolder:
    """A run or a batch that was kept: `name` is its path in the working folder; `when` the time of its last change (seconds)."""

    name: str
    kind: KeptKind
    when: float


class WorkingFolder:
    """`root` : the folder in which the app was started, absolute."""

    def __init__(self, root: Path | str):
        self.root = Path(root).resolve()

    def inside(self, name: str) -> Path:
        """The path of what is called `name` in the folder; links are followed. Raises OutsideFolder."""
        try:
            path = (self.root / name).resolve()
        except (OSError, ValueError, RuntimeError) as error:  # no file can have such a name, or links go in a circle
            raise OutsideFolder(f"'{name}' is no name of a file") from error
        if not path.is_relative_to(self.root):
            raise OutsideFolder(f"'{name}' is not in the folder {self.root}")
        return path

    def name_of(self, path: Path) -> str:
        """The inverse of `inside`."""
        return path.resolve().relative_to(self.root).as_posix()

    def own_configs(self) -> list[str]:
        """The configs that lie in the folder, by name."""
        return sorted(
            file.name
            for pattern in ("*.yaml", "*.yml")
            for file in self.root.glob(pattern)
            if file.is_file() and file.resolve().is_relative_to(self.root) and purpose_of(file) in ("config", None)
        )

    def configs(self) -> dict[str, str]:
        """Configs that can be run -> what they are: those of the folder, and those that come with crlm."""
        own = dict.fromkeys(self.own_configs(), "in this folder")
        return own | {file.name: file.sentence for file in shipped() if file.kind == "config" and file.name not in own}

    def base_of(self, config: str) -> Path:
        """The path of one of `configs`, or its name if it came with crlm. Raises OutsideFolder, FileNotFoundError."""
        if config.endswith((".yaml", ".yml")):
            path = self.inside(config)
            if not path.is_file():
                raise FileNotFoundError(f"there is no config '{config}' in {self.root}")
            return path
        if config not in {file.name for file in shipped() if file.kind == "config"}:
            raise FileNotFoundError(f"no config called '{config}' comes with crlm")
        return Path(config)

    def kept(self) -> list[KeptFolder]:
        """The runs and batches that the folder holds, the latest first; the runs of a batch belong to it."""
        found: list[KeptFolder] = []
        self._look_into(self.root, _DEPTH, found)
        return sorted(found, key=lambda one: -one.when)[:_MOST]

    def _look_into(self, folder: Path, depth: int, found: list[KeptFolder]) -> None:
        kind = kind_of(folder)
        if kind is not None:
            mark = folder / (manifest.NAME if kind == "run" else BATCH)
            found.append(KeptFolder(self.name_of(folder) or ".", kind, mark.stat().st_mtime if mark.exists() else 0.0))
        elif depth:
            for below in sorted(folder.iterdir()):
                if (
                    below.is_dir()
                    and not below.is_symlink()
                    and below.name not in _STILL
                    and not below.name.startswith(".")
                ):
                    self._look_into(below, depth - 1, found)

    def free_name(self, stem: str) -> str:
        """A name in `runs/` that nothing has yet: `stem`, or `stem-2` and so on."""
        names = (f"runs/{stem}" if number == 1 else f"runs/{stem}-{number}" for number in range(1, 10_000))
        return next(name for name in names if not (self.root / name).exists())


def kind_of(folder: Path) -> KeptKind | None:
    """What a folder holds: a run that can be looked at, a batch, or neither."""
    if (folder / BATCH).exists() or (folder / RESULTS).exists():
        return "batch"
    return "run" if (folder / manifest.NAME).exists() and (folder / SNAPSHOTS).is_dir() else None
