"""Schema drift: the source sends the fields, the values and the type of answer that it always did."""

from __future__ import annotations

from ritournelle.monitoring.observations import SourceRead
from ritournelle.monitoring.sensors.base import Judgement, NoLimits, Sensor


class SchemaDrift(Sensor[SourceRead, NoLimits]):
    """Fires on fields that nobody declared, on values that an enumeration never had, on answers not typed as JSON."""

    name = "schema_drift"
    observes = SourceRead

    def judge(self, seen: SourceRead, limits: NoLimits) -> Judgement:
        """What is new is named; nothing was lost by it."""
        if not seen.was_read:
            return Judgement(None)
        found = [f"+{name}" for name in seen.unknown_fields]
        found += [f"{column}={value}" for column, values in seen.new_values.items() for value in values]
        found += ["Content-Type"] if seen.not_json else []
        return Judgement(bool(found), {"found": ", ".join(found)}, len(found), 0)
