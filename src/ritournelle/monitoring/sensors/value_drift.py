"""Value drift: columns hold about what they held in the last good weeks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import Field

from ritournelle.monitoring.observations import ColumnProfile
from ritournelle.monitoring.sensors.base import Judgement, Limits, Sensor
from ritournelle.monitoring.usual import Usual


_FIGURES = {
    "nulls": ("the share of empty values (in %)", "la part de valeurs vides (en %)"),
    "mean": ("the mean length", "la longueur moyenne"),
    "values": ("the share of values that moved (in %)", "la part de valeurs déplacées (en %)"),
}


class DriftLimits(Limits):
    """Of what a column holds, against the median of the weeks before."""

    nulls: float = Field(default=0.02, gt=0, le=1, description="By so much the share of nulls may differ.")
    mean: float = Field(default=0.5, gt=0, description="By such a share the mean length may differ.")
    values: float = Field(default=0.2, gt=0, le=1, description="Share of an enumeration's values that may move.")
    spreads: float = Field(default=6.0, gt=0, description="And by so many usual deviations.")
    least_rows: int = Field(default=50, ge=1, description="Fewer rows say nothing.")
    least_reads: int = Field(default=1, ge=1, description="Earlier reads that are needed to know what is usual.")


class ValueDrift(Sensor[ColumnProfile, DriftLimits]):
    """Fires when the share of nulls, the mean length of texts or lists, or the mix of values is far off."""

    name = "value_drift"
    observes = ColumnProfile
    limits = DriftLimits

    def judge(self, seen: ColumnProfile, limits: DriftLimits) -> Judgement:
        """The first of the three that is off is told; the share of nulls is what is drawn."""
        nulls = Usual.of(seen.usual_nulls)
        facts = _told("nulls", round(100 * seen.nulls, 1), round(100 * nulls.middle, 1))
        if seen.rows < limits.least_rows or nulls.count < limits.least_reads:
            return Judgement(None, facts, seen.nulls)
        bound = max(limits.nulls, limits.spreads * nulls.spread)
        if abs(seen.nulls - nulls.middle) > bound:
            return Judgement(True, facts, seen.nulls, round(nulls.middle + bound, 4))
        other = _mean_is_off(seen, limits) or _mix_is_off(seen, limits)
        return Judgement(other is not None, other or facts, seen.nulls, round(nulls.middle + bound, 4))


def _told(figure: str, now: float, usual: float) -> dict[str, object]:
    in_english, in_french = _FIGURES[figure]
    return {"figure": in_english, "figure_fr": in_french, "now": now, "usual": usual}


def _mean_is_off(seen: ColumnProfile, limits: DriftLimits) -> dict[str, object] | None:
    usual = Usual.of(seen.usual_means)
    if seen.mean is None or usual.count < limits.least_reads:
        return None
    if abs(seen.mean - usual.middle) <= max(limits.mean * usual.middle, limits.spreads * usual.spread, 1.0):
        return None
    return _told("mean", round(seen.mean, 1), round(usual.middle, 1))


def _mix_is_off(seen: ColumnProfile, limits: DriftLimits) -> dict[str, object] | None:
    if not seen.values or not seen.usual_values:
        return None
    moved = _moved(seen.values, seen.usual_values)
    if moved <= limits.values:
        return None
    return _told("values", round(100 * moved, 1), 0.0)


def _moved(now: Mapping[str, float], before: Sequence[Mapping[str, float]]) -> float:
    """The share of rows that would have to change their value for the mix to be the mean of those before."""
    names = {*now, *(name for one in before for name in one)}
    usual = {name: sum(one.get(name, 0.0) for one in before) / len(before) for name in names}
    return sum(abs(now.get(name, 0.0) - usual[name]) for name in names) / 2
