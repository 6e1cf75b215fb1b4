"""The wording of errors, and what was probably meant."""

import pickle
from typing import Literal, get_args

import pytest
from pydantic_core import core_schema

from abm.config import errors
from abm.config.errors import (
    ConfigError,
    Problem,
    at,
    closest,
    did_you_mean,
    dotted,
    every_key,
    near,
    unknown_key,
    wanted,
)
from abm.units import Hours, PerHour


def test_a_problem_names_place_path_fault_and_remedy():
    problem = Problem("my.yaml", 12, 11, "rules.x.rate", "'3 um' has the wrong dimension", "e.g. '0.1 /h'")
    assert str(problem) == "my.yaml:12:11  rules.x.rate\n    '3 um' has the wrong dimension; e.g. '0.1 /h'"
    override = Problem("--set rules.x.rate=3 um", None, None, "rules.x.rate", "wrong")
    assert str(override) == "--set rules.x.rate=3 um\n    wrong"


def test_a_report_reads_from_top_to_bottom_and_own_file_first():
    error = ConfigError(
        [
            Problem("b.yaml", 1, 1, "", "one"),
            Problem("my.yaml", 9, 1, "", "two"),
            Problem("--set a=1", None, None, "a", "three"),
            Problem("my.yaml", 2, 1, "", "four"),
            Problem("my.yaml", 2, 1, "", "four"),
        ],
        "my.yaml",
    )
    assert [problem.message for problem in error.problems] == ["four", "two", "one", "three"]
    assert str(error).endswith("4 problems in my.yaml and on the command line")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_a_report_does_not_disturb_a_terminal():
    text = str(ConfigError([Problem("a\x1b[2J.yaml", 1, 1, "x\u202e", "got '\x07\ud800'", "")], "a\x1b.yaml"))
    assert all(char.isprintable() or char == "\n" for char in text)
    text.encode()


@pytest.mark.parametrize(
    "word, meant",
    [
        ("phagocitosis", "phagocytosis"),
        ("Phagocytosis", "phagocytosis"),
        ("natural-killer", "natural_killer"),
        ("NK", "natural_killer"),
        ("tumour", "tumor"),
        ("xyz", None),
        ("x" * 10_000, None),
    ],
)
def test_closest(word, meant):
    assert closest(word, ["phagocytosis", "natural_killer", "tumor"]) == meant


@pytest.mark.parametrize(
    "word, meant",
    [
        ("C57BL/6", ["c57bl6_polyic", "c57bl6_resting"]),
        ("c57", ["c57bl6_polyic", "c57bl6_resting"]),
        ("human", ["human"]),
        ("TNF", ["tnf"]),
        ("tnf_alpha", ["tnf"]),
        ("TGF-β", ["tgf_beta"]),
        ("TGFb", ["tgf_beta"]),
        ("il8", ["cxcl1"]),
        ("IL-8", ["cxcl1"]),
        ("cxcl2", ["cxcl1"]),
        ("xyz", []),
        ("nodule", ["nodules"]),
        ("nodule_cel", ["nodule_cells"]),
        ("k", []),
    ],
)
def test_all_that_may_be_meant(word, meant):
    assert (
        near(word, ["c57bl6_polyic", "c57bl6_resting", "human", "tnf", "tgf_beta", "cxcl1", "nodules", "nodule_cells"])
        == meant
    )


def test_the_hint_names_all_of_them():
    assert (
        did_you_mean("C57BL/6", ["c57bl6_polyic", "c57bl6_resting"])
        == "did you mean 'c57bl6_polyic' or 'c57bl6_resting'?"
    )
    assert did_you_mean("xyz", ["abc"], "see crlm rules") == "see crlm rules"


def test_problems_of_the_command_line_alone_are_not_in_the_file():
    assert str(ConfigError([Problem("--set a=1", None, None, "a", "wrong")], "my.yaml")).endswith(
        "\n1 problem on the command line"
    )
    assert str(ConfigError([Problem("my.yaml", 1, 1, "a", "wrong")], "my.yaml")).endswith("\n1 problem in my.yaml")


