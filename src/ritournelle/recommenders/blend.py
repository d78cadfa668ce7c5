"""Blend: a weighted sum of several families, with scores that are normalised for each listener.

Families differ in what they see: factors the whole taste, neighbours the neighbourhood, transitions the moment. Their
scores have different units, so that each part's are brought to one scale listener by listener before they are added.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, field_validator

from ritournelle.recommenders.base import (
    Interactions,
    Progress,
    Recommender,
    Scores,
    States,
)
from ritournelle.recommenders.config import RecommenderConfig
from ritournelle.recommenders.entries import rows_of
from ritournelle.recommenders.sequences import Sequences
from ritournelle.recommenders.sparse_scores import Normalisation, SparseScores


_DENSE_AT_ONCE = 32
"""Listeners of whom all scores are held at once to see how wide they spread: 13 MB for 50,000 tracks."""


class BlendPart(BaseModel):
    """One family in a blend."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    family: str = Field(description="Name of the family.")
    options: dict[str, Any] = Field(default_factory=dict, description="Its config; the seed is the blend's.")
    weight: float = Field(default=1.0, gt=0, description="What its normalised scores count.")


class BlendConfig(RecommenderConfig):
    """Who is in it, and how scores are brought to one scale."""

    parts: tuple[BlendPart, ...] = Field(
        default=(BlendPart(family="als"), BlendPart(family="item_knn", weight=0.5)),
        min_length=1,
        description="Families with their options and weights.",
    )
    normalisation: Normalisation = Field(
        default="z_score", description="`z_score`: mean 0 and deviation 1 over all tracks; `max`: the highest is 1."
    )

    @field_validator("parts")
    @classmethod
    def _flat(cls, parts: tuple[BlendPart, ...]) -> tuple[BlendPart, ...]:
        if any(part.family == "blend" for part in parts):
            raise ValueError("a blend cannot be part of a blend; name its parts instead")
        return parts


