"""The topics of the event log, and what is told on each."""

from __future__ import annotations

from enum import StrEnum


class Topic(StrEnum):
    """One stream of messages; messages of one user have one key and keep their order."""

    LISTENS = "listens"
    FEEDBACK = "feedback"
    EXPOSURES = "exposures"
    TASTE_EXCLUSIONS = "taste_exclusions"
    RECOMMENDATIONS = "recommendations"
    """The latest list per user; only the newest of a key matters."""
    QUARANTINE = "quarantine"
    """What a consumer could not use."""
