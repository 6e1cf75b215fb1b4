"""YAML text as a tree of values that know their places.

The text is read event by event and nothing is ever constructed from it: tags are refused, so no document can run code,
and depth, size and the growth through aliases are bounded. Numbers and words are told apart here, much as in YAML 1.2:
`1e-3` is a number, `off` is a word.
"""

import math
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from .errors import Problem, closest, dotted, quoted, shorten

MAX_DEPTH = 40
MAX_NODES = 20_000
MAX_DIGITS = 300
"""Longer numbers stay texts, which validation then refuses."""
MAX_COMPARED = 50
"""How many anchors are compared with a misspelled one."""

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NOT_YAML = "this is not valid YAML"
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\']|\'\')*\'', re.DOTALL)
_INTEGER = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
NOT_FINITE = re.compile(r"[-+]?\.?(?:inf|infinity|nan)", re.IGNORECASE)
"""Plain words that other programs read as infinite or not a number; they are refused, quoted they are texts."""
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
BROKEN = object()
"""The value of a node about which a problem was reported already."""


@dataclass(frozen=True, eq=False)
class Source:
    """Where text came from: a file, or an override of the command line. `folder` is what its paths are relative to."""

    label: str
    folder: Path
    override: bool = False


@dataclass(frozen=True, eq=False)
class Place:
    source: Source
    line: int = 1
    column: int = 1

    def problem(self, path: Iterable[str | int], message: str, hint: str = "") -> Problem:
        line, column = (None, None) if self.source.override else (self.line, self.column)
        return Problem(self.source.label, line, column, dotted(path), message, hint)


@dataclass(eq=False)
class Node:
    """A value of the document and its place. `value`: a dict of nodes, a list of nodes, a scalar, or `BROKEN`. `key` is
    the place of the key that holds it, `size` the number of values with all that repetitions bring."""

    value: Any
    place: Place
    key: Place | None = None
    size: int = 1

    @property
    def shown(self) -> Place:
        """The place to point at: the value, or the key above a group, a list or nothing."""
        return self.key if self.key and (self.value is None or isinstance(self.value, dict | list)) else self.place


def to_plain(node: Node) -> Any:
    """The values of a tree as plain data; None where a problem was reported already."""
    if isinstance(node.value, dict):
        return {key: to_plain(item) for key, item in node.value.items()}
    if isinstance(node.value, list):
        return [to_plain(item) for item in node.value]
    return None if node.value is BROKEN else node.value


def sound(node: Node) -> Node:
    """The tree without the values about which a problem was reported already."""
    if isinstance(node.value, dict):
        return replace(node, value={key: sound(item) for key, item in node.value.items() if item.value is not BROKEN})
    if isinstance(node.value, list):
        return replace(node, value=[sound(item) for item in node.value if item.value is not BROKEN])
    return node


def node_of(value: Any, place: Place) -> Node:
    """Plain data as the tree that a file would give."""
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return Node({str(key): node_of(item, place) for key, item in value.items()}, place, key=place)
    if isinstance(value, list | tuple | set | frozenset):
        return Node([node_of(item, place) for item in value], place, key=place)
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    return Node(value.item() if hasattr(value, "item") else value, place, key=place)  # numpy's numbers


def compose_nodes(text: str, source: Source, problems: list[Problem]) -> Node | None:
    """The root node of a YAML text; None when it is empty, `BROKEN` (and a problem is added) when it is not valid."""
    unprintable = _UNPRINTABLE.search(text)
    if unprintable:
        place = Place(source, *position(text, unprintable.start()))
        message = f"the text holds a control character (U+{ord(unprintable[0]):04X}); this is not a text file"
        problems.append(place.problem((), message))
        return Node(BROKEN, place)
    before = len(problems)
    for loader in (
        _Loader,
        yaml.SafeLoader,
    ):  # where the fast one stops depends on its release: the other one has the word
        del problems[before:]
        try:
            return _Composer(source, problems).compose(text, loader)
        except _Unreadable as error:
            problem = error.args[0]
        except yaml.MarkedYAMLError as error:
            problem = _syntax_problem(error, text, source)
        except (yaml.YAMLError, ValueError, OverflowError):
            # PyYAML lets int() and chr() fail on absurd version numbers and character codes
            problem = Place(source).problem((), _NOT_YAML)
    problems.append(problem)
    return Node(BROKEN, Place(source))


def plain_scalar(text: str) -> Any:
    """What an unquoted YAML value means: null, true, false, a number, or text (`off` and `14 d` are text)."""
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text in ("true", "True", "TRUE"):
        return True
    if text in ("false", "False", "FALSE"):
        return False
    if len(text) <= MAX_DIGITS:
        if _INTEGER.fullmatch(text):
            return int(text)
        if _BASED.fullmatch(text):
            return int(text, 0)
        if _FLOAT.fullmatch(text):
            return float(text)
    return text