@dataclass(frozen=True, eq=False)
class BlendStates:
    """The states of the same listeners in every part."""

    parts: tuple[States, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """As the parts': listeners first."""
        return (self.parts[0].shape[0],)

    def __getitem__(self, rows: Any) -> BlendStates:
        return BlendStates(tuple(part[rows] for part in self.parts))


class BlendRecommender(Recommender):
    """Asks every part and adds up; what carried a score is what carried it in the parts, in their shares."""

    name: ClassVar[str] = "blend"
    config_type: ClassVar[type[RecommenderConfig]] = BlendConfig
    reason: ClassVar[str] = "close to your listening in more than one way"

    config: BlendConfig
    _parts: list[Recommender]

    def _learn(self, interactions: Interactions, progress: Progress) -> None:
        parts = self._unfitted()
        for number, part in enumerate(parts):
            start = self._start_of(number, part)
            rows = None if self._warm is None else self._warm.rows
            part.fit(interactions, side=self._side, start=start, start_rows=rows)
            progress(number + 1, len(parts))
        self._parts = parts

    def of_parts(self, parts: Sequence[Recommender]) -> Self:
        """Become the fitted blend of these fitted models, which are what `fit` would make of the config's parts."""
        if [part.address() for part in parts] != [part.family for part in self.config.parts]:
            raise ValueError("the parts are not those of the config")
        self._parts = list(parts)
        self._n_tracks = self._parts[0].n_tracks
        return self

    @property
    def parts(self) -> list[Recommender]:
        """The fitted parts, in the order of the config."""
        return self._parts

    @property
    def follows_order(self) -> bool:
        """Whether a part does."""
        return any(part.follows_order for part in self._parts)

    @property
    def is_dense(self) -> bool:
        """Whether a part is: the scores of the others, as sparse ones, would be for nothing."""
        return any(part.is_dense for part in self._parts)

    def _start_of(self, number: int, part: Recommender) -> Recommender | None:
        """The same part of the blend to start from, if it was of the same family."""
        former = self._warm.model if self._warm is not None else None
        if not isinstance(former, BlendRecommender):
            return None
        former_parts = former.parts[number : number + 1]  # pylint: disable=no-member  # it misses the narrowing
        return former_parts[0] if former_parts and former_parts[0].name == part.name else None

    def _unfitted(self) -> list[Recommender]:
        # The factory knows the blend as well, so that the import waits until both are there.
        from ritournelle.recommenders.factory import create_recommender  # pylint: disable=cyclic-import

        return [
            create_recommender(part.family, **({"seed": self.config.seed} | part.options)) for part in self.config.parts
        ]

    def _fold_in(self, heard: Interactions) -> States:
        return BlendStates(tuple(part.fold_in(heard) for part in self._parts))

    def _fold_in_recent(self, heard: Interactions, recent: Sequences) -> States:
        return BlendStates(tuple(part.fold_in(heard, recent=recent) for part in self._parts))

    def _update(self, before: NDArray[np.int64], track: int) -> bool:
        return sum(part.update(before, track) for part in self._parts) > 0  # every part is told

    def _sparse_scores(self, states: States) -> SparseScores | None:
        """Where all parts are sparse."""
        if self.is_dense:
            return None
        found = [part.sparse_scores(state) for part, state in zip(self._parts, states.parts, strict=True)]
        scaled = [one.normalised(self.config.normalisation) for one in found if one is not None]
        if len(scaled) < len(found):
            return None
        return SparseScores.total(scaled, [one.weight for one in self.config.parts])

    def _scores(self, states: States) -> Scores:
        total: Scores | None = None
        for one, part, state in zip(self.config.parts, self._parts, states.parts, strict=True):
            scores = normalised(part.scores(state), self.config.normalisation)
            scores *= one.weight
            total = scores if total is None else np.add(total, scores, out=total)
        assert total is not None  # at least one part
        return total

    def _contributions(self, heard: Interactions, tracks: NDArray[np.int64], states: States | None) -> Scores:
        shares = np.zeros((heard.nnz, tracks.shape[1]))
        states = self._fold_in(heard) if states is None else states
        owners = rows_of(heard)
        for one, part, mine in zip(self.config.parts, self._parts, states.parts, strict=True):
            spread = _spread_of(part, mine, self.config.normalisation)
            shares += part.contributions(heard, tracks, mine) * (one.weight / spread)[owners, None]
        return shares

    def _similarities(self, rows: NDArray[np.int64]) -> Scores:
        alike = [part.similarities(rows) for part in self._parts]
        weights = [one.weight for one in self.config.parts]
        total: Scores = np.sum(
            [weight * normalised(one, self.config.normalisation) for weight, one in zip(weights, alike, strict=True)],
            axis=0,
        )
        return total

    def _arrays(self) -> Mapping[str, NDArray[Any]]:
        return {
            f"{number}.{name}": array
            for number, part in enumerate(self._parts)
            for name, array in part.arrays().items()
        }

    def _restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self._parts = self._unfitted()
        for number, part in enumerate(self._parts):
            prefix = f"{number}."
            part.restore({name[len(prefix) :]: array for name, array in arrays.items() if name.startswith(prefix)})


def normalised(scores: Scores, how: Normalisation) -> Scores:
    """Each row on one scale, in place; a row without differences becomes 0."""
    centre, spread = _centre_and_spread(scores, how)
    scores -= centre
    scores /= spread
    return scores


def _spread_of(part: Recommender, states: States, how: Normalisation) -> NDArray[np.float64]:
    """By what each listener's scores of this part are divided."""
    sparse = part.sparse_scores(states)
    if sparse is not None:
        return sparse.centre_and_spread(how)[1]
    spreads = [
        _centre_and_spread(part.scores(states[row : row + _DENSE_AT_ONCE]), how)[1].ravel()
        for row in range(0, states.shape[0], _DENSE_AT_ONCE)
    ]
    return np.concatenate(spreads)


def _centre_and_spread(scores: Scores, how: Normalisation) -> tuple[Scores, Scores]:
    """Each row's centre and (never 0) spread, as columns. Rows beside each other do not matter."""
    if how == "max":
        centre = scores.min(axis=1, keepdims=True)
        spread = scores.max(axis=1, keepdims=True) - centre
    else:
        centre = scores.mean(axis=1, keepdims=True)
        spread = scores.std(axis=1, keepdims=True)
    spread[spread <= 1e-12 * np.maximum(np.abs(centre), 1.0)] = 1.0
    return centre, spread
