"""The `crlm` command.

Exit status: 0 done, 1 something went wrong, 2 the user's input is wrong, 130 interrupted. Imports stand inside the
commands, so that `crlm --help` is instant. With CRLM_DEBUG=1 errors come with their traceback.
"""

import functools
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from typer.core import TyperCommand, TyperGroup

from .commands import UserError, typed

if TYPE_CHECKING:
    from .config.schema import Config

DEBUG = "CRLM_DEBUG"
DONE, FAILED, WRONG_INPUT, INTERRUPTED = 0, 1, 2, 130


def _show_version(wanted: bool) -> None:
    if wanted:
        from . import __version__

        print(f"crlm {__version__}")
        raise typer.Exit()


class _PlainSwitches:
    """Switches take no value, and so their help shows no kind of value."""

    def get_params(self, ctx):
        parameters = super().get_params(ctx)  # type: ignore[misc]  # of the command with which it is mixed
        for parameter in parameters:
            if getattr(parameter, "is_flag", False):
                parameter.metavar = ""
        return parameters


class _Command(_PlainSwitches, TyperCommand):
    pass


class _Group(_PlainSwitches, TyperGroup):
    pass


app = typer.Typer(
    name="crlm",
    cls=_Group,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    epilog="Begin with: crlm new my.yaml, then crlm check my.yaml, then crlm run my.yaml. What comes with crlm: crlm examples.",
)
command = functools.partial(app.command, cls=_Command)


def _output_folder(text: str) -> Path:
    """An empty name, as of a variable that is not set, would mean the current folder."""
    if not text.strip():
        raise typer.BadParameter("the name of the folder is empty; '.' is the current one")
    return Path(text)


def _output_option(text: str):
    return typer.Option("--output", "-o", metavar="DIR", parser=_output_folder, help=text)


Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="say nothing unless something is wrong")]
Grep = Annotated[
    str | None, typer.Option("--grep", metavar="WORD", help="what speaks of this word, parameters included")
]
Everything = Annotated[bool, typer.Option("--all", help="everything about all of them")]
ConfigFile = Annotated[
    Path,
    typer.Argument(
        metavar="CONFIG", help="a config: a YAML file, or the name of one that comes with crlm (crlm examples)"
    ),
]
RunFolder = Annotated[Path, typer.Argument(metavar="RUN_DIR", help="the output folder of a run")]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY.PATH=VALUE",
        help="change one value, e.g. --set 'rules.phagocytosis.rate=0.2 /h'; may be repeated",
    ),
]
BatchFolder = Annotated[Path, typer.Argument(metavar="BATCH_DIR", help="the output folder of a batch")]
OutputFolder = Annotated[Path | None, _output_option("output folder; by default one in runs/, named after the config")]

Workers = Annotated[
    int | None,
    typer.Option(
        metavar="N", min=1, help="processes; by default as many as there are processors; results do not depend on it"
    ),
]

Cluster = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS|slurm.yaml|local",
        help="compute on a Dask cluster: that of a scheduler, a new one on SLURM, or one on this machine",
    ),
]
Resume = Annotated[bool, typer.Option("--resume", help="compute what the output folder does not hold yet")]
RetryFailed = Annotated[
    bool, typer.Option("--retry-failed", help="with --resume: compute the runs that failed again, too")
]
Kept = Annotated[Literal["all", "tables", "measures"], typer.Option(help="what stays of each run besides its row")]
_NOT_THERE_YET = "--retry-failed goes with --resume: it computes the failed runs of a batch that is there again"


@app.callback()
def crlm(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="show the version")
    ] = False,
) -> None:
    """Colorectal cancer cells colonising the liver, simulated cell by cell."""


@command()
def run(
    config: ConfigFile,
    output: OutputFolder = None,
    seed: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="seed of all chance, instead of the config's")
    ] = None,
    changes: Overrides = None,
    threads: Annotated[
        int, typer.Option(metavar="N", min=1, help="threads for the fields; results do not depend on it")
    ] = 1,
    resume: Annotated[
        bool, typer.Option("--resume", help="go on from the last checkpoint of the output folder")
    ] = False,
    quiet: Quiet = False,
    check: Annotated[
        bool, typer.Option("--check", help="look after every rule whether the liver is sound (slow, for debugging)")
    ] = False,
) -> None:
    """Run a config: one run, with its tables, figures and movie; or what an archive (FILE.omex) holds."""
    if config.suffix == ".omex":
        from .commands.archive import run_archive

        run_archive(
            config,
            output,
            changes=changes,
            seed=seed,
            threads=threads,
            resume=resume,
            quiet=quiet,
            check=check,
            again=_command_line(),
        )
        return
    from .commands.run import run_experiment

    loaded = _load(config, changes, seed, quiet)
    folder = output if output is not None else Path("runs") / f"{config.stem}-seed{loaded.seed}"
    run_experiment(loaded, folder, threads=threads, resume=resume, quiet=quiet, again=_command_line(), check=check)


