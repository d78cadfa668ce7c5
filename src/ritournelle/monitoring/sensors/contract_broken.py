"""Contract: the fields that the platform needs are there, and of the type that they always had."""

from __future__ import annotations

from ritournelle.monitoring.observations import SourceRead
from ritournelle.monitoring.sensors.base import Judgement, NoLimits, Sensor


class ContractBroken(Sensor[SourceRead, NoLimits]):
    """Fires when most rows break the contract, so that the source is refused, or when a field is gone."""

    name = "contract_broken"
    observes = SourceRead

    def judge(self, seen: SourceRead, limits: NoLimits) -> Judgement:
        """A few bad rows go to quarantine, which has its own sensor."""
        facts = {"missing": ", ".join(seen.missing_fields), "problem": seen.message}
        if seen.problem == "ContractError":
            return Judgement(True, facts)
        if not seen.was_read:
            return Judgement(None, facts)
        told = facts["problem"] or f"missing: {facts['missing']}" * bool(seen.missing_fields)
        return Judgement(bool(seen.missing_fields), facts | {"problem": told})
