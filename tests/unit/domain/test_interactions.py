"""The maps between outside ids and row numbers, and the matrix over them."""

from __future__ import annotations

import unittest

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ritournelle.domain.interactions import UNKNOWN, IdMap, Interactions

some_ids = st.lists(st.integers(-(2**63), 2**63 - 1), max_size=50)


@given(some_ids)
def test_ids_come_back_from_their_rows(ids: list[int]) -> None:
    known = IdMap.of(ids)
    assert known.at(known.rows(ids)).tolist() == ids
    assert known.rows(known.ids).tolist() == list(range(len(known)))


@given(some_ids, some_ids)
def test_strangers_have_no_row(ids: list[int], others: list[int]) -> None:
    rows = IdMap.of(ids).rows(others)
    assert [row == UNKNOWN for row in rows.tolist()] == [other not in ids for other in others]


pairs = st.tuples(st.integers(0, 9), st.integers(0, 9), st.floats(0, 1e6))


@given(st.lists(pairs, min_size=1, max_size=40), st.randoms(use_true_random=False))
def test_order_changes_neither_matrix_nor_hash(listens: list[tuple[int, int, float]], random: object) -> None:
    one_each = list({(user, track): (user, track, weight) for user, track, weight in listens}.values())
    shuffled = sorted(one_each, key=lambda _: random.random())  # type: ignore[attr-defined]
    first, second = _interactions(one_each), _interactions(shuffled)
    assert (first.matrix != second.matrix).nnz == 0
    assert first.content_hash == second.content_hash


def _interactions(listens: list[tuple[int, int, float]]) -> Interactions:
    users, tracks, weights = zip(*listens, strict=True)
    return Interactions.of(users, tracks, weights)


class IdMapTest(unittest.TestCase):
    def test_known_rows_names_the_stranger(self) -> None:
        with self.assertRaisesRegex(KeyError, "id 8 is not in this map of 2 ids"):
            IdMap.of([7, 9]).known_rows([7, 8])
        self.assertEqual(IdMap.of([7, 9]).known_rows([9, 7]).tolist(), [1, 0])

    def test_shape_is_kept(self) -> None:
        self.assertEqual(IdMap.of([7, 9]).rows([[9, 1], [7, 7]]).tolist(), [[1, UNKNOWN], [0, 0]])

    def test_an_unknown_row_has_no_id(self) -> None:
        for row in (UNKNOWN, 2):
            with self.subTest(row=row), self.assertRaises(IndexError):
                IdMap.of([7, 9]).at([row])

    def test_unsorted_or_repeated_ids_are_refused(self) -> None:
        for ids in ([9, 7], [7, 7]):
            with self.subTest(ids=ids), self.assertRaisesRegex(ValueError, "ascending"):
                IdMap(np.array(ids))

    def test_equal_ids_make_equal_maps(self) -> None:
        self.assertEqual(IdMap.of([1, 2]), IdMap.of([2, 1, 1]))
        self.assertEqual(hash(IdMap.of([1, 2])), hash(IdMap.of([2, 1])))
        self.assertNotEqual(IdMap.of([1, 2]), IdMap.of([1, 3]))

    def test_a_map_cannot_be_changed(self) -> None:
        with self.assertRaises(ValueError):
            IdMap.of([1, 2]).ids[0] = 5


class InteractionsTest(unittest.TestCase):
    def test_weights_of_a_pair_add_up(self) -> None:
        interactions = Interactions.of([5, 3, 5], [1, 1, 1], [2.0, 1.0, 0.5])
        self.assertEqual(interactions.users.ids.tolist(), [3, 5])
        self.assertEqual(interactions.matrix.toarray().tolist(), [[1.0], [2.5]])
        self.assertEqual(interactions.matrix.dtype, np.float32)

    def test_given_maps_keep_their_shape(self) -> None:
        known = Interactions.of([5, 3], [1, 9], [1, 1], users=IdMap.of([4, 5]), tracks=IdMap.of([1, 2, 3]))
        self.assertEqual(known.matrix.toarray().tolist(), [[0, 0, 0], [1, 0, 0]])

    def test_a_tiny_weight_still_counts_as_heard(self) -> None:
        for weight in (0.0, 1e-300):
            with self.subTest(weight=weight):
                matrix = Interactions.of([1], [1], [weight]).matrix
                self.assertEqual(matrix.nnz, 1)
                self.assertGreater(matrix.data[0], 0)

    def test_bad_weights_are_refused(self) -> None:
        for weight in (np.nan, np.inf, -1.0):
            with self.subTest(weight=weight), self.assertRaisesRegex(ValueError, "finite"):
                Interactions.of([1], [1], [weight])

    def test_columns_of_other_lengths_are_refused(self) -> None:
        with self.assertRaisesRegex(ValueError, "2 users, 1 tracks, 1 weights"):
            Interactions.of([1, 2], [1], [1.0])

    def test_the_hash_sees_every_part(self) -> None:
        hashes = {
            Interactions.of(*columns).content_hash
            for columns in (([1], [2], [1.0]), ([2], [2], [1.0]), ([1], [3], [1.0]), ([1], [2], [2.0]), ([], [], []))
        }
        self.assertEqual(len(hashes), 5)
