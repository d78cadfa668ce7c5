"""Runs: one at a time, each with a record of what it did."""
