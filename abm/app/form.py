"""The form of a config: every key that can be changed, with its unit, plausible range and source, as the schema declares it.

A form is a config to begin with, and changes on it. A change is a text, as one writes it behind `--set KEY=`, so that
errors are those of the command line, each at its key.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from ..config import ConfigError, load_config
from ..config.describe import as_yaml, text_scalar
from ..config.errors import Problem, alternatives, dotted, is_group, keys_of, takes_nothing
from ..config.nodes import Source, compose_nodes, to_plain
from ..config.schema import Config
from ..config.shipped import PRESETS
from ..units import declared

Kind = Literal["number", "words", "switch", "choice", "list"]

NAMES_FILES = ("plugins", "labels", "tissue.from")
"""Keys that are not in the form: those that name files, which may be anywhere, and what is written by crlm."""
FIRST = "run"
"""The section of the keys that stand in no group."""


@dataclass(frozen=True)
class FormEntry:
    """A key of the config, and all that is known of it.

    path : dotted; value : as it is written behind the key, of `words` without the quotes of YAML; kind : what it is
    choices : the words that it takes, if it takes only some
    low, high, mark, source : of a declared parameter, else ""
    """

    path: str
    value: str
    kind: Kind
    choices: tuple[str, ...] = ()
    description: str = ""
    low: str = ""
    high: str = ""
    mark: str = ""
    source: str = ""

    @property
    def words(self) -> str:
        name = self.path.rpartition(".")[2].replace("_", " ")
        return "switched on" if name == "enabled" else name

    @property
    def help(self) -> str:
        """What it is, its plausible range, and where its default comes from."""
        parts = [self.description[:1].upper() + self.description[1:]]
        if self.low:
            parts.append(f"Plausible: {self.low} to {self.high}")
        if self.mark:
            parts.append(f"{self.mark[:1].upper()}{self.mark[1:]}: {self.source}")
        return ". ".join(part.rstrip(".") for part in parts if part) + "." * any(parts)

    def written(self, text: str) -> str:
        """`text`, typed by a user, as it is written behind the key."""
        return text_scalar(text) if self.kind == "words" else text

    def is_called(self, text: str) -> bool:
        """Whether its name, path or description has all words of `text`."""
        about = f"{self.path.replace('_', ' ')} {self.path} {self.description}".casefold()
        return all(word in about for word in text.casefold().split())


@dataclass(frozen=True)
class Section:
    """A group of keys: `path` dotted, `summary` one sentence about it."""

    path: str
    summary: str
    entries: tuple[FormEntry, ...]
    sections: tuple["Section", ...] = ()

    @property
    def title(self) -> str:
        name = self.path.rpartition(".")[2].replace("_", " ")
        return name[:1].upper() + name[1:]

    def every_entry(self) -> Iterator[FormEntry]:
        """Its entries, and those of the sections in it."""
        yield from self.entries
        for section in self.sections:
            yield from section.every_entry()


def sections_of(config: Config) -> list[Section]:
    """The sections of the form of a config, with its values."""
    written = config.model_dump(mode="json", by_alias=True, context={"readable": True})
    written["interventions"] = [
        entry.model_dump(mode="json", by_alias=True, exclude_defaults=True, context={"readable": True})
        for entry in config.interventions
    ]
    whole = _section(type(config), config, written, ())
    return [Section(FIRST, "The run as a whole.", whole.entries), *whole.sections]


def entries_of(group: type[BaseModel]) -> list[FormEntry]:
    """The entries of a group of keys that stands nowhere yet, with the defaults for values ("" where there is none)."""
    written = {
        each.alias or name: "" if each.is_required() else each.get_default(call_default_factory=True)
        for name, each in group.model_fields.items()
    }
    return [_entry(group, (key,), annotation, written[key]) for key, annotation in keys_of(group).items()]


def _section(group: type[BaseModel], value: Any, written: Mapping[str, Any], above: tuple[str, ...]) -> Section:
    names = {each.alias or name: name for name, each in group.model_fields.items()}
    entries: list[FormEntry] = []
    sections: list[Section] = []
    for key, annotation in keys_of(group).items():
        path, inner = (*above, key), getattr(value, names[key])
        if dotted(path) in NAMES_FILES:
            continue
        if isinstance(inner, BaseModel) and any(map(is_group, alternatives(annotation))):
            sections.append(_section(type(inner), inner, written[key], path))
        else:
            entries.append(_entry(group, path, annotation, written[key]))
    own = group.__doc__ if "__doc__" in vars(group) and group.__doc__ else ""
    return Section(dotted(above), " ".join(own.split("\n\n")[0].split()), tuple(entries), tuple(sections))


def _entry(group: type[BaseModel], path: tuple[str, ...], annotation: Any, written: Any) -> FormEntry:
    """The entry of a key of `group`, with what is written there."""
    name, declaration = next(
        (name, each) for name, each in group.model_fields.items() if (each.alias or name) == path[-1]
    )
    known = next((one for one in declared(group) if one.name == name), None)
    kind, choices = _kind(annotation)
    return FormEntry(
        dotted(path),
        str(written) if kind == "words" else as_text(written),
        kind,
        choices,
        declaration.description or "",
        *((str(known.low or ""), str(known.high or ""), known.mark, known.source) if known else ()),
    )


def _kind(annotation: Any) -> tuple[Kind, tuple[str, ...]]:
    """By what a value is changed, and the words that it can be."""
    parts = list(alternatives(annotation))
    words = tuple(
        dict.fromkeys(
            str(word) for part in parts if get_origin(part) is Literal for word in get_args(part) if word is not None
        )
    )
    if words and all(get_origin(part) is Literal or part is type(None) for part in parts):
        return "choice", (*words, *(("null",) if takes_nothing(annotation) else ()))
    if parts == [bool]:
        return "switch", ("true", "false")
    if any(get_origin(part) in (tuple, list, dict, frozenset) for part in parts):
        return "list", ()
    return ("words" if parts == [str] else "number"), ()


def as_text(value: Any) -> str:
    """A value as it is written behind `key:`; lists and groups in one line, texts without quotes where they need none."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{text_scalar(str(key))}: {as_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(as_text, value)) + "]"
    return as_yaml({"x": value}).removeprefix("x:").strip()


