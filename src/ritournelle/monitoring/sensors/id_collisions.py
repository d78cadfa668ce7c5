"""Id collisions: an id that was known still names whom it named."""

from __future__ import annotations

from pydantic import Field

from ritournelle.monitoring.observations import SourceRead
from ritournelle.monitoring.sensors.base import Judgement, Limits, Sensor


class CollisionLimits(Limits):
    """Of ids that now name somebody else."""

    rows: int = Field(default=0, ge=0, description="Such ids that are tolerated in one run.")


class IdCollisions(Sensor[SourceRead, CollisionLimits]):
    """Fires when known ids came with another name and another date of creation: others, not renamed ones."""

    name = "id_collisions"
    observes = SourceRead
    limits = CollisionLimits

    def judge(self, seen: SourceRead, limits: CollisionLimits) -> Judgement:
        """Unknown where the source was not loaded, or has no names."""
        if seen.collisions is None or not seen.succeeded:
            return Judgement(None)
        return Judgement(seen.collisions > limits.rows, {"rows": seen.collisions}, seen.collisions, limits.rows)
