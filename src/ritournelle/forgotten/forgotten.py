"""The list of the forgotten: a small file of the home that runs and servers look at before they take anything in."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b, sha256
from pathlib import Path

from ritournelle.errors import PermanentError
from ritournelle.forgotten.entry import Entry

IsForgotten = Callable[[int], bool]
"""Says of a user id whether its listener was forgotten."""


class Forgotten:
    """Threads and processes may share the file: it is replaced as a whole, and read again when it has changed.

    `key` gives the secret of the hashes; it is asked for only when there is somebody to look for, and must never
    change: the list would know nobody any more.
    """

    def __init__(self, path: Path, key: Callable[[], str]) -> None:
        self._path = path
        self._key_of_home = key
        self._key: bytes | None = None
        self._read: tuple[tuple[int, ...], tuple[Entry, ...], frozenset[str]] = ((), (), frozenset())

    def entries(self) -> Sequence[Entry]:
        """All of them, in the order in which they asked; `PermanentError` when the file cannot be read."""
        return self._current()[0]

    def _current(self) -> tuple[Sequence[Entry], frozenset[str]]:
        """The entries and their hashes; a look at the file's state tells whether it has to be read again."""
        try:
            state = os.stat(self._path)
        except FileNotFoundError:
            return (), frozenset()
        seen, read = (state.st_ino, state.st_mtime_ns, state.st_size), self._read
        if read[0] != seen:
            entries = self._from_file()
            self._read = read = (seen, entries, frozenset(entry.listener for entry in entries))
        return read[1:]

    def waiting(self) -> Sequence[Entry]:
        """Those who are not erased everywhere yet."""
        return [entry for entry in self.entries() if entry.is_waiting]

    def holds(self, user_id: int) -> bool:
        """Whether this listener was forgotten, or has asked for it."""
        _, names = self._current()
        return bool(names) and self.hashed(user_id) in names

    def of_epoch(self, epoch: int) -> IsForgotten | None:
        """Whose rows are dropped when a source speaks of that population; None: nobody's."""
        names = frozenset(entry.listener for entry in self.entries() if entry.is_of(epoch))
        return (lambda user_id: self.hashed(user_id) in names) if names else None

    def ask(self, user_id: int, now: datetime) -> Entry:
        """Put a listener on the list, durably; one who is there and waits stays as they are."""
        listener = self.hashed(user_id)
        with self._changing() as entries:
            known = next((entry for entry in entries if entry.listener == listener), None)
            if known is not None and known.is_waiting:
                return known
            entry = Entry(listener, f"erasure-{secrets.token_hex(8)}", now, user_id)
            entries[:] = [each for each in entries if each.listener != listener] + [entry]
        return entry

    def keep(self, entry: Entry) -> None:
        """Replace what the list says of this listener; nothing happens when they were readmitted meanwhile."""
        with self._changing() as entries:
            entries[:] = [entry if each.listener == entry.listener else each for each in entries]

    def readmit(self, user_id: int) -> bool:
        """Take a listener off the list: what is told of them counts again; whether they were on it."""
        listener = self.hashed(user_id)
        with self._changing() as entries:
            found = any(entry.listener == listener for entry in entries)
            entries[:] = [entry for entry in entries if entry.listener != listener]
        return found

    def lapse(self, epoch: int) -> None:
        """Take off those whose ids mean others since a population began; those who wait stay until they are erased."""
        if all(entry.is_waiting or entry.is_of(epoch) for entry in self.entries()):
            return
        with self._changing() as entries:
            entries[:] = [entry for entry in entries if entry.is_waiting or entry.is_of(epoch)]

    def settle_epoch(self, entry: Entry, epoch: int, emails: Sequence[str]) -> Entry:
        """Say of one who waits in which population they are, and by which e-mails they go."""
        known = entry.epoch if entry.epoch is not None else epoch
        told = replace(entry, epoch=known, emails=tuple(sorted({*entry.emails, *emails})))
        self.keep(told)
        return told

    def hashed(self, user_id: int) -> str:
        """BLAKE2b (RFC 7693) of an id, keyed with the home's secret: 128 bits in hexadecimal."""
        if self._key is None:
            self._key = sha256(self._key_of_home().encode()).digest()
        return blake2b(b"%d" % user_id, key=self._key, digest_size=16).hexdigest()

    @contextmanager
    def _changing(self) -> Iterator[list[Entry]]:
        """One at a time: the list as it is, and what is made of it is kept, whole, when the block ends."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            before = list(self._from_file()) if self._path.exists() else []
            entries = list(before)
            yield entries
            if entries != before:
                self._replace(entries)
        finally:
            os.close(descriptor)

    def _replace(self, entries: Sequence[Entry]) -> None:
        draft = self._path.with_suffix(".draft")
        text = json.dumps({"entries": [entry.to_dict() for entry in entries]}, indent=2) + "\n"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)  # ids stand in it for a while
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _from_file(self) -> tuple[Entry, ...]:
        try:
            fields = json.loads(self._path.read_text(encoding="utf-8"))
            return tuple(Entry.of(entry) for entry in fields["entries"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise PermanentError(
                f"the list of the forgotten {self._path} cannot be read ({error}); put it back from a backup: without "
                "it those who were erased would come back, so that nothing is taken in"
            ) from error
