"""Reasons as a listener reads them."""

from __future__ import annotations

from collections.abc import Sequence

BECAUSE_OF_HEARD_TRACKS = "because of tracks you listened to"
"""What is stored where heard tracks carried the score; their names are put in when the list is read."""


def reason_with_names(stored: str, names: Sequence[str]) -> str:
    """The stored reason, with the names of the heard tracks in it if there are any.

    >>> reason_with_names(BECAUSE_OF_HEARD_TRACKS, ["Gymnopédie", "Clair de lune"])
    'because you listened to Gymnopédie and Clair de lune'
    """
    if not names:
        return stored
    *others, last = names
    return f"because you listened to {', '.join(others)}{' and ' if others else ''}{last}"
