"""`crlm report`: a run or a batch as one page that can be mailed."""

from pathlib import Path

from ..folder import manifest
from ..folder.files import scratch_folder, write_text
from ..folder.names import RESULTS, SNAPSHOTS
from ..progress import counted, progress
from . import UserError
from .run import draw_figures, draw_movie

NAME = "report.html"


def write_report(folder: Path, output: Path | None, movie: bool, quiet: bool) -> None:
    """Write the page of what is in `folder` to `output`, by default into it, and say where it is. Raises UserError."""
    path = output if output is not None else folder / NAME
    if path.suffix not in (".html", ".htm"):
        raise UserError(f"{path} should end in .html")
    _refuse_other(path)
    if (folder / RESULTS).exists():
        _of_batch(folder, path, movie, quiet)
    elif (folder / manifest.NAME).exists():
        _of_run(folder, path, movie, quiet)
    else:
        raise UserError(f"{folder} is not the folder of a run or a batch")
    megabytes = path.stat().st_size / 1e6
    print(f"Wrote {path} ({megabytes:.1f} MB): one file that needs nothing else.")


def _refuse_other(path: Path) -> None:
    """Raise UserError when a file is there that is no page of ours."""
    from ..report.document import GENERATOR

    if path.exists() and GENERATOR not in path.read_text(encoding="utf-8", errors="replace")[:2000]:
        raise UserError(f"{path} is there already, and no page of crlm; choose another name (-o)")


def _of_run(folder: Path, path: Path, movie: bool, quiet: bool) -> None:
    from ..report.of_run import FIGURES, report_of_run

    try:
        report_of_run(folder)  # before anything is drawn
        with progress(quiet) as shown:
            if not all((folder / name).exists() for name in ("overview.png", "cascade.png", "timecourses.png")):
                draw_figures(folder, shown)
            if movie and not (folder / "movie.mp4").exists() and (folder / SNAPSHOTS).is_dir():
                draw_movie(folder, shown)
        write_text(path, report_of_run(folder, [name for name in FIGURES if movie or name != "movie.mp4"]).render())
    except FileNotFoundError as error:
        raise UserError(str(error)) from error


def _of_batch(folder: Path, path: Path, movie: bool, quiet: bool) -> None:
    from ..report.of_batch import report_of_batch

    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with progress(quiet) as shown, scratch_folder(path.parent, ".report-") as scratch:
            drawn = scratch / "drawn"
            drawn.mkdir()
            shown.phase("comparing the arms, and drawing", counted("frame"))
            document = report_of_batch(folder, drawn, movie, progress=lambda done, total: shown((done, total)))
            write_text(path, document.render())
    except (ValueError, FileNotFoundError) as error:
        raise UserError(str(error)) from error
