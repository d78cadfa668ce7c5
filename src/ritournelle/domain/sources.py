"""The three sources that a music app exposes."""

from __future__ import annotations

from enum import StrEnum


class Source(StrEnum):
    """One endpoint of the app; the value is its name in paths, tables and reports."""

    TRACKS = "tracks"
    USERS = "users"
    LISTEN_HISTORY = "listen_history"
