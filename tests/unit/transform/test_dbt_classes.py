"""The schemas that dbt checks its project by: kept, they are the same; damaged, they are derived anew."""

from __future__ import annotations

import tempfile
import unittest
from dataclasses import dataclass, field
from pathlib import Path

from ritournelle.transform.dbt_classes import KeptSchemas, compile_when_needed

compile_when_needed()  # before dbt and mashumaro are imported, hence the imports below it

from dbt.adapters.duckdb.credentials import DuckDBCredentials  # pylint: disable=wrong-import-position
from dbt.contracts.project import ProfileConfig, Project, ProjectFlags  # pylint: disable=wrong-import-position
from dbt.contracts.selection import SelectorFile  # pylint: disable=wrong-import-position
from mashumaro import DataClassDictMixin  # pylint: disable=wrong-import-position
from mashumaro.exceptions import InvalidFieldValue  # pylint: disable=wrong-import-position
from mashumaro.jsonschema import build_json_schema  # pylint: disable=wrong-import-position

DESCRIBED: tuple[type, ...] = (Project, ProfileConfig, ProjectFlags, SelectorFile, DuckDBCredentials)


class KeptSchemasTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()  # pylint: disable=consider-using-with
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "cache" / "schemas.json"

    def _schemas(self) -> list[object]:
        schemas = KeptSchemas(self.path)
        found: list[object] = [schemas.schema_of(described).to_dict() for described in DESCRIBED]
        schemas.keep()
        return found

    def test_what_is_kept_is_what_mashumaro_derives(self) -> None:
        derived = [build_json_schema(described).to_dict() for described in DESCRIBED]
        self.assertEqual([self._schemas(), self._schemas()], [derived, derived])
        self.assertTrue(self.path.exists())

    def test_what_is_kept_is_not_derived_again(self) -> None:
        self._schemas()
        name = f"{Project.__module__}.{Project.__qualname__}"
        self.path.write_text(f'{{"{name}": {{"kept": true}}}}')
        self.assertEqual(KeptSchemas(self.path).schema_of(Project).to_dict(), {"kept": True})

    def test_what_is_damaged_is_derived_anew(self) -> None:
        first = self._schemas()
        for damage in ("", '{"dbt', "[]", "\x00"):
            self.path.write_text(damage)
            self.assertEqual(self._schemas(), first)

    def test_no_room_is_no_error(self) -> None:
        self.path.parent.write_text("a file where a folder should be")
        self.assertEqual(len(self._schemas()), len(DESCRIBED))


@dataclass
class Inner(DataClassDictMixin):
    number: int


@dataclass
class Outer(DataClassDictMixin):
    inner: Inner
    others: list[Inner] = field(default_factory=list)


class AtFirstUseTest(unittest.TestCase):
    def test_a_class_reads_and_writes_itself_and_what_it_holds(self) -> None:
        content = {"inner": {"number": 1}, "others": [{"number": 2}, {"number": 3}]}
        for _ in range(2):
            made = Outer.from_dict(content)
            self.assertEqual(made, Outer(Inner(1), [Inner(2), Inner(3)]))
            self.assertEqual(made.to_dict(), content)

    def test_a_mistake_is_told_as_before(self) -> None:
        with self.assertRaises(InvalidFieldValue):
            Outer.from_dict({"inner": {"number": "one"}})

    def test_a_class_of_dbt_is_read_by_its_own_fields(self) -> None:
        flags = ProjectFlags.from_dict({"use_colors": True})
        self.assertEqual(flags.to_dict(omit_none=True)["use_colors"], True)


if __name__ == "__main__":
    unittest.main()
