"""From histories to listens: ids that survive reordering and growth."""

from __future__ import annotations

import unittest
from datetime import datetime, timedelta

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from ritournelle.domain.listens import listen_id
from ritournelle.ingestion.explode import explode_listens

SCHEMA = pa.schema([("user_id", pa.int64()), ("created_at", pa.timestamp("us")), ("items", pa.list_(pa.int64()))])
Record = tuple[int, datetime, list[int] | None]

tracks = st.lists(st.integers(0, 4) | st.integers(0, 2**63 - 1), max_size=8)
moments = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31))
records = st.lists(
    st.tuples(st.integers(0, 2**63 - 1), moments, st.none() | tracks), max_size=5, unique_by=lambda record: record[:2]
)


def exploded(*several: Record) -> pa.Table:
    rows = [dict(zip(SCHEMA.names, record, strict=True)) for record in several]
    return explode_listens(pa.Table.from_pylist(rows, schema=SCHEMA))


def ids(items: list[int], user_id: int = 1) -> list[str]:
    found: list[str] = exploded((user_id, datetime(2024, 1, 1), items))["listen_id"].to_pylist()
    return found


class ExplodeTest(unittest.TestCase):
    def test_a_record(self) -> None:
        moment = datetime(2024, 1, 1, 8)
        self.assertEqual(
            exploded((1, moment, [7, 8, 7]), (2, moment, None), (3, moment, []))
            .drop_columns(["listen_id"])
            .to_pylist(),
            [
                {"user_id": 1, "track_id": track, "source_record_at": moment, "occurrence": times, "position": place}
                for place, (track, times) in enumerate([(7, 0), (8, 0), (7, 1)])
            ],
        )

    def test_no_records(self) -> None:
        self.assertEqual(exploded().num_rows, 0)
        self.assertEqual(exploded((1, datetime(2024, 1, 1), None)).num_rows, 0)

    @given(records)
    def test_ids_are_those_of_the_domain(self, several: list[Record]) -> None:
        """Batch and stream build the id in two places; the same listen must have one."""
        expected = []
        for user_id, moment, items in several:
            for place, track in enumerate(items or []):
                expected.append(listen_id(user_id, moment, track, (items or [])[:place].count(track)))
        found = exploded(*several)["listen_id"].to_pylist()
        self.assertEqual(found, expected)
        self.assertEqual(len(set(found)), len(found))

    @given(tracks, st.randoms(use_true_random=False))
    def test_reordering_keeps_the_ids(self, items: list[int], random: object) -> None:
        shuffled = list(items)
        random.shuffle(shuffled)  # type: ignore[attr-defined]
        self.assertEqual(set(ids(shuffled)), set(ids(items)))

    @given(tracks, tracks, tracks)
    def test_growth_at_either_end_keeps_the_ids(self, before: list[int], items: list[int], after: list[int]) -> None:
        self.assertLessEqual(set(ids(items)), set(ids([*before, *items, *after])))

    @given(st.integers(0, 99), moments.filter(lambda moment: moment.year < 9999))
    def test_user_and_record_tell_listens_apart(self, user_id: int, moment: datetime) -> None:
        one = exploded(
            (user_id, moment, [7]), (user_id, moment + timedelta(microseconds=1), [7]), (user_id + 1, moment, [7])
        )
        self.assertEqual(len(set(one["listen_id"].to_pylist())), 3)

    def test_slices_with_nulls(self) -> None:
        moment = datetime(2024, 1, 1)
        rows = [(user_id, moment, None if user_id % 2 else [user_id]) for user_id in range(6)]
        table = pa.Table.from_pylist([dict(zip(SCHEMA.names, row, strict=True)) for row in rows], schema=SCHEMA)
        self.assertEqual(explode_listens(table.slice(3))["track_id"].to_pylist(), [4])
        pieces = pa.concat_tables([table.slice(0, 3), table.slice(3)])
        self.assertEqual(explode_listens(pieces)["track_id"].to_pylist(), [0, 2, 4])
