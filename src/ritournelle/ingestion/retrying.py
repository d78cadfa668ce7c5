"""When to try a page again: exponential back-off with jitter, and what the source asks for."""

from __future__ import annotations

import random

from ritournelle.errors import TransientSourceError
from ritournelle.settings import SourceSettings

TRANSIENT_STATUSES = frozenset({408, 425, 429})
"""The 4xx that trying again may cure; every 5xx may be cured too."""


def is_transient_status(status: int) -> bool:
    """Whether a further attempt may succeed where this HTTP status was answered."""
    return status in TRANSIENT_STATUSES or status >= 500


def pause_before(attempt: int, error: TransientSourceError, settings: SourceSettings) -> float | None:
    """Seconds to wait before attempt number `attempt` (the first retry is 1); None when it is time to give up.

    "Full jitter" between half and all of the doubled pause, so that clients which failed together do not return
    together (Brooker, "Exponential Backoff And Jitter", AWS 2015). `Retry-After` is honoured as asked.
    """
    if attempt > settings.retries:
        return None
    asked = error.retry_after_seconds
    if asked is not None:
        return None if asked > settings.max_retry_after_seconds else asked
    doublings = min(attempt - 1, 64)  # more would not fit into a float
    pause = min(settings.backoff_seconds * 2.0**doublings, settings.max_backoff_seconds)
    return pause * random.uniform(0.5, 1.0)