@command()
def batch(
    experiment: Annotated[
        Path,
        typer.Argument(
            metavar="EXPERIMENT",
            help="an experiment: a YAML file with base, arms, sweep, "
            "replicates and measures, or the name of one that comes with crlm",
        ),
    ],
    output: Annotated[
        Path | None, _output_option("output folder; by default one in batches/, named after the experiment")
    ] = None,
    changes: Overrides = None,
    workers: Workers = None,
    cluster: Cluster = None,
    resume: Resume = False,
    retry_failed: RetryFailed = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="show the runs, the expected time and disk, and stop")
    ] = False,
    keep: Kept = "measures",
    quiet: Quiet = False,
) -> None:
    """Run an experiment: arms, a sweep, replicates; results are a row per run."""
    from .batches.loading import load_experiment
    from .commands.batch import run_experiment_batch, show_forecast
    from .commands.files import the_experiment

    if retry_failed and not resume:
        raise UserError(_NOT_THERE_YET)
    loaded = load_experiment(the_experiment(experiment, quiet), changes or ())
    folder = output if output is not None else Path("batches") / experiment.stem
    if dry_run:
        show_forecast(
            loaded, folder, workers=workers, cluster=cluster, resume=resume, keep=keep, retry_failed=retry_failed
        )
        return
    run_experiment_batch(
        loaded,
        folder,
        workers=workers,
        cluster=cluster,
        resume=resume,
        keep=keep,
        quiet=quiet,
        again=_command_line(),
        retry_failed=retry_failed,
    )


@command()
def trial(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="a trial: a YAML file with base, cohort, arms and scans, or the name of one that comes with crlm",
        ),
    ],
    output: Annotated[
        Path | None, _output_option("output folder; by default one in trials/, named after the file")
    ] = None,
    changes: Overrides = None,
    workers: Workers = None,
    cluster: Cluster = None,
    resume: Resume = False,
    retry_failed: RetryFailed = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="show the patients, the runs, the expected time and disk, and stop")
    ] = False,
    keep: Kept = "measures",
    quiet: Quiet = False,
) -> None:
    """Treat a cohort of virtual patients in every arm of a trial: response, progression, and what the real trial found."""
    from .commands.files import the_trial
    from .commands.trial import run_trial
    from .trials.loading import load_trial

    if retry_failed and not resume:
        raise UserError(_NOT_THERE_YET)
    run_trial(
        load_trial(the_trial(file, quiet), changes or ()),
        output if output is not None else Path("trials") / file.stem,
        workers=workers,
        cluster=cluster,
        resume=resume,
        retry_failed=retry_failed,
        keep=keep,
        dry_run=dry_run,
        quiet=quiet,
        again=_command_line(),
    )


