"""Server: where one was started, one answers, until it is told to end."""

from __future__ import annotations

from pydantic import Field

from ritournelle.monitoring.observations import ServersSeen
from ritournelle.monitoring.sensors.base import Judgement, Limits, Sensor


class ServerLimits(Limits):
    """Of servers, which give a sign every minute."""

    minutes: float = Field(default=5.0, gt=1, description="Minutes of silence after which a server is dead.")


class Server(Sensor[ServersSeen, ServerLimits]):
    """Fires when the last server of this home has fallen silent without having been told to end."""

    name = "server"
    observes = ServersSeen
    limits = ServerLimits

    def judge(self, seen: ServersSeen, limits: ServerLimits) -> Judgement:
        """Where none was ever started, or the last one was stopped, none is missing."""
        since = f"{seen.last_seen_at:%Y-%m-%d %H:%M} UTC" if seen.last_seen_at else "–"
        facts = {"since": since, "minutes": round(seen.minutes_silent), "running": seen.running}
        is_dead = seen.running == 0 and seen.silent > 0 and seen.minutes_silent > limits.minutes
        return Judgement(is_dead, facts, round(seen.minutes_silent, 1), limits.minutes)
