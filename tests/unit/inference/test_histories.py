"""Histories in memory: the same as those that are read, for a while, and within bounds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pyarrow as pa
import pytest

from ritournelle.domain.interactions import IdMap
from ritournelle.inference.champion import Champion
from ritournelle.inference.histories import KEPT_SECONDS, Histories
from ritournelle.inference.strongest import MOST
from ritournelle.warehouse import marts
from ritournelle.warehouse.base import Table, Warehouse
from ritournelle.warehouse.connect import connect

_INTERACTIONS = Table("marts", "interactions", marts.INTERACTIONS.columns, ("user_id", "track_id"))
_LONG = MOST + 100


@pytest.fixture(name="warehouse")
def _warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    """Listener 1 heard two tracks, listener 2 `_LONG` tracks, each heavier than the one before."""
    with connect(f"duckdb:///{tmp_path}/warehouse.duckdb") as warehouse:
        warehouse.ensure([_INTERACTIONS])
        users, tracks = [1, 1, *[2] * _LONG], [10, 11, *range(_LONG)]
        weights = [1.0, 2.0, *(float(track + 1) for track in range(_LONG))]
        warehouse.append(_INTERACTIONS, pa.table([users, tracks, weights], schema=marts.INTERACTIONS.columns))
        yield warehouse


class _Counting:
    """A warehouse that counts what it is asked."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.asked, self.schema, self._warehouse = 0, warehouse.schema, warehouse

    def read(self, query: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """As the warehouse does."""
        self.asked += 1
        return self._warehouse.read(query, parameters)


def _counting(warehouse: Warehouse) -> tuple[Warehouse, _Counting]:
    counting = _Counting(warehouse)
    return cast(Warehouse, counting), counting


def test_heard_is_what_the_mart_holds(warehouse: Warehouse) -> None:
    """In the columns and types of `INTERACTIONS`; nothing for a stranger."""
    histories = Histories()
    for user in (1, 2, 3):
        expected = marts.INTERACTIONS_OF.run(warehouse, user_ids=[user])
        assert histories.heard(warehouse, user).equals(expected)
        assert histories.heard(warehouse, user).equals(expected)  # from memory


def test_strongest_and_known_follow_from_it(warehouse: Warehouse) -> None:
    """The heaviest tracks, and the rows of those that the champion knows."""
    histories, champion = Histories(), cast(Champion, SimpleNamespace(version="v1", tracks=IdMap.of([5, 11, 7])))
    assert histories.strongest(warehouse, 1).num_rows == 2
    assert histories.strongest(warehouse, 2)["track_id"].to_pylist() == list(range(_LONG - MOST, _LONG))
    assert histories.known(warehouse, 1, champion).tolist() == [2]
    assert histories.known(warehouse, 2, champion).tolist() == [0, 1, 2]


def test_another_champion_knows_other_rows(warehouse: Warehouse) -> None:
    """Rows are kept by version."""
    histories = Histories()
    for version, ids, rows in (("v1", [11], [0]), ("v2", [10, 11], [0, 1]), ("v1", [11], [0])):
        champion = cast(Champion, SimpleNamespace(version=version, tracks=IdMap.of(ids)))
        assert histories.known(warehouse, 1, champion).tolist() == rows


def test_it_is_read_again_after_a_while(warehouse: Warehouse) -> None:
    """An erased listener is in nobody's memory for longer."""
    now = [0.0]
    histories, (watched, counting) = Histories(clock=lambda: now[0]), _counting(warehouse)
    histories.heard(watched, 1)
    now[0] = KEPT_SECONDS - 1
    histories.heard(watched, 1)
    assert counting.asked == 1
    warehouse.remove(_INTERACTIONS, "user_id = 1")
    now[0] = KEPT_SECONDS + 1
    assert not histories.heard(watched, 1).num_rows
    assert counting.asked == 2


def test_no_more_is_kept_than_fits(warehouse: Warehouse) -> None:
    """What was asked for longest ago goes first; what is too large is not kept at all."""
    one = Histories(most_bytes=6_000)
    watched, counting = _counting(warehouse)
    for user in (1, 2, 1, 2):  # 24 bytes a row beside 5,000: the second does not fit
        one.heard(watched, user)
    assert counting.asked == 3
    for user in (3, 3, 1):
        one.heard(watched, user)
    assert counting.asked == 5  # the stranger's empty history drove the first one's out
