"""Duplicates: each key comes once, with one content."""

from __future__ import annotations

from ritournelle.monitoring.observations import SourceRead
from ritournelle.monitoring.sensors.base import Judgement, NoLimits, Sensor


class Duplicates(Sensor[SourceRead, NoLimits]):
    """Fires when rows contradict another row of the same key, or a source that stood still served rows twice."""

    name = "duplicates"
    observes = SourceRead

    def judge(self, seen: SourceRead, limits: NoLimits) -> Judgement:
        """A source that moved serves rows twice as a matter of course: pages shift."""
        repeated = seen.repeated if seen.proven_snapshot else 0
        facts = {"contradictions": seen.contradictions, "repeated": repeated}
        if not seen.succeeded:
            return Judgement(None, facts)
        return Judgement(seen.contradictions + repeated > 0, facts, seen.contradictions + repeated, 0)
