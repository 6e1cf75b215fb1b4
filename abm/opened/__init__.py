"""Runs and batches as objects."""

from .batch import OpenedBatch, open_batch
from .run import OpenedRun, open_run

__all__ = ["OpenedBatch", "OpenedRun", "open_batch", "open_run"]
