"""YAML text as nodes: what plain values mean, where they stand, and what is refused."""

from pathlib import Path

import pytest
import yaml

from abm.config import nodes
from abm.config.nodes import BROKEN, Source, compose_nodes, plain_scalar


def read(text):
    problems = []
    return compose_nodes(text, Source("a.yaml", Path()), problems), problems


def plain(node):
    if isinstance(node.value, dict):
        return {key: plain(item) for key, item in node.value.items()}
    if isinstance(node.value, list):
        return [plain(item) for item in node.value]
    return node.value


@pytest.mark.parametrize(
    "text, value",
    [
        ("1e-3", 1e-3),
        ("1e5", 1e5),
        (".5", 0.5),
        ("-1.", -1.0),
        ("007", 7),
        ("0x1F", 31),
        ("0o17", 15),
        ("+3", 3),
        ("true", True),
        ("FALSE", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("off", "off"),
        ("on", "on"),
        ("yes", "yes"),
        ("no", "no"),
        ("14 d", "14 d"),
        ("1_000", "1_000"),
        ("12:30:00", "12:30:00"),
        ("2024-01-02", "2024-01-02"),
        ("9" * 400, "9" * 400),
    ],
)
def test_plain_scalars(text, value):
    assert plain_scalar(text) == value
    assert type(plain_scalar(text)) is type(value)


def test_quoted_values_are_texts():
    node, problems = read("a: '3'\nb: \"true\"\nc: |\n  4\n")
    assert plain(node) == {"a": "3", "b": "true", "c": "4\n"}
    assert not problems


def test_places_count_from_one_in_characters():
    node, _ = read("µm: [a,\n  'ß', b]\nc:\n  d: 1\n")
    second = node.value["µm"].value[1]
    assert (second.place.line, second.place.column) == (2, 3)
    assert (node.value["µm"].value[2].place.line, node.value["µm"].value[2].place.column) == (2, 8)
    inner = node.value["c"].value["d"]
    assert (inner.key.line, inner.key.column, inner.place.column) == (4, 3, 6)


def test_aliases_repeat_a_value():
    node, problems = read("a: &x {b: 1}\nc: *x\nd: [*x, *x]\n")
    assert plain(node) == {"a": {"b": 1}, "c": {"b": 1}, "d": [{"b": 1}, {"b": 1}]}
    assert not problems


def test_an_alias_bomb_is_refused():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    node, problems = read("\n".join(lines))
    assert node.value is BROKEN
    assert "more than 20000 values" in problems[0].message


def test_every_problem_of_a_document_is_found():
    _, problems = read(
        "a: 1\na: 2\n5: x\nb: !!python/object:os.system ls\nc: .nan\nd: *nothing\n? [e]\n: 3\n"
        "f: &f [*f]\n<<: {g: 1}\nh: 1e999\n"
    )
    found = {(problem.line, problem.path): problem.message for problem in problems}
    assert found == {
        (2, "a"): "the key stands here twice, first in line 1",
        (3, ""): "a key is a word, got '5'",
        (4, "b"): "tags such as '!!python/object:os.system' are not read",
        (5, "c"): "'.nan' is not a finite number",
        (6, "d"): "nothing before is marked '&nothing'",
        (7, ""): "a key is a word, got a list or a group of keys",
        (9, "f[0]"): "'*f' stands inside the value that it repeats",
        (10, ""): "merge keys ('<<') are not read",
        (11, "h"): "'1e999' is not a finite number",
    }


SYNTAX = [
    ("rules:\n\tphago: off", 2, "a tab cannot indent a line"),
    ("a: b: c", 1, "a ':' is not expected here"),
    ("a:\n  b: 1\n c: 2", 3, "the line does not fit in with the lines above"),
    ("name: 'abc\nfoo: 2", 1, "a quote opens here and is never closed"),
    ("a: [1, 2\nb: 3", 1, "a bracket opens here"),
    ("a: {b: 1\nc: 2", 1, "a bracket opens here"),
    ("a: %x", 1, "a value cannot begin with this character"),
    ("a: @x", 1, "a value cannot begin with this character"),
    ("a: *", 1, "a value that begins with * or & needs quotes"),
    ("a: 'b' c", 1, "nothing is expected behind the value"),
    ("a: 1\n---\nb: 2", 2, "a second document starts here"),
    ('a: "\\q"', 1, "'\\' has a special meaning"),
    ("a: 1\nb\nc: 2", 2, "'key: value' is expected"),
    ("a: \x00", 1, "a control character (U+0000)"),
    ("a: " + "[" * 50, 1, "more than 40 levels deep"),
    ("a: " + "[" * 50_000, 1, "more than 40 levels deep"),
    ("[" * 50_000 + "]" * 50_000, 1, "more than 40 levels deep"),
    ("\n".join(" " * n + "a:" for n in range(200)), 41, "more than 40 levels deep"),
    ("- x\n" * 30_000, 20_000, "more than 20000 values"),
    ("%YAML " + "9" * 5000 + ".1\n---\n", 1, "this is not valid YAML"),
    ("a:\n- 1\n- 2\nb: 1\n- 3", 5, "the line does not fit in with the lines above"),
    ("- 1\nb: 2", 2, "'- ' is expected"),
    ("a: [1, , 2]", 1, "a value is expected here"),
    ("a: 1\n...\nb: 2", 3, "the document ends above this line"),
    ("a: |x\n b", 1, "'|' has a special meaning"),
    ('a: "b\\"\nc: 1', 1, "a quote opens here and is never closed"),
    ('a: "\\x4"', 1, "'\\' has a special meaning"),
    ('a: 1\n"b\\"c"\nd: 2', 2, "'key: value' is expected"),
    ("a: &x 1\nb: *x c", 2, "nothing is expected behind the value"),
    ("a: 'b'\nc: {d: 1\n", 2, "a bracket opens here"),
]


class _Hasty(yaml.SafeLoader):
    """A loader of another release: it stops at the first word, and says so in words of its own."""

    def check_event(self, *choices):
        raise yaml.YAMLError("enough")


@pytest.mark.parametrize("loader", ["CSafeLoader", "SafeLoader", _Hasty])
@pytest.mark.parametrize("text, line, message", SYNTAX, ids=[f"{index}" for index in range(len(SYNTAX))])
def test_what_is_not_valid(text, line, message, loader, monkeypatch):
    """The same is told whichever loader reads the text, and whatever the words of its errors are."""
    made = yaml.MarkedYAMLError.__init__
    monkeypatch.setattr(
        yaml.MarkedYAMLError,
        "__init__",
        lambda error, context=None, context_mark=None, problem=None, problem_mark=None: made(
            error, context and "while doing this", context_mark, problem and "that went wrong", problem_mark
        ),
    )
    monkeypatch.setattr(nodes, "_Loader", getattr(yaml, loader, yaml.SafeLoader) if isinstance(loader, str) else loader)
    node, problems = read(text)
    assert node.value is BROKEN
    assert len(problems) == 1
    assert message in problems[0].message
    assert problems[0].line == line
