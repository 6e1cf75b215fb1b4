"""Draws: which verdicts hold whatever the guesses, and which hang on them.

Many numbers of the model are marked `assumed`: nobody measured them. In a draw all of them are drawn at once, each from its
plausible range (evenly; on a logarithmic scale where that spans a factor of ten), and the published experiments are run
with that set. Draw 0 is the defaults. Draw k follows from the seed, k and which numbers are drawn, so more draws can be added
to those that are there. A draw is recorded like a trial of a calibration, which nothing searches.

What a line, a host or an experiment writes is not drawn, but as it is written there: a draw changes defaults. The size of the
tissue, and how often fields and flow are solved again, are no guesses about livers, and stay.
"""

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..batches.expectation import Expectation
from ..batches.experiment import Experiment
from ..comparison.sensitivity import rank_correlation
from ..config import ConfigError
from ..config.errors import every_key
from ..config.schema import compose
from ..folder.files import write_text
from ..statistics import LEVEL, wilson_interval
from ..units import value_at
from .calibrate import (
    GENERATION,
    Bounds,
    Calibration,
    CalibrationFile,
    Evaluate,
    Movable,
    Trial,
    declared_at,
    distance,
    name_of,
    read_trials,
    write_trials,
)
from .reproduce import published_as
from .table import markdown_row

REPORT = "draws.md"
REPLICATES = 2
"""Runs of each arm in a draw, by default: what differs between draws is seen over all of them."""
WHATEVER = 0.9
"""Share of the draws from which a verdict counts as the same whatever the guesses."""
HOLDS, FAILS, HANGS = "holds whatever the guesses", "fails whatever the guesses", "hangs on the guesses"
TOO_FEW = "too few draws to tell"
FEWEST = 20
"""Draws below which nothing is said of the guesses."""
_NO_GUESSES = ("record", ("tissue", "width"), ("tissue", "height"), ("tissue", "site"))
"""Keys of what is looked at, and in how large a piece."""
_A_FACTOR = 10.0
"""A range that spans as much is drawn from on a logarithmic scale."""
_ATTEMPTS = 1000
_MOST_NAMED = 3


def assumed() -> tuple[Movable, ...]:
    """The numbers that are marked `assumed`, have a plausible range, and are guesses about livers."""
    defaults = compose()()
    found = []
    for path in every_key(type(defaults)):
        about = declared_at(type(defaults), path)
        if about is None or about.mark != "assumed" or about.quantity is None or about.low is None:
            continue
        if path[0] in _NO_GUESSES or path[:2] in _NO_GUESSES or path[-1].endswith("interval"):
            continue
        low, high = about.quantity.parse(about.low), about.quantity.parse(about.high)
        default = float(value_at(defaults, ".".join(path)))
        found.append(Movable(".".join(path), about, default, low, high, low > 0 and high / low >= _A_FACTOR))
    return tuple(found)


def counting(draws: Calibration) -> dict[str, tuple[Movable, ...]]:
    """Id of each experiment -> the numbers whose default counts there, in any arm: of all others the line, the host or the
    experiment itself says what they are."""
    values = possible(draws, 1)
    return {
        published_as(experiment).id: tuple(
            one
            for one in draws.parameters
            if any(
                math.isclose(value_at(config, one.path), values[one.path], rel_tol=1e-6)
                for config in experiment.configs.values()
            )
        )
        for experiment in draws.with_values(values)
    }


def to_draw(experiments: Sequence[Experiment], replicates: int = REPLICATES, seed: int = 1) -> Calibration:
    """What is drawn (the assumed numbers that count in any of them), and the experiments (all from files) that are run with it, with
    so many replicates.

    Raises ValueError when one of them expects the same thing twice, so that it could not be told apart.
    """
    for experiment in experiments:
        names = [name_of(experiment, one) for one in experiment.expect]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"{twice} is expected twice; give one of the measures a name: name: ...")
    parameters = assumed()
    file = CalibrationFile(
        name="draws",
        experiments=[str(experiment.path) for experiment in experiments],
        parameters={one.path: Bounds() for one in parameters},
        replicates=replicates,
        seed=seed,
    )
    draws = Calibration(file, tuple(experiments), parameters, Path())
    draws = replace(draws, experiments=draws.with_values({}))  # with those replicates
    counted = {one.path for those in counting(draws).values() for one in those}
    parameters = tuple(one for one in parameters if one.path in counted)
    return replace(
        draws,
        file=file.model_copy(update={"parameters": {one.path: Bounds() for one in parameters}}),
        parameters=parameters,
    )


