"""`crlm new`: a config to begin with."""

from pathlib import Path

from ..config.describe import starter_yaml
from ..config.schema import compose
from . import UserError, typed
from .files import copy_of_shipped, purpose_of


def write_new(path: Path, source: str | None) -> None:
    """Write the starter, or a copy of what is called `source` and comes with crlm, to `path`, where nothing is yet. Raises
    UserError."""
    if path.suffix not in (".yaml", ".yml"):
        raise UserError(f"{path} should end in .yaml")
    text = starter_yaml(compose()) if source is None else copy_of_shipped(source, path)
    try:
        with path.open("x", encoding="utf-8") as handle:
            handle.write(text)
    except FileExistsError:
        raise UserError(f"{path} exists already; choose another name") from None
    except FileNotFoundError:
        raise UserError(f"there is no folder {path.parent} to write {path.name} into") from None
    purpose = purpose_of(path)
    if purpose in ("regimen", "drug"):
        print(
            f"Wrote {path}. Edit it, and keep it in a folder {purpose}s beside your config; then: {typed('check', 'CONFIG')}"
        )
        return
    if purpose == "cohort":
        print(f"Wrote {path}. Edit it, and name it in a trial: cohort: {path}")
        return
    command = {"experiment": "batch", "trial": "trial"}.get(purpose or "")
    following = typed(command, path, "--dry-run") if command else typed("check", path)
    print(f"Wrote {path}. Edit it, then: {following}")
