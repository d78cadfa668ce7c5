"""Room that is kept for saying that there is none."""

from __future__ import annotations

import shutil
import unittest
from pathlib import Path
from tempfile import TemporaryDirectory

from ritournelle.monitoring.reserve import Reserve


class ReserveTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "reserve"

    def test_it_is_put_aside_once_and_kept_while_there_is_room(self) -> None:
        reserve = Reserve(self.path, 4096)
        reserve.put_aside()
        made = self.path.stat()
        reserve.put_aside()
        self.assertEqual((made.st_size, made.st_mtime_ns), (4096, self.path.stat().st_mtime_ns))
        self.assertFalse(reserve.let_go())
        self.assertTrue(self.path.exists())

    def test_it_is_let_go_when_less_than_that_is_left(self) -> None:
        Reserve(self.path, 4096).put_aside()
        more_than_there_is = 2 * shutil.disk_usage(self.path.parent).total
        self.assertTrue(Reserve(self.path, more_than_there_is).let_go())
        self.assertFalse(self.path.exists())
        self.assertFalse(Reserve(self.path, more_than_there_is).let_go(), "there is nothing left to let go")

    def test_where_there_is_little_room_none_is_put_aside(self) -> None:
        Reserve(self.path, shutil.disk_usage(self.path.parent).free // 50).put_aside()
        self.assertFalse(self.path.exists())
