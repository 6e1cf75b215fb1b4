"""From the YAML file of a trial to a `ClinicalTrial`, with every mistake placed at its line and column.

A trial is an experiment whose points are the lesions of a cohort: what is drawn of a patient stands beside its seeds in a sweep that
lists them, each value at the place of its distribution.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..batches.experiment import Experiment
from ..batches.loading import Written, keys_of, read_experiment
from ..clinical.words import in_weeks
from ..config.errors import ConfigError, Problem, did_you_mean, dotted, quoted
from ..config.nodes import Node, Place, Source, node_of, to_plain
from ..config.reading import Reader
from ..config.shipped import here_or_shipped
from ..record.decisions import decides
from .cohort import MUTATIONS, Cohort
from .extending import with_cohort
from .trial import NADIR, ClinicalTrial, TrialFile

_SHARED = ("name", "description", "base", "arms", "control", "measures", "plugins", "published", "calibrated")
"""Keys that mean the same in an experiment."""
_SAID_ELSEWHERE: dict[tuple[str | int, ...], str] = {
    ("seed",): "the seeds of a trial come from that of its cohort: cohort.seed",
    ("duration",): "the runs of a trial end with the last scan: scans.until",
    ("record", "lesions"): "lesions are surveyed at the scans: scans.every",
    ("record", "lesion_limit"): "lesions are followed to a size that the scans have: scans.limit",
}
"""Keys of the config that a trial sets itself, and where."""
_SWEPT = "sweep.parameters."


def load_trial(path: str | os.PathLike, overrides: Sequence[str] = ()) -> ClinicalTrial:
    """The trial of the file at `path`, or of the one of this name that comes with crlm, changed by `overrides` such as
    `'cohort.patients=10'`. Raises ConfigError with everything that is wrong."""
    path = here_or_shipped(Path(path), "trial")
    source = Source(os.fspath(path), path.parent)
    reader = Reader()
    root = with_cohort(reader, reader.read(path, source))
    if not reader.files:
        raise ConfigError(reader.problems, source.label)
    written = Written(reader, root, source, overrides, TrialFile)
    file = keys_of(written, TrialFile)
    if file is None:
        raise ConfigError(written.problems, source.label)
    cohort, plain = Cohort(file.cohort), to_plain(written.root)
    _refuse_unknown(written, file, cohort)
    _refuse_no_early_scan(written, file)
    for setting, node in written.config_settings:
        if setting in _SAID_ELSEWHERE:
            written.problems.append(node.place.problem(setting, "this cannot be set", _SAID_ELSEWHERE[setting]))
    written.root = _as_experiment(written, file, cohort)
    try:
        experiment = read_experiment(written, path)
    except ConfigError as error:
        found: dict[tuple, Problem] = {}
        for problem in map(_of_cohort, error.problems):  # of what is wrong with many patients the first is told
            found.setdefault((problem.file, problem.line, problem.column, problem.path), problem)
        raise ConfigError(found.values(), error.config, error.more) from None
    _refuse_unfit_arms(written, file, experiment)
    if written.problems:
        raise ConfigError(written.problems, source.label)
    return ClinicalTrial(file, cohort, _with_decisions(experiment), plain)


def _with_decisions(experiment: Experiment) -> Experiment:
    """The experiment; where treatment is decided on while runs go on, what was decided is kept of them, too."""
    if not any(map(decides, experiment.configs.values())):
        return experiment
    file = experiment.file.model_copy(update={"tables": [*experiment.tables, "decisions"]})
    return replace(experiment, file=file)


def _refuse_unknown(written: Written, file: TrialFile, cohort: Cohort) -> None:
    """Note arms and strata that there are not."""
    words = [path for path, distribution in file.cohort.draw.items() if distribution.choice]
    known = [*file.cohort.genes, *words]
    for index, stratum in enumerate(file.strata):
        if stratum not in known:
            hint = did_you_mean(stratum, known, "genes, and words that the cohort draws, are strata")
            written.wrong(("strata", index), f"the cohort has no {quoted(stratum)}", hint)
    for index, readout in enumerate(file.expect):
        for key in ("arm", "relative_to"):
            name = getattr(readout, key)
            if name is not None:
                written.refuse_unknown_arm(name, ("expect", index, key), list(file.arms))
        for stratum, wanted in readout.where.items():
            at = ("expect", index, "where", stratum)
            if stratum not in known:
                written.wrong(at, f"the cohort has no {quoted(stratum)}", did_you_mean(stratum, known, "see its file"))
            elif stratum in words and wanted not in (options := file.cohort.draw[stratum].choice or {}):
                written.wrong(
                    at, f"no patient has {quoted(wanted)}", did_you_mean(str(wanted), options, "see its file")
                )
            elif stratum not in words and not isinstance(wanted, bool):
                written.wrong(at, "whether a gene is mutated is true or false")


def _refuse_unfit_arms(written: Written, file: TrialFile, experiment: Experiment) -> None:
    """Note arms without a lesion that could be followed, and conditions that each lesion of a patient would decide for itself."""
    most = file.cohort.lesions[1]
    for arm, config in experiment.plain.items():
        if not config.has_lesion:
            hint = "a list of interventions replaces that of the base: write the implant, which starts before 0 h, in it again"
            written.wrong(("arms", arm), "no lesion is there at time 0, so that none could be followed", hint)
        for number, entry in enumerate(config.interventions):
            if entry.condition is not None and most > 1:
                at = ("arms", arm, "interventions", number)
                written.wrong(
                    at if written.node(*at) is not None else ("arms", arm),
                    f"when is decided by one lesion, and patients here have up to {most}: it could be another in each",
                    "give each patient one lesion: cohort: {lesions: [1, 1]}",
                )


def _refuse_no_early_scan(written: Written, file: TrialFile) -> None:
    """Note readouts of the early look where no scan is made then."""
    early = file.criteria.early
    if file.scans.include(early):
        return
    for index, readout in enumerate(file.expect):
        if readout.readout == "early_shrinkage":
            hint = f"scans are made every {in_weeks(file.scans.every)} until {in_weeks(file.scans.last)}: see scans and criteria.early"
            written.wrong(("expect", index, "readout"), f"no scan is made at {in_weeks(early)}", hint)


def _as_experiment(written: Written, file: TrialFile, cohort: Cohort) -> Node:
    """The tree of the experiment that a trial is. How long its runs last, and when lesions are surveyed, is set by the scans."""
    root, draws = written.root, written.present("cohort").shown
    scans = (written.node("scans") or root).shown
    for path, value in (
        (("duration",), f"{file.scans.last!r} h"),
        (("record", "lesions"), f"{file.scans.every!r} h"),
        (("record", "lesion_limit"), file.scans.limit),
    ):
        written.config_settings.insert(0, (path, node_of(value, scans)))
    parameters = {
        path: _column(values, written.present("cohort", *(("genes",) if path == MUTATIONS else ("draw", path))))
        for path, values in cohort.columns().items()
    }
    sweep = {
        "method": node_of("listed", draws),
        "parameters": Node(parameters, draws, key=draws),
        "seeds": node_of([lesion.seed for lesion in cohort.lesions], draws),
    }
    return replace(
        root,
        value={
            **{key: root.value[key] for key in _SHARED if key in root.value},
            "seed": node_of(file.cohort.seed, draws),
            "sweep": Node(sweep, draws, key=draws),
            "tables": node_of(["lesions"], scans),
            "measures": _with_nadir(root.value.get("measures"), min(24.0, file.scans.every), scans),
        },
    )


def _with_nadir(measures: Node | None, every: float, place: Place) -> Node:
    """The measures of a trial, and behind them the fewest neutrophils, looked at in intervals (hours)."""
    nadir = node_of({"measure": "neutrophil_count", "every": f"{every!r} h", "take": "lowest", "name": NADIR}, place)
    if measures is None:
        return Node([nadir], place, key=place)
    return replace(measures, value=[*measures.value, nadir]) if isinstance(measures.value, list) else measures


def _column(values: list[Any], drawn: Node) -> Node:
    """The values of a key in all lesions, each at the place of its distribution."""
    place: Place = drawn.key or drawn.place
    return Node([node_of(value, place) for value in values], place, key=place)


def _of_cohort(problem: Problem) -> Problem:
    """A problem of what is swept as one of what is drawn."""
    if not problem.path.startswith(_SWEPT):
        return problem
    key = problem.path.removeprefix(_SWEPT).partition("[")[0]
    return replace(problem, path="cohort.genes" if key == MUTATIONS else dotted(("cohort", "draw", key)))
