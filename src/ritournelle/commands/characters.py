"""Terminals and logs that cannot show every character, as under a locale of Latin-1: nothing fails for one."""

from __future__ import annotations

import sys
from io import TextIOWrapper


def replace_what_cannot_be_shown() -> None:
    """Let a question mark stand for what standard output or standard error cannot encode."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def shows_all_characters() -> bool:
    """Whether standard output takes any text as it is."""
    encoding = getattr(sys.stdout, "encoding", None) or ""
    return encoding.lower().startswith("utf")
