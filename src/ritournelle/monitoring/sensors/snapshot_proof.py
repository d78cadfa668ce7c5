"""Snapshot proof: the source stood still while it was read, and its pages were those that were asked for."""

from __future__ import annotations

from pydantic import Field

from ritournelle.monitoring.observations import SourceRead
from ritournelle.monitoring.sensors.base import Judgement, Limits, Sensor


class ProofLimits(Limits):
    """Of the passes over a source."""

    passes: int = Field(default=2, ge=2, description="Passes after which a source that stands still is proven.")


class SnapshotProof(Sensor[SourceRead, ProofLimits]):
    """Fires when no two passes agreed, when more than two were needed, or when answers were other pages."""

    name = "snapshot_proof"
    observes = SourceRead
    limits = ProofLimits

    def judge(self, seen: SourceRead, limits: ProofLimits) -> Judgement:
        """Only of a read that was whole: nothing is lost then, but deletions wait for a proof."""
        facts = {"passes": seen.passes, "misnumbered": seen.misnumbered, "proven": seen.proven_snapshot}
        if not seen.succeeded:
            return Judgement(None, facts)
        is_odd = not seen.proven_snapshot or seen.misnumbered > 0 or seen.passes > limits.passes
        return Judgement(is_odd, facts, seen.passes, limits.passes)
