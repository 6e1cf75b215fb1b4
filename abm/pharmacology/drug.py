"""What a drug is: how it spreads and leaves, how it gets into tissue, and what it does there.

A drug is a file, `configs/drugs/cetuximab.yaml`, and needs no code. Its kinetics have one or two compartments, a depot for
what is swallowed, elimination that saturates where a target takes the drug in, and a compartment of effect for what stays in
the cell after the blood is free of it, or gets into tissue late. Each of its `acts` says on what it acts, and at which level half of that
is reached.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, Field, create_model, model_validator
from pydantic_core import PydanticCustomError

from ..cells.genotype import Gene
from ..registry import Registry
from ..units import (
    Declared,
    Fraction,
    Hours,
    Liters,
    LitersPerHour,
    Mark,
    MilligramsPerHour,
    MilligramsPerLiter,
    Named,
    Number,
    Parameters,
    PerHour,
    Positive,
    misfit,
    quantity_held,
)

DoseUnit = Literal["mg", "mg/kg", "mg/m^2"]
Spread = Literal["antibody", "small_molecule"]
"""The kinds of drugs, by how they spread in tissue."""

AdverseEvent = Literal["colitis", "endocrine", "hand_foot_reaction", "hypertension", "pneumonitis", "rash"]
"""What a drug does to other organs of the patient, of which nothing is simulated but how often it happens."""


class Origin(Parameters):
    """Where a number comes from."""

    mark: Mark = Field(description="how far the number can be trusted")
    source: str = Field(min_length=1, description="where it was read, or how it was derived or guessed")
    low: Any = Field(default=None, description="lower end of its plausible range")
    high: Any = Field(default=None, description="upper end of its plausible range")


def _check_range(group: BaseModel, number: Declared, low: tuple[str | int, ...], high: tuple[str | int, ...]) -> None:
    """Refuse a plausible range whose ends, which stand at these paths of the group, are no values of the number, or no range."""
    if number.quantity is None:
        return
    ends = []
    for end, at in ((number.low, low), (number.high, high)):
        try:
            ends.append(number.quantity.parse(end))
        except PydanticCustomError as error:
            raise misfit(group, str(error), *at) from None
    if ends[0] > ends[1]:
        raise misfit(group, f"the plausible range ends at {number.high}, below where it begins", *high)


class Act(Named):
    """One thing that a drug does. The key named after its kind holds what it acts on."""

    meaning: ClassVar[str]

    mark: Mark = Field(description="how far these numbers can be trusted")
    source: str = Field(min_length=1, description="where they were read, or how they were derived or guessed")
    ranges: Mapping[str, tuple[Any, Any]] = Field(
        default={}, description="lowest and highest plausible value of its numbers, by name"
    )

    @model_validator(mode="after")
    def _ranges_fit(self):
        for name in self.ranges:
            if name not in self.given_numbers:
                raise misfit(self, f"the act has no number {name!r} whose range this could be", "ranges", name)
        for number in self.facts():
            _check_range(self, number, ("ranges", number.name, 0), ("ranges", number.name, 1))
        return self

    @property
    def given_numbers(self) -> tuple[str, ...]:
        """The names of its numbers that are not left at what means nothing."""
        return tuple(
            name
            for name, field in type(self).model_fields.items()
            if quantity_held(field) is not None and getattr(self, name) != field.default
        )

    def facts(self) -> Iterator[Declared]:
        """Its numbers that have a range."""
        for name, (low, high) in self.ranges.items():
            field, value = type(self).model_fields[name], getattr(self, name)
            said = field.description or ""
            yield Declared(name, quantity_held(field), value, low, high, self.mark, self.source, said)

    @classmethod
    def among(cls, names: Iterable[str]) -> type[Self]:
        """This kind of act, on one of these."""
        choice: Any = Literal[tuple(names)]
        fields: dict[str, Any] = {cls.kind: (choice, cls.model_fields[cls.kind])}
        return create_model(cls.__name__, __base__=cls, __module__=cls.__module__, __doc__=cls.__doc__, **fields)


class ByLevel(Act):
    """What a drug does as strongly as its level says: `most` of the whole at a high one, and half of that at `half`."""

    half: Annotated[MilligramsPerLiter, Positive] = Field(description="level of the drug at half of its effect")
    most: Fraction = Field(default=1.0, description="share of its target's effect that is gone at a high level")
    hill: Annotated[Number, Field(ge=0.2, le=10)] = Field(default=1.0, description="steepness of the effect")

    def at(self, level: Any) -> Any:
        """The share of the whole effect at levels of the drug (mg/L, a number or an array)."""
        relative = (level / self.half) ** self.hill
        return self.most * relative / (1.0 + relative)


class Blocks(ByLevel):
    kind = "block"
    meaning = "takes the effect of a molecule away"
    block: str = Field(description="the molecule")


class Inhibits(ByLevel):
    kind = "inhibit"
    meaning = "slows what a rule does"
    inhibit: str = Field(description="the rule")


class Stimulates(ByLevel):
    kind = "stimulate"
    meaning = "raises a level in the blood, in units of its half-maximal effect"
    stimulate: str = Field(description="the level in the blood")

    @model_validator(mode="after")
    def _is_a_level(self):
        for key in {"hill", "most"} & self.model_fields_set:
            if getattr(self, key) != 1.0:
                raise misfit(
                    self, f"a level in the blood is raised by the level over half, whatever {key} is; leave it out", key
                )
        return self


class Kills(ByLevel):
    kind = "kill"
    meaning = "kills tumor cells, and T cells, that copy their DNA (`synthesis`), or that cycle at all (`cycling`)"
    kill: Literal["synthesis", "cycling"] = Field(description="which cells")
    rate: PerHour = Field(description="rate at which cells are hit at a high level")
    spared: Mapping[Gene, Fraction] = Field(
        default={}, description="gene: share of these hits that tumor cells are spared in which it is mutated"
    )

    def falls_on(self, genes: Collection[str]) -> float:
        """The share of its hits that falls on cells in which these genes are mutated."""
        return math.prod(1.0 - share for gene, share in self.spared.items() if gene in genes)


class Enhances(ByLevel):
    kind = "enhance"
    meaning = "makes another drug kill more"
    enhance: str = Field(description="the other drug")
    times: Annotated[Number, Field(ge=1, le=10)] = Field(description="how much more at a high level")


class Suppresses(ByLevel):
    kind = "suppress"
    meaning = "slows the division of precursors in the marrow"
    suppress: Literal["marrow"] = Field(description="the organ")


class Damages(ByLevel):
    kind = "damage"
    meaning = "shuts sinusoids, whose endothelium it injures"
    damage: Literal["sinusoids"] = Field(description="the vessels")
    rate: PerHour = Field(description="rate at which a site of a sinusoid is shut at a high level")


class Removes(ByLevel):
    kind = "remove"
    meaning = "kills activated stellate cells, the fibroblasts of a metastasis"
    remove: Literal["fibroblasts"] = Field(description="the cells")
    rate: PerHour = Field(description="rate at which they are killed at a high level")


class Harms(ByLevel):
    kind = "harm"
    meaning = "has an adverse event of grade 3 or 4 outside of the liver happen, so and so often per time"
    harm: AdverseEvent = Field(description="the adverse event")
    rate: PerHour = Field(description="rate at which it happens at a high level")


class Slows(Act):
    kind = "slow"
    meaning = "lowers the clearance of another drug for some time from each of its doses on, whatever its level"
    slow: str = Field(description="the other drug")
    by: Fraction = Field(description="share of that clearance that is gone meanwhile")
    lasting: Annotated[Hours, Positive] = Field(description="for how long")
    enabled: bool = Field(default=True, description="whether it does")


def acts_of(registry: Registry) -> tuple[type[Act], ...]:
    """The kinds of acts, with what there is in a registry to act on."""
    return (
        Blocks.among(registry.molecules()),
        Inhibits.among(registry.inhibited()),
        Stimulates.among(sorted({level for level, _ in registry.given().values()})),
        Kills,
        Enhances,
        Suppresses,
        Damages,
        Removes,
        Harms,
        Slows,
    )


class Drug(Parameters):
    """A drug with its numbers; `sources` says of each number that is given where it comes from."""

    words: str = Field(default="", max_length=200, description="what it is, in a sentence")
    kind: Spread = Field(description="how it spreads in tissue")
    dosed: DoseUnit = Field(description="the unit of its doses: absolute, or per weight or surface of the body")
    central: Annotated[Liters, Positive] = Field(description="volume of the central compartment")
    clearance: LitersPerHour = Field(description="clearance of the median patient")
    clearance_sd: Annotated[Number, Field(le=2)] = Field(
        default=0.0, description="standard deviation of the logarithm of the clearance between patients"
    )
    peripheral: Liters = Field(default=0.0, description="volume of the second compartment; 0 for none")
    exchange: LitersPerHour = Field(default=0.0, description="clearance between the two compartments")
    absorption: PerHour | None = Field(
        default=None, description="rate of absorption of what is swallowed; null: infused"
    )
    bioavailability: Annotated[Fraction, Positive] = Field(
        default=1.0, description="share of what is swallowed that is absorbed"
    )
    saturable: MilligramsPerHour = Field(default=0.0, description="most that is eliminated on a second way")
    half_saturation: MilligramsPerLiter = Field(
        default=0.0, description="level at which that way runs at half of its most"
    )
    effect_half_life: Annotated[Hours, Positive] | None = Field(
        default=None,
        description="half-life with which the level where it acts, in cells or in tissue, follows that in the blood; null: at once",
    )
    acts: tuple[Act, ...] = Field(default=(), description="what it does; nothing: it changes nothing")
    sources: Mapping[str, Origin] = Field(default={}, description="where each number comes from")

    @model_validator(mode="after")
    def _whole(self):
        if self.clearance == 0.0 and self.saturable == 0.0:
            raise misfit(self, "a drug without clearance would never leave; give its clearance", "clearance")
        if (self.peripheral > 0.0) != (self.exchange > 0.0):
            raise misfit(self, "a second compartment needs both its volume and its exchange", "peripheral")
        if self.saturable == 0.0 and self.half_saturation > 0.0:
            raise misfit(
                self, "half_saturation is of a way of elimination that is not there; give saturable", "half_saturation"
            )
        if self.absorption is None and self.bioavailability < 1.0:
            raise misfit(self, "bioavailability is of what is swallowed; give absorption", "bioavailability")
        for name, origin in self.sources.items():
            if name not in self.numbers():
                raise misfit(self, f"{name!r} is no number of a drug", "sources", name)
            if (origin.low is None) != (origin.high is None):
                raise misfit(self, "a plausible range needs both low and high", "sources", name)
        for number in self.facts():
            if number.low is not None:
                _check_range(self, number, ("sources", number.name, "low"), ("sources", number.name, "high"))
        return self

    def facts(self) -> Iterator[Declared]:
        """Its numbers, as their sources know them."""
        for name, origin in self.sources.items():
            field = type(self).model_fields[name]
            about: Any = Field(
                default=getattr(self, name), description=field.description, json_schema_extra=origin.model_dump()
            )
            yield Declared.of(name, about, field)

    @classmethod
    def numbers(cls) -> tuple[str, ...]:
        """The names of its numbers."""
        return (
            "central",
            "clearance",
            "clearance_sd",
            "peripheral",
            "exchange",
            "absorption",
            "bioavailability",
            "saturable",
            "half_saturation",
            "effect_half_life",
        )

    @property
    def given_numbers(self) -> tuple[str, ...]:
        """The names of the numbers that are not left at what means nothing."""
        fields = type(self).model_fields
        return tuple(name for name in self.numbers() if getattr(self, name) != fields[name].default)

    def clearance_of(self, elimination: float) -> float:
        """The clearance (L/h) of a patient who is so many standard deviations from the median."""
        return self.clearance * math.exp(self.clearance_sd * elimination)
