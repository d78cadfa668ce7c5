"""One listener on the list of the forgotten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Self


@dataclass(frozen=True)
class Entry:
    """Somebody who asked to be forgotten: `listener` is a keyed hash of their id, `erasure_id` names the certificate.

    Until they are erased everywhere, `user_id` and `emails` say whom to look for; then both go. `epoch` is the
    population that the id belongs to: in a later one it is somebody else's. None: not known yet, so that all count.
    """

    listener: str
    erasure_id: str
    asked_at: datetime
    user_id: int | None
    emails: Sequence[str] = ()
    epoch: int | None = None
    removed: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """What was removed so far: of each store, how many of what."""
    erased_at: datetime | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether something of them may still be somewhere."""
        return self.erased_at is None

    def is_of(self, epoch: int) -> bool:
        """Whether the id means this listener in a population."""
        return self.epoch is None or epoch <= self.epoch

    def erased(self, at: datetime) -> Entry:
        """Without anything that names them."""
        return replace(self, user_id=None, emails=(), removed={}, erased_at=at)

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        moments = {"asked_at": self.asked_at.isoformat(), "erased_at": self.erased_at and self.erased_at.isoformat()}
        return asdict(self) | {"emails": list(self.emails)} | moments

    @classmethod
    def of(cls, fields: dict[str, Any]) -> Self:
        """From the values of `to_dict`; `KeyError`, `TypeError` or `ValueError` for others."""
        asked, erased = fields["asked_at"], fields["erased_at"]
        moments = {
            "asked_at": datetime.fromisoformat(asked),
            "erased_at": None if erased is None else datetime.fromisoformat(erased),
        }
        return cls(**(fields | moments | {"emails": tuple(fields["emails"])}))
