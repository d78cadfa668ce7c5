"""Erasers of files and SQLite: what is removed leaves no bytes behind, and a second look finds nothing."""

from __future__ import annotations

import sqlite3
import tempfile
import unittest
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from ritournelle.domain.taste import ExclusionKind, TasteExclusion
from ritournelle.errors import PermanentError
from ritournelle.forgetting.eraser import Eraser
from ritournelle.forgetting.event_log import EventLog
from ritournelle.forgetting.files import LeftBehind, LogsAndScratch
from ritournelle.forgetting.listener import Listener
from ritournelle.forgetting.models import Models
from ritournelle.forgetting.sqlite import OnlineStore, Texts
from ritournelle.monitoring.journal import Journal
from ritournelle.monitoring.reports import Report
from ritournelle.serving.api.taste import TasteStore
from ritournelle.streaming.broker import Outgoing
from ritournelle.streaming.local.broker import LocalBroker

NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)
GONE, STAYS = 1_461_390_472, 1_461_390_473
EMAIL = "Éloïse.Abadie@example.com"
LISTENER = Listener(GONE, (EMAIL,))


class StoresTest(unittest.TestCase):
    """A home with some of everything."""

    def setUp(self) -> None:
        self.home = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def erase(self, eraser: Eraser, *paths: Path) -> int:
        """Once; how much went. Nothing of it is in these files, nor is it found again."""
        removed = eraser.erase(LISTENER)
        eraser.seal()
        self.assertEqual(eraser.remaining(LISTENER), {})
        self.assertEqual(eraser.erase(LISTENER), {})
        eraser.seal()
        for path in [*paths, *(path.with_name(f"{path.name}-wal") for path in paths)]:
            content = path.read_bytes() if path.exists() else b""
            self.assertNotIn(str(GONE).encode(), content)
            self.assertNotIn(EMAIL.encode(), content)
        return sum(removed.values())

    def test_the_online_store(self) -> None:
        path = self.home / "online.db"
        store = TasteStore(path)
        for user in (GONE, STAYS):
            for track in range(50):
                store.keep(TasteExclusion.of(user, ExclusionKind.TRACK, track, NOW))
        self.assertEqual(self.erase(OnlineStore(path), path), 50)
        self.assertEqual((len(store.told(GONE)), len(store.told(STAYS))), (0, 50))

    def test_rows_that_went_long_ago_leave_the_file_as_well(self) -> None:
        path = self.home / "online.db"
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA secure_delete = OFF")
            connection.execute("CREATE TABLE lists (user_id INTEGER, list TEXT)")
            connection.execute("INSERT INTO lists VALUES (?, ?)", (GONE, f"{GONE} {EMAIL}" * 50))
            connection.commit()
            connection.execute("DELETE FROM lists")
            connection.commit()
        self.assertIn(EMAIL.encode(), path.read_bytes())
        self.assertEqual(self.erase(OnlineStore(path), path), 0)

    def test_a_store_that_is_not_there_is_not_made(self) -> None:
        for eraser in (OnlineStore(self.home / "online.db"), Texts("journal", self.home / "operations.db")):
            self.assertEqual(self.erase(eraser), 0)
        self.assertEqual(list(self.home.iterdir()), [])

    def test_a_store_that_is_no_database_is_an_error(self) -> None:
        path = self.home / "online.db"
        path.write_text("this is no database" * 100)
        with self.assertRaisesRegex(PermanentError, "online.db cannot be used"):
            OnlineStore(path).erase(LISTENER)

    def test_the_journal_keeps_what_was_said_without_them(self) -> None:
        path = self.home / "operations.db"
        journal = Journal(path)
        journal.open_by_person(Report("page", f"listener {GONE} ({EMAIL.upper()}) sees nothing of {STAYS}"), NOW)
        refused = {"at": NOW, "verb": "run", "problem": "E", "message": f"user_id {GONE}"}
        journal.keep_rows("refusals", [refused])
        self.assertGreaterEqual(self.erase(Texts("journal", path), path), 2)
        (incident,) = journal.open_incidents()
        self.assertEqual(incident.message, f"page: listener -1 ([erased]) sees nothing of {STAYS}")
        self.assertEqual(journal.rows("SELECT message FROM refusals"), [{"message": "user_id -1"}])

    def test_logs_and_scratch(self) -> None:
        for name in ("logs/a.log", "dbt/target/scratch.bin", "dbt/logs/b.log", "elsewhere/c.log"):
            (self.home / name).parent.mkdir(parents=True, exist_ok=True)
        log, scratch, clean = (
            self.home / "logs/a.log",
            self.home / "dbt/target/scratch.bin",
            self.home / "dbt/logs/b.log",
        )
        log.write_text(f"before\r\n{EMAIL} and {GONE}\nafter {STAYS}\n", encoding="utf-8", newline="")
        scratch.write_bytes(b"\xff\xfe" + EMAIL.encode())
        clean.write_text("nothing of interest\n")
        self.assertEqual(self.erase(LogsAndScratch(self.home), log), 2)
        with log.open(encoding="utf-8", newline="") as file:
            self.assertEqual(file.read(), f"before\r\n[erased] and -1\nafter {STAYS}\n")
        self.assertFalse(scratch.exists())
        self.assertEqual(clean.read_text(), "nothing of interest\n")

    def test_what_killed_processes_left_behind(self) -> None:
        warehouse = self.home / "warehouse.duckdb"
        left = [self.home / "warehouse.duckdb.rewritten", self.home / "published" / "x.partial"]
        (self.home / "warehouse.duckdb.tmp").mkdir()
        for path in (*left, warehouse, self.home / "published" / "x.duckdb", self.home / "warehouse.duckdb.tmp" / "y"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(EMAIL)
        self.assertEqual(self.erase(LeftBehind(warehouse), *left), 3)
        names = sorted(str(path.relative_to(self.home)) for path in self.home.rglob("*") if path.is_file())
        self.assertEqual(names, ["published/x.duckdb", "warehouse.duckdb"])

    def test_the_event_log(self) -> None:
        folder = self.home / "events"
        with LocalBroker(folder) as broker:
            for user in (GONE, STAYS):
                broker.publish([Outgoing("listens", str(user), f"of {user}".encode())] * 3)
        segment = folder / "listens" / f"{0:020d}.log"
        self.assertEqual(self.erase(EventLog(lambda: LocalBroker(folder)), segment), 3)
        with LocalBroker(folder) as broker, broker.consume("listens", "tests") as consumer:
            self.assertEqual([message.key for message in consumer.poll(10, 2)], [str(STAYS)] * 3)

    def test_models_are_looked_through(self) -> None:
        folder = self.home / "registry" / "versions" / "als-000001"
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text('{"n_users": 60}')
        eraser = Models(self.home / "registry")
        self.assertEqual(self.erase(eraser), 0)
        self.assertIn("als-000001", eraser.note())
        (folder / "manifest.json").write_text(f'{{"user_id": {GONE}}}')
        self.assertEqual(eraser.remaining(LISTENER), {"files": 1})


if __name__ == "__main__":
    unittest.main()
