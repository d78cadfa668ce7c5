"""Rerank: each rule alone, together, and what they leave alone."""

from __future__ import annotations

import unittest

import numpy as np
import pyarrow as pa

from ritournelle.domain.interactions import IdMap
from ritournelle.inference.rerank import RerankRules, Traits, reranked
from ritournelle.recommenders.ranked import NO_TRACK, Ranked

TRAITS = Traits(np.array([7, 7, 7, 8, 9, -1, -1, -1]), np.array([False, False, False, False, True, True, True, False]))
"""Tracks 0, 1, 2 are of one artist; of 5, 6, 7 the artist is not known; 4, 5, 6 are little known."""


def pool(*tracks: int) -> Ranked:
    scores = np.where(np.array(tracks) == NO_TRACK, -np.inf, np.arange(len(tracks), 0, -1))
    return Ranked(np.array([tracks]), scores[np.newaxis].astype(np.float32))


def listed(rules: RerankRules, k: int, *tracks: int) -> list[int]:
    found: list[int] = reranked(pool(*tracks), k, rules, TRAITS).tracks[0].tolist()
    return found


class RerankTest(unittest.TestCase):
    def test_without_rules_nothing_changes(self) -> None:
        ranked = pool(0, 1, 2)
        self.assertIs(reranked(ranked, 3, RerankRules(), TRAITS), ranked)
        self.assertEqual((RerankRules().pool(20), RerankRules(artist_cap=1).pool(20)), (20, 100))

    def test_an_artist_is_capped(self) -> None:
        self.assertEqual(listed(RerankRules(artist_cap=2), 4, 0, 1, 2, 3, 4), [0, 1, 3, 4])
        self.assertEqual(listed(RerankRules(artist_cap=1), 3, 5, 6, 7, 0), [5, 6, 7])

    def test_a_cap_shortens_no_list(self) -> None:
        self.assertEqual(listed(RerankRules(artist_cap=1), 3, 0, 1, 2, 3), [0, 3, 1])
        self.assertEqual(listed(RerankRules(artist_cap=1), 3, 0, 1, NO_TRACK, NO_TRACK), [0, 1, NO_TRACK])

    def test_little_known_tracks_have_their_share(self) -> None:
        self.assertEqual(listed(RerankRules(novelty_share=0.5), 4, 0, 1, 2, 3, 4, 5), [0, 1, 4, 5])
        self.assertEqual(listed(RerankRules(novelty_share=0.5), 4, 4, 5, 6, 0), [4, 5, 6, 0])
        self.assertEqual(listed(RerankRules(novelty_share=1.0), 3, 0, 1, 4, 2), [0, 1, 4])

    def test_diversity_brings_other_artists_forward(self) -> None:
        self.assertEqual(listed(RerankRules(diversity=1.0), 3, 0, 1, 2, 3, 4), [0, 3, 4])
        self.assertEqual(listed(RerankRules(diversity=0.01), 3, 0, 1, 2, 3, 4), [0, 1, 2])

    def test_scores_go_with_their_tracks(self) -> None:
        made = reranked(pool(0, 1, 2, 3), 2, RerankRules(artist_cap=1), TRAITS)
        self.assertEqual(made.scores[0].tolist(), [4.0, 1.0])

    def test_listeners_do_not_matter_to_each_other(self) -> None:
        random = np.random.default_rng(1)
        tracks = np.array([random.permutation(8) for _ in range(30)])
        scores = np.sort(random.random((30, 8)).astype(np.float32), axis=1)[:, ::-1]
        rules = RerankRules(artist_cap=2, novelty_share=0.25, diversity=0.3)
        together = reranked(Ranked(tracks, scores), 4, rules, TRAITS)
        for row in range(30):
            alone = reranked(Ranked(tracks[row : row + 1], scores[row : row + 1]), 4, rules, TRAITS)
            np.testing.assert_array_equal(alone.tracks[0], together.tracks[row])

    def test_traits_come_from_catalogue_and_plays(self) -> None:
        catalogue = pa.table({"track_id": [3, 1, 2, 9], "artist": ["Nina", "nina", None, "Bob"]})
        popularity = pa.table({"track_id": [1, 3, 9], "plays_total": [90, 10, 5]})
        traits = Traits.of(IdMap.of([1, 2, 3]), catalogue, popularity)
        self.assertEqual(traits.artists[0], traits.artists[2])
        self.assertEqual(traits.artists[1], -1)
        self.assertEqual(traits.is_novel.tolist(), [False, True, True])