@dataclass
class Form:
    """A config to begin with, and changes on it.

    base : the path of a file, or the name of a config that comes with crlm
    presets : {"line": ..., "host": ...} as far as another one than that of the base is chosen
    changes : dotted key -> what is written there instead
    """

    base: Path
    presets: dict[str, str] = field(default_factory=dict)
    changes: dict[str, str] = field(default_factory=dict)

    @property
    def overrides(self) -> list[str]:
        """As after `--set`."""
        return [f"{key}={text}" for key, text in (*self.presets.items(), *self.changes.items())]

    def config(self, unchanged: bool = False) -> Config:
        """The config, or the one without the changes (but with the presets). Raises ConfigError."""
        return load_config(
            self.base, [f"{key}={text}" for key, text in self.presets.items()] if unchanged else self.overrides
        )

    def problems(self) -> dict[str, str]:
        """What is wrong: the key of the form at which it is to be shown ("" for none of them) -> in words."""
        try:
            self.config()
        except ConfigError as error:
            return self.placed(error.problems)
        return {}

    def placed(self, problems: list[Problem]) -> dict[str, str]:
        """The problems at the keys that were changed, "" for those of what the base says."""
        found: dict[str, str] = {}
        for problem in problems:
            key = self._key_of(problem)
            words = problem.message + (f"; {problem.hint}" if problem.hint else "")
            found[key] = f"{found[key]}\n{words}" if key in found else words
        return found

    def _key_of(self, problem: Problem) -> str:
        """The change that a problem is about: it says so itself, or is about what stands below or above that key."""
        written = {f"--set {key}={text}"[:60]: key for key, text in (*self.presets.items(), *self.changes.items())}
        for beginning, key in written.items():
            if problem.file.startswith(beginning):
                return key
        path = problem.path
        known = [*self.presets, *self.changes]
        below = [key for key in known if path == key or path.startswith((f"{key}.", f"{key}["))]
        return max(below, key=len, default="")

    def as_file(self) -> str:
        """The YAML text of a config that extends the base with the changes."""
        content: dict[str, Any] = {"extends": str(self.base)} | dict(self.presets)
        for path, text in self.changes.items():
            group = content
            *above, last = path.split(".")
            for key in above:
                group = group.setdefault(key, {})
            node = compose_nodes(text, Source(path, Path()), [])
            group[last] = None if node is None else to_plain(node)
        return as_yaml(content)


PRESET_KEYS = tuple(reversed(PRESETS))
"""The keys that choose a preset, in the order of the form."""
