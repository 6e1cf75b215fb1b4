"""comparison.md: what came out, in sentences with the headline first, then one table per measure."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ..statistics import LEVEL, Estimate
from .drawing import DrawnFigures, setting
from .figures import rounded, short, times
from .outcome import MeasureColumn, Outcome
from .rows import WIDE, Row, along
from .sensitivity import Sensitivity, rank_correlation

MOST_ROWS = 12
"""Points of a sweep up to which the tables have a line for each."""
_DESIGNS = {
    "grid": "grid",
    "listed": "list",
    "latin_hypercube": "Latin hypercube",
    "sobol": "Sobol design",
    "morris": "Morris design",
}
_MATTERS = 0.05
"""Total Sobol index below which a parameter is said to matter little."""


def comparison_text(outcome: Outcome, rows: list[Row], drawn: DrawnFigures) -> str:
    """The whole of comparison.md."""
    parts = [f"# {outcome.name}: comparison", _about(outcome), "## In short", _bullets(outcome, rows, drawn)]
    for measure in outcome.measures:
        of_measure = [row for row in rows if row.measure is measure]
        parts += [f"## `{measure.label}`", _what(measure), _table(outcome, of_measure)]
        parts += [
            _indices(result, arm, measure)
            for (label, arm), result in drawn.sensitivities.items()
            if label == measure.label
        ]
    if drawn.figures:
        parts += ["## Figures", "\n\n".join(f"![{about}]({path.name})" for path, about in drawn.figures.items())]
    parts += ["## How to read this", _reading(outcome, rows, drawn)]
    return "\n\n".join(part for part in parts if part) + "\n"


def headlines(outcome: Outcome, rows: list[Row], sensitivities: dict[tuple[str, str], Sensitivity]) -> list[str]:
    """One sentence for each thing that was compared: by measure, what differs first, the largest difference before."""
    if outcome.sweep in ("sobol", "morris"):
        return [_sensitivity_words(label, arm, result, outcome) for (label, arm), result in sensitivities.items()]
    if outcome.sweep and outcome.sweep != "grid":
        return _correlations(outcome)
    return _sorted_words(_pairs(outcome, rows))


def by_chance(outcome: Outcome, rows: list[Row]) -> str:
    """What to think of many intervals at once: how many would leave "no effect" out by chance. "" where there is none,
    or but one."""
    if outcome.sweep in ("sobol", "morris"):
        return ""
    if outcome.sweep and outcome.sweep != "grid":
        nothing, sure = "0", [one.low > 0 or one.high < 0 for *_, one in _correlated(outcome)]
    else:
        nothing, sure = "1", [pair.apart for pair in _pairs(outcome, rows)]
    if len(sure) < 2:
        return ""
    return (
        f"{len(sure)} comparisons; {sum(sure) or 'none'} of their 95 % intervals {'leaves' if sum(sure) == 1 else 'leave'}"
        f" {nothing} out. If nothing differed, about {short((1 - LEVEL) * len(sure), 2)} of them would by chance alone."
    )


class _Pair(NamedTuple):
    """Two means that are compared. place : of the measure; lead : what the sentence begins with; control, at : see
    `ratio_sentence`; needed : replicates; base : the control's mean; pairs : of runs that there should be."""

    place: int
    lead: str
    control: str
    ratio: Estimate
    needed: int | None
    base: Estimate
    pairs: int
    at: bool = False

    @property
    def apart(self) -> bool:
        """Whether the interval leaves 1 out."""
        return self.ratio.low > 1 or self.ratio.high < 1

    @property
    def sentence(self) -> str:
        return ratio_sentence(self.control, self.ratio, self.needed, self.base, self.pairs, self.at)


def _pairs(outcome: Outcome, rows: list[Row]) -> list[_Pair]:
    return list(_along_pairs(outcome) if outcome.sweep else _arm_pairs(outcome, rows))


def _arm_pairs(outcome: Outcome, rows: list[Row]):
    """Each arm against the control."""
    places = [measure.label for measure in outcome.measures]
    controls = {row.measure.label: row.estimate for row in rows if row.ratio is None}
    for row in rows:
        if row.ratio is not None:
            yield _Pair(
                places.index(row.measure.label),
                _leads(row.measure.label, row.arm, outcome),
                outcome.control,
                row.ratio,
                row.needed,
                controls[row.measure.label],
                outcome.replicates,
            )


