"""The notifier: tells every channel what happened to incidents, and once a day how it stands; it fails no run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic

from ritournelle.domain.clock import utc_now
from ritournelle.monitoring.alerts.channel import Channel, ChannelError, Message
from ritournelle.monitoring.alerts.digest import Digest
from ritournelle.monitoring.alerts.hours import is_quiet, last_due
from ritournelle.monitoring.alerts.outbox import Alert, Outbox
from ritournelle.monitoring.alerts.text import Style, alert_message
from ritournelle.monitoring.alerts.turn import sole_sender
from ritournelle.monitoring.alerts.words import say
from ritournelle.monitoring.incidents import Change
from ritournelle.monitoring.journal import Journal
from ritournelle.monitoring.reading import Severity
from ritournelle.monitoring.rules import Rules
from ritournelle.monitoring.sensors.alerts import AlertsArrive
from ritournelle.monitoring.watch import ask, keep
from ritournelle.settings import AlertSettings

_ROUNDS = 3  # a channel that fails opens an incident, of which the others are told in the next round
_LONGEST = timedelta(seconds=60)
"""After it the rest waits for the next time: services throttle, and a run must end."""


@dataclass
class Sent:
    """What a flush did, by channel: messages that were taken, and why a channel did not take one."""

    messages: dict[str, int] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)

    def add(self, channel: str) -> None:
        """One more was taken."""
        self.messages[channel] = self.messages.get(channel, 0) + 1


class Notifier:
    """Each event of an incident reaches each channel once; twice only if a process is killed while it sends it.

    What a channel does not take waits in the journal for the next flush, of any process. Without channels it does
    nothing.
    """

    def __init__(
        self,
        journal: Journal,
        rules: Rules,
        settings: AlertSettings,
        channels: Sequence[Channel],
    ) -> None:
        self._journal = journal
        self._rules = rules
        self._settings = settings
        self._channels = channels
        self._outbox = Outbox(journal)
        self._style = Style(settings.language, settings.time_zone, settings.link)

    def notify(self, changes: Sequence[Change], now: datetime | None = None) -> None:
        """Take note of changes that the journal has kept; channels that are new hear of these, and of none before."""
        if self._channels:
            since = min((change.at for change in changes), default=None)
            names = [channel.name for channel in self._channels]
            self._outbox.take_in(names, Severity(self._settings.least_severity), now or utc_now(), since)

    def flush(self, now: datetime) -> Sent:
        """Send what waits and is not held by quiet hours, and the digest if it is due."""
        return self._in_turn(now, lambda channel, sent: self._send_due(channel, now, sent))

    def digest(self, now: datetime) -> Sent:
        """Send what waits, and the digest whether it is due or not."""
        return self._in_turn(now, lambda channel, sent: self._send_digest(channel, now, sent))

    def test(self, now: datetime) -> Sent:
        """Send every channel a test."""
        language = self._settings.language
        title = f"Ritournelle · {say(language, 'test')}"
        message = Message(title, f"{say(language, 'test text')}\n{self._style.moment(now)}")
        return self._in_turn(now, lambda channel, sent: self._hand_over(channel, message, now, sent))

    def _in_turn(self, now: datetime, work: Callable[[Channel, Sent], object]) -> Sent:
        """Do it for every channel, one process at a time.

        A process whose turn it is not has put its events into the outbox already; the other one looks once more after
        it has let the lock go, so nothing is left lying between the two.
        """
        sent = Sent()
        self.notify((), now)
        for turn in range(_ROUNDS if self._channels else 0):
            with sole_sender(self._journal.path.with_name("alerts.lock")) as is_mine:
                if not is_mine:
                    return sent
                self._outbox.recover()
                for channel in self._channels if turn == 0 else ():
                    work(channel, sent)
                self._go_round(now, sent)
            if not self._has_more(now, sent):
                break
        return sent

    def _has_more(self, now: datetime, sent: Sent) -> bool:
        sound = [channel.name for channel in self._channels if channel.name not in sent.problems]
        return any(not self._is_held(alert, now) for name in sound for alert in self._outbox.waiting(name))

    def _go_round(self, now: datetime, sent: Sent) -> None:
        """Send what waits; judge the channels; tell of what that brought."""
        ends = monotonic() + _LONGEST.total_seconds()
        for _ in range(_ROUNDS):
            for channel in self._channels:
                self._send_waiting(channel, now, sent, ends)
            readings = ask(self._outbox.deliveries(), self._rules, now, sensors=(AlertsArrive(),))
            if not keep(self._journal, readings, self._rules):
                return
            self.notify((), now)

    def _send_due(self, channel: Channel, now: datetime, sent: Sent) -> None:
        at, zone = self._settings.digest_at, self._settings.time_zone
        if at and last_due(at, zone, now) > self._outbox.digested_at(channel.name):
            self._send_digest(channel, now, sent)

    def _send_digest(self, channel: Channel, now: datetime, sent: Sent) -> None:
        since = self._outbox.digested_at(channel.name)
        digest = Digest.of(self._journal, since, now, self._settings.time_zone)
        if self._hand_over(channel, digest.message(self._rules, self._style), now, sent):
            self._outbox.digested(channel.name, now)

    def _send_waiting(self, channel: Channel, now: datetime, sent: Sent, ends: float) -> None:
        """Alerts in their order, until one is refused: the rest would wait for a time-out each."""
        for alert in self._outbox.waiting(channel.name):
            if channel.name in sent.problems or monotonic() > ends:
                return
            if not self._is_held(alert, now):
                self._send(channel, alert, now, sent)

    def _send(self, channel: Channel, alert: Alert, now: datetime, sent: Sent) -> None:
        self._outbox.begin(alert)
        if self._hand_over(channel, alert_message(alert, self._rules, self._style), now, sent):
            self._outbox.sent(alert, now)
        else:
            self._outbox.refused(alert)

    def _hand_over(self, channel: Channel, message: Message, now: datetime, sent: Sent) -> bool:
        if channel.name in sent.problems:
            return False
        try:
            channel.send(message)
        except ChannelError as error:
            sent.problems[channel.name] = str(error)
            self._outbox.channel_failed(channel.name, str(error), now)
            return False
        if channel.name not in sent.messages:
            self._outbox.channel_worked(channel.name, now)
        sent.add(channel.name)
        return True

    def _is_held(self, alert: Alert, now: datetime) -> bool:
        settings = self._settings
        if alert.severity.is_critical and settings.critical_breaks_quiet_hours:
            return False
        return is_quiet(settings.quiet_hours, settings.time_zone, now)
