"""The report of a transform: what is red, what is a warning, and how it reads."""

from __future__ import annotations

import unittest
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

from ritournelle.errors import TransformError
from ritournelle.transform.report import DataTestResult, FreshnessResult, ModelResult, Outcome, TransformReport
from ritournelle.transform.results import freshness_results, model_results, test_results as results_of_tests

LOG = Path("/home/dbt/logs/dbt.log")


def data_test(outcome: Outcome, *, failures: int | None = 0, name: str = "one_row_per_dim_users") -> DataTestResult:
    """A data test on dim_users."""
    return DataTestResult(name, "one_row_per", "dim_users", "error", outcome, failures, 0.1, "Got it")


def report(*results: ModelResult | DataTestResult | FreshnessResult) -> TransformReport:
    """A report of some results."""
    return TransformReport(
        models=tuple(result for result in results if isinstance(result, ModelResult)),
        tests=tuple(result for result in results if isinstance(result, DataTestResult)),
        freshness=tuple(result for result in results if isinstance(result, FreshnessResult)),
        scope="everything: asked for",
        seconds=1.0,
        log_path=LOG,
    )


class TransformReportTest(unittest.TestCase):
    """`TransformReport` and its parts."""

    def test_warnings_do_not_make_it_red(self) -> None:
        """A warning is reported, and nothing is raised."""
        warned = report(data_test(Outcome.WARNED, failures=3), ModelResult("dim_users", "core", Outcome.PASSED, 0.1, 7))
        self.assertTrue(warned.passed)
        self.assertEqual(
            [str(warning) for warning in warned.warnings],
            ["test one_row_per on dim_users: 3 rows (one_row_per_dim_users)"],
        )
        warned.raise_for_problems()

    def test_error_names_what_failed_what_was_skipped_and_the_log(self) -> None:
        """The message answers what, where, and what was not done."""
        red = report(
            ModelResult("stg_users", "staging", Outcome.ERROR, 0.1, message="no column email"),
            ModelResult("dim_users", "core", Outcome.SKIPPED, 0.0),
            data_test(Outcome.FAILED, failures=1),
            data_test(Outcome.SKIPPED, failures=None),
        )
        with self.assertRaises(TransformError) as caught:
            red.raise_for_problems()
        self.assertEqual(
            str(caught.exception).splitlines(),
            [
                "the transform failed in 2 places:",
                "  model staging.stg_users: no column email",
                "  test one_row_per on dim_users: 1 row (one_row_per_dim_users)",
                "  2 models and tests that depend on them were skipped; not rebuilt: dim_users",
                f"  dbt's log: {LOG}",
            ],
        )

    def test_only_the_first_problems_are_named(self) -> None:
        """Twenty failures are a short message too."""
        with self.assertRaisesRegex(TransformError, r"failed in 20 places:[\s\S]*… and 15 more"):
            report(*[data_test(Outcome.FAILED, failures=1)] * 20).raise_for_problems()

    def test_stale_source_is_red(self) -> None:
        """And a source that was never loaded says so."""
        loaded = FreshnessResult("raw.src_users", Outcome.FAILED, datetime(2024, 5, 1, 6, tzinfo=UTC), 180_000.0)
        never = FreshnessResult("raw.src_tracks", Outcome.FAILED, None, None)
        with self.assertRaisesRegex(TransformError, "src_users: last loaded 2024-05-01 06:00 UTC, 50 hours ago"):
            report(loaded).raise_for_problems()
        with self.assertRaisesRegex(TransformError, "src_tracks: never loaded"):
            report(never).raise_for_problems()

    def test_rows_of_a_table(self) -> None:
        """By the name that people use."""
        built = report(ModelResult("dim_users", "core", Outcome.PASSED, 0.1, 7))
        self.assertEqual(built.rows_of("core.dim_users"), 7)
        self.assertIsNone(built.rows_of("core.dim_tracks"))


class DbtResultsTest(unittest.TestCase):
    """From dbt's shape to ours."""

    def test_model(self) -> None:
        """A failed model keeps its message, without the macros it passed through."""
        node = SimpleNamespace(resource_type="model", name="dim_users", schema="core")
        message = "Binder Error\n  no column\n\n  > in macro create_table_as (macros/x.sql)"
        result = SimpleNamespace(node=node, status="error", execution_time=0.2, message=message)
        self.assertEqual(
            model_results([result]),
            (ModelResult("dim_users", "core", Outcome.ERROR, 0.2, None, "Binder Error no column"),),
        )
        self.assertEqual(results_of_tests([result]), ())

    def test_three_severities(self) -> None:
        """dbt knows two: its error blocks what depends on the model, a warning that is marked is an error of ours."""
        for severity, meta, status, expected in (
            ("error", {}, "fail", ("block", Outcome.FAILED)),
            ("warn", {"severity": "error"}, "warn", ("error", Outcome.FAILED)),
            ("warn", {"severity": "error"}, "pass", ("error", Outcome.PASSED)),
            ("warn", {}, "warn", ("warn", Outcome.WARNED)),
        ):
            config = SimpleNamespace(severity=severity, meta=meta)
            reads = SimpleNamespace(nodes=["source.ritournelle.raw.src_users"])
            node = SimpleNamespace(resource_type="test", name="has_columns", config=config, depends_on=reads)
            result = SimpleNamespace(node=node, status=status, execution_time=0.2, failures=1, message=None)
            (test,) = results_of_tests([result])
            self.assertEqual((test.severity, test.outcome), expected)
            self.assertEqual(test.model, "src_users")

    def test_singular_test_has_no_model(self) -> None:
        """Its name is its kind."""
        config = SimpleNamespace(severity="WARN", meta={})
        reads = SimpleNamespace(nodes=["model.ritournelle.dim_users"])
        node = SimpleNamespace(resource_type="test", name="listens_follow_their_user", config=config, depends_on=reads)
        result = SimpleNamespace(node=node, status="warn", execution_time=0.2, failures=4, message="Got 4 results")
        (test,) = results_of_tests([result])
        self.assertEqual((test.kind, test.model, test.severity), ("listens_follow_their_user", None, "warn"))
        self.assertIs(test.outcome, Outcome.WARNED)
        self.assertTrue(str(test).startswith("test listens_follow_their_user: 4 rows"))

    def test_source_that_was_never_loaded(self) -> None:
        """dbt answers with the year 1; we say never."""
        node = SimpleNamespace(schema="raw", name="src_users")
        age = 2000 * 365 * 86_400.0
        result = SimpleNamespace(node=node, status="error", max_loaded_at=datetime(1, 1, 1), age=age, message=None)
        (fresh,) = freshness_results([result])
        self.assertEqual(fresh, FreshnessResult("raw.src_users", Outcome.FAILED, None, None))

    def test_freshness_that_could_not_be_measured(self) -> None:
        """Is an error with dbt's words."""
        node = SimpleNamespace(schema="raw", name="src_users")
        result = SimpleNamespace(node=node, status="runtime error", message="no table")
        (fresh,) = freshness_results([result])
        self.assertEqual(str(fresh), "freshness of raw.src_users: no table")
        self.assertTrue(fresh.outcome.is_bad)


if __name__ == "__main__":
    unittest.main()
