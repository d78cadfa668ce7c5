"""The contract of recommenders as tests: subclass it for a model of your own and run it with pytest or unittest.

::

    class MyModelTest(PersonalRecommenderContract, unittest.TestCase):
        def create(self) -> Recommender:
            return MyRecommender(MyConfig(seed=1))

`RecommenderContract` holds for every model; `PersonalRecommenderContract` adds the planted answer that only a model
with taste can find. The idea is that of benfred/implicit: a checkerboard, with one track withheld from each listener.
"""

from __future__ import annotations

import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from ritournelle.errors import ModelError, NothingToLearnError
from ritournelle.recommenders.base import Recommender
from ritournelle.recommenders.ranked import NO_TRACK, Ranked
from ritournelle.recommenders.sequences import NO_SIDE_INFORMATION, Sequences, SideInformation

_SIZE = 24


def checkerboard(size: int = _SIZE) -> Any:
    """`size` listeners × `size` tracks: even listeners heard the even tracks, odd ones the odd, nobody `u` track `u`.

    The withheld track is the planted answer: listener `u` should be recommended track `u` first.
    """
    rows, columns = np.indices((size, size))
    return csr_matrix(((rows + columns) % 2 == 0) & (rows != columns), dtype=np.float32)


def random_listens(seed: int = 7, listeners: int = 30, tracks: int = 40) -> Any:
    """Listeners × tracks without a plan: about 6 tracks each, weights 0.5 to 5, every third listener silent."""
    random = np.random.default_rng(seed)
    heard = (random.random((listeners, tracks)) < 0.15) & (np.arange(listeners)[:, None] % 3 != 0)
    return csr_matrix(heard * random.uniform(0.5, 5.0, (listeners, tracks)), dtype=np.float32)


