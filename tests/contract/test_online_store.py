"""What every online store keeps to: SQLite's file, and a Redis server where there is one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import pytest
from redis import Redis

from ritournelle.online_store.base import OnlineStore, State, StoredList, ToStore, packed, unpacked
from ritournelle.errors import SettingsError, TransientError
from ritournelle.online_store.connect import connect_store
from tests.services.redis_server import SERVER, redis_running

NOW = datetime(2026, 11, 26, 4, tzinfo=UTC)
Opened = Callable[[], OnlineStore]


@pytest.fixture(name="redis", scope="module")
def _redis() -> Iterator[str]:
    if SERVER is None:
        pytest.skip("there is no redis-server here")
    with redis_running() as url:
        yield url


@pytest.fixture(name="url", params=["sqlite", "redis"])
def _url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'online.db'}"
    url: str = request.getfixturevalue("redis")
    with Redis.from_url(url) as client:
        client.flushall()
    return url


@pytest.fixture(name="opened")
def _opened(url: str) -> Iterator[Opened]:
    stores: list[OnlineStore] = []

    def store() -> OnlineStore:
        stores.append(connect_store(url))
        return stores[-1]

    yield store
    for one in stores:
        one.close()


def a_list(*tracks: int, version: str = "als-000001") -> StoredList:
    """A list of these tracks, each because of the one before."""
    scores, because_of = [1.0 / track for track in tracks], [[track - 1] for track in tracks]
    return StoredList(version, NOW, "close to your listening as a whole", None, tracks, scores, because_of)


def found(store: OnlineStore, user_id: int) -> list[int]:
    """The tracks of a listener's list."""
    return tracks_in(store.find(user_id)[1])


def tracks_in(content: bytes) -> list[int]:
    """The tracks of a packed list."""
    return list(unpacked(content).tracks) if content else []


def test_an_empty_store_serves_nothing(opened: Opened) -> None:
    store = opened()
    assert (store.state(), store.find(7)) == (State(), (State(), b""))
    assert (len(store.stamps().users), store.count(7), store.erase(7)) == (0, 0, 0)


def test_a_list_comes_back_as_it_went_in(opened: Opened) -> None:
    fallback = StoredList("none", NOW, "popular in the last 28 days", "unknown user 9", [3], [4.0], [[]])
    opened().prepare(
        [
            ToStore(7, 1, packed(a_list(5, 6))),
            ToStore(2**63 - 1, 2, packed(fallback)),
            ToStore(-5, 3, packed(a_list(1))),
        ]
    )
    opened().switch("night-1")
    state, content = opened().find(7)
    assert (state, state.publication) == (State("night-1", 1), "night-1")
    stored = unpacked(content)
    assert stored.computed_at == NOW
    assert (list(stored.tracks), list(stored.because_of)) == ([5, 6], [[4], [5]])
    assert unpacked(opened().find(2**63 - 1)[1]).fallback_reason == "unknown user 9"
    assert (found(opened(), -5), found(opened(), 8)) == ([1], [])


def test_what_is_prepared_is_seen_after_the_switch_and_not_before(opened: Opened) -> None:
    writer, reader = opened(), opened()
    writer.prepare(
        [ToStore(1, 1, packed(a_list(5))), ToStore(2, 2, packed(a_list(6))), ToStore(3, 3, packed(a_list(7)))]
    )
    assert found(reader, 1) == []
    writer.switch("night-1")
    writer.prepare([ToStore(1, 11, packed(a_list(8))), ToStore(2, 0, b"")])
    assert [found(reader, user) for user in (1, 2, 3)] == [[5], [6], [7]]
    writer.switch("night-2")
    assert [found(reader, user) for user in (1, 2, 3)] == [[8], [], [7]]
    assert reader.state() == State("night-2", 2)


def test_what_a_killed_night_prepared_need_not_be_put_in_again(opened: Opened) -> None:
    opened().prepare([ToStore(1, 1, packed(a_list(5))), ToStore(2, 2, packed(a_list(6)))])
    opened().switch("night-1")
    opened().prepare([ToStore(1, 11, packed(a_list(8)))])
    left = opened().stamps()
    assert dict(zip(left.users.tolist(), left.stamps.tolist(), strict=True)) == {1: 11, 2: 2}
    opened().prepare([ToStore(1, 12, packed(a_list(9))), ToStore(2, 0, b"")])
    opened().switch("night-2")
    assert (found(opened(), 1), found(opened(), 2)) == ([9], [])
    assert opened().stamps().users.tolist() == [1]
    assert opened().count(1) == 1, "what was replaced is gone"


def test_a_switch_without_anything_new_serves_the_same(opened: Opened) -> None:
    opened().prepare([ToStore(1, 1, packed(a_list(5)))])
    opened().switch("night-1")
    opened().switch("night-2")
    assert (found(opened(), 1), opened().state().publication) == ([5], "night-2")


def test_who_is_erased_has_no_list_prepared_or_served(opened: Opened) -> None:
    opened().prepare([ToStore(1, 1, packed(a_list(5))), ToStore(2, 2, packed(a_list(6)))])
    opened().switch("night-1")
    opened().prepare([ToStore(1, 11, packed(a_list(8)))])
    assert (opened().count(1), opened().erase(1), opened().count(1)) == (2, 2, 0)
    assert (found(opened(), 1), found(opened(), 2)) == ([], [6])
    opened().switch("night-2")
    assert found(opened(), 1) == []
    assert opened().stamps().users.tolist() == [2]


def test_readers_never_see_half_of_a_switch(opened: Opened) -> None:
    nights, users, ended = 12, range(60), Event()
    opened().prepare(ToStore(user, 1, packed(a_list(1))) for user in users)
    opened().switch("1")

    def read() -> list[tuple[str, list[int]]]:
        store, seen = opened(), []
        while not ended.is_set():
            for user in users:
                state, content = store.find(user)
                seen.append((state.publication, tracks_in(content)))
        return seen

    with ThreadPoolExecutor() as pool:
        reading = [pool.submit(read) for _ in range(2)]
        writer = opened()
        for night in range(2, nights):
            writer.prepare(ToStore(user, night, packed(a_list(night))) for user in users)
            writer.switch(str(night))
        ended.set()
    seen = [one for each in reading for one in each.result()]
    assert seen and {publication for publication, _ in seen} <= {str(night) for night in range(1, nights)}
    assert all(tracks == [int(publication)] for publication, tracks in seen)


def test_a_server_that_is_not_there_may_come_back(tmp_path: Path) -> None:
    with connect_store(f"unix://{tmp_path}/none.sock") as store, pytest.raises(TransientError, match="reached"):
        store.find(7)


def test_a_store_that_nobody_knows_is_refused() -> None:
    with pytest.raises(SettingsError, match="no store for 'memcached'"):
        connect_store("memcached://host")