def _along_pairs(outcome: Outcome):
    """For a grid: what the last value of each parameter does against the first."""
    for place, measure in enumerate(outcome.measures):
        for parameter in outcome.parameters:
            for arm in outcome.arms:
                steps = along(outcome, measure, arm, parameter)
                if len(steps) > 1:
                    (first, base), (last, sample) = steps[0], steps[-1]
                    change = f"{parameter.name} from {setting(parameter, first)} to {setting(parameter, last)}"
                    yield _Pair(
                        place,
                        _leads(measure.label, arm, outcome, change),
                        setting(parameter, first),
                        sample.ratio_to(base),
                        None,
                        base.estimate(),
                        outcome.replicates,
                        at=True,
                    )


def _leads(label: str, arm: str, outcome: Outcome, change: str = "") -> str:
    return ", ".join([f"`{label}`", *([change] if change else []), *([arm] if len(outcome.arms) > 1 else [])])


def _sorted_words(pairs: list[_Pair]) -> list[str]:
    """Sentences on ratios."""

    def rank(pair):
        ratio = pair.ratio
        size = abs(math.log(ratio.value)) if 0 < ratio.value < math.inf else math.inf if pair.apart else 0.0
        return pair.place, not pair.apart, -size

    return [f"{pair.lead}: {pair.sentence}." for pair in sorted(pairs, key=rank)]


def ratio_sentence(
    control: str,
    ratio: Estimate,
    needed: int | None = None,
    base: Estimate | None = None,
    pairs: int = 0,
    at: bool = False,
) -> str:
    """What a ratio to `control` says, e.g. "**76 % less** than control (ratio 0.240, 0.130 to 0.370)".

    base : the control's mean; pairs : of runs that there should be; at : the control is no arm but the value of a
    parameter
    """
    there, it = (f"at {control}",) * 2 if at else (f"in {control}", control)
    like = f"that at {control}" if at else control
    if ratio.n == 0:
        return "no pair of runs gave a value"
    few = f"; from {ratio.n} of {pairs} pairs of runs" if ratio.n < pairs else ""
    known = f"ratio {times(ratio.value)}, {_range(ratio, times)}{few}"
    if math.isnan(ratio.value):
        return f"none here, and none {there}" if ratio.events is not None else f"nothing to compare: {like} is 0"
    if math.isinf(ratio.value):
        return f"seen here, but never {there}" + (f" (at least {times(ratio.low)} times{few})" if ratio.low > 0 else "")
    if ratio.low > 1:
        more = (
            f"**{short(ratio.value, 2)} times** {like}"
            if ratio.value >= 2
            else f"**{short(100 * (ratio.value - 1), 2)} % more** than {it}"
        )
        return f"{more} ({known})"
    if ratio.high < 1:
        if ratio.value == 0:
            mean = rounded(base.value) if base else "some"
            return f"**none**, against {mean} {there} (ratio at most {times(ratio.high)}{few})"
        return f"**{short(100 * (1 - ratio.value), 2)} % less** than {it} ({known})"
    if ratio.relative_half_width <= WIDE:
        return f"as {it}, to within {short(100 * max(ratio.high - 1, 1 - ratio.low), 2)} % ({known})"
    return f"no difference from {like} can be told ({known}" + (
        f"; about {needed:,} replicates would tell it to ±{100 * WIDE:.0f} %)" if needed else ")"
    )


def _range(estimate: Estimate, words=rounded) -> str:
    """The interval in words."""
    if not estimate.bounded:
        return "no interval from one run" if estimate.n == 1 else "interval unknown"
    if math.isinf(estimate.high):
        return f"{words(estimate.low)} or more"
    return f"{words(estimate.low)} to {words(estimate.high)}"


# --- the beginning ----------------------------------------------------------------------------------------------------


def _about(outcome: Outcome) -> str:
    counted = [f"{len(outcome.arms)} {'arm' if len(outcome.arms) == 1 else 'arms'} ({', '.join(outcome.arms)})"]
    if outcome.parameters:
        counted.append(
            f"{len(outcome.points)} points of a {_DESIGNS.get(outcome.sweep, 'sweep')} over "
            + ", ".join(f"`{one.path}`" for one in outcome.parameters)
        )
    counted.append(f"{outcome.replicates} {'replicate' if outcome.replicates == 1 else 'replicates'}")
    words = f"{outcome.planned:,} {'run' if outcome.planned == 1 else 'runs'}: {' × '.join(counted)}."
    if outcome.runs < outcome.planned:
        words += f" **Only {outcome.runs:,} of them are finished**; `crlm batch ... --resume` computes the others."
    if outcome.failed:
        are = "is" if outcome.failed == 1 else "are"
        words += f" **{outcome.failed:,} failed and {are} left out**; `results.parquet` has the errors."
    if len(outcome.arms) > 1:
        words += f" Arms are compared with {outcome.control}, replicate by replicate: "
        words += "the same replicate has the same seed in every arm."
    return words


