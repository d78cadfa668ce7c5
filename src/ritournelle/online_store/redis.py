"""The online store on a Redis server, which servers of several machines share.

`ritournelle:list:{user}` is a hash of lists by the number of the switch that serves them (`generation`), most often
one; `ritournelle:stamps` holds the newest stamp of each listener, and `ritournelle:changed:{generation}` whose lists
that switch replaced.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, Self

import numpy as np
from redis import Redis
from redis.exceptions import ConnectionError as Unreachable
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as TooSlow

from ritournelle.errors import PermanentError, TransientError
from ritournelle.online_store.base import Stamps, State, ToStore

_PREFIX = "ritournelle:"
_STATE, _STAMPS = f"{_PREFIX}state", f"{_PREFIX}stamps"
_AT_ONCE = 500
_SECONDS = 2.0
"""Longest wait for a connection, and for an answer."""


class RedisStore:
    """See `online_store.base.OnlineStore`. Memory it takes: about 1 kB for each list of 20 tracks."""

    is_local = False
    note = "what Redis keeps on its disk goes with its next snapshot or rewrite, and from replicas with their next sync"

    def __init__(self, url: str) -> None:
        self._client: Any = Redis.from_url(url, socket_connect_timeout=_SECONDS, socket_timeout=_SECONDS)

    def state(self) -> State:
        """See the protocol."""
        with _reached():
            return _state(self._client.hmget(_STATE, "publication", "generation"))

    def find(self, user_id: int) -> tuple[State, bytes]:
        """See the protocol; one question, answered from one moment."""
        with _reached(), self._client.pipeline(transaction=True) as pipe:
            pipe.hmget(_STATE, "publication", "generation")
            pipe.hgetall(_list(user_id))
            told, lists = pipe.execute()
        state = _state(told)
        served = [int(generation) for generation in lists if int(generation) <= state.generation]
        return state, lists[b"%d" % max(served)] if served else b""

    def stamps(self) -> Stamps:
        """See the protocol."""
        with _reached():
            found = {int(user): int(stamp) for user, stamp in self._client.hgetall(_STAMPS).items()}
        users = sorted(found)
        stamps = [found[user] for user in users]
        return Stamps(np.array(users, dtype=np.int64), np.array(stamps, dtype=np.int64))

    def prepare(self, lists: Iterable[ToStore]) -> None:
        """See the protocol."""
        generation, waiting = self.state().generation + 1, iter(lists)
        while some := list(islice(waiting, _AT_ONCE)):
            with _reached(), self._client.pipeline(transaction=True) as pipe:
                for one in some:
                    pipe.hset(_list(one.user_id), str(generation), one.content)
                    pipe.sadd(_changed(generation), one.user_id)
                    if one.content:
                        pipe.hset(_STAMPS, str(one.user_id), one.stamp)
                    else:
                        pipe.hdel(_STAMPS, str(one.user_id))
                pipe.execute()

    def switch(self, publication: str) -> None:
        """See the protocol."""
        generation = self.state().generation + 1
        with _reached():
            self._client.hset(_STATE, mapping={"publication": publication, "generation": generation})
        self._clear(generation)

    def erase(self, user_id: int) -> int:
        """See the protocol."""
        with _reached(), self._client.pipeline(transaction=True) as pipe:
            pipe.hlen(_list(user_id))
            pipe.delete(_list(user_id))
            pipe.hdel(_STAMPS, str(user_id))
            for key in self._client.scan_iter(_changed("*")):
                pipe.srem(key, user_id)
            return int(pipe.execute()[0])

    def count(self, user_id: int) -> int:
        """See the protocol."""
        with _reached():
            return int(self._client.hlen(_list(user_id)))

    def scrub(self) -> None:
        """Nothing: its disk is not in our hands."""

    def close(self) -> None:
        """See the protocol."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _clear(self, generation: int) -> None:
        """Remove what was replaced, by this switch and by those that were killed before they had done it."""
        with _reached():
            for key in sorted(self._client.scan_iter(_changed("*"))):
                if int(key.rpartition(b":")[2]) <= generation:
                    self._clear_users(key, generation)
                    self._client.delete(key)

    def _clear_users(self, key: bytes, generation: int) -> None:
        users = self._client.sscan_iter(key, count=_AT_ONCE)
        while some := [int(user) for user in islice(users, _AT_ONCE)]:
            with self._client.pipeline(transaction=False) as pipe:
                for user in some:
                    pipe.hgetall(_list(user))
                found = pipe.execute()
                for user, lists in zip(some, found, strict=True):
                    old = _replaced(lists, generation)
                    if old:
                        pipe.hdel(_list(user), *old)
                pipe.execute()


def _replaced(lists: dict[bytes, bytes], generation: int) -> list[bytes]:
    """Which lists of a listener nobody is served any more, from this generation on."""
    served = sorted((int(one) for one in lists if int(one) <= generation), reverse=True)
    kept = served[:1] if served and lists[b"%d" % served[0]] else []
    return [b"%d" % one for one in served if one not in kept]


def _state(told: list[bytes | None]) -> State:
    publication, generation = told
    return State() if publication is None else State(publication.decode(), int(generation or 0))


def _list(user_id: int) -> str:
    return f"{_PREFIX}list:{user_id}"


def _changed(generation: int | str) -> str:
    return f"{_PREFIX}changed:{generation}"


@contextmanager
def _reached() -> Iterator[None]:
    try:
        yield
    except (Unreachable, TooSlow) as error:
        raise TransientError(f"the online store cannot be reached: {type(error).__name__}") from error
    except RedisError as error:
        raise PermanentError(f"the online store refused a command: {type(error).__name__}") from error
