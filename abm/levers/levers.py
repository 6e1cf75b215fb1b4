"""What can be taken away from a liver, one by one, and the experiment that does so with paired seeds.

A lever is a molecule, a population, a rule or one of the config's own interventions. All come from the registry of the
config, so that those of plugins are among them. Molecules and populations are knocked out, rules switched off,
interventions left out.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ..batches.experiment import Experiment, ExperimentFile
from ..batches.loading.arms import on_one_clock
from ..config.loading import with_changes
from ..config.schema import Config
from ..interventions.knock_out import KnockOut
from ..ledger import event
from ..measures.request import TOLERANCE, read_request
from ..units import in_time

CONTROL = "control"
MOLECULE, POPULATION, RULE, INTERVENTION = "molecule", "population", "rule", "intervention"
KINDS = (MOLECULE, POPULATION, RULE, INTERVENTION)
FIRST_LOOK_H = 24.0
"""The cascade is told by who lives a day after arrival: an earlier look would not know."""


class Lever(NamedTuple):
    """kind, name : what is taken away; arm : of the experiment ('molecule.tnf'); changes : what that arm changes in the config;
    about : who is without it, or what the rule does"""

    kind: str
    name: str
    arm: str
    changes: Mapping[str, Any]
    about: str


class Readout(NamedTuple):
    """A stage of the cascade, measured.

    name : its column; line : the line of `measures`; of : the stage before, of which it is a share, or "" for a number;
    is_asked : whether it is a measure that was asked for besides those of the cascade
    """

    name: str
    line: Mapping[str, Any]
    of: str = ""
    is_asked: bool = False

    @property
    def of_briefly(self) -> str:
        """`of`, for narrow columns."""
        return self.of.replace(" at 24 h", "")


def levers_of(config: Config) -> list[Lever]:
    """All levers of a config, kind by kind in the order of its registry. What is missing there already is none."""
    registry = type(config).registry
    given = config.model_dump(mode="json")["interventions"]
    missing = {entry.knock_out for entry in config.interventions if isinstance(entry, KnockOut)}
    levers = [
        Lever(kind, name, f"{kind}.{name}", {"interventions": [*given, {"knock_out": name}]}, target.agent)
        for kind, targets in ((MOLECULE, registry.molecules()), (POPULATION, registry.depleted()))
        for name, target in targets.items()
        if name not in missing
    ]
    levers += [
        Lever(RULE, rule.name, f"{RULE}.{rule.name}", {"rules": {rule.name: "off"}}, rule.summary())
        for rule in registry.rules
        if getattr(config.rules, rule.name).enabled and event.NAMES[event.ARRIVED] not in rule.events
    ]
    titles = [entry.title for entry in config.interventions]
    for n, title in enumerate(titles):
        name = f"{title} {titles[: n + 1].count(title)}" if titles.count(title) > 1 else title
        rest = {"interventions": given[:n] + given[n + 1 :]}
        levers.append(Lever(INTERVENTION, name, f"{INTERVENTION}.{n + 1}", rest, "an intervention of the config"))
    return levers


def readouts_of(
    config: Config, looks: Sequence[float], measures: Sequence[Mapping[str, Any] | str] = ()
) -> list[Readout]:
    """What is measured: the stages of the cascade at the last of `looks` (hours), each as a share of the one before; then
    nodules and burden at every look, and the `measures` (lines of an experiment) that do not say when themselves."""
    last = in_time(looks[-1])

    def cascade(name: str, stage: str, of: str, before: str) -> Readout:
        return Readout(name, {"measure": "cascade", "stage": stage, "of": of, "at": last, "name": name}, before)

    shares = [
        cascade("held", "arrested", "arrived", "arrived"),
        Readout(
            "adherent",
            {"measure": "ever", "event": "adherent", "of": "held", "at": last, "name": "adherent"},
            "held",
        ),
        cascade("alive at 24 h", "alive_24h", "arrested", "held"),
        cascade("extravasated", "extravasated", "alive_24h", "alive at 24 h"),
        cascade("micrometastasis", "micrometastasis", "extravasated", "extravasated"),
    ]
    cells = round(config.record.micrometastasis_cells)
    numbers = []
    for hours in looks:
        at = f" at {in_time(hours)}" if len(looks) > 1 else ""
        numbers += [
            Readout(
                f"nodules{at}",
                {"measure": "nodules", "min_cells": cells, "at": in_time(hours), "name": f"nodules{at}"},
            ),
            Readout(f"burden{at}", {"measure": "tumor_cells", "at": in_time(hours), "name": f"burden{at}"}),
        ]
    return shares + numbers + [readout for line in measures for readout in _asked(line, looks)]


def _asked(line: Mapping[str, Any] | str, looks: Sequence[float]) -> list[Readout]:
    """The readouts of a line of `measures`: at every look, or when it says itself. Raises pydantic's ValidationError."""
    whole = {"measure": line} if isinstance(line, str) else dict(line)
    lines = [whole] if {"at", "every"} & set(whole) else [whole | {"at": in_time(hours)} for hours in looks]
    requests = [read_request(one) for one in lines]
    return [Readout(request.label, request.written, is_asked=True) for request in requests]


def experiment_of(
    config: Config,
    levers: Iterable[Lever],
    looks: Sequence[float],
    replicates: int,
    name: str = "",
    measures: Sequence[Mapping[str, Any] | str] = (),
) -> tuple[Experiment, list[Readout]]:
    """The experiment with an arm for each lever, and its readouts at `looks` (hours, rising); runs end at the last. name : of the
    config, where that of its own is none; measures : more readouts, as lines of an experiment.

    Raises ValueError for looks and measures that the runs do not reach, or that come before the cascade can be told, and pydantic's
    ValidationError for a line of `measures` that cannot be read.
    """
    for hours in looks:
        if not FIRST_LOOK_H - TOLERANCE <= hours <= config.duration + TOLERANCE:
            raise ValueError(
                f"{in_time(hours)} is no time to look: the run ends at {in_time(config.duration)}, and before "
                f"{in_time(FIRST_LOOK_H)} it is not known who lives on"
            )
    readouts = readouts_of(config, looks, measures)
    requests = tuple(read_request(readout.line) for readout in readouts)
    for request in requests:
        request.moments(looks[-1], config.begins)
    until = {"duration": in_time(looks[-1])}
    configs = {(CONTROL, 0): with_changes(config, until)}
    configs |= {(lever.arm, 0): with_changes(config, {**until, **lever.changes}) for lever in levers}
    file = ExperimentFile(
        name=f"Levers of {name or config.name}",
        description="Everything that can be taken away, taken away one by one.",
        replicates=replicates,
        seed=config.seed,
        control=CONTROL,
        measures=[dict(readout.line) for readout in readouts],
    )
    configs = on_one_clock(configs)
    experiment = Experiment(
        file=file,
        name=file.name,
        arms=tuple(arm for arm, _ in configs),
        control=CONTROL,
        configs=configs,
        plain={arm: one for (arm, _), one in configs.items()},
        replicates=replicates,
        measures=requests,
    )
    return experiment, readouts
