"""What a person sees in the terminal: progress on standard error, results as tables on standard output."""

from __future__ import annotations

import sys
from pathlib import Path
from shutil import which
from time import monotonic
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from ritournelle.day import RunReport, Watcher
from ritournelle.domain.recommendations import RecommendationList
from ritournelle.line_watcher import COUNTS, ending, told
from ritournelle.runs.record import Step
from ritournelle.settings import Settings

if TYPE_CHECKING:
    from ritournelle.ingestion.crawl import Progress as CrawlProgress
    from ritournelle.training.comparison import Comparison
    from ritournelle.training.selection import Trial
    from ritournelle.warehouse.copy import CopiedTable

_OUT = Console(highlight=False)
_ERR = Console(stderr=True, highlight=False)
_MARKS = {"succeeded": "[green]✓[/]", "alarmed": "[yellow]![/]", "failed": "[red]✗[/]", "skipped": "[yellow]–[/]"}
_TOLD_IN_FULL = ("backfill", "compact")
"""Verbs whose result is what their steps say."""
SECONDS_BETWEEN_LOOKS = 0.1
"""Between two changes of a bar that pages move; it is drawn ten times a second."""


class ConsoleWatcher(Watcher):
    """Shows one bar per stage on standard error, and a line per step that ended."""

    def __init__(self) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._bars = Progress(*columns, console=_ERR, transient=True)
        self._bar: TaskID | None = None
        self._next_look = 0.0

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def on_stage(self, stage: str) -> None:
        """A stage begins."""
        if self._bar is not None:
            self._bars.remove_task(self._bar)
        self._bar = self._bars.add_task(stage, total=None)

    def on_step(self, step: Step) -> None:
        """A step has ended."""
        self._bars.print(f"{_MARKS[ending(step)]} {escape(told(step))}")

    def on_retry(self, problem: str) -> None:
        """A page will be tried again."""
        self._bars.print(f"[yellow]…[/] {escape(problem)}")

    def on_crawl(self, progress: CrawlProgress) -> None:
        """A page was read; of thousands a second, few are worth a word."""
        now = monotonic()
        if now >= self._next_look or progress.pages_done == progress.pages_announced:
            self._next_look = now + SECONDS_BETWEEN_LOOKS
            what = f"ingest {progress.source}, pass {progress.pass_number}"
            self._show(progress.pages_done, progress.pages_announced, what)

    def on_backfill(self, number: int, total: int, what: str) -> None:
        """A past load begins."""
        self._show(number, total, f"backfill {what}")

    def on_transform(self, number: int, total: int, what: str) -> None:
        """A model or data test begins."""
        self._show(number, total, f"transform {what}"[:60])

    def on_training(self, done: int, total: int, what: str) -> None:
        """Training went on."""
        self._show(done, total, f"train: {what}")

    def on_lists(self, done: int, total: int) -> None:
        """Lists of some more listeners are there."""
        self._show(done, total, "recommend")

    def on_stored_lists(self, done: int, total: int) -> None:
        """Some more lists are in the online store."""
        self._show(done, total, "publish: online store")

    def on_store(self, store: str) -> None:
        """A store is being erased."""
        if self._bar is None:
            self.on_stage("forget")
        self._show(0, 0, f"forget: {store}")

    def _show(self, done: int, total: int, what: str) -> None:
        if self._bar is not None:
            self._bars.update(self._bar, completed=done, total=total or None, description=escape(what))


class CopyWatcher:
    """Tells on standard error how a copy goes on: each table, and every million rows of a large one."""

    def __init__(self) -> None:
        self._said = 0

    def on_rows(self, table: str, rows: int) -> None:
        """So many rows of a table were written."""
        if rows - self._said >= 1_000_000:
            say(f"… {table}: {rows:,} rows")
            self._said = rows

    def on_table(self, table: CopiedTable) -> None:
        """A table was copied and read back."""
        self._said = 0
        _ERR.print(f"[green]✓[/] {escape(table.name)}: {table.rows:,} rows, checksum {table.checksum[:12]}")


def say(text: str) -> None:
    """A remark on standard error."""
    _ERR.print(escape(text))


def say_next_steps(home: Path) -> None:
    """What to try after the demo, with the command as it was called here if it is not on the path."""
    command = "ritournelle" if which("ritournelle") else sys.argv[0]
    say(
        f"\nThe warehouse is {home / 'warehouse.duckdb'}; raw pages are under {home / 'landing'}.\n"
        f"The health page: RITOURNELLE_HOME={home} {command} serve, then open http://127.0.0.1:8000 "
        f"(or `{command} demo --serve`)\n"
        f"For your own app: RITOURNELLE_SOURCE__URL=https://… {command} run"
    )


def show_run(report: RunReport) -> None:
    """What landed, per source, and how each step ended."""
    if report.sources:
        _OUT.print(_sources_table(report))
    for source, outcome in report.sources.items():
        for warning in outcome.warnings:
            _OUT.print(f"[yellow]{source}[/]: {escape(warning)}")
    for step in report.steps:
        for warning in (step.details or {}).get("warnings", []) if not step.source else []:
            _OUT.print(f"[yellow]{step.step}[/]: {escape(warning)}", soft_wrap=True)
    if any(outcome.quarantined for outcome in report.sources.values()):
        _OUT.print("[yellow]quarantine[/]: `ritournelle quarantine list` tells which rows wait, and why")
    colour = "green" if report.succeeded else "red"
    seconds = f"{report.duration_seconds:.1f} s"
    _OUT.print(f"[{colour}]{report.run.verb} {report.status}[/] in {seconds} (run {report.run.run_id})")
    for step in report.steps:
        if step.status != "succeeded" or report.run.verb in _TOLD_IN_FULL:
            _OUT.print(f"  {_MARKS[ending(step)]} {escape(told(step))}", soft_wrap=True)


