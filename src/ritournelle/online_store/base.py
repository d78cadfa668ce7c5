"""What the platform asks of an online store: lists of one publication, switched to those of the next all at once.

A list is kept without names: those come from the publication that is served, so that a track that was renamed needs
no list anew. `tests/contract/test_online_store.py` says what every store keeps to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from ritournelle.errors import PermanentError


class StoredList(msgspec.Struct, frozen=True, array_like=True):
    """A list of one listener, best track first; `because_of` holds for each track the heard ones behind it.

    `reason` is what is said where none is; `fallback_reason` as in `RecommendationList`.
    """

    model_version: str
    computed_at: datetime
    reason: str
    fallback_reason: str | None
    tracks: Sequence[int]
    scores: Sequence[float]
    because_of: Sequence[Sequence[int]]


@dataclass(frozen=True)
class ToStore:
    """A packed list on its way in; empty: the listener has none any more. `stamp` is another one when the list is."""

    user_id: int
    stamp: int
    content: bytes


class State(NamedTuple):
    """What is served: the version of a publication ("": none), and how many times it was switched."""

    publication: str = ""
    generation: int = 0


@dataclass(frozen=True)
class Stamps:
    """Of every list that was put in, served or only prepared: users ascending, and the stamp of each."""

    users: NDArray[np.int64]
    stamps: NDArray[np.int64]


class OnlineStore(Protocol):
    """Threads and processes may share it. One process at a time prepares and switches: the run that has the lock.

    Errors: `TransientError` when it cannot be reached, `PermanentError` when it is damaged.
    """

    is_local: bool
    """Whether a question takes microseconds, so that an event loop may ask it."""
    note: str
    """What a certificate of erasure has to say of it besides."""

    def state(self) -> State:
        """What is served now."""

    def find(self, user_id: int) -> tuple[State, bytes]:
        """The packed list that is served now; empty for whom there is none."""

    def stamps(self) -> Stamps:
        """What need not be put in again."""

    def prepare(self, lists: Iterable[ToStore]) -> None:
        """Put in lists that nobody sees before the next switch; killed on the way, some are there and stay."""

    def switch(self, publication: str) -> None:
        """Serve what was prepared, for this publication, from one moment to the next; what it replaces goes."""

    def erase(self, user_id: int) -> int:
        """Remove the lists of a listener, prepared ones too; how many."""

    def count(self, user_id: int) -> int:
        """How many `erase` would remove."""

    def scrub(self) -> None:
        """Let nothing of removed lists stay on the disk, as far as that is in this store's hands."""

    def close(self) -> None:
        """Let it go."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


def packed(stored: StoredList) -> bytes:
    """As bytes (MessagePack)."""
    return msgspec.msgpack.encode(stored)


def unpacked(content: bytes) -> StoredList:
    """From `packed`; `PermanentError` for bytes that are no list."""
    try:
        return _DECODER.decode(content)
    except msgspec.DecodeError as error:
        raise PermanentError(f"a list of the online store cannot be read: {error}") from error


_DECODER = msgspec.msgpack.Decoder(StoredList)
