"""Usefulness: listeners who give an opinion find recommendations as useful as they usually do."""

from __future__ import annotations

from math import sqrt

from pydantic import Field

from ritournelle.monitoring.observations import Usefulness as SeenUsefulness
from ritournelle.monitoring.sensors.base import Judgement, Limits, Sensor
from ritournelle.monitoring.usual import Usual


class UsefulnessLimits(Limits):
    """Of the share of the listeners with an opinion who found something useful, against the days before."""

    share: float = Field(default=0.3, gt=0, lt=1, description="Share of the usual rate by which it may fall.")
    errors: float = Field(default=3.0, gt=0, description="And by so many standard errors of a rate of so few opinions.")
    least_judged: int = Field(default=20, ge=1, description="A day with fewer listeners who said something is no day.")
    least_days: int = Field(default=3, ge=1, description="Earlier days that are needed to know what is usual.")


class Usefulness(Sensor[SeenUsefulness, UsefulnessLimits]):
    """Fires when the usefulness rate of the version that was shown fell far below the trailing days'."""

    name = "usefulness"
    observes = SeenUsefulness
    limits = UsefulnessLimits

    def judge(self, seen: SeenUsefulness, limits: UsefulnessLimits) -> Judgement:
        """Among those who judged: how many do is `feedback_stopped`'s to say. Too few opinions say nothing."""
        days = [day for day in seen.before if day.judged >= limits.least_judged]
        usual = Usual.of([day.useful / day.judged for day in days])
        judged = seen.today.judged
        rate = seen.today.useful / judged if judged else 0.0
        facts = {
            "version": seen.version,
            "judged": judged,
            "percent": round(100 * rate),
            "usual": round(100 * usual.middle),
        }
        if judged < limits.least_judged or usual.count < limits.least_days:
            return Judgement(None, facts)
        error = sqrt(max(usual.middle * (1 - usual.middle), 1 / judged) / judged)
        bound = usual.middle - max(limits.share * usual.middle, limits.errors * error, limits.errors * usual.spread)
        return Judgement(rate < bound, facts, round(rate, 4), round(max(bound, 0.0), 4))
