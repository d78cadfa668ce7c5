"""Browsers that are signed in: a random token in a cookie, of which only a hash is kept, in memory."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from threading import Lock
from time import monotonic

COOKIE = "ritournelle_session"
LIFETIME_SECONDS = 12 * 3600
_MOST_SESSIONS = 1_000


class Sessions:
    """Threads may share it; the server's end is the end of all of them. A session stands for a key, and holds none."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._known: OrderedDict[bytes, tuple[str, float]] = OrderedDict()
        self._lock = Lock()

    def begin(self, key_id: str) -> str:
        """The token of a new session of this key; beyond 1,000 of them the oldest ends."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._known[_hashed(token)] = key_id, self._clock() + LIFETIME_SECONDS
            while len(self._known) > _MOST_SESSIONS:
                self._known.popitem(last=False)
        return token

    def key_id(self, token: str) -> str | None:
        """Whose it is; None for a token that is unknown, or too old."""
        with self._lock:  # looked up by the hash of 256 random bits: how long that takes tells nobody the token
            key_id, ends = self._known.get(_hashed(token), ("", 0.0))
        return key_id if key_id and self._clock() < ends else None

    def end(self, token: str) -> None:
        """Sign out."""
        with self._lock:
            self._known.pop(_hashed(token), None)


def _hashed(token: str) -> bytes:
    return sha256(token[:200].encode("utf-8", "surrogateescape")).digest()
