"""The live parts of one platform, for the server."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ritournelle.bootstrap import Platform
from ritournelle.domain.clock import utc_now
from ritournelle.errors import RitournelleError
from ritournelle.monitoring.health import HealthReport
from ritournelle.monitoring.journal import Journal
from ritournelle.monitoring.rules import load_rules
from ritournelle.monitoring.sensors.catalogue import SENSORS
from ritournelle.serving import history
from ritournelle.serving.manifest import GraphFile
from ritournelle.serving.parts import Parts
from ritournelle.serving.published import PublishedQuality


def parts_of(platform: Platform) -> Parts:
    """Raises `SettingsError` when the rules file cannot be read."""
    home = platform.settings.home
    journal = Journal(home / "operations.db")
    rules = load_rules(SENSORS)
    graph_file = GraphFile(home / "dbt" / "target" / "partial_parse.msgpack")
    quality = PublishedQuality(platform.read_published)

    def look() -> None:
        quality.read()

    def report() -> HealthReport:
        step = history.latest_step(journal, "publish")
        fresh: datetime | None = step.ended_at if step else None
        return HealthReport(utc_now(), fresh, journal.latest_readings(), journal.open_incidents(), rules)

    def champion() -> str | None:
        try:
            return platform.registry().champion()
        except RitournelleError:
            return None

    def last_quality() -> list[dict[str, Any]]:
        return quality.rows

    return Parts(
        journal=journal,
        rules=rules,
        clock=utc_now,
        look=look,
        report=report,
        quality=last_quality,
        champion=champion,
        graph=graph_file.graph,
        cache=home / "cache",
    )
