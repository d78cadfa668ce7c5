"""`ritournelle incidents` and `ritournelle alerts`: what people see, and what they may do."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from ritournelle.commands import alerts, incidents
from ritournelle.errors import PermanentError, SettingsError
from ritournelle.monitoring.journal import Journal
from ritournelle.monitoring.reading import Reading, Severity, Status
from ritournelle.monitoring.rules import load_rules
from ritournelle.monitoring.sensors.catalogue import SENSORS
from ritournelle.monitoring.watch import keep

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
NAME = "20261125T120000-completeness-users"


@pytest.fixture(name="journal")
def journal_with_one_incident(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Journal:
    monkeypatch.setenv("RITOURNELLE_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "80")
    journal = Journal(tmp_path / "operations.db")
    facts = {"announced": 1000, "problem": "3 rows [are] missing"}
    reading = Reading("completeness", "users", Status.FIRED, Severity.ERROR, NOON, facts)
    keep(journal, [reading], load_rules(SENSORS))
    return journal


def told(*arguments: str) -> Result:
    return CliRunner().invoke(incidents.app, list(arguments))


def told_json(*arguments: str) -> Any:
    result = told(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_what_is_open_is_listed(journal: Journal) -> None:
    (one,) = told_json("list")
    assert (one["incident_id"], one["severity"], one["phase"]) == (NAME, "error", "open")
    printed = told("list").stdout
    assert "rows [are]" in printed.replace("│", "") and NAME in printed
    told("resolve", NAME)
    assert told_json("list") == [] and "no incident is open" in told("list").stdout
    assert [line["phase"] for line in told_json("list", "--all")] == ["resolved"]
    assert journal.incident(NAME).is_over


@pytest.mark.usefixtures("journal")
def test_its_whole_life_by_hand() -> None:
    assert (
        f"{NAME} is taken by ada; the runbook is docs/runbooks/completeness.md"
        in told("ack", "2026", "--by", "ada").stdout
    )
    assert told("act", "2026", "--note", "asked the app").exit_code == 0
    shown = told("show", "2026").stdout
    for line in (
        "state: taken by ada",
        "what to do: Ask the app's owners",
        "evidence: announced 1000",
        "asked the app",
    ):
        assert line in shown
    assert told("resolve", "2026", "--by", "ada", "--note", "they mended it").exit_code == 0
    events = told_json("show", "2026")["events"]
    assert [event["event"] for event in events] == ["opened", "acknowledged", "action", "resolved"]
    assert datetime.fromisoformat(events[3]["at"]) > NOON


@pytest.mark.usefixtures("journal")
def test_what_makes_no_sense_fails_with_a_word() -> None:
    told("ack", NAME)
    for arguments, problem in (
        (("ack", NAME), "already"),
        (("act", NAME, "--note", " "), "needs a note"),
        (("show", "1999"), "no incident has an id"),
        (("open", "--subject", "nobody", "--message", "it is bad"), "is no subject"),
    ):
        result = told(*arguments)
        assert isinstance(result.exception, PermanentError) and problem in str(result.exception), arguments
    for arguments in (("act", NAME), ("open", "--subject", "users", "--message", "it is bad", "--severity", "block")):
        assert told(*arguments).exit_code == 2


@pytest.mark.usefixtures("journal")
def test_a_consumer_opens_one_and_hears_of_the_end() -> None:
    report = ("open", "--subject", "marts.kpi_days", "--message", "Monday is empty")
    assert "is open" in told(*report, "--contact", "lea@example.com", "--by", "lea").stdout
    assert "your report is added to it" in told(*report).stdout
    (one, _) = told_json("list")
    assert "contact" not in one and one["opened_by"] == "lea"
    assert "lea reported it; tell them: lea@example.com" in told("resolve", one["incident_id"]).stdout
    assert told_json("show", one["incident_id"])["contact"] == ""


@pytest.mark.usefixtures("journal")
def test_an_empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RITOURNELLE_HOME", str(tmp_path / "new"))
    assert told_json("list") == []
    assert "there was no incident yet" in told("list", "--all").stdout


@pytest.mark.usefixtures("journal")
@pytest.mark.parametrize("verb", [alerts.test, alerts.digest, alerts.send])
def test_alerts_without_a_channel_say_what_to_set(verb: Callable[[], None]) -> None:
    with pytest.raises(SettingsError, match="RITOURNELLE_ALERTS__URLS"):
        verb()
