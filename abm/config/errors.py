"""The errors of a config, worded for a biologist: where the mistake is, what is wrong, and what would be right."""

import difflib
import re
import types
import typing
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, WithJsonSchema
from pydantic_core import core_schema

from ..units import Quantity

CLOSE = 0.6
"""Similarity (difflib) from which a key counts as a misspelling of another."""
VERY_CLOSE = 0.8
ABOUT_AS_CLOSE = 0.05
"""Words whose similarity is less than the best by at most this are suggested too."""
_SYNONYMS = {
    "step": "dt timestep",
    "duration": "days hours tend endtime",
    "seed": "rng",
    "e_selectin": "sele cd62e eselectin",
    "deplete": "clodronate depletion",
    "degrade": "dnase dnasei",
    "cytotoxic": "chemotherapy chemo drug",
    "infuse": "inject transfer",
    "knock_out": "ko knockout",
    "stimulate": "surgery resection",
    "c57bl6_resting": "mouse mice b6 bl6 wildtype",
    "c57bl6_polyic": "mouse mice",
    "nude": "athymic balbcnude",
}
"""What the schema calls something, and what people write for it, plain (see `_plain`); what is declared adds its own."""
_WORDED = (Quantity, WithJsonSchema)
"""What says in an annotation how its value is written."""
SEARCH_DEPTH = 8
"""How deep groups of keys are searched; the schema itself is about four deep."""
SHOWN_PROBLEMS = 200
SHOWN_KEYS = 20
SHOWN_PLACES = 3


def learn_synonyms(synonyms: Mapping[str, str]) -> None:
    """Learn other names that people write: name -> words in lower case, separated by spaces."""
    _SYNONYMS.update(synonyms)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong. `file` is a path, or the `--set` override that brought the value; line and column
    count from 1 and are None where there is no text to point at; `path` is the dotted key."""

    file: str
    line: int | None
    column: int | None
    path: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}:{self.column}"
        # An override names its key already; the path is shown only when it adds something.
        if self.path and not self.file.startswith(f"--set {self.path}"):
            where += f"  {self.path}"
        return printable(where) + "\n    " + printable(self.message + (f"; {self.hint}" if self.hint else ""))


class ConfigError(Exception):
    """A config that cannot be used. `problems` holds what was found wrong, and `more` counts what was found beyond the
    limit; `str()` is the report for the user."""

    def __init__(self, problems: Iterable[Problem], config: str = "", more: int = 0):
        self.problems = sorted(dict.fromkeys(problems), key=lambda problem: _reading_order(problem, config))
        self.config = config
        self.more = more
        super().__init__(self.problems, config, more)

    def __str__(self) -> str:
        shown = self.problems[:SHOWN_PROBLEMS]
        total = len(self.problems) + self.more
        count = f"{total} problem" + ("s" if total != 1 else "") + self._where()
        if total > len(shown):
            count += f"; the first {len(shown)} are shown"
        return "\n".join([*map(str, shown), printable(count)])

    def _where(self) -> str:
        """Where the problems are: a shipped file is not at fault for what the command line changes in it."""
        overrides = sum(problem.file.startswith("--set") for problem in self.problems)
        if overrides == len(self.problems) and overrides and not self.more:
            return " on the command line"
        return (f" in {self.config}" + (" and on the command line" if overrides else "")) if self.config else ""


def _reading_order(problem: Problem, config: str):
    """The user's own file first, then the files it draws on, then the command line; top to bottom in each."""
    rank = 0 if problem.file == config else 2 if problem.file.startswith("--set") else 1
    return rank, problem.file, problem.line or 0, problem.column or 0, problem.path


def printable(text: str) -> str:
    """`text` with everything that could disturb a terminal written as an escape."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def dotted(path: Iterable[str | int]) -> str:
    """('interventions', 0, 'at') as `interventions[0].at`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{shorten(part)}" if text else shorten(part)
    return text


def shorten(text: str, length: int = 60) -> str:
    return text if len(text) <= length else text[: length - 3] + "..."


