"""The reference page says what the dbt project and the declared tables say, and every model is described."""

from __future__ import annotations

import unittest
from pathlib import Path

from ritournelle.transform.reference import LAYERS, reference_page
from ritournelle.transform.session import PROJECT_FOLDER

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "warehouse-tables.md"


class ReferenceTest(unittest.TestCase):
    """docs/reference/warehouse-tables.md."""

    def test_page_is_up_to_date(self) -> None:
        """Else: python -m ritournelle.transform.reference > docs/reference/warehouse-tables.md"""
        self.assertEqual(PAGE.read_text(encoding="utf-8"), reference_page())

    def test_every_model_is_described_with_its_grain(self) -> None:
        """A heading for each SQL file, and "One row per …" under it."""
        page = reference_page()
        for layer in LAYERS:
            for model in (PROJECT_FOLDER / "models" / layer).glob("*.sql"):
                self.assertRegex(page, rf"### {layer}\.{model.stem}\n\nOne row per ")

    def test_first_line_of_each_sql_file_introduces_it(self) -> None:
        """Models, tests and macros alike."""
        for file in PROJECT_FOLDER.rglob("*.sql"):
            with self.subTest(file.name):
                self.assertRegex(file.read_text(encoding="utf-8"), r"\A(-- |\{# )\w")


if __name__ == "__main__":
    unittest.main()
