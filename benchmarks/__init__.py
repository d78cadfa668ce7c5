"""Measured claims: each benchmark runs us and a peer on the same input in one run, and prints what it saw."""
