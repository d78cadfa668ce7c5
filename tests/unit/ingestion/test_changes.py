"""Inserted, updated, unchanged, deleted: by comparing contents."""

from __future__ import annotations

import unittest
from datetime import datetime

import pyarrow as pa

from ritournelle.domain.sources import Source
from ritournelle.ingestion.changes import Changes, compare
from ritournelle.ingestion.contract import CONTRACTS

USERS, HISTORY = CONTRACTS[Source.USERS], CONTRACTS[Source.LISTEN_HISTORY]


def rows(contents: dict[int, str]) -> pa.Table:
    return pa.table(
        {"id": pa.array(list(contents), pa.int64()), "content_hash": pa.array(list(contents.values()), pa.string())}
    )


def ids(table: pa.Table) -> list[int]:
    return sorted(table["id"].to_pylist())


def compared(incoming: dict[int, str], known: dict[int, str], protected: dict[int, str] | None) -> Changes:
    keys = None if protected is None else rows(protected).select(["id"])
    return compare(USERS, rows(incoming), rows(known), keys)


class CompareTest(unittest.TestCase):
    def test_each_kind_of_change(self) -> None:
        changes = compared({1: "a", 2: "B", 4: "d"}, {1: "a", 2: "b", 3: "c"}, {})
        self.assertEqual((ids(changes.inserted), ids(changes.updated), ids(changes.deleted)), ([4], [2], [3]))
        self.assertEqual(changes.unchanged, 1)

    def test_nothing_is_known_yet(self) -> None:
        changes = compared({1: "a"}, {}, {})
        self.assertEqual((ids(changes.inserted), ids(changes.updated), changes.unchanged), ([1], [], 0))

    def test_nothing_has_changed(self) -> None:
        changes = compared({1: "a", 2: "b"}, {2: "b", 1: "a"}, {})
        self.assertEqual((ids(changes.inserted), ids(changes.updated), ids(changes.deleted)), ([], [], []))
        self.assertEqual(changes.unchanged, 2)

    def test_protected_keys_are_not_deleted(self) -> None:
        changes = compared({1: "a"}, {1: "a", 2: "b", 3: "c"}, {2: "", 9: ""})
        self.assertEqual(ids(changes.deleted), [3])

    def test_without_proof_nothing_is_deleted(self) -> None:
        self.assertEqual(ids(compared({1: "a"}, {1: "a", 2: "b"}, None).deleted), [])

    def test_keys_of_two_columns(self) -> None:
        def records(*several: tuple[int, int, str]) -> pa.Table:
            user_ids, days, hashes = zip(*several, strict=True)
            moments = pa.array([datetime(2024, 1, day) for day in days], pa.timestamp("us"))
            return pa.table({"user_id": pa.array(user_ids), "created_at": moments, "content_hash": pa.array(hashes)})

        known = records((1, 1, "a"), (1, 2, "b"), (2, 1, "c"))
        incoming = records((1, 1, "a"), (1, 3, "b"), (2, 1, "C"))
        changes = compare(HISTORY, incoming, known, known.select(["user_id", "created_at"]).slice(0, 0))
        self.assertEqual(changes.inserted["created_at"].to_pylist(), [datetime(2024, 1, 3)])
        self.assertEqual(changes.updated["user_id"].to_pylist(), [2])
        self.assertEqual(changes.deleted.to_pylist(), [{"user_id": 1, "created_at": datetime(2024, 1, 2)}])
