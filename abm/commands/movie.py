"""`crlm movie`: of a run, or of the arms of a batch side by side."""

from pathlib import Path

from ..config.errors import choice, did_you_mean, same
from ..folder.names import RESULTS, RUNS, SNAPSHOTS
from ..progress import counted, progress
from ..record.recorder import as_hours
from . import UserError, typed
from .ahead import compile_for_pictures
from .compare import refuse_other_folders
from .run import draw_movie

_OF_FILES = ("mp4", "gif")
"""Kinds of movie that are a file; numbered pictures are a folder."""


def write_run_movie(
    folder: Path,
    output: Path | None,
    format: str | None,
    field: str | None,
    quiet: bool,
    start: str | None = None,
    stop: str | None = None,
    every: str | None = None,
    **settings,
) -> None:
    """Draw the movie of the run in `folder`, and say where it is; output, format : as `_kind_of` takes them; start, stop, every :
    times in words; `settings` : others of `abm.view.movie.write_movie`. Raises UserError."""
    kind = _kind_of(output, format)
    try:
        overlay = field_called(field, folder)
        times = {
            name: None if text is None else as_hours(_number(text))
            for name, text in (("start", start), ("stop", stop), ("every", every))
        }
        with progress(quiet) as shown:
            written = draw_movie(folder, shown, path=output, format=kind, field=overlay, **times, **settings)
    except (ValueError, FileNotFoundError) as error:
        raise UserError(str(error)) from error
    print(f"Wrote {written}")


def _kind_of(output: Path | None, format: str | None) -> str:
    """The kind of movie that is written to `output` (None: the usual place): `format`, or else what its name ends with, or mp4. Raises
    UserError where the two do not go together."""
    named = "" if output is None else output.suffix.removeprefix(".").lower()
    kind = format or (named if named in _OF_FILES else "mp4")
    if output is not None and kind in _OF_FILES and named != kind:
        raise UserError(f"{output} is no name for the movie: it must end with .{kind}")
    return kind


def _number(text: str) -> str | float:
    """A time in words, or the number of hours that it is without a unit."""
    try:
        return float(text)
    except ValueError:
        return text


def field_called(name: str | None, run: Path) -> str | None:
    """The field of a run that `name` means, in any case and by other names: TNF, il8. Raises UserError."""
    from ..view.recording import Recording

    if name is None:
        return None
    fields = Recording(run).fields
    meant = [name] if name in fields else same(name, fields)
    if len(meant) != 1:
        raise UserError(
            f"there is no field '{name}'; {did_you_mean(name, fields, 'there is ' + choice(list(fields), 'and'))}"
        )
    return meant[0]


def write_batch_movie(
    folder: Path,
    output: Path | None,
    format: str | None,
    arms: str | None,
    replicate: int,
    point: int,
    field: str | None,
    colour_by: str | None,
    quiet: bool,
) -> None:
    """Draw the runs of one replicate of the batch in `folder`, one per arm (`arms`: names with commas between them;
    by default all), side by side, and say where the movie is; output, format : as `_kind_of` takes them. Raises UserError."""
    kind = _kind_of(output, format)
    refuse_other_folders(folder, "movie --arms")
    from ..comparison.outcome import Outcome
    from ..view.arms import MOST_ARMS, write_arms_movie

    outcome = Outcome.read(folder)
    if not outcome.runs:
        raise UserError(f"no run of the batch in {folder} is finished yet; go on with it (crlm batch ... --resume)")
    names = [name.strip() for name in arms.split(",") if name.strip()] if arms else outcome.arms
    for name in names:
        if name not in outcome.arms:
            raise UserError(
                f"there is no arm '{name}'; {did_you_mean(name, outcome.arms, 'there are: ' + ', '.join(outcome.arms))}"
            )
    if len(names) > MOST_ARMS:
        raise UserError(
            f"a movie shows up to {MOST_ARMS} arms side by side; choose them with --arms, of: {', '.join(outcome.arms)}"
        )
    if point not in outcome.points:
        raise UserError(
            f"there is no point {point} in this batch; its points are {outcome.points[0]} to {outcome.points[-1]}"
        )
    runs = [_run(outcome, name, replicate, point) for name in names]
    try:
        field = field_called(field, runs[0])
    except FileNotFoundError as error:
        raise UserError(str(error)) from error
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
            *filter(None, (field, colour_by)),
        ]
    )
    title = ", ".join(part for part in (outcome.name, settings, f"replicate {replicate}") if part)
    try:
        with progress(quiet) as shown:
            compile_for_pictures(shown)
            shown.phase("drawing the movie", counted("frame"))
            written = write_arms_movie(
                runs,
                names,
                output or folder / (stem if kind == "png" else f"{stem}.{kind}"),
                title=title,
                format=kind,
                field=field,
                colour_by=colour_by,
                progress=lambda done, total: shown((done, total)),
            )
    except (ValueError, FileNotFoundError) as error:
        raise UserError(str(error)) from error
    print(f"Wrote {written}")


def _run(outcome, arm: str, replicate: int, point: int) -> Path:
    """The folder of one run, with its snapshots."""
    status = outcome.status_of(arm, point, replicate)
    if status is None:
        raise UserError(f"there is no replicate {replicate} of {arm} in this batch; there are {outcome.replicates}")
    run, done = status
    if not done:
        raise UserError(f"replicate {replicate} of {arm} failed; its error is in {outcome.folder / RESULTS}")
    folder = outcome.folder / RUNS / run
    if not (folder / SNAPSHOTS).exists():
        raise UserError(
            "this batch kept no snapshots of its runs, which a movie is made of; keep them with: "
            + typed(
                "batch", "EXPERIMENT", "--keep", "all", "-o", outcome.folder.parent / (outcome.folder.name + "-kept")
            )
        )
    return folder