def show_list(answer: RecommendationList) -> None:
    """One listener's list with its reasons."""
    title = f"for listener {answer.user_id} · {answer.model_version} · {answer.answered_by}"
    table = Table(title=title, title_justify="left")
    for column in ("#", "track", "artist", "score", "why"):
        table.add_column(column, justify="right" if column in "#score" else "left")
    for entry in answer.recommendations:
        texts = (entry.name or str(entry.track_id), entry.artist or "", entry.reason)
        table.add_row(str(entry.rank), *(escape(text) for text in texts[:2]), f"{entry.score:.3f}", escape(texts[2]))
    _OUT.print(table)
    if answer.fallback_reason:
        _OUT.print(f"[yellow]what is popular answers: {escape(answer.fallback_reason)}[/]")


def say_trial(trial: Trial) -> None:
    """A candidate was fitted and judged on the validation window."""
    reached = trial.problem or f"{trial.score:.4f}"
    say(f"  {reached}  {trial.seconds:6.1f} s  {trial.candidate}")


def show_comparison(comparison: Comparison) -> None:
    """Every family on the test window, and the gate's word."""
    title = f"{comparison.task}, {comparison.cases:,} listeners · {comparison.window}"
    table = Table(title=title, title_justify="left")
    for column in ("family", "recall", "ndcg", "coverage", "against popularity"):
        table.add_column(column, justify="left" if column == "family" else "right")
    k = comparison.metric.rpartition("@")[2]
    for standing in comparison.standings:
        values = (standing.metrics[name] for name in (f"recall@{k}", f"ndcg@{k}", "coverage"))
        table.add_row(
            standing.candidate.family, *(f"{value:.4f}" for value in values), escape(str(standing.against_popularity))
        )
    _OUT.print(table)
    _show_slices(comparison)
    _OUT.print(f"chosen on the validation window: {escape(str(comparison.chosen))}", soft_wrap=True)
    colour = "green" if comparison.decision.promote else "yellow"
    _OUT.print(f"[{colour}]the gate: {escape(str(comparison.decision))}[/]", soft_wrap=True)


def _show_slices(comparison: Comparison) -> None:
    """Recall of the chosen family beside popularity's, for kinds of listeners and of tracks."""
    standings = {standing.candidate.family: standing for standing in comparison.standings}
    chosen, popular = standings[comparison.chosen.family], standings["popularity"]
    recall = f"recall@{comparison.metric.rpartition('@')[2]}"
    table = Table(title=f"{recall} by slice", title_justify="left")
    for column in ("slice", "listeners", chosen.candidate.family, "popularity"):
        table.add_column(column, justify="left" if column == "slice" else "right")
    for name, means in chosen.slices.items():
        beside = popular.slices.get(name, {})
        table.add_row(name, f"{means['cases']:,.0f}", *(f"{each.get(recall, 0.0):.4f}" for each in (means, beside)))
    _OUT.print(table)


def show_quarantine(rows: list[dict[str, Any]]) -> None:
    """The rows that wait, or a word that none does."""
    if not rows:
        _OUT.print("nothing waits in quarantine")
        return
    table = Table()
    for column in ("id", "source", "key", "status", "reason", "since"):
        table.add_column(column)
    for row in rows:
        since = f"{row['quarantined_at']:%Y-%m-%d %H:%M}"
        texts = (row["quarantine_id"][:12], row["source"], row["source_key"] or "", row["status"], row["reason"], since)
        table.add_row(*(escape(text) for text in texts))
    _OUT.print(table)


def show_record(record: dict[str, Any]) -> None:
    """One record, a line per field."""
    for name, value in record.items():
        _OUT.print(f"[bold]{name}[/]: {escape(str(value))}", soft_wrap=True)


def show_settings(settings: Settings) -> None:
    """Every setting with its variable and what it means; secrets hidden."""
    table = Table()
    for column in ("variable", "value", "meaning"):
        table.add_column(column)
    for name, field in type(settings).model_fields.items():
        section = getattr(settings, name)
        if not hasattr(section, "model_dump"):
            table.add_row(f"RITOURNELLE_{name.upper()}", escape(str(section)), field.description or "")
            continue
        for key, inner in type(section).model_fields.items():
            value = escape(str(getattr(section, key)))
            table.add_row(f"RITOURNELLE_{name.upper()}__{key.upper()}", value, inner.description or "")
    _OUT.print(table)


def _sources_table(report: RunReport) -> Table:
    """One column per source: so it fits a terminal of 80 characters."""
    table = Table()
    table.add_column("rows")
    for source, outcome in report.sources.items():
        table.add_column(f"{_MARKS[outcome.status]} {source}", justify="right")
    values = [outcome.to_dict() for outcome in report.sources.values()]
    for name in COUNTS:
        table.add_row(name, *("–" if one[name] is None else f"{one[name]:,}" for one in values))
    table.add_row("proven snapshot", *("yes" if one["proven_snapshot"] else "no" for one in values))
    return table
