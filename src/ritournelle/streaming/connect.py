"""From a stream URL to an open broker."""

from __future__ import annotations

from pathlib import Path

from ritournelle.errors import SettingsError
from ritournelle.streaming.broker import Broker

LOCAL = "local:"


def connect_broker(url: str, folder: Path) -> Broker:
    """Open the event log that a URL names; the local one lies in `folder`.

    Raises `SettingsError` for a broker that is not built in.
    """
    if url != LOCAL:
        scheme = url.split(":", 1)[0]
        raise SettingsError(
            f"stream.url: no broker for {scheme!r} here; leave RITOURNELLE_STREAM__URL at `{LOCAL}`, the log "
            "in the home's folder `events`"
        )
    from ritournelle.streaming.local.broker import LocalBroker

    return LocalBroker(folder)
