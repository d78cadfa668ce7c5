"""A publication in memory: what is the same for everybody's list is read once, and not for each request."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence
from threading import RLock
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ritournelle.domain.interactions import UNKNOWN, IdMap
from ritournelle.inference.backoff import ContentBackoff, backoff_of
from ritournelle.inference.champion import Champion
from ritournelle.inference.fallback import Fallback, freshest_window, of_tracks
from ritournelle.inference.histories import Histories
from ritournelle.inference.rerank import Traits
from ritournelle.warehouse import marts
from ritournelle.warehouse.base import Warehouse

T = TypeVar("T")


class Publication:
    """What lists of one publication share; each part is read when it is first asked for. Threads may share it.

    A server makes a new one with each publication; whoever reads one list alone says that it is not kept. It grows with
    the catalogue (50,000 tracks: 20 MB), not with the listeners.
    """

    def __init__(self, *, is_kept: bool = True) -> None:
        self._is_kept = is_kept
        self.histories = Histories()
        self.known_excluding: Collection[int] = ()
        self.catalogue: tuple[pa.Table, IdMap] | None = None
        """Of a publication that is loaded: the query `WHOLE_CATALOGUE`, and the row of each track in it."""
        self._parts: dict[Hashable, Any] = {}
        self._lock = RLock()

    def part(self, name: Hashable, make: Callable[[], T]) -> T:
        """What was made under this name, now or before; who comes meanwhile waits for it."""
        if name not in self._parts:
            with self._lock:
                if name not in self._parts:
                    self._parts[name] = make()
        found: T = self._parts[name]
        return found

    def is_whole(self, warehouse: Warehouse) -> bool:
        """Whether there is anything to make lists from."""
        return self.part("whole", lambda: warehouse.exists(warehouse.schema("marts"), "track_popularity"))

    def living(self, warehouse: Warehouse) -> NDArray[np.int64]:
        """Ids of the tracks that may be recommended, ascending."""

        def tracks() -> NDArray[np.int64]:
            found: NDArray[np.int64] = marts.LIVING_TRACKS.run(warehouse)["track_id"].to_numpy()
            return found

        return self.part("living", tracks)

    def content(self, warehouse: Warehouse) -> pa.Table:
        """The query `TRACK_CONTENT`."""
        return self.part("content", lambda: marts.TRACK_CONTENT.run(warehouse))

    def popularity(self, warehouse: Warehouse) -> pa.Table:
        """The query `TRACK_POPULARITY`."""
        return self.part("popularity", lambda: marts.TRACK_POPULARITY.run(warehouse))

    def fallback(self, warehouse: Warehouse, list_length: int, *, only_living: bool = False) -> Fallback:
        """What is popular, for lists of this length; raises `NothingToLearnError` when nothing was ever played."""

        def living() -> pa.Table:
            return of_tracks(self.popularity(warehouse), self.living(warehouse))

        plays = self.part("plays of the living", living) if only_living else self.popularity(warehouse)
        window = freshest_window(plays, list_length)
        return self.part(("fallback", window, only_living), lambda: Fallback.in_window(plays, window))

    def excluding(self, warehouse: Warehouse) -> Collection[int]:
        """Who had taken anything out of their taste when it was made."""

        def users() -> Collection[int]:
            if not warehouse.exists(warehouse.schema("core"), "taste_exclusions"):
                return frozenset()
            return frozenset(marts.EXCLUDING_USERS.run(warehouse)["user_id"].to_pylist())

        return self.part("excluding", users)

    def load(self, warehouse: Warehouse) -> None:
        """Read what stored lists are answered with; `is_loaded` from then on."""
        catalogue = self._catalogue(warehouse)
        self.known_excluding = self.excluding(warehouse)
        self.catalogue = catalogue

    @property
    def is_loaded(self) -> bool:
        """Whether nothing has to be read any more for who answers with stored lists."""
        return self.catalogue is not None

    def candidates(self, warehouse: Warehouse, champion: Champion) -> NDArray[np.int64]:
        """Rows of the champion's tracks that may be recommended."""

        def known() -> NDArray[np.int64]:
            rows = champion.tracks.rows(self.living(warehouse))
            found: NDArray[np.int64] = rows[rows != UNKNOWN]
            return found

        return self.part(("candidates", champion.version), known)

    def allowed_but(self, warehouse: Warehouse, champion: Champion, *without: NDArray[np.int64]) -> NDArray[np.bool_]:
        """The same as a mask, without some rows, all of tracks that the champion knows."""

        def all_of_them() -> NDArray[np.bool_]:
            allowed = np.zeros(len(champion.tracks), dtype=np.bool_)
            allowed[self.candidates(warehouse, champion)] = True
            return allowed

        allowed: NDArray[np.bool_] = self.part(("allowed", champion.version), all_of_them).copy()
        for rows in without:
            allowed[rows] = False
        return allowed

    def traits(self, warehouse: Warehouse, champion: Champion) -> Traits:
        """What the rules of rerank know of the champion's tracks."""
        return self.part(
            ("traits", champion.version),
            lambda: Traits.of(champion.tracks, self.content(warehouse), self.popularity(warehouse)),
        )

    def backoff(self, warehouse: Warehouse) -> ContentBackoff | None:
        """Content as a model; None where there are no tracks."""

        return self.part("backoff", lambda: backoff_of(self.content(warehouse)))

    def tracks_by(self, warehouse: Warehouse, artists: Sequence[str]) -> list[int]:
        """Ids of the living tracks of these artists (A–Z in any case)."""
        content = self.content(warehouse)
        names = self.part("artists", lambda: pc.ascii_lower(content["artist"]))
        wanted = pc.ascii_lower(pa.array(artists, pa.string()))
        found: list[int] = content["track_id"].filter(pc.is_in(names, value_set=wanted)).to_pylist()
        return found

    def named(self, warehouse: Warehouse, track_ids: Sequence[int]) -> pa.Table:
        """The query `CATALOGUE` for these tracks."""
        wanted = sorted(set(track_ids))
        if not self._is_kept:
            return marts.CATALOGUE.run(warehouse, track_ids=wanted)
        catalogue, places = self._catalogue(warehouse)
        rows = places.rows(np.array(wanted, dtype=np.int64))
        return catalogue.take(rows[rows != UNKNOWN])

    def _catalogue(self, warehouse: Warehouse) -> tuple[pa.Table, IdMap]:
        catalogue = self.part("catalogue", lambda: marts.WHOLE_CATALOGUE.run(warehouse).combine_chunks())
        return catalogue, self.part("places", lambda: IdMap.of(catalogue["track_id"]))
