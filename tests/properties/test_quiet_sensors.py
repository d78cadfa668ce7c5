"""Whatever small noise there is in a steady history, no sensor fires on it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from ritournelle.monitoring import observations as seen
from ritournelle.monitoring.sensors.catalogue import SENSORS
from tests.unit.monitoring.seen import NOON, column, source_read

DAYS = 28


def noise(share: float, days: int = DAYS) -> st.SearchStrategy[list[float]]:
    """Factors around 1, one a day and one for today."""
    return st.lists(st.floats(1 - share, 1 + share), min_size=days + 1, max_size=days + 1)


def fired(*observations: seen.SourceRead | seen.ColumnProfile | seen.RunDuration | seen.MartRows) -> list[str]:
    """The sensors that say trouble, with their own limits."""
    return [
        sensor.name
        for sensor in SENSORS
        for one in observations
        if isinstance(one, sensor.observes) and sensor.judge(one, sensor.limits()).has_fired
    ]


@given(st.integers(0, 10_000_000), noise(0.1), st.floats(0.0001, 5.0), noise(0.5))
def test_a_steady_source(rows: int, more: list[float], seconds: float, slower: list[float]) -> None:
    landed = [round(rows * factor) for factor in more]
    times = [seconds * factor for factor in slower]
    before = tuple(seen.PastRead(NOON - timedelta(days=DAYS - day), landed[day], times[day]) for day in range(DAYS))
    today = source_read(announced=landed[-1], landed=landed[-1], requests=20, seconds=20 * times[-1], before=before)
    assert fired(today) == []


@given(st.floats(0, 0.98), noise(0.01), st.floats(1, 1000), noise(0.1))
def test_a_steady_column(nulls: float, more: list[float], mean: float, longer: list[float]) -> None:
    shares, means = [nulls * factor for factor in more], [mean * factor for factor in longer]
    today = replace(column(), nulls=shares[-1], usual_nulls=shares[:-1], mean=means[-1], usual_means=means[:-1])
    assert fired(today) == []


@given(st.floats(0.1, 100_000), noise(0.4), st.integers(0, 10_000_000), noise(0.1))
def test_a_steady_run_and_its_tables(seconds: float, longer: list[float], rows: int, more: list[float]) -> None:
    times, counts = [seconds * factor for factor in longer], [round(rows * factor) for factor in more]
    run = seen.RunDuration("pipeline", "run", times[-1], times[:-1])
    assert fired(run, seen.MartRows("marts.interactions", counts[-1], counts[:-1])) == []