def quoted(value: Any) -> str:
    """A value as an error shows it: `'3 um'`, `the number 5`, `a list`."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "a group of keys"
    if isinstance(value, list | tuple):
        return "a list"
    return f"'{shorten(str(value))}'"


def choice(options: Sequence[str], conjunction: str = "or") -> str:
    """`a`, `a or b`, `a, b or c`."""
    return options[0] if len(options) == 1 else f"{', '.join(options[:-1])} {conjunction} {options[-1]}"


# --- The schema, read as a tree of keys -------------------------------------------------------------------------------


def alternatives(annotation: Any) -> Iterator[Any]:
    """The plain annotations that a (possibly annotated, possibly optional) annotation allows."""
    origin = get_origin(annotation)
    if origin is Annotated:
        if any(isinstance(extra, _WORDED) for extra in get_args(annotation)[1:]):
            yield annotation
        else:
            yield from alternatives(get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        for part in get_args(annotation):
            yield from alternatives(part)
    elif isinstance(annotation, typing.TypeAliasType if hasattr(typing, "TypeAliasType") else ()):
        yield from alternatives(annotation.__value__)
    else:
        yield annotation


def is_group(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def keys_of(group: type[BaseModel]) -> dict[str, Any]:
    """The keys that a group accepts, with the annotation of each (its quantity included)."""
    keys = {}
    for name, field in group.model_fields.items():
        annotation: Any = field.annotation
        for extra in field.metadata:
            if isinstance(extra, _WORDED):
                annotation = Annotated[annotation, extra]
        keys[field.alias or name] = annotation
    return keys


def inside(annotation: Any, key: str | int, value: Any = None) -> list[Any]:
    """What may stand at `key` inside something annotated so; `value`, what is written there, narrows a union."""
    found = []
    groups = [part for part in alternatives(annotation) if is_group(part)]
    for group in narrowed(groups, value):
        keys = keys_of(group)
        if key in keys:
            found.append(keys[key])
    for part in alternatives(annotation):
        origin, arguments = get_origin(part), get_args(part)
        if isinstance(origin, type) and issubclass(origin, Mapping) and len(arguments) == 2 and isinstance(key, str):
            found.append(arguments[1])
        elif isinstance(origin, type) and issubclass(origin, Collection) and arguments and isinstance(key, int):
            found.append(
                arguments[key]
                if origin is tuple and len(arguments) > key != 1 and arguments[-1] is not Ellipsis
                else arguments[0]
            )
    return found


def keys_held(annotations: Iterable[Any]) -> list[Any]:
    """What the keys of the mappings among these annotations must be."""
    parts = [part for annotation in annotations for part in alternatives(annotation)]
    return [get_args(part)[0] for part in parts if get_args(part) and issubclass(get_origin(part) or object, Mapping)]


def narrowed(groups: list[type[BaseModel]], value: Any) -> list[type[BaseModel]]:
    """Those of `groups` whose literal keys (`kind: bolus`) agree with the mapping `value`; when none does, those whose
    required keys are in it (`deplete: ...`); all, when there is none of these either."""
    if not isinstance(value, Mapping) or len(groups) < 2:
        return groups
    literals = [
        {
            (key, get_args(part))
            for key, annotation in keys_of(group).items()
            for part in alternatives(annotation)
            if get_origin(part) is Literal
        }
        for group in groups
    ]
    shared = set.intersection(*literals)  # which tell nothing apart
    fitting = [
        group
        for group, own in zip(groups, literals, strict=True)
        if any(value.get(key) in words for key, words in own - shared if isinstance(value.get(key), str))
    ]
    named = [
        group
        for group in groups
        if any(field.is_required() for field in group.model_fields.values())
        and all(name in value for name, field in group.model_fields.items() if field.is_required())
    ]
    return fitting or named or groups


def at(config_class: type[BaseModel], path: Iterable[str | int], value: Any = None) -> list[Any]:
    """The annotations of what may stand at `path`; `value` is the whole document."""
    annotations = [config_class]
    for key in path:
        annotations = [part for annotation in annotations for part in inside(annotation, key, value)]
        value = child(value, key)
    return annotations


def child(value: Any, key: str | int) -> Any:
    if isinstance(value, Mapping):
        return value.get(key)
    if isinstance(value, list | tuple) and isinstance(key, int) and -len(value) <= key < len(value):
        return value[key]
    return None


def accepted_keys(config_class: type[BaseModel], path: Sequence[str | int], value: Any = None) -> dict[str, Any]:
    """The keys accepted in the group at `path`, with their annotations, in the order of the schema."""
    annotations = at(config_class, path, value)
    for key in path:
        value = child(value, key)
    groups = [part for annotation in annotations for part in alternatives(annotation) if is_group(part)]
    return {key: annotation for group in narrowed(groups, value) for key, annotation in keys_of(group).items()}


def every_key(group: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of all keys of the schema; lists are not entered."""
    for key, annotation in keys_of(group).items():
        yield (*path, key)
        if len(path) < SEARCH_DEPTH:
            for part in alternatives(annotation):
                if is_group(part):
                    yield from every_key(part, (*path, key))


