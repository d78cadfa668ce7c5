"""Dates of the simulated world: microseconds since 1970 inside, the app's naive ISO texts outside."""

from __future__ import annotations

from datetime import date

import numpy as np

from ritournelle.simulator.arrays import Ints

SECOND = 1_000_000
DAY = 86_400 * SECOND
PAST = 730 * DAY
"""Rows were created during this time before the present."""


def midnight(day: date) -> int:
    """The first microsecond of a day."""
    return (day - date(1970, 1, 1)).days * DAY


def between(rng: np.random.Generator, earliest: Ints | int, latest: Ints | int, count: int) -> Ints:
    """`count` moments, uniform from `earliest` (included) to `latest` (excluded)."""
    first: Ints = np.broadcast_to(np.asarray(earliest, dtype=np.int64), (count,))
    width = np.maximum(np.asarray(latest, dtype=np.int64) - first, 1)
    steps: Ints = (rng.random(count) * width).astype(np.int64)
    return first + steps


def iso_texts(rng: np.random.Generator, moments: Ints, whole_share: float) -> list[str]:
    """26 characters each, or 19 for about `whole_share` of them."""
    whole = rng.random(len(moments)) < whole_share
    texts = np.datetime_as_string(moments.astype("datetime64[us]"), unit="us").tolist()
    return [text[:19] if cut else text for text, cut in zip(texts, whole.tolist(), strict=True)]
