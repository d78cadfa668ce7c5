"""Model training: the last training came to a good end."""

from __future__ import annotations

from ritournelle.monitoring.observations import Training
from ritournelle.monitoring.sensors.base import Judgement, NoLimits, Sensor


class ModelTraining(Sensor[Training, NoLimits]):
    """Fires when training failed; that a model was refused by the gate is no failure."""

    name = "model_training"
    observes = Training

    def judge(self, seen: Training, limits: NoLimits) -> Judgement:
        """The champion of before goes on serving."""
        return Judgement(not seen.succeeded, {"problem": seen.message, "version": seen.version})
