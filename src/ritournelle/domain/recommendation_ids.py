"""Recommendation ids: opaque to whoever gets one, unforgeable, and checked without looking anything up.

An id carries what it was issued for, and a keyed hash (BLAKE2b, 128 bits) over that. Nobody without the key can make
one; a server that restarts, or another one with the same key, can check it (ADR 9, ADR 14).
"""

from __future__ import annotations

import hmac
import struct
from collections.abc import Sequence
from base64 import urlsafe_b64decode
from binascii import Error as NotBase64
from binascii import b2a_base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from hashlib import blake2b

from ritournelle.errors import RecommendationIdError

_FORM = 2
_FORM_BEFORE = 1
"""With HMAC-SHA-256: checked as long as such ids live."""
_HEAD = struct.Struct(">Bqqq")  # form, user, track, microseconds since 1970
_MAC_BYTES = 16
_LONGEST_KEY = 64
_PURPOSE = b"recommendation"
"""So that no other hash with this key is an id."""
_END = b"\x00"  # between model version and surface; neither may contain it
MOST_CHARACTERS = 500
"""Of an id; a longer text is not looked at."""

_URL_SAFE = bytes.maketrans(b"+/", b"-_")
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

    def issue_all(
        self, user_id: int, tracks: Sequence[int], model_version: str, surface: str, issued_at: datetime
    ) -> list[bytes]:
        """The same for a whole list, as ASCII, in a quarter of the time; errors as of `issue`."""
        moment, texts, begun = _microseconds(issued_at), _texts(model_version, surface), self._begun.copy
        sealed = []
        for track in tracks:
            content = _packed(user_id, track, moment) + texts
            mac = begun()
            mac.update(content)
            sealed.append(b2a_base64(content + mac.digest(), newline=False))
        return b",".join(sealed).translate(_URL_SAFE, b"=").split(b",") if sealed else []

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
        if len(content) < _HEAD.size or content[0] not in (_FORM, _FORM_BEFORE):  # of a later version of this platform
            return None
        expected = self._mac(content) if content[0] == _FORM else self._mac_before(content)
        if not hmac.compare_digest(mac, expected):
            return None
        _, user_id, track_id, moment = _HEAD.unpack_from(content)
        model_version, _, surface = content[_HEAD.size :].partition(_END)
        issued_at = _EPOCH + timedelta(microseconds=moment)
        return Issued(user_id, track_id, model_version.decode(), surface.decode(), issued_at)

    def _mac(self, content: bytes) -> bytes:
        mac = self._begun.copy()
        mac.update(content)
        return mac.digest()

    def _mac_before(self, content: bytes) -> bytes:
        return hmac.digest(self.key, content, "sha256")[:_MAC_BYTES]

    @cached_property
    def _begun(self) -> blake2b:
        """The hash with the key in it: a copy takes half the time of one begun anew."""
        return blake2b(digest_size=_MAC_BYTES, key=self._short_key, person=_PURPOSE)

    @cached_property
    def _short_key(self) -> bytes:
        """BLAKE2b takes 64 bytes: a longer key is hashed, as HMAC does it."""
        return self.key if len(self.key) <= _LONGEST_KEY else blake2b(self.key).digest()


def _content(issued: Issued) -> bytes:
    head = _packed(issued.user_id, issued.track_id, _microseconds(issued.issued_at))
    return head + _texts(issued.model_version, issued.surface)


def _microseconds(moment: datetime) -> int:
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _packed(user_id: int, track_id: int, moment: int) -> bytes:
    try:
        return _HEAD.pack(_FORM, user_id, track_id, moment)
    except struct.error as error:
        raise ValueError(f"user {user_id} or track {track_id} has more than 64 bits") from error


@lru_cache(maxsize=64)
def _texts(model_version: str, surface: str) -> bytes:
    texts = model_version.encode(), surface.encode()
    if any(_END in text for text in texts) or sum(map(len, texts)) > 200:
        raise ValueError("a model version and a surface have at most 200 bytes together, and no character NUL")
    return _END.join(texts)


def _as_text(sealed: bytes) -> str:
    return b2a_base64(sealed, newline=False).translate(_URL_SAFE).rstrip(b"=").decode("ascii")


def _as_bytes(text: str) -> bytes:
    """What a text encodes; nothing where it is not just as `_as_text` writes it, so that no id has two spellings."""
    if len(text) > MOST_CHARACTERS or not text.isascii():
        return b""
    try:
        sealed = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (NotBase64, ValueError):
        return b""
    return sealed if _as_text(sealed) == text else b""
