"""Warehouse: it can be opened."""

from __future__ import annotations

from ritournelle.monitoring.observations import WarehouseState
from ritournelle.monitoring.sensors.base import Judgement, NoLimits, Sensor


class Warehouse(Sensor[WarehouseState, NoLimits]):
    """Fires when the warehouse is locked by a stranger, unreachable, corrupt or read-only."""

    name = "warehouse"
    observes = WarehouseState

    def judge(self, seen: WarehouseState, limits: NoLimits) -> Judgement:
        """That a run has it open is no trouble."""
        return Judgement(bool(seen.problem) and not seen.in_use, {"problem": seen.message, "in_use": seen.in_use})
