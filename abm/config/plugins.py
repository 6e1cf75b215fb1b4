"""A user's own rules: Python files that a config names under `plugins`.

A plugin is ordinary Python, run with the user's rights when the config is loaded; nothing else in a config can run
code. The file is compiled from its source (no `__pycache__` is left beside it) and is imported under a name made of
its path and content, so that loading it twice gives the same classes and changing it gives new ones. `sys.path` is
not touched: a plugin imports installed packages, not the files beside it.

A path is relative to the file that names it. A loaded config holds absolute paths, so that another process in another
folder can load its resolved text; a run that keeps copies of its plugins writes their new names instead
(`describe.resolved_yaml(config, plugins=[...])`).
"""

import hashlib
import importlib.util
import sys
import traceback
from collections.abc import Sequence
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from pydantic import ValidationError

from ..rules.rule import Rule, RuleParameters
from .errors import at, did_you_mean, dotted, in_words, options_of, quoted, wanted

MAX_BYTES = 1_000_000
_MODULE = "crlm_plugin_"
"""How the modules of plugins are named, before name and digest of the file."""


class PluginError(Exception):
    """A plugin that cannot be used; the text says why, in one line."""


class _FromSource(SourceFileLoader):
    def get_code(self, fullname):
        return compile(self.get_data(self.path), self.path, "exec", dont_inherit=True)


def load_rules(path: Path) -> tuple[type[Rule], ...]:
    """The classes that the file at `path` marks with `@rule`, in the order of the file. Raises PluginError."""
    module = load_module(path)
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, Rule)
        and value.__module__ == module.__name__
        and "is_plugin" in vars(value)
    ]
    rules = tuple(dict.fromkeys(found))
    if not rules:
        unmarked = [
            value.__name__
            for value in vars(module).values()
            if isinstance(value, type) and issubclass(value, Rule) and value.__module__ == module.__name__
        ]
        if unmarked:
            raise PluginError(f"no class is marked with @rule; write @rule above class {unmarked[0]}")
        raise PluginError("no rule inside; a rule is a class derived from abm.Rule and marked with @rule")
    for rule in rules:
        _check(rule)
    return rules


class Address(NamedTuple):
    """Where a rule of a plugin is found again: the file, the name under which its present content is imported, and the
    class."""

    path: str
    module: str
    name: str


def address(rule: type[Rule]) -> Address | type[Rule]:
    """What stands for a user's rule in a pickle: its address, or the class where it comes from no plugin."""
    if not rule.__module__.startswith(_MODULE):
        return rule
    return Address(sys.modules[rule.__module__].__file__, rule.__module__, rule.__qualname__)


def rule_at(found: Address | type[Rule]) -> type[Rule]:
    """The rule at an address. Raises PluginError when the file cannot be read, or is not as it was."""
    if not isinstance(found, Address):
        return found
    module = sys.modules.get(found.module) or load_module(Path(found.path))
    if module.__name__ != found.module:
        raise PluginError(f"{found.path} has changed since this config was pickled")
    return getattr(module, found.name)


def check_names(rule: type[Rule], known: Sequence[str]) -> None:
    """Raise PluginError when a rule's name is taken, or its `after` is none of the `known` rules before it."""
    if rule.name in known:
        raise PluginError(f"there is already a rule named '{rule.name}'; choose another name")
    if rule.after is not None and rule.after not in known:
        meant = did_you_mean(str(rule.after), known)
        raise PluginError(
            f"the rule '{rule.name}' runs after {quoted(rule.after)}, which is not a rule"
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
    spec = importlib.util.spec_from_file_location(name, path, loader=_FromSource(name, str(path)))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
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
    """The line of a plugin in which an error arose, the innermost one; None where no plugin had to do with it."""
    files = {module.__file__ for name, module in list(sys.modules.items()) if name.startswith(_MODULE)}
    return next(
        (frame for frame in reversed(traceback.extract_tb(error.__traceback__)) if frame.filename in files), None
    )


def _unreadable(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    return f"the file cannot be read: {getattr(error, 'strerror', None) or error}"


def _check(rule: type[Rule]) -> None:
    name = rule.name
    if not isinstance(name, str) or not name.isidentifier():
        raise PluginError(
            f"the name of the rule {rule.__name__} must be one word of letters, digits and _, got {quoted(name)}"
        )
    if not (isinstance(rule.Parameters, type) and issubclass(rule.Parameters, RuleParameters)):
        raise PluginError(f"the Parameters of the rule '{name}' must be derived from abm.RuleParameters")
    try:
        rule.Parameters()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        annotations = at(rule.Parameters, first["loc"])
        expected = " or ".join(map(wanted, annotations)) or "something else"
        said = "; ".join(filter(None, in_words(first, expected, options=options_of(annotations))))
        raise PluginError(f"the default of '{dotted(first['loc'])}' in the rule '{name}' is wrong: {said}") from None
    if rule.apply is Rule.apply:
        raise PluginError(f"the rule '{name}' has no method apply(self, liver)")
