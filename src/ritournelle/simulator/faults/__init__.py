"""Troubles that the simulated app causes on demand."""