@command()
def levers(
    config: ConfigFile,
    output: Annotated[
        Path | None, _output_option("output folder; by default one in batches/, named after the config")
    ] = None,
    changes: Overrides = None,
    at: Annotated[
        str | None, typer.Option(metavar="TIME,TIME", help="when to look, such as '1 d,7 d'; by default at the end")
    ] = None,
    measure: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MEASURE",
            help="one more readout: pdl1_score, '{measure: population_density, population: cd8}' ...; may be repeated",
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="only this lever: tnf, kupffer, rule, 'nk_*' ...; may be repeated"),
    ] = None,
    replicates: Annotated[int, typer.Option(metavar="N", min=1, max=10_000, help="runs with and without each")] = 8,
    workers: Workers = None,
    resume: Resume = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="show the levers, the expected time and disk, and stop")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Take away each molecule, population, rule and intervention of a config, one by one: what does it move?"""
    from .commands.levers import pull_levers

    pull_levers(
        _load(config, changes),
        output if output is not None else Path("batches") / f"{config.stem}-levers",
        name=config.stem,
        at=at,
        measures=measure or (),
        only=only or (),
        replicates=replicates,
        workers=workers,
        resume=resume,
        dry_run=dry_run,
        quiet=quiet,
        again=_command_line(),
    )


@command()
def reproduce(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE|DIR|ID",
            help="published experiments: "
            "files, folders of files, or ids such as V24 of those that come "
            "with crlm; by default all of these",
            show_default=False,
        ),
    ] = None,
    output: Annotated[Path | None, _output_option("output folder; by default batches/published")] = None,
    workers: Workers = None,
    quick: Annotated[bool, typer.Option("--quick", help="a first look, with few replicates")] = False,
    draws: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            max=100_000,
            help="instead: with N draws of all numbers that are assumed, from their plausible ranges; what holds whatever the guesses?",
        ),
    ] = None,
    replicates: Annotated[
        int | None,
        typer.Option(metavar="K", min=1, max=1000, help="with --draws: runs of each arm in a draw; by default 2"),
    ] = None,
    resume: Resume = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="print only the table")] = False,
) -> None:
    """Run published experiments with the default parameters, and say which of them come out."""
    if draws is not None:
        from .commands.draws import draw_files
        from .published.draws import REPLICATES

        if quick:
            raise UserError("--quick is not for --draws: say how many runs of each arm with --replicates")
        draw_files(
            files or [],
            output if output is not None else Path("batches") / "published-draws",
            count=draws,
            replicates=replicates if replicates is not None else REPLICATES,
            workers=workers,
            resume=resume,
            quiet=quiet,
            again=_command_line(),
        )
        return
    if replicates is not None:
        raise UserError("--replicates goes with --draws; how often an experiment is run stands in its file")
    from .commands.reproduce import reproduce_files

    reproduce_files(
        files or [],
        output if output is not None else Path("batches") / "published",
        workers=workers,
        quick=quick,
        resume=resume,
        quiet=quiet,
        again=_command_line(),
    )


@command()
def calibrate(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="what may be moved, and on which published experiments, a YAML file")
    ],
    output: Annotated[
        Path | None, _output_option("output folder; by default one in calibrations/, named after the file")
    ] = None,
    trials: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="how many sets of parameters are tried, instead of the file's number"),
    ] = None,
    workers: Workers = None,
    resume: Annotated[bool, typer.Option("--resume", help="go on with the trials of the output folder")] = False,
    quiet: Quiet = False,
) -> None:
    """Look for default parameters, inside their plausible ranges, with which published experiments come out."""
    from .commands.calibrate import calibrate_file
    from .commands.files import the_calibration

    folder = output if output is not None else Path("calibrations") / file.stem
    calibrate_file(
        the_calibration(file, quiet),
        folder,
        trials=trials,
        workers=workers,
        resume=resume,
        quiet=quiet,
        again=_command_line(),
    )


@command()
def check(config: ConfigFile, changes: Overrides = None) -> None:
    """Show a config with everything filled in, what its run would need, and what is unusual in it."""
    from .commands.check import check_config

    check_config(_load(config, changes))


@command()
def new(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="the YAML file to write")],
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="NAME", help="begin with a copy of one that comes with crlm (crlm examples)"),
    ] = None,
) -> None:
    """Write a commented config to begin with: a starter, or a copy of one that comes with crlm."""
    from .commands.new import write_new

    write_new(file, source)


@command()
def report(
    folder: Annotated[Path, typer.Argument(metavar="RUN_DIR|BATCH_DIR", help="the output folder of a run or a batch")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE.html", help="the page; by default report.html in the folder"),
    ] = None,
    movie: Annotated[bool, typer.Option("--movie/--no-movie", help="with the movie, which is most of its size")] = True,
    quiet: Quiet = False,
) -> None:
    """Make one page of a run or a batch, to be mailed or put on a web server: movie, figures, numbers, config."""
    from .commands.report import write_report

    write_report(folder, output, movie, quiet)


@command("app")
def open_app(
    what: Annotated[
        Path | None,
        typer.Argument(
            metavar="CONFIG|RUN_DIR|BATCH_DIR",
            help="what the first page shows; by default a small run",
            show_default=False,
        ),
    ] = None,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="where it listens; by default only this machine can reach it")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="N", min=1, max=65535)] = 8765,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="open it in the browser")] = True,
) -> None:
    """Open the app in the browser: watch a run, change a number, look back at runs and batches of this folder."""
    from .app.command import start_app

    start_app(what, host=host, port=port, browser=browser)


@command()
def examples() -> None:
    """Show what comes with crlm: configs, experiments, published experiments, cell lines, hosts, regimens and drugs."""
    from .commands.examples import show_examples

    show_examples()


@command()
def schema(
    config: Annotated[
        Path | None, typer.Argument(metavar="CONFIG", help="a config: with what its plugins add", show_default=False)
    ] = None,
) -> None:
    """Print the JSON Schema of configs, for completion in editors."""
    import json

    from .config.describe import json_schema
    from .config.schema import compose

    print(json.dumps(json_schema(type(_load(config)) if config else compose()), indent=2, ensure_ascii=False))


def _config_and(names: list[str] | None) -> "tuple[Config | None, list[str]]":
    """The config that is named first, if one is, and the other names."""
    wanted = list(names or [])
    return (_load(Path(wanted.pop(0))) if wanted and wanted[0].endswith((".yaml", ".yml")) else None), wanted


@command()
def rules(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="CONFIG|RULE", help="rules: everything about these; a config: as they are there"),
    ] = None,
    grep: Grep = None,
    everything: Annotated[
        bool, typer.Option("--all", help="everything about all, and the parameters of tissue, cells, fields and blood")
    ] = False,
) -> None:
    """Show the rules in their order: a line each; by name with their parameters, plausible ranges and sources."""
    from .commands.rules import show_rules

    show_rules(*_config_and(names), grep=grep, everything=everything)


@command()
def cells(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="CONFIG|NAME", help="populations: everything about these; a config: as they are there"),
    ] = None,
    grep: Grep = None,
    everything: Everything = False,
) -> None:
    """Show the populations: a line each; by name with states, columns, numbers and sources."""
    from .commands.cells import show_cells

    show_cells(*_config_and(names), grep=grep, everything=everything)


@command()
def fields(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="CONFIG|NAME", help="everything about these; a config: as they are there"),
    ] = None,
    grep: Grep = None,
    everything: Everything = False,
) -> None:
    """Show what diffuses, what lies in the tissue and what the blood carries: a line each; by name with numbers and sources."""
    from .commands.fields import show_fields

    show_fields(*_config_and(names), grep=grep, everything=everything)


@command()
def interventions(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="CONFIG|KIND",
            help="everything about these: deplete, block ...; a config: with what its plugins add",
        ),
    ] = None,
    grep: Grep = None,
    everything: Everything = False,
) -> None:
    """Show what can be done to the liver: a line per kind; by name with targets, numbers and sources."""
    from .commands.interventions import show_interventions

    show_interventions(*_config_and(names), grep=grep, everything=everything)


@command()
def drugs(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="CONFIG|NAME", help="everything about these drugs; a config: with its own"),
    ] = None,
    grep: Grep = None,
    everything: Everything = False,
) -> None:
    """Show the drugs: a line each; by name with kinetics, acts, plausible ranges and sources."""
    from .commands.drugs import show_drugs

    show_drugs(*_config_and(names), grep=grep, everything=everything)


@command()
def regimens(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="CONFIG|NAME", help="everything about these regimens; a config: with its own, for its patient"
        ),
    ] = None,
    grep: Grep = None,
    everything: Everything = False,
) -> None:
    """Show the regimens, by which drugs are given: a line each; by name with the doses of a cycle and of a week."""
    from .commands.drugs import show_regimens

    show_regimens(*_config_and(names), grep=grep, everything=everything)


@command()
def measures(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME", help="everything about these measures")] = None,
    grep: Grep = None,
    everything: Everything = False,
    plugins: Annotated[
        list[Path] | None, typer.Option("--plugin", metavar="FILE", help="a Python file with measures of your own")
    ] = None,
) -> None:
    """Show what can be measured in an experiment: a line per measure; by name with parameters."""
    from .commands.measures import show_measures

    show_measures(names or (), plugins or (), grep=grep, everything=everything)


@command()
def odd(
    config: Annotated[
        Path | None,
        typer.Argument(metavar="CONFIG", help="a config: with its numbers and plugins", show_default=False),
    ] = None,
) -> None:
    """Print the model as the ODD protocol asks for it (Markdown): purpose, entities, order of events, all rules and numbers."""
    from .commands.odd import odd_of

    print(odd_of(_load(config) if config else None), end="")


@command()
def compare(
    batch_dir: BatchFolder,
    control: Annotated[
        str | None, typer.Option(metavar="ARM", help="the arm to compare with, instead of the experiment's")
    ] = None,
    output: Annotated[Path | None, _output_option("output folder; by default the batch's")] = None,
) -> None:
    """Compare the arms of a batch: a table, a text to read, and figures."""
    from .commands.compare import compare_arms

    compare_arms(batch_dir, control, output)


@command()
def movie(
    run_dir: Annotated[
        Path, typer.Argument(metavar="RUN_DIR|BATCH_DIR", help="the output folder of a run, or of a batch")
    ],
    field: Annotated[
        str | None, typer.Option(metavar="NAME", help="overlay: tnf, tgf_beta, cxcl1, oxygen, lactate, vegf ...")
    ] = None,
    colour_by: Annotated[
        str | None, typer.Option("--colour-by", metavar="COLUMN", help="colour cells by: emt, clone, kupffer.tnf ...")
    ] = None,
    format: Annotated[
        Literal["mp4", "gif", "png"] | None,
        typer.Option(help="movie, animated picture, or numbered pictures; by default as the output ends, or mp4"),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="the movie (png: a folder); by default in the folder of the run"
        ),
    ] = None,
    region: Annotated[
        str | None,
        typer.Option(
            metavar="X,Y,WIDTH", help="the square to show, from the lower left: um, or with units as 0.2mm,100um,400um"
        ),
    ] = None,
    pixels: Annotated[int | None, typer.Option(metavar="N", min=16, help="of the longer side of the tissue")] = None,
    start: Annotated[str | None, typer.Option("--from", metavar="TIME", help="from when on, as 0, 6h, 2d")] = None,
    stop: Annotated[str | None, typer.Option("--until", metavar="TIME", help="until when")] = None,
    every: Annotated[str | None, typer.Option(metavar="TIME", help="least time between frames")] = None,
    inset: Annotated[
        Literal["colony", "arrest"] | None,
        typer.Option(help="a close look that follows the largest colony, or the first arrested cell"),
    ] = None,
    borders: Annotated[
        bool, typer.Option("--borders", help="colour the borders of nodules: replacement, desmoplastic, pushing")
    ] = False,
    arms: Annotated[
        str | None, typer.Option(metavar="ARM,ARM", help="of a batch: the arms, side by side; by default all")
    ] = None,
    replicate: Annotated[int, typer.Option(metavar="K", min=1, help="of a batch: which replicate")] = 1,
    point: Annotated[int, typer.Option(metavar="N", min=0, help="of a batch with a sweep: which point")] = 0,
    quiet: Quiet = False,
) -> None:
    """Draw the movie of a run, or of the arms of a batch side by side. `--from 0 --until 6h` shows the first hours step by step, where
    the run kept them (record.first_hours)."""
    from .commands.movie import write_batch_movie, write_run_movie
    from .folder.names import BATCH, SNAPSHOTS

    if arms is not None or (run_dir / BATCH).exists():
        write_batch_movie(run_dir, output, format, arms, replicate, point, field, colour_by, quiet)
    else:
        _needs_run(run_dir, SNAPSHOTS)
        write_run_movie(
            run_dir,
            output,
            format,
            field,
            quiet,
            start,
            stop,
            every,
            colour_by=colour_by,
            region=region,
            pixels=pixels,
            inset=inset,
            borders=borders,
        )


@command()
def export(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="RUN_DIR|FILE", help="the output folder of a run; for omex also of a batch, a config, an experiment"
        ),
    ],
    to: Annotated[
        Literal["anndata", "spatialdata", "ome-zarr", "simularium", "vtk", "csv", "ro-crate", "omex"],
        typer.Option(
            help="for whom: scanpy, spatialdata, image viewers, Simularium, ParaView, tables, archives; omex is run again"
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="PATH", help="file or folder to write; by default beside the run, named after it"
        ),
    ] = None,
    days: Annotated[
        list[float] | None,
        typer.Option(
            "--day",
            metavar="DAY",
            help="only the snapshot of this day; may be repeated; by default all that fit the format",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="replace an earlier export")] = False,
    quiet: Quiet = False,
) -> None:
    """Write a run for other programs, or a config, experiment, run or batch as an archive that is run again."""
    from .commands.export import export_run

    export_run(source, to, output, days, force, quiet)


@command()
def plot(run_dir: RunFolder, quiet: Quiet = False) -> None:
    """Draw the figures of a run: overview.png, cascade.png, timecourses.png, infiltrate.png where leukocytes have left the vessels, and
    niche.png where a tumor elsewhere, suppressor cells or macrophages prepare the liver."""
    from .commands.run import draw_figures
    from .folder.names import SUMMARY
    from .progress import progress

    _needs_run(run_dir, SUMMARY)
    with progress(quiet) as shown:
        written = draw_figures(run_dir, shown)
    for path in written:
        print(f"Wrote {path}")


@command()
def anatomy(
    config: ConfigFile,
    output: OutputFolder = None,
    changes: Overrides = None,
) -> None:
    """Draw the tissue of a config and measure it: widths, distances, flow, zones, passages."""
    from .commands.anatomy import measure_anatomy

    loaded = _load(config, changes)
    measure_anatomy(loaded, output if output is not None else Path("runs") / f"{config.stem}-anatomy")


def _load(config: Path, changes: list[str] | None = None, seed: int | None = None, quiet: bool = False) -> "Config":
    from .commands.files import the_config
    from .config import load_config

    return load_config(the_config(config, quiet), [*(changes or []), *([] if seed is None else [f"seed={seed}"])])


def _needs_run(folder: Path, name: str) -> None:
    from .folder import manifest

    if not (folder / name).exists():
        running = (folder / manifest.NAME).exists()
        raise UserError(
            f"the run in {folder} has no {name} yet; finish it with --resume"
            if running
            else f"{folder} is not the folder of a run: it has no {name}"
        )


def _command_line() -> str:
    """How the user called us, to be told again."""
    return typed(*(argument for argument in sys.argv[1:] if argument != "--resume"))


def status_of(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status; whatever is wrong is said on stderr."""
    try:
        app(args=arguments, prog_name="crlm")
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else DONE if ending.code is None else FAILED
    except Exception as error:
        if os.environ.get(DEBUG):
            raise
        message, status = _in_words(error)
        print(message, file=sys.stderr)
        return status
    return DONE