def drawn(parameters: Sequence[Movable], seed: int, number: int, attempt: int = 0) -> dict[str, float]:
    """The set of numbers of a draw, in the units in which they are held; 0 is the defaults."""
    if number == 0:
        return {one.path: one.default for one in parameters}
    shares = np.random.default_rng((seed, number, attempt)).random(len(parameters)).tolist()
    return {
        one.path: one.low * (one.high / one.low) ** share if one.log else one.low + share * (one.high - one.low)
        for one, share in zip(parameters, shares, strict=True)
    }


def possible(draws: Calibration, number: int) -> dict[str, float]:
    """The first set of a draw with which all experiments can be run: what makes no liver is drawn again.

    Raises ConfigError when none of many can.
    """
    for attempt in itertools.count():
        values = drawn(draws.parameters, draws.file.seed, number, attempt)
        try:
            draws.with_values(values)
        except ConfigError:
            if number == 0 or attempt == _ATTEMPTS:
                raise
        else:
            break
    return values


def run(
    draws: Calibration,
    folder: Path,
    evaluate: Evaluate,
    count: int,
    digest: str,
    tell: Callable[[list[Trial]], None] = lambda trials: None,
) -> list[Trial]:
    """The defaults and `count` draws, in their order; those recorded in `folder` are not computed again.

    tell : called after each generation that was computed, with all so far

    Raises OtherCalibration when the folder holds the record of other draws.
    """
    done = read_trials(folder, draws, digest)
    expectations = draws.expectations
    while len(done) <= count:
        numbers = range(len(done), min(len(done) + GENERATION, count + 1))
        fresh = [(number, possible(draws, number)) for number in numbers]
        for (number, values), (centres, seconds) in zip(fresh, evaluate(fresh), strict=True):
            distances = {name: distance(expectation, centres[name]) for name, expectation in expectations.items()}
            done.append(Trial(number, values, centres, distances, 0.0, seconds))
        write_trials(folder, draws, done, digest)
        tell(done)
    return done


