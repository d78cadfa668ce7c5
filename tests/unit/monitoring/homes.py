"""Homes for journals in tests: in memory where the machine has a file system for that.

Every write of a journal waits for the disk; on a busy one the 400 writes of these tests took 25 s, of 2 s CPU.
"""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import TestCase

from ritournelle.monitoring.journal import Journal

_IN_MEMORY = "/dev/shm"


def journal_for(test: TestCase) -> Journal:
    """A new one, which goes with the test."""
    quick = os.access(_IN_MEMORY, os.W_OK)
    folder = TemporaryDirectory(dir=_IN_MEMORY if quick else None)  # pylint: disable=consider-using-with
    test.addCleanup(folder.cleanup)
    return Journal(Path(folder.name) / "home" / "operations.db")
