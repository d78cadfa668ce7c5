"""Refusals of the pages, in words: what was not done and why, in the reader's language."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from ritournelle.errors import (
    ModelError,
    PermanentError,
    RecommendationIdError,
    RitournelleError,
    RunInProgressError,
    TransientError,
)
from ritournelle.serving.api.problems import OF_IDS, Refusal
from ritournelle.serving.forms import BadForm
from ritournelle.serving.language import Texts

LOG = logging.getLogger(__name__)
PAGE_ERRORS = (BadForm, Refusal, RitournelleError)
"""What a page tells instead of doing what it was asked to."""


@dataclass(frozen=True)
class Refused:
    """`status` of the answer, the sentence, and what a program said of it, in English."""

    status: int
    sentence: str
    technical: str = ""


def refused(error: Exception, texts: Texts) -> Refused:
    """Of one of `PAGE_ERRORS`."""
    if isinstance(error, BadForm):
        return Refused(error.status, texts(f"refused.{error.why}"))
    if isinstance(error, RecommendationIdError):
        return Refused(OF_IDS[error.why], texts(f"refused.{error.why}"))
    if isinstance(error, Refusal):
        key = f"refused.{error.why}"
        return Refused(error.status, texts(key if texts.has(key) else "refused.invalid"))
    if isinstance(error, RunInProgressError):
        return Refused(409, texts("refused.run"))
    if isinstance(error, ModelError):
        return Refused(422, texts("refused.model"), str(error))
    return _unavailable(error, texts)


def _unavailable(error: Exception, texts: Texts) -> Refused:
    # What a warehouse says of a query may hold the values that it was asked with.
    LOG.warning("a page could not be written: %s", error if isinstance(error, TransientError) else type(error).__name__)
    key = "refused.permanent" if isinstance(error, PermanentError) else "refused.unavailable"
    return Refused(503, texts(key))
