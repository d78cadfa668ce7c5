"""What becomes of a stage that failed: tried again when that may help, else a failure that ends the Dagster run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import dagster as dg

from ritournelle.errors import RitournelleError, TransientError
from ritournelle.runs.record import Step
from ritournelle.settings import OrchestrationSettings

Context = dg.AssetExecutionContext | dg.OpExecutionContext


def retry_if_it_may_help(steps: Sequence[Step], context: Context, settings: OrchestrationSettings) -> None:
    """Raise `RetryRequested` when all that failed may pass at another attempt, and attempts are left."""
    failed = _failed(steps)
    if failed and all(step.is_transient for step in failed):
        _retry(_told(failed), context, settings)


def fail_if_failed(steps: Sequence[Step], metadata: Mapping[str, Any]) -> None:
    """Raise `Failure`, after which Dagster tries nothing again and skips what comes after, when a step failed."""
    failed = _failed(steps)
    if failed:
        raise dg.Failure(_told(failed), metadata=metadata, allow_retries=False)


@contextmanager
def stopping(context: Context, settings: OrchestrationSettings) -> Iterator[None]:
    """Around what may raise before anything is on record: another run holds the lock, the warehouse is busy."""
    try:
        yield
    except RitournelleError as error:
        if isinstance(error, TransientError):
            _retry(str(error), context, settings)
        raise dg.Failure(str(error), allow_retries=False) from error


def _retry(problem: str, context: Context, settings: OrchestrationSettings) -> None:
    """Ask for another attempt, if one is left; the pause doubles from one to the next."""
    attempt = context.retry_number
    if attempt < settings.retries:
        pause = settings.backoff_seconds * 2.0**attempt
        context.log.warning(
            f"attempt {attempt + 1} of {settings.retries + 1} failed, the next in {pause:g} s: {problem}"
        )
        raise dg.RetryRequested(max_retries=settings.retries, seconds_to_wait=pause)


def _failed(steps: Sequence[Step]) -> list[Step]:
    return [step for step in steps if step.status == "failed"]


def _told(failed: Sequence[Step]) -> str:
    return "\n".join(step.message for step in failed)
