"""Quantities with units, at the boundary only.

A user writes `0.1 /h`, `14 d` or `20 um^2/s`; the simulator holds a float in the one unit that each type names:
time in hours (`Hours`, `PerHour`), speeds in µm/min, diffusion in µm²/s. Every number of the biology is declared
with `parameter(...)`, which carries its default, its plausible range, its source and the mark of that source.
"""

import functools
import math
import operator
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, get_args

from annotated_types import Gt
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_serializer
from pydantic.fields import FieldInfo
from pydantic_core import InitErrorDetails, PydanticCustomError, core_schema

Mark = Literal["checked", "unverified", "derived", "assumed"]
"""How far a number can be trusted: `checked` was read in its source, `unverified` is quoted from memory of one,
`derived` shows its arithmetic, `assumed` is a guess."""

LONGEST = 24.0 * 3650
"""Hours that a run lasts at most, and begins at most before time 0."""
_FOR_EVER = 1e9
"""Hours; longer times are mistakes, and clocks would lose count."""
_TOLD_WHOLE = 1e15
"""Numbers without a unit up to which whole ones are written without a point."""
_SMALLEST = 1e-12
"""Of all numbers but 0: what is smaller is lost beside the others, and divides as badly as 0."""
_TOLD_TOGETHER = 1e5
"""A limit up to which the upper one is told with the lower one."""

_QUANTITY = re.compile(r"(?P<number>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?P<unit>.*)", re.DOTALL)
_FACTOR = r"(?:1|%|[A-Za-zµμ]+)(?:(?:\^|\*\*)-?[0-9]{1,2}|[²³])?"
# no powers of powers and no numbers: `h^9^9^9` would keep pint busy for ever
_UNIT = re.compile(rf"(?=.{{1,40}}$)\s*/?\s*{_FACTOR}(?:\s*[*/·]\s*{_FACTOR}|\s+{_FACTOR})*\s*")

# the conversions that nearly every config needs, so that pint, slow to import, is loaded only for the others
_EVERYDAY = {
    ("d", "h"): 24.0,
    ("min", "h"): 1.0 / 60.0,
    ("mm", "um"): 1000.0,
    ("wk", "h"): 168.0,
    ("/d", "/h"): 1.0 / 24.0,
    ("L/d", "L/h"): 1.0 / 24.0,
    ("mg/d", "mg/h"): 1.0 / 24.0,
    ("/wk", "/h"): 1.0 / 168.0,
    ("%", ""): 0.01,
}

_LONG = 10
"""Characters from which on a number is written in another unit, if that makes it shorter."""
_ALSO_READ = {"h": ("d", "min", "s"), "um": ("mm",), "L/h": ("L/d",), "mg/h": ("mg/d",)}
"""Units in which people write what is held in the unit that stands first."""


@functools.cache
def _registry():
    import pint

    registry = pint.UnitRegistry(cache_folder=None)
    registry.define("@alias week = wk")
    return registry


def _parse_unit(written: str):
    """The pint unit that `written` means. Raises ValueError when it means none."""
    if not _UNIT.fullmatch(written):
        raise ValueError(f"'{written}' is not a unit")
    text = written.replace("μ", "µ").replace("·", "*").strip()
    if text.startswith("/"):
        text = "1" + text
    registry = _registry()
    try:
        return registry.parse_units(text)
    except Exception as error:  # pint raises its own errors, tokenizer errors and arithmetic ones alike
        raise ValueError(f"'{written}' is not a unit") from error


class UnusualUnit(ValueError):
    """A unit that exists and is hardly meant: its name ("deciday"), its symbol, and the symbol that may be meant, if any."""


_PREFIXES = {
    "meter": "nano micro milli centi deci kilo",
    "gram": "nano micro milli kilo",
    "second": "nano micro milli",
    "liter": "nano micro milli centi deci",
    "molar": "pico nano micro milli",
    "mole": "pico nano micro milli kilo",
    "pascal": "hecto kilo mega",
    "meter_Hg": "milli centi",
}
"""What SI prefixes people write before which unit; no other unit takes one."""


def _refuse_unusual(unit) -> None:
    """Raise UnusualUnit when a pint unit has a prefix that nobody puts there: `14 dd`, `3 Ym`."""
    for name in unit._units:
        prefix, stem, _ = _registry().parse_unit_name(name)[0]
        if prefix and prefix not in _PREFIXES.get(stem, "").split():
            meant = _registry().get_symbol(stem) if stem not in _PREFIXES else ""
            raise UnusualUnit(name.replace("_", " "), _registry().get_symbol(name), meant)


