"""A server's sign of life in the operator's journal: that it runs, and what it answered in the last minutes.

By it `ritournelle health`, in another process, knows of a server that fails, is slow, or is dead. One row per server.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from ritournelle.monitoring.journal import Journal
from ritournelle.monitoring.servers import ServerReport, keep_server
from ritournelle.serving.traffic import Traffic

FORGOTTEN_AFTER = timedelta(days=1)
"""A server that answers forgets those that fell silent so long ago: it took their place."""


class Heartbeat:
    """Of this process; `beat` every minute, `end` when it was told to end."""

    def __init__(self, journal: Journal, traffic: Traffic, clock: Callable[[], datetime]) -> None:
        self._journal, self._traffic, self._clock = journal, traffic, clock
        self._name = f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._started_at = clock()
        self._has_begun = False

    def beat(self) -> None:
        """Say that the server runs. Raises `PermanentError` when the journal cannot be written."""
        self._keep(None)
        self._has_begun = True

    def end(self) -> None:
        """Say that it ends, if it ever said that it runs."""
        if self._has_begun:
            self._keep(self._clock())

    def _keep(self, ended_at: datetime | None) -> None:
        now = self._clock()
        report = ServerReport(self._name, self._started_at, now, ended_at, self._traffic.window())
        keep_server(self._journal, report, forget_before=now - FORGOTTEN_AFTER)
