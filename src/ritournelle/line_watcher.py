"""Shows a run where nobody watches: a line on standard error for each step that ended; no bars, no colours."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

from ritournelle.day import Watcher
from ritournelle.runs.record import Step

COUNTS = ("announced", "landed", "inserted", "updated", "unchanged", "deleted", "quarantined")
_MARKS = {"succeeded": "✓", "alarmed": "!", "failed": "✗", "skipped": "–"}


class LineWatcher(Watcher):
    """Where nobody watches: `rich`, its thread and its bars would take 40 ms of an ingestion."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is open."""

    def on_step(self, step: Step) -> None:
        """A step has ended."""
        _say(f"{_MARKS[ending(step)]} {told(step)}")

    def on_retry(self, problem: str) -> None:
        """A page will be tried again."""
        _say(f"… {problem}")


def ending(step: Step) -> str:
    """How a step ended: its status, or `alarmed` where it went well and what it looked at did not."""
    return "alarmed" if step.status == "succeeded" and (step.details or {}).get("fired") else step.status


def told(step: Step) -> str:
    """A step in a line: what it says, else its counts."""
    message = step.message or _measured(step)
    for name in (step.step, step.source):  # a message that may stand alone begins with it
        message = message.removeprefix(f"{name}: ")
    return f"{step.step} {step.source}".strip() + f": {message}"


def _measured(step: Step) -> str:
    measures = step.measures or {}
    return ", ".join(f"{measures[name]:,} {name}" for name in COUNTS if measures.get(name) is not None)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
