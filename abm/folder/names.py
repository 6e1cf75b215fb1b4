"""What runs and batches leave in their folders, by name: for those who write it and those who read it."""

SUMMARY = "summary.json"
SNAPSHOTS = "snapshots.zarr"
TABLES = ("timeseries", "flows", "events", "nodules", "lesions", "decisions")
"""The tables that a run may keep; `table_file` says what their files are called. Of its manifest and its config, `manifest` says it."""

BATCH = "batch.json"
EXPERIMENT = "experiment.yaml"
RESULTS = "results.parquet"
SERIES = "series.parquet"
RUNS = "runs"
"""Of a batch: the folder of the runs' own folders."""
TRIAL = "trial.yaml"
"""What a trial leaves beside its batch."""


def table_file(name: str) -> str:
    """The file of the table `name`, in the folder of a run."""
    return f"{name}.parquet"
