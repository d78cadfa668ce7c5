"""Data tests: what dbt checks of each model holds."""

from __future__ import annotations

from pydantic import Field

from ritournelle.monitoring.observations import CheckedModel, Finding
from ritournelle.monitoring.reading import Severity
from ritournelle.monitoring.sensors.base import Judgement, Limits, Sensor
from ritournelle.monitoring.usual import Usual


class DataTestLimits(Limits):
    """Of data tests."""

    ignored: tuple[str, ...] = Field(
        default=("listens_follow_their_user_and_track",),
        description="Tests that only report: the app is known to date listens before their user or track.",
    )
    few_rows: int = Field(default=5, ge=0, description="Rows that a test which only warns may find.")
    least_runs: int = Field(
        default=3, ge=1, description="After so many runs with the same finding a test that only warns is known."
    )
    more: float = Field(default=0.2, ge=0, description="Share by which what is known may grow.")
    more_rows: int = Field(default=10, ge=0, description="Or rows by which it may grow, if that is more.")


class DataTests(Sensor[CheckedModel, DataTestLimits]):
    """Fires when a data test of a model warned or failed; the gravest test's severity is the reading's."""

    name = "data_tests"
    observes = CheckedModel
    limits = DataTestLimits

    def judge(self, seen: CheckedModel, limits: DataTestLimits) -> Judgement:
        """All findings are named; those that a source is known for (a quarter of its rows updated before they were
        created) stay told in the facts, and fire no more."""
        told = [finding for finding in seen.findings if finding.test not in limits.ignored]
        known = [finding for finding in told if _is_known(finding, limits)]
        new = [finding for finding in told if finding not in known]
        grave = max((finding.severity for finding in new), key=list(Severity).index, default=None)
        facts = {
            "tests": seen.tests,
            "problem": "; ".join(map(str, new)),
            "known": "; ".join(map(str, known)) or "–",
            "names": [finding.test for finding in new],
        }
        return Judgement(bool(new), facts, len(new), 0, severity=grave)


def _is_known(finding: Finding, limits: DataTestLimits) -> bool:
    usual = Usual.of(finding.usual)
    if finding.severity is not Severity.WARN or finding.rows is None:
        return False
    if finding.rows <= limits.few_rows or usual.count < limits.least_runs:
        return finding.rows <= limits.few_rows
    return finding.rows <= usual.middle + max(limits.more * usual.middle, limits.more_rows)
