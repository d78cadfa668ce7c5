"""A sandbox: a home and an app of its own, which a case may ruin; nothing of the real home is read or written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from ritournelle.bootstrap import Platform
from ritournelle.day import STAGES, Day, RunReport, Watcher
from ritournelle.domain.clock import travelled, utc_now
from ritournelle.drill.order import Order
from ritournelle.drill.readers import Readers
from ritournelle.errors import RitournelleError
from ritournelle.monitoring.journal import Journal
from ritournelle.settings import Settings
from ritournelle.simulator.running import RunningApp

_QUICK: Mapping[str, Mapping[str, Any]] = {
    # An app on the same machine answers in milliseconds: what takes longer is broken.
    "source": {
        "page_size": 50,
        "retries": 2,
        "backoff_seconds": 0.01,
        "timeout_seconds": 1.0,
        "connect_timeout_seconds": 0.3,
        "max_retry_after_seconds": 1.0,
    },
    "privacy": {"key": "the same key in every sandbox"},
    # One family, the cheapest: what is rehearsed is what befalls models, not which one is best.
    "recommendation": {"model": "item_knn", "list_length": 10},
    "gate": {"least_cases": 20},
}


Changes = Mapping[str, Mapping[str, Any]]


class SandboxSettings(Settings):
    """Settings that are given, and none of the environment or of a file: those are of the real home."""

    model_config = SettingsConfigDict(toml_file=None)  # else it warns that nobody reads it

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments alone."""
        return (init_settings,)


def sandbox_settings(home: Path, url: str, changes: Changes) -> Settings:
    """Settings for a quick app at `url`; `changes` by section, over all else."""
    given = {name: {**section, **changes.get(name, {})} for name, section in {**changes, **_QUICK}.items()}
    given["source"] = {"url": url, **given["source"]}
    return SandboxSettings.model_validate({"home": home, **given})


class Sandbox:
    """A home, an app, and the verbs of the platform on them; inside its `with`, days may pass."""

    def __init__(self, home: Path, app: RunningApp) -> None:
        self.home = home
        self.app = app
        self.readers = Readers(Platform(sandbox_settings(home, app.url, {})))
        self.changes: Changes = {}
        """How the settings in force differ from those of every sandbox, by section."""
        self._journey = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._journey.close()

    @property
    def settings(self) -> Settings:
        """Those in force."""
        return sandbox_settings(self.home, self.app.url, self.changes)

    @property
    def platform(self) -> Platform:
        """Of the settings in force."""
        return Platform(self.settings)

    @property
    def journal(self) -> Journal:
        """What was read and what happened."""
        return Journal(self.home / "operations.db")

    @contextmanager
    def changed(self, **sections: Mapping[str, Any]) -> Iterator[None]:
        """Inside, sections of the settings differ."""
        before, self.changes = self.changes, {**self.changes, **sections}
        try:
            yield
        finally:
            self.changes = before

    def days_pass(self, days: int = 1) -> None:
        """It is so many days later until the sandbox is left; what the app does meanwhile is for others to say."""
        self._journey.enter_context(travelled(timedelta(days=days)))

    def run(self, verb: str, stages: tuple[str, ...] = STAGES, **options: Any) -> RunReport | None:
        """A run, whatever comes of it; None where it could not even be recorded."""
        with suppress(RitournelleError):
            return Day(self.platform, _LooksAtEveryStage(self.readers)).run(verb, stages, **options)
        return None

    def order(self, verb: str, stages: tuple[str, ...], *, kill_at: str = "", spare_bytes: int | None = None) -> Order:
        """The same for a process of its own."""
        return Order(str(self.home), self.app.url, utc_now(), verb, stages, self.changes, kill_at, spare_bytes)

    def ask_health(self) -> None:
        """Look without a run."""
        self.platform.rounds().look()


class _LooksAtEveryStage(Watcher):
    """Opens what is published whenever a stage begins, as readers do while a run is under way."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    def on_stage(self, stage: str) -> None:
        """A stage begins."""
        del stage
        self._readers.glance()
