"""Settings of what is built, learnt and judged."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from ritournelle.settings.values import Section, Share


class TransformSettings(Section):
    """How the models are built."""

    lookback_runs: int = Field(
        default=1,
        ge=0,
        description="Runs that a build looks at again beside the new ones, if they brought under 5 % of all rows.",
    )
    memory_gigabytes: float = Field(
        default=4.0,
        gt=0,
        description="Memory of the embedded engine while it transforms; what does not fit goes to disk beside it.",
    )


class RecommendationSettings(Section):
    """What is learnt and how long the lists are."""

    model: str = Field(
        default="auto",
        description="`auto`: the family that does best on validation. Or one, such as `als`, or one of your own, as "
        "`package.module:Class`; `popularity` for none.",
    )
    list_length: int = Field(default=20, ge=1, le=1000, description="Recommendations stored per listener.")
    seed: int = Field(default=20_240_601, ge=0, description="Seed of everything random in training.")
    half_life_days: float = Field(default=90.0, gt=0, description="Age at which a listen weighs half.")
    artist_cap: int | None = Field(
        default=None, ge=1, description="Most tracks of one artist in a list; unset: as many as the model ranks there."
    )
    novelty_share: Share = Field(
        default=0.0,
        description="Share of a list that little known tracks have at least: those outside half of all plays.",
    )
    diversity: Share = Field(
        default=0.0, description="How much less each further track of an artist counts when a list is put together."
    )


class TrainingSettings(Section):
    """How a family is chosen, and what it is judged at."""

    task: Literal["discovery", "next_listen"] = Field(
        default="discovery",
        description="What models are judged at: `discovery`, tracks never heard before; or `next_listen`, repeats too.",
    )
    choose_every_days: float = Field(
        default=7.0,
        ge=0,
        description="Age of the last choice at which all families compete again; between, one is kept.",
    )
    test_days: float = Field(
        default=7.0, gt=0, description="Newest listens to judge by; as many before them to choose by."
    )
    gap_hours: float = Field(default=0.0, ge=0, description="Hours before the judged days that nothing is learnt from.")
    trials: int = Field(default=1, ge=1, description="Options tried per family at each choice; 1: only those given.")
    minutes: float | None = Field(
        default=None, gt=0, description="Longest search per family; unset: trials alone bound it."
    )
    options: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description='Options of families, as JSON: `{"als": {"factors": 128}}`.'
    )


class GateSettings(Section):
    """What a model must show before it serves."""

    metric: str = Field(
        default="ndcg@20",
        pattern=r"^(recall|precision|hit|ndcg|mrr)@[1-9][0-9]{0,2}$",
        description="What is compared: recall, precision, hit, ndcg or mrr, at a length of the list.",
    )
    confidence: float = Field(default=0.95, gt=0.5, lt=1, description="Of the bounds on differences, per listener.")
    margin: Share = Field(
        default=0.02, description="Share that the champion's own family may lose and still follow it on newer data."
    )
    slice_margin: Share = Field(default=0.2, description="Share that no slice of listeners may lose with confidence.")
    least_cases: int = Field(default=50, ge=1, description="Fewer listeners to ask decide nothing.")
    least_coverage: float = Field(
        default=1.2, ge=0, description="Lists must show so many times the tracks that popularity's lists show."
    )
    most_identical: Share = Field(default=0.5, description="Largest share of lists that may be one and the same.")
