"""`crlm run`: check that it fits, build the liver, run it, say where the output is."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..estimate import estimate, in_words
from ..folder import manifest
from ..folder.names import SNAPSHOTS, SUMMARY, table_file
from ..progress import Phases, counted, of_run, progress, say
from ..units import in_time
from . import UserError, typed
from .ahead import compile_for_pictures, compile_for_runs

if TYPE_CHECKING:
    from ..config.schema import Config
    from ..model import LiverModel


PIECE_UM = 2000.0
"""`crlm check` builds a liver of at most this width and height."""


class DrawingFailed(RuntimeError):
    """The data of the run are in place, a picture or the movie is not."""


def run_experiment(
    config: "Config", folder: Path, *, threads: int, resume: bool, quiet: bool, again: str, check: bool = False
) -> None:
    """Run `config` into `folder`; `again` is the user's command line without --resume; `check` looks for broken invariants.

    Raises UserError, and what `Simulation.run` raises.
    """
    refuse_threads(threads)
    refuse_memory(config)
    refuse_crowd(config)
    from ..simulation import RunInterrupted, Simulation, refuse_folder

    refuse_folder(folder, resume)
    with progress(quiet) as shown:
        for warning in estimate(config).warnings:
            shown.tell(f"Note: {warning}.")
        needs = estimate(config)
        shown.tell(f"{config.name}: {in_time(config.duration - config.begins)} of {needs.area_mm2:.3g} mm2 of liver.")
        try:
            compile_for_runs(shown, off=(name for name, rule in config.rules if not rule.enabled))
            shown.phase("building the liver")
            model = build(config)
            model.threads = threads
            simulation = Simulation(
                model,
                folder=folder,
                resume=resume,
                progress=shown,
                tell=shown.tell,
                warn=shown.warn,
                check=check,
                draw=lambda run: draw_all(run, config, shown),
            )
            shown.phase("simulating", of_run)
            simulation.run()
        except RunInterrupted as error:
            raise RunInterrupted(
                f"Interrupted: {error}. Everything up to then is in {folder}.\nTo go on: {again} --resume"
            ) from None
        except KeyboardInterrupt:
            kept = (
                f"What was kept is in {folder}." if (folder / manifest.NAME).exists() else "Nothing was computed yet."
            )
            raise RunInterrupted(f"Interrupted. {kept}\nTo go on: {again} --resume") from None
        except OSError as error:
            message = f"Something could not be read or written: {error.strerror or error} ({error.filename or folder})."
            if (folder / manifest.NAME).exists():
                message += (
                    f"\nThe run stopped; what was written up to its last checkpoint is safe in {folder}. "
                    f"When this is mended, go on with: {again} --resume"
                )
            raise OSError(error.errno, message) from error
    if not quiet:
        say(_ending(simulation, folder))


def build(config: "Config", **overrides) -> "LiverModel":
    """The liver of `config`, with overrides as `LiverModel` takes them. Raises UserError when it makes none."""
    from ..model import LiverModel

    try:
        return LiverModel(config, **overrides)
    except ValueError as error:
        raise UserError(f"this config makes no liver: {error}") from error


def available_processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def refuse_impossible(config: "Config") -> None:
    """Raise UserError for a config that `crlm run` would refuse: too little memory, or no liver that could be built. Of a
    large one a piece is built, with the same densities and signals, and without the inoculum."""
    refuse_memory(config)
    refuse_crowd(config)
    piece = {side: f"{min(getattr(config.tissue, side), PIECE_UM)!r} um" for side in ("width", "height")}
    whole = config.tissue.drawn_from is not None  # a piece of it is another tissue
    build(config, rules={"arrival": "off"}, **({} if whole else {"tissue": piece}))


def refuse_threads(threads: int) -> None:
    """Raise UserError when there are fewer processors than `threads`."""
    available = available_processors()
    if threads > available:
        raise UserError(
            f"--threads {threads} is more than the {available} processor{'s' * (available != 1)} that can be used here"
        )


def refuse_memory(config: "Config") -> None:
    """Raise UserError when the run would need more memory than is free."""
    import psutil

    needed, free = estimate(config).memory_bytes, psutil.virtual_memory().available
    if needed > free:
        raise UserError(
            f"The run would need about {in_words(needed)} of memory, and {in_words(free)} are free. "
            "Make tissue.width or tissue.height smaller, or the inoculum."
        )


def refuse_crowd(config: "Config") -> None:
    """Raise UserError when colonies are implanted that have more cells than the tissue has sites."""
    from ..interventions.implant import Implant

    wanted = sum(entry.implant * entry.cells for entry in config.interventions if isinstance(entry, Implant))
    sites = round(config.tissue.width / config.tissue.site) * round(config.tissue.height / config.tissue.site)
    if wanted > sites:
        raise UserError(
            f"The implanted colonies have {wanted:,} cells, and the tissue has {sites:,} sites. "
            "Implant fewer or smaller ones, or make tissue.width or tissue.height larger."
        )


def draw_all(folder: Path, config: "Config", shown: Phases) -> None:
    """The figures and the movie that the config's `record` asks for. Raises DrawingFailed."""
    try:
        if config.record.figures:
            draw_figures(folder, shown)
        if config.record.movie:
            draw_movie(folder, shown)
        if config.record.movie and config.record.first_hours > 0:
            draw_first_hours(folder, shown)
    except Exception as error:  # whatever goes wrong in drawing, the data are there and the user must hear both
        raise DrawingFailed(
            f"The data of the run are in {folder}, but drawing failed: {type(error).__name__}: {error}\n"
            "--resume tries again; with record.movie and record.figures off nothing is drawn."
        ) from error


