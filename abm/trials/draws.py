"""How the numbers of a cohort are drawn: distributions, as one writes them, and chance that is spread evenly over the patients."""

import hashlib
from typing import Annotated, Any, NamedTuple

import numpy as np
from annotated_types import Gt
from pydantic import Field, PlainValidator, model_validator
from pydantic_core import PydanticCustomError

from ..units import Parameters, misfit, number_and_unit

BLOCK = 16
"""Patients one after the other among whom each sixteenth of a distribution occurs once."""
_HALF_STEP = 2.0**-31
"""Of the sequence, which has 30 bits: added, so that no share is 0, of which many distributions make infinity."""


def evenly(seed: int, name: str, count: int) -> np.ndarray:
    """A share between 0 and 1 for each of `count` patients, float64 [count], spread evenly over them.

    It is a scrambled Sobol sequence of one dimension, whose blocks of `BLOCK` are shuffled, so that two names know nothing of each
    other. More patients, and other names, change nothing of it.
    """
    from scipy.stats import qmc

    rng = np.random.default_rng(list(hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=16).digest()))
    blocks = -(-count // BLOCK)
    sequence = qmc.Sobol(1, rng=rng).random_base2((blocks * BLOCK - 1).bit_length())[:, 0] + _HALF_STEP
    order = np.concatenate([BLOCK * block + rng.permutation(BLOCK) for block in range(blocks)])
    return sequence[order][:count]


class Amount(NamedTuple):
    """A number and its unit, as written: what the unit is worth only the config knows."""

    number: float
    unit: str


def _amount(value: Any) -> Amount:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise PydanticCustomError("amount", "expected a number, with its unit where it has one, such as '40 /mm^2'")
    try:
        return Amount(*number_and_unit(str(value)))
    except ValueError as error:
        raise PydanticCustomError("amount", str(error)) from error


WrittenAmount = Annotated[Any, PlainValidator(_amount)]
PositiveNumber = Annotated[float, Gt(0)]


class Lognormal(Parameters):
    """A number whose logarithm is normal."""

    median: WrittenAmount = Field(description="half of the patients have less")
    sd: PositiveNumber = Field(description="standard deviation of the natural logarithm")


class Normal(Parameters):
    """A normal number."""

    mean: WrittenAmount = Field(description="the mean")
    sd: WrittenAmount = Field(description="the standard deviation, in the unit of the mean")


class Distribution(Parameters):
    """How a number, or a word, is distributed over the patients: one of the keys, and the ends."""

    lognormal: Lognormal | None = Field(default=None, description="median and sd (of the logarithm)")
    normal: Normal | None = Field(default=None, description="mean and sd")
    beta: tuple[PositiveNumber, PositiveNumber] | None = Field(
        default=None, description="a and b, from low (0) to high (1)"
    )
    uniform: tuple[WrittenAmount, WrittenAmount] | None = Field(default=None, description="the lowest and the highest")
    choice: dict[str, PositiveNumber] | None = Field(default=None, min_length=2, description="word: its weight")
    low: WrittenAmount | None = Field(default=None, description="no patient has less (lognormal, normal, beta)")
    high: WrittenAmount | None = Field(default=None, description="no patient has more (lognormal, normal, beta)")

    @model_validator(mode="after")
    def _makes_sense(self):
        kinds = [kind for kind in ("lognormal", "normal", "beta", "uniform", "choice") if getattr(self, kind)]
        if len(kinds) != 1:
            raise PydanticCustomError(
                "distribution",
                "give one of lognormal, normal, beta, uniform and choice, such as {uniform: [1 /h, 2 /h]}",
            )
        if kinds[0] in ("uniform", "choice") and (self.low or self.high):
            raise misfit(self, f"low and high do not belong to {kinds[0]}", "low" if self.low else "high")
        if self.choice:
            return self
        if len({amount.unit for amount in self._amounts if amount.number or amount.unit}) > 1:
            raise PydanticCustomError("distribution", "write all numbers of one distribution in one unit")
        low, high = self._ends
        if low >= high:
            raise PydanticCustomError("distribution", "the high end must be above the low one")
        if self.normal and self.normal.sd.number <= 0:
            raise misfit(self, "a standard deviation is above 0", "normal", "sd")
        if self.lognormal and self.lognormal.median.number <= 0:
            raise misfit(self, "the median of a lognormal number is above 0", "lognormal", "median")
        return self

    @property
    def _amounts(self) -> list[Amount]:
        """All that have a unit."""
        amounts = [*(self.uniform or ()), self.low, self.high]
        amounts += [self.lognormal.median] if self.lognormal else []
        amounts += [self.normal.mean, self.normal.sd] if self.normal else []
        return [amount for amount in amounts if amount is not None]

    @property
    def _ends(self) -> tuple[float, float]:
        if self.uniform:
            return self.uniform[0].number, self.uniform[1].number
        low, high = (0.0, 1.0) if self.beta else (-np.inf, np.inf)
        return (self.low.number if self.low else low), (self.high.number if self.high else high)

    @property
    def unit(self) -> str:
        return next((amount.unit for amount in self._amounts if amount.unit), "")

    def numbers(self, shares: np.ndarray) -> np.ndarray:
        """The numbers below which these shares of the patients lie, in `unit` (of a choice the index of the word)."""
        from scipy import stats

        low, high = self._ends
        if self.choice:
            weights = np.cumsum(list(self.choice.values()))
            return np.searchsorted(weights / weights[-1], shares, side="right")
        if self.uniform:
            return low + shares * (high - low)
        if self.beta:
            return stats.beta(*self.beta, loc=low, scale=high - low).ppf(shares)
        if self.lognormal:
            law = stats.lognorm(self.lognormal.sd, scale=self.lognormal.median.number)
        else:
            assert self.normal is not None  # one of them is given
            law = stats.norm(self.normal.mean.number, self.normal.sd.number)
        below, above = law.cdf(low), law.cdf(high)
        return law.ppf(below + shares * (above - below))

    def written(self, shares: np.ndarray) -> list[Any]:
        """The same as one would write them, with six digits."""
        numbers = self.numbers(shares)
        if self.choice:
            words = list(self.choice)
            return [words[min(index, len(words) - 1)] for index in numbers]
        texts = [f"{number:.6g}" for number in numbers]
        return [f"{text} {self.unit}" for text in texts] if self.unit else list(map(float, texts))