def takes_nothing(annotation: Any) -> bool:
    """Whether `null` is a value here."""
    return any(part in (None, type(None), Any, object) for part in alternatives(annotation))


def takes_group(annotation: Any) -> bool:
    """Whether a group of keys may stand here."""
    return any(
        is_group(part) or (isinstance(get_origin(part) or part, type) and issubclass(get_origin(part) or part, Mapping))
        for part in alternatives(annotation)
    )


def quantity_of(annotation: Any) -> Quantity | None:
    """The quantity that an annotation asks for, if any."""
    return next(
        (
            extra
            for part in alternatives(annotation)
            for extra in getattr(part, "__metadata__", ())
            if isinstance(extra, Quantity)
        ),
        None,
    )


def options_of(annotations: Iterable[Any]) -> list[str]:
    """The words among which annotations let choose: for a value, or for the key that tells their groups apart."""
    parts = [part for annotation in annotations for part in alternatives(annotation)]
    groups = [keys_of(part) for part in parts if is_group(part)]
    telling = set.intersection(*map(set, groups)) if len(groups) > 1 else ()
    parts += [part for group in groups for key in group if key in telling for part in alternatives(group[key])]
    return [word for part in parts if get_origin(part) is Literal for word in get_args(part) if isinstance(word, str)]


def wanted(annotation: Any) -> str:
    """What an annotation asks for, in words: `a rate such as '0.1 /h'`."""
    words = []
    for part in alternatives(annotation):
        quantity = quantity_of(part)
        schema = next((extra for extra in getattr(part, "__metadata__", ()) if isinstance(extra, WithJsonSchema)), None)
        origin = get_origin(part) or part
        if schema is not None and schema.json_schema is not None:
            words.append(f"{schema.json_schema['description']}, such as '{schema.json_schema['examples'][0]}'")
        elif quantity:
            words.append(f"{quantity.kind} such as '{quantity.example}'")
        elif get_origin(part) is Literal:
            words.append(choice([f"'{word}'" for word in get_args(part)]))
        elif origin is bool:
            words.append("true or false (on or off)")
        elif origin is int:
            words.append("a whole number")
        elif origin is float:
            words.append("a number")
        elif is_group(part) and "enabled" in part.model_fields:
            words.append("on, off or a group of keys")
        elif isinstance(origin, type) and (is_group(part) or issubclass(origin, Mapping)):
            words.append("a group of keys")
        elif isinstance(origin, type) and issubclass(origin, list | tuple | set | frozenset):
            words.append("a list")
        elif origin is not type(None):
            words.append("a text")
    return " or ".join(dict.fromkeys(words)) or "a value"


# --- Did you mean -----------------------------------------------------------------------------------------------------


def near(word: str, words: Iterable[str], cutoff: float = CLOSE) -> list[str]:
    """Those of `words` that `word` probably misspells, the likeliest first, mostly one: case, `-`, `_` and `/` count little,
    initials count (`nk`), other names (`il8`) and the beginning of several (`C57BL/6`) count as these."""
    if len(word) > 60:
        return []
    words = list(words)
    meant = same(word, words)
    if meant:
        return meant
    plain = _plain(word)
    forms: dict[str, str] = {}
    for candidate in words:
        forms.setdefault(_plain(candidate), candidate)
    scored = ((difflib.SequenceMatcher(None, form, plain).ratio(), form) for form in forms if len(form) > 2)
    close = sorted((pair for pair in scored if pair[0] >= cutoff), reverse=True)
    begun = [forms[form] for form in forms if len(plain) > 2 and form.startswith(plain)]
    if 1 < len(begun) <= SHOWN_PLACES and close[:1] < [(VERY_CLOSE, "")]:
        return begun
    if close:
        return [forms[form] for ratio, form in close[:SHOWN_PLACES] if ratio >= close[0][0] - ABOUT_AS_CLOSE]
    if cutoff <= CLOSE and len(plain) > 2:  # `tnf_receptor` for `tnf`
        longer = sorted(
            (form for form in forms if len(form) > 2 and (form.startswith(plain) or plain.startswith(form))), key=len
        )
        return [forms[longer[-1]]] if longer else []
    return []


