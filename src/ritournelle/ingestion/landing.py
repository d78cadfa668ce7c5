"""Raw pages as they came, one Parquet file per run and source: compressed, open to any tool, changed only to forget.

A page whose rows equal, byte for byte, those of a page that the file holds already is noted without its body.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ritournelle.domain.sources import Source
from ritournelle.errors import PermanentError
from ritournelle.ingestion.pages import Page, open_envelope

SCHEMA = pa.schema(
    [
        ("source", pa.string()),
        ("pass_number", pa.int32()),
        ("page", pa.int32()),
        ("fetched_at", pa.timestamp("us", tz="UTC")),
        ("digest", pa.binary(16)),
        ("total", pa.int64()),
        ("pages", pa.int64()),
        ("body", pa.binary()),
        ("erased", pa.list_(pa.binary())),  # a tag for each row of a forgotten listener that was taken out
    ]
)
PARTIAL = ".partial"
_REWRITTEN = ".rewritten" + PARTIAL
"""A file that takes the place of another one; what a killed process left of it goes like any half-written one."""
_BODY = "body"
_FORMAT: dict[str, Any] = {
    # Only what is long: to make a compressor ready for each of the others took a tenth of the time.
    "compression": {name: "zstd" if name == _BODY else "none" for name in (*SCHEMA.names[:-1], "erased.list.element")},
    "compression_level": {_BODY: 1},
    "use_dictionary": False,
    "write_statistics": False,
}


class LandingFile:
    """A landing file being written: `add` pages, `flush` before they are parsed, leave the block to seal it.

    Until it is sealed its name ends in `.partial`; when the block raises, in `.failed.parquet`: kept as evidence.
    """

    def __init__(self, folder: Path, source: Source) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{source}.parquet"
        self._partial = self.path.with_suffix(PARTIAL)
        self._writer = pq.ParquetWriter(self._partial, SCHEMA, **_FORMAT)
        self._waiting: list[dict[str, object]] = []

    def add(self, page: Page, pass_number: int, *, with_body: bool) -> None:
        """Note a page; without its body when the same rows are in the file already."""
        self._waiting.append(
            {
                "source": str(page.source),
                "pass_number": pass_number,
                "page": page.asked,
                "fetched_at": page.fetched_at,
                "digest": page.digest,
                "total": page.envelope.total,
                "pages": page.envelope.pages,
                "body": page.body if with_body else None,
                "erased": list(page.erased) or None,
            }
        )

    def flush(self) -> None:
        """Write what was added to the file; raise `PermanentError` when it cannot be written, as on a full disk."""
        if not self._waiting:
            return
        try:
            self._writer.write_table(pa.Table.from_pylist(self._waiting, schema=SCHEMA))
        except OSError as error:
            raise self._unwritable(error) from error
        self._waiting = []

    def __enter__(self) -> LandingFile:
        return self

    def __exit__(self, error_type: type[BaseException] | None, *_: object) -> None:
        try:
            self.flush()
            self._writer.close()
            _make_durable(self._partial)
        except (OSError, pa.ArrowInvalid, PermanentError) as error:  # the second: it was closed by an error before
            if error_type is None:
                raise self._unwritable(error) from error
            return  # why the block raised is what counts; the half-written file goes at the next run
        self._partial.rename(self.path if error_type is None else self.path.with_suffix(".failed.parquet"))

    def _unwritable(self, error: Exception) -> PermanentError:
        return PermanentError(f"the landed pages {self.path} cannot be written: {error}; make room on the home's disk")


def run_folder(landing: Path, day: date, run_id: str) -> Path:
    """The folder of one run: partitioned by day and run, so that any engine can read all of it by one pattern."""
    return landing / f"date={day.isoformat()}" / f"run={run_id}"


def read_landed(path: Path) -> Iterator[tuple[int, Page]]:
    """The pages of a sealed file with the number of their pass, in the order in which they came.

    Raises `PermanentError` for a file that is damaged.
    """
    bodies: dict[bytes, bytes] = {}
    for batch in _batches(path):
        for row in batch.to_pylist():
            body = bodies.setdefault(row["digest"], row["body"])
            yield row["pass_number"], _page_of(row, body)


def rewrite_landed(path: Path, change: Callable[[Page], Page]) -> int:
    """Put changed pages in the place of a file's, by one rename; how many rows were taken out of them.

    `change` gives the very same page where nothing is to be done; a file with nothing to do stays as it is. Totals and
    the order of pages stay, and tags stand for the rows, so that the file can still be loaded again. Raises
    `PermanentError` for a file that is damaged.
    """
    gone = sum(len(change(page).erased) - len(page.erased) for page in _different_pages(path))
    if gone:
        fresh = path.with_suffix(_REWRITTEN)
        with pq.ParquetWriter(fresh, SCHEMA, **_FORMAT) as writer:
            for rows in _changed_rows(path, change):
                writer.write_table(pa.Table.from_pylist(rows, schema=SCHEMA))
        _make_durable(fresh)
        fresh.replace(path)
    return gone


def _different_pages(path: Path) -> Iterator[Page]:
    """Each page once, as it was when its body was written down."""
    for batch in _batches(path):
        for row in batch.to_pylist():
            if row["body"] is not None:
                yield _page_of(row, row["body"])


def _changed_rows(path: Path, change: Callable[[Page], Page]) -> Iterator[list[dict[str, object]]]:
    """The rows of a file in batches; those that only name a page by its digest follow it to its new one."""
    changed: dict[bytes, dict[str, object]] = {}
    for batch in _batches(path):
        rows: list[dict[str, object]] = []
        for row in batch.to_pylist():
            if row["body"] is not None:
                page = change(_page_of(row, row["body"]))
                changed[row["digest"]] = {"digest": page.digest, "erased": list(page.erased) or None}
                row["body"] = page.body
            rows.append(row | changed[row["digest"]])
        yield rows


def _page_of(row: dict[str, Any], body: bytes) -> Page:
    erased = tuple(row.get("erased") or ())
    return Page(Source(row["source"]), row["page"], body, open_envelope(body), row["fetched_at"], erased=erased)


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    try:
        yield from pq.ParquetFile(path).iter_batches(batch_size=64)
    except (pa.ArrowInvalid, OSError) as error:
        raise PermanentError(f"the landed pages {path} cannot be read: {error}; put them back from a backup") from error


def remove_expired(landing: Path, today: date, retention_days: int) -> list[Path]:
    """Remove the days that are older than the retention, and what killed runs left half-written; say which."""
    limit = f"date={(today - timedelta(days=retention_days)).isoformat()}"
    expired = [day for day in sorted(landing.glob("date=*")) if day.name < limit]
    for day in expired:
        shutil.rmtree(day)
    for partial in landing.glob(f"date=*/run=*/*{PARTIAL}"):
        partial.unlink()
    return expired


def landed_bytes(landing: Path) -> int:
    """What all landed pages take on disk."""
    return sum(path.stat().st_size for path in landing.rglob("*") if path.is_file())


def _make_durable(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
