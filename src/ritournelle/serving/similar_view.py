"""Similar tracks, ready to be written: what found them, in the reader's words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ritournelle.serving.api.contract import ScoredTrackOut, SimilarOut
from ritournelle.serving.language import Texts


@dataclass(frozen=True)
class SimilarView:
    """The tracks, and a sentence on how they were found."""

    answered: str
    tracks: Sequence[ScoredTrackOut]


def similar_view(found: SimilarOut, texts: Texts) -> SimilarView:
    """With the reason why it was not the model."""
    answered = texts(f"alike.{found.answered_by}", version=found.model_version)
    if found.fallback_reason is not None:
        known = f"why_alike.{found.fallback_reason}"
        answered += " " + (texts(known) if texts.has(known) else found.fallback_reason)
    return SimilarView(answered, found.tracks)
