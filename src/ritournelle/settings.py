"""Every setting, once: environment `RITOURNELLE_*` over `ritournelle.toml` over the defaults below."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from ritournelle.errors import SettingsError


def _known_time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"{name!r} is not an IANA time zone such as 'UTC' or 'Europe/Paris'") from error
    return name


def _http_url(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"{url!r} must start with http:// or https://")
    return url.rstrip("/")


def _mlflow_url(url: str) -> str:
    if not url.startswith(("sqlite:///", "http://", "https://")):
        raise ValueError("it must start with sqlite:///, http:// or https://, or be unset")
    return url.rstrip("/")


def _store_url(url: str) -> str:
    if not url.startswith(("sqlite:///", "redis://", "rediss://", "unix://")):
        raise ValueError("it must start with sqlite:///, redis://, rediss:// or unix://, or be unset")
    return url


def _without_secrets(url: str) -> str:
    """A server's URL without user and password, wherever it holds them; a file's as it is."""
    scheme, _, rest = url.partition("://")
    if rest.startswith("/"):
        return url
    place, _, query = rest.partition("?")
    shown = [part for part in query.split("&") if not re.match("user|.*(password|token|key|secret)", part)]
    return f"{scheme}://{place.rpartition('@')[2]}" + ("?" + "&".join(shown) if any(shown) else "")


def _separate(value: Any) -> Any:
    """A list from the environment: as JSON, or separated by blanks."""
    if not isinstance(value, str):
        return value
    return json.loads(value) if value.lstrip().startswith("[") else value.split()


def _channel(url: SecretStr) -> SecretStr:
    if not re.match(r"[a-z][a-z0-9+.-]*://.", url.get_secret_value(), re.IGNORECASE):
        raise ValueError("not an address of Apprise, such as mailto://… or slack://…")  # itself not shown: a secret
    return url


def _hours(text: str) -> str:
    if re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text) is None:
        raise ValueError(f"{text!r} is not a time of day such as '08:00'")
    return text


def _hours_or_none(text: str) -> str:
    return _hours(text) if text else text


def _span(text: str) -> str:
    begin, dash, end = text.partition("-")
    if not dash or _hours(begin) == _hours(end):
        raise ValueError(f"{text!r} is not a span of the day such as '22:00-07:00'")
    return text


Share = Annotated[float, Field(ge=0, le=1)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, hide_input_in_errors=True)


class SourceSettings(_Section):
    """The music app's API, and how politely and how stubbornly it is read."""

    url: Annotated[str, AfterValidator(_http_url)] = Field(
        default="http://127.0.0.1:9000", description="Where the app answers, without a path."
    )
    token: SecretStr | None = Field(default=None, description="Sent as `Authorization: Bearer …` when set.")
    connect_timeout_seconds: float = Field(default=5.0, gt=0, description="Longest wait for a connection.")
    timeout_seconds: float = Field(default=30.0, gt=0, description="Longest time for one whole answer, body included.")
    concurrency: int = Field(default=8, ge=1, le=256, description="Pages in flight at once.")
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
    time_zone: Annotated[str, AfterValidator(_known_time_zone)] = Field(
        default="UTC", description="The zone of the source's naive datetimes."
    )
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
        return _without_secrets(self.url)


class LandingSettings(_Section):
    """The raw pages, kept as they came."""

    retention_days: int = Field(
        default=30,
        ge=1,
        description="Raw pages older than this are removed after a good run; other days can be backfilled.",
    )


class RawSettings(_Section):
    """The daily extracts."""

    retention_days: int | None = Field(
        default=None,
        ge=1,
        description="Older rows that a newer version has replaced are removed by `ritournelle compact`; unset: never.",
    )


class PrivacySettings(_Section):
    """How personal data is masked."""

    key: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="Key of the hashes that replace e-mails and names; unset: one made at first use, in the home.",
    )


class RegistrySettings(_Section):
    """Where trained models are registered."""

    url: Annotated[str, AfterValidator(_mlflow_url)] | None = Field(
        default=None,
        repr=False,  # it may hold a password
        description="`sqlite:///path` or `http(s)://server` of an MLflow that mirrors the registry, with the extra "
        "`mlflow`; unset: the folder in the home alone.",
    )

    @property
    def public_url(self) -> str | None:
        """The URL without the user and password that it may hold."""
        return _without_secrets(self.url) if self.url else self.url


