"""Online store: what listeners have excluded can be read and written between the runs."""

from __future__ import annotations

from ritournelle.monitoring.observations import OnlineStoreState
from ritournelle.monitoring.sensors.base import Judgement, NoLimits, Sensor


class OnlineStore(Sensor[OnlineStoreState, NoLimits]):
    """Fires when the online store is damaged, locked or not writable."""

    name = "online_store"
    observes = OnlineStoreState

    def judge(self, seen: OnlineStoreState, limits: NoLimits) -> Judgement:
        """One that was never made is no trouble: it comes with the first exclusion."""
        return Judgement(bool(seen.problem), {"problem": seen.problem})
