"""The local log after what may happen to it: torn tails, lost marks, damage, full segments, forks, errors of the disk."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from threading import Barrier, Thread
from unittest import TestCase

from ritournelle.errors import SettingsError, StreamError, StreamUnavailableError
from ritournelle.streaming.broker import Outgoing
from ritournelle.streaming.connect import connect_broker
from ritournelle.streaming.local.broker import LocalBroker
from ritournelle.streaming.local.group_commit import GroupCommit
from ritournelle.streaming.local.log import TopicLog
from ritournelle.streaming.local.records import packed, records_in


class LocalLogTest(TestCase):
    """A log of one topic in a folder."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()  # pylint: disable=consider-using-with
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name) / "listens"
        self.log = TopicLog(self.folder, 1_000)

    def append(self, *values: str) -> None:
        self.log.append([packed(0, b"1", value.encode()) for value in values])

    def values(self, offset: int = 0) -> list[str]:
        return [record.value.decode() for record in TopicLog(self.folder, 1_000).read(offset, 1_000)]

    def last_segment(self) -> Path:
        return max(self.folder.glob("*.log"))

    def test_a_torn_tail_is_cut_off_and_the_log_goes_on(self) -> None:
        self.append("a")
        torn = packed(0, b"1", b"torn")
        for length in range(1, len(torn)):
            with self.last_segment().open("ab") as file:
                file.write(torn[:length])
            self.append(str(length))
        self.assertEqual(self.values(), ["a", *map(str, range(1, len(torn)))])

    def test_a_whole_record_that_was_not_acknowledged_is_kept(self) -> None:
        self.append("a")
        with self.last_segment().open("ab") as file:
            file.write(packed(0, b"1", b"whole") + b"\0" * 40)
        self.assertEqual(self.log.read(self.log.end(), 10), [])  # no reader sees it before it is durable
        self.assertEqual(self.values(), ["a", "whole"])

    def test_a_mark_that_is_lost_old_or_nonsense_is_found_again(self) -> None:
        self.append("a", "b")
        old = (self.folder / "durable").read_bytes()
        self.append("c")
        for content in (old, b"", b"nonsense 123", old[:8] + b"\0\0\0\0"):
            (self.folder / "durable").write_bytes(content)
            self.assertEqual(self.values(), ["a", "b", "c"])
        (self.folder / "durable").write_bytes(b"nonsense")
        self.assertEqual(self.log.end(), self.log.read(0, 10)[-1].end)

    def test_full_segments_are_followed_by_new_ones(self) -> None:
        for number in range(40):
            self.append(f"{number:03d}" + "x" * 100)
        self.assertGreater(len(list(self.folder.glob("*.log"))), 3)
        self.assertEqual([value[:3] for value in self.values()], [f"{number:03d}" for number in range(40)])
        middle = self.log.read(0, 20)[-1].end
        self.assertEqual([value[:3] for value in self.values(middle)], [f"{number:03d}" for number in range(20, 40)])

    def test_only_what_is_old_and_read_expires(self) -> None:
        for number in range(40):
            self.append(f"{number:03d}" + "x" * 100)
        now, half = time.time(), self.log.read(0, 20)[-1].end
        self.assertEqual(self.log.expire(now - 3600, half), 0)
        self.assertGreater(self.log.expire(now + 3600, half), 0)
        first = self.log.first()
        self.assertTrue(0 < first <= half)
        self.assertEqual(self.log.read(0, 1)[0].offset, first)  # who comes too late begins with what is there
        self.log.expire(now + 3600, self.log.end())
        self.assertLess(self.log.first(), self.log.end())  # the last segment stays: it is being written

    def test_damage_to_what_was_acknowledged_is_told(self) -> None:
        self.append("a", "b")
        content = bytearray(self.last_segment().read_bytes())
        content[len(content) // 2 + 15] ^= 1
        self.last_segment().write_bytes(bytes(content))
        with self.assertRaisesRegex(StreamError, r"\.log is damaged at byte \d+; restore"):
            self.log.read(0, 10)

    def test_an_error_of_the_disk_acknowledges_nothing_and_leaves_no_trace(self) -> None:
        self.append("a")
        path = self.last_segment()
        kept = path.read_bytes()
        path.unlink()
        path.mkdir()  # whatever is written to it fails
        with self.assertRaisesRegex(StreamUnavailableError, "nothing was acknowledged"):
            self.append("b")
        path.rmdir()
        path.write_bytes(kept)
        self.append("c")
        self.assertEqual(self.values(), ["a", "c"])

    def test_erased_records_leave_no_byte_behind(self) -> None:
        self.log.append([packed(5, b"7", b"a secret of 7"), packed(6, b"77", b"kept")])
        self.assertEqual(self.log.erase({b"7"}), 1)
        self.assertNotIn(b"secret", self.last_segment().read_bytes())
        erased, kept = self.log.read(0, 10)
        self.assertTrue(erased.is_erased and not kept.is_erased)
        self.assertEqual((erased.published, kept.value), (5, b"kept"))

    def test_a_child_of_a_fork_locks_for_itself(self) -> None:
        self.append("before")
        child = os.fork()
        if child == 0:
            for number in range(50):
                self.append(f"child {number}")
            os._exit(0)  # pylint: disable=protected-access
        for number in range(50):
            self.append(f"parent {number}")
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        values = self.values()
        self.assertEqual(len(values), 101)
        self.assertEqual(len(set(values)), 101)


class RecordTest(TestCase):
    """The form of records."""

    def test_zeros_are_no_record(self) -> None:
        self.assertEqual(list(records_in(b"\0" * 1_000, 0)), [])

    def test_what_no_record_can_hold_is_refused(self) -> None:
        for key, value in ((b"k" * 70_000, b""), (b"\0k", b""), (b"k", b"v" * (16 * 1024 * 1024))):
            with self.assertRaises(ValueError):
                packed(0, key, value)


class GroupCommitTest(TestCase):
    """Threads that publish at once."""

    def test_they_share_writes_and_each_learns_of_a_failure(self) -> None:
        writes: list[int] = []

        def write(records: object) -> None:
            writes.append(len(records))  # type: ignore[arg-type]
            time.sleep(0.02)
            if b"bad" in records:  # type: ignore[operator]
                raise OSError("no room")

        commit, barrier, failed = GroupCommit(write), Barrier(16), []

        def publish(number: int) -> None:
            barrier.wait()
            try:
                commit.write([b"bad" if number == 3 else b"good"])
            except OSError:
                failed.append(number)

        threads = [Thread(target=publish, args=(number,)) for number in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sum(writes), 16)
        self.assertLess(len(writes), 16)
        self.assertIn(3, failed)
        commit.write([b"good"])  # the next one is not concerned


class LocalBrokerTest(TestCase):
    """The broker around the logs."""

    def test_names_stay_within_the_folder(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            broker = LocalBroker(Path(folder))
            with self.assertRaises(ValueError):
                broker.publish([Outgoing("../listens", "1", b"")])
            with self.assertRaises(ValueError):
                broker.consume("listens", "../../group")

    def test_a_log_that_is_shorter_than_what_was_read_is_read_from_its_start(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            broker = LocalBroker(Path(folder))
            broker.publish([Outgoing("listens", "1", b"a")])
            with broker.consume("listens", "group", start={0: 10_000}) as consumer:
                self.assertEqual([message.value for message in consumer.poll()], [b"a"])

    def test_other_brokers_are_refused_with_a_way_out(self) -> None:
        for url in ("kafka://localhost:9092", "pubsub://project"):
            with self.assertRaisesRegex(SettingsError, "leave RITOURNELLE_STREAM__URL at `local:`"):
                connect_broker(url, Path("nowhere"))
