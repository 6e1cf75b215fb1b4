"""`crlm export`: a run in the files of other programs; a config, an experiment, a run or a batch as an archive to be run again."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from ..export import omex
from ..export.format import NotInstalled, put_into_place
from ..folder import manifest
from ..folder.names import BATCH
from ..opened import OpenedRun, open_run
from ..progress import progress
from . import UserError, typed


def export_run(
    source: Path, to: str, output: Path | None, days: Sequence[float] | None, force: bool, quiet: bool
) -> None:
    """Write `source` in the format `to`, and say where it is. Raises UserError, FolderInUse."""
    with progress(quiet) as shown:
        shown.phase(f"exporting to {to}")
        try:
            if to == omex.NAME:
                if days:
                    raise UserError("--day is not for --to omex: the archive has the whole run")
                written = export_archive(source, output, force)
            else:
                written = _run(source).export(to, output, days=days, force=force)
        except (ValueError, FileNotFoundError, NotInstalled) as error:
            raise UserError(str(error)) from error
    print(f"Wrote {written}")
    if to == omex.NAME and not quiet:
        print(f"Next: {typed('run', written)} runs it again")


def export_archive(source: Path, output: Path | None, force: bool) -> Path:
    """Write the archive of a config, an experiment, a run or a batch. Raises UserError, FolderInUse, ConfigError."""
    name, write = _packer(source)
    return put_into_place(output or Path(f"{name}{omex.ENDING}"), write, force=force)


def _packer(source: Path) -> tuple[Path, Callable[[Path], object]]:
    """What the archive is called, without its ending, and what writes it."""
    from ..batches.loading import load_experiment
    from ..config import load_config
    from .files import is_experiment, the_config, the_experiment

    if (source / BATCH).exists():
        return source.with_name(source.resolve().name), partial(omex.pack_batch, source)
    if (source / manifest.NAME).exists():
        run = _run(source)
        if not run.is_complete:
            raise UserError(f"the run in {source} is not complete yet; finish it with --resume")
        return source.with_name(source.resolve().name), partial(omex.pack_run, run)
    if is_experiment(source):
        return Path(source.stem), partial(omex.pack_experiment, load_experiment(the_experiment(source)))
    return Path(source.stem), partial(omex.pack_config, load_config(the_config(source)))


def _run(folder: Path) -> OpenedRun:
    if not folder.is_dir():
        raise UserError(f"{folder} is not the folder of a run; only --to {omex.NAME} takes configs and experiments")
    return open_run(folder)
