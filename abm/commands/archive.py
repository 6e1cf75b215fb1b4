"""`crlm run FILE.omex`: what an archive holds is run as if its files were here."""

import sys
from pathlib import Path

from ..export.omex import unpacked
from ..folder import manifest
from . import UserError


def run_archive(
    archive: Path,
    output: Path | None,
    *,
    changes: list[str] | None,
    seed: int | None,
    threads: int,
    resume: bool,
    quiet: bool,
    check: bool,
    again: str,
) -> None:
    """Run the config of an archive as `crlm run` does, its experiment as `crlm batch` does. Raises UserError, DamagedFile, and what
    these raise."""
    if not archive.is_file():
        raise UserError(f"no such file: {archive}")
    with unpacked(archive) as content:
        if not quiet:
            for line in _other_versions(content.versions):
                print(line, file=sys.stderr)
        if content.kind == "config":
            from ..config import load_config
            from .run import run_experiment

            config = load_config(content.file, [*(changes or []), *([] if seed is None else [f"seed={seed}"])])
            folder = output or Path("runs") / f"{archive.stem}-seed{config.seed}"
            run_experiment(config, folder, threads=threads, resume=resume, quiet=quiet, again=again, check=check)
            return
        if seed is not None or check or threads != 1:
            raise UserError(f"{archive} holds an experiment, to which --seed, --threads and --check do not apply")
        from ..batches.loading import load_experiment
        from .batch import run_experiment_batch

        run_experiment_batch(
            load_experiment(content.file, changes or ()),
            output or Path("batches") / archive.stem,
            workers=None,
            cluster=None,
            resume=resume,
            keep="measures",
            quiet=quiet,
            again=again,
        )


def _other_versions(versions: dict[str, str]) -> list[str]:
    """A line when this is not what the archive was made with."""
    now = manifest.versions()
    other = [
        f"{package} {versions[package]} (here {now[package]})"
        for package in manifest.DECISIVE
        if package in versions and versions[package] != now[package]
    ]
    return [f"Note: made with {', '.join(other)}; results may differ in their last digits, or more."] if other else []
