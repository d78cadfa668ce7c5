"""What `compact` has taken out of raw, as its steps in `ops.run_steps` say: loading and transforming both go by it."""

from __future__ import annotations

import json

from ritournelle.warehouse.base import Warehouse

COMPACT = "compact"
"""The step that says in `deleted` how many raw rows went: where it did, raw alone cannot build staging any more."""


def whole_after(warehouse: Warehouse) -> int:
    """The run after which raw holds every change; 0 when nothing was ever taken out of it."""
    if not warehouse.exists("ops", "run_steps"):
        return 0
    steps = warehouse.read("SELECT details FROM ops.run_steps WHERE step = ? AND deleted > 0", [COMPACT])
    return max((int(json.loads(details)["whole_after_run"]) for details in steps["details"].to_pylist()), default=0)
