"""Every setting, once: environment `RITOURNELLE_*` over `ritournelle.toml` over the defaults here."""

from ritournelle.settings.ingestion import SourceSettings
from ritournelle.settings.operations import AlertSettings, OrchestrationSettings
from ritournelle.settings.tree import Settings, load_settings

__all__ = ["AlertSettings", "OrchestrationSettings", "Settings", "SourceSettings", "load_settings"]
