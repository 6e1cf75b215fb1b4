"""Measures: named numbers of a run, asked for in one line of an experiment file.

    - {measure: nodules, min_cells: 10, at: 14 d}
    - {measure: wall_expression, molecule: e_selectin, within: 50 um, every: 30 min, until: 48 h, take: peak}

A measure is one decorated function. It is shown a liver at one moment (`Look`) and returns a number; its keyword
parameters are what a user may write, with the types of `abm.units`, Literal, int, float or bool:

    @measure(unit="nodules", kind="count")
    def nodules(look: Look, min_cells: int = 4) -> float:
        \"\"\"Groups of at least `min_cells` touching tumor cells.\"\"\"

Its kind says how runs are taken together: a "count" of things or events adds up, a "share" returns Share(count, of), of
which both add up, a "level" is averaged. A line looks once (`at`, by default the end of the run) or again and again
(`every`, `from`, `until`), of which `take` makes one number.

The shipped measures are in `topics/`. A user's own stand in a Python file that an experiment names under `plugins`
(`known.load_measures`).
"""

import inspect
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, create_model, model_validator
from pydantic_core import PydanticCustomError

from ..config.errors import keys_of, quantity_of, quoted
from ..units import Declared, Hours, Moment, Parameters, written
from .look import Look, Share

Kind = Literal["count", "share", "level"]
Take = Literal["last", "mean", "peak", "lowest", "peak_time", "last_of_peak"]
TAKES = {
    "last": "the value of the last look",
    "mean": "the mean over the looks",
    "peak": "the highest value",
    "lowest": "the lowest value",
    "peak_time": "the hours at which it is highest",
    "last_of_peak": "the value of the last look as a share of the highest",
}
ELSEWHERE = ("arm", "relative_to", "difference_from", "between", "peak_between", "why")
"""Keys that an experiment's `expect` entries have besides the measure's, which no parameter may be called."""


class Line(Parameters):
    """What every line of `measures` may say besides the parameters of its measure."""

    measure: str = Field(description="name of the measure")
    name: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")] | None = Field(
        default=None, description="name of its column, instead of one made of this line"
    )
    at: Moment | None = Field(default=None, description="when to look; by default at the end of the run")
    every: Annotated[Hours, Field(ge=1 / 120)] | None = Field(
        default=None, description="time between looks, for a series"
    )
    from_: Moment = Field(default=written("0 h"), alias="from", description="first look of a series")
    until: Moment | None = Field(default=None, description="last look of a series; by default at the end of the run")
    take: Take = Field(default="peak", description="what number is made of a series")

    @model_validator(mode="after")
    def _makes_sense(self):
        if self.at is not None and self.every is not None:
            raise PydanticCustomError("measure", "give either at (one look) or every (a series), not both")
        if self.every is None:
            for name in ("from_", "until", "take"):
                if name in self.model_fields_set:
                    raise PydanticCustomError("measure", f"{name.rstrip('_')} belongs to a series; say every as well")
        if self.until is not None and self.until < self.from_:
            raise PydanticCustomError("measure", "until lies before from")
        return self


@dataclass(frozen=True)
class Measure:
    """A registered measure.

    unit : "" for a plain number; or a function of the parameters (a dict) where it depends on them
    line : the pydantic model of a line that asks for it, parameters included
    plugin : the user's file that it comes from, if any
    """

    name: str
    kind: Kind
    unit: str | Callable[[Mapping[str, Any]], str]
    function: Callable[..., float | Share]
    line: type[Line]
    plugin: Path | None = None

    def __call__(self, look: Look, **parameters: Any) -> float | Share:
        """What it says of a look; parameters as in an experiment file (`within="50 um"`). Raises ValidationError."""
        return self.function(look, **self.values_of(self.line(measure=self.name, **parameters)))

    @property
    def description(self) -> str:
        return inspect.getdoc(self.function) or ""

    @property
    def summary(self) -> str:
        """The first paragraph of its description, in one line."""
        return " ".join(self.description.split("\n\n")[0].split())

    @property
    def parameters(self) -> list[Declared]:
        """Its own parameters, as tables show them; the default is None where there is none and `...` where one must
        be given."""
        annotations, parameters = keys_of(self.line), []
        for name in self.parameter_names:
            field = self.line.model_fields[name]
            default = ... if field.is_required() else field.default
            parameters.append(
                Declared(name, quantity_of(annotations[name]), default, None, None, "", "", field.description or "")
            )
        return parameters

    @property
    def parameter_names(self) -> tuple[str, ...]:
        return tuple(name for name in self.line.model_fields if name not in Line.model_fields)

    def unit_of(self, parameters: Mapping[str, Any]) -> str:
        return self.unit if isinstance(self.unit, str) else self.unit(parameters)

    def values_of(self, line: Line) -> dict[str, Any]:
        """Its parameters as a line gives them, defaults included."""
        return {name: getattr(line, name) for name in self.parameter_names}

    def __repr__(self) -> str:
        return f"<measure {self.name}: {self.summary}>"


def measure(*, unit: str | Callable[[Mapping[str, Any]], str], kind: Kind) -> Callable[[Callable], Measure]:
    """Make a measure of a function. Raises ValueError or TypeError for one that cannot be a measure."""

    def made(function: Callable[..., float | Share]) -> Measure:
        name = function.__name__
        if kind not in typing.get_args(Kind):
            raise ValueError(f"the kind of the measure '{name}' must be count, share or level, not {quoted(kind)}")
        if not (function.__doc__ or "").strip():
            raise ValueError(f"the measure '{name}' needs a docstring that says what it is")
        return Measure(name, kind, unit, function, _line_of(function))

    return made


def _line_of(function: Callable) -> type[Line]:
    """The model of the lines that ask for the measure, from the function's keyword parameters."""
    hints = typing.get_type_hints(function, include_extras=True)
    _, *parameters = inspect.signature(function).parameters.values()
    taken = {*keys_of(Line), *Line.model_fields, *ELSEWHERE}
    fields: dict[str, Any] = {}
    for parameter in parameters:
        if parameter.name in taken:
            raise ValueError(f"a parameter of a measure cannot be called '{parameter.name}': every line has that key")
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD) or parameter.name not in hints:
            raise TypeError(
                f"the parameter '{parameter.name}' of the measure '{function.__name__}' needs a name and a type"
            )
        default = ... if parameter.default is parameter.empty else parameter.default
        fields[parameter.name] = (hints[parameter.name], default)
    return create_model(f"{function.__name__}_line", __base__=Line, __doc__=function.__doc__, **fields)
