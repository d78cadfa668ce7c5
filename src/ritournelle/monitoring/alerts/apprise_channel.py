"""Channels by Apprise: mail, Slack, webhooks and 180 others, each by an address that is a secret."""

# Apprise takes 0.8 s CPU to import with its plugins: it is imported when the first message is sent.
from __future__ import annotations

import logging
import re
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from ritournelle.monitoring.alerts.channel import ChannelError, Kind, Message

if TYPE_CHECKING:
    from pydantic import SecretStr

_TYPES: dict[Kind, str] = {"good": "success", "info": "info", "warning": "warning", "bad": "failure"}


class AppriseChannel:
    """One address of Apprise. Neither it nor any part of it that could be a token leaves this class."""

    def __init__(self, name: str, url: SecretStr) -> None:
        self.name = name
        self._url = url

    def send(self, message: Message) -> None:
        """Hand it over, within the time-outs of the address (`cto`, `rto`, 4 s each by default)."""
        with _heard() as told:
            apprise = _apprise()
            service = apprise.Apprise.instantiate(self._url.get_secret_value())
            if service is None:
                raise ChannelError(f"Apprise knows no such address; see its page about {self.name.partition('-')[0]}")
            sender = apprise.Apprise()  # which survives whatever one of its services raises
            sender.add(service)
            taken = sender.notify(
                body=message.body,
                title=message.title,
                notify_type=apprise.NotifyType(_TYPES[message.kind]),
                body_format=apprise.NotifyFormat.TEXT,
            )
        if not taken:
            raise ChannelError(self._without_secrets(told[0]) if told else "the service did not take the message")

    def _without_secrets(self, text: str) -> str:
        """Without any part of the address but its host, where that is a host: other services keep tokens there."""
        address = self._url.get_secret_value().partition("://")[2]
        host = address.partition("/")[0].rpartition("@")[2].partition(":")[0]
        for part in sorted(set(re.split(r"[/?&=:@,#]", address)), key=len, reverse=True):
            if len(part) > 3 and not (part == host and "." in host):
                text = text.replace(part, "…").replace(unquote(part), "…")
        return text


def channels_of(urls: Iterable[SecretStr]) -> list[AppriseChannel]:
    """A channel per address, named by scheme, and by its place among those of the same scheme."""
    seen: Counter[str] = Counter()
    channels = []
    for url in urls:
        scheme = url.get_secret_value().partition("://")[0].lower()
        seen[scheme] += 1
        name = scheme if seen[scheme] == 1 else f"{scheme}-{seen[scheme]}"
        channels.append(AppriseChannel(name, url))
    return channels


def _apprise() -> Any:
    with warnings.catch_warnings():  # its PGP part imports what Python 3.13 removes
        warnings.simplefilter("ignore", DeprecationWarning)
        import apprise

        apprise.Apprise.instantiate("json://127.0.0.1")  # loads the plugins
    return apprise


@contextmanager
def _heard() -> Iterator[list[str]]:
    """What Apprise would have logged, addresses included: it is heard here and goes nowhere else."""
    told: list[str] = []
    logger = logging.getLogger("apprise")
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: told.append(record.getMessage())  # type: ignore[method-assign]
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield told
    finally:
        logger.removeHandler(handler)
