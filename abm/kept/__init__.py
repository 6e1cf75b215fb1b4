"""What was kept of a run, read back for people and for other programs: tables and arrays that say what they mean."""
