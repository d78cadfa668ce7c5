"""What every broker must do. A new one joins by a factory in `BROKERS`; Kafka and Pub/Sub run the same tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest

from ritournelle.streaming.broker import Broker, Consumer, Message, Outgoing
from ritournelle.streaming.connect import connect_broker

OpenBroker = Callable[[], Broker]
"""Opens one more connection to the same event log."""

WAIT_SECONDS = 10.0
"""For what must come: a broker on a server needs a while to deal out its partitions."""
QUIET_SECONDS = 0.3
"""For what must not."""


def local_log(folder: Path) -> OpenBroker:
    """The log in the home."""
    return lambda: connect_broker("local:", folder / "events")


BROKERS: dict[str, Callable[[Path], OpenBroker]] = {"local": local_log}


@pytest.fixture(name="connect", params=sorted(BROKERS))
def broker_of_one_kind(request: pytest.FixtureRequest, tmp_path: Path) -> OpenBroker:
    return BROKERS[request.param](tmp_path)


def send(broker: Broker, *texts: str, topic: str = "listens", key: str = "1") -> None:
    broker.publish([Outgoing(topic, key, text.encode()) for text in texts])


def take(consumer: Consumer, wanted: int) -> list[Message]:
    """So many messages, in as many polls as it takes; fewer only when no more come."""
    found: list[Message] = []
    while len(found) < wanted:
        more = consumer.poll(wanted - len(found), WAIT_SECONDS)
        if not more:
            break
        found += more
    return found


def texts(messages: list[Message]) -> list[str]:
    return [message.value.decode() for message in messages]


def test_what_is_published_is_consumed_in_its_order(connect: OpenBroker) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    with connect() as broker, connect() as other, other.consume("listens", "group") as consumer:
        send(broker, "a", "b")
        send(broker, "c", topic="feedback")
        send(broker, "d")
        found = take(consumer, 3)
        assert texts(found) == ["a", "b", "d"]
        assert {(message.topic, message.key) for message in found} == {("listens", "1")}
        assert all(before < message.published_at <= datetime.now(UTC) + timedelta(seconds=1) for message in found)
        assert len({(message.partition, message.offset) for message in found}) == 3
        assert consumer.poll(10, QUIET_SECONDS) == []


def test_values_are_bytes_and_may_be_empty_or_large(connect: OpenBroker) -> None:
    values = [b"", bytes(range(256)), b"x" * 900_000, b"\n"]
    with connect() as broker, broker.consume("listens", "group") as consumer:
        broker.publish([Outgoing("listens", "é", value) for value in values])
        found = take(consumer, 4)
        assert [message.value for message in found] == values
        assert {message.key for message in found} == {"é"}


def test_publishing_nothing_is_no_error(connect: OpenBroker) -> None:
    with connect() as broker:
        broker.publish([])


def test_a_group_begins_with_the_oldest_message(connect: OpenBroker) -> None:
    with connect() as broker:
        send(broker, "before anybody listened")
        with broker.consume("listens", "late") as consumer:
            assert texts(take(consumer, 1)) == ["before anybody listened"]


def test_what_was_not_committed_comes_again(connect: OpenBroker) -> None:
    with connect() as broker:
        send(broker, "a", "b", "c")
        with broker.consume("listens", "group") as consumer:
            assert texts(take(consumer, 1)) == ["a"]
            consumer.commit()
            assert texts(take(consumer, 2)) == ["b", "c"]
        with broker.consume("listens", "group") as consumer:
            assert texts(take(consumer, 2)) == ["b", "c"]
            consumer.commit()
        with broker.consume("listens", "group") as consumer:
            assert consumer.poll(10, QUIET_SECONDS) == []


def test_groups_do_not_know_each_other(connect: OpenBroker) -> None:
    with connect() as broker:
        send(broker, "a")
        for group in ("one", "other"):
            with broker.consume("listens", group) as consumer:
                assert texts(take(consumer, 1)) == ["a"]
                consumer.commit()


def test_members_of_a_group_share_the_messages_and_take_over(connect: OpenBroker) -> None:
    with connect() as broker, connect() as second_connection:
        first = broker.consume("listens", "group")
        send(broker, "a")
        assert texts(take(first, 1)) == ["a"]
        first.commit()
        with second_connection.consume("listens", "group") as second:
            assert second.poll(10, QUIET_SECONDS) == []
            send(broker, "b")
            seen = texts(first.poll(10, QUIET_SECONDS))  # whoever has the partition; it does not commit
            first.close()
            assert texts(take(second, 1)) == ["b"]
            assert seen in ([], ["b"])


def test_start_goes_back_to_where_its_owner_was(connect: OpenBroker) -> None:
    with connect() as broker:
        send(broker, "a", "b", "c")
        with broker.consume("listens", "group") as consumer:
            take(consumer, 1)
            after_the_first = dict(consumer.positions)
            take(consumer, 2)
            consumer.commit()
        with broker.consume("listens", "group", start=after_the_first) as consumer:
            assert texts(take(consumer, 2)) == ["b", "c"]
        with broker.consume("listens", "group", start={}) as consumer:
            assert texts(take(consumer, 3)) == ["a", "b", "c"]


def test_a_log_has_a_name_of_its_own_that_stays(connect: OpenBroker) -> None:
    with connect() as broker:
        names = {topic: broker.log_id(topic) for topic in ("listens", "feedback")}
        assert all(names.values())
    with connect() as broker:
        assert {topic: broker.log_id(topic) for topic in names} == names


def test_erased_messages_come_to_nobody(connect: OpenBroker) -> None:
    with connect() as broker:
        send(broker, "a", key="7")
        send(broker, "b", key="77")
        send(broker, "c", key="7", topic="feedback")
        assert broker.erase(["7"]) == 2
        assert broker.erase(["7"]) == 0
        with broker.consume("listens", "group") as consumer, broker.consume("feedback", "group") as other:
            assert texts(take(consumer, 1)) == ["b"]
            assert other.poll(10, QUIET_SECONDS) == []
            send(broker, "d", key="7")
            assert texts(take(consumer, 1)) == ["d"]


def test_messages_that_a_group_waits_for_do_not_expire(connect: OpenBroker) -> None:
    later = datetime.now(UTC) + timedelta(days=1)
    with connect() as broker:
        send(broker, "a")
        with broker.consume("listens", "group"):
            broker.expire(later)
        with broker.consume("listens", "group") as consumer:
            assert texts(take(consumer, 1)) == ["a"]


def test_threads_share_a_connection(connect: OpenBroker) -> None:
    with connect() as broker:
        threads = [Thread(target=send, args=(broker, *(f"{n}.{m}" for m in range(20)))) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with broker.consume("listens", "group") as consumer:
            found = texts(take(consumer, 160))
    assert sorted(found) == sorted(f"{n}.{m}" for n in range(8) for m in range(20))
    for n in range(8):
        assert [text for text in found if text.startswith(f"{n}.")] == [f"{n}.{m}" for m in range(20)]


def test_what_is_held_of_a_key_is_what_erasing_would_overwrite(connect: OpenBroker) -> None:
    with connect() as broker:
        send(broker, "a", "b", key="7")
        send(broker, "c", topic="feedback", key="7")
        send(broker, "d", key="8")
        assert sorted(texts(broker.held("7"))) == ["a", "b", "c"]
        assert {message.topic for message in broker.held("7")} == {"listens", "feedback"}
        with broker.consume("listens", "group") as consumer:  # read and committed, it is held all the same
            assert len(take(consumer, 3)) == 3
            consumer.commit()
        assert len(broker.held("7")) == broker.erase(["7"]) == 3
        assert broker.held("7") == [] and texts(broker.held("8")) == ["d"]


def test_what_waits_for_a_group_is_known_since_when(connect: OpenBroker) -> None:
    with connect() as broker, connect() as other:
        assert broker.waiting_since("listens", "group") is None
        before = datetime.now(UTC) - timedelta(seconds=1)
        send(broker, "a", "b")
        since = other.waiting_since("listens", "group")
        assert since is not None and before <= since <= datetime.now(UTC) + timedelta(seconds=1)
        with broker.consume("listens", "group") as consumer:
            (first,) = take(consumer, 1)
            assert first.published_at == since
            consumer.commit()
            later = other.waiting_since("listens", "group")
            assert later is not None and later >= since
            take(consumer, 1)
            consumer.commit()
        assert other.waiting_since("listens", "group") is None
        assert other.waiting_since("listens", "other-group") == since


def test_erased_messages_do_not_wait(connect: OpenBroker) -> None:
    with connect() as broker:
        send(broker, "a", key="7")
        broker.erase(["7"])
        assert broker.waiting_since("listens", "group") is None


def test_a_check_publishes_nothing(connect: OpenBroker) -> None:
    with connect() as broker:
        send(broker, "a")
        broker.check()
        with broker.consume("listens", "group") as consumer:
            assert texts(take(consumer, 1)) == ["a"]
            assert consumer.poll(1, QUIET_SECONDS) == []
