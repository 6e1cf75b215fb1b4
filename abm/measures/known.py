"""The measures by name: the shipped ones and a user's own."""

import dataclasses
from collections.abc import Iterable
from pathlib import Path

from ..config import plugins
from .measure import Measure
from .topics import MEASURES


def load_measures(paths: Iterable[str | Path]) -> dict[str, Measure]:
    """The shipped measures and those that the files at `paths` mark with `@measure`, by name.

    Raises config.plugins.PluginError, whose text says in one line what is wrong with a file.
    """
    known = dict(MEASURES)
    for path in map(Path, paths):
        module = plugins.load_module(path)
        own = {
            value.name: value
            for value in vars(module).values()
            if isinstance(value, Measure) and value.function.__module__ == module.__name__
        }
        if not own:
            raise plugins.PluginError("no measure inside; a measure is a function marked with @measure(...)")
        for name, value in own.items():
            if name in known:
                raise plugins.PluginError(f"there is already a measure named '{name}'; choose another name")
            known[name] = dataclasses.replace(value, plugin=path.resolve())
    return known
