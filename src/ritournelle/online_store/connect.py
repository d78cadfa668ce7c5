"""From the URL of an online store to the store."""

from __future__ import annotations

from pathlib import Path

from ritournelle.errors import SettingsError
from ritournelle.online_store.base import OnlineStore

_SQLITE = "sqlite:///"
_REDIS = ("redis://", "rediss://", "unix://")


def sqlite_path(url: str) -> Path | None:
    """The file of a `sqlite:///path` URL; None for another store's."""
    return Path(url.removeprefix(_SQLITE)) if url.startswith(_SQLITE) else None


def connect_store(url: str) -> OnlineStore:
    """The store that a URL names; nothing is reached before it is asked. `SettingsError` for one that is not known."""
    path = sqlite_path(url)
    if path is not None:
        from ritournelle.online_store.sqlite import SqliteStore

        return SqliteStore(path)
    if not url.startswith(_REDIS):
        scheme = url.split(":", 1)[0]
        raise SettingsError(
            f"online_store.url: no store for {scheme!r}; use sqlite:///path/to/online.db or redis://host:6379/0"
        )
    try:
        from ritournelle.online_store.redis import RedisStore
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"online_store.url: this store needs {error.name}; install ritournelle with its extra `redis`"
        ) from error
    return RedisStore(url)
