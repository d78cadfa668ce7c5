"""Completeness: what landed, was quarantined, or was left out because it is forgotten, is what the source announced."""

from __future__ import annotations

from ritournelle.monitoring.observations import SourceRead
from ritournelle.monitoring.sensors.base import Judgement, NoLimits, Sensor


class Completeness(Sensor[SourceRead, NoLimits]):
    """Fires when a crawl ended and cannot be whole, or when its numbers do not add up."""

    name = "completeness"
    observes = SourceRead

    def judge(self, seen: SourceRead, limits: NoLimits) -> Judgement:
        """A source that could not be read at all is another sensor's trouble."""
        found = seen.landed + seen.quarantined + seen.erased
        facts = {"announced": seen.announced, "landed": seen.landed, "quarantined": seen.quarantined}
        facts |= {"erased": seen.erased} if seen.erased else {}
        if seen.problem == "CrawlError":
            return Judgement(True, facts | {"problem": seen.message, "problem_fr": seen.message})
        if not seen.succeeded or seen.announced is None:
            return Judgement(None, facts)
        missing = seen.announced - found if seen.proven_snapshot else 0
        told = f"{missing} rows are missing" if missing > 0 else f"{-missing} rows are too many"
        told_fr = f"il manque {missing} lignes" if missing > 0 else f"{-missing} lignes sont de trop"
        problem = {"problem": told, "problem_fr": told_fr} if missing else {"problem": "", "problem_fr": ""}
        return Judgement(missing != 0, facts | problem, abs(missing), 0)
