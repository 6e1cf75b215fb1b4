"""From a YAML file to an `Experiment`, with every mistake placed at its line and column.

The config of an arm is read as if the arm's keys were a file that extends the base; `--set` comes above both, and the
swept values above all. An override whose first word is a key of experiments (`replicates=3`, `arms.a.duration=2 d`)
changes the experiment, any other the config of every arm (`tissue.width=1 mm`).
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from ...config.errors import ConfigError, quoted
from ...config.nodes import Source, sound
from ...config.reading import Reader
from ...config.shipped import here_or_shipped
from ...config.validating import checked
from ..experiment import Experiment, ExperimentFile, Point
from .arms import Arms, on_one_clock
from .measures import (
    expectations_of,
    known_measures,
    measures_of,
    refuse_looks_outside,
    refuse_namesakes,
    refuse_unknown_drugs,
)
from .sweep import MAX_RUNS, SweepReader
from .written import Written


def load_experiment(
    path: str | os.PathLike, overrides: Sequence[str] = (), *, published: bool = False, defaults: Point | None = None
) -> Experiment:
    """The experiment of the file at `path`, or of the one of this name that comes with crlm (`who_stops_them`), changed by
    `overrides` such as `'replicates=3'`.

    published : it must say what was published and expected, and may not set parameters that are no part of its system
    defaults : key path -> value, instead of the declared defaults: they count where nothing else is written

    Raises ConfigError with everything that is wrong.
    """
    path = here_or_shipped(Path(path), "experiment", "published")
    source = Source(os.fspath(path), path.parent)
    reader = Reader()
    root = reader.read(path, source)
    if not reader.files:  # not even a text: nothing else can be said about it
        raise ConfigError(reader.problems, source.label)
    written = Written(reader, root, source, overrides, ExperimentFile)
    return read_experiment(written, path, published, defaults)


def read_experiment(written: Written, path: Path, published: bool = False, defaults: Point | None = None) -> Experiment:
    """The experiment that stands in `written`; the other parameters as of `load_experiment`. Raises ConfigError."""
    file = keys_of(written, ExperimentFile)
    arms = Arms(written, published, defaults or {})
    sweep, points, point_settings = SweepReader(written, arms).read()
    configs = arms.configs(points, point_settings)
    plain = arms.configs(({},), [[]]) if sweep else configs
    _refuse_plugins_of_one_name(written, configs)
    known = known_measures(written)
    measures = measures_of(written, known)
    expectations = expectations_of(written, known, arms.names)
    requests = measures + [(path, expectation.request) for path, expectation in expectations]
    refuse_namesakes(written, requests, {swept.path for swept in sweep.parameters} if sweep else set())
    refuse_looks_outside(written, requests, on_one_clock(configs))
    refuse_unknown_drugs(written, requests, configs)
    control = arms.control()
    if file is not None and len(arms.names) * len(points) * file.replicates > MAX_RUNS:
        written.wrong(
            ("replicates",),
            f"{len(arms.names)} arms, {len(points)} points and {file.replicates} replicates make "
            f"{len(arms.names) * len(points) * file.replicates} runs",
            f"at most {MAX_RUNS} are possible",
        )
    if file is not None:
        _refuse_fewer_than_replicates(written, file)
        _refuse_no_lesions(written, file, configs)
    if published and file is not None:
        _refuse_unpublished(written, file)
    if written.problems or file is None:
        raise ConfigError(written.problems, written.source.label)
    return Experiment(
        file=file,
        name=file.name or path.stem,
        arms=tuple(arms.names),
        control=control,
        configs=on_one_clock(configs),
        plain={arm: config for (arm, _), config in on_one_clock(plain).items()},
        replicates=file.replicates,
        points=points,
        sweep=sweep,
        measures=tuple({request.label: request for _, request in requests}.values()),
        expect=tuple(expectation for _, expectation in expectations),
        plugins=tuple((written.source.folder / Path(name).expanduser()).resolve() for name in file.plugins),
        path=path,
    )


def keys_of(written: Written, schema: type[BaseModel]) -> Any:
    """The keys of the file itself, as `schema` reads them; None, and problems, where they are wrong."""
    try:
        return checked(
            sound(written.root),
            schema,
            [],
            written.source.label,
            complete=written.reader.complete,
            extra_keys=(),
        )
    except ConfigError as error:
        written.problems += error.problems
        return None


def _refuse_unpublished(written: Written, file: ExperimentFile) -> None:
    """Note what a published experiment must and must not say."""
    if file.published is None:
        written.wrong(
            (),
            "the block `published` is missing: it says what was found, and where",
            "such as published: {id: ..., source: ..., finding: ...}",
        )
    if not file.expect:
        written.wrong(
            ("expect",),
            "it is not said what is expected",
            "such as expect: [{measure: nodules, arm: treated, relative_to: control, between: [0.05, 0.30]}]",
        )
    if file.sweep is not None and len(file.arms) > 1:
        written.wrong(
            ("arms",),
            "a published experiment with a sweep is one cohort, and has no arms",
            "what is expected is said of all of its points together",
        )


def _refuse_fewer_than_replicates(written: Written, file: ExperimentFile) -> None:
    """Note a file whose most replicates are fewer than those it begins with."""
    begun = written.node("replicates")
    if (
        file.most_replicates is None
        or file.most_replicates >= file.replicates
        or begun is None
        or begun.place.source.override
    ):
        return
    written.wrong(
        ("most_replicates",),
        f"these are fewer than the {file.replicates} replicates that are run at first",
        "it says how far they may be raised",
    )


def _refuse_no_lesions(written: Written, file: ExperimentFile, configs: Mapping[tuple[str, int], Any]) -> None:
    """Note lesions that are kept and not surveyed."""
    if "lesions" in file.tables and any(config.record.lesions == 0 for config in configs.values()):
        at = ("tables", file.tables.index("lesions"))
        written.wrong(at, "lesions are not surveyed", "say how often in the config: record: {lesions: 8 wk}")


def _refuse_plugins_of_one_name(written: Written, configs: Mapping[tuple[str, int], Any]) -> None:
    """A batch keeps copies of all plugins, of the arms and of the measures, in one folder."""
    named = [
        (path, item.place.source.folder / os.path.expanduser(item.value))
        for path, item in written.items("plugins")
        if isinstance(item.value, str)
    ]
    named += [
        (("arms", arm, "plugins"), Path(plugin)) for (arm, _), config in configs.items() for plugin in config.plugins
    ]
    files: dict[str, Path] = {}
    for path, file in dict.fromkeys((path, file.resolve()) for path, file in named):
        if files.setdefault(file.name, file) != file:
            written.wrong(
                path,
                f"{quoted(str(file))}: another plugin is named {file.name}, {files[file.name]}",
                "rename one, as a batch keeps copies of both in one folder",
            )
