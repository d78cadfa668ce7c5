"""Recommendation ids: opaque to whoever gets one, unforgeable, and checked without looking anything up.

An id carries what it was issued for, and a keyed hash (HMAC-SHA-256, its first 128 bits) over that. Nobody without the
key can make one; a server that restarts, or another one with the same key, can check it (ADR 9).
"""

from __future__ import annotations

import hmac
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ritournelle.errors import RecommendationIdError

_FORM = 1
_HEAD = struct.Struct(">Bqqq")  # form, user, track, microseconds since 1970
_MAC_BYTES = 16
_END = b"\x00"  # between model version and surface; neither may contain it
MOST_CHARACTERS = 500
"""Of an id; a longer text is not looked at."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Issued:
    """What an id was issued for: this track, to this user, by this model version, on this surface, at this moment."""

    user_id: int
    track_id: int
    model_version: str
    surface: str
    issued_at: datetime


@dataclass(frozen=True)
class RecommendationIds:
    """Issues ids and checks them; `key` is a secret, ids older than `lifetime` are expired."""

    key: bytes
    lifetime: timedelta

    def issue(self, issued: Issued) -> str:
        """The id of a recommendation: one and the same for the same values, letters, digits, `-` and `_` only.

        Raises `ValueError` for values that no id can carry.
        """
        content = _content(issued)
        return _as_text(content + self._mac(content))

    def check(self, recommendation_id: str, *, user_id: int, now: datetime) -> Issued:
        """What an id was issued for, if it was issued here, to this user, and not too long ago.

        Raises `RecommendationIdError`: `unknown` for what was not issued with this key, `foreign` for another user's,
        `expired` for one older than the lifetime.
        """
        issued = self._opened(recommendation_id)
        if issued is None:
            raise RecommendationIdError("unknown", "this recommendation_id was not issued here")
        if issued.user_id != user_id:
            raise RecommendationIdError("foreign", "this recommendation_id was issued to another listener")
        if now - issued.issued_at > self.lifetime:
            raise RecommendationIdError("expired", f"this recommendation_id is older than {self.lifetime.days} days")
        return issued

    def _opened(self, recommendation_id: str) -> Issued | None:
        sealed = _as_bytes(recommendation_id)
        content, mac = sealed[:-_MAC_BYTES], sealed[-_MAC_BYTES:]
        if len(content) < _HEAD.size or not hmac.compare_digest(mac, self._mac(content)):
            return None
        form, user_id, track_id, moment = _HEAD.unpack_from(content)
        if form != _FORM:  # of a later version of this platform
            return None
        model_version, _, surface = content[_HEAD.size :].partition(_END)
        issued_at = _EPOCH + timedelta(microseconds=moment)
        return Issued(user_id, track_id, model_version.decode(), surface.decode(), issued_at)

    def _mac(self, content: bytes) -> bytes:
        return hmac.digest(self.key, content, "sha256")[:_MAC_BYTES]


def _content(issued: Issued) -> bytes:
    since = issued.issued_at - _EPOCH
    moment = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    texts = issued.model_version.encode(), issued.surface.encode()
    if any(_END in text for text in texts) or sum(map(len, texts)) > 200:
        raise ValueError("a model version and a surface have at most 200 bytes together, and no character NUL")
    try:
        return _HEAD.pack(_FORM, issued.user_id, issued.track_id, moment) + _END.join(texts)
    except struct.error as error:
        raise ValueError(f"user {issued.user_id} or track {issued.track_id} has more than 64 bits") from error


def _as_text(sealed: bytes) -> str:
    return urlsafe_b64encode(sealed).rstrip(b"=").decode("ascii")


def _as_bytes(text: str) -> bytes:
    """What a text encodes; nothing where it is not just as `_as_text` writes it, so that no id has two spellings."""
    if len(text) > MOST_CHARACTERS or not text.isascii():
        return b""
    try:
        sealed = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (NotBase64, ValueError):
        return b""
    return sealed if _as_text(sealed) == text else b""
