"""Quantities at the boundary: what may be written, what is refused and in which words, and the way back."""

import math
import re
from typing import Annotated

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from abm import units
from abm.units import Parameters, Quantity, declared, number_and_unit, parameter

PUBLIC = {
    name: value.__metadata__[0]
    for name, value in vars(units).items()
    if getattr(value, "__metadata__", None) and isinstance(value.__metadata__[0], Quantity)
}
HOURS, FRACTION, NUMBER = PUBLIC["Hours"], PUBLIC["Fraction"], PUBLIC["Number"]
DENSITY, DIFFUSION = PUBLIC["PerSquareMillimeter"], PUBLIC["SquareMicrometersPerSecond"]


@pytest.mark.parametrize(
    ("quantity", "written", "held"),
    [
        ("Hours", "24 h", 24.0),
        ("Hours", "14 d", 336.0),
        ("Hours", "5 min", 1 / 12),
        ("Hours", "30s", 1 / 120),
        ("Hours", "  2  d ", 48.0),
        ("Hours", "2 weeks", 336.0),
        ("Hours", "8 wk", 1344.0),
        ("Hours", "600 ms", 1 / 6000),
        ("Micrometers", "0.1 cm", 1000.0),
        ("MillimetersOfMercury", "8 kPa", 60.0049),
        ("Grams", "1 kg", 1000.0),
        ("Hours", "1e2 h", 100.0),
        ("Hours", ".5 h", 0.5),
        ("Hours", 0, 0.0),
        ("Hours", "0", 0.0),
        ("Moment", "-21 d", -504.0),
        ("PerHour", "0.1 /h", 0.1),
        ("PerHour", "0.1/h", 0.1),
        ("PerHour", "2.4 1/d", 0.1),
        ("Hours", "8 weeks", 1344),
        ("PerHour", "1.68 /wk", 0.01),
        ("MicrometersPerMinute", "20.16 mm/wk", 2),
        ("PerHour", "0.1 h^-1", 0.1),
        ("PerHour", "0.002 /min", 0.12),
        ("PerSecond", "0.02 /s", 0.02),
        ("Micrometers", "1 mm", 1000.0),
        ("Micrometers", "10 µm", 10.0),
        ("Micrometers", "10 \u03bcm", 10.0),
        ("PerSquareMillimeter", "180 /mm^2", 180.0),
        ("PerSquareMillimeter", "180 /mm²", 180.0),
        ("PerSquareMillimeter", "180 mm**-2", 180.0),
        ("PerSquareMillimeter", "18000 /cm^2", 180.0),
        ("SquareMicrometersPerSecond", "1200 um^2/min", 20.0),
        ("SquareMicrometersPerSecond", "2e-7 cm²/s", 20.0),
        ("MicrometersPerMinute", "600 um/h", 10.0),
        ("Grams", "1300 mg", 1.3),
        ("GramsPerCubicCentimeter", "1.06 g/ml", 1.06),
        ("MillimetersOfMercury", "62 mmHg", 62.0),
        ("Millimolar", "1000 uM", 1.0),
        ("MillimolarPerHour", "150 mM/h", 150.0),
        ("Fraction", "43 %", 0.43),
        ("Fraction", 0.43, 0.43),
        ("Fraction", "0.43", 0.43),
        ("Fraction", 1, 1.0),
        ("Number", "+3", 3.0),
        ("Number", 10**6, 1e6),
    ],
)
def test_what_may_be_written(quantity, written, held):
    assert PUBLIC[quantity].parse(written) == pytest.approx(held, rel=1e-12 if "Pa" not in str(written) else 1e-5)


