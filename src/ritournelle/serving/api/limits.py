"""How often somebody may ask: token buckets, one per key, per address and per listener."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from time import monotonic

_MOST_BUCKETS = 100_000
_BURST_SECONDS = 5.0
"""Who was silent may catch up on so many seconds at once."""


class Buckets:
    """Of one kind, each filled with `per_second` tokens; 0: nobody is limited. Threads may share it."""

    def __init__(self, per_second: float, clock: Callable[[], float] = monotonic) -> None:
        self._rate, self._clock = per_second, clock
        self._most = max(1.0, per_second * _BURST_SECONDS)
        self._filled: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def take(self, name: str) -> int:
        """0 when a token was taken, else the seconds after which there is one."""
        if not self._rate:
            return 0
        now = self._clock()
        with self._lock:
            tokens, since = self._filled.pop(name, (self._most, now))
            tokens = min(self._most, tokens + (now - since) * self._rate)
            is_allowed = tokens >= 1
            self._filled[name] = (tokens - 1 if is_allowed else tokens), now
            if len(self._filled) > _MOST_BUCKETS:
                self._filled.popitem(last=False)
        return 0 if is_allowed else max(1, math.ceil((1 - tokens) / self._rate))
