"""Random days of raw versions, as the ingestion would write them: what incremental builds must get right."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from ritournelle.domain.feedback import Feedback, FeedbackKind
from ritournelle.domain.listens import ListenEvent
from ritournelle.domain.recommendation_ids import Issued
from ritournelle.domain.taste import ExclusionKind, TasteExclusion
from tests.exposed import exposure
from tests.integration.test_transform import BORN, RawVersions, day


class RandomDays:
    """A small app that changes in every way a source can; the same seed gives the same days.

    User 0 has listened to track 99 and stays: no mart is ever empty.
    """

    def __init__(self, seed: int, users: int = 12, tracks: int = 15) -> None:
        self._random = random.Random(seed)
        self._user_ids = range(1, users + 1)
        self._track_ids = range(100, 100 + tracks)
        self._users: dict[int, str] = {}
        self._tracks: dict[int, str] = {}
        self._records: dict[int, list[int]] = {}
        self._told: set[str] = set()
        self._shown: dict[str, Issued] = {}
        self._given: dict[str, tuple[int, datetime]] = {}
        self._excluded: dict[int, tuple[ExclusionKind, Any, dict[str, Any]]] = {}

    def write(self, raw: RawVersions, run: int) -> None:
        """The changes of one day; users and tracks that listens speak of may come days later, or never."""
        if run == 1:
            raw.user(1, 0, "faithful@example.org")
            raw.track(1, 99, "evergreen")
            raw.record(1, 0, [99, 99])
        for user_id in self._some(self._user_ids, 0.4 if run == 1 else 0.1):
            self._change_user(raw, run, user_id)
        for track_id in self._some(self._track_ids, 0.6 if run == 1 else 0.1):
            self._change_track(raw, run, track_id)
        for user_id in self._some(self._user_ids, 0.7 if run == 1 else 0.3):
            self._change_record(raw, run, user_id)
        for user_id in self._some(self._user_ids, 0.3):
            self._tell(raw, run, user_id)
        for user_id in self._some(self._user_ids, 0.2):
            self._show_and_judge(raw, run, user_id)
        for user_id in self._some(self._user_ids, 0.1):
            self._exclude(raw, run, user_id)

    def _some(self, ids: range, share: float) -> list[int]:
        return [one for one in ids if self._random.random() < share]

    def _change_user(self, raw: RawVersions, run: int, user_id: int) -> None:
        known = user_id in self._users
        if known and self._random.random() < 0.3:
            del self._users[user_id]
            raw.user(run, user_id, None)
            return
        self._users[user_id] = f"user{user_id}.{run}@example.org"
        raw.user(run, user_id, self._users[user_id], change="updated" if known else "inserted")

    def _change_track(self, raw: RawVersions, run: int, track_id: int) -> None:
        known = track_id in self._tracks
        if known and self._random.random() < 0.3:
            del self._tracks[track_id]
            raw.track(run, track_id, None)
            return
        self._tracks[track_id] = f"track {track_id} in {run}"
        words = self._random.sample(["Rock", "surf rock", "jazz; Pop", "pop/Rock", "folk|é", " "], 2)
        artist = self._random.choice(["Ada", "ADA", "Bo", "Çelik", " "])
        change = "updated" if known else "inserted"
        raw.track(run, track_id, self._tracks[track_id], change=change, artist=artist, genres=", ".join(words))

    def _change_record(self, raw: RawVersions, run: int, user_id: int) -> None:
        items = self._records.get(user_id)
        if items is not None and self._random.random() < 0.1:
            del self._records[user_id]
            raw.record(run, user_id, None, change="deleted", created_at=self._born(user_id))
            return
        self._records[user_id] = self._listened(list(items or []))
        updated_at = day(run).replace(tzinfo=None) - timedelta(hours=self._random.randrange(100))
        raw.record(
            run,
            user_id,
            self._records[user_id],
            change="updated" if items is not None else "inserted",
            created_at=self._born(user_id),
            updated_at=updated_at,
        )

    def _listened(self, items: list[int]) -> list[int]:
        """The record with new listens at any place, sometimes one less."""
        for _ in range(self._random.randrange(4)):
            items.insert(self._random.randint(0, len(items)), self._random.choice(self._track_ids))
        if items and self._random.random() < 0.3:
            items.pop(self._random.randrange(len(items)))
        return items

    def _tell(self, raw: RawVersions, run: int, user_id: int) -> None:
        """A listen that the batch has shown, will show or never shows; or one of no record."""
        record: dict[str, Any] = {}
        if self._random.random() < 0.7:
            record = {"source_record_at": self._born(user_id), "occurrence": self._random.randrange(2)}
        event = ListenEvent.of(user_id, self._random.choice(self._track_ids), self._lately(run), **record)
        if event.listen_id not in self._told:  # raw holds the first one only
            self._told.add(event.listen_id)
            raw.told(run, event)

    def _show_and_judge(self, raw: RawVersions, run: int, user_id: int) -> None:
        issued = Issued(user_id, self._random.choice(self._track_ids), f"als-{run // 3}", "page", self._lately(run))
        name = f"{run}:{user_id}"
        self._shown[name] = issued
        raw.told(run, exposure(name, issued))
        kind = self._random.choice(list(FeedbackKind))
        name = self._random.choice(list(self._shown))
        event = Feedback.of(name, self._shown[name], kind, self._lately(run))
        if event.given_at > self._given.get(event.feedback_id, (0, event.given_at - timedelta(1)))[1]:
            if self._given.get(event.feedback_id, (0,))[0] != run:
                self._given[event.feedback_id] = (run, event.given_at)
                raw.told(run, event)

    def _exclude(self, raw: RawVersions, run: int, user_id: int) -> None:
        """Something new, or what was excluded before, back again."""
        if user_id in self._excluded and self._random.random() < 0.5:
            kind, target, options = self._excluded.pop(user_id)
            raw.told(run, TasteExclusion.of(user_id, kind, target, day(run), is_active=False, **options))
            return
        kind = self._random.choice(list(ExclusionKind))
        targets = {ExclusionKind.TRACK: self._random.choice(self._track_ids), ExclusionKind.ARTIST: "ada"}
        told = ListenEvent.of(user_id, self._random.choice(self._track_ids), BORN.replace(tzinfo=UTC))
        targets[ExclusionKind.LISTEN] = told.listen_id
        options = {"starts_at": self._lately(run)} if kind is ExclusionKind.SESSION else {}
        self._excluded[user_id] = (kind, targets.get(kind), options)
        raw.told(run, TasteExclusion.of(user_id, kind, targets.get(kind), day(run), **options))

    def _lately(self, run: int) -> datetime:
        return day(run) - timedelta(hours=self._random.randrange(60), seconds=self._random.randrange(60))

    def _born(self, user_id: int) -> datetime:
        return BORN + timedelta(hours=5 * user_id)
