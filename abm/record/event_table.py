"""events.parquet: the ledger, entry by entry."""

import pyarrow as pa

from ..kernels.tables import columns_in
from ..ledger import cause, event
from ..ledger.ledger import ENTRY
from .tables import TableColumn, TableRecorder

COLUMNS = (
    TableColumn("time_min", "f8", "min", "simulated time at the start of the step in which it happened"),
    TableColumn("event", "u1", "", "what happened to the tumor cell", event.NAMES),
    TableColumn("cause", "u1", "", "by what", cause.NAMES),
    TableColumn("uid", "u8", "", "identity of the tumor cell"),
    TableColumn("clone", "i4", "", "number of the founder among the arrived cells; negative: of an implanted colony"),
    TableColumn("row", "i4", "site", "row of the lattice, from the top"),
    TableColumn("column", "i4", "site", "column of the lattice, from the left"),
    TableColumn("zone", "u1", "", "1 periportal, 2 midzonal, 3 pericentral"),
)


class Events(TableRecorder):
    """Moves the entries of the ledger into a table; the totals of the ledger stay.

    Without a run folder the entries stay in the ledger.
    """

    name = "events"

    def __init__(self, every="1 d"):
        super().__init__(every)

    def columns(self, model):
        return COLUMNS

    def record(self, model):
        if self.folder is None:
            return
        entries = model.ledger.drain()
        if entries.size:
            self.add({name: entries[name] for name in columns_in(ENTRY)})

    def flush(self, model):
        self.record(model)
        super().flush(model)


def events_table(entries) -> pa.Table:
    """Ledger entries (rows of ENTRY) as the table of events.parquet."""
    arrays = [column.array([entries[column.name]]) for column in COLUMNS]
    return pa.Table.from_arrays(arrays, schema=pa.schema([column.field for column in COLUMNS]))
