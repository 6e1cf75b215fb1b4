"""manifest.json: what was run, with what, where and how long; written first, marked complete last."""

import functools
import hashlib
import json
import platform
from collections.abc import Iterable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ValidationError

from .files import write_text

NAME = "manifest.json"
FORMAT = "crlm run 1"
"""How a run folder is laid out; changes when older versions could not read it."""
CONFIG = "config.yaml"
DECISIVE = ("crlm", "numpy", "scipy", "numba")
"""The packages whose versions decide the bytes of a run."""
_PACKAGES = (*DECISIVE, "mesa", "pydantic", "pyarrow", "zarr")
_APART = (
    "view",
    "measures",
    "batches",
    "comparison",
    "clinical",
    "levers",
    "published",
    "trials",
    "kept",
    "export",
    "opened",
    "report",
    "commands",
    "app",
    "cli.py",
    "statistics.py",
    "extras.py",
    "notebook.py",
    "progress.py",
    "configs",
)
"""Parts of the package that cannot change the data of a run."""

RUNNING, COMPLETE, AGAIN = "running", "complete", "again"
_SHOWN_DIFFERENCES = 8


class _Looked(BaseModel, strict=True, extra="allow"):
    """What a later session looks at."""

    status: Literal["running", "complete"]
    config: dict[str, Any]
    versions: dict[str, str]
    code: str
    until_hours: float
    wall_seconds: float
    sessions: int


class ResumeRefused(Exception):
    """The run folder belongs to another run than the one asked for."""


class OtherFormat(ResumeRefused):
    """The run folder is laid out as another version of this package does it."""


def new_manifest(
    resolved: Mapping[str, Any], seed: int, threads: int, until_hours: float, plugins: Iterable[str] = ()
) -> dict:
    """The manifest of a run that begins now; `resolved` is the whole config as plain data."""
    return {
        "format": FORMAT,
        "status": RUNNING,
        "seed": seed,
        "until_hours": until_hours,
        "config": dict(resolved),
        "versions": versions(),
        "code": code_digest(plugins),
        "threads": threads,
        "platform": {"system": platform.platform(), "machine": platform.machine(), "python": platform.python_version()},
        "wall_seconds": 0.0,
        "sessions": 1,
    }


def versions() -> dict[str, str]:
    """The versions of this package and of those that its results or files depend on."""
    installed = {}
    for package in _PACKAGES:
        try:
            installed[package] = metadata.version(package)
        except metadata.PackageNotFoundError:  # a source tree that was not installed
            installed[package] = "unknown"
    return installed


def code_digest(plugins: Iterable[str] = ()) -> str:
    """Digest of the sources that decide what a run does: the package's, and those of the user's own rules."""
    digest = hashlib.blake2b(_package_digest(), digest_size=8)
    for path in map(Path, plugins):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


@functools.cache
def _package_digest() -> bytes:
    """Read once: what counts is the code that this process has loaded."""
    digest = hashlib.blake2b(digest_size=16)
    package = Path(__file__).resolve().parent.parent
    for path in sorted(package.rglob("*.py")):
        if path.relative_to(package).parts[0] not in _APART:
            digest.update(str(path.relative_to(package)).encode())
            digest.update(path.read_bytes())
    return digest.digest()


def write(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Put the manifest into its place, whole. Raises OSError."""
    write_text(folder / NAME, json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")


def note_again(folder: Path) -> None:
    """Note that the run of this folder shall be computed from the beginning, over what it left. Raises OSError."""
    write(folder, {"format": FORMAT, "status": AGAIN})


def read(folder: Path) -> dict | None:
    """The manifest of a run folder, None when there is none; after `note_again` only its status. Raises ResumeRefused
    when it is not one, or OtherFormat, which is one too, when another version wrote it."""
    path = folder / NAME
    if not path.exists():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise OtherFormat(
                f"the run in {folder} was written by another version of crlm, probably a newer one (its format is "
                f"'{content['format']}', this version's '{FORMAT}'); go on with that version, or choose another folder (-o)"
            )
        if content["status"] != AGAIN:
            _Looked.model_validate(content)
    except ValidationError as error:
        wrong = ", ".join(".".join(map(str, problem["loc"])) for problem in error.errors())
        raise ResumeRefused(f"{path} is not the manifest of a run ({wrong}: missing or wrong)") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ResumeRefused(f"{path} is not the manifest of a run ({error})") from error
    return content


def refuse_other(folder: Path, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Raise ResumeRefused, naming what differs, unless `new` continues the run whose manifest is `old`.

    Of a complete run nothing is computed any more, so there the code may have changed.
    """
    lines = differences(old["config"], new["config"])
    if old["until_hours"] != new["until_hours"] and old["config"].get("duration") == new["config"].get("duration"):
        lines.append(f"the end was at {old['until_hours']:g} h, is now at {new['until_hours']:g} h")
    if old["status"] != COMPLETE:
        lines += changes_of_code(old, new, "a rule")
    refuse_if_other(folder, lines, f"its config is {folder / CONFIG}")


def changes_of_code(old: Mapping[str, Any], new: Mapping[str, Any], own: str) -> list[str]:
    """What changed since `old` that decides results: versions of packages, or the code of crlm or the user's `own`."""
    changed = [package for package in DECISIVE if old["versions"].get(package) != new["versions"].get(package)]
    if not changed and old["code"] != new["code"]:
        return [f"the source code of crlm, or of {own} named under plugins, has changed"]
    return [
        f"{package} was {old['versions'].get(package)}, is now {new['versions'].get(package)}" for package in changed
    ]


def refuse_if_other(folder: Path, lines: Sequence[str], begun: str, more: str = "") -> None:
    """Raise ResumeRefused when there are `lines`, that say what differs; `begun` says where it is found how it was."""
    if not lines:
        return
    shown = [*lines[:_SHOWN_DIFFERENCES]]
    if len(lines) > len(shown):
        shown.append(f"and {len(lines) - len(shown)} more")
    raise ResumeRefused(
        f"{folder} was begun with something else and cannot be continued:\n"
        + "\n".join(f"  {line}" for line in shown)
        + f"\nContinue it as it was begun ({begun}), or choose another folder with -o."
        + more
    )


def differences(old: Any, new: Any, path: str = "") -> list[str]:
    """What differs between two configs as plain data, one line per key."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        keys = [*old, *(key for key in new if key not in old)]
        lines = []
        for key in keys:
            lines += differences(old.get(key), new.get(key), f"{path}.{key}" if path else str(key))
        return lines
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [
            line for i, pair in enumerate(zip(old, new, strict=True)) for line in differences(*pair, f"{path}[{i}]")
        ]
    return [] if old == new else [f"{path} was {_short(old)}, is now {_short(new)}"]


def _short(value: Any) -> str:
    text = "not given" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."


def plain(text: str) -> dict:
    """A resolved config (YAML text) as the plain data that the manifest holds."""
    return json.loads(json.dumps(yaml.safe_load(text)))
