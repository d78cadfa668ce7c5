"""What an alert channel is: a place that takes a message or says why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from ritournelle.errors import TransientError

Kind = Literal["good", "info", "warning", "bad"]
"""Services that colour their messages do so by it."""


class ChannelError(TransientError):
    """A channel did not take a message; the text holds no secret."""


@dataclass(frozen=True)
class Message:
    """Plain text; the title is one line."""

    title: str
    body: str
    kind: Kind = "info"


class Channel(Protocol):
    """One receiver. `name` is stable, unique and no secret: `mailto`, `slack`, `slack-2`."""

    name: str

    def send(self, message: Message) -> None:
        """Hand it over; `ChannelError` when it was not taken."""
