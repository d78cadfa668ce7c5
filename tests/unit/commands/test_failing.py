"""How a command fails for what a person can mend: in one sentence, without a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
import unittest


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ritournelle", *arguments]
    return subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)


class FailingTest(unittest.TestCase):
    def test_a_home_that_cannot_be_written(self) -> None:
        done = run("ingest", RITOURNELLE_HOME="/dev/null/home")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertEqual(
            done.stderr,
            "error: /dev/null/home: Not a directory; is RITOURNELLE_HOME a folder that can be written, on a disk "
            "with room?\n",
        )

    def test_a_setting_that_is_named_almost_right(self) -> None:
        done = run("config", "show", RITOURNELLE_SOURCE_URL="https://music.example")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("RITOURNELLE_SOURCE_URL: there is no such setting", done.stderr)
        self.assertIn("did you mean RITOURNELLE_SOURCE__URL?", done.stderr)


if __name__ == "__main__":
    unittest.main()
