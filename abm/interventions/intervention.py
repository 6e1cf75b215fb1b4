"""What an intervention is: something that the experimenter does to the liver, by a schedule.

What is left of its strength at any time follows from its entry in the config and the clock, so an intervention has no memory and
nothing of it is in a checkpoint, but for what was found of its `condition`. Where it takes or adds cells, chance is addressed as in a rule.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, create_model, field_validator, model_validator
from pydantic_core import PydanticCustomError

from ..liver import Liver
from ..moments import SAME_MOMENT
from ..registry import Registry, marker
from ..target import Target, about
from ..units import LONGEST, Declared, Hours, Moment, Named, declared, written
from .condition import Condition


class Intervention(Named):
    """One entry of a config's `interventions`. The key named after its kind holds what it acts on."""

    targets: ClassVar[Mapping[str, Target]] = {}
    """What it can act on, for the kinds that choose from a list."""
    needs: ClassVar[str] = ""
    """The rule without which it does nothing, if there is one."""
    events: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """The events that it may enter into the ledger, each with its causes."""
    scars: ClassVar[bool] = False
    """Whether it leaves dead tissue or a cavity, which pictures then show."""

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, value: Any) -> Any:
        """What is not given is as usual for the target."""
        target = value.get(cls.kind) if isinstance(value, Mapping) else None
        if not isinstance(target, str) or target not in cls.targets:
            return value
        return {**{name: number.default for name, number in cls.targets[target].numbers.items()}, **value}

    @field_validator("start", mode="after", check_fields=False)
    @classmethod
    def _not_too_early(cls, start):
        if start < -LONGEST:
            raise PydanticCustomError("begin", "a run begins at most 10 years before time 0")
        return start

    @classmethod
    def for_registry(cls, registry: Registry) -> "type[Intervention]":
        """The class for a config with what is declared in `registry`: for kinds that choose from a list, with that list."""
        return cls

    @classmethod
    def _choosing(cls, targets: Mapping[str, Target], names: Iterable[str] | None = None) -> type[Self]:
        """This kind, with the given targets to choose from, or others (`names`) of which less is known."""
        choice: Any = Literal[tuple(targets if names is None else names)]
        fields: dict[str, Any] = {cls.kind: (choice, cls.model_fields[cls.kind])}
        made = create_model(cls.__name__, __base__=cls, __module__=cls.__module__, __doc__=cls.__doc__, **fields)
        made.targets = targets
        return made

    @property
    def title(self) -> str:
        return f"{self.kind} {self.target}"

    @property
    def begins(self) -> float | None:
        """Hours at which it begins; None for what holds from the beginning, whenever that is."""
        return None

    @property
    def condition(self) -> Condition | None:
        """Under which it happens; None: in any case."""
        return None

    def prepare(self, liver: Liver, stream: str) -> None:
        """Called once, before the first step: for what holds from the beginning."""

    def apply(self, liver: Liver, stream: str) -> None:
        """Called at every step, before the rules; `stream` names the chance that is this entry's own."""

    def changes(self, begin: float, end: float) -> Iterator[float]:
        """Moments between two others (hours) at which its course changes abruptly; others may be among them."""
        yield from ()

    @property
    def shortest(self) -> float:
        """The shortest half-life (hours) with which its course falls between those."""
        return math.inf

    def left(self, name: str, hours: float) -> float:
        """The fraction of the effect of a molecule, of the supply of a population or of the rate of a rule that it
        leaves at that time: 1 for what it does not touch."""
        return 1.0

    def given(self, name: str, hours: float) -> float:
        """What it adds to a level in the blood at that time."""
        return 0.0

    def facts(self) -> Iterator[Declared]:
        return self.known(self.target)

    @classmethod
    def known(cls, target: Any = None) -> Iterator[Declared]:
        """The declared numbers, with those of one target in place of the general ones."""
        own = cls.targets[target].numbers if target in cls.targets else {}
        yield from (entry for entry in declared(cls) if entry.name not in own)
        for name, number in own.items():
            yield Declared.of(name, number, cls.model_fields[name])

    @classmethod
    def summary(cls) -> str:
        """The first line of what its file (a user's own: its class) says about it."""
        return (about(cls) or cls.kind).splitlines()[0]


