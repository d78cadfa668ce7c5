"""The `?` of queries as PostgreSQL's `$1`."""

from __future__ import annotations

import unittest

from ritournelle.warehouse.statements import numbered


class PlaceholdersTest(unittest.TestCase):
    """`numbered`."""

    def test_they_are_numbered_from_the_left(self) -> None:
        """Also where they touch other signs."""
        query = "SELECT ? FROM t WHERE a=? AND b IN (?,?) AND c = ?::bigint[]"
        expected = "SELECT $1 FROM t WHERE a=$2 AND b IN ($3,$4) AND c = $5::bigint[]"
        self.assertEqual(numbered(query), expected)

    def test_question_marks_elsewhere_stay(self) -> None:
        """In texts, names, comments and dollar quotes."""
        for quoted in (
            "'who?'",
            "'it''s ? me'",
            '"na?me"',
            '"a""?"',
            "-- why?",
            "/* or\n? */",
            "$$?$$",
            "$x$ ? $$ ? $x$",
        ):
            with self.subTest(quoted=quoted):
                self.assertEqual(numbered(f"a {quoted}\n b = ?"), f"a {quoted}\n b = $1")

    def test_a_query_without_any(self) -> None:
        """Stays as it is, with what looks like a number of its own."""
        self.assertEqual(numbered("SELECT $1, 'x' FROM t"), "SELECT $1, 'x' FROM t")


if __name__ == "__main__":
    unittest.main()
