"""`ritournelle alerts`: try the channels, send the digest, send what waits."""

# Imports stand inside the verbs, as in `ritournelle.cli`.
from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from ritournelle.commands.shell import AsJson, platform, print_json

if TYPE_CHECKING:
    from ritournelle.monitoring.alerts.notifier import Notifier, Sent

app = typer.Typer(no_args_is_help=True, help="Messages about incidents, and the daily digest.")


@app.command("test")
def test(as_json: AsJson = False) -> None:
    """Send every channel a test message."""
    from ritournelle.domain.clock import utc_now

    _report(_notifier().test(utc_now()), as_json)


@app.command("digest")
def digest(as_json: AsJson = False) -> None:
    """Send the daily digest now, whether it is due or not."""
    from ritournelle.domain.clock import utc_now

    _report(_notifier().digest(utc_now()), as_json)


@app.command("send")
def send(as_json: AsJson = False) -> None:
    """Send what waits, and the digest if it is due, as the end of every run does: for cron, so that quiet hours end."""
    from ritournelle.domain.clock import utc_now

    _report(_notifier().flush(utc_now()), as_json)


def say_problems(sent: Sent) -> None:
    """Which channels did not take a message, on standard error."""
    for channel, problem in sent.problems.items():
        print(f"{channel}: {problem}; what waits for it is sent by the next run", file=sys.stderr)


def _notifier() -> Notifier:
    from ritournelle.errors import SettingsError

    current = platform()
    if not current.settings.alerts.urls:
        raise SettingsError("no channel is set: RITOURNELLE_ALERTS__URLS=mailto://… ; see docs/how-to/alerts.md")
    return current.notifier()


def _report(sent: Sent, as_json: bool) -> None:
    if as_json:
        print_json({"sent": sent.messages, "problems": sent.problems})
    else:
        for channel, messages in sent.messages.items():
            print(f"{channel}: {messages} sent")
        if not sent.messages and not sent.problems:
            print("nothing waits")
        say_problems(sent)
    if sent.problems:
        raise typer.Exit(1)
