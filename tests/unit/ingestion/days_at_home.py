"""Days of a source in memory, ingested into a warehouse and a landing folder, for tests of what comes after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from ritournelle.domain.sources import Source
from ritournelle.errors import SourceError
from ritournelle.ingestion.backfill import Backfill, BackfillReport
from ritournelle.ingestion.ingest import Ingestion
from ritournelle.ingestion.pages import Page
from ritournelle.ingestion.replay import replay
from ritournelle.ingestion.report import SourceReport
from ritournelle.ingestion.retention import remove_superseded
from ritournelle.runs.record import Step, begin_run, end_run, note_step
from ritournelle.settings import SourceSettings
from ritournelle.warehouse.base import Warehouse
from ritournelle.warehouse.tables import EXTRACTS, QUARANTINE_ROWS, SRC_USERS, TRANSFORM_SCOPE
from tests.properties.list_source import ListSource, Row, history, track, user

TRACKS, USERS, HISTORY = Source.TRACKS, Source.USERS, Source.LISTEN_HISTORY
Day = dict[Source, list[Row]]
Contents = dict[str, list[str]]
FIRST_DAY = date(2024, 3, 1)
SHORT_TEXTS = SourceSettings(max_text_characters=30)


def day(number: int) -> date:
    return FIRST_DAY + timedelta(days=number - 1)


class FlakySource(ListSource):
    """A source of which some endpoints refuse."""

    def __init__(self, rows: Day, broken: Iterable[Source]) -> None:
        super().__init__(rows)
        self._broken = set(broken)

    def read(self, source: Source, numbers: Iterable[int]) -> Iterator[Page]:
        if source in self._broken:
            raise SourceError(f"{source}: refused")
        yield from super().read(source, numbers)


class Home:
    """A warehouse and its landing, with one run a day."""

    def __init__(self, warehouse: Warehouse, landing: Path) -> None:
        self.warehouse, self.landing = warehouse, landing
        self.loads: list[tuple[int, int, str]] = []

    def ingest(
        self,
        number: int,
        rows: Day,
        *,
        broken: Iterable[Source] = (),
        settings: SourceSettings | None = None,
        accept_new_epoch: bool = False,
    ) -> dict[Source, SourceReport]:
        run = begin_run(self.warehouse, "ingest", day(number))
        reader = FlakySource(rows, broken)
        settings = settings or SourceSettings()
        ingestion = Ingestion(self.warehouse, reader, settings, self.landing, run, accept_new_epoch=accept_new_epoch)
        reports = ingestion.run()
        end_run(self.warehouse, run, "succeeded")
        return reports

    def replay(self, number: int, source: Source, settings: SourceSettings | None = None) -> int:
        """As `Day.replay_quarantine` does it."""
        run, started = begin_run(self.warehouse, "quarantine replay", day(number)), datetime.now(UTC)
        back = replay(self.warehouse, source, settings or SourceSettings(), run, replayed_at=started).replayed
        step = Step("replay", "succeeded", started, source=str(source), measures={"inserted": back})
        note_step(self.warehouse, run, step)
        end_run(self.warehouse, run, "succeeded")
        return back

    def backfill(self, first: int, last: int | None = None, settings: SourceSettings | None = None) -> BackfillReport:
        backfill = Backfill(
            self.warehouse, self.landing, settings or SourceSettings(), lambda *told: self.loads.append(told)
        )
        return backfill.run(day(first), day(last) if last else None)

    def transform(self, built_run: int) -> None:
        """What a good transform leaves behind: that every model has seen these runs."""
        self.warehouse.replace(TRANSFORM_SCOPE, TRANSFORM_SCOPE.rows([{"built_run": built_run}]))

    def compact(self, number: int, oldest_kept: int) -> Step:
        run = begin_run(self.warehouse, "compact", day(number))
        step = remove_superseded(self.warehouse, run, day(oldest_kept))
        end_run(self.warehouse, run, "succeeded")
        return step

    def contents(self) -> Contents:
        """All of raw, quarantine and the records of what was loaded, to the last mark."""
        tables = {str(table): f"SELECT * FROM {table}" for table in (*EXTRACTS, QUARANTINE_ROWS)}
        tables["steps"] = "SELECT * FROM ops.run_steps WHERE step IN ('ingest', 'replay')"
        return {name: sorted(map(str, self.warehouse.read(query).to_pylist())) for name, query in tables.items()}

    def damage(self, number: int) -> None:
        """What a bug may have done on a day: users of that run lost, tracks doubled, listens of somebody else."""
        run = self.warehouse.read("SELECT max(run_number) AS n FROM ops.runs WHERE logical_date = ?", [day(number)])
        broken = run["n"][0].as_py()
        self.warehouse.remove(SRC_USERS, f"run_number = {broken}")
        for table in EXTRACTS[::2]:
            rows = self.warehouse.read(f"SELECT * FROM {table} WHERE run_number >= ?", [broken])
            self.warehouse.append(table, rows)


def app(number: int, *, people: str = "Ada", users: int = 0, long_name: bool = False) -> Day:
    """Ten users, tracks and records; every day one of each goes, one comes, and the others hear one track more."""
    ids = range(users + number, users + number + 10)
    names = {n: f"{people} {n}" + " Rosalind Anna the Magnificent" * (long_name and n % 5 == 0) for n in ids}
    return {
        USERS: [user(n, first_name=names[n]) for n in ids],
        TRACKS: [track(n, album=f"Album {number}") for n in range(number, number + 10)],
        HISTORY: [history(n, [n, 7] + [7] * number) for n in ids],
    }
