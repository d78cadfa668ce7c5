"""The log of one topic: segments that are appended to under a lock, and a mark up to which they are durable.

An offset counts bytes since the first record ever; a segment is named by the offset at which it begins. A writer
appends, syncs, and only then moves the mark: whoever reads up to the mark reads what no power loss can take back. What
lies after the mark was written by somebody who died on the way: the next writer keeps its whole records and cuts off a
torn one.
"""

from __future__ import annotations

import fcntl
import os
import struct
import uuid
from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from zlib import crc32

from ritournelle.errors import StreamError, StreamUnavailableError
from ritournelle.streaming.local.files import sync_folder, write_whole
from ritournelle.streaming.local.records import Record, erased, length_at, records_in

_MARK = struct.Struct(">QI")
_CHUNK = 1024 * 1024
_SUFFIX = ".log"
_PROBE_BYTES = 4096
_AT_ONCE = 10_000
"""Records that are held at once when all are gone through."""


class TopicLog:
    """The log in a folder, which is made when it is not there; any number of processes may append and read."""

    def __init__(self, folder: Path, segment_bytes: int) -> None:
        self._folder = folder
        self._segment_bytes = segment_bytes
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self.log_id = _identity(folder / "log_id")
            with self._locked():
                self._repaired_end()
        except OSError as error:
            raise StreamUnavailableError(f"the event log {folder} cannot be opened: {error.strerror}") from error

    def append(self, records: Sequence[bytes]) -> None:
        """Add packed records; return when all of them are durable. Raises `StreamUnavailableError`, and adds none."""
        try:
            with self._locked():
                end = self._repaired_end()
                base = self._segments()[-1]
                if end - base >= self._segment_bytes:
                    base = self._begin_segment(end)
                self._write(base, end, b"".join(records))
        except OSError as error:
            raise StreamUnavailableError(
                f"the event log {self._folder} cannot be written: {error.strerror}; nothing was acknowledged. Is there "
                "room on the disk?"
            ) from error

    def check(self) -> None:
        """Raise `StreamUnavailableError` when nothing could be appended now: a few bytes are written beside it."""
        probe = self._folder / f".{uuid.uuid4().hex}.probe"
        try:
            with self._locked():
                self._repaired_end()
                with probe.open("wb") as file:
                    file.write(bytes(_PROBE_BYTES))
                    file.flush()
                    os.fsync(file.fileno())
        except OSError as error:
            raise StreamUnavailableError(f"the event log {self._folder} cannot be written: {error.strerror}") from error
        finally:
            probe.unlink(missing_ok=True)

    def read(self, offset: int, limit: int) -> list[Record]:
        """The durable records from an offset on, `limit` at most; erased ones are among them.

        Raises `StreamError` where a record is damaged.
        """
        found: list[Record] = []
        end = self.end()
        while len(found) < limit and offset < end:
            records = self._read_chunk(offset, end)
            found += records[: limit - len(found)]
            offset = found[-1].end
        return found

    def everything(self) -> Iterator[Record]:
        """All durable records that are kept, oldest first; erased ones are among them. Errors as in `read`."""
        offset = self.first()
        while records := self.read(offset, _AT_ONCE):
            yield from records
            offset = records[-1].end

    def end(self) -> int:
        """The offset after the last durable record."""
        for _ in range(3):  # it may be read while it is being written
            marked = self._mark()
            if marked is not None:
                return marked
        with self._locked():
            return self._repaired_end()

    def first(self) -> int:
        """The offset of the oldest record that is kept."""
        return self._segments()[0]

    def erase(self, keys: Collection[bytes]) -> int:
        """Overwrite the records with these keys; how many there were."""
        with self._locked():
            end = self._repaired_end()
            bases = self._segments()
            return sum(
                self._erase_in(base, following, keys) for base, following in zip(bases, [*bases[1:], end], strict=True)
            )

    def expire(self, before: float, read_up_to: int) -> int:
        """Remove segments that end no later than `read_up_to` and are older (seconds since 1970); how many bytes."""
        gone = 0
        with self._locked():
            bases = self._segments()
            for base, following in zip(bases, bases[1:]):  # never the last one: it is being written
                if following > read_up_to or self._path(base).stat().st_mtime >= before:
                    break
                self._path(base).unlink()
                gone += following - base
        return gone

    @contextmanager
    def _locked(self) -> Iterator[None]:
        # Opened each time: a lock belongs to the open file, which a process that forks would share with its children.
        descriptor = os.open(self._folder / "write.lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _write(self, base: int, end: int, content: bytes) -> None:
        descriptor = os.open(self._path(base), os.O_RDWR)
        try:
            _write_all(descriptor, content, end - base)
            os.fdatasync(descriptor)
            self._set_mark(end + len(content))
        except OSError:
            os.ftruncate(descriptor, end - base)
            raise
        finally:
            os.close(descriptor)

    def _repaired_end(self) -> int:
        """The end of the log; what a writer left behind it when it died is taken in, or cut off."""
        bases = self._segments()
        base = bases[-1] if bases else self._begin_segment(0)
        size = self._path(base).stat().st_size
        marked = self._mark()
        if marked == base + size:
            return marked
        sound = marked if marked is not None and base <= marked <= base + size else base
        content = self._path(base).read_bytes()[sound - base :]
        end = max((record.end for record in records_in(content, sound)), default=sound)
        with self._path(base).open("r+b") as file:
            file.truncate(end - base)
            os.fsync(file.fileno())
        self._set_mark(end)
        return end

    def _begin_segment(self, offset: int) -> int:
        self._path(offset).touch()
        sync_folder(self._folder)
        return offset

    def _read_chunk(self, offset: int, end: int) -> list[Record]:
        bases = self._segments()
        offset = max(offset, bases[0])  # what it pointed at may have expired since
        place = bisect_right(bases, offset) - 1
        following = bases[place + 1] if place + 1 < len(bases) else end
        content = self._bytes(bases[place], offset, min(following, end), _CHUNK)
        if length_at(content) > len(content):
            content = self._bytes(bases[place], offset, min(following, end), length_at(content))
        records = list(records_in(content, offset))
        if not records:
            raise StreamError(
                f"the event log {self._path(bases[place])} is damaged at byte {offset - bases[place]}; restore the "
                "file from a backup, or move it away: what it held is then missing, and the log goes on after it"
            )
        return records

    def _bytes(self, base: int, offset: int, end: int, length: int) -> bytes:
        with self._path(base).open("rb") as file:
            return os.pread(file.fileno(), min(length, end - offset), offset - base)

    def _erase_in(self, base: int, end: int, keys: Collection[bytes]) -> int:
        content = bytearray(self._bytes(base, base, end, end - base))
        found = [record for record in records_in(bytes(content), base) if record.key in keys]
        for record in found:
            content[record.offset - base : record.end - base] = erased(record)
        if found:
            write_whole(self._path(base), bytes(content))
        return len(found)

    def _segments(self) -> list[int]:
        names = (name for name in os.listdir(self._folder) if name.endswith(_SUFFIX))
        return sorted(int(name.removesuffix(_SUFFIX)) for name in names)

    def _path(self, base: int) -> Path:
        return self._folder / f"{base:020d}{_SUFFIX}"

    def _mark(self) -> int | None:
        """What the mark says; None when it is not there or not whole."""
        try:
            content = (self._folder / "durable").read_bytes()
        except FileNotFoundError:
            return None
        if len(content) != _MARK.size:
            return None
        end, checksum = _MARK.unpack(content)
        return int(end) if checksum == crc32(content[:8]) else None

    def _set_mark(self, end: int) -> None:
        text = struct.pack(">Q", end)
        descriptor = os.open(self._folder / "durable", os.O_WRONLY | os.O_CREAT, 0o644)
        try:
            os.pwrite(descriptor, text + struct.pack(">I", crc32(text)), 0)
        finally:
            os.close(descriptor)


def _identity(path: Path) -> str:
    """What the file says; it is made once, whoever is the first."""
    if not path.exists():
        draft = path.with_name(f"{path.name}.{uuid.uuid4().hex}.draft")
        with draft.open("w", encoding="ascii") as file:
            file.write(uuid.uuid4().hex)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text(encoding="ascii")


def _write_all(descriptor: int, content: bytes, place: int) -> None:
    written = 0
    while written < len(content):
        written += os.pwrite(descriptor, content[written:], place + written)
