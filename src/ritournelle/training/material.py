"""The material of training: the interactions mart beside the listens behind it, over the same rows and columns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

import pyarrow as pa
import xxhash

from ritournelle.domain.interactions import Interactions
from ritournelle.training.dataset import training_data
from ritournelle.training.past import Past

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, eq=False)
class Material:
    """`interactions` are what the model that serves learns from; `past` is what choice and judgement cut in two.

    Both name the same listeners and tracks by the same rows; all living tracks are there, heard or not.
    """

    interactions: Interactions
    past: Past

    @classmethod
    def of(cls, interactions: pa.Table, listens: pa.Table, catalogue: pa.Table) -> Material:
        """From the queries `INTERACTIONS`, `LISTENS` and `TRACK_CONTENT`; errors of `training_data` and `Past.of`."""
        past = Past.of(listens, catalogue)
        return cls(training_data(interactions, users=past.users, tracks=past.tracks), past)

    @cached_property
    def content_hash(self) -> str:
        """Equal for equal material."""
        return xxhash.xxh3_128_hexdigest(f"{self.interactions.content_hash} {self.past.content_hash}".encode())

    @property
    def window(self) -> tuple[datetime, datetime]:
        """Moments of the first and the last listen, UTC."""
        moments = self.past.listens.listened_at
        first, last = (_EPOCH + timedelta(microseconds=int(moment)) for moment in (moments.min(), moments.max()))
        return first, last
