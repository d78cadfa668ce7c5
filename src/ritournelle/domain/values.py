"""The types of the fields that events carry: what every warehouse can hold, checked when a message is read."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta

Id = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
"""A user or track of the source: a 64-bit integer."""
Count = Annotated[int, Meta(ge=0, le=2**31 - 1)]
"""From 0, 32 bits."""
Rank = Annotated[int, Meta(ge=1, le=2**31 - 1)]
"""From 1, 32 bits."""
Instant = Annotated[datetime, Meta(tz=True)]
"""A moment with its zone."""
NaiveMoment = Annotated[datetime, Meta(tz=False)]
"""A moment as the source writes it, without a zone."""
ShortText = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"^[^\x00]*$")]
"""A name or an id; PostgreSQL refuses the character NUL."""
