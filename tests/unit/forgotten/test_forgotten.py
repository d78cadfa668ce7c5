"""The list of the forgotten: who is on it, in which population, and that it names nobody for longer than it must."""

from __future__ import annotations

import json
import stat
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from ritournelle.errors import PermanentError
from ritournelle.forgotten.forgotten import Forgotten

NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)
USER = 1_461_390_472


class ForgottenTest(unittest.TestCase):
    """A list in a folder of its own."""

    def setUp(self) -> None:
        self.path = Path(self.enterContext(tempfile.TemporaryDirectory())) / "forgotten.json"
        self.forgotten = self.of_this_file()

    def of_this_file(self, key: str = "a key") -> Forgotten:
        """Another process's view of it."""
        return Forgotten(self.path, lambda: key)

    def test_nobody_is_forgotten_and_the_key_is_not_asked_for(self) -> None:
        def refuse() -> str:
            raise AssertionError("no key is needed")

        forgotten = Forgotten(self.path, refuse)
        self.assertFalse(forgotten.holds(USER))
        self.assertIsNone(forgotten.of_epoch(1))
        self.assertFalse(self.path.exists())

    def test_who_asks_is_on_the_list_at_once_for_everybody_who_looks(self) -> None:
        other = self.of_this_file()
        self.assertFalse(other.holds(USER))
        entry = self.forgotten.ask(USER, NOW)
        self.assertTrue(other.holds(USER))
        self.assertFalse(other.holds(USER + 1))
        self.assertEqual(list(other.waiting()), [entry])
        self.assertEqual(self.forgotten.ask(USER, NOW), entry)  # asked again it is the same request

    def test_once_erased_the_file_names_nobody_and_is_the_owners(self) -> None:
        entry = self.forgotten.settle_epoch(self.forgotten.ask(USER, NOW), 1, ["ada@example.com"])
        self.assertIn(str(USER), self.path.read_text())
        self.forgotten.keep(entry.erased(NOW))
        self.assertNotIn(str(USER), self.path.read_text())
        self.assertNotIn("ada@example.com", self.path.read_text())
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o600)
        self.assertTrue(self.of_this_file().holds(USER))
        self.assertFalse(self.of_this_file().waiting())

    def test_another_key_knows_nobody(self) -> None:
        self.forgotten.ask(USER, NOW)
        self.assertFalse(self.of_this_file("another key").holds(USER))

    def test_an_id_means_somebody_up_to_the_epoch_in_which_they_were_forgotten(self) -> None:
        waits = self.forgotten.ask(USER, NOW)
        for epoch in (1, 2, 3):  # nobody knows yet in which one: all count
            is_forgotten = self.forgotten.of_epoch(epoch)
            self.assertTrue(is_forgotten is not None and is_forgotten(USER))
        self.forgotten.keep(self.forgotten.settle_epoch(waits, 2, []).erased(NOW))
        is_forgotten = self.forgotten.of_epoch(2)
        self.assertTrue(is_forgotten is not None and is_forgotten(USER) and not is_forgotten(USER + 1))
        self.assertIsNone(self.forgotten.of_epoch(3))
        self.forgotten.lapse(2)
        self.assertTrue(self.forgotten.holds(USER))
        self.forgotten.lapse(3)
        self.assertFalse(self.forgotten.holds(USER))

    def test_who_waits_does_not_lapse(self) -> None:
        self.forgotten.settle_epoch(self.forgotten.ask(USER, NOW), 1, [])
        self.forgotten.lapse(5)
        self.assertTrue(self.forgotten.holds(USER))

    def test_who_is_let_in_again_is_off_the_list_and_may_ask_anew(self) -> None:
        first = self.forgotten.ask(USER, NOW)
        self.assertTrue(self.forgotten.readmit(USER))
        self.assertFalse(self.forgotten.holds(USER))
        self.assertFalse(self.forgotten.readmit(USER))
        self.forgotten.keep(first.erased(NOW))  # whoever was erasing them meanwhile does not put them back
        self.assertFalse(self.forgotten.holds(USER))
        self.assertNotEqual(self.forgotten.ask(USER, NOW).erasure_id, first.erasure_id)

    def test_many_ask_at_once_and_none_is_lost(self) -> None:
        users = range(40)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda user: self.of_this_file().ask(user, NOW), users))
        self.assertEqual(len(self.forgotten.entries()), len(users))
        self.assertTrue(all(self.forgotten.holds(user) for user in users))

    def test_a_damaged_list_is_no_empty_one(self) -> None:
        for text in ("", "{", '{"entries": [{"listener": "x"}]}', json.dumps({"entries": 5})):
            self.path.write_text(text)
            with self.subTest(text=text), self.assertRaisesRegex(PermanentError, "cannot be read"):
                self.of_this_file().holds(USER)


if __name__ == "__main__":
    unittest.main()
