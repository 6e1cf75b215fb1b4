"""What a user adds: Python files with rules, populations, fields, layers, levels and interventions of their own, which a config
names under `plugins`.

A plugin is ordinary Python, run with the user's rights when the config is loaded; nothing else in a config can run
code. The file is compiled from its source (no `__pycache__` is left beside it) and is imported under a name made of
its path and content, so that loading it twice gives the same classes and changing it gives new ones. `sys.path` is
not touched: a plugin imports installed packages, not the files beside it.

A path is relative to the file that names it. A loaded config holds absolute paths, so that another process in another
folder can load its resolved text; a run that keeps copies of its plugins writes their new names instead
(`describe.resolved_yaml(config, copies=...)`).
"""

import hashlib
import importlib.util
import sys
import traceback
from collections.abc import Sequence
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, TypeVar

from pydantic import ValidationError

from ..blood import Level
from ..cells.population import LiverCell
from ..cells.species import MOST_CODES
from ..fields.field import Field
from ..fields.layers import Layer
from ..interventions import Intervention
from ..registry import FIRST_OWN_CODE, name_of
from ..rules.rule import Rule, RuleParameters
from ..units import Parameters
from .errors import at, did_you_mean, dotted, in_words, options_of, quoted, wanted

T = TypeVar("T")

MAX_BYTES = 1_000_000
_MODULE = "crlm_plugin_"
"""The beginning of the module names of plugins; name and digest of the file follow."""


class PluginError(Exception):
    """A plugin that cannot be used; the text says why, in one line."""


class _FromSource(SourceFileLoader):
    def get_code(self, fullname):
        return compile(self.get_data(self.path), self.path, "exec", dont_inherit=True)


BASES: dict[str, type] = {
    "population": LiverCell,
    "field": Field,
    "layer": Layer,
    "level": Level,
    "rule": Rule,
    "intervention": Intervention,
}
"""What a config can be given by a plugin: how it is marked, and from what it is derived. (Measures are for experiments.)"""


def load(path: Path) -> tuple[type, ...]:
    """The classes that the file at `path` marks as populations, fields, layers, levels, rules or interventions, in the order
    of the file. Raises PluginError."""
    module = load_module(path)
    classes = _declared_in(module)
    for forgotten in _unmarked_in(module, classes):
        noun = next(noun for noun, base in BASES.items() if issubclass(forgotten, base))
        raise PluginError(
            f"the class {forgotten.__name__} is not marked with @{noun}, and would not be used; write @{noun} above it"
        )
    if not classes:
        raise PluginError(
            "nothing inside that a config could use: no rule (a class derived from abm.Rule and marked with @rule), and no "
            "population, field, layer, level or intervention"
        )
    for declared in classes:
        _check(declared)
    return classes


def declared_in_plugins(base: type[T]) -> list[type[T]]:
    """The classes derived from `base` that plugins loaded by this process declare."""
    modules = [module for name, module in list(sys.modules.items()) if name.startswith(_MODULE)]
    return [declared for module in modules for declared in _declared_in(module) if issubclass(declared, base)]


def _declared_in(module: ModuleType) -> tuple[type, ...]:
    """The marked classes of a module, in their order."""
    classes = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and value.__module__ == module.__name__ and "is_plugin" in vars(value)
    ]
    return tuple(dict.fromkeys(classes))


def _unmarked_in(module: ModuleType, marked: Sequence[type]) -> list[type]:
    """The classes of a module that look like declarations but are not marked, and from which no marked one is derived."""
    own = [value for value in vars(module).values() if isinstance(value, type) and value.__module__ == module.__name__]
    return [
        value
        for value in own
        if value not in marked
        and issubclass(value, tuple(BASES.values()))
        and not any(issubclass(other, value) for other in marked)
    ]


class Address(NamedTuple):
    """Where a class of a plugin is found: the file, the name of its module (which depends on its content), and the class."""

    path: str
    module: str
    name: str


def address(own: type) -> Address | type:
    """What a pickle holds in place of a class: its address if it is from a plugin, else the class."""
    if not own.__module__.startswith(_MODULE):
        return own
    return Address(str(sys.modules[own.__module__].__file__), own.__module__, own.__qualname__)


