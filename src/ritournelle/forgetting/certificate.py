"""The certificate: what was erased where, and that a second look found nothing; it names nobody."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ritournelle import __version__
from ritournelle.forgotten.entry import Entry


@dataclass(frozen=True)
class StoreErased:
    """One store: how many of what were removed, and that a second look found nothing (`verified`)."""

    store: str
    removed: Mapping[str, int]
    verified: bool
    note: str = ""


@dataclass(frozen=True)
class Certificate:
    """`listener` is the keyed hash that the list of the forgotten knows them by."""

    erasure_id: str
    listener: str
    asked_at: datetime
    erased_at: datetime
    stores: Sequence[StoreErased]
    code_version: str = __version__

    @classmethod
    def of(cls, entry: Entry, stores: Sequence[StoreErased], erased_at: datetime) -> Certificate:
        """Of one whose stores were all looked at twice."""
        return cls(entry.erasure_id, entry.listener, entry.asked_at, erased_at, stores)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        moments = {"asked_at": self.asked_at.isoformat(), "erased_at": self.erased_at.isoformat()}
        return asdict(self) | {"stores": [asdict(store) for store in self.stores]} | moments

    @property
    def removed(self) -> int:
        """Rows, messages and files in all."""
        return sum(sum(store.removed.values()) for store in self.stores)


def keep(certificate: Certificate, folder: Path) -> Path:
    """Write it down, whole or not at all; where."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{certificate.erasure_id}.json"
    draft = path.with_suffix(".draft")
    with draft.open("w", encoding="utf-8") as file:
        file.write(json.dumps(certificate.to_dict(), indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return draft.replace(path)


def read(folder: Path, erasure_id: str) -> dict[str, Any] | None:
    """A certificate that was kept; None when there is none of that name."""
    if not erasure_id.replace("-", "").isalnum():
        return None
    try:
        found: dict[str, Any] = json.loads((folder / f"{erasure_id}.json").read_text(encoding="utf-8"))
        return found
    except FileNotFoundError:
        return None
