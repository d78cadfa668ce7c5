"""API keys: who may ask for what. Only keyed hashes of them are kept; a key is shown once, when it is made."""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
import secrets
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from ritournelle.errors import SettingsError

_PREFIX = "rit"
_MOST_CHARACTERS = 200


class Scope(StrEnum):
    """What a key allows."""

    READ = "read"
    """Lists, tracks, histories, the health page, metrics."""
    WRITE = "write"
    """Listens, feedback, taste exclusions."""
    OPERATE = "operate"
    """Reports of trouble, and what changes the platform."""


@dataclass(frozen=True)
class ApiKey:
    """A key as it is kept: `key_id` names it in lists and logs, `digest` is the keyed hash of all of it."""

    key_id: str
    name: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    digest: str = field(repr=False)


class Keyring:
    """The keys of a home, in one file that its owner alone can read; changes count with the next request.

    `secret` is the key of the hashes (BLAKE2b, 256 bits): 256 random bits of a token need no slow hash, and who has
    the file alone cannot even try.
    """

    def __init__(self, path: Path, secret: Callable[[], str]) -> None:
        self._path, self._secret = path, secret
        self._read: tuple[tuple[int, int, int], tuple[ApiKey, ...]] | None = None

    def create(self, name: str, scopes: Sequence[Scope], now: datetime) -> tuple[str, ApiKey]:
        """A new key: the token, which is kept nowhere, and what is kept of it."""
        key_id = secrets.token_hex(4)
        token = f"{_PREFIX}_{key_id}_{secrets.token_urlsafe(32)}"
        key = ApiKey(key_id, name, tuple(sorted(set(scopes))), now, self._digest(token))
        with self._alone():
            self._write((*self.keys(), key))
        return token, key

    def revoke(self, key_id: str) -> bool:
        """Whether there was such a key; it opens nothing any more."""
        with self._alone():
            known = self.keys()
            kept = tuple(key for key in known if key.key_id != key_id)
            self._write(kept)
        return len(kept) < len(known)

    def keys(self) -> tuple[ApiKey, ...]:
        """All keys, oldest first; raises `SettingsError` for a file that cannot be read: then nobody gets in."""
        try:
            seen = self._path.stat()
            state = seen.st_mtime_ns, seen.st_ino, seen.st_size
            if self._read is None or self._read[0] != state:
                self._read = state, tuple(_key(fields) for fields in json.loads(self._path.read_bytes()))
            return self._read[1]
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SettingsError(f"the API keys in {self._path} cannot be read ({type(error).__name__})") from error

    def find(self, token: str) -> ApiKey | None:
        """The key that this is; compared with all of them in constant time."""
        found = None
        digest = self._digest(token[:_MOST_CHARACTERS])
        for key in self.keys():
            if hmac.compare_digest(key.digest, digest):
                found = key
        return found

    def _digest(self, token: str) -> str:
        key = self._secret().encode()[:64]
        return hashlib.blake2b(token.encode("utf-8", "surrogateescape"), key=key, digest_size=32).hexdigest()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with open(self._path.with_suffix(".lock"), "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _write(self, keys: Sequence[ApiKey]) -> None:
        descriptor, draft = tempfile.mkstemp(prefix=".keys-", dir=self._path.parent)  # 0600
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump([asdict(key) for key in keys], file, default=str, indent=2)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, self._path)


def _key(fields: dict[str, object]) -> ApiKey:
    scopes = fields["scopes"]
    if not isinstance(scopes, list):
        raise TypeError("scopes")
    return ApiKey(
        str(fields["key_id"]),
        str(fields["name"]),
        tuple(Scope(scope) for scope in scopes),
        datetime.fromisoformat(str(fields["created_at"])),
        str(fields["digest"]),
    )