class RecommenderContract(ABC):  # pylint: disable=too-many-public-methods  # one per promise
    """What every recommender promises. `create` gives a new one, not fitted, always with the same config."""

    @abstractmethod
    def create(self) -> Recommender:
        """A new recommender, not fitted."""

    def side(self, listens: Any) -> SideInformation:
        """What else is known of these listeners × tracks: nothing, unless a model needs it."""
        del listens
        return NO_SIDE_INFORMATION

    def fitted(self, listens: Any) -> Recommender:
        """A new recommender, fitted on listeners × tracks."""
        return self.create().fit(listens, side=self.side(listens))

    def test_lists_have_k_columns_best_first(self) -> None:
        """Rows × k, scores finite and descending where there is a track, padding only at the end."""
        listens = random_listens()
        model = self.fitted(listens)
        ranked = model.recommend(model.fold_in(listens), 5, exclude=listens)
        _check_ranked(ranked, (30, 5), model.n_tracks)

    def test_nothing_heard_is_recommended(self) -> None:
        """The seen filter leaves nothing through."""
        listens = random_listens()
        model = self.fitted(listens)
        ranked = model.recommend(model.fold_in(listens), 40, exclude=listens)
        for listener, tracks in enumerate(ranked.tracks):
            assert not set(tracks[tracks != NO_TRACK]) & set(listens[listener].indices)
        assert np.array_equal(ranked.lengths, 40 - np.diff(listens.indptr)), "a track that was not heard is missing"

    def test_heard_tracks_come_back_without_the_filter(self) -> None:
        """Without `exclude`, every track is in reach."""
        listens = random_listens()
        model = self.fitted(listens)
        assert np.all(model.recommend(model.fold_in(listens), 40).lengths == 40)

    def test_candidates_limit_the_choice(self) -> None:
        """Only candidates are recommended, in the order that they have among all."""
        listens = random_listens()
        model = self.fitted(listens)
        states, candidates = model.fold_in(listens), np.array([31, 2, 17])
        everything, some = model.recommend(states, 40), model.recommend(states, 5, candidates=candidates)
        for full, limited in zip(everything.tracks, some.tracks, strict=True):
            assert np.array_equal(limited, [*full[np.isin(full, candidates)], NO_TRACK, NO_TRACK])
        assert not model.recommend(states, 5, candidates=np.array([], dtype=np.int64)).lengths.any()
        mask = np.isin(np.arange(model.n_tracks), candidates)
        _assert_equal(some, model.recommend(states, 5, candidates=mask))
        _assert_raises(ValueError, lambda: model.recommend(states, 5, candidates=mask[1:]))

    def test_batch_equals_single(self) -> None:
        """A listener's list does not depend on who else is asked for."""
        listens = random_listens()
        model = self.fitted(listens)
        batch = model.recommend(model.fold_in(listens), 10, exclude=listens)
        for listener in range(listens.shape[0]):
            heard = listens[listener]
            single = model.recommend(model.fold_in(heard), 10, exclude=heard)
            assert np.array_equal(single.tracks[0], batch.tracks[listener])
            np.testing.assert_allclose(single.scores[0], batch.scores[listener], rtol=1e-5)

    def test_sparse_scores_are_the_scores(self) -> None:
        """Where there are any, they say the same; a model that is dense has none."""
        listens = random_listens()
        model = self.fitted(listens)
        states = model.fold_in(listens)
        sparse = model.sparse_scores(states)
        if sparse is not None:
            assert not model.is_dense
            dense = sparse.entries.toarray() + sparse.offsets[:, None]
            np.testing.assert_allclose(dense, model.scores(states), rtol=1e-9, atol=1e-12)

    def test_same_seed_same_lists(self) -> None:
        """Training is deterministic."""
        listens = random_listens()
        _assert_equal(self._lists(self.fitted(listens), listens), self._lists(self.fitted(listens), listens))

    def test_saved_and_loaded_equals_fitted(self) -> None:
        """A loaded model answers like the one that was saved, all verbs."""
        listens = random_listens()
        model = self.fitted(listens)
        with _folder() as folder:
            model.save(folder / "model")
            loaded = type(model).load(folder / "model")
        assert loaded.config == model.config and loaded.n_tracks == model.n_tracks
        _assert_equal(self._lists(loaded, listens), self._lists(model, listens))
        _assert_equal(loaded.similar_tracks([0, 5], 4), model.similar_tracks([0, 5], 4))

    def test_saving_never_writes_over(self) -> None:
        """A version that exists stays as it is."""
        model = self.fitted(random_listens())
        with _folder() as folder:
            model.save(folder / "model")
            _assert_raises(ModelError, lambda: model.save(folder / "model"))
            assert [path.name for path in folder.iterdir()] == ["model"]

    def test_damaged_artefacts_are_refused(self) -> None:
        """Missing, empty, cut or altered: `ModelError` that names the file."""
        model = self.fitted(random_listens())
        with _folder() as folder:
            model.save(folder / "model")
            for path in sorted((folder / "model").iterdir()):
                content = path.read_bytes()
                for damage in (_remove, _empty, _cut, _scramble):
                    damage(path)
                    error = _assert_raises(ModelError, lambda: type(model).load(folder / "model"))
                    assert str(folder) in str(error), f"{error} names no file"
                    path.write_bytes(content)

    def test_not_fitted_is_refused(self) -> None:
        """Verbs before `fit` raise `ModelError`, and so does saving."""
        model = self.create()
        _assert_raises(ModelError, lambda: model.fold_in(random_listens()))
        _assert_raises(ModelError, lambda: model.similar_tracks([0], 1))
        with _folder() as folder:
            _assert_raises(ModelError, lambda: model.save(folder / "model"))

    def test_nothing_to_learn_is_refused(self) -> None:
        """No listen at all: `NothingToLearnError`, whatever the shape."""
        for shape in ((0, 0), (0, 3), (3, 0), (3, 4)):
            listens = csr_matrix(shape, dtype=np.float32)
            _assert_raises(NothingToLearnError, lambda listens=listens: self.fitted(listens))

    def test_other_shapes_are_refused(self) -> None:
        """Histories over another number of tracks, and track rows that do not exist: `ValueError`."""
        model = self.fitted(random_listens())
        _assert_raises(ValueError, lambda: model.fold_in(csr_matrix((1, 3), dtype=np.float32)))
        _assert_raises(ValueError, lambda: model.similar_tracks([40], 1))
        _assert_raises(ValueError, lambda: model.similar_tracks([-1], 1))

    def test_one_listener_one_track(self) -> None:
        """The smallest world works: one track, then nothing left."""
        world = csr_matrix(np.ones((1, 1), dtype=np.float32))
        model = self.fitted(world)
        state = model.fold_in(world)
        assert model.recommend(state, 3).tracks.tolist() == [[0, NO_TRACK, NO_TRACK]]
        assert model.recommend(state, 3, exclude=world).lengths.tolist() == [0]
        assert model.similar_tracks([0], 3).lengths.tolist() == [0]
        _check_ranked(model.recommend(state, 3), (1, 3), 1)

    def test_silent_listeners_get_finite_lists(self) -> None:
        """A listener without a listen, or nobody at all: well-defined, never NaN."""
        model = self.fitted(random_listens())
        for listeners in (0, 2):
            silent = csr_matrix((listeners, 40), dtype=np.float32)
            ranked = model.recommend(model.fold_in(silent), 4, exclude=silent)
            _check_ranked(ranked, (listeners, 4), 40)
            assert np.all(ranked.lengths == 4)

    def test_similar_tracks_leave_out_the_track_itself(self) -> None:
        """All the others are there, best first."""
        model = self.fitted(random_listens())
        ranked = model.similar_tracks([3, 3, 9], 40)
        _check_ranked(ranked, (3, 40), 40)
        assert np.all(ranked.lengths == 39)
        assert not np.any(ranked.tracks == np.array([[3], [3], [9]]))
        assert np.array_equal(ranked.tracks[0], ranked.tracks[1])

    def test_explanations_name_heard_tracks(self) -> None:
        """Every carrier was heard by that listener and carries a positive share; padding explains nothing."""
        listens = random_listens()
        model = self.fitted(listens)
        ranked = model.recommend(model.fold_in(listens), 38, exclude=listens)
        for listener, carriers in enumerate(model.explain(listens, ranked.tracks, limit=2)):
            _check_ranked(carriers, (38, 2), 40)
            assert set(carriers.tracks.ravel()) <= {NO_TRACK, *listens[listener].indices}
            assert np.all(carriers.scores[carriers.tracks != NO_TRACK] > 0)
            assert np.all(carriers.tracks[ranked.tracks[listener] == NO_TRACK] == NO_TRACK)

    def test_explanations_follow_the_order(self) -> None:
        """Explained from states with an order, a model that follows it names recent tracks; others say the same."""
        listens = random_listens()
        model = self.fitted(listens)
        recent = _last_of_each(listens)
        states = model.fold_in(listens, recent=recent)
        ranked = model.recommend(states, 10, exclude=listens)
        explained = model.explain(listens, ranked.tracks, states=states, limit=2)
        for listener, (carriers, plain) in enumerate(
            zip(explained, model.explain(listens, ranked.tracks, limit=2), strict=True)
        ):
            _check_ranked(carriers, (10, 2), 40)
            assert set(carriers.tracks.ravel()) <= {NO_TRACK, *listens[listener].indices}
            assert model.follows_order or np.array_equal(carriers.tracks, plain.tracks)

    def test_explains_many_as_it_explains_one(self) -> None:
        """Several listeners at once, with and without history, with lists of several lengths: as one by one."""
        listens = random_listens().tolil()
        listens[[0, 11, 29]] = 0
        listens = csr_matrix(listens)
        model = self.fitted(listens)
        states = model.fold_in(listens, recent=_in_some_order(listens))
        wanted = model.recommend(states, 9, exclude=listens).tracks
        wanted[5, 4:] = wanted[12] = NO_TRACK
        together = model.explain(listens, wanted, states=states)
        assert len(together) == len(wanted)
        for listener, carriers in enumerate(together):
            rows = slice(listener, listener + 1)
            (alone,) = model.explain(listens[rows], wanted[rows], states=states[rows])
            assert np.array_equal(carriers.tracks, alone.tracks)
            np.testing.assert_allclose(carriers.scores, alone.scores, rtol=1e-5)

    def test_inputs_are_left_alone(self) -> None:
        """No verb changes what it is given."""
        listens = random_listens()
        before = listens.copy()
        model = self.fitted(listens)
        states = model.fold_in(listens)
        first = model.recommend(states, 6, exclude=listens, candidates=[1, 2, 3, 4, 5, 6, 7])
        _assert_equal(first, model.recommend(states, 6, exclude=listens, candidates=[1, 2, 3, 4, 5, 6, 7]))
        model.explain(listens, first.tracks)
        assert (listens != before).nnz == 0

    def test_starts_warm(self) -> None:
        """A fitted model to start from is welcome, also where tracks came and went; the result is deterministic."""
        listens = random_listens()
        former = self.fitted(listens[:, :36])
        rows = np.append(np.arange(35), [-1] * 5)
        once, again = (
            self.create().fit(listens, side=self.side(listens), start=former, start_rows=rows) for _ in range(2)
        )
        _check_ranked(self._lists(once, listens), (30, 10), 40)
        _assert_equal(self._lists(once, listens), self._lists(again, listens))
        _assert_raises(ValueError, lambda: self.create().fit(listens, start=former, start_rows=np.arange(40)))

    def test_follows_or_passes_over_the_order(self) -> None:
        """With the latest listens given, many listeners at once give the same as one by one."""
        listens = random_listens()
        model = self.fitted(listens)
        recent = _in_some_order(listens)
        batch = model.recommend(model.fold_in(listens, recent=recent), 10, exclude=listens)
        _check_ranked(batch, (30, 10), 40)
        for listener in range(0, 30, 7):
            heard = listens[listener]
            mine = recent.of_listeners(np.array([listener]), 30)
            single = model.recommend(model.fold_in(heard, recent=mine), 10, exclude=heard)
            assert np.array_equal(single.tracks[0], batch.tracks[listener])

    def test_learns_one_more_listen_or_says_no(self) -> None:
        """A model that learns from single listens puts the follower higher, and keeps it when it is saved."""
        listens = random_listens()
        model = self.fitted(listens)
        state = model.fold_in(*_heard_one(5, 40))
        before = float(model.scores(state)[0, 9])
        learns = [model.update([5], 9) for _ in range(50)][-1]
        assert (float(model.scores(state)[0, 9]) > before) == learns
        with _folder() as folder:
            model.save(folder / "model")
            loaded = type(model).load(folder / "model")
        np.testing.assert_allclose(loaded.scores(state)[0, 9], model.scores(state)[0, 9], rtol=1e-5)
        _assert_raises(ValueError, lambda: model.update([5], 40))

    def test_other_sides_are_refused(self) -> None:
        """Sequences and content of another size: `ValueError`."""
        listens = random_listens()
        for side in (
            SideInformation(sequences=Sequences.of([[40]])),
            SideInformation(sequences=Sequences.of([[1]], [30])),
            SideInformation(content=csr_matrix((39, 2))),
        ):
            _assert_raises(ValueError, lambda side=side: self.create().fit(listens, side=side))

    def test_progress_ends_at_the_total(self) -> None:
        """Whoever watches sees the work grow to its end."""
        steps: list[tuple[int, int]] = []
        listens = random_listens()
        self.create().fit(listens, side=self.side(listens), progress=lambda done, total: steps.append((done, total)))
        assert steps and steps[-1][0] == steps[-1][1] and steps == sorted(steps)

    def _lists(self, model: Recommender, listens: Any) -> Ranked:
        return model.recommend(model.fold_in(listens), 10, exclude=listens)


