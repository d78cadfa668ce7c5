"""The manifest: the birth certificate of one model version."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from dataclasses import fields as dataclass_fields
from datetime import datetime
from typing import Any

from ritournelle.errors import ModelError


@dataclass(frozen=True)
class Manifest:
    """From what, with what and when a model was trained: enough to train it again."""

    model: str
    """Name of the recommender family."""
    config: Mapping[str, Any]
    """Its whole config, the seed included."""
    seed: int
    data_from: datetime | None
    """First listen of the training data, UTC."""
    data_to: datetime | None
    """Last listen of the training data, UTC."""
    n_users: int
    n_tracks: int
    n_interactions: int
    content_hash: str
    """Of the training interactions: equal for equal data."""
    trained_at: datetime
    code_version: str
    library_versions: Mapping[str, str]
    task: str = ""
    """What it was judged at: `discovery` or `next_listen`; "" if never."""
    window: str = ""
    """How the cases were cut that it was judged on."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """What its family and options reached there, learning from the time before."""
    compared: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """What others reached on the same cases: `popularity`, and the champion by its version."""
    decision: Mapping[str, Any] = field(default_factory=dict)
    """The gate's: `promote` and `reasons`; empty if it was never asked."""
    tried: Sequence[Mapping[str, Any]] = ()
    """Trials of the choice it won, the best first; empty if the family was kept from the champion."""
    started_from: str | None = None
    """The version whose parameters training started from."""
    recipe: str = ""
    """Fingerprint of the rules it was chosen and judged by."""
    version: str = ""
    """Such as `als-000001`; the registry gives it."""
    files: Mapping[str, str] = field(default_factory=dict)
    """XXH3-128 of every file of the artefact, by its path in the version's folder; the registry fills it in."""

    def to_json(self) -> str:
        """As text; `from_json` gives an equal manifest back."""
        moments = {name: _text(getattr(self, name)) for name in _MOMENTS}
        return json.dumps(asdict(self) | moments, indent=2, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """From the text of `to_json`; fields of later versions are passed over; `ModelError` if it is no manifest."""
        try:
            fields = json.loads(text)
            known = {name: fields[name] for name in _NAMES if name in fields}
            moments = {name: _moment(known.get(name)) for name in _MOMENTS}
            tried = tuple(known.get("tried", ()))
            return cls(**(known | moments | {"tried": tried}))
        except (ValueError, TypeError) as error:
            raise ModelError(f"this is no manifest of a model: {error}") from error


_NAMES = tuple(each.name for each in dataclass_fields(Manifest))
_MOMENTS = ("data_from", "data_to", "trained_at")


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _moment(text: str | None) -> Any:
    return None if text is None else datetime.fromisoformat(text)
