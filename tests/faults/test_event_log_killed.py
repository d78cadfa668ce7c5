"""SIGKILL of writers, consumers and loaders at random: what was acknowledged is there once, whatever dies when."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ritournelle.domain.listens import ListenEvent
from ritournelle.ingestion.events import load_events
from ritournelle.runs.record import begin_run
from ritournelle.streaming.connect import connect_broker
from ritournelle.streaming.local.broker import LocalBroker
from ritournelle.streaming.messages import decode
from ritournelle.streaming.topics import Topic
from ritournelle.warehouse.connect import connect
from ritournelle.warehouse.tables import TABLES

pytestmark = pytest.mark.slow

WRITER = """
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from ritournelle.domain.listens import ListenEvent
from ritournelle.streaming.local.broker import LocalBroker
from ritournelle.streaming.messages import outgoing

def write(thread):
    number = 0
    while True:
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number)
        events = [ListenEvent.of(int(sys.argv[2]) * 10 + thread, track, at) for track in range(number % 4 + 1)]
        broker.publish(outgoing(events))
        sys.stdout.write("".join(event.listen_id + "\\n" for event in events))  # acknowledged
        sys.stdout.flush()
        number += 1
        time.sleep(0.02)

broker = LocalBroker(Path(sys.argv[1]), segment_bytes=20_000)
for thread in range(3):
    Thread(target=write, args=(thread,)).start()
"""

CONSUMER = """
import sys
from pathlib import Path
from ritournelle.streaming.local.broker import LocalBroker
from ritournelle.streaming.messages import decode
from ritournelle.streaming.topics import Topic

with LocalBroker(Path(sys.argv[1])).consume("listens", "killed") as consumer:
    while True:
        messages = consumer.poll(50, 0.1)
        for message in messages:
            print(decode(Topic.LISTENS, message.value).listen_id, flush=True)  # processed, perhaps not committed
        consumer.commit()
"""

LOADER = """
import sys
from pathlib import Path
from ritournelle.ingestion.events import load_events
from ritournelle.runs.record import begin_run
from ritournelle.streaming.local.broker import LocalBroker
from ritournelle.warehouse.connect import connect

while True:
    with connect(f"duckdb:///{sys.argv[2]}") as warehouse:
        load_events(warehouse, LocalBroker(Path(sys.argv[1])), begin_run(warehouse, "run"), batch=40)
        print("loaded", flush=True)
"""


@contextmanager
def running(code: str, *arguments: object, output: Path) -> Iterator[None]:
    """A process that writes to a file, killed at the end."""
    with output.open("ab") as file:
        process = subprocess.Popen(  # pylint: disable=consider-using-with
            [sys.executable, "-c", code, *map(str, arguments)], stdout=file
        )
        try:
            yield
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()


@contextmanager
def killed_at_work(code: str, *arguments: object, output: Path, after: float) -> Iterator[None]:
    """A process that is killed so many seconds after it has begun to tell of its work, however slow the machine is."""
    before = output.stat().st_size if output.exists() else 0
    with running(code, *arguments, output=output):
        until = time.monotonic() + 60
        while output.stat().st_size == before and time.monotonic() < until:
            time.sleep(0.02)
        yield
        time.sleep(after)


def lines(path: Path) -> list[str]:
    """The whole lines; a kill may have cut the last one."""
    return [line for line in path.read_text().split("\n") if len(line) == 32]


def consumed(events: Path, group: str) -> list[str]:
    """The ids of all messages that a group has still to read."""
    found: list[str] = []
    with LocalBroker(events).consume("listens", group) as consumer:
        while messages := consumer.poll(1_000):
            for message in messages:
                event = decode(Topic.LISTENS, message.value)
                assert isinstance(event, ListenEvent)
                found.append(event.listen_id)
    return found


def killed_writers(events: Path, told: Path, seed: int) -> None:
    """Two writers of three threads each, killed and started again a few times."""
    choice = random.Random(seed)
    for life in range(3):
        with killed_at_work(WRITER, events, 2 * life, output=told, after=choice.random()):
            with killed_at_work(WRITER, events, 2 * life + 1, output=told, after=choice.random()):
                pass


def test_writers_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    events, told = tmp_path / "events", tmp_path / "told"
    killed_writers(events, told, seed=1)
    acknowledged, found = lines(told), Counter(consumed(events, "after"))
    assert len(acknowledged) > 50
    assert set(acknowledged) <= set(found)
    assert max(found.values()) == 1  # nobody published one again
    assert len(list((events / "listens").glob("*.log"))) > 1


def test_consumers_process_everything_at_least_once(tmp_path: Path) -> None:
    events, told, processed = tmp_path / "events", tmp_path / "told", tmp_path / "processed"
    choice = random.Random(2)
    with running(WRITER, events, 1, output=told):
        for _ in range(3):  # two of a group: the other one takes over
            with running(CONSUMER, events, output=processed):
                with killed_at_work(CONSUMER, events, output=processed, after=choice.random()):
                    pass
    done = set(lines(processed)) | set(consumed(events, "killed"))
    assert len(lines(told)) > 50
    assert set(lines(told)) <= done


def test_loaders_load_everything_once(tmp_path: Path) -> None:
    events, told, warehouse_path = tmp_path / "events", tmp_path / "told", tmp_path / "warehouse.duckdb"
    choice = random.Random(3)
    with connect(f"duckdb:///{warehouse_path}") as warehouse:
        warehouse.ensure(TABLES)
    with running(WRITER, events, 1, output=told):
        for _ in range(3):
            with killed_at_work(LOADER, events, warehouse_path, output=tmp_path / "loaded", after=choice.random()):
                pass
    with connect(f"duckdb:///{warehouse_path}") as warehouse:
        before = warehouse.read("SELECT count(*) AS n FROM raw.src_listen_events")["n"][0].as_py()
        broker = connect_broker("local:", events)
        load_events(warehouse, broker, begin_run(warehouse, "run"))
        found = Counter(warehouse.read("SELECT listen_id FROM raw.src_listen_events")["listen_id"].to_pylist())
        broker.expire(datetime.now(UTC))  # what is loaded may go, and nothing comes again for that
        assert (load_events(warehouse, broker, begin_run(warehouse, "run")).measures or {})["landed"] == 0
    assert before > 0
    assert set(lines(told)) <= set(found)
    assert max(found.values()) == 1
