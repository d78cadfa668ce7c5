"""How often somebody may be told of, or asked about: whoever does it too often is refused, and seen by the sensors."""

from __future__ import annotations

from collections.abc import Iterable

from ritournelle.serving.api.parts import ApiParts
from ritournelle.serving.api.problems import Refusal


def take_turns(parts: ApiParts, users: Iterable[int]) -> None:
    """One turn of each of these listeners; raises `Refusal` (429) when one has none left."""
    for user in users:
        wait = parts.tellers.take(f"user {user}")
        if wait:
            parts.traffic.refused("listeners", str(user))
            message = "there is too much about this listener at once"
            raise Refusal(429, "too_often", message, {"Retry-After": str(wait)})
