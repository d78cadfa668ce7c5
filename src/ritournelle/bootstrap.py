"""From settings to live parts: the only place where things are built."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from ritournelle.errors import PermanentError, SettingsError
from ritournelle.settings import Settings
from ritournelle.warehouse.base import Warehouse
from ritournelle.warehouse.connect import connect, connect_published, duckdb_path, place, sole_run

if TYPE_CHECKING:  # each verb pays only for the parts that it uses
    from pydantic import SecretStr

    from ritournelle.domain.recommendation_ids import RecommendationIds
    from ritournelle.evaluation.cases import Task
    from ritournelle.forgetting.eraser import Eraser
    from ritournelle.forgetting.forget import Forgetting
    from ritournelle.forgotten.forgotten import Forgotten
    from ritournelle.ingestion.http import HttpPageReader
    from ritournelle.monitoring.alerts.notifier import Notifier
    from ritournelle.monitoring.journal import Journal
    from ritournelle.monitoring.rounds import Rounds
    from ritournelle.monitoring.rules import Rules
    from ritournelle.inference.rerank import RerankRules
    from ritournelle.online_store.base import OnlineStore
    from ritournelle.registry.base import Registry
    from ritournelle.registry.store import LocalRegistry
    from ritournelle.streaming.broker import Broker
    from ritournelle.training.comparison import Comparison
    from ritournelle.training.reproduce import Reproduction
    from ritournelle.training.rules import TrainingRules
    from ritournelle.training.selection import OnTrial
    from ritournelle.transform.session import DbtSettings


class Platform:  # pylint: disable=too-many-public-methods  # one for each part
    """The parts that one set of settings describes, each built when it is asked for."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def open_warehouse(self, *, threads: int = 1) -> Warehouse:
        """The warehouse for writing, with the tables that Python writes; close it after use."""
        from ritournelle.warehouse.tables import TABLES

        # Loads of many small appends take one thread: a second one made them no faster and doubled their CPU.
        warehouse = connect(self.settings.warehouse_url, threads=threads)
        warehouse.ensure(TABLES)
        return warehouse

    @contextmanager
    def run_lock(self) -> Iterator[None]:
        """Held by one run at a time, of this home and, on a server, of all machines that share the warehouse.

        Raises `RunInProgressError` when another run holds it.
        """
        from ritournelle.runs.lock import single_run

        with single_run(self.settings.home), sole_run(self.settings.warehouse_url):
            yield

    def read_warehouse(self) -> Warehouse:
        """The warehouse for reading; raises `PermanentError` that says what to do when there is none yet."""
        url = self.settings.warehouse_url
        path = duckdb_path(url)
        if path is None or path.exists():
            warehouse = connect(url, threads=self.settings.warehouse.threads, read_only=True)
            if warehouse.exists("ops", "runs"):
                return warehouse
            warehouse.close()
        raise PermanentError(f"there is no warehouse at {place(url)} yet; fill it with `ritournelle run`")

    def read_published(self) -> Warehouse:
        """What the last good run published, for reading, also while a run is under way."""
        return connect_published(self.settings.warehouse_url, threads=self.settings.warehouse.threads)

    def online_store(self) -> OnlineStore:
        """Where servers find stored lists; nothing is reached before it is asked. Close it after use."""
        from ritournelle.online_store.connect import connect_store

        return connect_store(self.settings.online_store_url)

    def page_reader(self, on_retry: Callable[[str], None] | None = None) -> HttpPageReader:
        """What reads the app."""
        from ritournelle.ingestion.http import HttpPageReader

        return HttpPageReader(self.settings.source, on_retry=on_retry)

    def served_registry(self) -> LocalRegistry:
        """Where whoever serves finds models, without MLflow."""
        from ritournelle.registry.store import LocalRegistry

        return LocalRegistry(self.settings.registry_folder)

    def journal(self) -> Journal:
        """Where readings, incidents and a copy of the record of runs are kept."""
        from ritournelle.monitoring.following import Flapping
        from ritournelle.monitoring.journal import Journal

        how = self.settings.incidents
        return Journal(self.settings.journal_path, Flapping(timedelta(hours=how.reopen_within_hours), how.patience))

    def rules(self) -> Rules:
        """What each sensor means here; `SettingsError` for a file that cannot be used."""
        from ritournelle.monitoring.rules import load_rules

        named = self.settings.monitoring.rules
        if named is not None and not named.exists():
            raise SettingsError(f"there is no file {named} (RITOURNELLE_MONITORING__RULES)")
        return load_rules(changes=self.settings.rules_path)

    def rounds(self, use_warehouse: Callable[[], AbstractContextManager[Warehouse]] | None = None) -> Rounds:
        """The watch over everything; `use_warehouse` is for those who have the warehouse open themselves."""
        from ritournelle.ingestion.event_rows import LANDINGS
        from ritournelle.ingestion.events import GROUP
        from ritournelle.monitoring.incident_table import copy_incidents
        from ritournelle.monitoring.rounds import Rounds, Watched

        watched = Watched(
            self.settings.home,
            duckdb_path(self.settings.warehouse_url),
            use_warehouse or (lambda: connect(self.settings.warehouse_url, threads=1, read_only=True)),
            self.served_registry(),
            self.settings.gate.metric,
            self.broker,
            tuple(map(str, LANDINGS)),
            GROUP,
        )
        journal, rules = self.journal(), self.rules()

        def copy(warehouse: Warehouse) -> None:
            copy_incidents(warehouse, journal)

        notify = self.notifier().notify if self.settings.alerts.urls else None
        return Rounds(watched, journal, rules, notify=notify, copies=(copy,))

    def notifier(self) -> Notifier:
        """What tells people of incidents; it does nothing where no channel is set."""
        from ritournelle.monitoring.alerts.apprise_channel import channels_of
        from ritournelle.monitoring.alerts.notifier import Notifier

        alerts = self.settings.alerts
        return Notifier(self.journal(), self.rules(), alerts, channels_of(alerts.urls))

    def registry(self) -> Registry:
        """Where models are kept: the folder, and the MLflow that mirrors it if one is set."""
        url, served = self.settings.registry.url, self.served_registry()
        if url is None:
            return served
        from ritournelle.registry.mlflow import MlflowRegistry

        return MlflowRegistry(served, url, self.settings.registry_folder / "mlflow")

    def promote(self, version: str, why: str) -> None:
        """Make a version the champion by hand.

        Raises `ModelError` for one that is unknown or damaged, `RunInProgressError` while a run has the registry.
        """
        with self.run_lock():
            self.registry().promote(version, why)

    def roll_back(self, why: str) -> str:
        """Let the last sound champion before this one serve again; the version. Raises as `promote`."""
        with self.run_lock():
            return self.registry().rollback(why)

    def rerank_rules(self) -> RerankRules:
        """What the owner asks of every list."""
        from ritournelle.inference.rerank import RerankRules

        wanted = self.settings.recommendation
        return RerankRules(wanted.artist_cap, wanted.novelty_share, wanted.diversity)

    def compare_families(
        self, task: Task | None = None, trials: int | None = None, *, on_trial: OnTrial | None = None
    ) -> Comparison:
        """Every family on the newest of the published listens; searches resume from `tuning/` in the home.

        Raises `NothingToLearnError` when there are too few listens, `PermanentError` when nothing is published.
        """
        from ritournelle.training.comparison import compare_families
        from ritournelle.training.past import Past
        from ritournelle.warehouse.marts import LISTENS, TRACK_CONTENT

        with self.read_published() as warehouse:
            past = Past.of(LISTENS.run(warehouse), TRACK_CONTENT.run(warehouse))
        rules = self.training_rules(task=task, trials=trials)
        return compare_families(past, rules, journal=self.tuning_journal(rules), on_trial=on_trial)

    def reproduce(self, version: str) -> Reproduction:
        """Train a registered version again, from what is published, and compare; errors of `training.reproduce`."""
        from ritournelle.training.material import Material
        from ritournelle.training.reproduce import reproduce
        from ritournelle.warehouse.marts import INTERACTIONS, LISTENS, TRACK_CONTENT

        registry = self.registry()
        registry.load(version)  # before much is read
        with self.read_published() as warehouse:
            material = Material.of(*(query.run(warehouse) for query in (INTERACTIONS, LISTENS, TRACK_CONTENT)))
        return reproduce(registry, version, material)

    def training_rules(self, *, task: Task | None = None, trials: int | None = None) -> TrainingRules:
        """What decides which model is trained and served; `SettingsError` for an unknown family or option."""
        from ritournelle.evaluation.gate import GateRules
        from ritournelle.evaluation.splitting import SplitRules
        from ritournelle.training.plans import plan_of
        from ritournelle.training.rules import TrainingRules

        wanted, how = self.settings.recommendation, self.settings.training
        return TrainingRules(
            plan_of(wanted.model, trials=trials or how.trials, minutes=how.minutes, options=how.options),
            SplitRules(
                task or how.task,
                test_days=how.test_days,
                gap_hours=how.gap_hours,
                half_life_days=wanted.half_life_days,
                seed=wanted.seed,
            ),
            GateRules(**self.settings.gate.model_dump()),
            timedelta(days=how.choose_every_days),
        )

    def tuning_journal(self, rules: TrainingRules) -> Path | None:
        """Where searches are kept until they end; None when nothing is searched."""
        is_search = any(budget.trials > 1 for budget in rules.plan.budgets.values())
        return self.settings.home / "tuning" / f"{rules.split.task}.log" if is_search else None

    def dbt_settings(self) -> DbtSettings:
        """Everything that one invocation of dbt depends on."""
        from ritournelle.transform.session import DbtSettings

        return DbtSettings(
            warehouse_url=self.settings.warehouse_url,
            home=self.settings.home,
            source_time_zone=self.settings.source.time_zone,
            half_life_days=self.settings.recommendation.half_life_days,
            pii_key=self.pii_key(),
            threads=self.settings.warehouse.threads,
            lookback_runs=self.settings.transform.lookback_runs,
            memory_gigabytes=self.settings.transform.memory_gigabytes,
        )

    def pii_key(self) -> str:
        """The key that e-mails and names are hashed with: the one that is set, else the home's own.

        The home's own is made at first use, and only its owner can read it.
        """
        return self._secret("pii", self.settings.privacy.key)

    def broker(self) -> Broker:
        """The event log; threads may share it, close it after use."""
        from ritournelle.streaming.connect import connect_broker

        return connect_broker(self.settings.stream.url, self.settings.events_folder)

    def forgotten(self) -> Forgotten:
        """The list of those who were erased, or asked for it; the key of its hashes is the home's own, and stays."""
        from ritournelle.forgotten.forgotten import Forgotten

        home = self.settings.home
        return Forgotten(home / "forgotten.json", lambda: home_secret(home, "forgotten"))

    def forgetting(self, on_store: Callable[[str], None] | None = None) -> Forgetting:
        """What erases those on the list everywhere: first the stores from which others are filled."""
        from ritournelle.forgetting.event_log import EventLog
        from ritournelle.forgetting.files import LeftBehind, LogsAndScratch
        from ritournelle.forgetting.forget import Forgetting
        from ritournelle.forgetting.landing import LandedPages
        from ritournelle.forgetting.models import Models
        from ritournelle.forgetting.sqlite import OnlineStore as OnlineFile
        from ritournelle.forgetting.sqlite import Texts
        from ritournelle.forgetting.warehouse import Publications, WarehouseRows

        settings = self.settings
        erasers: list[Eraser] = [
            LeftBehind(duckdb_path(settings.warehouse_url)),
            EventLog(self.broker),
            *self._erasers_of_lists(),
            OnlineFile(settings.taste_path),
            LandedPages(settings.landing_folder),
            WarehouseRows(self.open_warehouse),
            Publications(self.open_warehouse),
            Texts("operator's journal", settings.journal_path),
            LogsAndScratch(settings.home),
            Models(settings.registry_folder),
        ]
        return Forgetting(self.forgotten(), erasers, self.open_warehouse, settings.certificates_folder, on_store)

    def _erasers_of_lists(self) -> list[Eraser]:
        """Of an online store that is not the home's own file, which holds what listeners exclude as well."""
        from ritournelle.forgetting.online_lists import OnlineLists
        from ritournelle.online_store.connect import sqlite_path

        is_own = sqlite_path(self.settings.online_store_url) == self.settings.taste_path.absolute()
        return [] if is_own else [OnlineLists(self.online_store)]

    def recommendation_ids(self) -> RecommendationIds:
        """What issues recommendation ids and checks them; its key is made at first use, like that of `pii_key`."""
        from ritournelle.domain.recommendation_ids import RecommendationIds

        settings = self.settings.feedback
        key = self._secret("recommendations", settings.key)
        return RecommendationIds(key.encode(), timedelta(days=settings.lifetime_days))

    def _secret(self, name: str, given: SecretStr | None) -> str:
        """The secret that is set, else the home's own one of that name."""
        if given is not None:
            return given.get_secret_value()
        return home_secret(self.settings.home, name)


def home_secret(home: Path, name: str) -> str:
    """A secret of a home, made at first use; only its owner can read it."""
    path = home / "secrets" / f"{name}.key"
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        _create_private(path, secrets.token_hex(32))
    return path.read_text(encoding="ascii").strip()


def _create_private(path: Path, text: str) -> None:
    """Write a new file that only its owner reads; whole or not at all, also when killed or raced."""
    draft = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
    try:
        os.link(draft, path)  # fails when the key is there already: it must never change
    finally:
        draft.unlink()
