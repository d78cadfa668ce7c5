"""The numbers that the charts are drawn from, as rows with words in the reader's language."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ritournelle.monitoring.journal import Journal
from ritournelle.serving import history
from ritournelle.serving.charts import CHARTS, Chart
from ritournelle.serving.language import Texts
from ritournelle.serving.parts import Parts
from ritournelle.serving.snapshot import DAYS_SHOWN

Row = dict[str, Any]
DAYS_OF_TABLES = 14
"""What stands beside each chart in figures; nobody reads a year of them, and writing it took half of the time."""
METRIC = "ndcg@20"
"""The quality that is drawn: how well the first twenty of a list are ordered."""
FRESHNESS_SENSORS = ("mart_freshness", "source_freshness", "listen_freshness")
HOURS = {"seconds": 1 / 3600, "minutes": 1 / 60, "hours": 1.0, "days": 24.0}
"""Units of rules, in hours."""
_READS_PER_DAY = """
SELECT substr(started_at, 1, 10) AS day, source, max(json_extract(measures, '$.landed')) AS landed,
       max(coalesce(json_extract(measures, '$.quarantined'), 0)) AS quarantined
FROM run_steps WHERE step = 'ingest' AND source <> '' AND started_at >= ? GROUP BY 1, 2 ORDER BY 1, 2"""


def all_charts(parts: Parts, texts: Texts, days: int = DAYS_SHOWN) -> list[Chart]:
    """Every chart with the numbers of so many days."""
    since = parts.clock() - timedelta(days=days)
    reads = parts.journal.rows(_READS_PER_DAY, [since.isoformat(timespec="microseconds")])
    rows: Mapping[str, Callable[[], list[Row]]] = {
        "durations": lambda: _durations(parts.journal, since, texts),
        "rows": lambda: _reads(reads, "landed", texts),
        "checks": lambda: _checks(parts.journal, since, texts),
        "quarantine": lambda: _reads(reads, "quarantined", texts),
        "quality": lambda: _quality(parts.quality(), since, texts),
        "freshness": lambda: _freshness(parts, since, texts),
    }
    return [draw(rows[name](), texts) for name, draw in CHARTS.items()]


def quality_over_time(parts: Parts, texts: Texts, days: int = DAYS_SHOWN) -> Chart:
    """The chart of the models alone."""
    return CHARTS["quality"](_quality(parts.quality(), parts.clock() - timedelta(days=days), texts), texts)


def said(word: str, texts: Texts) -> str:
    """A word of the journal in the reader's language; as it stands where there is none."""
    return texts(f"words.{word}") if texts.has(f"words.{word}") else word


def _durations(journal: Journal, since: datetime, texts: Texts) -> list[Row]:
    return [
        {
            "started_at": run.started_at.isoformat(timespec="seconds"),
            "seconds": round(run.duration_seconds, 1),
            "status": said(run.status, texts),
            "verb": run.verb,
        }
        for run in reversed(history.runs(journal, since))
        if run.duration_seconds is not None
    ]


def _reads(reads: Sequence[Row], measure: str, texts: Texts) -> list[Row]:
    return [
        {"day": row["day"], "source": said(row["source"], texts), measure: row[measure]}
        for row in reads
        if row[measure] is not None
    ]


def _checks(journal: Journal, since: datetime, texts: Texts) -> list[Row]:
    rows = history.checks_per_day(journal, since)
    return [{"day": row["day"], "outcome": said(row["outcome"], texts), "checks": row["checks"]} for row in rows]


def _quality(rows: Sequence[Mapping[str, Any]], since: datetime, texts: Texts) -> list[Row]:
    shown = [row for row in rows if row["metric"] == METRIC and row["measured_at"] >= since]
    return [
        {
            "day": row["measured_at"].isoformat(timespec="seconds"),
            "role": said(row["role"], texts),
            "value": round(row["value"], 4),
            "version": row["model_version"] or said("popularity", texts),
        }
        for row in sorted(shown, key=lambda row: (row["measured_at"], row["role"]))
    ]


def _freshness(parts: Parts, since: datetime, texts: Texts) -> list[Row]:
    oldest: dict[tuple[str, str], float] = defaultdict(float)
    for row in history.measured_per_day(parts.journal, FRESHNESS_SENSORS, since):
        rule = parts.rules.by_sensor.get(row["sensor"])
        if rule is not None and rule.unit in HOURS:
            key = (row["day"], row["subject"])
            oldest[key] = max(oldest[key], row["measured"] * HOURS[rule.unit])
    return [
        {"day": day, "subject": said(subject, texts), "hours": round(hours, 2)}
        for (day, subject), hours in sorted(oldest.items())
    ]
