"""A small config with everything that the loader has to deal with, so that its tests do not depend on the real one."""

import functools
import textwrap
from typing import Annotated, ClassVar, Literal

import pytest
from pydantic import Field, create_model, model_validator
from pydantic_core import PydanticCustomError

from abm.config import layering, reading, shipped
from abm.config.errors import ConfigError
from abm.config.loading import load_config
from abm.registry import Registry
from abm.rules.rule import Rule, RuleParameters
from abm.units import (
    Fraction,
    Hours,
    Micrometers,
    Moment,
    Number,
    Parameters,
    PerHour,
    PerSquareMillimeter,
    SquareMicrometersPerSecond,
    parameter,
)


class Arrival(Rule):
    """Tumor cells arrive with the portal blood."""

    name = "arrival"

    class Parameters(RuleParameters):
        density: PerSquareMillimeter = parameter(
            "30 /mm^2", mark="assumed", source="a guess", description="arriving cells"
        )


class Phagocytosis(Rule):
    """Kupffer cells engulf tumor cells that touch them."""

    name = "phagocytosis"

    class Parameters(RuleParameters):
        rate: PerHour = parameter(
            "0.1 /h",
            low="0.05 /h",
            high="0.5 /h",
            mark="derived",
            source="a paper, 10.1/x",
            description="engulfment of a touching tumor cell",
        )
        share: Fraction = parameter(0.5, low=0.1, high=0.9, mark="assumed", source="a guess", description="a share")


class NaturalKilling(Rule):
    """NK cells kill tumor cells that they touch."""

    name = "natural_killing"

    class Parameters(RuleParameters):
        reach: Micrometers = parameter(
            "10 um",
            low="5 um",
            high="20 um",
            mark="assumed",
            source="a guess",
            description="how far an NK cell reaches",
        )
        memory: Hours | None = parameter(None, mark="assumed", source="a guess", description="how long it remembers")


class Tissue(Parameters):
    width: Micrometers = Field(default="1 mm", description="extent along the columns")
    height: Micrometers = Field(default="1 mm", description="extent along the rows")
    edges: Literal["periodic", "closed"] = Field(default="periodic", description="what lies beyond the edges")

    @model_validator(mode="after")
    def _not_empty(self):
        if self.width < 50 or self.height < 50:
            raise ValueError("the domain is empty: width and height must be at least 50 um")
        if self.width > 50 * self.height:
            raise PydanticCustomError("shape", "the domain is more than 50 times as wide as high")
        return self


class Kupffer(Parameters):
    density: PerSquareMillimeter = parameter(
        "180 /mm^2",
        low="100 /mm^2",
        high="250 /mm^2",
        mark="checked",
        source="another paper",
        description="Kupffer cells",
    )


class NaturalKiller(Parameters):
    density: PerSquareMillimeter = parameter(
        "20 /mm^2", low="5 /mm^2", high="60 /mm^2", mark="checked", source="another paper", description="NK cells"
    )


class Cells(Parameters):
    kupffer: Kupffer = Kupffer()
    natural_killer: NaturalKiller = NaturalKiller()


class Field_(Parameters):
    diffusion: SquareMicrometersPerSecond = parameter(
        "20 um^2/s",
        low="5 um^2/s",
        high="100 um^2/s",
        mark="derived",
        source="arithmetic",
        description="diffusion of the signal",
    )


class Bolus(Parameters):
    kind: Literal["bolus"] = "bolus"
    at: Moment = Field(default="0 h", description="when")
    dose: Number = Field(description="how much")


class Infusion(Parameters):
    kind: Literal["infusion"] = "infusion"
    start: Moment = Field(default="0 h", description="from when")
    duration: Hours = Field(description="for how long")


class Record(Parameters):
    every: Hours | Literal["never"] = Field(default="6 h", description="time between snapshots")
    times: tuple[Hours, ...] = Field(default=(), description="more moments")


RULES = (Arrival, Phagocytosis, NaturalKilling)


@functools.cache
def compose(own=()):
    classes = (*RULES, *own)
    Rules = create_model(
        "Rules",
        __base__=Parameters,
        **{
            rule.name: (rule.Parameters, Field(default=rule.Parameters(), description=rule.summary()))
            for rule in classes
        },
    )

    class Config(Parameters):
        registry: ClassVar = Registry((), (), (), (), rules=classes)

        name: str = Field(default="untitled", description="what the experiment is called")
        description: str = Field(default="", description="what it is about")
        seed: int = Field(default=1, ge=0, le=2**63 - 1, description="seed of all random numbers")
        duration: Annotated[Hours, Field(gt=0, le=1e300)] = Field(default="14 d", description="simulated time")
        tissue: Tissue = Tissue()
        cells: Cells = Cells()
        fields: dict[Literal["tnf", "oxygen"], Field_] = Field(default={}, description="signals")
        rules: Rules = Rules()
        interventions: tuple[Annotated[Bolus | Infusion, Field(discriminator="kind")], ...] = ()
        record: Record = Record()
        labels: dict[str, str] = Field(default={}, description="presets used")
        plugins: tuple[str, ...] = Field(default=(), description="files with rules of your own")

    return Config


@pytest.fixture(scope="session")
def small():
    """`compose` of the small config."""
    return compose


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working folder with shipped configs of its own."""
    configs = tmp_path / "shipped"
    for name, text in {
        "lines/mc38.yaml": "name: MC38\nrules: {phagocytosis: {rate: 0.2 /h, share: 0.2}}",
        "lines/hct116.yaml": "rules: {phagocytosis: {rate: 0.3 /h}}",
        "hosts/nude.yaml": "rules: {phagocytosis: {rate: 0.4 /h}}\ncells: {natural_killer: {density: 40 /mm^2}}",
        "hosts/resting.yaml": "cells: {natural_killer: {density: 10 /mm^2}}",
        "spleen.yaml": "name: spleen\nduration: 7 d",
    }.items():
        write(configs / name, text)
    for room in (shipped, reading, layering):
        monkeypatch.setattr(room, "shipped_configs", lambda: configs)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return work


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text), encoding="utf-8")


@pytest.fixture
def load(folder, small):
    """Writes files (the first is loaded) and loads."""

    def load(text, *overrides, **files):
        write(folder / "my.yaml", text)
        for name, content in files.items():
            write(folder / f"{name}.yaml", content)
        return load_config("my.yaml", overrides, compose=small)

    return load


@pytest.fixture
def report(load):
    """The report of a config that is wrong."""

    def report(*args, **files):
        with pytest.raises(ConfigError) as caught:
            load(*args, **files)
        return str(caught.value)

    return report
