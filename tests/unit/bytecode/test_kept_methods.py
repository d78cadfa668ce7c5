"""Data classes made of kept methods are the same, and nothing is compiled for them twice."""

from __future__ import annotations

import dataclasses
import tempfile
import unittest
from pathlib import Path
from typing import Any
from unittest.mock import patch

from ritournelle.bytecode.kept_methods import KeptMethods


class KeptMethodsTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()  # pylint: disable=consider-using-with
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "cache" / "methods.marshal"

    def _made(self) -> Any:
        methods = KeptMethods(self.path)
        with methods.put_to_use():
            made = dataclasses.make_dataclass("Made", [("a", int), ("b", str, "x")], order=True, frozen=True)
        methods.keep()
        return made

    def test_a_class_of_what_is_kept_is_the_same(self) -> None:
        for _ in range(2):
            made = self._made()
            self.assertEqual(repr(made(1)), "Made(a=1, b='x')")
            self.assertLess(made(1), made(2))
            self.assertNotEqual(made(1), made(1, "y"))
            self.assertEqual(made.__init__.__annotations__, {"a": int, "b": str, "return": None})
            with self.assertRaises(dataclasses.FrozenInstanceError):
                made(1).a = 2

    def test_what_is_kept_is_not_compiled_again(self) -> None:
        self._made()
        with patch("ritournelle.bytecode.kept_methods.compile", create=True) as compiled:
            self._made()
        self.assertEqual(compiled.call_count, 0)

    def test_afterwards_classes_are_made_as_before(self) -> None:
        self._made()
        self.assertNotIn("exec", vars(dataclasses))

    def test_a_block_inside_a_block_leaves_the_outer_one_in_use(self) -> None:
        inner = KeptMethods(self.path.with_name("inner.marshal"))
        outer = KeptMethods(self.path)
        with outer.put_to_use():
            with inner.put_to_use():
                pass
            dataclasses.make_dataclass("Made", [("a", int)])
        outer.keep()
        inner.keep()
        self.assertTrue(self.path.exists())
        self.assertFalse(self.path.with_name("inner.marshal").exists())


if __name__ == "__main__":
    unittest.main()