def number_and_unit(text: str) -> tuple[float, str]:
    """'40 /mm^2' as 40 and '/mm^2', whatever unit that is. Raises ValueError where no number is."""
    match = _QUANTITY.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"'{_shorten(text)}' is no number with a unit")
    return float(match["number"]), match["unit"].strip()


@functools.cache
def unit_factor(written: str, unit: str) -> float | None:
    """How many `unit` make one `written`; None when their dimensions differ. Raises ValueError for what is no unit."""
    if written == unit:
        return 1.0
    if (written, unit) in _EVERYDAY:
        return _EVERYDAY[written, unit]
    source = _parse_unit(written)
    try:
        target = _parse_unit(unit) if unit else _registry().dimensionless
    except ValueError:  # things that are counted, such as cells, are only themselves
        return None
    if source.dimensionality != target.dimensionality:
        return None
    _refuse_unusual(source)
    return float(_registry().convert(1.0, source, target))


@dataclass(frozen=True)
class Quantity:
    """A number with a dimension, held as a float in `unit`; the marker that pydantic reads in an annotation.

    `minimum` and `maximum` are hard limits (what makes no sense at all), not the plausible range of a parameter.
    """

    unit: str
    kind: str
    example: str
    minimum: float = 0.0
    maximum: float = 1e18

    def parse(self, value: Any) -> float:
        """The number that `value` ('14 d', or a bare number where there is no dimension) means, in `self.unit`."""
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise self._error(f"expected {self.kind} such as '{self.example}'")
        text = value.strip() if isinstance(value, str) else repr(value)
        match = _QUANTITY.fullmatch(text)
        if match is None:
            raise self._error(f"expected {self.kind} such as '{self.example}', got '{_shorten(text)}'")
        number, written = float(match["number"]), match["unit"].strip()
        if not math.isfinite(number):
            raise self._error(f"expected a finite number, got '{_shorten(text)}'")
        if written:
            try:
                factor = unit_factor(written, self.unit)
            except UnusualUnit as error:
                name, symbol, meant = error.args
                hint = (
                    f"did you mean '{_shorten(text.replace(symbol, meant))}'?"
                    if meant and symbol in text
                    else f"write {self.kind} such as '{self.example}'"
                )
                raise self._error(f"'{_shorten(text)}' has the unit {name}, which is hardly meant; {hint}") from None
            except ValueError:
                raise self._error(
                    f"'{_shorten(written)}' is not a unit; write {self.kind} such as '{self.example}'"
                ) from None
            if factor is None:
                wanted = f"{self.kind} (in units like '{self.unit}')" if self.unit else f"{self.kind} without a unit"
                raise self._error(
                    f"'{_shorten(text)}' has the wrong dimension; expected {wanted}, e.g. '{self.example}'"
                )
            number *= factor
            if not math.isfinite(number):
                raise self._error(f"expected a smaller number, got '{_shorten(text)}'")
        elif self.unit and number != 0.0:
            raise self._error(f"the unit is missing; write {self.kind} such as '{self.example}'")
        if 0.0 < abs(number) < _SMALLEST and self.minimum >= 0.0:
            raise self._error(
                f"{_shorten(text)} is too small to make a difference; write 0 or at least {_SMALLEST:g} {self.unit}".rstrip()
            )
        if not self.minimum <= number <= self.maximum:
            limits = (
                f"between {self.minimum:g} and {self.maximum:g}"
                if self.maximum <= _TOLD_TOGETHER
                else f"at least {self.minimum:g}"
                if number < self.minimum
                else f"at most {self.maximum:g}"
            )
            raise self._error(f"{_shorten(text)} is out of bounds; {self.kind} must be {limits} {self.unit}".rstrip())
        return number

    def format(self, value: float) -> str | float:
        """`value` as a user would write it; parsing it gives the same float back."""
        number = repr(float(value)).removesuffix(".0")
        return f"{number} {self.unit}" if self.unit else float(value)

    def readable(self, value: float) -> str | float:
        """`value` in the unit in which it is shortest (14 d, 5 min, 2 mm); parsing it gives the same float back."""
        written = self.format(value)
        if not isinstance(written, str):
            return int(written) if written.is_integer() and abs(written) < _TOLD_WHOLE else written
        for unit in _ALSO_READ.get(self.unit, ()):
            factor = unit_factor(unit, self.unit)
            if factor is None:
                continue
            number = float(f"{value / factor:.12g}")
            other = f"{repr(number).removesuffix('.0')} {unit}"
            if len(other) < len(written) and number * factor == value:
                written = other
        return written

    def beside(self, end: Any, value: float) -> str:
        """`value` in the unit in which an end of its range is written ('0.2 /d' beside '0.07 /d'), if it is a short number in it; else
        as `readable`."""
        unit = str(end).partition(" ")[2] if end is not None else ""
        factor = unit_factor(unit, self.unit) if unit else None
        number = f"{value / factor:.12g}" if factor is not None else ""
        return f"{number} {unit}" if 0 < len(number) < _LONG else str(self.readable(value))

    def _written(self, value: float, info: core_schema.SerializationInfo) -> str | float:
        """For pydantic: as `format` writes it, or `readable` where the context asks for that."""
        return self.readable(value) if (info.context or {}).get("readable") else self.format(value)

    @staticmethod
    def _error(message: str) -> PydanticCustomError:
        return PydanticCustomError("quantity", message)

    def __get_pydantic_core_schema__(self, source, handler):
        return core_schema.no_info_plain_validator_function(
            self.parse, serialization=core_schema.plain_serializer_function_ser_schema(self._written, info_arg=True)
        )

    def __get_pydantic_json_schema__(self, schema, handler):
        if self.unit:
            return {
                "type": ["string", "number"],
                "examples": [self.example],
                "description": f"{self.kind}, in {self.unit}",
            }
        return {"type": ["number", "string"], "minimum": self.minimum, "examples": [self.example]}


