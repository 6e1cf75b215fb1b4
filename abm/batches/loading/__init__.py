"""From the YAML file of an experiment to an `Experiment`, with every mistake placed at its line and column."""

from .experiment import keys_of, load_experiment, read_experiment
from .written import Written

__all__ = ["Written", "keys_of", "load_experiment", "read_experiment"]
