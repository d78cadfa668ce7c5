"""Feedback arrives: of those who see recommendations about as many say or do something as usually do."""

from __future__ import annotations

from math import sqrt

from pydantic import Field

from ritournelle.monitoring.observations import Usefulness
from ritournelle.monitoring.sensors.base import Judgement, Limits, Sensor
from ritournelle.monitoring.usual import Usual


class FeedbackLimits(Limits):
    """Of the share of exposed listeners who said or did something, against the days before."""

    share: float = Field(default=0.7, gt=0, lt=1, description="Share of the usual share by which it may fall.")
    errors: float = Field(default=4.0, gt=0, description="And by so many standard errors of a share of so few people.")
    least_exposed: int = Field(default=20, ge=1, description="A day with fewer exposed listeners is no day.")
    least_days: int = Field(default=3, ge=1, description="Earlier days that are needed to know what is usual.")


class FeedbackStopped(Sensor[Usefulness, FeedbackLimits]):
    """Fires when recommendations are shown as ever, and hardly any feedback on them arrives any more."""

    name = "feedback_stopped"
    observes = Usefulness
    limits = FeedbackLimits

    def judge(self, seen: Usefulness, limits: FeedbackLimits) -> Judgement:
        """An app in which nobody ever gave feedback has nothing that could stop."""
        days = [day for day in seen.before if day.exposed >= limits.least_exposed]
        usual = Usual.of([day.answered / day.exposed for day in days])
        exposed = seen.today.exposed
        share = seen.today.answered / exposed if exposed else 0.0
        facts = {"exposed": exposed, "answered": seen.today.answered, "usual": round(100 * usual.middle, 1)}
        if exposed < limits.least_exposed or usual.count < limits.least_days:
            return Judgement(None, facts)
        error = sqrt(usual.middle * (1 - usual.middle) / exposed)
        bound = usual.middle - max(limits.share * usual.middle, limits.errors * error)
        return Judgement(share < bound, facts, round(share, 4), round(max(bound, 0.0), 4))