def _bullets(outcome: Outcome, rows: list[Row], drawn: DrawnFigures) -> str:
    sentences = headlines(outcome, rows, drawn.sensitivities)
    if not sentences:
        return "There is one arm and no sweep, so nothing is compared; its means are below."
    remark = by_chance(outcome, rows)
    return (f"{remark}\n\n" if remark else "") + "\n".join(f"- {sentence}" for sentence in sentences)


def _what(measure: MeasureColumn) -> str:
    kind = {
        "count": "a count per run",
        "share": "a share, all runs of an arm together",
        "level": "a level, mean over runs",
    }.get(measure.kind, "")
    about = measure.description.rstrip(".")
    return f"{about + ' ' if about else ''}({kind}{f', in {measure.unit}' if measure.unit else ''})."


# --- tables -----------------------------------------------------------------------------------------------------------


def _table(outcome: Outcome, rows: list[Row]) -> str:
    if len(outcome.points) > MOST_ROWS:
        return _summary_table(outcome, rows)
    share, counts = rows[0].measure.kind == "share", rows[0].measure.kind != "level"
    heads = [
        *(f"{one.name}{f' ({one.unit})' if one.unit else ''}" for one in outcome.parameters),
        "arm",
        "mean",
        "95 % interval",
    ]
    heads += ["counted"] if counts else []
    heads += ["replicates"]
    ratios = [row.ratio for row in rows if row.ratio is not None]
    fewer = any(ratio.n < outcome.replicates for ratio in ratios)
    if ratios:
        heads += [f"ratio to {outcome.control}", *(["pairs"] if fewer else []), "95 % interval"]
        heads += ["effect size", "replicates needed"]
    lines = []
    for row in rows:
        cells = [
            short(value) if one.is_number else str(value)
            for one in outcome.parameters
            for value in [outcome.settings[row.point][one.path]]
        ]
        factor, sign = (100.0, " %") if share else (1.0, "")
        cells += [
            row.arm,
            rounded(factor * row.estimate.value) + sign,
            _range(_scaled(row.estimate, factor)) + (sign if row.estimate.bounded else ""),
        ]
        if counts:
            cells.append(f"{short(row.estimate.events or 0.0, 6)}{f' of {short(row.of or 0.0, 6)}' if share else ''}")
        cells.append(str(row.estimate.n))
        if row.ratio is not None:
            ratio = f"**{times(row.ratio.value)}**" if row.differs else times(row.ratio.value)
            cells += [
                ratio,
                *([str(row.ratio.n)] if fewer else []),
                _range(row.ratio, times),
                short(row.effect, 2),
                f"{row.needed:,}" if row.needed else "unknown" if row.wide else "",
            ]
        elif ratios:
            cells += [""] * (4 + fewer)
        lines.append(cells)
    return _markdown(heads, lines, len(outcome.parameters) + 1)


def _scaled(estimate: Estimate, factor: float) -> Estimate:
    return Estimate(factor * estimate.value, factor * estimate.low, factor * estimate.high, estimate.n, estimate.events)


def _summary_table(outcome: Outcome, rows: list[Row]) -> str:
    """For many points: what the measure was over all of them."""
    lines = []
    for arm in outcome.arms:
        values = np.array([row.estimate.value for row in rows if row.arm == arm])
        values = values[np.isfinite(values)]
        if values.size:
            lines.append(
                [
                    arm,
                    str(values.size),
                    *(
                        rounded(float(one))
                        for one in (values.min(), *np.percentile(values, [25, 50, 75]), values.max())
                    ),
                ]
            )
    return (
        _markdown(["arm", "points", "lowest", "lower quarter", "median", "upper quarter", "highest"], lines, 1)
        + "\n\n`comparison.parquet` has every point."
    )


def _markdown(heads: list[str], lines: list[list[str]], words: int) -> str:
    """A table whose first `words` columns are words."""
    rule = ["---" if k < words else "---:" for k in range(len(heads))]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (heads, rule, *lines))


# --- sensitivity ------------------------------------------------------------------------------------------------------


def _sensitivity_words(label: str, arm: str, result: Sensitivity, outcome: Outcome) -> str:
    lead = _leads(label, arm, outcome)
    if result.method == "morris":
        order = sorted(result.indices, key=lambda index: -index.first[0])
        return (
            f"{lead}: moved most by "
            + ", then ".join(f"{one.parameter} (µ* {rounded(one.first[0])}, {_three(one.first)})" for one in order[:3])
            + "."
        )
    order = sorted(result.indices, key=lambda index: -index.total[0])
    strong = [one for one in order if one.total[0] >= _MATTERS and one.total[1] > 0]
    little = [one.parameter for one in order if one not in strong and one.total[2] < 2 * _MATTERS]
    unsure = [one.parameter for one in order if one not in strong and one.total[2] >= 2 * _MATTERS]
    words = ", then ".join(
        f"{one.parameter} (total {rounded(one.total[0])}, {_three(one.total)})" for one in strong[:4]
    )
    sentence = f"{lead}: its variance is due to {words or 'no single parameter'}"
    sentence += f"; {', '.join(little)} matter{'s' * (len(little) == 1)} little" if little else ""
    return sentence + (f"; of {', '.join(unsure)} nothing sure can be said" if unsure else "") + "."


