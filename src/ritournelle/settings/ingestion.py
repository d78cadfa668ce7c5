"""Settings of what is read, and what is kept of it."""

from __future__ import annotations

from pydantic import Field, SecretStr

from ritournelle.settings.values import HttpUrl, Section, Share, TimeZone, without_secrets


class SourceSettings(Section):
    """The music app's API, and how politely and how stubbornly it is read."""

    url: HttpUrl = Field(default="http://127.0.0.1:9000", description="Where the app answers, without a path.")
    token: SecretStr | None = Field(default=None, description="Sent as `Authorization: Bearer …` when set.")
    connect_timeout_seconds: float = Field(default=5.0, gt=0, description="Longest wait for a connection.")
    timeout_seconds: float = Field(default=30.0, gt=0, description="Longest time for one whole answer, body included.")
    concurrency: int = Field(
        default=8, ge=1, le=256, description="Pages in flight at once, at most; fewer where the app answers 429."
    )
    retries: int = Field(default=4, ge=0, description="Further attempts for one page after a transient error.")
    backoff_seconds: float = Field(
        default=0.5, ge=0, description="First pause before a retry; doubles each time, with jitter."
    )
    max_backoff_seconds: float = Field(default=30.0, ge=0, description="Longest pause before a retry.")
    max_retry_after_seconds: float = Field(
        default=300.0, ge=0, description="Longest `Retry-After` that is waited for; a longer one fails the source."
    )
    page_size: int = Field(default=100, ge=1, le=100, description="Rows asked for per page.")
    extra_passes: int = Field(
        default=1,
        ge=0,
        le=10,
        description="Further passes when forward and reverse disagree: more proof, more requests.",
    )
    max_page_bytes: int = Field(
        default=64 * 1024 * 1024, gt=0, description="A longer answer is cut off and counts as failed."
    )
    max_text_characters: int = Field(default=10_000, gt=0, description="A longer text puts its row into quarantine.")
    time_zone: TimeZone = Field(default="UTC", description="The zone of the source's naive datetimes.")
    max_quarantined_share: Share = Field(
        default=0.5, description="With a larger share of bad rows the source is red: its contract has changed."
    )
    max_vanished_share: Share = Field(
        default=0.5,
        description="With a larger share of known rows gone at once the source is red and nothing is deleted.",
    )
    min_known_share: Share = Field(
        default=0.5, description="With a smaller share of known ids on both sides the source epoch has changed."
    )

    @property
    def public_url(self) -> str:
        """The URL without the user and password that it may hold: the one for messages."""
        return without_secrets(self.url)


class LandingSettings(Section):
    """The raw pages, kept as they came."""

    retention_days: int = Field(
        default=30,
        ge=1,
        description="Raw pages older than this are removed after a good run; other days can be backfilled.",
    )


class RawSettings(Section):
    """The daily extracts."""

    retention_days: int | None = Field(
        default=None,
        ge=1,
        description="Older rows that a newer version has replaced are removed by `ritournelle compact`; unset: never.",
    )


class PrivacySettings(Section):
    """How personal data is masked."""

    key: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="Key of the hashes that replace e-mails and names; unset: one made at first use, in the home.",
    )