class _Unreadable(Exception):
    """Carries the one Problem that ends the reading of a text."""


class _Composer:
    """Turns the YAML events of one text into nodes; what is wrong is noted in `problems` and read over."""

    def __init__(self, source: Source, problems: list[Problem]):
        self.source, self.problems = source, problems
        self.nodes = 0
        self.anchors: dict[str, Node | None] = {}  # None while the anchored value is still open
        self.stack: list[_Open] = []
        self.root: Node | None = None

    def compose(self, text: str, loader: type) -> Node | None:
        """The root node; None for an empty text. Raises _Unreadable, and what the loader raises."""
        documents = 0
        for event in yaml.parse(text, Loader=loader):
            place = Place(self.source, event.start_mark.line + 1, event.start_mark.column + 1)
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self.refuse(place, "a second document starts here; a config is one document", "remove the '---'")
            elif isinstance(event, yaml.ScalarEvent):
                self.scalar(event, place)
            elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
                self.open(event, place)
            elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
                self.close()
            elif isinstance(event, yaml.AliasEvent):
                self.alias(event, place)
        return self.root

    def path(self) -> list[str | int]:
        return [part for opened in self.stack for part in opened.step()]

    def report(self, place: Place, message: str, hint: str = "") -> None:
        self.problems.append(place.problem(self.path(), message, hint))

    def refuse(self, place: Place, message: str, hint: str = "") -> None:
        raise _Unreadable(place.problem((), message, hint))

    def count(self, size: int, place: Place) -> None:
        self.nodes += size
        if self.nodes > MAX_NODES:
            self.refuse(place, f"the config holds more than {MAX_NODES} values (repetitions through * counted)")

    def expects_key(self) -> bool:
        return bool(self.stack) and self.stack[-1].expects_key()

    def scalar(self, event: yaml.ScalarEvent, place: Place) -> None:
        self.count(1, place)
        if self.expects_key():
            self.key(event, place)
            return
        value: Any = event.value
        if event.tag is not None:
            self.tag(event, place)
            value = BROKEN
        elif event.implicit[0]:
            value = plain_scalar(event.value)
            if NOT_FINITE.fullmatch(event.value) or (isinstance(value, float) and not math.isfinite(value)):
                self.report(place, f"{quoted(event.value)} is not a finite number")
                value = BROKEN
        if isinstance(value, str) and not _is_text(value):
            self.report(place, "the text holds half a character (a lone surrogate)")
            value = BROKEN
        self.add(Node(value, place), event.anchor)

    def key(self, event: yaml.ScalarEvent, place: Place) -> None:
        opened = self.stack[-1]
        key = plain_scalar(event.value) if event.implicit[0] else event.value
        opened.key, opened.key_place, opened.has_key = None, place, True
        if event.tag is not None:
            self.tag(event, place)
        elif event.implicit[0] and key == "<<":
            self.report(place, "merge keys ('<<') are not read", "put shared keys into a file, named under extends")
        elif not isinstance(key, str):
            self.report(place, f"a key is a word, got {quoted(event.value) if event.value else 'nothing'}")
        elif not _is_text(key):
            self.report(place, "the key holds half a character (a lone surrogate)")
        elif key in opened.node.value:
            first = opened.node.value[key].key
            message = f"the key stands here twice, first in line {first.line}"
            self.problems.append(place.problem([*self.path(), key], message, "remove one of them"))
        else:
            opened.key = key
        if event.anchor:
            self.anchors[event.anchor] = Node(BROKEN, place)

    def tag(self, event: Any, place: Place) -> None:
        tag = event.tag.replace("tag:yaml.org,2002:", "!!")
        self.report(place, f"tags such as '{shorten(tag)}' are not read", "write the plain value")

    def open(self, event: Any, place: Place) -> None:
        self.count(1, place)
        if len(self.stack) >= MAX_DEPTH:
            self.refuse(place, f"keys or lists stand more than {MAX_DEPTH} levels deep")
        as_key = self.expects_key()
        if as_key:
            self.report(
                place,
                "a key is a word, got a list or a group of keys",
                "write the value in quotes if it is a text that begins with [ or {",
            )
        if event.tag is not None:
            self.tag(event, place)
        value: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        if event.anchor:
            self.anchors[event.anchor] = None
        self.stack.append(_Open(Node(value, place), self.nodes, event.anchor, as_key, broken=event.tag is not None))

    def close(self) -> None:
        opened = self.stack.pop()
        node = opened.node
        node.size = 1 + self.nodes - opened.nodes_before
        if opened.broken:
            node.value = BROKEN
        if opened.as_key:
            if opened.anchor:
                self.anchors[opened.anchor] = Node(BROKEN, node.place)
            above = self.stack[-1]
            above.key, above.key_place, above.has_key = None, node.place, True
        else:
            self.add(node, opened.anchor)

    def alias(self, event: yaml.AliasEvent, place: Place) -> None:
        name = event.anchor
        node = self.anchors.get(name)
        if self.expects_key():
            self.report(place, "a key is a word, got a repetition (*)")
            opened = self.stack[-1]
            opened.key, opened.key_place, opened.has_key = None, place, True
            return
        if name not in self.anchors:
            near = closest(name, islice(self.anchors, MAX_COMPARED))
            self.report(
                place,
                f"nothing before is marked '&{shorten(name)}'",
                f"did you mean '*{near}'?" if near else "a text that begins with * needs quotes",
            )
            node = Node(BROKEN, place)
        elif node is None:
            self.report(place, f"'*{shorten(name)}' stands inside the value that it repeats")
            node = Node(BROKEN, place)
        self.count(node.size, place)
        self.add(replace(node), None)

    def add(self, node: Node, anchor: str | None) -> None:
        if anchor:
            self.anchors[anchor] = node
        if not self.stack:
            self.root = node
            return
        opened = self.stack[-1]
        if isinstance(opened.node.value, list):
            opened.node.value.append(replace(node, key=None))
            return
        if opened.key is not None:
            opened.node.value[opened.key] = replace(node, key=opened.key_place)
        opened.key, opened.has_key = None, False


