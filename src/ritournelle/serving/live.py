"""The live parts of one platform, for the server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ritournelle.bootstrap import Platform
from ritournelle.domain.clock import utc_now
from ritournelle.errors import PermanentError, RitournelleError
from ritournelle.monitoring.health import HealthReport
from ritournelle.monitoring.incidents import acknowledged, resolved
from ritournelle.monitoring.observing.machine import NO_ROOM, disk_space
from ritournelle.monitoring.reading import Reading
from ritournelle.monitoring.reports import Report
from ritournelle.monitoring.watch import ask
from ritournelle.runs.lock import is_run_under_way
from ritournelle.serving.manifest import GraphFile
from ritournelle.serving.parts import Parts
from ritournelle.serving.published import PublishedQuality
from ritournelle.warehouse.connect import duckdb_path

_AMENDING = {"acknowledge": acknowledged, "resolve": resolved}
_SOMEBODY = "somebody, on the page"


class Watch:
    """What the server sees by itself; readings that a full disk has no room for are told all the same."""

    def __init__(self, platform: Platform) -> None:
        self._settings = platform.settings
        self._journal, self._rules, self._rounds = platform.journal(), platform.rules(), platform.rounds()
        self._notifier = platform.notifier()
        self._not_kept: Sequence[Reading] = ()

    def look(self) -> None:
        """Ask every sensor that needs no run, and send the alerts that wait."""
        # A run tells of itself when it ends. Meanwhile it opens a DuckDB file again and again, and to try whether that
        # opens could make it fail.
        if is_run_under_way(self._settings.home):
            return
        try:
            self._rounds.look()
            self._not_kept = ()
        except RitournelleError as error:
            self._not_kept = self._of_disk(str(error))
            raise
        self._notifier.flush(utc_now())

    def report(self) -> HealthReport:
        """What was read last, by runs and by looks."""
        report = HealthReport.of(self._journal, self._rules, utc_now())
        known = {reading.key: reading for reading in (*report.readings, *self._not_kept)}
        return replace(report, readings=tuple(known.values()))

    def report_trouble(self, subject: str, message: str, name: str, contact: str) -> None:
        """Somebody tells of it: an incident; people on duty hear of it with the next look."""
        now = utc_now()
        change = self._journal.open_by_person(Report(subject, message, by=name, contact=contact), now)
        self._notifier.notify([change], now)

    def amend_incident(self, incident_id: str, verb: str, name: str, note: str) -> None:
        """Somebody takes it, or says that it is over; the errors of `monitoring.incidents`."""
        if verb not in _AMENDING:
            raise PermanentError("an incident is acknowledged or resolved here")
        now, by = utc_now(), name or _SOMEBODY
        change = self._journal.amend(incident_id, lambda incident: _AMENDING[verb](incident, by, now, note))
        self._notifier.notify([change], now)

    def _of_disk(self, problem: str) -> list[Reading]:
        file = duckdb_path(self._settings.warehouse_url)
        seen = disk_space(self._settings.home, file, problem if NO_ROOM.search(problem) else "")
        return ask(seen, self._rules, utc_now())


def parts_of(platform: Platform) -> Parts:
    """Raises `SettingsError` when the rules file cannot be read."""
    home, watch = platform.settings.home, Watch(platform)
    graph_file = GraphFile(home / "dbt" / "target" / "partial_parse.msgpack")
    quality = PublishedQuality(platform.read_published)

    def look() -> None:
        quality.read()
        watch.look()

    def champion() -> str | None:
        try:
            return platform.served_registry().champion()
        except RitournelleError:  # a sensor tells of it
            return None

    return Parts(
        journal=platform.journal(),
        rules=platform.rules(),
        clock=utc_now,
        look=look,
        report=watch.report,
        quality=lambda: quality.rows,
        champion=champion,
        graph=graph_file.graph,
        report_trouble=watch.report_trouble,
        amend_incident=watch.amend_incident,
        cache=home / "cache",
    )
