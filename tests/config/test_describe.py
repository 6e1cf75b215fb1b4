"""Configs as text: resolved, as a starter, as a schema for editors."""

import json
import math
import re

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from abm.config.describe import json_schema, resolved_yaml, starter_yaml, text_scalar, warnings
from abm.config.loading import load_text
from abm.config.schema import compose

positive = st.floats(0, 1e300, allow_nan=False)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(
    [
        "off",
        "1e-3",
        "null",
        "y",
        "-",
        "- a",
        "a: b",
        "a #b",
        "2024-01-02",
        "0x1F",
        "0b1",
        "---",
        "...",
        "~",
        " a",
        "a ",
        "Infinity",
        "a\nb",
        "a\n",
        "\na",
        " a\nb",
        "a\n\n",
        "a\n \nb",
        "\ufeff",
        "\u2028",
        "=",
        "<<",
        "1_0",
        "12:30",
        "\x7f",
        "'",
        '"',
    ]
)


@st.composite
def contents(draw):
    """What can be given to the small config, as Python values."""

    def quantity(unit, values=positive):
        return f"{draw(values)!r} {unit}"

    return {
        "name": draw(texts),
        "description": draw(texts),
        "seed": draw(st.integers(0, 2**63 - 1)),
        "duration": quantity("h", st.floats(1e-9, 1e300)),
        "tissue": {"width": quantity("um", st.floats(50, 1e9)), "edges": draw(st.sampled_from(["periodic", "closed"]))},
        "rules": {
            "phagocytosis": {"rate": quantity("/h"), "share": draw(st.floats(0, 1)), "enabled": draw(st.booleans())},
            "natural_killing": {"memory": draw(st.none() | positive.map(lambda value: f"{value!r} d"))},
        },
        "fields": draw(st.sampled_from([{}, {"tnf": {}}, {"tnf": {}, "oxygen": {"diffusion": "3.3 um^2/s"}}])),
        "interventions": draw(
            st.lists(
                st.builds(
                    lambda at, dose: {"kind": "bolus", "at": f"{at!r} h", "dose": dose}, st.floats(-1e9, 1e9), positive
                ),
                max_size=3,
            )
        ),
        "record": {
            "every": draw(st.sampled_from(["never", "6 h", "1 d"])),
            "times": [f"{value!r} h" for value in draw(st.lists(positive, max_size=20))],
        },
        "labels": draw(st.dictionaries(texts, texts, max_size=3)),
    }


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(content=contents())
def test_a_resolved_config_loads_back_to_the_same(small, content):
    config_class = small(())
    try:
        config = config_class.model_validate(content)
    except ValueError:
        return  # '1e300 d' has no finite number of hours
    if any(math.isinf(value) for value in (config.rules.natural_killing.memory or 0.0,)):
        return
    text = resolved_yaml(config)
    again = load_text(text, compose=small)
    assert again == config
    assert resolved_yaml(again) == text
    read_by_others = yaml.safe_load(text)
    assert read_by_others["name"] == config.name and read_by_others["description"] == config.description
    assert read_by_others["rules"]["phagocytosis"]["share"] == config.rules.phagocytosis.share
    assert read_by_others["labels"] == config.labels


def test_a_resolved_config_is_complete_and_in_order(small):
    text = resolved_yaml(load_text("rules: {phagocytosis: off}\nduration: 2 d", compose=small))
    assert text.startswith('name: untitled\ndescription: ""\nseed: 1\nduration: 48 h\ntissue:\n  width: 1000 um\n')
    assert "  phagocytosis:\n    enabled: false\n    rate: 0.1 /h\n    share: 0.5\n" in text
    assert text.endswith("labels: {}\nplugins: []\n")


def test_a_resolved_config_can_be_written_for_people(small):
    written = (
        "{duration: 14 d, tissue: {width: 1.4 mm}, record: {every: 5 min}, rules: {phagocytosis: {rate: 0.07 /h}}}"
    )
    config = load_text(written, compose=small)
    text = resolved_yaml(config, readable=True)
    for words in ("duration: 14 d", "width: 1.4 mm", "every: 5 min", "rate: 0.07 /h"):
        assert f"{words}\n" in text
    assert load_text(text, compose=small) == config


