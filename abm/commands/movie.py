"""`crlm movie` of a batch: arms side by side."""

from pathlib import Path

from . import UserError, command
from .compare import refuse_other_folders


def write_batch_movie(
    folder: Path, arms: str | None, replicate: int, point: int, field: str | None, format: str
) -> Path:
    """Draw the runs of one replicate of the batch in `folder`, one per arm (`arms`: names with commas between them;
    by default all), side by side. Raises UserError."""
    refuse_other_folders(folder, "movie --arms")
    from ..experiments.outcome import Outcome
    from ..view.arms import MOST_ARMS, write_arms_movie

    outcome = Outcome.read(folder)
    if not outcome.runs:
        raise UserError(f"no run of the batch in {folder} is finished yet; go on with it (crlm batch ... --resume)")
    names = [name.strip() for name in arms.split(",") if name.strip()] if arms else outcome.arms
    for name in names:
        if name not in outcome.arms:
            raise UserError(f"there is no arm '{name}'; there are: {', '.join(outcome.arms)}")
    if len(names) > MOST_ARMS:
        raise UserError(
            f"a movie shows up to {MOST_ARMS} arms side by side; choose them with --arms, of: {', '.join(outcome.arms)}"
        )
    if point not in outcome.points:
        raise UserError(
            f"there is no point {point} in this batch; its points are {outcome.points[0]} to {outcome.points[-1]}"
        )
    runs = [_run(outcome, name, replicate, point) for name in names]
    settings = ", ".join(
        f"{path.removeprefix('rules.')} = {value:.4g}" if isinstance(value, float) else f"{path} = {value}"
        for path, value in outcome.settings[point].items()
    )
    stem = "_".join(
        [
            "movie",
            *names,
            *([f"point{point}"] if outcome.parameters else []),
            f"replicate{replicate}",
            *([field] if field else []),
        ]
    )
    title = ", ".join(part for part in (outcome.name, settings, f"replicate {replicate}") if part)
    try:
        return write_arms_movie(
            runs,
            names,
            folder / (stem if format == "png" else f"{stem}.{format}"),
            title=title,
            format=format,
            field=field,
        )
    except (ValueError, FileNotFoundError) as error:
        raise UserError(str(error)) from error


def _run(outcome, arm: str, replicate: int, point: int) -> Path:
    """The folder of one run, with its snapshots."""
    status = outcome.status_of(arm, point, replicate)
    if status is None:
        raise UserError(f"there is no replicate {replicate} of {arm} in this batch; there are {outcome.replicates}")
    run, done = status
    if not done:
        raise UserError(f"replicate {replicate} of {arm} failed; its error is in {outcome.folder / 'results.parquet'}")
    folder = outcome.folder / "runs" / run
    if not (folder / "snapshots.zarr").exists():
        raise UserError(
            "this batch kept no snapshots of its runs, which a movie is made of; keep them with: "
            + command("batch", "EXPERIMENT", "--keep", "all", "-o", outcome.folder.parent / (outcome.folder.name + "-kept"))
        )
    return folder
