"""What the server is made of: live parts, handed in once, so that tests hand in their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ritournelle.monitoring.health import HealthReport
from ritournelle.monitoring.journal import Journal
from ritournelle.monitoring.rules import Rules
from ritournelle.serving.manifest import ProjectGraph

ReportTrouble = Callable[[str, str, str, str], object]
"""Opens an incident: subject, what is wrong, who says so, how to reach them; `PermanentError` says what is amiss."""

AmendIncident = Callable[[str, str, str, str], object]
"""Takes or resolves an incident: its id, `acknowledge` or `resolve`, who says so, a note; `PermanentError` as above."""


@dataclass(frozen=True)
class Parts:
    """Everything that pages read. None of it opens the working warehouse for writing.

    `look` observes the platform now and keeps what its sensors say; `report` tells what was read last;
    `quality` gives rows of `marts.model_quality_days` as readers see them; `champion` names the version that serves.
    `graph` is the dbt project as it was transformed last.
    """

    journal: Journal
    rules: Rules
    clock: Callable[[], datetime]
    look: Callable[[], object]
    report: Callable[[], HealthReport]
    quality: Callable[[], Sequence[dict[str, Any]]]
    champion: Callable[[], str | None]
    graph: Callable[[], ProjectGraph]
    report_trouble: ReportTrouble
    amend_incident: AmendIncident
    cache: Path
    """Folder for what is made once, such as the charts' scripts."""
