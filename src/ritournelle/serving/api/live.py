"""The API's live parts of one platform."""

from __future__ import annotations

from collections.abc import Collection

from ritournelle.bootstrap import Platform, home_secret
from ritournelle.domain.clock import utc_now
from ritournelle.inference.champion import Champions
from ritournelle.serving.api.gate import Guard
from ritournelle.serving.api.keyring import Keyring
from ritournelle.serving.api.limits import Buckets
from ritournelle.serving.api.lists import Lists
from ritournelle.serving.api.parts import ApiParts
from ritournelle.serving.api.readers import Readers
from ritournelle.serving.api.taste import TasteStore
from ritournelle.serving.api.telling import Telling
from ritournelle.serving.api.tracks import Tracks
from ritournelle.serving.heartbeat import Heartbeat
from ritournelle.serving.traffic import Traffic
from ritournelle.warehouse.connect import publication_name


def keyring_of(platform: Platform) -> Keyring:
    """The keys of the home."""
    return Keyring(
        platform.settings.home / "secrets" / "api-keys.json", lambda: home_secret(platform.settings.home, "api-keys")
    )


def api_of(platform: Platform, hosts: Collection[str] = (), *, needs_keys: bool = False) -> ApiParts:
    """`hosts`: the names that requests may be sent to (none: all)."""
    settings, keyring = platform.settings, keyring_of(platform)
    readers, broker = (
        Readers(platform.read_published, lambda: publication_name(settings.warehouse_url)),
        platform.broker(),
    )
    champions, ids = Champions(platform.served_registry()), platform.recommendation_ids()
    taste = TasteStore(settings.home / "online.db")

    def close() -> None:
        readers.close()
        broker.close()

    traffic = Traffic()
    how, length = settings.serving, settings.recommendation.list_length
    return ApiParts(
        lists=Lists(readers, champions, ids, broker, taste.in_force, length, platform.rerank_rules()),
        tracks=Tracks(readers, champions),
        telling=Telling(broker, ids, taste),
        taste=taste,
        keyring=keyring,
        traffic=traffic,
        heartbeat=Heartbeat(platform.journal(), traffic, utc_now),
        guard=Guard(keyring, Buckets(how.requests_per_second), hosts, needs_keys, refused=traffic.refused),
        tellers=Buckets(how.tellings_per_second),
        list_length=length,
        most_bytes=how.most_kilobytes * 1024,
        most_listens=how.most_listens,
        clock=utc_now,
        close=close,
    )
