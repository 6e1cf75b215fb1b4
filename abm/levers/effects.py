"""What each lever does to each stage of the cascade: ratios to the control, paired by seed; and the most that any could do."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from ..comparison.figures import rounded, times
from ..comparison.outcome import Outcome
from ..statistics import LEVEL, Estimate
from .levers import CONTROL, Lever, Readout

MATTERS = 0.05
"""A ratio nearer to 1 than this is no effect, however surely it is known."""
STRONG = 0.25
"""A ratio further from 1 than this is a strong one."""


@dataclass(frozen=True)
class Stage:
    """A readout in the control arm."""

    readout: Readout
    estimate: Estimate

    @property
    def ceiling(self) -> float:
        """The most by which a perfect lever on this stage alone could raise all that comes after: one over the share that
        passes it anyway. nan for a number, which no stage limits."""
        if not self.readout.of:
            return math.nan
        return 1.0 / self.estimate.value if self.estimate.value > 0 else math.inf


@dataclass(frozen=True)
class Effect:
    """A readout without the lever, and its ratio to the control."""

    lever: Lever
    stage: Stage
    estimate: Estimate
    ratio: Estimate

    @property
    def is_sure(self) -> bool:
        """Whether the interval of the ratio leaves 1 out."""
        return self.ratio.low > 1 or self.ratio.high < 1

    @property
    def moves(self) -> bool:
        """Whether the readout is surely another one, and noticeably."""
        return self.is_sure and abs(self.ratio.value - 1) >= MATTERS

    @property
    def strength(self) -> float:
        """How far the ratio is from 1, on a logarithmic scale; 0 where it is not known."""
        if not self.ratio.value > 0:
            return math.inf if self.ratio.value == 0 else 0.0
        return abs(math.log(self.ratio.value))


@dataclass(frozen=True)
class Effects:
    """All of a batch. stages : in the order of the readouts; rows : lever -> its effects in that order, what moves the last
    readout most before; runs, planned, failed : how many there are"""

    name: str
    stages: list[Stage]
    rows: list[tuple[Lever, list[Effect]]]
    replicates: int
    runs: int
    planned: int
    failed: int

    @property
    def dead(self) -> list[Lever]:
        """Those that move nothing."""
        return [lever for lever, effects in self.rows if not any(effect.moves for effect in effects)]

    @property
    def strong(self) -> list[Lever]:
        """Those that move a number (nodules or burden) by a quarter or more."""
        return [
            lever
            for lever, effects in self.rows
            if any(
                effect.moves and not effect.stage.readout.of and abs(effect.ratio.value - 1) >= STRONG
                for effect in effects
            )
        ]

    @property
    def by_chance(self) -> float:
        """How many of the intervals would leave 1 out if no lever did anything."""
        return (1 - LEVEL) * sum(len(effects) for _, effects in self.rows)


def effects_of(outcome: Outcome, levers: Sequence[Lever], readouts: Sequence[Readout]) -> Effects:
    """The effects in the tables of a batch of `levers.experiment_of`. Raises ValueError when no run of the control is done."""
    measures = {one.label: one for one in outcome.measures}
    arms = [CONTROL, *(lever.arm for lever in levers)]
    samples = {readout.name: outcome.samples(measures[readout.name], arms, [0]) for readout in readouts}
    stages = [Stage(readout, samples[readout.name][CONTROL, 0].estimate()) for readout in readouts]
    if not any(stage.estimate.n for stage in stages):
        raise ValueError("no run of the control is done, so there is nothing to compare with")
    rows = []
    for lever in levers:
        effects = []
        for stage in stages:
            of_arms = samples[stage.readout.name]
            sample = of_arms[lever.arm, 0]
            effects.append(Effect(lever, stage, sample.estimate(), sample.ratio_to(of_arms[CONTROL, 0])))
        rows.append((lever, effects))
    rows.sort(key=lambda row: (not row[1][-1].moves, -row[1][-1].strength))
    return Effects(outcome.name, stages, rows, outcome.replicates, outcome.runs, outcome.planned, outcome.failed)


# --- As a table -------------------------------------------------------------------------------------------------------


def table_of(effects: Effects) -> pa.Table:
    """levers.parquet: a row per lever and readout; the meanings of its columns in the metadata."""
    flat = [effect for _, of_lever in effects.rows for effect in of_lever]
    text, number = pa.string(), pa.float64()
    columns = (
        ("kind", text, [each.lever.kind for each in flat], "molecule, population, rule or intervention"),
        ("lever", text, [each.lever.name for each in flat], "what was taken away"),
        ("readout", text, [each.stage.readout.name for each in flat], "stage of the cascade, or number"),
        ("of", text, [each.stage.readout.of for each in flat], "the stage of which it is a share; empty for a number"),
        ("control", number, [each.stage.estimate.value for each in flat], "mean in the control"),
        ("mean", number, [each.estimate.value for each in flat], "mean without the lever"),
        ("ratio", number, [each.ratio.value for each in flat], "mean without the lever over that of the control"),
        ("ratio_low", number, [each.ratio.low for each in flat], "lower end of its 95 % interval, paired by seed"),
        ("ratio_high", number, [each.ratio.high for each in flat], "upper end of it"),
        ("ceiling", number, [each.stage.ceiling for each in flat], "the most that a perfect lever on it could do"),
        ("moves", pa.bool_(), [each.moves for each in flat], f"the interval leaves 1 out, by {MATTERS:.0%} or more"),
    )
    fields = [pa.field(name, kind, metadata={"unit": "1", "description": said}) for name, kind, _, said in columns]
    return pa.table(
        [pa.array(values, kind) for _, kind, values, _ in columns],
        schema=pa.schema(fields),
    )


# --- In words ---------------------------------------------------------------------------------------------------------


def in_words(ratio: Estimate) -> str:
    """'0.52 (0.44 to 0.61)'"""
    return f"{times(ratio.value)} ({rounded(ratio.low)} to {rounded(ratio.high)})"


def remarks(effects: Effects) -> list[str]:
    """What is to be said of all levers together."""
    said = []
    if effects.runs < effects.planned:
        said.append(f"Only {effects.runs} of {effects.planned} runs are finished.")
    if effects.failed:
        said.append(f"{effects.failed} of {effects.runs} runs failed and are left out.")
    names = [lever.name for lever in effects.strong]
    said.append(
        f"{len(names)} of {len(effects.rows)} levers move nodules or burden by a quarter or more"
        + (f": {', '.join(names)}." if names else ".")
    )
    names = [lever.name for lever in effects.dead]
    if names:
        said.append(f"{len(names)} move nothing by {MATTERS:.0%} beyond chance: {', '.join(names)}.")
    said.append(
        f"Of {sum(len(row) for _, row in effects.rows)} intervals of {LEVEL:.0%}, about {effects.by_chance:.0f} would leave 1 "
        "out by chance alone."
    )
    return said


def text_of(effects: Effects, figure: str) -> str:
    """levers.md: what is to be said, the stages with their ceilings, and all ratios with their intervals."""
    stages = [
        "| stage | share of those before, in the control | a perfect lever on it could do at most |",
        "| --- | --- | --- |",
        *(
            f"| {stage.readout.name} | {rounded(stage.estimate.value)} of {stage.readout.of} | {times(stage.ceiling)} times |"
            for stage in effects.stages
            if stage.readout.of
        ),
    ]
    heads = [stage.readout.name for stage in effects.stages]
    table = [
        f"| without | {' | '.join(heads)} |",
        f"| --- |{' --- |' * len(heads)}",
        *(
            f"| {lever.name} ({lever.kind}) | "
            + " | ".join(f"**{in_words(e.ratio)}**" if e.moves else in_words(e.ratio) for e in of_lever)
            + " |"
            for lever, of_lever in effects.rows
        ),
    ]
    about = (
        f"Each lever was taken away in {effects.replicates} run{'s' * (effects.replicates != 1)}, with the seeds of the control. "
        f"Numbers are times the control, with {LEVEL:.0%} intervals; bold where the interval leaves 1 out and the difference is "
        f"{MATTERS:.0%} or more."
    )
    parts = [
        f"# {effects.name}",
        about,
        *remarks(effects),
        "## Stages of the cascade",
        "Where nearly all pass a stage anyway, no lever on it can raise what comes after: the ceiling is one over the share. "
        "What holds up nearly all can be moved much.",
        "\n".join(stages),
        "## Levers",
        "\n".join(table),
        f"![what each lever does to each stage]({figure})",
    ]
    return "\n\n".join(parts) + "\n"
