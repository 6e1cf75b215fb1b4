"""An experiment: one base config, arms that differ from it, an optional sweep, replicates, and what is measured.

`ExperimentFile` is what a user may write; `Experiment` is what `loading.load_experiment` makes of it, every config of
every arm and sweep point validated.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from ..measures.request import MeasureRequest
from ..units import Parameters, Quantity
from .expectation import Expectation, Published

if TYPE_CHECKING:
    from ..config.schema import Config

ONLY_ARM = "control"
"""Name of the one arm of an experiment that names none."""
Method = Literal["grid", "listed", "latin_hypercube", "sobol", "morris"]
TableName = Literal["timeseries", "flows", "nodules", "lesions"]
Seed = Annotated[int, Field(ge=0, lt=2**62)]
Point = Mapping[str, Any]
"""Key path -> value as one would write it in YAML."""


class Range(Parameters):
    """Between which values a sweep draws a parameter."""

    low: Any = Field(description="lowest value, with its unit")
    high: Any = Field(description="highest value, with its unit")
    scale: Literal["linear", "log"] = Field(default="linear", description="log draws evenly between powers of ten")


class SweepFile(Parameters):
    """Parameters that are varied, crossed with the arms."""

    method: Method = Field(default="grid", description="how the points are chosen")
    parameters: dict[str, list[Any] | Range] = Field(
        min_length=1, description="key path: its values (grid: crossed; listed: side by side), or low and high"
    )
    points: int = Field(
        default=64,
        ge=1,
        le=100_000,
        description="points of latin_hypercube; N of sobol (a power of 2) and morris, which take a multiple of it",
    )
    levels: int = Field(default=4, ge=2, le=100, description="levels of morris")
    seed: int = Field(default=1, ge=0, lt=2**32, description="seed of the points that are drawn")
    seeds: list[Seed] = Field(
        default=[], description="listed: of each point the seed of the first replicate, instead of one for all points"
    )


class ExperimentFile(Parameters):
    """An experiment as it is written."""

    name: Annotated[str, Field(max_length=200)] = Field(default="", description="title; by default the file's name")
    description: Annotated[str, Field(max_length=5000)] = Field(default="", description="what is asked")
    base: Any = Field(default=None, description="the config that the arms change: a file's name, or a group of keys")
    replicates: int = Field(
        default=1, ge=1, le=1_000_000, description="runs of each arm and point; the k-th of each has the same seed"
    )
    seed: Seed = Field(default=1, description="seed of the first replicate")
    arms: dict[str, Any] = Field(default={ONLY_ARM: {}}, min_length=1, description="name: what differs from the base")
    control: str | None = Field(default=None, description="the arm that others are compared with; by default the first")
    sweep: SweepFile | None = Field(default=None, description="parameters that are varied in every arm")
    measures: list[Any] = Field(default=[], description="what is measured in each run, see `crlm measures`")
    tables: list[TableName] = Field(default=[], description="tables of each run that are kept in any case")
    plugins: list[str] = Field(default=[], description="Python files with measures of your own")
    published: Published | None = Field(default=None, description="the published experiment that this is")
    expect: list[Any] = Field(default=[], description="what should come out")
    most_replicates: int | None = Field(
        default=None, ge=1, description="how far `crlm reproduce` may raise the replicates"
    )
    calibrated: bool = Field(default=False, description="whether the defaults were calibrated on it")


@dataclass(frozen=True)
class Swept:
    """A parameter of a sweep. `quantity` says its unit; `values` are those of a grid, else it goes from `low` to `high`
    (in the held unit); `whole` ones take whole numbers only, `text` ones words or groups."""

    path: str
    quantity: Quantity | None = None
    description: str = ""
    whole: bool = False
    text: bool = False
    values: tuple[Any, ...] = ()
    low: float = 0.0
    high: float = 0.0
    log: bool = False

    @property
    def unit(self) -> str:
        return self.quantity.unit if self.quantity else ""

    def held(self, written: Any) -> float | str | None:
        """A written value as tables hold it: a number in `unit`, else its text."""
        if written is None:
            return None
        if self.text:
            return written if isinstance(written, str) else json.dumps(written, ensure_ascii=False)
        return self.quantity.parse(written) if self.quantity else float(written)

    def written(self, value: float) -> Any:
        """A number in `unit` as one would write it."""
        if self.whole:
            return int(value)
        return self.quantity.format(value) if self.quantity else float(value)


@dataclass(frozen=True)
class Sweep:
    """How the points of an experiment are chosen; see `design`."""

    method: Method
    parameters: tuple[Swept, ...]
    points: int = 64
    levels: int = 4
    seed: int = 1
    seeds: tuple[int, ...] = ()


@dataclass(frozen=True)
class Run:
    """One run of an experiment. `parameters`: the swept ones, as written."""

    id: str
    arm: str
    point: int
    replicate: int
    seed: int
    config: "Config"
    parameters: Point = field(default_factory=dict)


@dataclass(frozen=True)
class Experiment:
    """An experiment that can be run.

    file : what was written
    configs : (arm, number of the point) -> validated Config; its seed is replaced by that of each replicate
    plain : arm -> validated Config without what is swept
    points : the points of the sweep; one without parameters when there is none
    measures : what to look at in every run, those that `expect` asks for included
    plugins : the files with the user's own measures
    """

    file: ExperimentFile
    name: str
    arms: tuple[str, ...]
    control: str
    configs: Mapping[tuple[str, int], "Config"]
    plain: Mapping[str, "Config"]
    replicates: int
    points: tuple[Point, ...] = ({},)
    sweep: Sweep | None = None
    measures: tuple[MeasureRequest, ...] = ()
    expect: tuple[Expectation, ...] = ()
    plugins: tuple[Path, ...] = ()
    path: Path | None = None

    @property
    def description(self) -> str:
        return self.file.description

    @property
    def seed(self) -> int:
        """Seed of the first replicate."""
        return self.file.seed

    @property
    def tables(self) -> tuple[TableName, ...]:
        """The tables of each run that are kept in any case."""
        return tuple(self.file.tables)

    @property
    def published(self) -> Published | None:
        return self.file.published

    @property
    def most_replicates(self) -> int:
        """How far the replicates may be raised to resolve what is expected."""
        return max(self.replicates, self.file.most_replicates or 0)

    @property
    def calibrated(self) -> bool:
        return self.file.calibrated

    def runs(self) -> list[Run]:
        """The runs, replicate by replicate: whatever is done first is complete over arms and points.

        Replicate k has the same seed in every arm and, unless the points have seeds of their own, at every point, so that
        they share their chance events.
        """
        runs = []
        seeds = (self.sweep.seeds if self.sweep else ()) or (self.seed,) * len(self.points)
        for replicate in range(1, self.replicates + 1):
            for number, point in enumerate(self.points):
                seed = seeds[number] + replicate - 1
                for arm in self.arms:
                    config = self.configs[arm, number].model_copy(update={"seed": seed})
                    runs.append(Run(run_id(arm, number, replicate), arm, number, replicate, seed, config, point))
        return runs


def run_id(arm: str, point: int, replicate: int) -> str:
    """The name of a run, of its rows and its folder."""
    return f"{arm}-{point:04d}-{replicate:04d}"
