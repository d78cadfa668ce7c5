"""The API's live parts of one platform."""

from __future__ import annotations

from collections.abc import Collection

from ritournelle.bootstrap import Platform, home_secret
from ritournelle.day import Day
from ritournelle.domain.clock import utc_now
from ritournelle.errors import ErasureError, RunInProgressError
from ritournelle.inference.champion import Champions
from ritournelle.runs.lock import is_run_under_way
from ritournelle.serving.api.checks import checks_of
from ritournelle.serving.api.erasures import Erasures
from ritournelle.serving.api.exports import Exports
from ritournelle.serving.api.gate import Guard
from ritournelle.serving.api.keyring import Keyring
from ritournelle.serving.api.limits import Buckets
from ritournelle.serving.api.loop_publisher import LoopPublisher
from ritournelle.serving.api.parts import ApiParts
from ritournelle.serving.api.readers import Readers
from ritournelle.serving.api.remembering import RememberingLists, RememberingTracks
from ritournelle.serving.api.stored import StoredLists
from ritournelle.serving.api.taste import TasteStore
from ritournelle.serving.api.telling import Telling
from ritournelle.serving.catalogue import Catalogue
from ritournelle.serving.heartbeat import Heartbeat
from ritournelle.serving.models import Models
from ritournelle.serving.traffic import Traffic
from ritournelle.streaming.broker import Broker
from ritournelle.warehouse.base import Warehouse
from ritournelle.warehouse.connect import duckdb_path
from ritournelle.warehouse.publication_watch import PublicationWatch


def keyring_of(platform: Platform) -> Keyring:
    """The keys of the home."""
    return Keyring(
        platform.settings.home / "secrets" / "api-keys.json", lambda: home_secret(platform.settings.home, "api-keys")
    )


def api_of(  # pylint: disable=too-many-locals  # each part is made once, and named
    platform: Platform, hosts: Collection[str] = (), *, needs_keys: bool = False
) -> ApiParts:
    """`hosts`: the names that requests may be sent to (none: all)."""
    settings, keyring, traffic = platform.settings, keyring_of(platform), Traffic()
    how, length = settings.serving, settings.recommendation.list_length
    readers = Readers(platform.read_published, PublicationWatch(settings.warehouse_url))
    broker = platform.broker()
    champions, ids = Champions(platform.served_registry()), platform.recommendation_ids()
    taste = TasteStore(settings.taste_path)
    forgotten, erasures = platform.forgotten(), _erasures_of(platform)
    stored, publisher = StoredLists(
        platform.online_store(), readers, taste, forgotten, champions.registry.champion, length
    ), LoopPublisher(broker)

    return ApiParts(
        lists=RememberingLists(
            readers,
            champions,
            ids,
            broker,
            taste.in_force,
            length,
            platform.rerank_rules(),
            taste.has_taken_back,
            forgotten,
        ),
        stored=stored,
        publisher=publisher,
        tracks=RememberingTracks(readers, champions, forgotten),
        catalogue=Catalogue(readers),
        models=Models(platform.served_registry(), platform.promote, platform.roll_back),
        telling=Telling(broker, ids, taste, forgotten),
        taste=taste,
        erasures=erasures,
        exports=Exports(lambda: _working_warehouse(platform), broker, taste.told, erasures, stored.held),
        keyring=keyring,
        traffic=traffic,
        heartbeat=Heartbeat(platform.journal(), traffic, utc_now),
        guard=Guard(keyring, Buckets(how.requests_per_second), hosts, needs_keys, refused=traffic.refused),
        tellers=Buckets(how.tellings_per_second),
        list_length=length,
        most_bytes=how.most_kilobytes * 1024,
        most_listens=how.most_listens,
        checks=checks_of(platform, readers, champions),
        clock=utc_now,
        is_forgotten=forgotten.holds,
        close=lambda: _close(erasures, publisher, readers, broker, taste, stored),
    )


def _close(*parts: Erasures | LoopPublisher | Readers | Broker | TasteStore | StoredLists) -> None:
    for part in parts:
        part.close()


def _erasures_of(platform: Platform) -> Erasures:
    settings = platform.settings
    erasures = Erasures(platform.forgotten(), settings.certificates_folder, lambda: _forget_waiting(platform))
    erasures.wake()  # a server before this one may not have come to what waits
    return erasures


def _forget_waiting(platform: Platform) -> None:
    """As a run of its own; asked first, since a run that is refused is on record as trouble."""
    if is_run_under_way(platform.settings.home):
        raise RunInProgressError("a run is under way, which has the warehouse")
    report, _ = Day(platform).forget_waiting()
    if not report.succeeded:
        raise ErasureError(report.message)


def _working_warehouse(platform: Platform) -> Warehouse | None:
    path = duckdb_path(platform.settings.warehouse_url)
    return platform.read_warehouse() if path is None or path.exists() else None