class WarehouseSettings(_Section):
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
        return _without_secrets(self.url) if self.url else self.url


class StreamSettings(_Section):
    """Where listens, feedback and exposures are told between the days."""

    url: str = Field(
        default="local:",
        description="The event log: `local:`, in the home's folder `events`; no other one is built in.",
    )
    retention_days: int = Field(
        default=7, ge=0, description="Messages that everybody has read are removed when they are older."
    )


class FeedbackSettings(_Section):
    """What listeners say about recommendations."""

    key: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="Signs recommendation ids; unset: a random one in the home's folder `secrets`. Servers share one.",
    )
    lifetime_days: float = Field(
        default=30.0, gt=0, description="Age at which a recommendation id is refused as expired."
    )


class ServingSettings(_Section):
    """What the server answers, and to whom."""

    hosts: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_separate)] = Field(
        default=(),
        description="Names that requests may be sent to, without port; unset: `localhost` and the address listened at, "
        "beyond loopback all. So a page of another site cannot ask by a name of its own.",
    )
    requests_per_second: float = Field(
        default=5_000.0, ge=0, description="Requests of one API key, or of one address without; 0: any number."
    )
    tellings_per_second: float = Field(
        default=20.0,
        ge=0,
        description="Requests that tell listens, feedback or exclusions of one listener; 0: any number.",
    )
    most_listens: int = Field(default=1_000, ge=1, le=100_000, description="Listens in one request.")
    most_kilobytes: int = Field(default=1_024, ge=1, le=100_000, description="Size of a request's body.")


class OnlineStoreSettings(_Section):
    """Where servers find the lists of the last publication."""

    url: Annotated[str, AfterValidator(_store_url)] | None = Field(
        default=None,
        description="`sqlite:///path/to/online.db` or `redis://host:6379/0`; unset: `online.db` in the home.",
    )

    @property
    def public_url(self) -> str | None:
        """The URL without the user and password that it may hold."""
        return _without_secrets(self.url) if self.url else self.url


class TransformSettings(_Section):
    """How the models are built."""

    lookback_runs: int = Field(
        default=1,
        ge=0,
        description="Runs that a build looks at again beside the new ones, if they brought under 5 % of all rows.",
    )
    memory_gigabytes: float = Field(
        default=4.0,
        gt=0,
        description="Memory of the embedded engine while it transforms; what does not fit goes to disk beside it.",
    )


class RecommendationSettings(_Section):
    """What is learnt and how long the lists are."""

    model: str = Field(
        default="auto",
        description="`auto`: the family that does best on validation. Or one, such as `als`, or one of your own, as "
        "`package.module:Class`; `popularity` for none.",
    )
    list_length: int = Field(default=20, ge=1, le=1000, description="Recommendations stored per listener.")
    seed: int = Field(default=20_240_601, ge=0, description="Seed of everything random in training.")
    half_life_days: float = Field(default=90.0, gt=0, description="Age at which a listen weighs half.")
    artist_cap: int | None = Field(
        default=None, ge=1, description="Most tracks of one artist in a list; unset: as many as the model ranks there."
    )
    novelty_share: Share = Field(
        default=0.0,
        description="Share of a list that little known tracks have at least: those outside half of all plays.",
    )
    diversity: Share = Field(
        default=0.0, description="How much less each further track of an artist counts when a list is put together."
    )


class TrainingSettings(_Section):
    """How a family is chosen, and what it is judged at."""

    task: Literal["discovery", "next_listen"] = Field(
        default="discovery",
        description="What models are judged at: `discovery`, tracks never heard before; or `next_listen`, repeats too.",
    )
    choose_every_days: float = Field(
        default=7.0,
        ge=0,
        description="Age of the last choice at which all families compete again; between, one is kept.",
    )
    test_days: float = Field(
        default=7.0, gt=0, description="Newest listens to judge by; as many before them to choose by."
    )
    gap_hours: float = Field(default=0.0, ge=0, description="Hours before the judged days that nothing is learnt from.")
    trials: int = Field(default=1, ge=1, description="Options tried per family at each choice; 1: only those given.")
    minutes: float | None = Field(
        default=None, gt=0, description="Longest search per family; unset: trials alone bound it."
    )
    options: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description='Options of families, as JSON: `{"als": {"factors": 128}}`.'
    )


