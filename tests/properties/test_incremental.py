"""Any sequence of days, built one by one, equals one build of all of them."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ritournelle.transform.runner import build
from tests.integration.random_days import RandomDays
from tests.integration.tables import built_contents
from tests.integration.test_transform import Home, RawVersions

EXAMPLES = 12 if os.environ.get("RITOURNELLE_LONG_TESTS") else 3
"""A build takes 4 s: the long variant is for nights."""


# Not shrunk: an example costs 20 s, and its seed says everything.
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(seed=st.integers(0, 10_000), builds=st.lists(st.integers(1, 3), min_size=2, max_size=3))
def test_days_built_one_by_one_equal_one_build(seed: int, builds: list[int]) -> None:
    """`builds`: how many days each build has to catch up with; more than one is a day skipped."""
    with TemporaryDirectory() as folder:
        daily, whole = Home(_new(folder, "daily")), Home(_new(folder, "whole"))
        days, run = RandomDays(seed), 0
        for length in builds:
            run = _write(daily, days, run, length)
            assert build(daily.settings).problems == []
        _write(whole, RandomDays(seed), 0, run)
        assert build(whole.settings).problems == []
        assert built_contents(Path(folder) / "daily") == built_contents(Path(folder) / "whole")


def _new(folder: str, name: str) -> Path:
    path = Path(folder) / name
    path.mkdir()
    return path


def _write(home: Home, days: RandomDays, run: int, length: int) -> int:
    with home.write() as warehouse:
        raw = RawVersions(warehouse)
        for number in range(run + 1, run + length + 1):
            days.write(raw, number)
            raw.finished(number)
    return run + length
