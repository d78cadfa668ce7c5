"""The whole tree of settings, and where it is read from."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from ritournelle.errors import SettingsError
from ritournelle.settings.ingestion import LandingSettings, PrivacySettings, RawSettings, SourceSettings
from ritournelle.settings.mistyped import PREFIX, DELIMITER, no_such_setting, unread_variables, variable_of
from ritournelle.settings.models import GateSettings, RecommendationSettings, TrainingSettings, TransformSettings
from ritournelle.settings.operations import AlertSettings, IncidentSettings, MonitoringSettings, OrchestrationSettings
from ritournelle.settings.serving import FeedbackSettings, ServingSettings
from ritournelle.settings.stores import OnlineStoreSettings, RegistrySettings, StreamSettings, WarehouseSettings

_REFUSED = "these settings cannot be used:"


class Settings(BaseSettings):
    """The whole tree; `ritournelle config show` prints it with secrets hidden."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter=DELIMITER,
        toml_file="ritournelle.toml",
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,  # it may be a secret
    )

    home: Path = Field(default=Path(".ritournelle"), description="Folder of everything the platform keeps on disk.")
    source: SourceSettings = Field(default_factory=SourceSettings)
    landing: LandingSettings = Field(default_factory=LandingSettings)
    raw: RawSettings = Field(default_factory=RawSettings)
    privacy: PrivacySettings = Field(default_factory=PrivacySettings)
    warehouse: WarehouseSettings = Field(default_factory=WarehouseSettings)
    stream: StreamSettings = Field(default_factory=StreamSettings)
    online_store: OnlineStoreSettings = Field(default_factory=OnlineStoreSettings)
    feedback: FeedbackSettings = Field(default_factory=FeedbackSettings)
    serving: ServingSettings = Field(default_factory=ServingSettings)
    transform: TransformSettings = Field(default_factory=TransformSettings)
    recommendation: RecommendationSettings = Field(default_factory=RecommendationSettings)
    registry: RegistrySettings = Field(default_factory=RegistrySettings)
    training: TrainingSettings = Field(default_factory=TrainingSettings)
    gate: GateSettings = Field(default_factory=GateSettings)
    monitoring: MonitoringSettings = Field(default_factory=MonitoringSettings)
    incidents: IncidentSettings = Field(default_factory=IncidentSettings)
    alerts: AlertSettings = Field(default_factory=AlertSettings)
    orchestration: OrchestrationSettings = Field(default_factory=OrchestrationSettings)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments over environment over `ritournelle.toml`."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    def shown(self) -> Settings:
        """The same settings with every secret hidden."""
        source = self.source.model_copy(update={"url": self.source.public_url})
        warehouse = self.warehouse.model_copy(update={"url": self.warehouse.public_url})
        registry = self.registry.model_copy(update={"url": self.registry.public_url})
        store = self.online_store.model_copy(update={"url": self.online_store.public_url})
        hidden = {"source": source, "warehouse": warehouse, "registry": registry, "online_store": store}
        return self.model_copy(update=hidden)

    @property
    def warehouse_url(self) -> str:
        """The warehouse in force: the one that is set, else a DuckDB file in the home."""
        return self.warehouse.url or f"duckdb:///{self.home.absolute() / 'warehouse.duckdb'}"

    @property
    def taste_path(self) -> Path:
        """The file in which servers keep what listeners exclude."""
        return self.home / "online.db"

    @property
    def online_store_url(self) -> str:
        """The online store in force: the one that is set, else the file `online.db` in the home."""
        return self.online_store.url or f"sqlite:///{self.taste_path.absolute()}"

    @property
    def journal_path(self) -> Path:
        """Where readings, incidents and a copy of the record of runs are kept."""
        return self.home / "operations.db"

    @property
    def rules_path(self) -> Path:
        """The file with changes to the shipped rules; it may not be there."""
        return self.monitoring.rules or self.home / "sensors.toml"

    @property
    def landing_folder(self) -> Path:
        """Where raw pages are kept."""
        return self.home / "landing"

    @property
    def events_folder(self) -> Path:
        """Where the local event log is kept."""
        return self.home / "events"

    @property
    def certificates_folder(self) -> Path:
        """Certificates of erasure."""
        return self.home / "certificates"

    @property
    def registry_folder(self) -> Path:
        """Where model artefacts are kept."""
        return self.home / "registry"


def load_settings(**overrides: Any) -> Settings:
    """Read the settings; raise `SettingsError` that names each bad one and where it was set."""
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        raise SettingsError(_explain(error)) from error
    except ValueError as error:  # a TOML file or an environment value that cannot be parsed at all
        raise SettingsError(f"the settings cannot be read: {error}") from error
    if unread := unread_variables(Settings, os.environ):
        raise SettingsError("\n".join([_REFUSED, *unread]))
    return settings


def _explain(error: ValidationError) -> str:
    lines = []
    for problem in error.errors():
        path = [str(part) for part in problem["loc"]]
        variable = variable_of(path)
        is_unknown = problem["type"] == "extra_forbidden"
        told = no_such_setting(Settings, variable) if is_unknown else problem["msg"]
        lines.append(f"  {'.'.join(path)} ({variable}): {told}")
    return "\n".join([_REFUSED, *lines])
