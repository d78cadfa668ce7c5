"""Source epoch: the ids of the source still name the same users and tracks."""

from __future__ import annotations

from ritournelle.monitoring.observations import SourceRead
from ritournelle.monitoring.reading import Severity
from ritournelle.monitoring.sensors.base import Judgement, NoLimits, Sensor


class SourceEpoch(Sensor[SourceRead, NoLimits]):
    """Fires when the app has regenerated its ids; somebody who accepts that is only told of it, and nothing is held."""

    name = "source_epoch"
    observes = SourceRead

    def judge(self, seen: SourceRead, limits: NoLimits) -> Judgement:
        """A source that did not come says nothing of its ids."""
        if seen.problem == "SourceEpochError":
            return Judgement(True, {"problem": seen.message, "problem_fr": seen.message, "is_accepted": False})
        if not seen.succeeded:
            return Judgement(None)
        severity = Severity.WARN if seen.epoch_changed else None
        facts = {
            "problem": "accepted: both populations are kept apart",
            "problem_fr": "accepté : les deux populations restent séparées",
            "is_accepted": True,
        }
        return Judgement(seen.epoch_changed, facts if seen.epoch_changed else {}, severity=severity)
