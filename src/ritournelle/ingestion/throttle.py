"""How many pages may be in flight: fewer when the source says that it is too much, more again as it answers.

Retries alone do not get past a source that takes two requests a second: of eight pages that return together after its
`Retry-After`, six are refused again, until one of them has used up its retries.
"""

from __future__ import annotations

ROUNDS_PER_STEP = 10
"""Rounds of good answers before one more page is in flight: at one round a slow source refused every other request."""


class Throttle:
    """Between 1 and `most`: halved by a refusal, one more after some rounds of answers (as TCP; Jacobson, 1988)."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._allowed = float(most)

    @property
    def allowed(self) -> int:
        """Pages that may be in flight now."""
        return int(self._allowed)

    def refused(self) -> None:
        """The source asked for fewer requests."""
        self._allowed = max(1.0, self._allowed / 2)

    def answered(self) -> None:
        """The source gave a page."""
        self._allowed = min(float(self._most), self._allowed + 1 / (ROUNDS_PER_STEP * self._allowed))
