"""What is kept: the ledger of events, tables, snapshots, checkpoints, the manifest."""
