"""What the registry tells of the nights before: which family serves, when it was chosen, what is trained already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ritournelle.errors import ModelError
from ritournelle.registry.base import ModelVersion, Registry
from ritournelle.registry.manifest import Manifest
from ritournelle.training.fitting import Start
from ritournelle.training.judge import same_model
from ritournelle.training.rules import TrainingRules
from ritournelle.training.candidate import Candidate


@dataclass(frozen=True)
class Registered:
    """The sound versions, newest first, the champion, and all who ever were; `problem`: why it cannot be used."""

    rules: TrainingRules
    versions: Sequence[ModelVersion]
    serving: ModelVersion | None = None
    ever_promoted: frozenset[str] = frozenset()
    problem: str = ""

    def of_material(self, content_hash: str) -> Manifest | None:
        """The newest sound version of this material and these rules."""
        same = (
            version.manifest
            for version in self.versions
            if version.manifest.content_hash == content_hash and version.manifest.recipe == self.rules.recipe
        )
        return next(same, None)

    @property
    def champion(self) -> tuple[str, Candidate] | None:
        """The champion's version, and its family with its options."""
        if self.serving is None:
            return None
        return self.serving.manifest.version, candidate_of(self.serving.manifest)

    @property
    def candidate(self) -> Candidate | None:
        """What is trained again between two choices: the champion's family and options, else those chosen last."""
        newest = self.serving or self._last_chosen
        return None if newest is None else candidate_of(newest.manifest)

    def choice_is_due(self, now: datetime) -> bool:
        """Whether the last choice by these rules is too old, or there was none."""
        last = self._last_chosen
        return last is None or now - last.manifest.trained_at >= self.rules.choose_every

    def start(self, candidate: Candidate) -> Start | None:
        """The champion to start warm from, if it is of the same family and options."""
        if self.serving is None or not same_model(candidate_of(self.serving.manifest), candidate, self.rules.seed):
            return None
        return Start.of(self.serving)

    @property
    def _last_chosen(self) -> ModelVersion | None:
        chosen = (one for one in self.versions if one.manifest.tried and one.manifest.recipe == self.rules.recipe)
        return next(chosen, None)


def registered(registry: Registry, rules: TrainingRules) -> Registered:
    """Read the registry; damaged versions are passed over, and a damaged champion is said."""
    versions = []
    for name in reversed(registry.versions()):
        try:
            versions.append(registry.load(name))
        except ModelError:
            continue
    read = Registered(rules, versions)
    try:
        read = replace(read, ever_promoted=frozenset(promotion.version for promotion in registry.promotions()))
        champion = registry.champion()
        return replace(read, serving=None if champion is None else registry.load(champion))
    except ModelError as error:
        return replace(read, problem=str(error))


def candidate_of(manifest: Manifest) -> Candidate:
    """The family and options that a version was trained with."""
    return Candidate(manifest.model, manifest.config)
