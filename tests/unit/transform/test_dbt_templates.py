"""Compiled templates: kept, they say the same; damaged, they are compiled anew."""

from __future__ import annotations

import marshal
import tempfile
import unittest
from pathlib import Path
from unittest.mock import patch

from dbt_common.clients.jinja import MacroFuzzEnvironment, NativeSandboxEnvironment, get_environment
from jinja2 import Environment, TemplateSyntaxError

from ritournelle.bytecode import kept_code
from ritournelle.transform.dbt_templates import KeptTemplates

TEMPLATES = (
    "{{ a + 1 }}",
    "{% for x in range(a) %}{{ x }},{% endfor %}",
    "select 1",
    "{% macro m(b) %}<{{ b }}>{% endmacro %}",
)


class KeptTemplatesTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()  # pylint: disable=consider-using-with  # cleaned up next
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "cache" / "templates.marshal"
        before = MacroFuzzEnvironment.__dict__.get("compile", Environment.compile)
        self.addCleanup(setattr, MacroFuzzEnvironment, "compile", before)

    def _rendered(self, native: bool = False) -> list[object]:
        templates = KeptTemplates(self.path)
        templates.put_to_use()
        environment = get_environment(native=native)
        found: list[object] = [environment.from_string(text).render({"a": 3}) for text in TEMPLATES]
        templates.keep()
        return found

    def _compilations(self) -> int:
        with patch.object(Environment, "compile", autospec=True, side_effect=Environment.compile) as compiled:
            self._rendered()
        return compiled.call_count

    def test_what_is_kept_says_the_same(self) -> None:
        self.assertEqual(self._rendered()[:3], ["4", "0,1,2,", "select 1"])
        self.assertEqual(self._rendered(), self._rendered())
        self.assertEqual(self._rendered(native=True)[0], 4)
        self.assertEqual(self._rendered(native=True)[0], 4)
        self.assertEqual(self._rendered()[0], "4")

    def test_what_is_kept_is_not_compiled_again(self) -> None:
        self.assertEqual(self._compilations(), len(TEMPLATES))
        self.assertEqual(self._compilations(), 0)

    def test_what_is_damaged_is_compiled_anew(self) -> None:
        first = self._rendered()
        for damage in (b"", b"\xe3", b"no", marshal.dumps([1]), marshal.dumps({b"key": "no code"})):
            self.path.write_bytes(damage)
            self.assertEqual(self._rendered(), first)

    def test_a_mistake_in_a_template_is_told_each_time(self) -> None:
        templates = KeptTemplates(self.path)
        templates.put_to_use()
        for _ in range(2):
            with self.assertRaisesRegex(TemplateSyntaxError, "unknown tag 'nosuch'"):
                NativeSandboxEnvironment().from_string("{% nosuch %}")

    def test_it_does_not_grow_for_ever(self) -> None:
        with patch.object(kept_code, "_MOST", 2):
            self._rendered()
        self.assertEqual(marshal.loads(self.path.read_bytes()) if self.path.exists() else {}, {})

    def test_no_room_is_no_error(self) -> None:
        self.path.parent.write_text("a file where a folder should be")
        self.assertEqual(self._rendered()[0], "4")


if __name__ == "__main__":
    unittest.main()
