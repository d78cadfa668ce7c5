"""Orphans: listens name users and tracks that the app knows."""

from __future__ import annotations

from pydantic import Field

from ritournelle.monitoring.observations import Orphans as SeenOrphans
from ritournelle.monitoring.sensors.base import Judgement, Limits, Sensor
from ritournelle.monitoring.usual import Usual


class OrphanLimits(Limits):
    """Of listens of unknown users or tracks."""

    share: float = Field(
        default=0.0, ge=0, le=1, description="Share of all listens that is tolerated beyond the usual."
    )


class Orphans(Sensor[SeenOrphans, OrphanLimits]):
    """Fires when more listens than usual point at users or tracks that nobody knows."""

    name = "orphans"
    observes = SeenOrphans
    limits = OrphanLimits

    def judge(self, seen: SeenOrphans, limits: OrphanLimits) -> Judgement:
        """They count for nobody until their user or track arrives; then they are mended by themselves."""
        lost, usual = seen.of_unknown_users + seen.of_unknown_tracks, Usual.of(seen.usual).middle
        facts = {"users": seen.of_unknown_users, "tracks": seen.of_unknown_tracks, "usual": round(usual)}
        bound = usual + limits.share * seen.listens
        return Judgement(lost > bound, facts, lost, bound)
