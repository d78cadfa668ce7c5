"""HetRec Last.fm by RecBole-GNN's protocol: a random split of each user's artists, 8 : 1 : 1, full ranking, @10."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from benchmarks.quality.experiment import Experiment, discovery, pairs
from ritournelle.evaluation.window import Window
from ritournelle.training.selection import Goal

FILE = "hetrec_lastfm_user_artists.tsv"


def hetrec(data: Path, seed: int) -> Experiment:
    """One of the three repetitions. Models learn from the train part alone; train and validation count as heard.

    The protocol's split gives validation and test a tenth of each user's artists, rounded down.
    """
    train, validation, test = parts(data, seed)
    goal = Goal("ndcg", 10, seed)
    choosing = Window(train, discovery(train, validation))
    return Experiment(
        "hetrec", choosing, _final(train, validation, test), goal, {"recall@10": "recall@10", "ndcg@10": "ndcg@10"}
    )


def parts(data: Path, seed: int) -> tuple[Any, Any, Any]:
    """Train, validation and test: CSR, users × artists, plays."""
    return _split(_plays(data / FILE), seed)


def _final(train: Any, validation: Any, test: Any) -> Window:
    cases = discovery(train, test)
    seen = csr_matrix(train + validation)
    rows = np.flatnonzero(np.diff(test.indptr))
    return Window(train, type(cases)(cases.heard, cases.relevant, None, csr_matrix(seen[rows]), cases.task))


def _plays(path: Path) -> Any:
    users, artists, weights = np.loadtxt(path, dtype=np.int64, delimiter="\t", skiprows=1, unpack=True)
    user_ids, rows = np.unique(users, return_inverse=True)
    artist_ids, columns = np.unique(artists, return_inverse=True)
    return pairs(rows, columns, weights, (len(user_ids), len(artist_ids)))


def _split(plays: Any, seed: int) -> tuple[Any, Any, Any]:
    lengths = np.diff(plays.indptr)
    owners = np.repeat(np.arange(plays.shape[0]), lengths)
    order = np.lexsort((np.random.default_rng(seed).random(plays.nnz), owners))
    place = np.empty(plays.nnz, dtype=np.int64)
    place[order] = np.arange(plays.nnz) - np.repeat(plays.indptr[:-1], lengths)
    tenth = np.repeat(lengths // 10, lengths)
    places = (place >= 2 * tenth, place < tenth, (place >= tenth) & (place < 2 * tenth))
    train, validation, test = (_of(plays, owners, chosen) for chosen in places)
    return train, validation, test


def _of(plays: Any, owners: Any, part: Any) -> Any:
    return csr_matrix((plays.data[part], (owners[part], plays.indices[part])), shape=plays.shape)
