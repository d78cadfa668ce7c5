"""Train: choose or keep the family, judge it on the newest listens, fit it on everything, promote it by evidence.

A model serves only if the gate says so. Whatever comes before that, the champion of before serves: nothing is visible
until the version is registered, and it becomes champion from one moment to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from ritournelle.recommenders.base import Recommender
from ritournelle.registry.base import Registry
from ritournelle.registry.contents import MODEL_FOLDER, write_track_ids
from ritournelle.registry.manifest import Manifest
from ritournelle.training.birth import Circumstances, birth_certificate
from ritournelle.training.choose import choose
from ritournelle.training.fitting import fit_candidate
from ritournelle.training.judge import Judgement, judge
from ritournelle.training.material import Material
from ritournelle.training.registered import Registered, registered
from ritournelle.training.rules import TrainingRules
from ritournelle.training.candidate import Candidate
from ritournelle.training.selection import Trial

Progress = Callable[[int, int, str], None]
"""Called with steps done, steps in all (0: not known), and what is done."""


@dataclass(frozen=True)
class TrainingOutcome:
    """What the night's training came to: the version that was looked at, whether it is new, and what was decided.

    `manifest` is None when nobody could be asked, so that nothing was trained. `judgement` is None when a version of
    the same data and rules was there already.
    """

    manifest: Manifest | None
    trained: bool
    promoted: bool
    why: str
    judgement: Judgement | None = None

    def __str__(self) -> str:
        version = "nothing" if self.manifest is None else self.manifest.version
        return f"{'trained' if self.trained else 'kept'} {version}: {self.why}"

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: what the record of the run keeps."""
        version = None if self.manifest is None else self.manifest.version
        return {"version": version, "trained": self.trained, "promoted": self.promoted}


def train(
    material: Material,
    rules: TrainingRules,
    *,
    registry: Registry,
    now: datetime,
    journal: Path | None = None,
    progress: Progress | None = None,
) -> TrainingOutcome:
    """Bring the registry up to the material.

    If a version of the same material and rules is there, nothing is trained: it is promoted if it was accepted and a
    killed run never came to that, and left alone otherwise, also when somebody has rolled it back. `journal` makes
    searches resumable. Killed at any point, the champion of before serves, and the next run repairs. Raises
    `ModelError`, and `SettingsError` for an unknown family or option.
    """
    tell = progress or _silent
    before = registered(registry, rules)
    same = before.of_material(material.content_hash)
    if same is not None:
        return _kept(registry, same, before)
    windows = material.past.split(rules.split)
    choice = None
    if before.choice_is_due(now):
        if len(windows.choosing.cases) == 0:
            return TrainingOutcome(None, False, False, f"nobody can be asked yet ({windows.choosing.why})")
        choice = choose(windows.choosing, rules.plan, rules.goal, journal=journal, on_trial=_telling(tell))
    candidate = before.candidate if choice is None else choice.winner.candidate
    assert candidate is not None  # a choice that is not due has been made before
    tell(0, 0, f"judge {candidate.family}")
    judgement = judge(windows.judging, candidate, rules, champion=before.champion)
    start = before.start(candidate) if choice is None else None
    version = _registered(registry, material, candidate, rules, Circumstances(judgement, choice, start, now), tell)
    return _decided(registry, version, judgement, before)


def _registered(
    registry: Registry,
    material: Material,
    candidate: Candidate,
    rules: TrainingRules,
    circumstances: Circumstances,
    tell: Progress,
) -> str:
    """Fit the candidate on everything and register it; the new version."""
    model = fit_candidate(
        material,
        candidate,
        rules.seed,
        start=circumstances.start,
        progress=lambda done, total: tell(done, total, f"fit {candidate.family}"),
    )
    manifest = birth_certificate(model, material, rules, circumstances)
    return registry.register(manifest, lambda folder: _save(folder, model, material))


def _kept(registry: Registry, same: Manifest, before: Registered) -> TrainingOutcome:
    """Nothing to train; what a killed run left undone is done."""
    told = f"data and rules are those of {same.version}"
    if same.decision.get("promote") and same.version not in before.ever_promoted:
        registry.promote(same.version, _reasons(same.decision["reasons"]))
        return TrainingOutcome(same, False, True, f"{told}, which a run before did not come to promote")
    if not same.decision.get("promote") and before.serving is None:
        told += f", which was refused: {_reasons(same.decision.get('reasons', ()))}"
    return TrainingOutcome(same, False, False, told)


def _decided(registry: Registry, version: str, judgement: Judgement, before: Registered) -> TrainingOutcome:
    """Promote or keep as challenger; what is said names whoever serves now."""
    reasons = _reasons(judgement.decision.reasons)
    accepted = judgement.decision.promote
    if accepted:
        registry.promote(version, reasons)
    else:
        registry.challenge(version)
    manifest = registry.load(version).manifest
    told = f"promoted: {reasons}" if accepted else f"refused: {reasons}; {_who_serves(before)}"
    return TrainingOutcome(manifest, True, accepted, told, judgement)


def _who_serves(before: Registered) -> str:
    if before.problem:
        return f"the champion cannot be used: {before.problem}"
    if before.serving is None:
        return "until a model is accepted, popular tracks are served"
    return f"{before.serving.manifest.version} goes on serving"


def _telling(tell: Progress) -> Callable[[Trial], None]:
    """Counts trials; how many there will be is not known, since searches may end early."""
    tried = count(1)
    return lambda trial: tell(next(tried), 0, f"choose {trial.candidate.family}")


def _save(folder: Path, model: Recommender, material: Material) -> None:
    model.save(folder / MODEL_FOLDER)
    write_track_ids(folder, material.interactions.tracks)


def _reasons(reasons: Iterable[str]) -> str:
    return "; ".join(reasons)


def _silent(done: int, total: int, what: str) -> None:
    del done, total, what