def class_at(address: Address | type) -> type:
    """The class at an address. Raises PluginError when the file cannot be read, or has changed."""
    if not isinstance(address, Address):
        return address
    module = sys.modules.get(address.module) or load_module(Path(address.path))
    if module.__name__ != address.module:
        raise PluginError(f"{address.path} has changed since this config was pickled")
    return getattr(module, address.name)


def check_names(own: type[Rule], known: Sequence[str]) -> None:
    """Raise PluginError when a rule's name is taken, or its `after` is none of the `known` rules before it."""
    if own.name in known:
        raise PluginError(f"there is already a rule named '{own.name}'; choose another name")
    if own.after is not None and own.after not in known:
        meant = did_you_mean(str(own.after), known)
        raise PluginError(
            f"the rule '{own.name}' runs after {quoted(own.after)}, which is not a rule"
            + (f"; {meant}" if meant else "")
        )


def load_module(path: Path) -> ModuleType:
    try:
        if path.exists() and not path.is_file():
            raise PluginError("this is not an ordinary file")
        with path.open("rb") as file:
            source = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise PluginError(_unreadable(error)) from None
    if len(source) > MAX_BYTES:
        raise PluginError(f"the file is larger than {MAX_BYTES // 1_000_000} MB; this is not a plugin")
    path = path.resolve()
    digest = hashlib.sha256(str(path).encode("utf-8", "surrogateescape") + b"\0" + source).hexdigest()[:16]
    stem = "".join(char if char.isalnum() else "_" for char in path.stem)
    name = f"{_MODULE}{stem}_{digest}"
    if name in sys.modules:
        return sys.modules[name]
    loader = _FromSource(name, str(path))
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    assert spec is not None  # for its loader is given
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        loader.exec_module(module)
    except SyntaxError as error:
        del sys.modules[name]
        where = f"line {error.lineno}" if error.filename == str(path) else f"{error.filename}, line {error.lineno}"
        raise PluginError(f"not valid Python ({where}): {error.msg}") from error
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        where = f" (line {lines[-1]})" if lines else ""
        raise PluginError(f"fails while it is imported{where}: {type(error).__name__}: {error}") from error
    except BaseException:
        del sys.modules[name]
        raise
    return module


def place_of(error: BaseException) -> traceback.FrameSummary | None:
    """The innermost line of a plugin in the traceback of an error; None when no plugin took part."""
    files = {module.__file__ for name, module in list(sys.modules.items()) if name.startswith(_MODULE)}
    return next(
        (frame for frame in reversed(traceback.extract_tb(error.__traceback__)) if frame.filename in files), None
    )


def _unreadable(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    return f"the file cannot be read: {getattr(error, 'strerror', None) or error}"


def _check(own: type[Any]) -> None:
    """Raise PluginError for a class that cannot be used."""
    noun = next(noun for noun, base in BASES.items() if issubclass(own, base))
    name = name_of(own)
    if not isinstance(name, str) or not name.isidentifier():
        raise PluginError(
            f"the name of the {noun} {own.__name__} must be one word of letters, digits and _, got {quoted(name)}"
        )
    if noun == "population" and own.species.code < FIRST_OWN_CODE:
        raise PluginError(
            f"the code of the population '{name}' is {own.species.code}; lower ones than {FIRST_OWN_CODE} are for populations "
            f"that come with the simulator: choose one from {FIRST_OWN_CODE} to {MOST_CODES}"
        )
    group = own.species.parameters if noun == "population" else getattr(own, "Parameters", None)
    if noun in ("population", "field", "rule") or group is not None:
        base = RuleParameters if noun == "rule" else Parameters
        if not (isinstance(group, type) and issubclass(group, base)):
            raise PluginError(f"the Parameters of the {noun} '{name}' must be derived from abm.{base.__name__}")
        _check_defaults(group, f"the {noun} '{name}'")
    if noun == "rule" and own.apply is Rule.apply:
        raise PluginError(f"the rule '{name}' has no method apply(self, liver)")
    if noun in ("field", "level") and own.advance in (Field.advance, Level.advance):
        raise PluginError(f"the {noun} '{name}' has no method advance")


def _check_defaults(group: type[Parameters], whose: str) -> None:
    try:
        group()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        annotations = at(group, first["loc"])
        expected = " or ".join(map(wanted, annotations)) or "something else"
        reason = "; ".join(filter(None, in_words(first, expected, options=options_of(annotations))))
        raise PluginError(f"the default of '{dotted(first['loc'])}' in {whose} is wrong: {reason}") from None