def test_the_plugins_of_a_resolved_config_can_be_named_anew(small):
    assert resolved_yaml(small(())(plugins=("/elsewhere/walk.py",)), copies="plugins").endswith(
        "plugins: [plugins/walk.py]\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "off",
        "1",
        "1e5",
        "null",
        "",
        "-",
        "a: b",
        "x #y",
        "[a",
        "2024-01-02",
        "0b1",
        "1:30",
        "yes",
        "\u2028",
        "a\tb",
        "*a",
        "&a",
        "!a",
        "%a",
        "@a",
        "=",
        "<<",
        "é",
        "a\\b",
    ],
)
def test_texts_stay_texts_for_every_reader(text):
    assert yaml.safe_load(text_scalar(text)) == text
    assert yaml.safe_load(f"a: {text_scalar(text)}\n{text_scalar(text)}: b") == {"a": text, text: "b"}


def test_units_need_no_quotes():
    assert [text_scalar(text) for text in ("14 d", "0.1 /h", "20 um^2/s", "-2 h", "1e-05 /mm^2", "µm")] == [
        "14 d",
        "0.1 /h",
        "20 um^2/s",
        "-2 h",
        "1e-05 /mm^2",
        "µm",
    ]


def without_presets(text):
    """The small config has nothing of what presets set."""
    return re.sub(r"(?m)^(line|host):.*\n", "", text)


def test_the_starter_loads_to_the_defaults(small):
    config_class = small(())
    text = starter_yaml(config_class)
    assert "\nline: mc38" in text and "\nhost: c57bl6_resting" in text
    assert load_text(without_presets(text), compose=small) == config_class(
        name="my experiment", duration="12 d", tissue={"width": "1.4 mm", "height": "1.4 mm"}
    )
    assert max(map(len, text.splitlines())) < 120


def test_what_the_starter_comments_can_be_uncommented(small):
    lines = [
        re.sub(r"^(\s*)# (?=\s*\w+:)", r"\1", line)
        for line in without_presets(starter_yaml(small(()))).splitlines()
        if not re.match(r"# (extends|plugins|interventions|line|host|fields):", line)
    ]
    config = load_text("\n".join(lines), compose=small)
    assert not config.rules.phagocytosis.enabled


def test_warnings_name_value_range_and_source(small):
    config = load_text(
        """
rules:
  phagocytosis: {rate: 3 /h}
  natural_killing: {enabled: false, reach: 100 um}
cells: {kupffer: {density: 9 /mm^2}}
fields: {tnf: {diffusion: 1 um^2/s}}
""",
        compose=small,
    )
    assert warnings(config) == [
        "cells.kupffer.density: 9 /mm^2 is outside the plausible range 100 /mm^2 to 250 /mm^2 (checked; another paper)",
        "fields.tnf.diffusion: 1 um^2/s is outside the plausible range 5 um^2/s to 100 um^2/s (derived; arithmetic)",
        "rules.phagocytosis.rate: 3 /h is outside the plausible range 0.05 /h to 0.5 /h (derived; a paper, 10.1/x)",
    ]
    assert warnings(small(())()) == []


def test_the_schema_for_editors(small):
    schema = json_schema(small(()))
    json.dumps(schema, allow_nan=False)
    assert {"extends", "line", "host", "name", "rules"} <= set(schema["properties"])
    rules = {
        name: part["$ref"].removeprefix("#/$defs/") for name, part in schema["$defs"]["Rules"]["properties"].items()
    }
    switch, nothing, group = schema["$defs"][rules["phagocytosis"]]["anyOf"]
    assert switch == {"enum": ["on", "off", True, False]} and nothing == {"type": "null"}
    rate = group["properties"]["rate"]
    assert rate["default"] == "0.1 /h"
    assert rate["description"] == (
        "engulfment of a touching tumor cell; default 0.1 /h; plausible 0.05 /h to 0.5 /h; derived: a paper, 10.1/x"
    )
    assert schema["additionalProperties"] is False


def test_the_whole_config_as_text():
    config_class = compose(())
    starter = load_text(starter_yaml(config_class))
    assert starter.rules.arrival.per_liver == 5e5
    assert load_text(resolved_yaml(starter)) == starter
    assert max(map(len, starter_yaml(config_class).splitlines())) <= 120
    schema = json_schema(config_class)
    json.dumps(schema, allow_nan=False)
    assert set(config_class.model_fields) < set(schema["properties"])
    assert all(isinstance(line, str) for line in warnings(starter))