class Conditional(Intervention):
    """An intervention that may hang on a condition; it begins at the scan then, if not later."""

    when: Condition | None = Field(
        default=None, description="only if the lesions stand so at a scan; null: in any case"
    )

    @model_validator(mode="before")
    @classmethod
    def _from_the_scan(cls, value: Any) -> Any:
        when = value.get("when") if isinstance(value, Mapping) else None
        if not isinstance(when, Mapping) or "at" not in when or "start" in value:
            return value
        return {**value, "start": when["at"]}

    @property
    def condition(self) -> Condition | None:
        return self.when


class Course(Conditional):
    """An intervention by doses, or for a time.

    A dose has the strength 1, which falls with the half-life. With `every`, doses are repeated until `stop`, and what
    is left of the earlier ones adds up. Without `every`, it stays 1 until `stop`, at least for its lag, and falls then.
    Without a half-life it is 1 from `start` to `stop`.
    """

    start: Moment = Field(default=written("0 h"), description="when it begins; negative: before time 0")
    stop: Moment | None = Field(default=None, description="when it ends: the last dose is given before")
    every: Annotated[Hours, Field(ge=1 / 60)] | None = Field(default=None, description="time between doses")

    decay: ClassVar[str] = "half_life"
    """The key that holds the half-life of a dose."""

    @model_validator(mode="after")
    def _in_order(self):
        if self.stop is not None and self.stop <= self.start:
            raise PydanticCustomError("schedule", "stop must be later than start")
        self._repeats()
        return self

    def _repeats(self) -> None:
        if self.every is not None and self._half_life is None:
            raise PydanticCustomError(
                "schedule",
                "every needs {key}: what does not fall lasts from start to stop, and is not repeated",
                {"key": self.decay},
            )

    @property
    def _half_life(self) -> float | None:
        return getattr(self, self.decay, None)

    @property
    def _lag(self) -> float:
        """Hours for which a single dose keeps its whole strength at least."""
        return 0.0

    @property
    def begins(self) -> float:
        return self.start

    def doses(self, hours: float) -> int:
        """How many doses have been given by then."""
        since = hours - self.start + SAME_MOMENT
        if since < 0.0:
            return 0
        if self.every is None:
            return 1
        given = math.floor(since / self.every) + 1
        if self.stop is None:
            return given
        return min(given, math.ceil((self.stop - self.start - SAME_MOMENT) / self.every))

    def due(self, liver: Liver) -> int:
        """How many doses are given in the present step, that in which their time falls."""
        just_before = liver.hours - 2.0 * SAME_MOMENT
        return self.doses(just_before + liver.dt_hours) - self.doses(just_before)

    def changes(self, begin, end):
        for lag in {0.0, self._lag}:
            for dose in range(self.doses(begin - lag), self.doses(end - lag)):
                yield self.start + dose * (self.every or 0.0) + lag
        if self.stop is not None:
            yield self.stop

    @property
    def shortest(self):
        return self._half_life or math.inf

    def strength(self, hours: float) -> float:
        """The sum over the doses given so far of what is left of each; 1 at a first dose."""
        count, half_life = self.doses(hours), self._half_life
        if count == 0:
            return 0.0
        if self.every is None or half_life is None:
            lasting = self.start + self._lag if half_life is not None else math.inf
            end = lasting if self.stop is None else max(self.stop, self.start + self._lag)
            if hours < end - SAME_MOMENT:
                return 1.0
            return 0.0 if half_life is None else 0.5 ** (max(hours - end, 0.0) / half_life)
        left_per_interval = 0.5 ** (self.every / half_life)
        newest = 0.5 ** (max(hours - self.start - (count - 1) * self.every, 0.0) / half_life)
        return newest * (1.0 - left_per_interval**count) / (1.0 - left_per_interval)


intervention = marker(Intervention, "intervention")
