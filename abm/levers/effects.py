"""What each lever does to each stage of the cascade: ratios to the control, paired by seed; and the most that any could do."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ..comparison.figures import rounded, times
from ..comparison.outcome import Outcome
from ..statistics import LEVEL, Estimate
from .levers import CONTROL, Lever, Readout

MATTERS = 0.05
"""A ratio nearer to 1 than this is no effect, however surely it is known."""
STRONG = 0.25
"""A ratio further from 1 than this is a strong one."""
LITTLE = 0.2
"""Where the whole interval is nearer to 1 than this, the lever surely does little."""


@dataclass(frozen=True)
class Stage:
    """A readout in the control arm."""

    readout: Readout
    estimate: Estimate

    @property
    def ceiling(self) -> float:
        """The most times by which a perfect lever on this stage alone could raise how many pass it: one over the share that
        passes it anyway. nan for a number, which no stage limits, and where nobody was seen to pass."""
        return 1.0 / self.estimate.value if self.readout.of and self.estimate.value > 0 else math.nan


@dataclass(frozen=True)
class Effect:
    """A readout without the lever, and its ratio to the control; is_same : whether every run gave what its control gave."""

    lever: Lever
    stage: Stage
    estimate: Estimate
    ratio: Estimate
    is_same: bool = False

    @property
    def is_known(self) -> bool:
        """Whether there is a ratio: not of nothing to nothing."""
        return math.isfinite(self.ratio.value)

    @property
    def is_sure(self) -> bool:
        """Whether the interval of the ratio leaves 1 out. One pair of runs tells nothing: its interval knows of no spread between
        runs."""
        return self.ratio.n > 1 and (self.ratio.low > 1 or self.ratio.high < 1)

    @property
    def is_little(self) -> bool:
        """Whether the whole interval is near 1."""
        return self.is_same or 1 - LITTLE <= self.ratio.low <= self.ratio.high <= 1 / (1 - LITTLE)

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
    def same(self) -> list[Lever]:
        """Those that change nothing at all: every run gave what its control gave, in every readout."""
        return [lever for lever, effects in self.rows if effects and all(effect.is_same for effect in effects)]

    @property
    def little(self) -> list[Lever]:
        """Those that are known to do little: each interval that there is lies near 1."""
        return [
            lever
            for lever, effects in self.rows
            if not all(effect.is_same for effect in effects)
            and not any(effect.moves for effect in effects)
            and all(effect.is_little for effect in effects if effect.is_known)
            and any(effect.is_known for effect in effects)
        ]

    @property
    def unresolved(self) -> list[Lever]:
        """Those that move nothing surely, and may yet: more runs would tell."""
        told = [*self.same, *self.little]
        return [lever for lever, effects in self.rows if lever not in told and not any(e.moves for e in effects)]

    @property
    def strong(self) -> list[Lever]:
        """Those that move a number (nodules or burden) by a quarter or more."""
        return [
            lever
            for lever, effects in self.rows
            if any(
                effect.moves
                and not effect.stage.readout.of
                and not effect.stage.readout.is_asked
                and abs(effect.ratio.value - 1) >= STRONG
                for effect in effects
            )
        ]

    @property
    def comparisons(self) -> list[Effect]:
        """The effects that could have come out otherwise."""
        return [effect for _, effects in self.rows for effect in effects if effect.is_known and not effect.is_same]


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
            sample, control = of_arms[lever.arm, 0], of_arms[CONTROL, 0]
            same = np.array_equal(sample.values, control.values, equal_nan=True) and (
                sample.of is None or control.of is None or np.array_equal(sample.of, control.of, equal_nan=True)
            )
            effects.append(Effect(lever, stage, sample.estimate(), sample.ratio_to(control), same))
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
        (
            "ceiling",
            number,
            [each.stage.ceiling for each in flat],
            "the most times by which a perfect lever on it could raise it",
        ),
        ("pairs", pa.int64(), [each.ratio.n for each in flat], "pairs of runs that gave a value"),
        ("same", pa.bool_(), [each.is_same for each in flat], "every run gave what its control gave"),
        ("moves", pa.bool_(), [each.moves for each in flat], f"the interval leaves 1 out, by {MATTERS:.0%} or more"),
    )
    fields = [pa.field(name, kind, metadata={"unit": "1", "description": said}) for name, kind, _, said in columns]
    return pa.table(
        [pa.array(values, kind) for _, kind, values, _ in columns],
        schema=pa.schema(fields),
    )


# --- In words ---------------------------------------------------------------------------------------------------------


def in_words(effect: Effect) -> str:
    """'0.52 (0.44 to 0.61)'; '=' where every run gave what its control gave, '–' where there is no ratio."""
    if effect.is_same:
        return "="
    if not effect.is_known:
        return "–"
    return f"{times(effect.ratio.value)} ({rounded(effect.ratio.low)} to {rounded(effect.ratio.high)})"


def remarks(effects: Effects) -> list[str]:
    """What is to be said of all levers together."""
    said = []
    if effects.runs < effects.planned:
        said.append(f"Only {effects.runs} of {effects.planned} runs are finished.")
    if effects.failed:
        said.append(f"{effects.failed} of {effects.runs} runs failed and are left out.")
    if not any(stage.estimate.value > 0 for stage in effects.stages):
        return [*said, "Nothing happened in the control: no tumor cell arrived, so nothing can be told of any lever."]
    if effects.replicates < 2:
        said.append("One pair of runs does not tell an effect from chance; ask for more --replicates.")
    classes = (
        ("nodules or burden moved by a quarter or more", effects.strong),
        (
            f"moved by {100 * MATTERS:.0f} % or more in some other way",
            [
                lever
                for lever, of_lever in effects.rows
                if lever not in effects.strong and any(e.moves for e in of_lever)
            ],
        ),
        (f"surely little: every interval within {100 * LITTLE:.0f} %", effects.little),
        ("nothing at all: every run as without", effects.same),
        ("not resolved, more runs would tell", effects.unresolved),
    )
    said += [
        f"{what[0].upper()}{what[1:]}: {', '.join(lever.name for lever in levers)}."
        for what, levers in classes
        if levers
    ]
    compared = effects.comparisons
    if len(compared) > 1:
        sure = sum(effect.is_sure for effect in compared)
        said.append(
            f"{len(compared)} comparisons could have come out otherwise; {sure} of their intervals leave 1 out, and about "
            f"{(1 - LEVEL) * len(compared):.0f} would by chance alone if no lever did anything."
        )
    return said


def text_of(effects: Effects, figure: str) -> str:
    """levers.md: what is to be said, the stages with their ceilings, and all ratios with their intervals."""
    stages = [
        "| stage | share in the control | a perfect lever on it could raise it at most |",
        "| --- | --- | --- |",
        *(
            f"| {stage.readout.name} | {rounded(stage.estimate.value)} "
            f"({rounded(stage.estimate.low)} to {rounded(stage.estimate.high)}) of {stage.readout.of} | {ceiling_of(stage)} |"
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
            + " | ".join(f"**{in_words(e)}**" if e.moves else in_words(e) for e in of_lever)
            + " |"
            for lever, of_lever in effects.rows
        ),
    ]
    about = (
        f"Each lever was taken away in {effects.replicates} run{'s' * (effects.replicates != 1)}, with the seeds of the control. "
        f"Numbers are times the control (means over means), with {100 * LEVEL:.0f} % intervals, paired by seed; bold where the interval "
        f"leaves 1 out and the difference is {100 * MATTERS:.0f} % or more; = where every run gave what its control gave; – where nothing "
        "came of nothing."
    )
    parts = [
        f"# {effects.name}",
        about,
        "\n".join(f"* {remark}" for remark in remarks(effects)),
        "## Stages of the cascade",
        "How far a perfect lever could raise what passes a stage: one over the share that passes anyway. Where nearly all pass, "
        "nothing can be raised; lowered it can be always. Stages that are shares of the same one overlap, so their ceilings do not "
        "multiply. Nodules and burden also follow from how colonies grow, which no stage limits.",
        "\n".join(stages),
        "## Levers",
        "\n".join(table),
        f"![what each lever does to each stage]({figure})",
    ]
    return "\n\n".join(parts) + "\n"


def ceiling_of(stage: Stage) -> str:
    """'1.05 times'; 'unknown' where nobody was seen to pass."""
    return "unknown" if math.isnan(stage.ceiling) else f"{times(stage.ceiling)} times"
