"""Settings of the places where things are kept."""

from __future__ import annotations

from pydantic import Field

from ritournelle.settings.values import MlflowUrl, Section, StoreUrl, without_secrets


class WarehouseSettings(Section):
    """Where the tables live."""

    url: str | None = Field(
        default=None,
        repr=False,  # it may hold a password
        description="`duckdb:///path`, or `postgresql://user:password@host:5432/database` with the extra `postgres`; "
        "unset: `warehouse.duckdb` in the home.",
    )
    threads: int = Field(
        default=2,
        ge=1,
        description="Threads of the embedded engine when it transforms or is read; on a server, models built at once.",
    )

    @property
    def public_url(self) -> str | None:
        """The URL without the user and password that it may hold."""
        return without_secrets(self.url) if self.url else self.url


class RegistrySettings(Section):
    """Where trained models are registered."""

    url: MlflowUrl | None = Field(
        default=None,
        repr=False,  # it may hold a password
        description="`sqlite:///path` or `http(s)://server` of an MLflow that mirrors the registry, with the extra "
        "`mlflow`; unset: the folder in the home alone.",
    )

    @property
    def public_url(self) -> str | None:
        """The URL without the user and password that it may hold."""
        return without_secrets(self.url) if self.url else self.url


class StreamSettings(Section):
    """Where listens, feedback and exposures are told between the days."""

    url: str = Field(
        default="local:",
        description="The event log: `local:`, in the home's folder `events`; no other one is built in.",
    )
    retention_days: int = Field(
        default=7, ge=0, description="Messages that everybody has read are removed when they are older."
    )


class OnlineStoreSettings(Section):
    """Where servers find the lists of the last publication."""

    url: StoreUrl | None = Field(
        default=None,
        description="`sqlite:///path/to/online.db` or `redis://host:6379/0`; unset: `online.db` in the home.",
    )

    @property
    def public_url(self) -> str | None:
        """The URL without the user and password that it may hold."""
        return without_secrets(self.url) if self.url else self.url
