"""The run folder: files that are replaced whole, its lock, its manifest, its checkpoints, and when something is due."""
