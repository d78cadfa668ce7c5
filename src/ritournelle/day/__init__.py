"""The day, and how it is told."""

from ritournelle.day.day import PUBLISHED_SCHEMAS, STAGES, Day
from ritournelle.day.report import OpenRun, RunReport
from ritournelle.day.watcher import Watcher

__all__ = ["PUBLISHED_SCHEMAS", "STAGES", "Day", "OpenRun", "RunReport", "Watcher"]
