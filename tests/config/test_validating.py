"""Errors that are all found, placed and understandable."""

import textwrap

import pytest


def test_everything_is_reported_at_once(report):
    assert report(
        """\
        name: x
        rules:
          phagocytosis:
            rate: 3 um
            shar: 2
          phagocitosis: {rate: 1 /h}
          natural_killing: of
          arrival: {density: -3 /mm^2}
        rate: 0.2 /h
        seed: abc
        duraton: 3 d
        duration: 14
        cells:
          kupffer: 3
          NK: {}
        tissue: {width: 10 um}
        record:
          every: nevr
          times: [1 h, 3 um]
        interventions:
        - kind: bolus
        - kind: bollus
        - kind: infusion
          duration: 3 K
          dose: 3
        - dose: 3
        seed: 3
        description:
        """,
        "rules.phagocytosis.rat=3",
        "seed=-1",
        "record.times[4]=3 h",
        "name",
    ) == textwrap.dedent("""\
        my.yaml:4:11  rules.phagocytosis.rate
            '3 um' has the wrong dimension; expected a rate (in units like '/h'), e.g. '0.1 /h'
        my.yaml:5:5  rules.phagocytosis.shar
            unknown key; did you mean 'share'?
        my.yaml:6:3  rules.phagocitosis
            unknown key; did you mean 'phagocytosis'?
        my.yaml:7:20  rules.natural_killing
            expected on, off or a group of keys, got 'of'; did you mean 'off'?
        my.yaml:8:22  rules.arrival.density
            -3 /mm^2 is out of bounds; a density per area of section must be at least 0 /mm^2
        my.yaml:9:1  rate
            unknown key; did you mean rules.phagocytosis.rate?
        my.yaml:11:1  duraton
            unknown key; did you mean 'duration'?
        my.yaml:12:11  duration
            the unit is missing; write a duration such as '24 h'
        my.yaml:14:12  cells.kupffer
            expected a group of keys, got '3'
        my.yaml:15:3  cells.NK
            unknown key; did you mean 'natural_killer'?
        my.yaml:16:1  tissue
            the domain is empty: width and height must be at least 50 um
        my.yaml:18:10  record.every
            expected a duration such as '24 h' or 'never', got 'nevr'
        my.yaml:19:16  record.times[1]
            '3 um' has the wrong dimension; expected a duration (in units like 'h'), e.g. '24 h'
        my.yaml:21:3  interventions[0].dose
            the key 'dose' is missing; expected a number such as '1.5'
        my.yaml:22:3  interventions[1]
            'bollus' is not one of bolus or infusion; did you mean 'bolus'?
        my.yaml:24:13  interventions[2].duration
            '3 K' has the wrong dimension; expected a duration (in units like 'h'), e.g. '24 h'
        my.yaml:25:3  interventions[2].dose
            unknown key; accepted here: kind, start, duration
        my.yaml:26:3  interventions[3]
            the key 'kind' is missing; it says what this is
        my.yaml:27:1  seed
            the key stands here twice, first in line 10; remove one of them
        my.yaml:28:1  description
            no value is given; expected a text
        --set name
            expected key.path=value; e.g. --set 'rules.phagocytosis.rate=0.2 /h'
        --set record.times[4]=3 h
            record.times is a list of 2 entries; name one by its number, record.times[0] is the first
        --set rules.phagocytosis.rat=3
            unknown key 'rat'; did you mean rules.phagocytosis.rate?
        --set seed=-1
            must be at least 0, got '-1'
        24 problems in my.yaml and on the command line""")


def test_a_value_is_reported_where_it_was_written(report):
    text = report(
        "extends: base.yaml\nline: mc38\nseed: x",
        "rules.arrival.density=3 um",
        base="name: base\nrules:\n  natural_killing: {reach: 3 K}",
    )
    assert "my.yaml:3:7  seed\n    expected a whole number, got 'x'" in text
    assert "base.yaml:3:28  rules.natural_killing.reach\n    '3 K' has the wrong" in text
    assert "--set rules.arrival.density=3 um\n    '3 um' has the wrong dimension" in text


@pytest.mark.parametrize(
    "text, message",
    [
        ("rules: {phagocytosis: {rate: 0,1 /h}}", "unknown key '1 /h'; the decimal sign is a point"),
        ("duration: 1,5 d", "the decimal sign is a point: 0.1, not 0,1"),
        (
            "cells: {kupffer: {density: 180 /mm2}}",
            "'/mm2' is not a unit; write a density per area of section such as '180 /mm^2'; did you mean '180 /mm^2'?",
        ),
        ("rules:\n- phagocytosis: off", "expected a group of keys, got a list; write 'key: value' lines, without '- '"),
    ],
)
def test_common_slips(report, text, message):
    assert message in report(text)


def test_bounds_and_relations(report, folder):
    text = report(
        "duration: 0 h\ntissue: {width: 9 mm, height: 0.1 mm}\ncells:\n  kupffer: off\nseed: 99999999999999999999"
    )
    assert "my.yaml:1:11  duration\n    must be more than 0 h, got '0 h'" in text
    assert "my.yaml:2:1  tissue\n    the domain is more than 50 times as wide as high\n" in text
    assert "my.yaml:4:12  cells.kupffer\n    expected a group of keys, got 'off'\n" in text
    assert "my.yaml:5:7  seed\n    must be at most 9223372036854775807, got '99999999999999999999'" in text


def test_what_cannot_be_judged_without_a_missing_file_is_not_judged(report):
    text = report("extends: gone.yaml\ntissue: {width: 9 mm, height: 0.1 mm}\ninterventions: [{kind: bolus}]\nseed: x")
    assert text.endswith("2 problems in my.yaml")


def test_too_many_problems_are_counted(report):
    text = report("".join(f"key{n}: {n}\n" for n in range(1000)))
    assert text.count("unknown key") == 200
    assert text.endswith("1000 problems in my.yaml; the first 200 are shown")


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "value",
    [
        "1 h^9^9^9",
        "1 h**99**99**99",
        "3 h*9^9^9^9^9/9",
        "1 " + "(" * 30 + "h",
        "1e308 d",
        "1 9^99^99",
        "1 h^(9^9)^(9^9)",
        "9" * 5000 + " h",
        "1 h^1000000",
        "1 9²²²²²²²²²²²",
        "1 9^9²²²²²²²",
    ],
)
def test_quantities_that_are_meant_to_hurt(report, value):
    assert "my.yaml:1:11  duration" in report(f"duration: {value}")
