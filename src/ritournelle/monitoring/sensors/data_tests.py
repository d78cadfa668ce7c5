"""Data tests: what dbt checks of each model holds."""

from __future__ import annotations

from pydantic import Field

from ritournelle.monitoring.observations import CheckedModel
from ritournelle.monitoring.reading import Severity
from ritournelle.monitoring.sensors.base import Judgement, Limits, Sensor


class DataTestLimits(Limits):
    """Of data tests."""

    ignored: tuple[str, ...] = Field(
        default=("listens_follow_their_user_and_track",),
        description="Tests that only report: the app is known to date listens before their user or track.",
    )


class DataTests(Sensor[CheckedModel, DataTestLimits]):
    """Fires when a data test of a model warned or failed; the gravest test's severity is the reading's."""

    name = "data_tests"
    observes = CheckedModel
    limits = DataTestLimits

    def judge(self, seen: CheckedModel, limits: DataTestLimits) -> Judgement:
        """All findings are named."""
        found = {name: told for name, told in seen.findings.items() if name not in limits.ignored}
        grave = max((seen.severities[name] for name in found), key=list(Severity).index, default=None)
        told = "; ".join(f"{name}: {message}" for name, message in found.items())
        return Judgement(bool(found), {"tests": seen.tests, "problem": told}, len(found), 0, severity=grave)