class PersonalRecommenderContract(RecommenderContract, ABC):
    """What a recommender with taste promises besides."""

    def test_finds_the_planted_answer(self) -> None:
        """On the checkerboard, the withheld track comes first for every listener."""
        board = checkerboard()
        model = self.fitted(board)
        ranked = model.recommend(model.fold_in(board), 1, exclude=board)
        assert ranked.tracks[:, 0].tolist() == list(range(_SIZE))

    def test_finds_it_for_listeners_never_trained_on(self) -> None:
        """A listener who heard six even tracks is recommended even ones."""
        model = self.fitted(checkerboard())
        heard = csr_matrix((np.ones(6), (np.zeros(6, dtype=int), np.arange(0, 12, 2))), shape=(1, _SIZE))
        tracks, _ = model.recommend(model.fold_in(heard), 6, exclude=heard).row(0)
        assert sorted(tracks.tolist()) == list(range(12, 24, 2))

    def test_similar_tracks_have_the_same_parity(self) -> None:
        """On the checkerboard, what is alike has the same parity."""
        ranked = self.fitted(checkerboard()).similar_tracks(np.arange(_SIZE), _SIZE // 2 - 1)
        assert np.all(ranked.tracks % 2 == np.arange(_SIZE)[:, None] % 2)

    def test_explains_with_tracks_of_the_same_parity(self) -> None:
        """A listener who heard eleven even tracks and one odd one hears about an even track because of even ones."""
        model = self.fitted(checkerboard())
        heard = csr_matrix((np.ones(5), ([0] * 5, [0, 2, 4, 6, 7])), shape=(1, _SIZE))
        (carriers,) = model.explain(heard, [[10]], limit=2)
        assert carriers.lengths.tolist() == [2]
        assert np.all(carriers.tracks % 2 == 0)


def _in_some_order(listens: Any) -> Sequences:
    """Every listener's tracks as one session, the higher rows first."""
    listeners = np.flatnonzero(np.diff(listens.indptr)).tolist()
    return Sequences.of([sorted(listens[row].indices.tolist(), reverse=True) for row in listeners], listeners)


def _last_of_each(listens: Any) -> Sequences:
    """Every listener's highest row as one session."""
    listeners = np.flatnonzero(np.diff(listens.indptr)).tolist()
    return Sequences.of([[int(listens[row].indices.max())] for row in listeners], listeners)


def _heard_one(track: int, n_tracks: int) -> tuple[Any]:
    return (csr_matrix(([1.0], ([0], [track])), shape=(1, n_tracks)),)


def _check_ranked(ranked: Ranked, shape: tuple[int, int], n_tracks: int) -> None:
    assert ranked.tracks.shape == ranked.scores.shape == shape
    assert ranked.tracks.min(initial=0) >= NO_TRACK and ranked.tracks.max(initial=0) < n_tracks
    assert not np.any(np.isnan(ranked.scores))
    assert np.array_equal(
        ranked.tracks == NO_TRACK, np.isneginf(ranked.scores)
    ), "padding without -inf, or -inf on a track"
    for row in range(shape[0]):
        tracks, scores = ranked.row(row)
        assert NO_TRACK not in tracks and len(set(tracks)) == len(tracks), "padding inside a list, or a track twice"
        assert np.array_equal(
            np.lexsort((tracks, -scores)), np.arange(len(tracks))
        ), "not best first, or a tie not in the order of track rows"


def _assert_equal(one: Ranked, other: Ranked) -> None:
    assert np.array_equal(one.tracks, other.tracks) and np.array_equal(one.scores, other.scores)


def _assert_raises(kind: type[Exception], action: Any) -> Exception:
    try:
        action()
    except kind as error:
        assert str(error), "an error without a word"
        return error
    raise AssertionError(f"{kind.__name__} was not raised")


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def _remove(path: Path) -> None:
    path.unlink()


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def _scramble(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2 :] = bytes(255 - byte for byte in content[len(content) // 2 :])
    path.write_bytes(bytes(content))