def same(word: str, words: Iterable[str]) -> list[str]:
    """Those of `words` that `word` certainly means: in another spelling (`TNF`), by initials, or by another name (`IL-8`)."""
    plain, words = _plain(word), list(words)
    found = [candidate for candidate in words if _plain(candidate) == plain]
    if not found:
        found = [
            candidate
            for candidate in words
            if "_" in candidate and "".join(part[:1] for part in candidate.split("_")) == plain
        ]
    return found or [candidate for candidate in words if plain in _SYNONYMS.get(candidate, "").split()]


def closest(word: str, words: Iterable[str], cutoff: float = CLOSE) -> str | None:
    """The one of `words` that `word` probably misspells; None where none does."""
    close = near(word, words, cutoff)
    return close[0] if close else None


def did_you_mean(word: str, words: Iterable[str], otherwise: str = "") -> str:
    """`did you mean 'a' or 'b'?`; `otherwise`, where nothing is near."""
    close = near(word, words)
    quoted_words = [f"'{name}'" for name in close]
    return f"did you mean {choice(quoted_words)}?" if close else otherwise


def _plain(word: str) -> str:
    """`TGF-β` as tgfbeta."""
    return re.sub(r"[\W_]", "", word.lower().replace("α", "alpha").replace("β", "beta"))


def unknown_key(
    config_class: type[BaseModel],
    path: Sequence[str | int],
    value: Any,
    extra_keys: Sequence[str] = (),
    whole: bool = False,
) -> tuple[str, str]:
    """Message and hint for the key at the end of `path`, which the schema does not know. `value` is the document;
    `extra_keys` are accepted at the top besides the schema's; `whole` asks for suggestions as full dotted keys."""
    key, parents = str(path[-1]), tuple(path[:-1])
    if key[:1].isdigit():
        return f"unknown key '{shorten(key)}'", "the decimal sign is a point: 0.1, not 0,1"
    here = [*accepted_keys(config_class, parents, value), *(extra_keys if not parents else ())]

    def named(sibling: str) -> str:
        return dotted((*parents, sibling)) if whole else f"'{sibling}'"

    message = f"unknown key '{shorten(key)}'" if whole else "unknown key"
    if any(isinstance(part, str) and "." in part for part in path):
        target = tuple(piece for part in path for piece in str(part).split("."))
        if target in set(every_key(config_class)):
            return message, "a key is one word; write " + " ".join(
                f"{piece}:" for piece in target
            ) + ", each on its own line, indented below the one before"
    close = near(key, here, VERY_CLOSE)
    if close:
        return message, f"did you mean {choice([named(candidate) for candidate in close])}?"
    # what stands in an entry of a list was meant for it
    everywhere = [] if any(isinstance(part, int) for part in parents) else list(every_key(config_class))
    exact = [place for place in everywhere if _plain(place[-1]) == _plain(key) and place[:-1] != parents]
    if 0 < len(exact) <= SHOWN_PLACES:
        return message, f"did you mean {choice([_place_name(place) for place in exact])}?"
    close = near(key, here)
    if close:
        return message, f"did you mean {choice([named(candidate) for candidate in close])}?"
    if exact:
        shown = [dotted(place) for place in exact[:SHOWN_PLACES]]
        return message, f"the key '{shorten(key)}' belongs elsewhere, e.g. {choice(shown)}"
    far = closest(key, {place[-1] for place in everywhere}, VERY_CLOSE)
    if far:
        places = [place for place in everywhere if place[-1] == far]
        if len(places) <= SHOWN_PLACES:
            return message, f"did you mean {choice([dotted(place) for place in places])}?"
    if not here:
        return message, ""
    keys = sorted(here) if len(here) > SHOWN_KEYS else here
    listed = ", ".join(keys[:SHOWN_KEYS]) + (", ..." if len(keys) > SHOWN_KEYS else "")
    return message, f"accepted here: {listed}"


def _place_name(place: Sequence[str]) -> str:
    return dotted(place) if len(place) > 1 else f"{place[0]}, at the top of the config"


# --- pydantic's errors in plain words ---------------------------------------------------------------------------------


