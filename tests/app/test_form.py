"""The form of a config: what it offers, and where it shows what is wrong."""

from pathlib import Path

import pytest

from abm.app.form import NAMES_FILES, Form, as_text, sections_of
from abm.config import load_config
from abm.config.errors import dotted, every_key


@pytest.fixture(scope="module")
def config():
    return load_config("mouse_splenic_injection")


@pytest.fixture(scope="module")
def entries(config):
    return {entry.path: entry for section in sections_of(config) for entry in section.every_entry()}


def test_every_key_of_the_schema_is_in_the_form_but_those_that_name_files(config, entries):
    keys = {dotted(path) for path in every_key(type(config))}
    groups = {key for key in keys if any(other.startswith(f"{key}.") for other in keys)}
    assert keys - groups - set(NAMES_FILES) - set(entries) == set()


def test_an_entry_says_what_is_declared(entries):
    rate = entries["rules.phagocytosis.rate"]
    assert rate.value == "0.1 /h" or rate.value.endswith("/h")
    assert rate.low and rate.high and rate.mark and rate.source
    assert rate.low in rate.help and rate.source.rstrip(".") in rate.help
    assert entries["tissue.edges"].choices == ("periodic", "closed")
    assert entries["rules.netosis.enabled"].kind == "switch"
    assert entries["rules.netosis.enabled"].words == "switched on"
    assert entries["interventions"].kind == "list"


def test_what_the_form_shows_gives_the_same_config(config, entries):
    """Every value, written as the form shows it, is read as what it was."""
    changes = {path: entry.written(entry.value) for path, entry in entries.items()}
    assert Form(Path("mouse_splenic_injection"), changes=changes).config() == config


def test_entries_are_found_by_name_path_and_description(entries):
    found = {path for path, entry in entries.items() if entry.is_called("phagocytosis rate")}
    assert "rules.phagocytosis.rate" in found
    assert not entries["seed"].is_called("phagocytosis")


def test_problems_stand_at_the_keys_that_were_changed():
    form = Form(
        Path("quickstart"),
        changes={
            "rules.phagocytosis.rate": "3 um",
            "duration": "soon",
            "interventions": "[{deplete: kupfer, start: -2 d}]",
            "seed": "4",
        },
    )
    problems = form.problems()
    assert set(problems) == {"rules.phagocytosis.rate", "duration", "interventions"}
    assert "wrong dimension" in problems["rules.phagocytosis.rate"]
    assert "did you mean 'kupffer'" in problems["interventions"]


def test_a_preset_that_does_not_exist_is_a_problem_of_that_preset():
    assert set(Form(Path("quickstart"), presets={"line": "mc39"}).problems()) == {"line"}


def test_a_problem_of_the_file_itself_stands_at_no_key(tmp_path):
    file = tmp_path / "my.yaml"
    file.write_text("duraton: 3 d\n")
    assert set(Form(file, changes={"seed": "3"}).problems()) == {""}


def test_the_saved_file_gives_the_config_of_the_form(tmp_path):
    form = Form(
        Path("quickstart"),
        {"line": "mc38"},
        {
            "name": '"a: b"',
            "duration": "36 h",
            "rules.netosis.enabled": "false",
            "cells.kupffer.density": "100 /mm^2",
            "interventions": "[{deplete: kupffer, start: -2 d}]",
        },
    )
    file = tmp_path / "mine.yaml"
    file.write_text(form.as_file(), encoding="utf-8")
    assert load_config(file) == form.config()
    assert form.config().name == "a: b"


@pytest.mark.parametrize("value", [[], [{"deplete": "kupffer", "start": "-2 d"}], {"a": [1, "x y"]}, None, True, "no"])
def test_values_are_written_as_yaml_in_one_line(value):
    import yaml

    text = as_text(value)
    assert "\n" not in text and yaml.safe_load(text) == value