# --- What they show ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Robustness:
    """How something published fares over the draws.

    experiment, expectation : what; None for all expectations of the experiment together
    default : the centre with the defaults, nan for an experiment; holds_by_default : whether that is inside the window
    middle, low, high : median of the centres of the draws, and between what 90 % of them lie
    holds, of : in how many draws it holds, and how many there are
    drawn : how many of the drawn numbers count in the experiment
    hangs_on : numbers with which the centre surely rises or falls, and the rank correlation, the strongest first
    """

    experiment: Experiment
    expectation: Expectation | None
    default: float
    holds_by_default: bool
    middle: float
    low: float
    high: float
    holds: int
    of: int
    drawn: int = 0
    hangs_on: tuple[tuple[str, float], ...] = ()

    @property
    def share(self) -> float:
        return self.holds / self.of if self.of else np.nan

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the share."""
        return wilson_interval(self.holds, self.of)

    @property
    def word(self) -> str:
        if self.of < FEWEST:
            return TOO_FEW
        if self.holds >= WHATEVER * self.of:
            return HOLDS
        return FAILS if self.of - self.holds >= WHATEVER * self.of else HANGS


def shown(draws: Calibration, trials: Sequence[Trial]) -> Iterator[Robustness]:
    """Of each experiment how it fares, and then each of its expectations."""
    defaults, rest = trials[0], trials[1:]
    numbers = counting(draws)
    for experiment in draws.experiments:
        names = {name_of(experiment, one): one for one in experiment.expect}
        whole = [all(trial.distances[name] == 0 for name in names) for trial in rest]
        by_default = all(defaults.distances[name] == 0 for name in names)
        drawn_here = numbers[published_as(experiment).id]
        nothing = np.nan
        yield Robustness(
            experiment, None, nothing, by_default, nothing, nothing, nothing, sum(whole), len(rest), len(drawn_here)
        )
        for name, expectation in names.items():
            centres = np.array([trial.centres[name] for trial in rest], float)
            known = centres[np.isfinite(centres)]
            low, middle, high = np.percentile(known, (5, 50, 95)).tolist() if known.size else (np.nan,) * 3
            yield Robustness(
                experiment,
                expectation,
                defaults.centres[name],
                defaults.distances[name] == 0,
                middle,
                low,
                high,
                sum(trial.distances[name] == 0 for trial in rest),
                len(rest),
                len(drawn_here),
                hangs_on(drawn_here, rest, centres),
            )


def hangs_on(
    parameters: Sequence[Movable], trials: Sequence[Trial], centres: np.ndarray
) -> tuple[tuple[str, float], ...]:
    """The parameters whose rank correlation (Spearman) with the centres is beyond chance, at 5 % over all parameters together
    (Bonferroni); the strongest few, with the correlation."""
    if np.isfinite(centres).sum() < FEWEST:
        return ()
    level = 1.0 - (1.0 - LEVEL) / len(parameters)
    found = [
        (one.path, rank_correlation(np.array([trial.values[one.path] for trial in trials]), centres, level))
        for one in parameters
    ]
    sure = [(path, one.value) for path, one in found if one.low > 0.0 or one.high < 0.0]
    return tuple(sorted(sure, key=lambda pair: -abs(pair[1]))[:_MOST_NAMED])


HEADINGS = ("experiment", "expected", "defaults", "draws: middle (90 % of them)", "holds in", "over the draws")


def cells_of(one: Robustness) -> tuple[str, ...]:
    """The cells under the `HEADINGS`."""
    holds = f"{one.holds} of {one.of}" if one.of else ""
    if one.expectation is None:
        low, high = one.interval
        share = f", {100 * one.share:.0f} % ({100 * low:.0f} to {100 * high:.0f})" if one.of else ""
        return (
            published_as(one.experiment).id,
            f"all of it ({one.drawn} numbers drawn)",
            "inside" if one.holds_by_default else "outside",
            "",
            holds + share,
            one.word + (" (calibrated on)" if one.experiment.calibrated else ""),
        )
    unit = f" {one.expectation.unit}" if one.expectation.unit else ""
    spread = "no value" if np.isnan(one.middle) else f"{one.middle:.3g} ({one.low:.3g} to {one.high:.3g}){unit}"
    centre = "no value" if np.isnan(one.default) else f"{one.default:.3g}{unit}"
    hangs = "; ".join(f"{'more' if rho > 0 else 'less'} with {path} ({rho:+.2f})" for path, rho in one.hangs_on)
    return "", f"{one.expectation}: {one.expectation.window}{unit}", centre, spread, holds, hangs


def summary(all_shown: Sequence[Robustness]) -> str:
    """'22 experiments over 50 draws of 121 assumed numbers: ...'"""
    words = [one.word for one in all_shown if one.expectation is None]
    counted = {word: words.count(word) for word in dict.fromkeys(words)}
    return f"{len(words)} experiment{'s' * (len(words) != 1)}: " + ", ".join(
        f"{count} {word if count == 1 else word.replace('holds', 'hold').replace('fails', 'fail').replace('hangs', 'hang')}"
        for word, count in counted.items()
    )


def as_markdown(draws: Calibration, trials: Sequence[Trial]) -> str:
    """draws.md: what holds whatever the guesses."""
    all_shown = list(shown(draws, trials))
    count = len(trials) - 1
    each = "1 run" if draws.file.replicates == 1 else f"{draws.file.replicates} runs"
    lines = [
        "# Published experiments over draws of the assumed numbers",
        "",
        f"{summary(all_shown)}. {count} draw{'s' * (count != 1)} (seed {draws.file.seed}) of {len(draws.parameters)} numbers that "
        f"are marked `assumed`, each from its plausible range; {each} of each arm in a draw. What a line, a host or an experiment writes "
        "is not drawn. Something is inside, or holds in a draw, when its centre lies in the window, and an experiment when all that it "
        f"expects does (a verdict of `crlm reproduce` asks more). From {100 * WHATEVER:.0f} % of the draws on a verdict is said to be the "
        f"same whatever the guesses, if there are {FEWEST} draws. Behind what is expected stand the numbers that move it most, with their "
        "rank correlations, where these are beyond chance over all numbers together.",
        "",
        markdown_row(HEADINGS),
        "|" + "---|" * len(HEADINGS),
        *(markdown_row(cells_of(one)) for one in all_shown),
    ]
    return "\n".join(lines) + "\n"


def write_report(folder: Path, draws: Calibration, trials: Sequence[Trial]) -> None:
    write_text(folder / REPORT, as_markdown(draws, trials))
