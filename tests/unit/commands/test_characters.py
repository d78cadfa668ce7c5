"""What is printed where not every character can be: tried in processes, whose streams have such an encoding."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import unittest

PRINTED = """
from ritournelle.commands.characters import replace_what_cannot_be_shown
from ritournelle.commands.shell import print_json
replace_what_cannot_be_shown()
print_json({"name": "Näme ✓"})
print("✓ done")
"""


def run(encoding: str, *arguments: str) -> str:
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    done = subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, check=True)
    return done.stdout.decode(encoding)


class CharactersTest(unittest.TestCase):
    def test_json_is_whole_and_other_text_is_readable(self) -> None:
        for encoding, said in (("ascii", "? done"), ("latin-1", "? done"), ("utf-8", "✓ done")):
            with self.subTest(encoding=encoding):
                *lines, last = run(encoding, "-c", PRINTED).splitlines()
                self.assertEqual(json.loads("\n".join(lines)), {"name": "Näme ✓"})
                self.assertEqual(last, said)

    def test_people_read_their_characters_in_json_as_well(self) -> None:
        self.assertIn("Näme ✓", run("utf-8", "-c", PRINTED))

    def test_the_command_prints_its_tables_everywhere(self) -> None:
        self.assertIn("disk_full", run("ascii", "-m", "ritournelle", "drill", "--list"))


if __name__ == "__main__":
    unittest.main()
