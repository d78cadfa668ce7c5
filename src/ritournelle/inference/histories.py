"""What listeners heard, kept in memory for whoever asks again: a session asks for a list with each listen."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from time import monotonic
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from cachetools import TTLCache
from numpy.typing import NDArray

from ritournelle.domain.interactions import UNKNOWN
from ritournelle.inference.champion import Champion
from ritournelle.inference.recent import LATEST
from ritournelle.inference.strongest import strongest
from ritournelle.warehouse import marts
from ritournelle.warehouse.base import Warehouse

T = TypeVar("T", pa.Table, NDArray[np.int64])

KEPT_SECONDS = 300.0
"""From when it was read; a listener who was erased in another process is in nobody's memory after that."""
_AT_LEAST = 5_000
"""Bytes of a part without rows: what an empty table of Arrow takes beside them."""


class Histories:
    """Of the listeners of one publication; threads may share it. What was not asked for lately is read again."""

    def __init__(self, most_bytes: int = 64 << 20, clock: Callable[[], float] = monotonic) -> None:
        """`most_bytes` of what is kept: 64 MiB are 50 listeners with 40,000 tracks each, or 4,000 with a hundred."""
        self._kept: TTLCache[Hashable, Any] = TTLCache(most_bytes, KEPT_SECONDS, timer=clock, getsizeof=_size)
        self._lock = Lock()

    def heard(self, warehouse: Warehouse, user_id: int) -> pa.Table:
        """The rows of the query `INTERACTIONS` of this listener."""
        return self._part(("heard", user_id), lambda: _heard(warehouse, user_id))

    def strongest(self, warehouse: Warehouse, user_id: int) -> pa.Table:
        """What they are known by; see `inference.strongest`."""
        return self._part(("strongest", user_id), lambda: strongest(self.heard(warehouse, user_id)))

    def known(self, warehouse: Warehouse, user_id: int, champion: Champion) -> NDArray[np.int64]:
        """Rows of the champion's tracks for what they heard; what it does not know has none."""

        def rows() -> NDArray[np.int64]:
            found = champion.tracks.rows(self.heard(warehouse, user_id)["track_id"])
            return found if found.min(initial=0) != UNKNOWN else found[found != UNKNOWN]

        return self._part(("known", user_id, champion.version), rows)

    def recent(self, warehouse: Warehouse, user_id: int) -> pa.Table:
        """The query `RECENT_LISTENS_OF` for this listener."""
        ask = marts.RECENT_LISTENS_OF.run
        return self._part(("recent", user_id), lambda: ask(warehouse, latest=LATEST, user_ids=[user_id]))

    def _part(self, name: Hashable, make: Callable[[], T]) -> T:
        """What is kept under this name, or what is made now; two that come at once both make it."""
        with self._lock:
            kept: T | None = self._kept.get(name)
        if kept is not None:
            return kept
        made = make()
        if _size(made) <= self._kept.maxsize:
            with self._lock:
                self._kept[name] = made
        return made


def _heard(warehouse: Warehouse, user_id: int) -> pa.Table:
    """A third less of 40,000 tracks than by `INTERACTIONS_OF`: the id is not read as often."""
    found = marts.INTERACTIONS_OF_ONE.run(warehouse, user_id=user_id)
    columns = [pa.repeat(pa.scalar(user_id, pa.int64()), found.num_rows), *found.columns]
    return pa.Table.from_arrays(columns, schema=marts.INTERACTIONS.columns)


def _size(part: pa.Table | NDArray[np.int64]) -> int:
    return int(_AT_LEAST + part.nbytes)
