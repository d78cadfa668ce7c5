"""Texts: what speaks of a listener is found and redacted, and what merely holds the same digits is left alone."""

from __future__ import annotations

import json
import unittest

from ritournelle.forgetting.listener import Listener

TELLING = Listener(1_461_390_472, ("omar.abadie@example.com",))
SHORT = Listener(12, ("ada@example.com",))


class ListenerTest(unittest.TestCase):
    """Both kinds of ids."""

    def test_texts_that_speak_of_them(self) -> None:
        for listener, text, redacted in (
            (TELLING, "user_id: 1461390472: should be …", "user_id: -1: should be …"),
            (TELLING, "relationships: 1461390472|2024-01-01", "relationships: -1|2024-01-01"),
            (TELLING, "mail to Omar.Abadie@example.com", "mail to [erased]"),
            (TELLING, "[3, 1461390472]", "[3, -1]"),
            (SHORT, "listener 12 sees nothing", "listener -1 sees nothing"),
            (SHORT, "user_id '12': another row", "user_id '-1': another row"),
            (SHORT, "ada@example.com", "[erased]"),
            (Listener(12, ("É@example.com",)), json.dumps({"mail": "É@example.com"}), '{"mail": "[erased]"}'),
        ):
            with self.subTest(text=text):
                self.assertTrue(listener.is_in(text))
                self.assertEqual(listener.redacted(text), redacted)
                self.assertFalse(listener.is_in(redacted))

    def test_texts_that_do_not(self) -> None:
        for listener, text in (
            (TELLING, "1461390472.5 seconds"),
            (TELLING, "11461390472"),
            (TELLING, '{"bytes_received": 1461390472}'),
            (SHORT, "12 rows of users"),
            (SHORT, "user 123"),
            (SHORT, "user 7 has 1.12 plays"),
            (SHORT, '{"landed": 12, "users": 60}'),
            (Listener(12, ("x", "@")), "x @"),
        ):
            with self.subTest(text=text):
                self.assertFalse(listener.is_in(text))

    def test_json_stays_json(self) -> None:
        for listener in (TELLING, SHORT):
            facts = {"user_id": listener.user_id, "users": [listener.user_id], "mail": listener.emails[0], "landed": 5}
            redacted = json.loads(listener.redacted(json.dumps(facts)))
            self.assertEqual((redacted["user_id"], redacted["mail"], redacted["landed"]), (-1, "[erased]", 5))
            self.assertFalse(listener.is_in(json.dumps(redacted)))


if __name__ == "__main__":
    unittest.main()