def draw_figures(folder: Path, shown: Phases) -> list[Path]:
    """The figures of a run, as a phase; returns what was written."""
    compile_for_pictures(shown)
    shown.phase("drawing the figures")
    from ..view.figures import plot_run

    return plot_run(folder)


def draw_movie(folder: Path, shown: Phases, **settings) -> Path:
    """The movie of a run, as a phase; returns what was written. `settings` are those of `write_movie`."""
    compile_for_pictures(shown)
    shown.phase("drawing the movie", counted("frame"))
    from ..view.movie import write_movie

    return write_movie(folder, progress=lambda done, total: shown((done, total)), **settings)


def draw_first_hours(folder: Path, shown: Phases) -> Path | None:
    """The clip of the first hours, as a phase, where the run kept frames of every step then; returns what was written."""
    shown.phase("drawing the first hours", counted("frame"))
    from ..view.movie import write_first_hours

    return write_first_hours(folder, lambda done, total: shown((done, total)))


def _ending(simulation, folder: Path) -> str:
    lines = [f"The run in {folder} was complete already." if simulation.already_complete else f"Done: {folder}"]
    contents = (
        (SUMMARY, "what became of the tumor cells"),
        (table_file("timeseries"), "counts, fields and events through time"),
        (table_file("flows"), "how cells came and went through time"),
        (table_file("events"), "every event with its cause"),
        (table_file("nodules"), "groups of tumor cells through time"),
        (table_file("lesions"), "lesions followed through time"),
        (SNAPSHOTS, "lattices and cell tables, for xarray"),
        ("overview.png", "the run at a glance"),
        ("cascade.png", "from arrival to metastasis"),
        ("timecourses.png", "everything through time"),
        ("infiltrate.png", "who stands where about the nodules"),
        ("niche.png", "what awaits tumor cells"),
        ("movie.mp4", "the movie"),
        ("first_hours.mp4", "the first hours, step by step"),
        (manifest.CONFIG, "the config, everything filled in"),
    )
    lines += [f"  {name:<19} {meaning}" for name, meaning in contents if (folder / name).exists()]
    lines.append(
        f"Next: {typed('movie', folder, '--field', 'cxcl1')}; {typed('plot', folder)}; another seed: crlm run ... --seed N"
    )
    return "\n".join(lines)
