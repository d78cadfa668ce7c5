"""Settings of who watches, who is told, and what starts the day."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic_settings import NoDecode

from ritournelle.settings.values import Channel, HttpUrl, Section, SpanOfDay, TimeOfDay, TimeZone, separate


class MonitoringSettings(Section):
    """How the health of the river is judged."""

    rules: Path | None = Field(
        default=None,
        description="File with your own severities, owners, limits and sentences of sensors; unset: `sensors.toml` in "
        "the home, if there is one.",
    )


class IncidentSettings(Section):
    """What becomes of a trouble that comes and goes."""

    reopen_within_hours: float = Field(
        default=36.0,
        ge=0,
        description="A sensor that fires again so soon after its incident closed itself reopens that one.",
    )
    patience: int = Field(
        default=3,
        ge=0,
        description="Reopened so often, an incident closes itself only after those hours without a word.",
    )


class AlertSettings(Section):
    """Who is told of incidents, and when. Channels are addresses of Apprise: mail, Slack, webhooks and many more."""

    urls: Annotated[list[Channel], NoDecode, BeforeValidator(separate)] = Field(
        default_factory=list,
        description="Addresses of Apprise, separated by blanks or as a JSON list, never shown: `mailto://…`, "
        "`slack://…`, `jsons://…`; none: nobody is told.",
    )
    least_severity: Literal["warn", "error", "block"] = Field(
        default="warn", description="Incidents below it are on the page and in the digest only."
    )
    quiet_hours: SpanOfDay | None = Field(
        default=None, description="`22:00-07:00`: what is not critical waits until they end; unset: none."
    )
    critical_breaks_quiet_hours: bool = Field(
        default=True, description="Whether incidents of severity error and block are told of at once, at night too."
    )
    time_zone: TimeZone = Field(
        default="UTC", description="The zone of quiet hours, of the digest, and of the times in messages."
    )
    digest_at: TimeOfDay = Field(
        default="08:00",
        description="Time of day after which the next run, or `ritournelle alerts send`, sends the daily digest; "
        "empty: none is sent.",
    )
    language: Literal["en", "fr"] = Field(default="en", description="Of the messages.")
    link: HttpUrl | None = Field(
        default=None,
        description="Where people reach the health page, such as `https://music.example.com`; put into messages.",
    )


class OrchestrationSettings(Section):
    """When and how Dagster runs the day (extra `orchestration`); cron users need none of it."""

    cron: str = Field(
        default="0 4 * * *",
        pattern=r"^\S+( \S+){4}$",
        description="When the schedule runs the day, as a cron line of five fields.",
    )
    time_zone: TimeZone = Field(
        default="UTC", description="The zone of the schedule's clock, and of the days that are its partitions."
    )
    first_day: date = Field(default=date(2026, 1, 1), description="The first day that Dagster offers as a partition.")
    retries: int = Field(
        default=2, ge=0, le=20, description="Further attempts for a stage that failed of a transient error."
    )
    backoff_seconds: float = Field(
        default=60.0, ge=0, description="Pause before the first of these attempts; doubles each time."
    )
    stale_after_hours: float = Field(
        default=26.0,
        gt=0,
        description="Age of marts and publication that Dagster warns of; at twice that age it fails.",
    )
    probe_every_seconds: int = Field(
        default=300, ge=10, description="Pause between two looks at the app by the sensor `source_arrival`."
    )
    arrival_pause_minutes: float = Field(
        default=60.0,
        ge=0,
        description="Shortest pause between two runs that arrivals ask for, and longest wait for one.",
    )
