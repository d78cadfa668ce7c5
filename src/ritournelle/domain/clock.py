"""The time now, in the one zone that the platform thinks in; rehearsals may travel from it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta


class _Clock:
    """How far the platform's clock is from the machine's: nothing, but in rehearsals."""

    ahead = timedelta(0)


_CLOCK = _Clock()


def utc_now() -> datetime:
    """The time now, in UTC. The only reader of the clock: whoever needs the time asks here or is told it."""
    return datetime.now(UTC) + _CLOCK.ahead


def travels() -> bool:
    """Whether the platform's clock is another than the machine's."""
    return bool(_CLOCK.ahead)


@contextmanager
def travelled(by: timedelta) -> Iterator[None]:
    """Inside, it is so much later, or earlier, for all threads of this process; journeys inside journeys add up.

    For drills and simulated days. Time goes on meanwhile, second by second.
    """
    before = _CLOCK.ahead
    _CLOCK.ahead = before + by
    try:
        yield
    finally:
        _CLOCK.ahead = before


@contextmanager
def travelled_to(moment: datetime) -> Iterator[None]:
    """Inside, it is this moment when it begins, and later from then on."""
    with travelled(moment - utc_now()):
        yield