class GateSettings(_Section):
    """What a model must show before it serves."""

    metric: str = Field(
        default="ndcg@20",
        pattern=r"^(recall|precision|hit|ndcg|mrr)@[1-9][0-9]{0,2}$",
        description="What is compared: recall, precision, hit, ndcg or mrr, at a length of the list.",
    )
    confidence: float = Field(default=0.95, gt=0.5, lt=1, description="Of the bounds on differences, per listener.")
    margin: Share = Field(
        default=0.02, description="Share that the champion's own family may lose and still follow it on newer data."
    )
    slice_margin: Share = Field(default=0.2, description="Share that no slice of listeners may lose with confidence.")
    least_cases: int = Field(default=50, ge=1, description="Fewer listeners to ask decide nothing.")
    least_coverage: float = Field(
        default=1.2, ge=0, description="Lists must show so many times the tracks that popularity's lists show."
    )
    most_identical: Share = Field(default=0.5, description="Largest share of lists that may be one and the same.")


class MonitoringSettings(_Section):
    """How the health of the river is judged."""

    rules: Path | None = Field(
        default=None,
        description="File with your own severities, owners, limits and sentences of sensors; unset: `sensors.toml` in "
        "the home, if there is one.",
    )


class IncidentSettings(_Section):
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


class AlertSettings(_Section):
    """Who is told of incidents, and when. Channels are addresses of Apprise: mail, Slack, webhooks and many more."""

    urls: Annotated[list[Annotated[SecretStr, AfterValidator(_channel)]], NoDecode, BeforeValidator(_separate)] = Field(
        default_factory=list,
        description="Addresses of Apprise, separated by blanks or as a JSON list, never shown: `mailto://…`, "
        "`slack://…`, `jsons://…`; none: nobody is told.",
    )
    least_severity: Literal["warn", "error", "block"] = Field(
        default="warn", description="Incidents below it are on the page and in the digest only."
    )
    quiet_hours: Annotated[str, AfterValidator(_span)] | None = Field(
        default=None, description="`22:00-07:00`: what is not critical waits until they end; unset: none."
    )
    critical_breaks_quiet_hours: bool = Field(
        default=True, description="Whether incidents of severity error and block are told of at once, at night too."
    )
    time_zone: Annotated[str, AfterValidator(_known_time_zone)] = Field(
        default="UTC", description="The zone of quiet hours, of the digest, and of the times in messages."
    )
    digest_at: Annotated[str, AfterValidator(_hours_or_none)] = Field(
        default="08:00",
        description="Time of day after which the next run, or `ritournelle alerts send`, sends the daily digest; "
        "empty: none is sent.",
    )
    language: Literal["en", "fr"] = Field(default="en", description="Of the messages.")
    link: Annotated[str, AfterValidator(_http_url)] | None = Field(
        default=None,
        description="Where people reach the health page, such as `https://music.example.com`; put into messages.",
    )


class OrchestrationSettings(_Section):
    """When and how Dagster runs the day (extra `orchestration`); cron users need none of it."""

    cron: str = Field(
        default="0 4 * * *",
        pattern=r"^\S+( \S+){4}$",
        description="When the schedule runs the day, as a cron line of five fields.",
    )
    time_zone: Annotated[str, AfterValidator(_known_time_zone)] = Field(
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


class Settings(BaseSettings):
    """The whole tree; `ritournelle config show` prints it with secrets hidden."""

    model_config = SettingsConfigDict(
        env_prefix="RITOURNELLE_",
        env_nested_delimiter="__",
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
        return Settings(**overrides)
    except ValidationError as error:
        raise SettingsError(_explain(error)) from error
    except ValueError as error:  # a TOML file or an environment value that cannot be parsed at all
        raise SettingsError(f"the settings cannot be read: {error}") from error


def _explain(error: ValidationError) -> str:
    lines = []
    for problem in error.errors():
        path = [str(part) for part in problem["loc"]]
        variable = "RITOURNELLE_" + "__".join(path).upper()
        lines.append(f"  {'.'.join(path)} ({variable}): {problem['msg']}")
    return "these settings cannot be used:\n" + "\n".join(lines)