@dataclass
class _Open:
    """A mapping or list whose end has not been reached. `key` is None for a key that was refused."""

    node: Node
    nodes_before: int
    anchor: str | None
    as_key: bool
    broken: bool
    key: str | None = None
    key_place: Place | None = None
    has_key: bool = False

    def expects_key(self) -> bool:
        return isinstance(self.node.value, dict) and not self.has_key

    def step(self) -> list[str | int]:
        if isinstance(self.node.value, list):
            return [len(self.node.value)]
        return [self.key] if self.has_key and self.key is not None else []


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def position(text: str, index: int) -> tuple[int, int]:
    """Line and column, from 1, of a character of the text."""
    before = text[:index]
    return before.count("\n") + 1, index - (before.rfind("\n") + 1) + 1


def _syntax_problem(error: yaml.MarkedYAMLError, document: str, source: Source) -> Problem:
    """What is not valid in a text, in plain words, placed where the mistake was made rather than where it was noticed.

    Loaders and their releases word errors each in their own way: only the class of an error and its places are used.
    """
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return Place(source).problem((), _NOT_YAML)
    message, hint, began = _in_words(error, mark, error.context_mark, document)
    if began:
        mark = error.context_mark
    return Place(source, mark.line + 1, mark.column + 1).problem((), message, hint)


def _in_words(
    error: yaml.MarkedYAMLError, mark: yaml.Mark, began: yaml.Mark | None, document: str
) -> tuple[str, str, bool]:
    """Message and hint for a mistake noticed at `mark`, in something that `began` earlier, and whether to point there."""
    lines = document.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    at_start = not line[: mark.column].strip()
    here, opened = _character(document, mark), _character(document, began)
    unread = isinstance(error, yaml.scanner.ScannerError)  # otherwise all words could be read, and do not fit together
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return "a tab cannot indent a line", "use spaces", False
    if unread and began is None and here == ":":
        return (
            "a ':' is not expected here",
            "check the indentation of this line and the one above; a text with ': ' inside needs quotes",
            False,
        )
    if unread and began is None:
        return "a value cannot begin with this character", "put the value in quotes", False
    if unread and opened == '"' and "\\" in document[max(mark.index - 2, 0) : mark.index]:
        return "'\\' has a special meaning inside double quotes", "use single quotes", False
    if unread and began and opened and opened in "'\"" and not _QUOTED.match(document, began.index, mark.index):
        return "a quote opens here and is never closed", "", True
    if unread and opened and opened in "*&":
        return "a value that begins with * or & needs quotes", "", False
    if unread and opened and opened in "|>!%":
        return f"'{opened}' has a special meaning at the beginning of a value or line", "put the value in quotes", True
    if unread:
        return "'key: value' is expected; the ':' (with a space behind it) is missing", "", True
    if began is None:
        return "the document ends above this line", "a config is one group of 'key: value' lines", False
    if began.index == mark.index:
        return "a value is expected here", "", False
    if opened in "[{":
        return "a bracket opens here; its entries must be separated by ',' and it must be closed", "", True
    if not at_start:
        return "nothing is expected behind the value", "a text with quotes in it needs quotes around all", False
    if opened == "-":
        return "'- ' is expected; the entries of a list begin with it, in the same column", "", False
    return "the line does not fit in with the lines above", "keys of one group begin in the same column", False


def _character(document: str, mark: yaml.Mark | None) -> str:
    """The character at a mark; nothing without one, and at the end."""
    return "" if mark is None else document[mark.index : mark.index + 1]