def _three(result: tuple[float, float, float]) -> str:
    """The interval in words."""
    return (
        f"{rounded(result[1])} to {rounded(result[2])}" if math.isfinite(result[1] + result[2]) else "interval unknown"
    )


def _indices(result: Sensitivity, arm: str, measure: MeasureColumn) -> str:
    sobol = result.method == "sobol"
    key = (lambda index: -index.total[0]) if sobol else (lambda index: -index.first[0])
    heads = (
        ["parameter", "alone (first order)", "95 % interval", "with interactions (total)", "95 % interval"]
        if sobol
        else ["parameter", "mean effect µ*", "95 % interval", "spread σ"]
    )
    lines = []
    for index in sorted(result.indices, key=key):
        cells = [index.parameter, rounded(index.first[0]), _three(index.first), rounded(index.total[0])]
        lines.append([*cells, _three(index.total)] if sobol else cells)
    words = f"Sensitivity in {arm}, from {result.blocks} {'blocks' if sobol else 'trajectories'}"
    if result.blocks < result.of:
        words += f" ({result.of - result.blocks} left out, because a run of theirs failed)"
    if not math.isnan(result.noise):
        words += f"; {short(100 * result.noise, 2)} % of the variance between points is chance between replicates"
    return words + ":\n\n" + _markdown(heads, lines, 1)


def _correlations(outcome: Outcome) -> list[str]:
    """For designs without indices of their own: which parameters each measure goes with."""
    correlations: dict[str, list[tuple[str, Estimate]]] = {}
    for lead, name, one in _correlated(outcome):
        clear = correlations.setdefault(lead, [])
        if one.low > 0 or one.high < 0:
            clear.append((name, one))
    sentences = []
    for lead, clear in correlations.items():
        words = ", ".join(
            f"{'rises' if one.value > 0 else 'falls'} with {name} (rank correlation {rounded(one.value)}, {_range(one)})"
            for name, one in sorted(clear, key=lambda one: -abs(one[1].value))
        )
        sentences.append(f"{lead}: {words or 'goes with none of the parameters, as far as can be told'}.")
    return sentences


def _correlated(outcome: Outcome) -> Iterator[tuple[str, str, Estimate]]:
    """What a sentence on it begins with, a parameter that is a number, and its rank correlation with the measure."""
    for measure in outcome.measures:
        samples = outcome.samples(measure, outcome.arms, outcome.points)
        for arm in outcome.arms:
            y = np.array([samples[arm, point].estimate().value for point in outcome.points])
            for one in outcome.parameters:
                if one.is_number:
                    x = np.array([outcome.settings[point][one.path] for point in outcome.points], float)
                    yield _leads(measure.label, arm, outcome), one.name, rank_correlation(x, y)


# --- the end ----------------------------------------------------------------------------------------------------------


def _reading(outcome: Outcome, rows: list[Row], drawn: DrawnFigures) -> str:
    points = [
        "Intervals hold 95 %. Means of levels have t intervals; counts and shares at least the Poisson or Wilson "
        "interval of their events.",
    ]
    ratios = [row.ratio for row in rows if row.ratio is not None]
    if ratios:
        points += [
            "Ratios are of means; their intervals come from a bootstrap over pairs of replicates. Bold: the interval "
            f"leaves out 1. One such interval in 20 does by chance alone; the tables have {len(ratios)}.",
            "Effect size: paired Cohen's d, the mean difference over the standard deviation of the differences between "
            "pairs. Pairs share their chance, so it is larger than between animals.",
            f"Replicates needed: where the half width of a ratio's interval is more than {100 * WIDE:.0f} % of it, with "
            "how many replicates it would be that. Unknown: too few events to tell.",
        ]
    if any(ratio.n < outcome.replicates for ratio in ratios):
        points.insert(
            2,
            "A mean is over all finished runs of its arm, a ratio only over the pairs of which both runs are finished: "
            "where these are fewer than the replicates (column pairs), it is not the quotient of the two means.",
        )
    points += drawn.notes
    return "\n".join(f"- {point}" for point in points)
