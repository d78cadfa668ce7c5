"""When the app's ids mean others, and when rows merely came or went."""

from __future__ import annotations

import unittest
from collections.abc import Iterable

import pyarrow as pa

from ritournelle.ingestion.epoch import EpochDecision, decide_epoch, vanished_share


def people(ids: Iterable[int], prefix: str | None = "name of") -> pa.Table:
    """A population; with `prefix` None nobody's name is known."""
    numbers = list(ids)
    names = [None if prefix is None else f"{prefix} {number}" for number in numbers]
    return pa.table({"id": pa.array(numbers, pa.int64()), "identity_hash": pa.array(names, pa.string())})


def decide(known: pa.Table, incoming: pa.Table) -> EpochDecision:
    return decide_epoch(known, incoming, min_share=0.5)


class DecideEpochTest(unittest.TestCase):
    def test_nothing_to_compare(self) -> None:
        for known, incoming in ((0, 0), (0, 5), (5, 0)):
            self.assertFalse(decide(people(range(known)), people(range(incoming))).has_changed)

    def test_the_same_people(self) -> None:
        self.assertEqual(decide(people(range(100)), people(range(100))), EpochDecision(False))

    def test_all_ids_are_new(self) -> None:
        decision = decide(people(range(100)), people(range(1000, 1100)))
        self.assertTrue(decision.has_changed)
        self.assertEqual(decision.reason, "only 0 of 100 known ids came again, among 100 ids")

    def test_all_ids_are_new_but_for_one_in_a_hundred(self) -> None:
        decision = decide(people(range(1000)), people([*range(10), *range(5000, 5990)], "somebody else"))
        self.assertEqual(decision.reason, "only 10 of 1000 known ids came again, among 1000 ids")

    def test_all_ids_are_new_in_another_size(self) -> None:
        self.assertTrue(decide(people(range(1000)), people(range(2000, 2010))).has_changed)
        self.assertTrue(decide(people(range(10)), people(range(2000, 3000))).has_changed)

    def test_nine_in_ten_rows_gone_is_no_new_epoch(self) -> None:
        self.assertFalse(decide(people(range(1000)), people(range(100))).has_changed)
        self.assertFalse(decide(people(range(1000)), people([7])).has_changed)

    def test_ten_times_the_rows_is_no_new_epoch(self) -> None:
        self.assertFalse(decide(people(range(100)), people(range(1000))).has_changed)

    def test_half_is_still_there(self) -> None:
        self.assertFalse(decide(people(range(100)), people(range(50, 150))).has_changed)
        self.assertTrue(decide(people(range(100)), people(range(51, 151))).has_changed)

    def test_the_ids_stayed_and_name_others(self) -> None:
        decision = decide(people(range(100)), people(range(100), "somebody else"))
        self.assertTrue(decision.has_changed)
        self.assertEqual(decision.reason, "of 100 known ids, 100 now name somebody else")

    def test_few_ids_are_left_and_name_others(self) -> None:
        self.assertTrue(decide(people(range(100)), people(range(10), "somebody else")).has_changed)

    def test_renaming_some_is_no_new_epoch(self) -> None:
        renamed = pa.concat_tables([people(range(50), "new name of"), people(range(50, 100))])
        self.assertFalse(decide(people(range(100)), renamed).has_changed)

    def test_unknown_identities_count_as_the_same(self) -> None:
        self.assertFalse(decide(people(range(100), None), people(range(100))).has_changed)
        self.assertFalse(decide(people(range(100)), people(range(100), None)).has_changed)


class VanishedShareTest(unittest.TestCase):
    def test_shares(self) -> None:
        for known, incoming, share in ((0, 5, 0.0), (10, 10, 0.0), (10, 1, 0.9), (10, 0, 1.0), (10, 100, 0.0)):
            with self.subTest(known=known, incoming=incoming):
                self.assertAlmostEqual(vanished_share(people(range(known)), people(range(incoming))), share)
