"""How sure the answer is: estimates with their 95 % intervals, from few replicates.

Everything is deterministic: the bootstrap draws the same resamples each time. Two things are watched throughout.

*Few replicates.* A percentile bootstrap of n replicates is too narrow, so its percentiles are moved out to those that
would give the t interval for a mean (Hesterberg 2015, Am Stat 69:371, "expanded percentile"); with fewer than FEW
replicates the interval is at least the linearised t interval.

*Few events.* Where all replicates saw nothing, nothing varies, and yet little is known. Counts and shares therefore
have at least the interval of their events alone: Poisson (Garwood 1936) or binomial (Wilson 1927). In comparisons of
arms this holds when an arm has fewer than RARE events (it ignores the pairing); the limits of the two arms are
combined as in Zou & Donner 2008 (Stat Med 27:1693).

An unbounded end of an interval is -inf or inf: from one replicate of a level nothing is known.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import special

Numbers = Sequence[float] | np.ndarray

LEVEL = 0.95
"""Confidence of every interval."""
RARE = 10
"""Events below which an arm's interval is never narrower than that of its events."""
FEW = 8
"""Replicates below which the bootstrap alone is not trusted."""
RESAMPLES = 5000
_SEED = 20_240_229
_MOST_NEEDED = 1_000_000
_LARGEST_LOG = 700.0
_ROUNDING = 1e-12  # differences below this share of the values are rounding


@dataclass(frozen=True)
class Estimate:
    """A value with its interval, from `n` replicates; `events` are the counted events behind it, None for a level.

    Of a comparison, `n` counts pairs, and `events` those of the arm that had fewer.
    """

    value: float
    low: float
    high: float
    n: int
    events: float | None = None

    @property
    def half_width(self) -> float:
        """Half of the interval's width; inf when it is unbounded."""
        return (self.high - self.low) / 2

    @property
    def bounded(self) -> bool:
        """Whether the interval says anything; from one run of a level it does not."""
        return math.isfinite(self.high) or (math.isfinite(self.low) and self.low > 0)

    @property
    def relative_half_width(self) -> float:
        """Half of the interval's width, of the value; inf when the value is 0 or unknown."""
        return abs(self.half_width / self.value) if self.value and math.isfinite(self.value) else math.inf


@dataclass(frozen=True, eq=False)
class Sample:
    """One measure in one arm: a value per replicate, float [replicates], nan where there is none.

    kind : "count" (a number of events), "share" (`values` count out of `of`), "level" (any other number)
    of : float [replicates], for shares
    """

    values: np.ndarray
    kind: str = "level"
    of: np.ndarray | None = None

    def estimate(self) -> Estimate:
        """The mean; of a share, the fraction of all replicates together."""
        if self.of is not None:
            return share_estimate(self.values, self.of)
        return count_estimate(self.values) if self.kind == "count" else mean_estimate(self.values)

    def ratio_to(self, control: "Sample", paired: bool = True) -> Estimate:
        """How many times the control's mean; replicate k of both has the same seed when `paired`."""
        return ratio_estimate(self, control, paired)

    def difference_from(self, control: "Sample", paired: bool = True) -> Estimate:
        """By how much the mean differs from the control's."""
        return difference_estimate(self, control, paired)

    @property
    def per_replicate(self) -> np.ndarray:
        """What one replicate says: the value, or of a share the fraction."""
        return self.values if self.of is None else _divided(self.values, self.of)

    @property
    def events(self) -> float | None:
        """Events in all replicates, None for a level."""
        return None if self.kind == "level" else float(np.nansum(self.values))


# --- one arm ----------------------------------------------------------------------------------------------------------


def mean_estimate(values: Numbers) -> Estimate:
    """Mean with its t interval; nan are left out. One value alone has an unbounded interval."""
    known = _known(values)
    n = known.size
    if n == 0:
        return Estimate(math.nan, -math.inf, math.inf, 0)
    mean = float(known.mean())
    if n == 1:
        return Estimate(mean, -math.inf, math.inf, 1)
    half = _t(n) * float(known.std(ddof=1)) / math.sqrt(n)
    return Estimate(mean, mean - half, mean + half, n)


