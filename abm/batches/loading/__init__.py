"""From the YAML file of an experiment to an `Experiment`, with every mistake placed at its line and column."""

from .experiment import load_experiment

__all__ = ["load_experiment"]
