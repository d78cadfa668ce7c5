"""Model artefact: the champion's files are whole."""

from __future__ import annotations

from ritournelle.monitoring.observations import ChampionFiles
from ritournelle.monitoring.sensors.base import Judgement, NoLimits, Sensor


class ModelArtefact(Sensor[ChampionFiles, NoLimits]):
    """Fires when files of the champion are missing or damaged, so that an older one, or popularity, serves."""

    name = "model_artefact"
    observes = ChampionFiles

    def judge(self, seen: ChampionFiles, limits: NoLimits) -> Judgement:
        """By comparing every file with the champion's manifest."""
        facts = {"version": seen.version or "–", "problem": seen.problem, "serving": seen.serving or "popularity"}
        return Judgement(bool(seen.problem), facts)
