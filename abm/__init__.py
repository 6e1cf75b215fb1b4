"""crlm: colorectal cancer cells colonising the liver, cell by cell.

    from abm import LiverModel, Simulation, load_config

    model = LiverModel(load_config("configs/quickstart.yaml"))
    model.step()
    Simulation(model, until="3 d").run()

The names below are loaded when first used.
"""

import importlib
from typing import TYPE_CHECKING

__version__ = "0.3.0"

_HOMES = {
    "Config": "config",
    "ConfigError": "config",
    "EndothelialCell": "cells",
    "KupfferCell": "cells",
    "LiverModel": "model",
    "Looking": "measures.look",
    "NaturalKillerCell": "cells",
    "Neutrophil": "cells",
    "Rule": "rules",
    "RuleParameters": "rules",
    "Share": "measures.look",
    "Simulation": "simulation",
    "StellateCell": "cells",
    "TumorCell": "cells",
    "jit": "kernels.jit",
    "load_config": "config",
    "load_experiment": "batches.loading",
    "measure": "measures.measure",
    "parameter": "units",
    "rule": "rules",
    "run_batch": "batches.batch",
    "uniform": "kernels.random",
}

__all__ = [
    "Config",
    "ConfigError",
    "EndothelialCell",
    "KupfferCell",
    "LiverModel",
    "Looking",
    "NaturalKillerCell",
    "Neutrophil",
    "Rule",
    "RuleParameters",
    "Share",
    "Simulation",
    "StellateCell",
    "TumorCell",
    "jit",
    "load_config",
    "load_experiment",
    "measure",
    "parameter",
    "rule",
    "run_batch",
    "uniform",
]

if TYPE_CHECKING:
    from .batches.batch import run_batch
    from .batches.loading import load_experiment
    from .cells import EndothelialCell, KupfferCell, NaturalKillerCell, Neutrophil, StellateCell, TumorCell
    from .config import Config, ConfigError, load_config
    from .kernels.jit import jit
    from .kernels.random import uniform
    from .measures.look import Looking, Share
    from .measures.measure import measure
    from .model import LiverModel
    from .rules import Rule, RuleParameters, rule
    from .simulation import Simulation
    from .units import parameter


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module 'abm' has no attribute '{name}'")
    value = getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
