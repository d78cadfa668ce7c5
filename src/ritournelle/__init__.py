"""Ritournelle: a data and recommendation platform for music apps."""

__version__ = "0.1.0"