@pytest.mark.parametrize(
    ("quantity", "written", "message"),
    [
        ("Hours", "14", "the unit is missing; write a duration such as '24 h'"),
        ("Hours", 14.0, "the unit is missing; write a duration such as '24 h'"),
        ("Hours", "14 dd", "'14 dd' has the unit deciday, which is hardly meant; did you mean '14 d'?"),
        ("Hours", "3 ks", "'3 ks' has the unit kilosecond, which is hardly meant; write a duration such as '24 h'"),
        ("PerHour", "0.1 /mh", "'0.1 /mh' has the unit millihour, which is hardly meant; did you mean '0.1 /h'?"),
        (
            "Micrometers",
            "3 Ym",
            "'3 Ym' has the unit yottameter, which is hardly meant; write a length such as '10 um'",
        ),
        (
            "PerSquareMillimeter",
            "3 /Mm^2",
            "'3 /Mm^2' has the unit megameter, which is hardly meant; "
            "write a density per area of section such as '180 /mm^2'",
        ),
        ("Hours", "14 dais", "'dais' is not a unit; write a duration such as '24 h'"),
        ("Hours", "3 um", "'3 um' has the wrong dimension; expected a duration (in units like 'h'), e.g. '24 h'"),
        ("Hours", "-1 h", "-1 h is out of bounds; a duration must be at least 0 h"),
        ("Hours", "1e999 h", "expected a finite number, got '1e999 h'"),
        ("Hours", "1e308 d", "expected a smaller number, got '1e308 d'"),
        ("Hours", "nan h", "expected a duration such as '24 h', got 'nan h'"),
        ("Hours", math.nan, "expected a duration such as '24 h', got 'nan'"),
        ("Hours", math.inf, "expected a duration such as '24 h', got 'inf'"),
        ("Hours", "soon", "expected a duration such as '24 h', got 'soon'"),
        ("Hours", "", "expected a duration such as '24 h', got ''"),
        ("Hours", True, "expected a duration such as '24 h'"),
        ("Hours", None, "expected a duration such as '24 h'"),
        ("Hours", ["1 h"], "expected a duration such as '24 h'"),
        ("Hours", "h" * 90, f"expected a duration such as '24 h', got '{'h' * 37}...'"),
        ("Hours", "1 h^9^9^9", "'h^9^9^9' is not a unit; write a duration such as '24 h'"),
        ("Hours", "1 __import__('os')", "'__import__('os')' is not a unit; write a duration such as '24 h'"),
        ("Fraction", "1e-13", "1e-13 is too small to make a difference; write 0 or at least 1e-12"),
        ("Micrometers", "1e-10 nm", "1e-10 nm is too small to make a difference; write 0 or at least 1e-12 um"),
        ("Fraction", "120 %", "120 % is out of bounds; a fraction must be between 0 and 1"),
        ("Fraction", 1.5, "1.5 is out of bounds; a fraction must be between 0 and 1"),
        ("Fraction", "0.5 h", "'0.5 h' has the wrong dimension; expected a fraction without a unit, e.g. '0.5'"),
        ("PerHour", "0.1 h", "'0.1 h' has the wrong dimension; expected a rate (in units like '/h'), e.g. '0.1 /h'"),
    ],
)
def test_what_is_refused_and_how(quantity, written, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        PUBLIC[quantity].parse(written)


@settings(deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(sorted(PUBLIC)))
def test_what_is_formatted_is_read_back_exactly(value, name):
    quantity = PUBLIC[name]
    value = min(max(value, quantity.minimum), quantity.maximum)
    value = value if abs(value) >= 1e-12 else 0.0
    assert quantity.parse(quantity.format(value)) == value


@settings(deadline=None)
@given(st.text() | st.from_regex(r"[0-9]{1,3} ?[a-z/^*%0-9 ]{0,12}", fullmatch=True))
def test_no_text_does_anything_but_mean_a_number_or_be_refused(text):
    for quantity in (HOURS, FRACTION, DENSITY):
        try:
            number = quantity.parse(text)
        except ValueError as error:
            assert len(str(error)) < 250
        else:
            assert quantity.minimum <= number <= quantity.maximum


@settings(max_examples=300, deadline=None)
@given(
    value=st.floats(0, 1e8, allow_nan=False) | st.integers(0, 10_000).map(float), name=st.sampled_from(sorted(PUBLIC))
)
def test_what_is_written_for_people_is_read_back_exactly(value, name):
    quantity = PUBLIC[name]
    if quantity.minimum <= value <= quantity.maximum and (value == 0 or value >= 1e-12):
        assert quantity.parse(quantity.readable(value)) == value


@pytest.mark.parametrize(
    ("name", "value", "written"),
    [
        ("Hours", 336.0, "14 d"),
        ("Hours", 5 * (1 / 60), "5 min"),
        ("Hours", 36.0, "36 h"),
        ("Hours", 1.0, "1 h"),
        ("Hours", 24.0, "1 d"),
        ("Moment", -48.0, "-2 d"),
        ("Micrometers", 2000.0, "2 mm"),
        ("Micrometers", 300.0, "300 um"),
        ("PerHour", 0.25, "0.25 /h"),
        ("Number", 5e5, 500000),
        ("Fraction", 0.3, 0.3),
        ("Hours", 0.0, "0 h"),
    ],
)
def test_what_is_written_for_people(name, value, written):
    assert PUBLIC[name].readable(value) == written


def test_formats_are_what_a_user_would_write():
    assert HOURS.format(24.0) == "24 h"
    assert HOURS.format(1 / 12) == "0.08333333333333333 h"
    assert DENSITY.format(180) == "180 /mm^2"
    assert FRACTION.format(0.5) == 0.5


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_every_quantity_reads_its_own_example_and_unit(name):
    quantity = PUBLIC[name]
    assert quantity.parse(quantity.example) == pytest.approx(
        float(quantity.example.split()[0]) if name != "Moment" else 48
    )
    assert quantity.parse(quantity.format(0.5)) == 0.5


class Group(Parameters):
    """A group as rules have it."""

    rate: units.PerHour = parameter(
        "0.1 /h", low="0.05 /h", high="0.5 /h", mark="derived", source="a paper", description="how often it happens"
    )
    share: units.Fraction = parameter(0.64, low=0.5, high=1, mark="checked", source="a table", description="how many")
    depth: int = parameter(5, low=1, high=10, mark="assumed", source="a guess", description="how deep")
    small: Annotated[float, Quantity("um", "a size", "3 um", minimum=1.0, maximum=5.0)] = "2 um"


def test_a_group_holds_numbers_and_writes_quantities():
    group = Group(rate="2.4 /d")
    assert group.rate == pytest.approx(0.1) and group.share == 0.64 and group.small == 2.0
    assert Group(**Group(rate="0.3 /h").model_dump()) == Group(rate="0.3 /h")
    assert Group().model_dump()["rate"] == "0.1 /h"


def test_a_group_is_frozen_and_knows_its_keys():
    with pytest.raises(ValidationError) as frozen:
        Group().rate = 0.2
    with pytest.raises(ValidationError) as unknown:
        Group(speed="1 um/min")
    assert [error.value.errors()[0]["type"] for error in (frozen, unknown)] == ["frozen_instance", "extra_forbidden"]


@pytest.mark.parametrize(("written", "message"), [("0.5 um", "between 1 and 5 um"), ("6 um", "between 1 and 5 um")])
def test_hard_limits_are_hard(written, message):
    with pytest.raises(ValidationError, match=message):
        Group(small=written)


def test_a_wrong_default_is_noticed():
    class Wrong(Parameters):
        rate: units.PerHour = parameter("3 um", low=0, high=0, mark="assumed", source="none", description="wrong")

    with pytest.raises(ValidationError, match="wrong dimension"):
        Wrong()


def test_declared_tells_everything_that_was_declared_in_order():
    rate, share, depth = declared(Group)
    assert [entry.name for entry in (rate, share, depth)] == ["rate", "share", "depth"]
    assert (rate.default, rate.low, rate.high, rate.unit) == ("0.1 /h", "0.05 /h", "0.5 /h", "/h")
    assert (rate.mark, rate.source, rate.description) == ("derived", "a paper", "how often it happens")
    assert (share.quantity, share.unit) == (FRACTION, "")
    assert (depth.quantity, depth.unit) == (None, "")


def test_the_plausible_range_is_in_the_held_unit_and_closed():
    rate = next(declared(Group))
    assert [rate.outside(value) for value in (0.049, 0.05, 0.1, 0.5, 0.51)] == [True, False, False, False, True]
    assert not rate.outside(None)


def test_parameters_keep_their_schema():
    properties = Group.model_json_schema()["properties"]
    assert properties["rate"]["examples"] == ["0.1 /h"]
    assert properties["rate"]["mark"] == "derived"
    assert properties["share"]["type"] == ["number", "string"]


def test_a_number_has_no_unit():
    assert NUMBER.parse("7") == 7.0
    with pytest.raises(ValueError, match="without a unit"):
        NUMBER.parse("7 h")
    assert DIFFUSION.parse("0") == 0.0


def test_a_number_and_its_unit_are_told_apart_whatever_the_unit_is():
    assert number_and_unit("40 /mm^2") == (40.0, "/mm^2") and number_and_unit("-1.5e-3") == (-0.0015, "")
    with pytest.raises(ValueError, match="'some /h' is no number with a unit"):
        number_and_unit("some /h")


def test_a_value_is_told_in_the_unit_of_its_range_where_it_is_short_there():
    assert PUBLIC["PerHour"].beside("0.07 /d", 0.2 / 24) == "0.2 /d"
    assert HOURS.beside("0 h", 1 / 3) == "20 min"
    assert HOURS.beside("12 h", 48.0) == "48 h"
    assert HOURS.beside(None, 48.0) == "2 d"
