"""Several processes meet the same trouble at the same moment, in a home that is new: one incident, and nobody fails."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ritournelle.monitoring.journal import Journal

PROCESSES, TIMES = 4, 10
WORK = """
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from ritournelle.monitoring.journal import Journal
from ritournelle.monitoring.following import Opening
from ritournelle.monitoring.reading import Reading, Severity, Status
from ritournelle.monitoring.reports import Report

journal = Journal(Path(sys.argv[1]) / "operations.db")
while not Path(sys.argv[3]).exists():
    time.sleep(0.001)
for number in range(int(sys.argv[2])):
    now = datetime.now(UTC)
    reading = Reading("completeness", "users", Status.FIRED, Severity.ERROR, now)
    journal.keep_readings([reading])
    journal.follow([reading], {reading.key: Opening("platform", "completeness", "rows are missing")})
    journal.open_by_person(Report("tracks", "names are missing"), now)
"""


def test_one_incident_each_and_every_voice_is_counted(tmp_path: Path) -> None:
    home = tmp_path / "home"
    command = [sys.executable, "-c", WORK, str(home), str(TIMES), str(tmp_path / "go")]

    def work(_: int) -> str:
        return subprocess.run(command, capture_output=True, text=True, check=False).stderr

    with ThreadPoolExecutor(PROCESSES) as hands:
        told = hands.map(work, range(PROCESSES))
        time.sleep(1)  # all of them stand at the line
        (tmp_path / "go").touch()
        assert list(told) == PROCESSES * [""]
    seen = {one.key: one.times_seen for one in Journal(home / "operations.db").incidents()}
    assert seen == {"completeness:users": PROCESSES * TIMES, "person:tracks": PROCESSES * TIMES}
