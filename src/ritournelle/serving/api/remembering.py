"""Lists and histories that remember who was forgotten: those are answered like somebody whom nobody knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ritournelle.domain.issuing import issue_list
from ritournelle.domain.recommendations import RecommendationList
from ritournelle.domain.taste import TasteExclusion
from ritournelle.domain.unknown_member import UNKNOWN_MEMBER
from ritournelle.forgotten.forgotten import Forgotten
from ritournelle.inference.lists import unknown_listener
from ritournelle.inference.live import Asked
from ritournelle.serving.api.contract import HistoryOut
from ritournelle.serving.api.lists import Lists
from ritournelle.serving.api.tracks import Tracks


@dataclass(frozen=True)
class RememberingLists(Lists):
    """Lists for everybody but the forgotten, who are answered like somebody whom nobody knows, and leave no trace."""

    forgotten: Forgotten | None = None

    def answer(
        self, user_id: int, k: int, context: Sequence[int], now: datetime, surface: str = "api"
    ) -> RecommendationList:
        """See `Lists.answer`."""
        if self.forgotten is None or not self.forgotten.holds(user_id):
            return super().answer(user_id, k, context, now, surface)
        made = issue_list(self._made(Asked(UNKNOWN_MEMBER, k, now, context, rules=self.rules)), self.ids, surface, now)
        reason = made.fallback_reason
        is_stranger = reason == unknown_listener(UNKNOWN_MEMBER)
        return replace(made, user_id=user_id, fallback_reason=unknown_listener(user_id) if is_stranger else reason)

    def exclusions_of(self, user_id: int) -> Sequence[TasteExclusion]:
        """See `Lists.exclusions_of`."""
        is_forgotten = self.forgotten is not None and self.forgotten.holds(user_id)
        return [] if is_forgotten else super().exclusions_of(user_id)


@dataclass(frozen=True)
class RememberingTracks(Tracks):
    """The forgotten have no history, also before they are erased."""

    forgotten: Forgotten | None = None

    def history(self, user_id: int, limit: int) -> HistoryOut:
        """See `Tracks.history`."""
        if self.forgotten is not None and self.forgotten.holds(user_id):
            return HistoryOut(user_id=user_id, listens=[])
        return super().history(user_id, limit)
