"""How DuckDB stores many rows that come at once: written once, and compressed with an effort that pays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pyarrow as pa

from ritournelle.warehouse.base import Table

_SMALL_BYTES = 64_000_000
"""A file of this size saves little by being compressed well."""
_FIXED_WIDTH = ("INTEGER", "BIGINT", "DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE")


def passed_over(path: Path) -> list[str]:
    """Ways of compressing that are not tried for a file of this size.

    FSST looks for the letters that texts have in common, table by table: half of what it costs to write a small app's
    file (0.06 of 0.12 s), for a thirtieth of its size. A file that is not there yet may become a large one at once.
    """
    return ["fsst"] if 0 < _size(path) < _SMALL_BYTES else []


def stored_as(table: Table, column: str, sql_type: str) -> str:
    """How a column is declared to be stored, where a table says which of its texts repeat; "" where DuckDB finds out.

    The other texts of such a table are left to `BulkWriting`.
    """
    if not table.few_values:
        return ""
    if column in table.few_values:
        return " USING COMPRESSION dictionary"
    return " USING COMPRESSION bitpacking" if sql_type in _FIXED_WIDTH else ""


class BulkWriting:
    """Settings of a transaction that appends many rows; its end sets them back.

    To find out that few texts repeat, DuckDB looks up every one of them: 1.2 million rows, with their listens, took
    3.3 s instead of 2.5 before their tables said it. Texts of such tables that do not repeat are stored as they are in
    a small file, and by FSST as soon as it is no longer small: for 120,000 rows 0.38 s instead of 0.50 to insert and to
    store, in a file of 29 MB instead of 16. A block with a text of more than 4,096 bytes is never compressed.

    Fewer than 16 MB would be written to the log, and to the file with the next transaction: 30 ms of 330.

    Args:
        path: The file.
        run: Executes a statement in the transaction's connection.
        run_beside: Executes one while that connection is executing another.
    """

    def __init__(self, path: Path, run: Callable[[str], object], run_beside: Callable[[str], object]) -> None:
        self._path = path
        self._run = run
        self._run_beside = run_beside
        self._usually_passed_over = passed_over(path)
        self._is_under_way = False
        self._forces = False
        self._bytes = 0

    def set_usual(self) -> None:
        """Set what holds outside such transactions."""
        self._pass_over(self._usually_passed_over)

    def begin(self, table: Table) -> None:
        """Until `end`, write rows once; where nothing is known of a table's texts, try no dictionary for them."""
        if not self._is_under_way:
            self._is_under_way = True
            self._bytes = _size(self._path)
            self._run("SET wal_autocheckpoint = '1MB'")
        self._forces = bool(table.few_values)
        if self._forces:
            self._pass_over([])  # what is passed over cannot be forced
            self._run(f"PRAGMA force_compression = '{self._way()}'")
        else:
            self._pass_over([*self._usually_passed_over, "dictionary"])

    def end(self) -> None:
        """Set back what `begin` set, if it did."""
        if self._is_under_way:
            self._is_under_way = self._forces = False
            self._run("RESET wal_autocheckpoint; PRAGMA force_compression = 'auto'")
            self.set_usual()

    def batches(self, blocks: Iterable[pa.Table]) -> Iterator[pa.RecordBatch]:
        """What blocks consist of, counted: texts that are known are compressed from where the file gets large."""
        for block in blocks:
            before = self._way()
            self._bytes += block.nbytes
            if self._forces and self._way() != before:
                self._run_beside(f"PRAGMA force_compression = '{self._way()}'")
            yield from block.to_batches()

    def _way(self) -> str:
        return "uncompressed" if self._bytes < _SMALL_BYTES else "fsst"

    def _pass_over(self, methods: list[str]) -> None:
        self._run(f"SET disabled_compression_methods = '{','.join(methods)}'")


class Making:  # pylint: disable=too-few-public-methods
    """Batches that are made while DuckDB asks for them; whatever goes wrong then it turns into an error of its own.

    Attributes:
        error: What went wrong.
    """

    def __init__(self, batches: Iterator[pa.RecordBatch]) -> None:
        self._batches = batches
        self.error: BaseException | None = None

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The same batches, once."""
        try:
            yield from self._batches
        except BaseException as error:
            self.error = error
            raise


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
