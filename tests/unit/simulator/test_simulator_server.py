"""Where a simulated app refuses to listen."""

from __future__ import annotations

import unittest

from ritournelle.errors import SettingsError
from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.server import serve


class ServeTest(unittest.TestCase):
    def test_other_machines_need_an_explicit_word(self) -> None:
        for host in ("0.0.0.0", "192.0.2.1", "::"):
            with self.subTest(host), self.assertRaisesRegex(SettingsError, "other machines"):
                serve(WorldConfig(), host)

    def test_host_names_are_not_looked_up(self) -> None:
        with self.assertRaisesRegex(SettingsError, "IP address"):
            serve(WorldConfig(), "music.example")