def mean_band(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`mean_estimate` of each column of float [replicates, times]: mean, low and high, float [times]; nan where
    unknown."""
    known = np.isfinite(values)
    n = known.sum(axis=0)
    mean = _divided(np.where(known, values, 0.0).sum(axis=0), n)
    squares = np.where(known, (values - mean) ** 2, 0.0).sum(axis=0)
    reach = np.array([_t(count) if count > 1 else math.nan for count in n.tolist()])
    half = reach * np.sqrt(_divided(squares, np.maximum(n - 1, 0)) / np.maximum(n, 1))
    return mean, mean - half, mean + half


def count_estimate(values: Numbers) -> Estimate:
    """Mean count per replicate: the t interval, or the Poisson interval of all events where that is wider."""
    known = _known(values)
    by_events, spread = _of_events(Sample(known, "count")), mean_estimate(known)
    if known.size < 2 or spread.half_width <= by_events.half_width:
        return by_events
    return Estimate(spread.value, max(0.0, spread.low), spread.high, known.size, by_events.events)


def share_estimate(counts: Numbers, ofs: Numbers) -> Estimate:
    """The fraction `sum(counts) / sum(ofs)`: Wilson's interval, or the bootstrap over replicates where that is wider."""
    part, whole = np.atleast_1d(np.asarray(counts, float)), np.atleast_1d(np.asarray(ofs, float))
    known = np.isfinite(part) & np.isfinite(whole)
    sample = Sample(part[known], "share", whole[known])
    by_events, n = _of_events(sample), sample.values.size
    if n < 2 or by_events.events == 0:
        return by_events
    low, high = _bootstrapped(lambda weights, _: _mean(sample, weights), n)
    if n < FEW:
        low, high = _wider((low, high), _linearised(by_events.value, _pull(sample)))
    spread = Estimate(by_events.value, max(0.0, low), min(1.0, high), n, by_events.events)
    return spread if spread.half_width > by_events.half_width else by_events


def _of_events(sample: Sample) -> Estimate:
    """A count or a share with the interval that its events alone would give it, as if replicates did not differ."""
    total, n = float(sample.values.sum()), int(sample.values.size)
    if sample.of is not None:
        of = float(sample.of.sum())
        return Estimate(_divided(total, of), *wilson_interval(total, of), n, total)
    low, high = poisson_interval(total)
    return Estimate(total / n, low / n, high / n, n, total) if n else Estimate(math.nan, 0.0, math.inf, 0, total)


# --- two arms ---------------------------------------------------------------------------------------------------------


def ratio_estimate(
    treated: Sample | Sequence[float], control: Sample | Sequence[float], paired: bool = True
) -> Estimate:
    """Mean of `treated` over mean of `control`, with a bootstrap over replicates.

    paired : entry k of both is the same replicate, and pairs are resampled; pairs with a nan are left out. Raises
    ValueError when paired samples differ in length. Where the control's mean is 0 the ratio is inf, or nan if the
    other is 0 too, and the interval says what is still known. A share of none compares with nothing: no pair, nan.
    """
    treated, control = _samples(treated, control, paired)
    if _is_of_nothing(treated) or _is_of_nothing(control):
        return _UNKNOWN
    value = _divided(treated.estimate().value, control.estimate().value)
    n = min(treated.values.size, control.values.size)
    events = None if treated.events is None or control.events is None else min(treated.events, control.events)
    positive = bool((treated.values >= 0).all() and (control.values >= 0).all())
    low, high = (0.0, math.inf) if positive else (-math.inf, math.inf)
    if n >= 2 and math.isfinite(value):
        ends = _bootstrapped(
            lambda w, v: _divided(_mean(treated, w), _mean(control, v)),
            treated.values.size,
            control.values.size if not paired else None,
        )
        if n < FEW and value > 0:
            logs = _linearised(math.log(value), _relative_pull(treated), _relative_pull(control), paired)
            ends = _wider(ends, (math.exp(logs[0]), math.exp(min(logs[1], _LARGEST_LOG))))
        low, high = max(low, ends[0]), ends[1]
    if events is not None and (events < RARE or n < 2):
        rare = _ratio_of_events(_of_events(treated), _of_events(control))
        low, high = rare if n < 2 or not math.isfinite(value) else _wider((low, high), rare)
    elif (
        events is not None and low == high == 1.0
    ):  # every pair agrees; of what differs in one pair of many nothing was seen yet
        unseen = poisson_interval(0)[1] / events
        low, high = max(0.0, low - unseen), high + unseen
    return Estimate(value, float(low), float(high), n, events)


_UNKNOWN = Estimate(math.nan, -math.inf, math.inf, 0)


def _is_of_nothing(sample: Sample) -> bool:
    """Whether it is a share of none in any replicate: not 0, but unknown."""
    return sample.of is not None and not sample.of.sum()


def _ratio_of_events(treated: Estimate, control: Estimate) -> tuple[float, float]:
    """The interval of a ratio of two estimates as if they were independent."""
    inverse = Estimate(_divided(1.0, control.value), _divided(1.0, control.high), _divided(1.0, control.low), control.n)
    both = treated.value > 0 and control.value > 0
    low = _combined([treated, inverse], "low") if both and treated.low > 0 else treated.low * inverse.low
    high = _combined([treated, inverse], "high") if both and control.low > 0 else treated.high * inverse.high
    return low, high


def _combined(parts: Sequence[Estimate], end: str) -> float:
    """One end of the interval of a product of independent positive estimates."""
    logs = [math.log(part.value) for part in parts]
    ends = [getattr(part, end) for part in parts]
    reach = (
        math.sqrt(sum((log - math.log(bound)) ** 2 for log, bound in zip(logs, ends, strict=True)))
        if all(ends)
        else math.inf
    )
    return math.exp(sum(logs) + (reach if end == "high" else -reach))


def difference_estimate(
    treated: Sample | Sequence[float], control: Sample | Sequence[float], paired: bool = True
) -> Estimate:
    """Mean of `treated` minus mean of `control`: a t interval over pairs (of shares: the linearised one); for rare
    events at least that of the events. Pairs with a nan are left out. Raises ValueError when paired samples differ in
    length."""
    treated, control = _samples(treated, control, paired)
    if _is_of_nothing(treated) or _is_of_nothing(control):
        return _UNKNOWN
    a, b = treated.estimate(), control.estimate()
    value, n = a.value - b.value, min(treated.values.size, control.values.size)
    events = None if a.events is None or b.events is None else min(a.events, b.events)
    low, high = -math.inf, math.inf
    if n >= 2 and math.isfinite(value):
        low, high = _linearised(value, _pull(treated), _pull(control), paired)
    if events is not None and (events < RARE or n < 2):
        a, b = _of_events(treated), _of_events(control)
        rare = (
            value - math.hypot(a.value - a.low, b.high - b.value),
            value + math.hypot(a.high - a.value, b.value - b.low),
        )
        low, high = rare if n < 2 else _wider((low, high), rare)
    return Estimate(value, low, high, n, events)


def effect_size(treated: Sample | Sequence[float], control: Sample | Sequence[float], paired: bool = True) -> float:
    """Cohen's d: the mean difference over its standard deviation, of the pairs (or of the two samples together).

    Nan from fewer than two replicates or when nothing differs; infinite when every pair differs by the same.
    """
    treated, control = _samples(treated, control, paired)
    a, b = _known(treated.per_replicate), _known(control.per_replicate)
    if paired:
        both = np.isfinite(treated.per_replicate) & np.isfinite(control.per_replicate)
        a, b = treated.per_replicate[both], control.per_replicate[both]
    if min(a.size, b.size) < 2:
        return math.nan
    spread = (
        (a - b).std(ddof=1)
        if paired
        else math.sqrt(((a.size - 1) * a.var(ddof=1) + (b.size - 1) * b.var(ddof=1)) / (a.size + b.size - 2))
    )
    difference = a.mean() - b.mean()
    nothing = _ROUNDING * max(np.abs(a).max(), np.abs(b).max())
    return _divided(difference if abs(difference) > nothing else 0.0, spread if spread > nothing else 0.0)


def replicates_needed(
    values: Sample | Sequence[float], control: Sample | Sequence[float] | None = None, half_width: float = 0.2
) -> int | None:
    """Replicates with which the interval's half width would be `half_width` of the ratio to `control` (paired), or of
    the mean where there is no control, if they varied as these do; as many, at least, as bring RARE events to either arm,
    below which their number alone keeps the interval wide. None when these say nothing about it."""
    events = None
    if control is None:
        sample = values if isinstance(values, Sample) else Sample(_known(values))
        pull = _relative_pull(sample)
    else:
        treated, control = _samples(values, control, True)
        pull = _relative_pull(treated) - _relative_pull(control)
        if treated.events is not None and control.events is not None:
            events = min(treated.events, control.events)
    if pull.size < 2 or not np.isfinite(pull).all():
        return None
    spread = pull.std(ddof=1)
    low, high = 2, _MOST_NEEDED
    if _t(high) * spread / math.sqrt(high) > half_width:
        return None
    while low < high:
        middle = (low + high) // 2
        if _t(middle) * spread / math.sqrt(middle) <= half_width:
            high = middle
        else:
            low = middle + 1
    return low if events is None else max(low, math.ceil(pull.size * min(RARE / events, 1e9)) if events < RARE else 0)


# --- intervals --------------------------------------------------------------------------------------------------------


def wilson_interval(count: float, of: float, level: float = LEVEL) -> tuple[float, float]:
    """Interval of a fraction (Wilson 1927, J Am Stat Assoc 22:209); (0, 1) when `of` is 0."""
    if of <= 0:
        return 0.0, 1.0
    z = special.ndtri((1 + level) / 2)
    share = count / of
    centre = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return (0.0 if count == 0 else float(centre - half)), (1.0 if count == of else float(centre + half))


def poisson_interval(count: float, level: float = LEVEL) -> tuple[float, float]:
    """Interval of a Poisson mean (Garwood 1936, Biometrika 28:437)."""
    tail = (1 - level) / 2
    return (float(special.gammaincinv(count, tail)) if count > 0 else 0.0), float(
        special.gammaincinv(count + 1, 1 - tail)
    )


def _bootstrapped(statistic, n: int, other: int | None = None) -> tuple[float, float]:
    """Expanded percentile interval of `statistic(weights, weights of the second sample)`, float [RESAMPLES]; weights
    are how often each replicate was drawn. `other` is the size of a second sample that is drawn apart from the first.
    What is undefined (0/0) counts against both ends."""
    statistics = statistic(_resamples(n, 0), _resamples(n, 0) if other is None else _resamples(other, 1))
    smallest = n if other is None else min(n, other)
    tail = special.ndtr(-math.sqrt(smallest / (smallest - 1)) * _t(smallest))
    low = np.quantile(np.where(np.isnan(statistics), -np.inf, statistics), tail, method="lower")
    high = np.quantile(np.where(np.isnan(statistics), np.inf, statistics), 1 - tail, method="higher")
    return float(low), float(high)


def _linearised(
    value: float, pull: np.ndarray, against: np.ndarray | None = None, paired: bool = True
) -> tuple[float, float]:
    """The t interval of an estimate whose replicates pull it by `pull`, less those of a second sample, `against`."""
    if against is None or paired:
        pull = pull if against is None else pull - against
        half = _t(pull.size) * pull.std(ddof=1) / math.sqrt(pull.size)
    else:
        half = _t(min(pull.size, against.size)) * math.sqrt(
            pull.var(ddof=1) / pull.size + against.var(ddof=1) / against.size
        )
    return value - float(half), value + float(half)


def _pull(sample: Sample) -> np.ndarray:
    """How far each replicate pulls the mean (of a share: the fraction of all together) away from itself."""
    if not sample.values.size:
        return sample.values
    if sample.of is None:
        return sample.values - sample.values.mean()
    return (sample.values - _mean(sample) * sample.of) / sample.of.mean()


def _relative_pull(sample: Sample) -> np.ndarray:
    """The same for the logarithm of the mean."""
    return _divided(_pull(sample), _mean(sample))


def _mean(sample: Sample, weights: np.ndarray | None = None) -> float | np.ndarray:
    """The mean; with weights, that of each resample, float [RESAMPLES]."""
    weights = np.ones(sample.values.size) if weights is None else weights
    return _divided(weights @ sample.values, sample.values.size if sample.of is None else weights @ sample.of)


def _samples(treated, control, paired: bool) -> tuple[Sample, Sample]:
    """Both as samples without nan; pairs stay together."""
    both = [one if isinstance(one, Sample) else Sample(np.asarray(one, float)) for one in (treated, control)]
    if paired and both[0].values.size != both[1].values.size:
        raise ValueError(f"paired samples need as many replicates: {both[0].values.size} and {both[1].values.size}")
    there = [np.isfinite(one.values) & (True if one.of is None else np.isfinite(one.of)) for one in both]
    if paired:
        there = [there[0] & there[1]] * 2
    treated, control = (
        Sample(one.values[keep], one.kind, None if one.of is None else one.of[keep])
        for one, keep in zip(both, there, strict=True)
    )
    return treated, control


def _wider(one: Sequence[float], other: Sequence[float]) -> tuple[float, float]:
    """The interval that holds both."""
    return float(min(one[0], other[0])), float(max(one[1], other[1]))


def _divided(above, below):
    """Division in which x/0 is infinite and 0/0 is nan, without warnings."""
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient = np.divide(above, below)
    return quotient if np.ndim(quotient) else float(quotient)


def _known(values: Numbers) -> np.ndarray:
    numbers = np.atleast_1d(np.asarray(values, float))
    return numbers[np.isfinite(numbers)]


@lru_cache(maxsize=512)
def _t(n: int) -> float:
    """Quantile of Student's t for n replicates."""
    return float(special.stdtrit(n - 1, (1 + LEVEL) / 2))


@lru_cache(maxsize=8)
def _resamples(n: int, stream: int) -> np.ndarray:
    """How often each of n replicates is drawn, float [RESAMPLES, n]; always the same."""
    drawn = np.random.default_rng((_SEED, stream, n)).integers(0, n, (RESAMPLES, n))
    place = drawn + n * np.arange(RESAMPLES)[:, None]
    return np.bincount(place.ravel(), minlength=n * RESAMPLES).reshape(RESAMPLES, n).astype(float)
