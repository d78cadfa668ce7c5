"""Fitted models of one window, each made once: blends are made of the parts that are there already."""

from __future__ import annotations

import json

from ritournelle.evaluation.window import Window
from ritournelle.recommenders.base import Recommender
from ritournelle.recommenders.blend import BlendRecommender
from ritournelle.training.candidate import Candidate


class FittedModels:
    """What was fitted on a window with one seed. EASE on 25,000 tracks takes minutes: nothing is fitted twice."""

    def __init__(self, window: Window, seed: int) -> None:
        self.window = window
        self._seed = seed
        self._kept: dict[str, Recommender] = {}

    def of(self, candidate: Candidate) -> Recommender:
        """The fitted model of this candidate; `ModelError` if it cannot be fitted here."""
        key = _key(candidate)
        if key not in self._kept:
            self._kept[key] = self._made(candidate)
        return self._kept[key]

    def __len__(self) -> int:
        return len(self._kept)

    def drop(self, candidate: Candidate) -> None:
        """Forget a model that nobody will ask for again: a fitted one may take hundreds of megabytes."""
        self._kept.pop(_key(candidate), None)

    def _made(self, candidate: Candidate) -> Recommender:
        model = candidate.create(self._seed)
        if isinstance(model, BlendRecommender):
            return model.of_parts([self.of(part) for part in _parts(model)])
        return model.fit(self.window.interactions, side=self.window.side)


def _parts(blend: BlendRecommender) -> list[Candidate]:
    return [Candidate(part.family, part.options) for part in blend.config.parts]


def _key(candidate: Candidate) -> str:
    return json.dumps([candidate.family, dict(candidate.options)], sort_keys=True, default=str)