def in_words(error: Mapping[str, Any], expected: str, unit: str = "", options: Sequence[str] = ()) -> tuple[str, str]:
    """Message and hint for one of pydantic's errors (a dict of `ValidationError.errors()`), except for missing and
    unknown keys. `expected` says what the schema wants there, `unit` in which unit its bounds count, `options` which words
    there are. Errors are told by their type: pydantic's own words change from release to release."""
    kind, value, context = error["type"], error.get("input"), error.get("ctx") or {}
    if value is None and kind not in ("value_error", "assertion_error"):
        return "no value is given", f"expected {expected}"
    if kind in ("quantity", "dose"):
        message = error["msg"]
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            message += f", got {quoted(value)}"
            return message, ""
        return message, _meant_quantity(str(value)) if "not a unit" in message else ""
    if kind in ("value_error", "assertion_error"):
        return str(context["error"]), ""
    if kind == "literal_error":
        return f"expected {expected}, got {quoted(value)}", did_you_mean(value, options) if isinstance(
            value, str
        ) else ""
    if kind == "union_tag_invalid" and options:
        tag = str(context.get("tag", ""))
        return f"'{shorten(tag)}' is not one of {choice(options)}", did_you_mean(tag, options)
    if kind == "union_tag_not_found":
        return f"the key {context.get('discriminator', '')} is missing; it says what this is", ""
    bounds = {
        "greater_than": ("more than", "gt"),
        "greater_than_equal": ("at least", "ge"),
        "less_than": ("less than", "lt"),
        "less_than_equal": ("at most", "le"),
    }
    if kind in bounds:
        word, name = bounds[kind]
        bound = context[name]
        bound = f"{bound:g}" if isinstance(bound, float) else str(bound)
        return f"must be {word} {bound} {unit}".rstrip() + f", got {quoted(value)}", ""
    if kind in ("too_short", "too_long"):
        word, limit = (
            ("at least", context.get("min_length")) if kind == "too_short" else ("at most", context.get("max_length"))
        )
        return f"needs {word} {limit} {'entry' if limit == 1 else 'entries'}, got {context.get('actual_length')}", ""
    if kind in ("string_too_short", "string_too_long"):
        word, limit = (
            ("at least", context.get("min_length"))
            if kind == "string_too_short"
            else ("at most", context.get("max_length"))
        )
        return f"must have {word} {limit} {'character' if limit == 1 else 'characters'}", ""
    if kind == "multiple_of":
        return f"must be a multiple of {context.get('multiple_of')}, got {quoted(value)}", ""
    if kind == "finite_number":
        return f"expected a finite number, got {quoted(value)}", ""
    if kind == "int_parsing_size":
        return f"the number {quoted(value)} is too large", ""
    if kind == "int_from_float":
        return f"expected a whole number, got {quoted(value)}", ""
    types_of_kind = {
        "int": "a whole number",
        "float": "a number",
        "bool": "true or false",
        "string": "a text",
        "list": "a list",
        "tuple": "a list",
        "set": "a list",
        "dict": "a group of keys",
        "mapping": "a group of keys",
        "model": "a group of keys",
        "dataclass": "a group of keys",
    }
    stem = kind.split("_")[0]
    if stem in types_of_kind and (kind.endswith(("_type", "_parsing", "_attributes_type"))):
        if stem == "model" and isinstance(value, list):
            return f"expected {expected}, got a list", "write 'key: value' lines, without '- '"
        if stem in ("model", "bool"):
            return f"expected {expected}, got {quoted(value)}", _meant_switch(value) if "off" in expected else ""
        return f"expected {types_of_kind[stem]}, got {quoted(value)}", ""
    if is_custom(kind):
        return error["msg"], ""
    return f"expected {expected}, got {quoted(value)}", ""


_KINDS_OF_PYDANTIC = frozenset(get_args(core_schema.ErrorType))


def is_custom(kind: str) -> bool:
    """Whether an error was raised by this package, so that its message can be shown as it is."""
    return kind not in _KINDS_OF_PYDANTIC


def _meant_quantity(text: str) -> str:
    """A hint for a quantity whose unit cannot be read: `0,1 /h`, `180 /mm2`."""
    if re.match(r"[+-]?[0-9]+,[0-9]", text):
        return "the decimal sign is a point: 0.1, not 0,1"
    raised = re.sub(r"(?<=[A-Za-zµμ])([23])(?![0-9])", r"^\1", text)
    return f"did you mean '{shorten(raised)}'?" if raised != text else ""


def _meant_switch(value: Any) -> str:
    return did_you_mean(value, ("on", "off", "true", "false")) if isinstance(value, str) else ""
