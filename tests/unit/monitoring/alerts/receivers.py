"""Channels that live in memory: they keep what they are sent, fail on demand, or die."""

from __future__ import annotations

from collections.abc import Callable

from ritournelle.monitoring.alerts.channel import ChannelError, Message


class MemoryChannel:
    """Keeps its messages; refuses them while `problem` says why, or those that `refuses` picks."""

    def __init__(self, name: str = "memory") -> None:
        self.name = name
        self.messages: list[Message] = []
        self.problem = ""
        self.refuses: Callable[[Message], bool] = lambda _: False
        self.before: Callable[[], object] = lambda: None

    def send(self, message: Message) -> None:
        """Take it, or say why not."""
        self.before()
        if self.problem or self.refuses(message):
            raise ChannelError(self.problem or "not this one")
        self.messages.append(message)

    @property
    def titles(self) -> list[str]:
        """Of all that it took, without the product's name."""
        return [message.title.removeprefix("Ritournelle · ") for message in self.messages]


class Killed(BaseException):
    """The process ends here."""


class DyingChannel(MemoryChannel):
    """Takes the message, and the process is killed before it can note that."""

    def send(self, message: Message) -> None:
        """Once."""
        super().send(message)
        raise Killed
