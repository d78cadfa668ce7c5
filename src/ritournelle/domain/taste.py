"""Taste exclusions: what a listener does not want to be known by."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum

import msgspec
import xxhash

from ritournelle.domain.values import Id, Instant, ShortText


class ExclusionKind(StrEnum):
    """What is left out; the target is a listen id, a track id, an artist's name, or nothing."""

    LISTEN = "listen"
    TRACK = "track"
    ARTIST = "artist"
    SESSION = "session"
    """A private session: every listen from `starts_at` to `ends_at`."""


class TasteExclusion(msgspec.Struct, frozen=True, kw_only=True):
    """Leaves a listener's own listens out of what models learn, now and in the past; build one with `of`.

    An exclusion holds for listens from `starts_at` on and before `ends_at`, or for all where they are None. It is taken
    back by the same one with `is_active` false, given later; then the listens count again.
    """

    exclusion_id: ShortText
    user_id: Id
    kind: ExclusionKind
    target: ShortText | None
    starts_at: Instant | None
    ends_at: Instant | None
    is_active: bool
    changed_at: Instant

    @classmethod
    def of(
        cls,
        user_id: int,
        kind: ExclusionKind,
        target: str | int | None,
        changed_at: datetime,
        *,
        starts_at: datetime | None = None,
        ends_at: datetime | None = None,
        is_active: bool = True,
    ) -> TasteExclusion:
        """The exclusion with its id; raises `ValueError` for one without its target, or a session without a start."""
        if kind is ExclusionKind.TRACK and str(target).removeprefix("-").isdecimal():
            target = int(str(target))
        target = None if target is None else str(target)
        exclusion = cls(
            exclusion_id=exclusion_id(user_id, kind, target, starts_at),
            user_id=user_id,
            kind=kind,
            target=target,
            starts_at=starts_at and starts_at.astimezone(UTC),
            ends_at=ends_at and ends_at.astimezone(UTC),
            is_active=is_active,
            changed_at=changed_at.astimezone(UTC),
        )
        if exclusion.problem:
            raise ValueError(exclusion.problem)
        return exclusion

    def covers(self, moment: datetime) -> bool:
        """Whether a moment (with its zone) lies in what it holds for."""
        has_begun = self.starts_at is None or self.starts_at <= moment
        return has_begun and (self.ends_at is None or moment < self.ends_at)

    @property
    def problem(self) -> str:
        """What is wrong with an exclusion that came from outside; empty when nothing is."""
        if self.exclusion_id != exclusion_id(self.user_id, self.kind, self.target, self.starts_at):
            return "exclusion_id is not the one that its values have"
        if self.kind is ExclusionKind.SESSION:
            return "" if self.starts_at is not None else "a private session needs starts_at"
        if self.target is None:
            return f"an exclusion of kind {self.kind} needs a target"
        if self.kind is ExclusionKind.TRACK and not self.target.removeprefix("-").isdecimal():
            return "the target of a track's exclusion is its id"
        return ""


def exclusion_id(user_id: int, kind: ExclusionKind, target: str | None, starts_at: datetime | None) -> str:
    """The id of an exclusion: the same user, kind, target and start give the same. XXH3-128, separated by `|`."""
    start = "" if starts_at is None else starts_at.astimezone(UTC).isoformat(timespec="microseconds")
    return xxhash.xxh3_128_hexdigest(f"{user_id}|{kind}|{start}|{target or ''}".encode())
