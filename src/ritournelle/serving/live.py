"""The live parts of one platform, for the server."""

from __future__ import annotations

from ritournelle.bootstrap import Platform
from ritournelle.domain.clock import utc_now
from ritournelle.errors import RitournelleError
from ritournelle.monitoring.health import HealthReport
from ritournelle.runs.lock import is_run_under_way
from ritournelle.serving.manifest import GraphFile
from ritournelle.serving.parts import Parts
from ritournelle.serving.published import PublishedQuality


def parts_of(platform: Platform) -> Parts:
    """Raises `SettingsError` when the rules file cannot be read."""
    home, journal, rules, rounds = platform.settings.home, platform.journal(), platform.rules(), platform.rounds()
    graph_file = GraphFile(home / "dbt" / "target" / "partial_parse.msgpack")
    quality = PublishedQuality(platform.read_published)

    def look() -> None:
        quality.read()
        # A run tells of itself when it ends. Meanwhile it opens a DuckDB file again and again, and to try whether that
        # opens could make it fail.
        if not is_run_under_way(home):
            rounds.look()

    def champion() -> str | None:
        try:
            return platform.registry().champion()
        except RitournelleError:  # a sensor tells of it
            return None

    return Parts(
        journal=journal,
        rules=rules,
        clock=utc_now,
        look=look,
        report=lambda: HealthReport.of(journal, rules, utc_now()),
        quality=lambda: quality.rows,
        champion=champion,
        graph=graph_file.graph,
        cache=home / "cache",
    )
