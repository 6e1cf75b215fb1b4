"""The ledger of tumor cells: what happened to each, and by what."""
