"""What a transform did: models with their rows, data tests with their findings, sources with their age."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from ritournelle.errors import TransformError

_NAMED_IN_MESSAGE = 5


class Outcome(StrEnum):
    """How a model, a data test or a freshness check ended."""

    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"  # a data test found what must not be
    ERROR = "error"  # it could not be run to its end
    SKIPPED = "skipped"  # something before it failed

    @property
    def is_bad(self) -> bool:
        """Whether it makes the run red by itself; what is skipped is red through what it waited for."""
        return self in (Outcome.FAILED, Outcome.ERROR)


@dataclass(frozen=True)
class ModelResult:
    """One model; `rows` of a table that was built, where they are known."""

    name: str
    schema: str
    outcome: Outcome
    seconds: float
    rows: int | None = None
    message: str | None = None

    def __str__(self) -> str:
        return f"model {self.schema}.{self.name}: {self.message or self.outcome}"


@dataclass(frozen=True)
class DataTestResult:
    """One data test; `failures` counts the rows that its `query` found, `example` is one of them.

    `severity`: *warn* is reported; *error* makes the run red, and the rest is built so that one sees how far it goes;
    *block* makes it red and stops what depends on the model. Nothing is published in either of the latter cases.
    """

    name: str
    kind: str
    model: str | None
    severity: str
    outcome: Outcome
    failures: int | None
    seconds: float
    message: str | None = None
    query: str | None = None
    example: str | None = None

    def __str__(self) -> str:
        where = f"test {self.kind} on {self.model}" if self.model and self.kind != self.name else f"test {self.name}"
        if self.outcome is Outcome.ERROR or self.failures is None:
            return f"{where}: {self.message or self.outcome}"
        such_as = f", such as {self.example}" if self.example else ""
        return f"{where}: {self.failures:,} row{'' if self.failures == 1 else 's'}{such_as} ({self.name})"


@dataclass(frozen=True)
class FreshnessResult:
    """One source: when its endpoint was last read to its end; None for never."""

    source: str
    outcome: Outcome
    loaded_at: datetime | None
    age_seconds: float | None
    message: str | None = None

    def __str__(self) -> str:
        if self.outcome is Outcome.ERROR:
            return f"freshness of {self.source}: {self.message}"
        if self.loaded_at is None or self.age_seconds is None:
            return f"freshness of {self.source}: never loaded"
        return (
            f"freshness of {self.source}: last loaded {self.loaded_at:%Y-%m-%d %H:%M} UTC, {self.hours:.0f} hours ago"
        )

    @property
    def hours(self) -> float:
        """Age in hours."""
        return (self.age_seconds or 0.0) / 3600


Result = ModelResult | DataTestResult | FreshnessResult


@dataclass(frozen=True)
class TransformReport:
    """Everything that one transform built and checked."""

    models: tuple[ModelResult, ...]
    tests: tuple[DataTestResult, ...]
    freshness: tuple[FreshnessResult, ...]
    scope: str
    seconds: float
    log_path: Path

    @property
    def problems(self) -> list[Result]:
        """What makes the run red: models first, then tests, then stale sources."""
        everything: list[Result] = [*self.models, *self.tests, *self.freshness]
        return [result for result in everything if result.outcome.is_bad]

    @property
    def is_built(self) -> bool:
        """Whether every model and test was good, however old the sources are."""
        everything: list[Result] = [*self.models, *self.tests]
        return not any(result.outcome.is_bad for result in everything)

    @property
    def warnings(self) -> list[Result]:
        """What was reported and does not make the run red."""
        everything: list[Result] = [*self.tests, *self.freshness]
        return [result for result in everything if result.outcome is Outcome.WARNED]

    @property
    def passed(self) -> bool:
        """Whether nothing failed."""
        return not self.problems

    def rows_of(self, table: str) -> int | None:
        """Rows of `schema.name`, if this transform built it as a table."""
        return next((model.rows for model in self.models if f"{model.schema}.{model.name}" == table), None)

    def raise_for_problems(self) -> None:
        """Raise `TransformError` that names the first problems, or do nothing."""
        if self.problems:
            raise TransformError(f"{describe_problems(self.problems)}{self._skipped()}\n  dbt's log: {self.log_path}")

    def _skipped(self) -> str:
        everything: list[Result] = [*self.models, *self.tests]
        skipped = [result for result in everything if result.outcome is Outcome.SKIPPED]
        models = [result.name for result in skipped if isinstance(result, ModelResult)]
        if not skipped:
            return ""
        kept = f"; not rebuilt: {', '.join(models)}" if models else ""
        return f"\n  {len(skipped)} models and tests that depend on them were skipped{kept}"


def describe_problems(problems: Sequence[Result]) -> str:
    """The first problems, one a line, and how many more there are."""
    lines = [f"the transform failed in {len(problems)} place{'' if len(problems) == 1 else 's'}:"]
    lines += [f"  {problem}" for problem in problems[:_NAMED_IN_MESSAGE]]
    if len(problems) > _NAMED_IN_MESSAGE:
        lines.append(f"  … and {len(problems) - _NAMED_IN_MESSAGE} more")
    return "\n".join(lines)
