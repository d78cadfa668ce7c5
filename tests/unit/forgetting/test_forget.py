"""Forgetting as a whole, with stores of the tests: order, second looks, kills, certificates."""

from __future__ import annotations

import json
import tempfile
import unittest
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from ritournelle.errors import ErasureError, WarehouseError
from ritournelle.forgetting.certificate import read
from ritournelle.forgetting.eraser import Removed
from ritournelle.forgetting.forget import Forgetting
from ritournelle.forgetting.listener import Listener
from ritournelle.forgotten.forgotten import Forgotten
from ritournelle.warehouse.duckdb import DuckDBWarehouse
from ritournelle.warehouse.tables import SRC_USERS, TABLES

NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)
USER, EMAIL = 1_461_390_472, "omar.abadie@example.com"


@dataclass
class Store:
    """Holds ids; `refuses` raises when it is asked to erase; `comes_back` so often somebody brings one more."""

    name: str
    held: list[int] = field(default_factory=list)
    refuses: Callable[[], None] = lambda: None
    comes_back: int = 0
    sealed: int = 0
    asked_for: list[Listener] = field(default_factory=list)

    def erase(self, listener: Listener) -> Removed:
        """See `Eraser.erase`."""
        self.refuses()
        self.asked_for.append(listener)
        gone = self.held.count(listener.user_id)
        self.held = [one for one in self.held if one != listener.user_id]
        if self.comes_back:
            self.comes_back -= 1
            self.held.append(listener.user_id)
        return {"rows": gone} if gone else {}

    def seal(self) -> None:
        """See `Eraser.seal`."""
        self.sealed += 1

    def remaining(self, listener: Listener) -> Removed:
        """See `Eraser.remaining`."""
        found = self.held.count(listener.user_id)
        return {"rows": found} if found else {}

    def note(self) -> str:
        """See `Eraser.note`."""
        return f"of {self.name}"


class ForgettingTest(unittest.TestCase):
    """A home with a warehouse that knows the listener's e-mail."""

    def setUp(self) -> None:
        self.home = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.forgotten = Forgotten(self.home / "forgotten.json", lambda: "key")
        with self.open_warehouse() as warehouse:
            warehouse.ensure(TABLES)
            rows = [{"id": USER, "email": EMAIL, "source_epoch": 3, "run_number": 1, "change_type": "inserted"}]
            warehouse.append(SRC_USERS, SRC_USERS.rows(rows))

    def open_warehouse(self) -> DuckDBWarehouse:
        """The home's."""
        return DuckDBWarehouse(self.home / "warehouse.duckdb")

    def forgetting(self, *stores: Store) -> Forgetting:
        """Of these stores."""
        return Forgetting(self.forgotten, stores, self.open_warehouse, self.home / "certificates")

    def test_nobody_waits_and_nothing_is_touched(self) -> None:
        store = Store("one", [USER])
        self.assertEqual(self.forgetting(store).run(lambda: NOW), [])
        self.assertEqual((store.held, store.sealed), ([USER], 0))

    def test_a_certificate_says_what_went_and_names_nobody(self) -> None:
        entry = self.forgotten.ask(USER, NOW)
        stores = Store("one", [USER, 5, USER]), Store("two")
        (certificate,) = self.forgetting(*stores).run(lambda: NOW)
        self.assertEqual(stores[0].held, [5])
        self.assertEqual(stores[0].asked_for, [Listener(USER, (EMAIL,))])
        self.assertEqual(
            [(one.store, one.removed, one.verified) for one in certificate.stores],
            [("one", {"rows": 2}, True), ("two", {}, True)],
        )
        (path,) = (self.home / "certificates").iterdir()
        self.assertEqual(json.loads(path.read_text()), certificate.to_dict())
        self.assertEqual(read(self.home / "certificates", entry.erasure_id), certificate.to_dict())
        for text in (path.read_text(), (self.home / "forgotten.json").read_text()):
            self.assertNotIn(str(USER), text)
            self.assertNotIn(EMAIL, text)
        (kept,) = self.forgotten.entries()
        self.assertEqual((kept.epoch, kept.erased_at, kept.is_waiting), (3, NOW, False))

    def test_several_are_erased_together_and_files_written_anew_once(self) -> None:
        for user in (USER, 5):
            self.forgotten.ask(user, NOW)
        store = Store("one", [USER, 5, 6])
        self.assertEqual(len(self.forgetting(store).run(lambda: NOW)), 2)
        self.assertEqual((store.held, store.sealed), ([6], 1))

    def test_what_comes_back_meanwhile_is_erased_again(self) -> None:
        self.forgotten.ask(USER, NOW)
        store = Store("one", [USER], comes_back=2)
        self.assertEqual(len(self.forgetting(store).run(lambda: NOW)), 1)
        self.assertEqual(store.held, [])

    def test_a_store_that_still_holds_something_is_named_and_they_go_on_waiting(self) -> None:
        self.forgotten.ask(USER, NOW)
        with self.assertRaisesRegex(ErasureError, r"still there after 3 looks: two \(1 rows\)") as caught:
            self.forgetting(Store("one", [USER]), Store("two", [USER], comes_back=9)).run(lambda: NOW)
        self.assertEqual(caught.exception.stores, ("two",))
        self.assertEqual([entry.user_id for entry in self.forgotten.waiting()], [USER])
        self.assertFalse((self.home / "certificates").exists())

    def test_after_a_kill_it_is_done_again_and_what_went_before_is_counted(self) -> None:
        def killed() -> None:
            raise KeyboardInterrupt

        self.forgotten.ask(USER, NOW)
        first, second = Store("one", [USER]), Store("two", [USER], refuses=killed)
        with self.assertRaises(KeyboardInterrupt):
            self.forgetting(first, second).run(lambda: NOW)
        with self.open_warehouse() as warehouse:  # the e-mail is known by the request alone from here on
            warehouse.remove(SRC_USERS, f"id = {USER}")
        second.refuses = lambda: None
        (certificate,) = self.forgetting(first, second).run(lambda: NOW)
        self.assertEqual([one.removed for one in certificate.stores], [{"rows": 1}, {"rows": 1}])
        self.assertEqual(second.asked_for, [Listener(USER, (EMAIL,))])

    def test_a_store_that_cannot_be_erased_is_named(self) -> None:
        def refuse() -> None:
            raise WarehouseError("no")

        self.forgotten.ask(USER, NOW)
        with self.assertRaisesRegex(ErasureError, "the store `one` cannot be erased: no"):
            self.forgetting(Store("one", refuses=refuse)).run(lambda: NOW)
        self.assertTrue(self.forgotten.waiting())


if __name__ == "__main__":
    unittest.main()
