"""The Models page, ready to be written: versions in words, what the gate decided, and what can be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ritournelle.registry.base import Promotion
from ritournelle.serving.gate_words import in_words
from ritournelle.serving.language import Texts
from ritournelle.serving.models import Shelf, Version
from ritournelle.serving.writing import Writer

METRICS = ("ndcg@20", "recall@20", "coverage")
Worded = tuple[str, str]
"""A sentence, and its language where that is not the reader's."""


@dataclass(frozen=True)
class VersionLine:
    """One version as it is shown; `verdict` is the gate's, `reasons` why."""

    version: Version
    role: str
    verdict: str
    reasons: Sequence[Worded]
    reached: Sequence[tuple[str, str, str]]
    """Of each metric: its name, what the version reached, and popularity on the same cases."""

    @property
    def can_be_promoted(self) -> bool:
        """By hand."""
        return self.version.manifest is not None and not self.version.is_champion


@dataclass(frozen=True)
class PromotionLine:
    """A change of champion, and why."""

    promotion: Promotion
    why: Worded


@dataclass(frozen=True)
class ModelsView:
    """`can_roll_back`: whether somebody else was champion before."""

    champion: VersionLine | None
    challenger: VersionLine | None
    versions: Sequence[VersionLine]
    promotions: Sequence[PromotionLine]
    can_roll_back: bool


def models_view(shelf: Shelf, texts: Texts, write: Writer) -> ModelsView:
    """Of what is registered."""
    lines = {version.name: _line(version, texts, write) for version in shelf.versions}
    champion, challenger = shelf.of_role("champion"), shelf.of_role("challenger")
    return ModelsView(
        None if champion is None else lines[champion.name],
        None if challenger is None else lines[challenger.name],
        list(lines.values()),
        [PromotionLine(one, _why(one.why, texts)) for one in shelf.promotions],
        len({one.version for one in shelf.promotions}) > 1,
    )


def _line(version: Version, texts: Texts, write: Writer) -> VersionLine:
    role = texts(f"roles.{version.role.replace(' ', '_')}") if version.role else ""
    manifest = version.manifest
    if manifest is None:
        return VersionLine(version, role, texts("shelf.damaged"), [(version.problem, "en")], ())
    if not manifest.decision:
        return VersionLine(version, role, texts("shelf.never_judged"), (), ())
    verdict = texts("shelf.accepted" if manifest.decision.get("promote") else "shelf.refused")
    popularity = manifest.compared.get("popularity", {})
    reached = [
        (texts(f"metrics.{name}"), write.number(manifest.metrics[name]), write.number(popularity.get(name)))
        for name in METRICS
        if name in manifest.metrics
    ]
    reasons = [in_words(str(reason), texts) for reason in manifest.decision.get("reasons", ())]
    return VersionLine(version, role, verdict, reasons, reached)


def _why(why: str, texts: Texts) -> Worded:
    """Of a promotion: reasons of the gate are joined there, or somebody wrote it."""
    if not why:
        return "", ""
    told = [in_words(reason, texts) for reason in why.split("; ")]
    if all(not language for _, language in told):
        return " ".join(sentence for sentence, _ in told), ""
    return in_words(why, texts)
