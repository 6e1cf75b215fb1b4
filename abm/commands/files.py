"""The files that a user names: found here or among those that come with crlm, and told from each other."""

import re
import shlex
import sys
from pathlib import Path
from typing import Literal, get_args

from ..batches.experiment import ExperimentFile
from ..config.errors import choice, did_you_mean, near, printable
from ..config.layering import LAYERING_KEYS
from ..config.nodes import Source
from ..config.reading import Reader
from ..config.schema import Config
from ..config.shipped import Kind, find_config, find_shipped, here_or_shipped, names_of, shipped_configs
from ..folder import manifest
from ..pharmacology import Drug, Regimen
from ..published.calibrate import CalibrationFile
from ..trials.cohort import CohortFile
from ..trials.extending import EXTENDS
from . import UserError

Purpose = Literal["config", "experiment", "trial", "cohort", "calibration", "regimen", "drug"]
_KEYS: dict[Purpose, set[str]] = {
    "config": {*Config.model_fields, *LAYERING_KEYS},
    "experiment": set(ExperimentFile.model_fields),
    "cohort": {*CohortFile.model_fields, EXTENDS},
    "calibration": set(CalibrationFile.model_fields),
    "regimen": set(Regimen.model_fields),
    "drug": set(Drug.model_fields),
}
"""What tells the purposes apart by their keys alone; a trial is an experiment with a cohort."""
_ANY: tuple[Kind, ...] = get_args(Kind)


def the_config(path: Path, quiet: bool = False) -> Path:
    """The config at `path`, or the one of this name that comes with crlm. Raises UserError for what is no config."""
    if _is_there(path / manifest.CONFIG):
        raise UserError(f"{path} is the folder of a run; the config of that run is {path / manifest.CONFIG}")
    if path.suffix == ".omex":
        raise UserError(f"{path} is an archive of a config and what belongs to it: crlm run {shlex.quote(str(path))}")
    file = find_config(path)
    return _found(path, here_or_shipped(file, "experiment", "published"), "config", quiet)


def the_experiment(path: Path, quiet: bool = False) -> Path:
    """The experiment at `path`, or the one of this name that comes with crlm. Raises UserError for what is no experiment."""
    return _found(path, find_config(here_or_shipped(path, "experiment", "published")), "experiment", quiet)


def the_trial(path: Path, quiet: bool = False) -> Path:
    """The trial at `path`, or the one of this name that comes with crlm. Raises UserError for what is no trial."""
    return _found(path, find_config(here_or_shipped(path, "trial")), "trial", quiet)


def the_calibration(path: Path, quiet: bool = False) -> Path:
    """Likewise, for what `crlm calibrate` takes."""
    return _found(path, find_config(path), "calibration", quiet)


def purpose_of(path: Path) -> Purpose | None:
    """What a file is for, by its keys; None for one that has too few to tell, or cannot be read."""
    reader = Reader()
    keys = set(reader.read(path, Source(str(path), path.parent)).value)
    if not reader.complete:
        return None
    own = {
        purpose: keys & (known - set().union(*(others for other, others in _KEYS.items() if other != purpose)))
        for purpose, known in _KEYS.items()
    }
    purposes: list[Purpose] = [purpose for purpose, those in own.items() if those]
    if "base" in keys:
        return "trial" if "cohort" in keys else "experiment"
    return purposes[0] if len(purposes) == 1 else None


def is_experiment(path: Path) -> bool:
    """Whether `path` is, or names, an experiment."""
    found = find_config(here_or_shipped(path, "experiment", "published"))
    return bool(_is_there(found)) and purpose_of(found) == "experiment"


def _found(path: Path, found: Path, wanted: Purpose, quiet: bool) -> Path:
    """`found`, which `path` names. Raises UserError when it is for something else; says so when it came with crlm."""
    if _is_there(found) is False:
        raise UserError(f"{printable(str(path))}: there is no such file; {_meant(path, wanted)}")
    if _is_there(found):
        purpose, named = purpose_of(found), shlex.quote(str(path))
        if purpose not in (None, wanted):
            better = f"; {_HAS[wanted].format(path.name)}" if purpose == "config" and wanted in _HAS else ""
            raise UserError(f"{path} is {_IS_FOR[purpose].format(named)}{better}")
    if found != path and not quiet:
        print(f"There is no file {path} here; this is the one that comes with crlm, {found}", file=sys.stderr)
    return found


def _is_there(path: Path) -> bool | None:
    """Whether there is something at `path`; None for what can be no name of a file, which is said when it is read."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return None


def _meant(path: Path, wanted: Purpose) -> str:
    """What a name without a file may have meant."""
    here = sorted(file.name for file in path.parent.glob("*.y*ml")) if path.parent.is_dir() else []
    names = names_of(*_NAMED[wanted])
    stems = {Path(name).stem: name if path.suffix else Path(name).stem for name in here}
    stems = {**{name: f"{name}.yaml" if path.suffix else name for name in names}, **stems}
    close = near(path.stem, stems)
    return (
        f"did you mean {choice([repr(stems[one]) for one in close])}?"
        if close
        else "crlm examples lists what comes with crlm"
    )


_IS_FOR: dict[Purpose, str] = {
    "config": "a config, of one run: crlm run {}",
    "experiment": "an experiment, of many runs: crlm batch {0}, or crlm batch {0} --dry-run for what it will take",
    "trial": "a trial, of a cohort of patients: crlm trial {0}, or crlm trial {0} --dry-run for what it will take",
    "cohort": "a cohort of patients, which a trial names: cohort: {}",
    "calibration": "for a search of parameters: crlm calibrate {}",
    "regimen": "a regimen of drugs; in a folder regimens beside a config, `therapy` there names it",
    "drug": "a drug; in a folder drugs beside a config, regimens name it",
}
_HAS: dict[Purpose, str] = {
    "experiment": "an experiment has `base: {}`, and arms, replicates and measures",
    "trial": "a trial has `base: {}`, cohort, arms and scans",
}
_NAMED: dict[Purpose, tuple[Kind, ...]] = {
    "config": ("config",),
    "experiment": ("experiment", "published"),
    "trial": ("trial",),
    "cohort": ("cohort",),
    "calibration": ("experiment", "published"),
    "regimen": ("regimen",),
    "drug": ("drug",),
}
"""What comes with crlm for each purpose."""


def copy_of_shipped(name: str, path: Path) -> str:
    """The text of the file called `name` that comes with crlm, for a copy at `path`: what it draws upon is found from there.
    Raises UserError."""
    file = find_shipped(Path(name), *_ANY)
    if file is None:
        raise UserError(
            f"nothing called '{name}' comes with crlm; {did_you_mean(Path(name).stem, names_of(*_ANY), 'see crlm examples')}"
        )
    text = re.sub(r"^# yaml-language-server:.*\n", "", file.read_text(encoding="utf-8"))
    shipped = shipped_configs()
    relative = file.relative_to(shipped)

    def from_there(match: re.Match) -> str:
        beside = file.parent / match[2]
        return match[1] + (
            beside.relative_to(shipped).as_posix() if beside.is_file() and file.parent != shipped else match[2]
        )

    text = re.sub(r"(\b(?:extends|base): *)([\w./-]+\.yaml)", from_there, text)
    text = text.replace(f"configs/{relative.as_posix()}", str(path)).replace(
        f"batches/{file.stem}", f"batches/{path.stem}"
    )
    return text.replace(f"runs/{file.stem}-seed", f"runs/{path.stem}-seed")
