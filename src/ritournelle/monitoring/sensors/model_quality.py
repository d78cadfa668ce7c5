"""Model quality: new models are no worse than the champion, and all of them better than what is popular."""

from __future__ import annotations

from pydantic import Field

from ritournelle.monitoring.observations import Judged
from ritournelle.monitoring.sensors.base import Judgement, Limits, Sensor


class QualityLimits(Limits):
    """Of what a model reached at its judgement."""

    lost_share: float = Field(default=0.1, gt=0, lt=1, description="Share by which it may be worse than the other.")


class ModelQuality(Sensor[Judged, QualityLimits]):
    """Fires when the last version was clearly worse than the champion or than popularity on the same cases."""

    name = "model_quality"
    observes = Judged
    limits = QualityLimits

    def judge(self, seen: Judged, limits: QualityLimits) -> Judgement:
        """Against the better of the two."""
        others = {"popularity": seen.popularity, seen.champion_version or "champion": seen.champion}
        known = {name: reached for name, reached in others.items() if reached is not None}
        if not known:
            return Judgement(None, {"version": seen.version, "metric": seen.metric})
        best = max(known, key=lambda name: known[name])
        bound = (1 - limits.lost_share) * known[best]
        facts = {
            "version": seen.version,
            "metric": seen.metric,
            "reached": round(seen.reached, 4),
            "other": best,
            "others": round(known[best], 4),
        }
        return Judgement(seen.reached < bound, facts, round(seen.reached, 6), round(bound, 6))
