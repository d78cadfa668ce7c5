"""A warehouse that stays open between uses that follow each other at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from ritournelle.warehouse.base import Warehouse


class KeptWarehouse:
    """Opened by its first use, closed by `let_go`: to open and close DuckDB's file takes 45 ms of CPU, and a run of a
    small app uses it 12 times.

    For one thread. Let go before others, as dbt does, open the file, and before long work that needs no warehouse:
    other processes cannot read DuckDB's file meanwhile.
    """

    def __init__(self, open_warehouse: Callable[[], Warehouse]) -> None:
        self._open = open_warehouse
        self._warehouse: Warehouse | None = None

    @contextmanager
    def use(self) -> Iterator[Warehouse]:
        """The open warehouse. After an error it is closed: nobody knows what state it is in."""
        if self._warehouse is None:
            self._warehouse = self._open()
        try:
            yield self._warehouse
        except BaseException:  # also when interrupted: it may be in the middle of a transaction
            self.let_go()
            raise

    def let_go(self) -> None:
        """Close it, if it is open."""
        warehouse, self._warehouse = self._warehouse, None
        if warehouse is not None:
            warehouse.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.let_go()