@pytest.mark.parametrize(
    "path, hint",
    [
        (("rules", "phagocitosis"), "did you mean 'phagocytosis'?"),
        (("rate",), "did you mean rules.phagocytosis.rate?"),
        (("phagocytosis",), "did you mean rules.phagocytosis?"),
        (("rules", "phagocytosis", "reach"), "did you mean rules.natural_killing.reach?"),
        (("rules", "duration"), "did you mean duration, at the top of the config?"),
        (("duraton",), "did you mean 'duration'?"),
        (("cells", "nk"), "did you mean 'natural_killer'?"),
        (("rules", "phagocytosis", "1 /h"), "the decimal sign is a point: 0.1, not 0,1"),
        (
            ("dt",),
            "accepted here: name, description, seed, duration, tissue, cells, fields, rules, interventions, record, "
            "labels, plugins, extends",
        ),
        (("days",), "did you mean 'duration'?"),
        (("tissue", "qqq"), "accepted here: width, height, edges"),
        (("extend",), "did you mean 'extends'?"),
        (
            ("rules.phagocytosis.rate",),
            "a key is one word; write rules: phagocytosis: rate:, each on its own line, indented below the one before",
        ),
    ],
)
def test_unknown_keys(small, path, hint):
    assert unknown_key(small(()), path, {}, ("extends",))[1] == hint


def test_an_override_is_told_the_whole_key(small):
    message, hint = unknown_key(small(()), ("rules", "phagocytosis", "rat"), {}, whole=True)
    assert (message, hint) == ("unknown key 'rat'", "did you mean rules.phagocytosis.rate?")


def test_the_schema_as_a_tree(small):
    config = small(())
    assert ("rules", "phagocytosis", "rate") in set(every_key(config))
    assert [wanted(part) for part in at(config, ("rules", "phagocytosis", "rate"))] == ["a rate such as '0.1 /h'"]
    kinds = {"interventions": [{"kind": "infusion"}]}
    assert at(config, ("interventions", 0, "dose"), kinds) == []
    assert len(at(config, ("interventions", 0, "duration"), kinds)) == 1


@pytest.mark.parametrize(
    "annotation, words",
    [
        (PerHour, "a rate such as '0.1 /h'"),
        (Hours | None, "a duration such as '24 h'"),
        (int, "a whole number"),
        (Hours | Literal["never"], "a duration such as '24 h' or 'never'"),
        (tuple[int, ...], "a list"),
        (dict[str, int], "a group of keys"),
        (bool, "true or false (on or off)"),
        (str, "a text"),
    ],
)
def test_wanted(annotation, words):
    assert wanted(annotation) == words


def test_dotted():
    assert dotted(("interventions", 0, "at")) == "interventions[0].at"


_CONTEXT = {
    "gt": 1,
    "ge": 1,
    "lt": 1,
    "le": 1,
    "multiple_of": 2,
    "min_length": 1,
    "max_length": 1,
    "actual_length": 3,
    "tag": "b",
    "discriminator": "'kind'",
    "error": ValueError("in words of our own"),
    "expected": "'pydantic' or this",
    "expected_tags": "'pydantic', 'this'",
}


@pytest.mark.parametrize("value", ["x", 1.5, [1], {"a": 1}, None])
def test_no_error_is_told_in_words_of_pydantic(value):
    for kind in get_args(core_schema.ErrorType):
        error = {
            "type": kind,
            "msg": "Input should be something that pydantic wants",
            "input": value,
            "ctx": _CONTEXT,
            "loc": (),
        }
        said = "; ".join(errors.in_words(error, "a rate such as '0.1 /h'", "/h", ["this", "that"]))
        assert said and "Input" not in said and "pydantic" not in said, kind
