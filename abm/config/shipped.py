"""The files that come with the simulator, by name: configs, experiments, published experiments, and presets."""

import functools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .loading import PRESETS, shipped_configs

Kind = Literal["config", "experiment", "published", "line", "host"]
_FOLDERS: dict[Kind, str] = {
    "config": "",
    "experiment": "experiments",
    "published": "published",
    "line": PRESETS["line"],
    "host": PRESETS["host"],
}
_NO_CONFIGS = ("calibration",)
_CITATION = re.compile(r" \([^()]*(?:[12][0-9]{3}|10\.)[^()]*\)")
_SENTENCE_END = re.compile(r"(?<=[^A-Z.][.?])\s+(?=[A-Z])")


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
    """All of them, in the order in which they are listed."""
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
    for one in shipped():
        folder = Path(*parts).parent
        if (
            one.kind in kinds
            and folder in (Path(), Path(_FOLDERS[one.kind]))
            and one.is_called(path.name.removesuffix(".yaml"))
        ):
            return one.path
    return None


def here_or_shipped(path: Path, *kinds: Kind) -> Path:
    """`path` where there is something; else what `find_shipped` finds, or `path` again."""
    try:
        there = path.exists()
    except (OSError, ValueError):  # no name of a file: which is said when it is read
        there = True
    return path if there else find_shipped(path, *kinds) or path


def names_of(*kinds: Kind) -> list[str]:
    """What the files of these kinds are called on the command line."""
    return [one.id for one in shipped() if one.kind in kinds]
