"""Who watches a run hears of it here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ritournelle.runs.record import Step

if TYPE_CHECKING:
    from ritournelle.ingestion.crawl import Progress
    from ritournelle.transform.report import TransformReport


class Watcher:
    """Hears how a run goes; a shell overrides what it shows."""

    def on_step(self, step: Step) -> None:
        """A step has ended."""

    def on_stage(self, stage: str) -> None:
        """A stage begins."""

    def on_crawl(self, progress: Progress) -> None:
        """A page was read."""

    def on_retry(self, problem: str) -> None:
        """A page will be tried again."""

    def on_backfill(self, number: int, total: int, what: str) -> None:
        """A past load begins."""

    def on_transform(self, number: int, total: int, what: str) -> None:
        """A model or data test begins."""

    def on_transformed(self, report: TransformReport) -> None:
        """The transform has ended, well or not."""

    def on_training(self, done: int, total: int, what: str) -> None:
        """Training went on by a step; `total` is 0 where nobody knows how many there are."""

    def on_store(self, store: str) -> None:
        """A store is being erased."""

    def on_lists(self, done: int, total: int) -> None:
        """Lists of some more listeners are there."""

    def on_stored_lists(self, done: int, total: int) -> None:
        """Some more lists are in the online store, not served yet."""
