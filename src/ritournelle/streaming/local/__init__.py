"""The local event log: append-only segments of checksummed records in the home, for many processes at once."""
