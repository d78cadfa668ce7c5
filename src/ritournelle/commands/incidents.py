"""`ritournelle incidents`: what is wrong, who has taken it, what is done about it."""

# Imports stand inside the verbs, as in `ritournelle.cli`.
from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from ritournelle.commands.shell import AsJson, platform, print_json

if TYPE_CHECKING:
    from datetime import datetime

    from ritournelle.monitoring.incidents import Change, Incident

app = typer.Typer(no_args_is_help=True, help="What is wrong, who has taken it, and what is done about it.")


class PersonSeverity(StrEnum):
    """What a person may give an incident."""

    WARN = "warn"
    ERROR = "error"


Name = Annotated[
    str, typer.Argument(metavar="ID", help="Its id, or the first characters of it, from `incidents list`.")
]
By = Annotated[str, typer.Option("--by", help="Who does it; your name on this machine if unset.")]
Note = Annotated[str, typer.Option("--note", help="A line that is kept beside it.")]


@app.command("list")
def list_incidents(
    every: Annotated[bool, typer.Option("--all", help="Those that are resolved, too: the last hundred.")] = False,
    as_json: AsJson = False,
) -> None:
    """Those that are not resolved, the latest seen first."""
    from ritournelle.commands.incident_views import show_incidents, to_dict

    journal = platform().journal()
    found = journal.incidents() if every else journal.open_incidents()
    if as_json:
        print_json([to_dict(incident) for incident in found])
    else:
        show_incidents(found, every)


@app.command("show")
def show(name: Name, as_json: AsJson = False) -> None:
    """One of them: the evidence, what to do, and all that happened to it."""
    from ritournelle.commands.incident_views import show_incident, to_dict

    current = platform()
    journal = current.journal()
    incident = journal.incident(name)
    events = journal.events_of(incident.incident_id)
    if as_json:
        told = [event | {"at": event["at"].isoformat()} for event in events]
        print_json(to_dict(incident) | {"contact": incident.contact, "events": told})
    else:
        show_incident(incident, events, current.rules())


@app.command("ack")
def acknowledge(name: Name, by: By = "", note: Note = "") -> None:
    """Take it: others see that somebody is at it."""
    from ritournelle.monitoring.incidents import acknowledged

    incident = _amend(name, by, lambda one, who, now: acknowledged(one, who, now, note))
    print(f"{incident.incident_id} is taken by {incident.taken_by}; the runbook is {_runbook(incident)}")


@app.command("act")
def act(name: Name, note: Annotated[str, typer.Option("--note", help="What is done about it.")], by: By = "") -> None:
    """Say what you do about it: the corrective action."""
    from ritournelle.monitoring.incidents import action_taken

    incident = _amend(name, by, lambda one, who, now: action_taken(one, who, now, note))
    print(f"noted for {incident.incident_id}")


@app.command("resolve")
def resolve(name: Name, by: By = "", note: Note = "") -> None:
    """Say that it is over. One that a sensor opened closes by itself when the sensor passes again."""
    from ritournelle.monitoring.incidents import resolved

    contact = platform().journal().incident(name).contact
    incident = _amend(name, by, lambda one, who, now: resolved(one, who, now, note))
    print(f"{incident.incident_id} is resolved")
    if contact:
        print(f"{incident.opened_by} reported it; tell them: {contact} (this is not kept any longer)")


@app.command("open")
def open_incident(
    subject: Annotated[str, typer.Option("--subject", help="A source, or a table such as `marts.recommendations`.")],
    message: Annotated[str, typer.Option("--message", help="What is wrong, in a sentence; no personal data.")],
    severity: Annotated[PersonSeverity, typer.Option("--severity", help="`error` is critical.")] = PersonSeverity.WARN,
    by: By = "",
    contact: Annotated[str, typer.Option("--contact", help="How to reach you; forgotten when it is resolved.")] = "",
) -> None:
    """Report that something is wrong with the data, the lists or the pages."""
    from ritournelle.domain.clock import utc_now
    from ritournelle.monitoring.incidents import Event
    from ritournelle.monitoring.reading import Severity
    from ritournelle.monitoring.reports import Report

    current, now = platform(), utc_now()
    report = Report(subject, message, Severity(severity.value), by or _me(), contact)
    change = current.journal().open_by_person(report, now)
    _tell(change, now)
    told = "is open" if change.event is Event.OPENED else "was open already; your report is added to it"
    print(f"{change.incident.incident_id} {told}")


def _amend(name: str, by: str, decide: Callable[[Incident, str, datetime], Change]) -> Incident:
    from ritournelle.domain.clock import utc_now

    now = utc_now()
    change = platform().journal().amend(name, lambda incident: decide(incident, by or _me(), now))
    _tell(change, now)
    return change.incident


def _tell(change: Change, now: datetime) -> None:
    """People on duty hear of it at once; a channel that fails is told of and tried again by the next run."""
    from ritournelle.commands.alerts import say_problems

    notifier = platform().notifier()
    notifier.notify([change], now)
    say_problems(notifier.flush(now))


def _runbook(incident: Incident) -> str:
    return f"docs/runbooks/{incident.runbook}.md" if incident.runbook else "not written yet"


def _me() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return "somebody"
