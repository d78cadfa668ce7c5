"""The event log without a listener."""

from __future__ import annotations

from collections.abc import Callable

from ritournelle.forgetting.eraser import Removed
from ritournelle.forgetting.listener import Listener
from ritournelle.streaming.broker import Broker


class EventLog:
    """Every message under their key, in all topics, also those that nobody has read."""

    name = "event log"

    def __init__(self, open_broker: Callable[[], Broker]) -> None:
        self._open = open_broker

    def erase(self, listener: Listener) -> Removed:
        """Their messages."""
        with self._open() as broker:
            gone = broker.erase([str(listener.user_id)])
        return {"messages": gone} if gone else {}

    def seal(self) -> None:
        """Nothing: messages were overwritten."""

    def remaining(self, listener: Listener) -> Removed:
        """Look again; a server may have acknowledged one that it had begun to take in, which goes with that."""
        return self.erase(listener)

    def note(self) -> str:
        """What else is to be said."""
        return ""
