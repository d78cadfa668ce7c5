"""Stored lists of a listener, in whatever store servers find them."""

from __future__ import annotations

from collections.abc import Callable

from ritournelle.forgetting.eraser import Removed
from ritournelle.forgetting.listener import Listener
from ritournelle.online_store.base import OnlineStore


class OnlineLists:
    """The lists that are served and those that are prepared."""

    name = "online lists"

    def __init__(self, open_store: Callable[[], OnlineStore]) -> None:
        self._open = open_store

    def erase(self, listener: Listener) -> Removed:
        """Theirs."""
        with self._open() as store:
            gone = store.erase(listener.user_id)
        return {"lists": gone} if gone else {}

    def seal(self) -> None:
        """Let nothing of removed lists stay on the disk."""
        with self._open() as store:
            store.scrub()

    def remaining(self, listener: Listener) -> Removed:
        """See `Eraser.remaining`."""
        with self._open() as store:
            left = store.count(listener.user_id)
        return {"lists": left} if left else {}

    def note(self) -> str:
        """What else is to be said."""
        with self._open() as store:
            return store.note
