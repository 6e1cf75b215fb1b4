"""One page of a run or of a batch: a single HTML file that needs no server and asks no other host for anything."""
