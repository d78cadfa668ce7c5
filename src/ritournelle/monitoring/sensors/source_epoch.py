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
            return Judgement(True, {"problem": seen.message, "is_accepted": False})
        if not seen.succeeded:
            return Judgement(None)
        severity = Severity.WARN if seen.epoch_changed else None
        problem = "accepted: both populations are kept apart" if seen.epoch_changed else ""
        return Judgement(seen.epoch_changed, {"problem": problem, "is_accepted": seen.epoch_changed}, severity=severity)