def _shorten(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."


Hours = Annotated[float, Quantity("h", "a duration", "24 h", maximum=_FOR_EVER)]
Moment = Annotated[
    float, Quantity("h", "a time (negative: before the start)", "2 d", minimum=-_FOR_EVER, maximum=_FOR_EVER)
]
PerHour = Annotated[float, Quantity("/h", "a rate", "0.1 /h")]
PerSecond = Annotated[float, Quantity("/s", "a rate", "0.02 /s")]
Micrometers = Annotated[float, Quantity("um", "a length", "10 um", maximum=1e6)]
PerMicrometer = Annotated[float, Quantity("/um", "a hazard per length", "0.003 /um")]
MicrometersPerMinute = Annotated[float, Quantity("um/min", "a speed", "5 um/min", maximum=1000.0)]
MicrometersPerSecond = Annotated[float, Quantity("um/s", "a speed", "234 um/s")]
SquareMicrometersPerSecond = Annotated[float, Quantity("um^2/s", "a diffusion coefficient", "20 um^2/s")]
PerSquareMillimeter = Annotated[float, Quantity("/mm^2", "a density per area of section", "180 /mm^2", maximum=1e6)]
CubicMillimeters = Annotated[float, Quantity("mm^3", "a volume", "100 mm^3", maximum=1e6)]
Grams = Annotated[float, Quantity("g", "a mass", "1.3 g")]
GramsPerCubicCentimeter = Annotated[float, Quantity("g/cm^3", "a density", "1.06 g/cm^3")]
MillimetersOfMercury = Annotated[float, Quantity("mmHg", "a partial pressure", "62 mmHg")]
MillimetersOfMercuryPerSecond = Annotated[float, Quantity("mmHg/s", "a rate of oxygen uptake", "30 mmHg/s")]
Millimolar = Annotated[float, Quantity("mM", "a concentration", "1 mM")]
MillimolarPerHour = Annotated[float, Quantity("mM/h", "a rate of production", "2 mM/h")]
Liters = Annotated[float, Quantity("L", "a volume", "3 L", maximum=1e6)]
LitersPerHour = Annotated[float, Quantity("L/h", "a clearance", "0.02 L/h", maximum=1e6)]
Milligrams = Annotated[float, Quantity("mg", "a mass", "200 mg", maximum=1e7)]
MilligramsPerHour = Annotated[float, Quantity("mg/h", "a rate of elimination", "0.4 mg/h", maximum=1e7)]
MilligramsPerLiter = Annotated[float, Quantity("mg/L", "a concentration", "5 mg/L", maximum=1e9)]
Kilograms = Annotated[float, Quantity("kg", "a mass", "75 kg", maximum=1000.0)]
Grays = Annotated[float, Quantity("Gy", "a dose of radiation", "2 Gy", maximum=1000.0)]
PerGray = Annotated[float, Quantity("/Gy", "a sensitivity to radiation", "0.3 /Gy", maximum=100.0)]
SquareMeters = Annotated[float, Quantity("m^2", "an area of skin", "1.85 m^2", maximum=10.0)]
Fraction = Annotated[float, Quantity("", "a fraction", "0.5", maximum=1.0)]
Number = Annotated[float, Quantity("", "a number", "1.5")]


def in_time(hours: float) -> str:
    """Hours as one would write them: '14 d', '36 h', '30 min'."""
    if hours and math.isclose(hours / 24, round(hours / 24), abs_tol=1e-9):
        return f"{round(hours / 24)} d"
    return f"{hours:.10g} h" if abs(hours) >= 1 or not hours else f"{hours * 60:.10g} min"


Positive = Gt(0)
"""Marks a quantity that makes no sense at zero: `Annotated[Hours, Positive]`."""


def misfit(group: BaseModel, message: str, *at: str | int) -> ValidationError:
    """The error for values of a group that do not fit together, to be raised by its validators. `at` is the path of the
    key within the group that is to blame."""
    return misfits(group, [(message, at)])


def misfits(group: BaseModel, found: Iterable[tuple[str, tuple[str | int, ...]]]) -> ValidationError:
    """As `misfit`, for all that was found: what is wrong, and the path of the key."""
    errors = [
        InitErrorDetails(type=PydanticCustomError("misfit", "{message}", {"message": message}), loc=at, input=group)
        for message, at in found
    ]
    return ValidationError.from_exception_data(type(group).__name__, errors)


def parameter(default: Any, *, mark: Mark, source: str, description: str, low: Any = None, high: Any = None) -> Any:
    """Declare a number of the biology: its default, plausible range, source, the mark of that source, and meaning."""
    facts = {"low": low, "high": high, "mark": mark, "source": source}
    return Field(default=default, description=description, json_schema_extra=facts)


def written(default: str) -> Any:
    """A default as users write it ("14 d"): what is annotated with a quantity holds it as a number."""
    return default


class Parameters(BaseModel):
    """A frozen group of declared parameters; unknown keys are refused and defaults validated like a user's input."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, allow_inf_nan=False)

    def facts(self) -> "Iterator[Declared]":
        """The declared parameters of this group, as they are known for it."""
        return declared(type(self))


class Named(Parameters):
    """A group of which one key, named after its kind, holds what it acts on, and stands first where it is written."""

    kind: ClassVar[str]

    @property
    def target(self) -> Any:
        """The value of the key named after its kind."""
        return getattr(self, self.kind)

    @model_serializer(mode="wrap")
    def _kind_first(self, handler) -> dict[str, Any]:
        content = handler(self)
        return {self.kind: content.pop(self.kind), **content}


def quantity_held(field: FieldInfo) -> Quantity | None:
    """The quantity of which a field of a group holds a value, or a mapping of values, if any."""
    markers = [
        *field.metadata,
        *get_args(field.annotation),
        *(one for part in get_args(field.annotation) for one in get_args(part)),
    ]
    return next((marker for marker in markers if isinstance(marker, Quantity)), None)


@dataclass(frozen=True)
class Declared:
    """One declared parameter as the tables, the documentation and the contract tests show it."""

    name: str
    quantity: Quantity | None
    default: Any
    low: Any
    high: Any
    mark: str
    source: str
    description: str

    @classmethod
    def of(cls, name: str, number: FieldInfo, held: FieldInfo | None = None) -> "Declared":
        """What `parameter` says in `number`; its unit is that of the field that holds it (by default the same)."""
        facts: Any = number.json_schema_extra
        return cls(
            name=name,
            quantity=quantity_held(held or number),
            default=number.default,
            low=facts["low"],
            high=facts["high"],
            mark=facts["mark"],
            source=facts["source"],
            description=number.description or "",
        )

    @property
    def unit(self) -> str:
        return self.quantity.unit if self.quantity else ""

    def outside(self, value: Any) -> bool:
        """Whether `value` (in the held unit) leaves the plausible range."""
        if self.quantity is None or self.low is None or not isinstance(value, int | float):
            return False
        return not self.quantity.parse(self.low) * (1 - 1e-12) <= value <= self.quantity.parse(self.high) * (1 + 1e-12)


def declared(group: type[BaseModel]) -> Iterator[Declared]:
    """Every parameter that a group declares itself, in the order of its source."""
    for name, field in group.model_fields.items():
        facts = field.json_schema_extra
        if not isinstance(facts, dict) or "mark" not in facts:
            continue
        yield Declared.of(name, field)


def value_at(config: Any, path: str) -> Any:
    """The value of a config's key by its path, such as "secretion.kupffer_tnf"."""
    return _getter(path)(config)


@functools.lru_cache
def _getter(path: str) -> Callable[[Any], Any]:
    return operator.attrgetter(path)