def _in_words(error: Exception) -> tuple[str, int]:
    """What to tell the user about an error, and the exit status."""
    from .config import ConfigError

    if isinstance(error, ConfigError | UserError):
        return str(error), WRONG_INPUT
    from .batches.batch import BatchStopped
    from .batches.executors import ExecutorError
    from .cells.settle import NoRoom
    from .commands.batch import RunsFailed
    from .commands.run import DrawingFailed
    from .folder.files import DamagedFile
    from .folder.lock import FolderLocked
    from .folder.manifest import ResumeRefused
    from .invariants import BrokenInvariant
    from .simulation import FieldError, FolderInUse, RunInterrupted

    if isinstance(error, FolderInUse | ResumeRefused | FolderLocked):
        return str(error), WRONG_INPUT
    if isinstance(error, DrawingFailed | DamagedFile | RunsFailed | BatchStopped | ExecutorError):
        return str(error), FAILED
    if isinstance(error, RunInterrupted):
        return str(error), INTERRUPTED
    if isinstance(error, BrokenInvariant):
        return (
            f"The run stopped, as its state has become impossible: {error}.\nThis is a mistake in crlm or in a rule of your own.",
            FAILED,
        )
    if isinstance(error, FieldError | NoRoom):
        return f"The run stopped: {error}.", FAILED
    if isinstance(error, OSError):
        return f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}", FAILED
    where = "".join(f", {note}" for note in getattr(error, "__notes__", ()))
    from .config.plugins import place_of

    own = place_of(error)
    if own is not None:
        return (
            f"The run stopped: {type(error).__name__}: {error}{where}\n  {own.filename}, line {own.lineno}, in {own.name}:\n"
            f"    {own.line}\nThis is a mistake in that file; with {DEBUG}=1 the same command gives the whole traceback."
        ), FAILED
    return (
        f"crlm failed: {type(error).__name__}: {error}{where}\n"
        f"This is a mistake in crlm or in a rule of your own; with {DEBUG}=1 the same command says where."
    ), FAILED


def main() -> None:
    """Entry point of the `crlm` command."""
    sys.exit(status_of())


if __name__ == "__main__":
    main()
