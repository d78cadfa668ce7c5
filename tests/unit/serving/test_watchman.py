"""The watchman: looks at once and again, survives trouble, and does not hold up the end."""

from __future__ import annotations

import time
import unittest
from threading import Event

from ritournelle.errors import PermanentError
from ritournelle.serving.watchman import watching


class WatchmanTest(unittest.TestCase):
    """While the block runs."""

    def test_looks_again_and_again_also_after_an_error(self) -> None:
        third, looks = Event(), []

        def look() -> None:
            looks.append(len(looks))
            if len(looks) == 3:
                third.set()
            raise PermanentError("the journal is away")

        with self.assertLogs("ritournelle.serving.watchman", "WARNING"), watching(look, 0.001):
            self.assertTrue(third.wait(5))

    def test_a_look_that_hangs_does_not_hold_up_the_end(self) -> None:
        began, free = Event(), Event()
        self.addCleanup(free.set)

        def look() -> None:
            began.set()
            free.wait(10)

        started = time.monotonic()
        with watching(look, 60):
            self.assertTrue(began.wait(5))
        self.assertLess(time.monotonic() - started, 2)
