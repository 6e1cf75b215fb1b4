"""The files that come with the simulator, by name: configs, experiments, published experiments, trials, cohorts, and presets."""

import functools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

PRESETS = {"host": "hosts", "line": "lines"}
"""The presets, in the order in which they are merged, and their folders among the shipped configs."""
Kind = Literal["config", "experiment", "published", "trial", "cohort", "line", "host", "regimen", "drug"]
_FOLDERS: dict[Kind, str] = {
    "config": "",
    "experiment": "experiments",
    "published": "published",
    "trial": "trials",
    "cohort": "cohorts",
    "line": PRESETS["line"],
    "host": PRESETS["host"],
    "regimen": "regimens",
    "drug": "drugs",
}
_PARTS = {_FOLDERS[kind] for kind in ("cohort", "line", "host", "regimen", "drug")}
"""The folders of what configs are made of."""
_NO_CONFIGS = ("calibration",)
_CITATION = re.compile(r" \([^()]*(?:[12][0-9]{3}|10\.)[^()]*\)")
_SENTENCE_END = re.compile(r"(?<=[^A-Z.][.?])\s+(?=[A-Z])")


def shipped_configs() -> Path:
    """The folder of the configs and presets that come with the simulator."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "configs"
    return installed if installed.is_dir() else package.parent / "configs"


def find_config(path: Path) -> Path:
    """The file at `path`; where there is none, the shipped config that it names: `quickstart`, `quickstart.yaml` or, as
    from a checkout, `configs/quickstart.yaml`. `path` again when there is neither."""
    if exists(path) or path.is_absolute() or ".." in path.parts:
        return path
    name = Path(*path.parts[path.parts[:1] == ("configs",) :])
    for candidate in (name, Path(f"{name}.yaml")):
        if exists(shipped_configs() / candidate) and candidate.parts[0] not in _PARTS:
            return shipped_configs() / candidate
    return path


def presets(kind: str) -> list[str]:
    """The names that `line` or `host` accept."""
    return sorted(file.stem for file in (shipped_configs() / PRESETS[kind]).glob("*.yaml"))


def exists(path: Path) -> bool:
    """Whether there is such a file; False for a name that no file can have."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


@dataclass(frozen=True)
class Shipped:
    """A file that comes with the simulator."""

    kind: Kind
    name: str
    path: Path

    @property
    def id(self) -> str:
        """What it is called on the command line: a published experiment by its number."""
        return self.name.partition("_")[0] if self.kind == "published" else self.name

    @property
    def sentence(self) -> str:
        """The first sentence of the comment at the beginning of the file."""
        comment = []
        for line in self.path.read_text(encoding="utf-8").splitlines():
            if not line.startswith("#") or not line.strip("# "):
                break
            if not line.startswith("# yaml-language-server"):
                comment.append(line.lstrip("# "))
        return _CITATION.sub("", _SENTENCE_END.split(" ".join(comment))[0].partition("; ")[0]).removesuffix(".")

    def is_called(self, name: str) -> bool:
        return name.casefold() in (self.name.casefold(), self.id.casefold())


@functools.cache
def shipped() -> tuple[Shipped, ...]:
    """All shipped files, in the order in which they are listed."""
    return tuple(
        Shipped(kind, path.stem, path)
        for kind, folder in _FOLDERS.items()
        for path in sorted((shipped_configs() / folder).glob("*.yaml"))
        if path.stem not in _NO_CONFIGS
    )


def find_shipped(path: Path, *kinds: Kind) -> Path | None:
    """The file of one of these kinds that comes with the simulator and that `path` names, when there is no such file:
    `who_stops_them`, `who_stops_them.yaml`, `V24` or, as from a checkout, `configs/experiments/who_stops_them.yaml`."""
    parts = path.parts[path.parts[:1] == ("configs",) :]
    for file in shipped():
        folder = Path(*parts).parent
        if (
            file.kind in kinds
            and folder in (Path(), Path(_FOLDERS[file.kind]))
            and file.is_called(path.name.removesuffix(".yaml"))
        ):
            return file.path
    return None


def here_or_shipped(path: Path, *kinds: Kind) -> Path:
    """`path` where there is something; else what `find_shipped` finds, or `path` again."""
    try:
        there = path.exists()
    except (OSError, ValueError):  # no valid file name: reading it reports that
        there = True
    return path if there else find_shipped(path, *kinds) or path


def names_of(*kinds: Kind) -> list[str]:
    """What the files of these kinds are called on the command line."""
    return [file.id for file in shipped() if file.kind in kinds]
