"""What is told by HTTP: listens, feedback and exclusions, checked, and durable in the event log when it returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ritournelle.domain.feedback import Feedback, FeedbackKind
from ritournelle.domain.listens import ListenEvent
from ritournelle.domain.recommendation_ids import RecommendationIds
from ritournelle.domain.taste import ExclusionKind, TasteExclusion
from ritournelle.forgotten.forgotten import Forgotten
from ritournelle.serving.api.contract import (
    ArtistExclusion,
    ExclusionIn,
    FeedbackIn,
    ListenExclusion,
    ListenIn,
    SessionExclusion,
    TrackExclusion,
)
from ritournelle.serving.api.problems import Refusal
from ritournelle.serving.api.taste import TasteStore
from ritournelle.streaming.broker import Broker
from ritournelle.streaming.messages import outgoing

_EARLIEST_YEAR = 1900
_AHEAD = timedelta(days=1)
"""Clocks of players go wrong; a listen of next month is no listen."""

_KINDS: dict[type[ExclusionIn], ExclusionKind] = {
    ListenExclusion: ExclusionKind.LISTEN,
    TrackExclusion: ExclusionKind.TRACK,
    ArtistExclusion: ExclusionKind.ARTIST,
    SessionExclusion: ExclusionKind.SESSION,
}


@dataclass(frozen=True)
class Telling:
    """All methods raise `Refusal` for what cannot be taken, and then nothing of it is.

    They raise `StreamUnavailableError` when it cannot be made durable.
    """

    broker: Broker
    ids: RecommendationIds
    taste: TasteStore
    forgotten: Forgotten | None = None

    def listens(self, told: Sequence[ListenIn], now: datetime) -> list[str]:
        """The ids of these listens."""
        self._refuse_forgotten([one.user_id for one in told])
        events = [_listen(one, place, now) for place, one in enumerate(told)]
        self.broker.publish(outgoing(events))
        return [event.listen_id for event in events]

    def feedback(self, told: FeedbackIn, now: datetime) -> Feedback:
        """`hide` is an exclusion of the track as well: it is never recommended again, unless that is taken back.

        Raises `RecommendationIdError` for an id that was not issued here, or to somebody else, or too long ago.
        """
        self._refuse_forgotten([told.user_id])
        kind = _kind(told)
        issued = self.ids.check(told.recommendation_id, user_id=told.user_id, now=now)
        feedback = Feedback.of(told.recommendation_id, issued, kind, now)
        if kind is FeedbackKind.HIDE:
            hidden = TasteExclusion.of(issued.user_id, ExclusionKind.TRACK, issued.track_id, now)
            self.broker.publish(outgoing([feedback, hidden]))
            self.taste.keep(hidden)
        else:
            self.broker.publish(outgoing([feedback]))
        return feedback

    def exclusion(self, user_id: int, told: ExclusionIn, now: datetime, *, is_active: bool) -> TasteExclusion:
        """Put in force, or taken back; the next list knows."""
        self._refuse_forgotten([user_id])
        exclusion = _exclusion(user_id, told, now, is_active)
        self.broker.publish(outgoing([exclusion]))
        self.taste.keep(exclusion)
        return exclusion

    def _refuse_forgotten(self, user_ids: Sequence[int]) -> None:
        """Nothing is taken in of them; whoever sends a batch is told which places to leave out."""
        if self.forgotten is None:
            return
        places = [place for place, user_id in enumerate(user_ids) if self.forgotten.holds(user_id)]
        if places:
            told = f" (places {', '.join(map(str, places))})" if len(user_ids) > 1 else ""
            raise Refusal(410, "forgotten", f"the listener was forgotten, and nothing is taken in of them{told}")


def _listen(told: ListenIn, place: int, now: datetime) -> ListenEvent:
    _refuse_impossible(told.listened_at, f"listened_at of listen {place}")
    _refuse_impossible(told.source_record_at, f"source_record_at of listen {place}")
    if told.listened_at > now + _AHEAD:
        raise Refusal(422, "invalid", f"listened_at of listen {place} lies in the future")
    try:
        event = ListenEvent.of(
            told.user_id,
            told.track_id,
            told.listened_at,
            source_record_at=told.source_record_at,
            occurrence=told.occurrence,
            position=told.position,
        )
    except ValueError as error:
        raise Refusal(422, "invalid", f"listen {place}: {error}") from error
    if told.listen_id not in (None, event.listen_id):
        raise Refusal(422, "listen_id", f"listen {place}: listen_id is not the one that its values have")
    return event


def _exclusion(user_id: int, told: ExclusionIn, now: datetime, is_active: bool) -> TasteExclusion:
    kind = _KINDS[type(told)]
    if not isinstance(told, SessionExclusion):
        return TasteExclusion.of(user_id, kind, told.target, now, is_active=is_active)
    for moment in (told.starts_at, told.ends_at):
        _refuse_impossible(moment, "a moment of the session")
    span = {"starts_at": told.starts_at, "ends_at": told.ends_at}
    return TasteExclusion.of(user_id, kind, None, now, **span, is_active=is_active)


def _kind(told: FeedbackIn) -> FeedbackKind:
    if (told.useful is None) == (told.kind is None):
        raise Refusal(422, "invalid", "say either whether it was useful, or the kind of feedback")
    if told.kind is not None:
        return told.kind
    return FeedbackKind.USEFUL if told.useful else FeedbackKind.NOT_USEFUL


def _refuse_impossible(moment: datetime | None, name: str) -> None:
    if moment is not None and not _EARLIEST_YEAR <= moment.year < 2200:
        raise Refusal(422, "invalid", f"{name} is in the year {moment.year}")
