"""What a model is trained with."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class RecommenderConfig(BaseModel):
    """What a model is trained with; subclasses add their own fields, each with a default that works unattended."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = Field(
        default=0, ge=0, description="Seed of everything random: the same data and config give the same model."
    )
