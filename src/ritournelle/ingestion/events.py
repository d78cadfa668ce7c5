"""From the event log to raw: drained in batches, each together with its offsets in one transaction (ADR 10).

The offsets live in the warehouse, beside what was made of the messages: a kill at any moment neither loses one nor
loads one twice. Ids do the same once more, for brokers that know no offsets and logs that begin anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import xxhash

from ritournelle.domain.clock import utc_now
from ritournelle.domain.sources import Source
from ritournelle.forgotten.forgotten import Forgotten, IsForgotten
from ritournelle.ingestion.event_rows import LANDINGS, Received, Stamp, Written, write_events
from ritournelle.ingestion.known import latest_epoch
from ritournelle.ingestion.pages import LONGEST_INTEGER
from ritournelle.ingestion.quarantine import resolved
from ritournelle.ingestion.replay import ReplayReport
from ritournelle.runs.record import Run, Step
from ritournelle.streaming.broker import Broker, Message
from ritournelle.streaming.messages import Poison, Told, decode, events_in
from ritournelle.streaming.topics import Topic
from ritournelle.warehouse.base import Warehouse
from ritournelle.warehouse.tables import QUARANTINE_ROWS, STREAM_OFFSETS

GROUP = "warehouse"
"""The consumer group of the daily run."""
BATCH = 10_000
"""Messages of one transaction, and rows of one statement: engines take about three times as many parameters."""
STEP = "events"


@dataclass
class Counts:
    """What a run made of a topic: `landed` is the sum of the next four, of which a list has one per track.

    `erased` messages were left out.
    """

    landed: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    quarantined: int = 0
    erased: int = 0

    def add(self, other: Counts) -> None:
        """Count further ones."""
        for name, number in asdict(other).items():
            setattr(self, name, getattr(self, name) + number)


def load_events(
    warehouse: Warehouse, broker: Broker, run: Run, *, batch: int = BATCH, forgotten: Forgotten | None = None
) -> Step:
    """Load everything that the topics of `LANDINGS` hold by now; the step says how much of each.

    They belong to the population that is known now: call it before the app is read, which may begin a new one. What is
    told of `forgotten` listeners is left out.
    Errors as of the broker and the warehouse; what was loaded before stays, and is not loaded again.
    """
    started = utc_now()
    stamp = Stamp(run, latest_epoch(warehouse, Source.LISTEN_HISTORY), started)
    is_forgotten = None if forgotten is None else forgotten.of_epoch(stamp.source_epoch)
    of_topic = {topic: _Drain(warehouse, broker, topic, stamp, is_forgotten).run(batch) for topic in LANDINGS}
    total = Counts()
    for counts in of_topic.values():
        total.add(counts)
    details = {str(topic): asdict(counts) for topic, counts in of_topic.items()}
    return Step(STEP, "succeeded", started, _told(of_topic, total), measures=asdict(total), details={"topics": details})


class _Drain:
    """Loads one topic."""

    def __init__(
        self, warehouse: Warehouse, broker: Broker, topic: Topic, stamp: Stamp, is_forgotten: IsForgotten | None
    ) -> None:
        self._warehouse = warehouse
        self._broker = broker
        self._topic = topic
        self._stamp = stamp
        self._is_forgotten = is_forgotten

    def run(self, batch: int) -> Counts:
        """Batch after batch, until one is not full: what is told meanwhile waits for the next run."""
        counts, log_id = Counts(), self._broker.log_id(self._topic)
        start = _stored_offsets(self._warehouse, self._topic, log_id)
        with self._broker.consume(self._topic, GROUP, start=start) as consumer:
            while messages := consumer.poll(batch):
                with self._warehouse.transaction():
                    counts.add(self._write(messages))
                    self._keep(consumer.positions, log_id)
                consumer.commit()
                if len(messages) < batch:
                    break
        return counts

    def _write(self, told: Sequence[Message]) -> Counts:
        messages = [message for message in told if not self._is_out(message.key)]
        read = [(message, decode(self._topic, message.value)) for message in messages]
        poison = {message: found for message, found in read if isinstance(found, Poison)}
        good = [(found, message.published_at) for message, found in read if not isinstance(found, Poison)]
        written = _write(self._warehouse, self._topic, good, self._stamp)
        _quarantine(self._warehouse, self._topic, poison, self._stamp.run)
        landed = written.inserted + written.updated + written.unchanged + len(poison)
        erased = len(told) - len(messages)
        return Counts(landed, written.inserted, written.updated, written.unchanged, len(poison), erased)

    def _is_out(self, key: str) -> bool:
        is_number = key.removeprefix("-").isdecimal() and len(key) <= LONGEST_INTEGER
        return self._is_forgotten is not None and is_number and self._is_forgotten(int(key))

    def _keep(self, positions: Mapping[int, int], log_id: str) -> None:
        common = {"topic": str(self._topic), "log_id": log_id, "run_id": self._stamp.run.run_id}
        rows = [
            common | {"partition": partition, "next_offset": offset, "committed_at": utc_now()}
            for partition, offset in positions.items()
        ]
        self._warehouse.upsert(STREAM_OFFSETS, STREAM_OFFSETS.rows(rows))


def replay_events(warehouse: Warehouse, run: Run) -> list[ReplayReport]:
    """Read the quarantined messages again and load those that are good now, each topic in one transaction."""
    stamp = Stamp(run, latest_epoch(warehouse, Source.LISTEN_HISTORY), utc_now())
    return [_replay(warehouse, topic, stamp) for topic in LANDINGS]


def _replay(warehouse: Warehouse, topic: Topic, stamp: Stamp) -> ReplayReport:
    query = "SELECT * FROM quarantine.rows WHERE source = ? AND status = 'open' ORDER BY quarantine_id LIMIT ?"
    waiting = warehouse.read(query, [str(topic), BATCH]).to_pylist()
    read = [(row, decode(topic, row["payload"].encode())) for row in waiting]
    good = [(row, found) for row, found in read if not isinstance(found, Poison)]
    if good:
        with warehouse.transaction():
            _write(warehouse, topic, [(found, row["quarantined_at"]) for row, found in good], stamp)
            done = [resolved(row, "replayed", stamp.run) for row, _ in good]
            warehouse.upsert(QUARANTINE_ROWS, QUARANTINE_ROWS.rows(done))
    return ReplayReport(topic, len(good), len(waiting) - len(good))


def _write(warehouse: Warehouse, topic: Topic, told: Iterable[tuple[Told, datetime]], stamp: Stamp) -> Written:
    """As `write_events`, of what was told when: a list becomes its exposures only as they are written."""
    events = (Received(event, received_at) for one, received_at in told for event in events_in(one))
    total = Written(0, 0, 0)
    while some := list(islice(events, BATCH)):
        total += write_events(warehouse, LANDINGS[topic], some, stamp)
    return total


def _stored_offsets(warehouse: Warehouse, topic: Topic, log_id: str) -> dict[int, int]:
    """Partition → offset after what was loaded of this log; nothing when it is another one now."""
    query = f"SELECT * FROM {STREAM_OFFSETS} WHERE topic = ? AND log_id = ?"
    rows = warehouse.read(query, [str(topic), log_id]).to_pylist()
    return {row["partition"]: row["next_offset"] for row in rows}


def _quarantine(warehouse: Warehouse, topic: Topic, poison: Mapping[Message, Poison], run: Run) -> None:
    """Keep what cannot be used, once: a message that comes again finds itself there."""
    rows = {record["quarantine_id"]: record for record in _as_records(topic, poison, run)}
    if not rows:
        return
    places = ", ".join("?" for _ in rows)
    found = warehouse.read(f"SELECT quarantine_id FROM quarantine.rows WHERE quarantine_id IN ({places})", list(rows))
    known = set(found["quarantine_id"].to_pylist())
    warehouse.append(QUARANTINE_ROWS, QUARANTINE_ROWS.rows([rows[name] for name in rows.keys() - known]))


def _as_records(topic: Topic, poison: Mapping[Message, Poison], run: Run) -> list[dict[str, Any]]:
    return [
        {
            "quarantine_id": xxhash.xxh3_128_hexdigest(f"{topic}|{found.text}".encode()),
            "source": str(topic),
            "source_key": message.key,
            "kind": "contract",
            "reason": found.reason,
            "payload": found.text,
            "run_id": run.run_id,
            "quarantined_at": run.started_at,
            "last_seen_run_id": run.run_id,
            "status": "open",
        }
        for message, found in poison.items()
    ]


def _told(of_topic: Mapping[Topic, Counts], total: Counts) -> str:
    if not total.landed:
        return "nothing was told since the last run"
    told = ", ".join(f"{counts.landed:,} {topic}" for topic, counts in of_topic.items() if counts.landed)
    quarantined = f"; {total.quarantined:,} of them in quarantine" if total.quarantined else ""
    return f"{told}: {total.inserted:,} new, {total.updated:,} given later, {total.unchanged:,} known{quarantined}"
